"""``aqah plugin check DIR``: what an author must know before giving a plugin away."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from aqah_desktop.errors import AqahError
from aqah_desktop.locations import resource_folder
from aqah_desktop.plugins.hosting import HostedPlugin
from aqah_desktop.plugins.loader import Plugin, PluginOrigin, load
from aqah_desktop.plugins.sources import foreign_imports
from aqah_desktop.plugins.texts import keys_of
from aqah_desktop.processing.values import convert
from aqah_desktop.records import AlgorithmSpec, Parameter, Text

Level = Literal["ok", "advice", "error"]
#: What a check found: how bad, and the sentences about it.
Finding = tuple[Level, list[Text]]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was looked at. ``error`` holds the three-part error when it broke off there."""

    title: Text
    level: Level
    details: tuple[Text, ...] = ()
    error: AqahError | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """Result of all checks of one folder."""

    folder: str
    plugin_id: str
    version: str
    steps: tuple[Step, ...]

    @property
    def accepted(self) -> bool:
        """Whether the program would load and run it; advice does not count."""
        return all(step.level != "error" for step in self.steps)


def check_plugin(folder: Path) -> Verdict:
    """Check one plugin folder as the program would use it; never raises for what the plugin is.

    Parameters
    ----------
    folder : Path
        Folder with ``aqah-plugin.toml``.
    """
    try:
        plugin = load(folder, PluginOrigin.DEVELOPER)
    except AqahError as error:
        return Verdict(
            str(folder), folder.name, "", (Step(Text("plugins.check_manifest"), "error", (), error),)
        )
    steps = [
        Step(Text("plugins.check_manifest"), "ok"),
        _step("plugins.check_imports", lambda: _imports(plugin)),
    ]
    hosted = HostedPlugin(plugin)
    try:
        spec = hosted.spec
    except AqahError as error:
        steps.append(Step(Text("plugins.check_description"), "error", (), error))
    else:
        steps.append(Step(Text("plugins.check_description"), "ok"))
        steps.append(_step("plugins.check_texts", lambda: _texts(hosted, spec)))
        steps.append(_step("plugins.check_domain", lambda: _domains(spec)))
        steps.append(_step("plugins.check_parameters", lambda: _parameters(spec.parameters[1:])))
    steps.append(_step("plugins.check_readme", lambda: _readme(folder)))
    steps.append(_step("plugins.check_hashes", lambda: _hashes(plugin)))
    return Verdict(str(folder), plugin.id, plugin.manifest.version, tuple(steps))


def _step(title: str, find: Callable[[], Finding]) -> Step:
    try:
        level, details = find()
    except AqahError as error:
        return Step(Text(title), "error", (), error)
    return Step(Text(title), level, tuple(details))


def _imports(plugin: Plugin) -> Finding:
    found = [
        Text("plugins.check_foreign", {"file": i.file, "line": i.line, "module": i.module})
        for i in foreign_imports(plugin.folder)
    ]
    return ("error" if found else "ok"), found


def _texts(hosted: HostedPlugin, spec: AlgorithmSpec) -> Finding:
    missing = hosted.texts.missing(spec)
    if not missing:
        return "ok", []
    return "error", [Text("plugins.check_missing_texts", {"keys": missing})]


def _domains(spec: AlgorithmSpec) -> Finding:
    taken = {path.stem for path in (resource_folder() / "translations").rglob("*.po")}
    own = [key for key in keys_of(spec) if key != spec.parameters[0].label]
    wrong = [key for key in own if key.split(".", 1)[0] in taken]
    if not wrong:
        return "ok", []
    return "error", [Text("plugins.check_domain_taken", {"keys": wrong})]


def _parameters(parameters: Iterable[Parameter]) -> Finding:
    level: Level = "ok"
    found = []
    for parameter in parameters:
        bounded = parameter.minimum is not None or parameter.maximum is not None
        if parameter.kind == "number" and not parameter.unit and not bounded:
            level = "advice" if level == "ok" else level
            found.append(Text("plugins.check_no_range", {"name": parameter.name}))
        try:
            if parameter.default is not None:
                convert(parameter, parameter.default)
        except AqahError:
            level = "error"
            found.append(Text("plugins.check_default_refused", {"name": parameter.name}))
    return level, found


def _readme(folder: Path) -> Finding:
    present = any(path.name.casefold() == "readme.md" for path in folder.iterdir())
    return ("ok", []) if present else ("advice", [Text("plugins.check_no_readme")])


def _hashes(plugin: Plugin) -> Finding:
    return ("ok", []) if plugin.manifest.files else ("advice", [Text("plugins.check_no_hashes")])
