"""One writer at a time: a lock file beside the project, held by the operating system.

The system frees the lock when the program ends, however it ends, so a lock is never stale; the text
in the file only says who holds it.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import time
from pathlib import Path
from typing import IO, Any

from aqah_desktop.errors import StorageError
from aqah_desktop.storage.atomic import storage_error

SUFFIX = ".lock"
#: The locked byte lies beyond the text, which others must be able to read (Windows).
_LOCKED_BYTE = 1 << 30


class FileLock:
    """Exclusive lock on a file somebody edits; hold it until :meth:`release`.

    Parameters
    ----------
    target : Path
        The edited file; the lock is ``<name>.lock`` beside it.

    Raises
    ------
    StorageError
        ``storage.project_in_use``: another program, or another window of this one, holds it;
        ``storage.no_permission``, ``storage.read_only``, ``storage.missing_folder``.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self._path = target.with_name(target.name + SUFFIX)
        self._stream = self._acquire()

    def release(self) -> None:
        """Give the lock back; harmless when done twice."""
        if self._stream.closed:
            return
        if sys.platform != "win32":
            # Removed while still held: whoever locks the removed file notices and tries again.
            self._path.unlink(missing_ok=True)
        self._stream.close()
        if sys.platform == "win32":
            with contextlib.suppress(OSError):
                self._path.unlink()

    def _acquire(self) -> IO[bytes]:
        for _ in range(100):
            try:
                stream = os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644), "r+b")
            except OSError as error:
                raise storage_error(error, self.target, writing=True) from error
            if not _lock(stream):
                stream.close()
                raise StorageError("storage.project_in_use", path=str(self.target), **self._holder())
            if _still_there(stream, self._path):
                self._sign(stream)
                return stream
            stream.close()
        raise StorageError("storage.project_in_use", path=str(self.target), **self._holder())

    def _sign(self, stream: IO[bytes]) -> None:
        text = json.dumps(
            {"pid": os.getpid(), "host": socket.gethostname(), "since": time.strftime("%Y-%m-%d %H:%M")}
        )
        stream.seek(0)
        stream.truncate()
        stream.write(text.encode("utf-8"))
        stream.flush()

    def _holder(self) -> dict[str, Any]:
        held: Any = None
        with contextlib.suppress(OSError, ValueError):
            held = json.loads(self._path.read_text(encoding="utf-8"))
        held = held if isinstance(held, dict) else {}
        return {name: str(held.get(name, "?")) for name in ("pid", "host", "since")}


def _lock(stream: IO[bytes]) -> bool:
    """Whether the lock was free. A file system without locks lets everyone in."""
    if sys.platform == "win32":
        import msvcrt

        stream.seek(_LOCKED_BYTE)
        try:
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
    else:
        import fcntl

        with contextlib.suppress(OSError):
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
    return True


def _still_there(stream: IO[bytes], path: Path) -> bool:
    """Whether the locked file is still the one at ``path`` (its former holder may have removed it)."""
    if os.name == "nt":  # an open file cannot be removed there
        return True
    try:
        return os.path.samestat(os.fstat(stream.fileno()), path.stat())
    except FileNotFoundError:
        return False
