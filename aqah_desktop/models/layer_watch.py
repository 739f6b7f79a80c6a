"""Whether the files behind the user's layers are still there, and still what was read.

A file that vanishes or changes is a fact about the disk, not a change of the project: it is kept here,
beside the project's state, told once, and never undone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from psygnal import Signal

from aqah_desktop.errors import AqahError, StorageError
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.records import LayerStatus

#: Files that belong to a shapefile.
_COMPANIONS = (".dbf", ".shx", ".prj", ".cpg")


def stamp_of(path: Path) -> str:
    """Size and date of a file and of what belongs to it; empty when it is not there."""
    try:
        parts = [path, *sorted(path.iterdir())] if path.is_dir() else [path]
        if path.suffix.lower() == ".shp":
            parts += [p for suffix in _COMPANIONS if (p := path.with_suffix(suffix)).is_file()]
        return " ".join(f"{(s := part.stat()).st_size}:{s.st_mtime_ns}" for part in parts)
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known of the file of one layer."""

    layer_id: str
    status: LayerStatus
    stamp: str = ""
    error: AqahError | None = None


def look(entries: Iterable[LayerEntry]) -> list[Finding]:
    """Look at the files of the user's layers. May take long on a network drive: call it from a worker."""
    findings = []
    for entry in entries:
        if entry.path is None:
            continue
        stamp = stamp_of(entry.path)
        status = LayerStatus.OK
        error: AqahError | None = None
        if not stamp:
            status = LayerStatus.MISSING
            error = StorageError("storage.missing_file", path=str(entry.path))
        elif entry.file is not None and entry.file.stamp and entry.file.stamp != stamp:
            status = LayerStatus.STALE
        findings.append(Finding(entry.id, status, stamp, error))
    return findings


class LayerWatch:
    """Status of every layer, from what was last found on the disk or while drawing.

    ``changed`` carries the id of a layer whose status is another one now.
    """

    changed = Signal(str)

    def __init__(self) -> None:
        self._found: dict[str, Finding] = {}

    def status(self, entry: LayerEntry) -> LayerStatus:
        """Status of a layer: what was found, else what its record says."""
        found = self._found.get(entry.id)
        return found.status if found is not None else entry.layer.status

    def error(self, layer_id: str) -> AqahError | None:
        """Why a layer cannot be shown, when it cannot."""
        found = self._found.get(layer_id)
        return found.error if found is not None else None

    def note(self, findings: Iterable[Finding]) -> list[Finding]:
        """Keep findings; return those that say something new, so that each is told once."""
        news = []
        for finding in findings:
            before = self._found.get(finding.layer_id)
            if _still_failed(before, finding):
                continue
            self._found[finding.layer_id] = finding
            if before is None or (before.status, before.stamp) != (finding.status, finding.stamp):
                if before is not None or finding.status is not LayerStatus.OK:
                    news.append(finding)
                self.changed.emit(finding.layer_id)
        return news

    def fail(self, entry: LayerEntry, error: AqahError) -> bool:
        """Note that a layer could not be read; whether that is new."""
        before = self._found.get(entry.id)
        if before is not None and before.status is LayerStatus.MISSING:
            return False
        stamp = stamp_of(entry.path) if entry.path is not None else ""
        self._found[entry.id] = Finding(entry.id, LayerStatus.MISSING, stamp, error)
        self.changed.emit(entry.id)
        return True

    def forget(self, layer_id: str) -> None:
        """Forget what was found of a layer: it is about to be read again."""
        if self._found.pop(layer_id, None) is not None:
            self.changed.emit(layer_id)

    def keep_only(self, layer_ids: set[str]) -> None:
        """Forget layers that are no longer in the project."""
        self._found = {k: v for k, v in self._found.items() if k in layer_ids}


def with_status(entry: LayerEntry) -> LayerEntry:
    """Return the entry with the status of its file as it is now (on opening a project)."""
    findings = look([entry])
    if not findings:
        return entry
    return replace(entry, layer=replace(entry.layer, status=findings[0].status))


def _still_failed(before: Finding | None, now: Finding) -> bool:
    """A file that is there but could not be read stays failed until it changes."""
    return (
        before is not None
        and before.error is not None
        and before.status is LayerStatus.MISSING
        and now.status is not LayerStatus.MISSING
        and before.stamp == now.stamp
    )
