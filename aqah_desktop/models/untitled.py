"""Projects that have no name yet: where they live, and what a crash left of them.

Each has a place ``<date>-<time>-<n>`` in one folder: a lock held by the window that works on it, a journal of
its changes, and a project file once something was computed in it. What nobody holds is left from a crash.
"""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from aqah_desktop.errors import AqahError
from aqah_desktop.storage.atomic import make_folder
from aqah_desktop.storage.file_lock import SUFFIX as LOCK_SUFFIX
from aqah_desktop.storage.file_lock import FileLock
from aqah_desktop.storage.journal import SUFFIX as JOURNAL_SUFFIX
from aqah_desktop.storage.journal import read_journal

_PROJECT = ".aqah"
#: Commands that only choose what is looked at: nobody misses them after a crash.
_LOOKING = frozenset({"territory.open", "moment.choose"})


@dataclass(frozen=True, slots=True)
class Leftover:
    """Work of a window that ended without saving: its place, when it last changed, how much there is."""

    stem: Path
    when: datetime
    changes: int
    territory: str


class Place:
    """The place of a project without name, held until :meth:`release`.

    Parameters
    ----------
    stem : Path
        Folder and beginning of the names of its files.

    Raises
    ------
    StorageError
        ``storage.project_in_use``, or the folder cannot be written.
    """

    def __init__(self, stem: Path) -> None:
        self.stem = stem
        self._lock = FileLock(stem)

    @classmethod
    def make(cls, folder: Path) -> Place:
        """Take a new place in ``folder``, which is created."""
        make_folder(folder)
        return cls(folder / f"{time.strftime('%Y%m%d-%H%M%S')}-{time.time_ns() % 10**6:06d}")

    @property
    def path(self) -> Path:
        """Its project file; need not exist."""
        return project_of(self.stem)

    def release(self, keep: bool = False) -> None:
        """Give the place up and remove its files, or ``keep`` them for the next start."""
        if not keep:
            _remove_files(self.stem)
        self._lock.release()


def project_of(stem: Path) -> Path:
    """Project file of a place."""
    return stem.with_name(stem.name + _PROJECT)


def journal_of(stem: Path) -> Path:
    """Journal of a place."""
    return stem.with_name(stem.name + _PROJECT + JOURNAL_SUFFIX)


def leftovers(folder: Path) -> list[Leftover]:
    """Work left by crashes, newest first; what held nothing but a look at the map is removed."""
    found = []
    for stem in _stems(folder):
        try:
            lock = FileLock(stem)
        except AqahError:
            continue  # a window works on it
        try:
            leftover = _read(stem)
            if leftover is None:
                _remove_files(stem)
            else:
                found.append(leftover)
        finally:
            lock.release()
    return sorted(found, key=lambda item: item.when, reverse=True)


def discard(leftover: Leftover) -> None:
    """Remove work left by a crash for good."""
    Place(leftover.stem).release()


def _stems(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    endings = (_PROJECT + JOURNAL_SUFFIX, _PROJECT)
    stems = set()
    for path in folder.iterdir():
        for ending in endings:
            if path.name.endswith(ending):
                stems.add(path.with_name(path.name.removesuffix(ending)))
    return sorted(stems)


def _read(stem: Path) -> Leftover | None:
    """What there is at a place; None when nobody would miss it."""
    try:
        entries = read_journal(journal_of(stem)).entries
    except AqahError:
        entries = []
    changes = [entry for entry in entries if entry.get("name") not in _LOOKING]
    files = [path for path in (journal_of(stem), project_of(stem)) if path.is_file()]
    if not files or (not changes and not project_of(stem).is_file()):
        return None
    when = datetime.fromtimestamp(max(path.stat().st_mtime for path in files))
    return Leftover(stem, when, len(changes), _territory(entries))


def _territory(entries: list[dict[str, Any]]) -> str:
    opened = [entry.get("data", {}) for entry in entries if entry.get("name") == "territory.open"]
    return str(opened[-1].get("territory", "")) if opened else ""


def _remove_files(stem: Path) -> None:
    for path in stem.parent.glob(f"{stem.name}.*"):
        if path.name != stem.name + LOCK_SUFFIX:
            with contextlib.suppress(OSError):
                path.unlink()
