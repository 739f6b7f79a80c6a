"""``aqah-plugin.toml``: what a plugin says about itself, read without running any of its code.

Every error names the file, the field and what was expected.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from aqah_desktop import __version__
from aqah_desktop.errors import PluginError
from aqah_desktop.plugin_api import CONTRACT
from aqah_desktop.processing.registry import near_matches
from aqah_desktop.records import LocalText, RunLimits

MANIFEST_NAME = "aqah-plugin.toml"
KINDS = ("action", "algorithm")
#: What a plugin may at most ask for, and what it gets without asking.
HIGHEST_LIMITS = RunLimits(seconds=3600.0, memory_mb=8192, output_mb=2048)
DEFAULT_LIMITS = RunLimits(seconds=60.0, memory_mb=1024, output_mb=64)
_LARGEST_BYTES = 1024**2
_ID = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")
_ALGORITHM_ID = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+){2,}")
_ENTRY = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
_SHA256 = re.compile(r"(?:sha256:)?[0-9a-f]{64}")
_KNOWN = {
    "id", "kind", "version", "contract", "app", "entry", "title", "author", "licence",
    "algorithms", "files", "limits", "locales", "effects",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Manifest:
    """A valid manifest.

    Attributes
    ----------
    id : str
        ``lower-case-with-hyphens``.
    kind : str
        ``"action"`` or ``"algorithm"``.
    version, contract, app : str
        Version of the plugin, contract it was written for, range of the program it works with.
    entry : str
        ``"module:Class"``.
    title : LocalText
        Name shown to users, in both languages.
    author, licence : str
        Who wrote it; SPDX identifier.
    algorithms : tuple of str
        Ids it provides (one for each plugin of contract 1).
    files : dict of str to str
        Relative path → SHA-256 in hexadecimal; empty when not given.
    limits : RunLimits
        What one run may use.
    locales : str
        Folder of its texts, ``""`` when it has none.
    effects : tuple of str
        Actions of the published table whose rows it is given.
    """

    id: str
    kind: str
    version: str
    contract: str
    app: str
    entry: str
    title: LocalText
    author: str
    licence: str
    algorithms: tuple[str, ...]
    files: dict[str, str]
    limits: RunLimits = DEFAULT_LIMITS
    locales: str = ""
    effects: tuple[str, ...] = ()

    @property
    def module(self) -> str:
        """Module named in ``entry``."""
        return self.entry.split(":")[0]


def read_manifest(content: bytes, where: str) -> Manifest:
    """Return the manifest in ``content``.

    Parameters
    ----------
    content : bytes
        TOML, UTF-8, at most 1 MiB.
    where : str
        File name for messages.

    Raises
    ------
    PluginError
        ``plugins.manifest_*``: not TOML, a missing, unknown or wrong field, a contract or a version
        of the program that does not fit.
    """
    if len(content) > _LARGEST_BYTES:
        raise PluginError("plugins.manifest_not_toml", where=where, reason=f"> {_LARGEST_BYTES} bytes")
    try:
        data = tomllib.loads(content.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PluginError("plugins.manifest_not_toml", where=where, reason=str(error)) from error
    manifest = _Reader(data, where).manifest()
    _check_fit(manifest, where)
    return manifest


class _Reader:
    """Takes the fields of one manifest; the first one that is wrong ends it."""

    def __init__(self, data: dict[str, Any], where: str) -> None:
        self._data, self._where = data, where

    def manifest(self) -> Manifest:
        for name in self._data:
            if name not in _KNOWN:
                near = near_matches(name, _KNOWN, count=1)
                raise self._wrong(name, " / ".join(near), key="plugins.manifest_unknown_field")
        text = partial(self._text, self._data)
        return Manifest(
            id=text("id", pattern=_ID, expected="aqah-action-example"),
            kind=self._one_of("kind", KINDS),
            version=self._version(),
            contract=text("contract"),
            app=self._app(),
            entry=text("entry", pattern=_ENTRY, expected='"module:Class"'),
            title=self._title(),
            author=text("author"),
            licence=text("licence"),
            algorithms=self._algorithms(),
            files=self._files(),
            limits=self._limits(),
            locales=self._relative("locales") if "locales" in self._data else "",
            effects=self._texts("effects") if "effects" in self._data else (),
        )

    def _wrong(self, field: str, expected: str, *, key: str = "plugins.manifest_wrong_field") -> PluginError:
        return PluginError(key, where=self._where, field=field, expected=expected)

    def _text(
        self, data: dict[str, Any], name: str, *, pattern: re.Pattern[str] | None = None, expected: str = ""
    ) -> str:
        value = data.get(name)
        if value is None:
            raise PluginError("plugins.manifest_missing_field", where=self._where, field=name)
        if not isinstance(value, str) or not value.strip() or (pattern and not pattern.fullmatch(value)):
            raise self._wrong(name, expected or '"…"')
        return value

    def _texts(self, name: str) -> tuple[str, ...]:
        value = self._data.get(name)
        if value is None:
            raise PluginError("plugins.manifest_missing_field", where=self._where, field=name)
        if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
            raise self._wrong(name, '["…"]')
        return tuple(value)

    def _one_of(self, name: str, choices: tuple[str, ...]) -> str:
        value = self._text(self._data, name)
        if value not in choices:
            raise self._wrong(name, " / ".join(choices))
        return value

    def _version(self) -> str:
        text = self._text(self._data, "version")
        try:
            Version(text)
        except InvalidVersion:
            raise self._wrong("version", '"1.0.0"') from None
        return text

    def _app(self) -> str:
        text = self._text(self._data, "app")
        try:
            SpecifierSet(text)
        except InvalidSpecifier:
            raise self._wrong("app", '">=0.1,<1"') from None
        return text

    def _title(self) -> LocalText:
        table = self._data.get("title")
        if not isinstance(table, dict):
            raise self._wrong("title", '{ fr = "…", en = "…" }')
        return LocalText(fr=self._text(table, "fr"), en=self._text(table, "en"))

    def _algorithms(self) -> tuple[str, ...]:
        ids = self._texts("algorithms")
        if len(ids) != 1 or not _ALGORITHM_ID.fullmatch(ids[0]):
            raise self._wrong("algorithms", '["author.action.example"]')
        return ids

    def _files(self) -> dict[str, str]:
        table = self._data.get("files", {})
        if not isinstance(table, dict):
            raise self._wrong("files", '{ "module.py" = "sha256:…" }')
        for name, digest in table.items():
            if not is_safe_name(name):
                raise self._wrong(f"files.{name}", "folder/name")
            if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
                raise self._wrong(f"files.{name}", "sha256:<64 hex>")
        return {name: digest.removeprefix("sha256:") for name, digest in sorted(table.items())}

    def _limits(self) -> RunLimits:
        table = self._data.get("limits", {})
        if not isinstance(table, dict):
            raise self._wrong("limits", "{ seconds = 60, memory_mb = 1024, output_mb = 64 }")
        wanted: dict[str, float] = {}
        for name, value in table.items():
            highest = getattr(HIGHEST_LIMITS, name, None)
            if highest is None:
                raise self._wrong(f"limits.{name}", "seconds / memory_mb / output_mb")
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= highest:
                raise self._wrong(f"limits.{name}", f"1 … {highest:g}")
            wanted[name] = value
        return RunLimits(
            seconds=float(wanted.get("seconds", DEFAULT_LIMITS.seconds)),
            memory_mb=int(wanted.get("memory_mb", DEFAULT_LIMITS.memory_mb)),
            output_mb=int(wanted.get("output_mb", DEFAULT_LIMITS.output_mb)),
        )

    def _relative(self, name: str) -> str:
        value = self._text(self._data, name)
        if not is_safe_name(value):
            raise self._wrong(name, "locales")
        return value


def _check_fit(manifest: Manifest, where: str) -> None:
    if manifest.contract != CONTRACT:
        raise PluginError(
            "plugins.wrong_contract",
            plugin=manifest.id,
            where=where,
            contract=manifest.contract,
            expected=CONTRACT,
        )
    if not SpecifierSet(manifest.app, prereleases=True).contains(__version__):
        raise PluginError(
            "plugins.wrong_app", plugin=manifest.id, where=where, app=manifest.app, version=__version__
        )


def is_safe_name(name: str) -> bool:
    """Whether ``name`` is a relative path that stays inside its folder, on every system."""
    path = PurePosixPath(name)
    if not name or path.is_absolute() or "\\" in name or ":" in name or "\0" in name:
        return False
    return all(
        part not in ("", ".", "..") and not part.endswith((" ", ".")) for part in name.rstrip("/").split("/")
    )
