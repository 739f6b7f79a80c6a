"""What stands inside a ``*.aqah`` file besides layers, and how older files are brought up to date.

A project is a GeoPackage. Vector and table results are ordinary layers of it; the program's own tables
begin with ``aqah_``:

- ``aqah_project``: a short notice for whoever opens the file in another program;
- ``aqah_meta (key, value)``: uuid, format version, oldest reader version, program version;
- one table ``(id, position, record)`` for each name of :data:`KINDS`, ``record`` being JSON;
- ``aqah_rasters (id, tiff)``: raster results as the bytes of a GeoTIFF, because GeoPackage tiles hold
  neither nodata nor metadata of float32 values faithfully;
- ``aqah_set_aside (kind, id, record, reason)``: what could not be read, kept for repair.

Tables this program does not know are kept as they are.
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import aqah_desktop
from aqah_desktop.errors import IntegrityError, StorageError
from aqah_desktop.storage.atomic import write_failure

FORMAT_VERSION = 1
#: Oldest program format that can read what this program writes.
MINIMUM_READER_VERSION = 1
KINDS = ("layers", "styles", "views", "scenarios", "runs", "provenance", "packs", "state")
OWN_PREFIXES = ("aqah_", "gpkg_", "rtree_", "sqlite_")

#: Format version → what brings a file of that version to the next one. Runs on the working copy only.
MIGRATIONS: dict[int, Callable[[sqlite3.Connection], None]] = {}

#: What SQLite lets through: its own errors, and texts (also of its messages) that are not UTF-8.
DATABASE_ERRORS = (sqlite3.Error, UnicodeDecodeError)

_GPKG_APPLICATION_ID = 0x47504B47


def connect(path: Path) -> sqlite3.Connection:
    """Open the working copy; functions and views a foreign file brings are not trusted."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA trusted_schema = OFF")
    # The working copy does not outlive the program: what is saved is flushed when it is saved.
    connection.execute("PRAGMA synchronous = OFF")
    return connection


def create(path: Path) -> None:
    """Make an empty project at ``path``."""
    import pandas as pd

    from aqah_desktop.storage.vector_writing import add_table

    notice = {"program": ["AQAH Desktop"], "note": ["aqah_* : tables du programme / program tables"]}
    add_table(path, "aqah_project", pd.DataFrame(notice))
    with closing(connect(path)) as connection, connection:
        _create_tables(connection)
        _put_meta(connection, "uuid", str(uuid.uuid4()))
        stamp(connection)


def stamp(connection: sqlite3.Connection) -> None:
    """Write down which program last wrote the file."""
    _put_meta(connection, "format_version", str(FORMAT_VERSION))
    _put_meta(connection, "minimum_reader_version", str(MINIMUM_READER_VERSION))
    _put_meta(connection, "app_version", aqah_desktop.__version__)


def check_and_migrate(working: Path, path: Path) -> None:
    """Check a working copy and bring it to this program's format; ``path`` is named in errors.

    Raises
    ------
    StorageError
        ``storage.not_a_project``; ``storage.project_damaged``.
    IntegrityError
        ``storage.project_newer``.
    """
    try:
        with closing(connect(working)) as connection, connection:
            _check_identity(connection, path)
            meta = read_meta(connection)
            version = _version(meta, path)
            if connection.execute("PRAGMA quick_check(1)").fetchone() != ("ok",):
                raise StorageError("storage.project_damaged", path=str(path))
            for step in range(version, FORMAT_VERSION):
                MIGRATIONS[step](connection)
                _put_meta(connection, "format_version", str(step + 1))
            _create_tables(connection)
    except DATABASE_ERRORS as error:
        raise database_error(error, working, path) from error


def read_meta(connection: sqlite3.Connection) -> dict[str, str]:
    """Return ``aqah_meta`` as a dictionary."""
    return {str(key): str(value) for key, value in connection.execute("SELECT key, value FROM aqah_meta")}


def _create_tables(connection: sqlite3.Connection) -> None:
    statements = [
        "CREATE TABLE IF NOT EXISTS aqah_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
        "CREATE TABLE IF NOT EXISTS aqah_rasters (id TEXT PRIMARY KEY, tiff BLOB NOT NULL)",
        "CREATE TABLE IF NOT EXISTS aqah_set_aside (kind TEXT, id TEXT, record TEXT, reason TEXT)",
    ]
    statements += [
        f"CREATE TABLE IF NOT EXISTS aqah_{kind}"
        " (id TEXT PRIMARY KEY, position INTEGER NOT NULL, record TEXT NOT NULL)"
        for kind in KINDS
    ]
    for statement in statements:
        connection.execute(statement)


def _put_meta(connection: sqlite3.Connection, key: str, value: str) -> None:
    connection.execute("INSERT OR REPLACE INTO aqah_meta VALUES (?, ?)", (key, value))


def _check_identity(connection: sqlite3.Connection, path: Path) -> None:
    application_id = connection.execute("PRAGMA application_id").fetchone()[0]
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if application_id != _GPKG_APPLICATION_ID or "aqah_meta" not in names:
        raise StorageError("storage.not_a_project", path=str(path))


def _version(meta: dict[str, str], path: Path) -> int:
    reader, version = meta.get("minimum_reader_version", ""), meta.get("format_version", "")
    if not (reader.isdecimal() and version.isdecimal() and "uuid" in meta):
        raise StorageError("storage.project_damaged", path=str(path))
    if int(reader) > FORMAT_VERSION:
        raise IntegrityError("storage.project_newer", path=str(path), app=meta.get("app_version", "?"))
    oldest = min(MIGRATIONS, default=FORMAT_VERSION)
    if int(version) < oldest:
        raise StorageError("storage.project_damaged", path=str(path))
    return int(version)


def database_error(error: Exception, working: Path, path: Path) -> StorageError:
    """Tell a disk that fails from a damaged project, and a damaged project from no project at all."""
    # The low byte is the family of the code; its absence means Python's own check failed.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return StorageError("storage.disk_full", path=str(path), reason=str(error))
    if code in (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN):
        return write_failure(error, path)
    with working.open("rb") as stream:
        is_sqlite = stream.read(16) == b"SQLite format 3\x00"
    if is_sqlite:
        return StorageError("storage.project_damaged", path=str(path), reason=str(error))
    return StorageError("storage.not_a_project", path=str(path))
