"""The user's settings: typed, announced when they change, written only where they differ from the default.

The path is given by the caller. A file that cannot be read is set aside, never overwritten; one bad value
never resets the others.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from psygnal import Signal

from aqah_desktop.errors import BadInputError
from aqah_desktop.records import Text


@dataclass(frozen=True, slots=True)
class Values:
    """Every setting with its default."""

    language: str = "fr"
    theme: str = "light"
    memory_mb: int = 1024
    projects_folder: str = ""
    exports_folder: str = ""
    recent_projects: tuple[str, ...] = ()
    last_territory: str = ""
    coordinates_crs: str = "EPSG:2154"
    reduced_motion: bool = False
    #: Window geometry and layout, as text made by the window.
    layout: dict[str, str] = field(default_factory=dict)


_CHOICES: dict[str, tuple[str, ...]] = {"language": ("fr", "en"), "theme": ("light", "dark")}
_RANGES = {"memory_mb": (256, 65536)}
RECENT_LIMIT = 8


class Settings:
    """The settings in force.

    Parameters
    ----------
    path : Path or None
        JSON file; ``None`` keeps everything in memory (tests).
    """

    changed = Signal(str, object)

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        #: What could not be used of the file, to be shown once.
        self.problems: list[Text] = []
        self._values = self._read() if path is not None else Values()

    @property
    def values(self) -> Values:
        """All settings (immutable)."""
        return self._values

    def set(self, name: str, value: Any) -> None:
        """Change one setting and write the file.

        Raises
        ------
        BadInputError
            ``models.bad_setting`` for an unknown name or a value out of range.
        """
        value = _checked(name, value)
        if getattr(self._values, name) == value:
            return
        self._values = replace(self._values, **{name: value})
        self._write()
        self.changed.emit(name, value)

    def add_recent(self, path: Path) -> None:
        """Put a project at the top of the recent ones."""
        others = [p for p in self._values.recent_projects if p != str(path)]
        self.set("recent_projects", (str(path), *others)[:RECENT_LIMIT])

    def _read(self) -> Values:
        assert self._path is not None
        try:
            data = json.loads(self._path.read_text(encoding="utf-8"))
            if not isinstance(data, dict):
                raise ValueError("not an object")
        except FileNotFoundError:
            return Values()
        except (OSError, ValueError):
            aside = self._path.with_suffix(".unreadable.json")
            self.problems.append(Text("models.settings_unreadable", {"path": str(aside)}))
            if self._path.is_file():
                self._path.replace(aside)
            return Values()
        good: dict[str, Any] = {}
        for name, value in data.items():
            try:
                good[name] = _checked(name, value)
            except BadInputError:
                self.problems.append(Text("models.setting_ignored", {"name": name}))
        return Values(**good)

    def _write(self) -> None:
        if self._path is None:
            return
        from aqah_desktop.storage.atomic import make_folder, write_text

        defaults = Values()
        data = {
            f.name: getattr(self._values, f.name)
            for f in fields(Values)
            if getattr(self._values, f.name) != getattr(defaults, f.name)
        }
        make_folder(self._path.parent)
        write_text(self._path, json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def _checked(name: str, value: Any) -> Any:
    default = getattr(Values(), name, None)
    if default is None:
        raise BadInputError("models.bad_setting", name=name, value=str(value))
    if isinstance(default, tuple) and isinstance(value, list):
        value = tuple(value)
    wrong_type = type(value) is not type(default)
    wrong_choice = name in _CHOICES and value not in _CHOICES[name]
    wrong_range = name in _RANGES and not wrong_type and not _RANGES[name][0] <= value <= _RANGES[name][1]
    wrong_items = isinstance(value, tuple) and not all(isinstance(v, str) for v in value)
    if wrong_type or wrong_choice or wrong_range or wrong_items:
        raise BadInputError("models.bad_setting", name=name, value=str(value))
    return value
