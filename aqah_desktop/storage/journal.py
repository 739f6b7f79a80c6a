"""Commands since the last save, one JSON object a line, so that a crash loses nothing.

Each line carries a checksum: a line cut by the crash, or altered, ends what is read.
"""

from __future__ import annotations

import json
import os
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from aqah_desktop.errors import StorageError
from aqah_desktop.storage.atomic import storage_error
from aqah_desktop.storage.records_json import canonical_json

SUFFIX = ".journal"


@dataclass(frozen=True)
class JournalContent:
    """What a journal holds: entries in order, and whether its end was torn."""

    entries: list[dict[str, Any]]
    torn: bool


def journal_path(project: Path) -> Path:
    """Return where the journal of a project file is: beside it."""
    return project.with_name(project.name + SUFFIX)


def read_journal(path: Path) -> JournalContent:
    """Read what can be read; a journal that does not exist is empty.

    Raises
    ------
    StorageError
        The file is there but cannot be opened.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return JournalContent([], torn=False)
    except OSError as error:
        raise storage_error(error, path) from error
    entries: list[dict[str, Any]] = []
    lines = data.split(b"\n")
    for line in lines[:-1]:
        entry = _entry(line)
        if entry is None:
            return JournalContent(entries, torn=True)
        entries.append(entry)
    return JournalContent(entries, torn=bool(lines[-1]))


class Journal:
    """A journal open for appending.

    Parameters
    ----------
    path : Path
        The file; created with the first entry.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stream: IO[bytes] | None = None

    def append(self, entry: dict[str, Any]) -> None:
        """Write an entry and make sure it is on the disk.

        Raises
        ------
        BadInputError
            ``storage.not_json``.
        StorageError
            Disk full, no permission, missing folder.
        """
        text = canonical_json(entry).encode("utf-8")
        line = b"%08x %s\n" % (zlib.crc32(text), text)
        try:
            stream = self._stream or self._open()
            stream.write(line)
            stream.flush()
            os.fsync(stream.fileno())
        except OSError as error:
            if isinstance(error, StorageError):
                raise
            raise storage_error(error, self.path, writing=True) from error

    def clear(self) -> None:
        """Remove the journal: everything in it is saved."""
        self.close()
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            raise storage_error(error, self.path, writing=True) from error

    def close(self) -> None:
        """Close the file and leave it there."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _open(self) -> IO[bytes]:
        """Open for appending; a torn last line is cut off, or the next entry would be lost with it."""
        stream = self.path.open("a+b", buffering=0)
        stream.seek(0)
        data = stream.read()
        end = 0
        for line in data.split(b"\n")[:-1]:
            if _entry(line) is None:
                break
            end += len(line) + 1
        stream.truncate(end)
        self._stream = stream
        return stream


def _entry(line: bytes) -> dict[str, Any] | None:
    checksum, _, text = line.partition(b" ")
    try:
        if int(checksum, 16) != zlib.crc32(text):
            return None
        entry = json.loads(text)
    except ValueError:
        return None
    return entry if isinstance(entry, dict) else None
