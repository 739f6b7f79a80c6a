"""Finds plugins without running their code; one that is broken becomes a visible record, never an error."""

from __future__ import annotations

import hashlib
import importlib.metadata
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from aqah_desktop.errors import AqahError, PluginError
from aqah_desktop.locations import bundled_plugins_folder
from aqah_desktop.plugins.archive import verify_files
from aqah_desktop.plugins.manifest import MANIFEST_NAME, Manifest, read_manifest
from aqah_desktop.plugins.settings import PluginSettings, read_settings, settings_file, user_plugins_folder
from aqah_desktop.plugins.sources import NATIVE_SUFFIXES, check_imports, python_files
from aqah_desktop.storage.atomic import storage_error

if TYPE_CHECKING:
    from aqah_desktop.processing.contract import Feedback
    from aqah_desktop.processing.registry import Registry

_log = logging.getLogger(__name__)


class PluginOrigin(StrEnum):
    """Where a plugin was found; a developer's folder comes first and hides the others."""

    DEVELOPER = "developer"
    BUNDLED = "bundled"
    USER = "user"
    INSTALLED = "installed"


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin that may be run: its manifest, where its code is, and the hash of that code."""

    manifest: Manifest
    folder: Path
    origin: PluginOrigin
    content_hash: str

    @property
    def id(self) -> str:
        """Id of the plugin."""
        return self.manifest.id

    @property
    def locales(self) -> Path | None:
        """Folder of its texts, if it has any; give it to ``Catalogue(…, extra=…)``."""
        return self.folder / self.manifest.locales if self.manifest.locales else None


@dataclass(frozen=True, slots=True)
class PluginFailure:
    """A plugin that cannot be used: its id or folder name, where it is, what is wrong.

    ``error`` says what, why and what to do; ``settings`` is the file whose list ``disabled`` hides it.
    """

    id: str
    folder: str
    origin: PluginOrigin
    error: AqahError
    settings: str


@dataclass(frozen=True, slots=True)
class PluginSet:
    """What was found: usable plugins, broken ones, and ids the user switched off."""

    plugins: tuple[Plugin, ...] = ()
    failures: tuple[PluginFailure, ...] = ()
    disabled: tuple[str, ...] = ()

    @property
    def locales(self) -> tuple[Path, ...]:
        """Folders of texts of the usable plugins."""
        return tuple(plugin.locales for plugin in self.plugins if plugin.locales)


@dataclass(frozen=True, slots=True)
class Places:
    """Where to look; by default where the program and its user keep plugins."""

    bundled: Path | None
    user: Path | None
    settings: Path
    installed: bool = True

    @staticmethod
    def usual() -> Places:
        """Bundled folder, user folder, installed distributions."""
        return Places(bundled_plugins_folder(), user_plugins_folder(), settings_file())


def discover(places: Places | None = None) -> PluginSet:
    """Look for plugins everywhere.

    Never raises for what a plugin is: an unreadable manifest, altered files, a wrong version, a
    forbidden import each become a :class:`PluginFailure`.
    """
    places = places or Places.usual()
    plugins: dict[str, Plugin] = {}
    failures: list[PluginFailure] = []
    disabled: list[str] = []
    wanted = PluginSettings()
    try:
        wanted = read_settings(places.settings)
    except AqahError as error:
        failures.append(_failure("settings", places.settings, PluginOrigin.USER, error, places))
    for folder, origin in _candidates(places, wanted, failures):
        if folder.name in wanted.disabled:
            disabled.append(folder.name)
            continue
        try:
            plugin = _load_once(folder, origin, plugins, wanted)
        except AqahError as error:
            failures.append(_failure(folder.name, folder, origin, error, places))
            continue
        if plugin.id in wanted.disabled:
            disabled.append(plugin.id)
        else:
            plugins[plugin.id] = plugin
    return PluginSet(tuple(plugins.values()), tuple(failures), tuple(disabled))


def _load_once(
    folder: Path, origin: PluginOrigin, known: dict[str, Plugin], wanted: PluginSettings
) -> Plugin:
    try:
        plugin = load(folder, origin)
    except AqahError:
        raise
    except OSError as error:  # a file that cannot be read in the middle of a plugin
        raise storage_error(error, folder) from error
    if plugin.id not in wanted.disabled and plugin.id in known:
        first = str(known[plugin.id].folder)
        raise PluginError("plugins.twice", plugin=plugin.id, folder=str(folder), first=first)
    return plugin


def load(folder: Path, origin: PluginOrigin = PluginOrigin.DEVELOPER) -> Plugin:
    """Read one plugin folder: manifest, files, imports. No code of it runs.

    Raises
    ------
    PluginError
        What is wrong with it, and where.
    """
    path = folder / MANIFEST_NAME
    try:
        manifest = read_manifest(path.read_bytes(), str(path))
    except FileNotFoundError:
        raise PluginError("plugins.no_manifest", folder=str(folder), name=MANIFEST_NAME) from None
    except OSError as error:
        raise storage_error(error, path) from error
    if origin is not PluginOrigin.DEVELOPER and manifest.files:
        verify_files(folder, manifest)
    _check_entry(folder, manifest)
    check_imports(folder, manifest.id)
    native = [p for p in folder.rglob("*") if p.suffix.lower() in NATIVE_SUFFIXES - {".pyc", ".pyo"}]
    if native:
        raise PluginError("plugins.native", plugin=manifest.id, file=native[0].name)
    return Plugin(manifest, folder, origin, _content_hash(folder))


def register(
    found: PluginSet, registry: Registry, asking: Feedback | None = None
) -> tuple[list[Callable[[], None]], list[PluginFailure]]:
    """Put the algorithms of all plugins into the registry; start none of them.

    ``asking`` says whether their declarations, read when first needed, are still wanted.

    Returns
    -------
    disposers, failures
        What takes them out again, and a record for each id that was already taken.
    """
    from aqah_desktop.plugins.hosting import host_algorithm

    disposers, failures = [], []
    for plugin in found.plugins:
        algorithm_id = plugin.manifest.algorithms[0]
        try:
            algorithm = host_algorithm(plugin, asking)
            family = plugin.manifest.kind
            disposers.append(registry.add(algorithm, plugin.id, algorithm_id=algorithm_id, family=family))
        except AqahError as error:
            failures.append(_failure(plugin.id, plugin.folder, plugin.origin, error, Places.usual()))
    return disposers, failures


def _candidates(
    places: Places, wanted: PluginSettings, failures: list[PluginFailure]
) -> Iterator[tuple[Path, PluginOrigin]]:
    developer = Path(wanted.developer_folder) if wanted.developer_folder else None
    parents = (
        (developer, PluginOrigin.DEVELOPER),
        (places.bundled, PluginOrigin.BUNDLED),
        (places.user, PluginOrigin.USER),
    )
    for parent, origin in parents:
        if parent is None:
            continue
        try:
            folders = _folders(parent)
        except OSError as error:
            failures.append(_failure(parent.name, parent, origin, storage_error(error, parent), places))
        else:
            yield from ((folder, origin) for folder in folders)
    if places.installed:
        yield from ((folder, PluginOrigin.INSTALLED) for folder in _installed())


def _folders(parent: Path) -> list[Path]:
    """The folder itself when it is a plugin, else the plugins in it."""
    if (parent / MANIFEST_NAME).is_file():
        return [parent]
    if not parent.is_dir():
        return []
    return sorted(p for p in parent.iterdir() if p.is_dir() and p.name[0] not in "._")


def _installed() -> Iterator[Path]:
    """Plugins among the installed wheels, by their lists of files: nothing of them is imported."""
    for distribution in importlib.metadata.distributions():
        listed = distribution.read_text("RECORD") or ""
        if MANIFEST_NAME not in listed or distribution.metadata["Name"] == "aqah-desktop":
            continue
        for file in distribution.files or ():
            if file.name == MANIFEST_NAME:
                yield Path(str(distribution.locate_file(file))).parent


def _check_entry(folder: Path, manifest: Manifest) -> None:
    relative = manifest.module.replace(".", "/")
    if not any((folder / f"{relative}{ending}").is_file() for ending in (".py", "/__init__.py")):
        raise PluginError(
            "plugins.no_entry_file", plugin=manifest.id, entry=manifest.entry, file=f"{relative}.py"
        )


def _content_hash(folder: Path) -> str:
    digest = hashlib.sha256((folder / MANIFEST_NAME).read_bytes())
    for path in python_files(folder):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(path.read_bytes())
    return "sha256:" + digest.hexdigest()


def _failure(
    name: str, folder: Path, origin: PluginOrigin, error: AqahError, places: Places
) -> PluginFailure:
    _log.warning("plugin %s at %s is not usable: %s", name, folder, error)
    return PluginFailure(name, str(folder), origin, error, str(places.settings))
