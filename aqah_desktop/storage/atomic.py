"""Writing a file so that it is either the old one or the new one, never half of either."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from aqah_desktop.errors import StorageError

#: Windows lets nobody replace a file that a virus scanner or an indexer is reading: try again.
_RETRY_DELAYS_S = (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.5)
_WINDOWS = os.name == "nt"
_COMPANIONS = ("-journal", "-wal", "-shm", ".aux.xml")
PREVIOUS_SUFFIX = ".previous"
#: What the names of temporary files begin with.
_PREFIX = ".aqah-"
_LEFTOVER_AGE_S = 86_400

_KEYS = {
    errno.EACCES: "storage.no_permission",
    errno.EPERM: "storage.no_permission",
    errno.EROFS: "storage.read_only",
    errno.ENOSPC: "storage.disk_full",
    errno.EDQUOT: "storage.disk_full",
    errno.EFBIG: "storage.file_too_large",
    errno.EISDIR: "storage.is_folder",
    errno.ENAMETOOLONG: "storage.bad_name",
    errno.EINVAL: "storage.bad_name",
    errno.EBUSY: "storage.file_in_use",
    errno.ETXTBSY: "storage.file_in_use",
}


def storage_error(error: OSError, path: Path | str, *, writing: bool = False) -> StorageError:
    """Say in catalogue words what the operating system refused.

    Parameters
    ----------
    error : OSError
        What was raised.
    path : Path or str
        File meant by the user (not a temporary sibling).
    writing : bool
        Whether the file was being written: a missing path is then a missing folder.
    """
    missing = error.errno in (errno.ENOENT, errno.ENOTDIR)
    if missing:
        key = "storage.missing_folder" if writing else "storage.missing_file"
        return StorageError(key, path=str(path), folder=str(Path(path).parent))
    default = "storage.write_failed" if writing else "storage.read_failed"
    key = _KEYS.get(error.errno or 0, default)
    return StorageError(key, path=str(path), reason=error.strerror or str(error))


def write_failure(error: Exception, path: Path) -> StorageError:
    """Translate what a library raised while writing ``path``; a full disk is recognised."""
    if isinstance(error, OSError) and error.errno:
        return storage_error(error, path, writing=True)
    with contextlib.suppress(OSError):
        if shutil.disk_usage(path.parent).free < 1024**2:
            return StorageError("storage.disk_full", path=str(path), reason=str(error))
    return StorageError("storage.write_failed", path=str(path), reason=str(error))


@contextlib.contextmanager
def atomic_path(target: Path, *, keep_previous: bool = False) -> Iterator[Path]:
    """Yield a temporary sibling of ``target`` that takes its place when the block succeeds.

    Parameters
    ----------
    target : Path
        File to create or replace. Its folder must exist.
    keep_previous : bool
        Keep the replaced file as ``<name>.previous``.

    Raises
    ------
    StorageError
        Missing folder, no permission, disk full, name too long… In every case ``target`` is as it
        was before and no temporary file is left.
    """
    target = Path(target)
    # The suffix stays last: GDAL and openpyxl choose the format by it.
    temporary = target.with_name(f"{_PREFIX}{secrets.token_hex(8)}{target.suffix}")
    try:
        check_target(target)
        yield temporary
        _flush(temporary)
        if keep_previous and target.exists():
            _keep_previous(target)
        _replace(temporary, target)
    except StorageError:
        raise
    except OSError as error:
        raise storage_error(error, target, writing=True) from error
    finally:
        for name in ("", *_COMPANIONS):
            with contextlib.suppress(OSError):
                temporary.with_name(temporary.name + name).unlink()


def make_folder(folder: Path) -> None:
    """Make a folder and those above it; one that is there already is as good.

    Raises
    ------
    StorageError
        A file stands in its place, no permission, disk full…
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(error, folder, writing=True) from error


def write_bytes(target: Path, data: bytes, *, keep_previous: bool = False) -> None:
    """Write ``data`` to ``target`` atomically."""
    with atomic_path(target, keep_previous=keep_previous) as temporary:
        temporary.write_bytes(data)


def write_text(target: Path, text: str, *, keep_previous: bool = False) -> None:
    """Write ``text`` as UTF-8, line ends as they are, atomically."""
    write_bytes(target, text.encode("utf-8"), keep_previous=keep_previous)


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files of this module that a killed program left in a folder a day ago or more."""
    limit = time.time() - _LEFTOVER_AGE_S
    with contextlib.suppress(OSError):
        for path in folder.glob(f"{_PREFIX}*"):
            if path.is_file() and path.stat().st_mtime < limit:
                path.unlink()


def check_target(target: Path) -> None:
    """Raise what writing ``target`` would raise for its folder or its name."""
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(target))
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(target.parent))


def _flush(path: Path) -> None:
    # Opened for update: Windows refuses to flush a handle that cannot write.
    with path.open("r+b") as stream:
        os.fsync(stream.fileno())


def _keep_previous(target: Path) -> None:
    previous = target.with_name(target.name + PREVIOUS_SUFFIX)
    spare = target.with_name(f"{_PREFIX}{secrets.token_hex(8)}{PREVIOUS_SUFFIX}")
    try:
        try:
            os.link(target, spare)
        except OSError:  # a file system without hard links (FAT, some network drives)
            shutil.copy2(target, spare)
        _replace(spare, previous)
    finally:
        spare.unlink(missing_ok=True)


def _replace(source: Path, target: Path) -> None:
    for delay_s in (*(_RETRY_DELAYS_S if _WINDOWS else ()), None):
        try:
            source.replace(target)
        except PermissionError:
            if delay_s is None:
                raise
            time.sleep(delay_s)
        else:
            return
