"""The records of a project: what it remembers besides the bytes of its layers."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from aqah_desktop.errors import BadInputError, StorageError
from aqah_desktop.records import Layer, LayerStatus, Problem, RasterShape, RunRecord, Text
from aqah_desktop.storage import project_schema as schema
from aqah_desktop.storage.atomic import storage_error
from aqah_desktop.storage.file_lock import FileLock
from aqah_desktop.storage.records_json import canonical_json, from_json, to_plain

T = TypeVar("T")

_PREFIX = "aqah-project-"
_ABANDONED_AGE_S = 86_400


class WorkingCopy:
    """A folder of its own among the temporary files, marked as used as long as the program lives.

    Raises
    ------
    StorageError
        The temporary folder cannot be written.
    """

    def __init__(self) -> None:
        _remove_abandoned()
        try:
            self.folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        except OSError as error:
            raise storage_error(error, tempfile.gettempdir(), writing=True) from error
        self.path = self.folder / "project.gpkg"
        self._lock = FileLock(self.path)

    def remove(self) -> None:
        """Remove the folder; harmless when done twice."""
        self._lock.release()
        shutil.rmtree(self.folder, ignore_errors=True)


def _remove_abandoned() -> None:
    """Remove working copies of programs that were killed: a day old and locked by nobody."""
    limit = time.time() - _ABANDONED_AGE_S
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):  # StorageError of a lock that is held is one
            if folder.stat().st_mtime < limit:
                FileLock(folder / "project.gpkg").release()
                shutil.rmtree(folder, ignore_errors=True)


class ProjectRecords:
    """Records in the working copy of a project.

    Parameters
    ----------
    path : Path
        The user's file, named in errors.
    working : WorkingCopy
        The working copy, which is read and written.
    """

    def __init__(self, path: Path, working: WorkingCopy) -> None:
        self.path = path
        self.problems: list[Problem] = []
        self._copy = working
        self._working = working.path

    @property
    def meta(self) -> dict[str, str]:
        """Uuid, versions."""
        with self._database() as connection:
            return schema.read_meta(connection)

    @property
    def uuid(self) -> str:
        """Identity of the project, kept for life."""
        return self.meta["uuid"]

    def put(self, kind: str, item_id: str, data: Any) -> None:
        """Store JSON data under a kind of :data:`project_schema.KINDS` and an id, replacing it in place.

        Raises
        ------
        BadInputError
            ``storage.not_json``, ``storage.unknown_kind``.
        """
        table = _table(kind)
        text = canonical_json(data)
        with self._database() as connection:
            connection.execute(
                f"INSERT INTO {table} (id, position, record)"  # noqa: S608 - from a fixed list
                f" VALUES (?, (SELECT IFNULL(MAX(position), 0) + 1 FROM {table}), ?)"
                " ON CONFLICT (id) DO UPDATE SET record = excluded.record",
                (item_id, text),
            )

    def put_all(self, kind: str, items: Mapping[str, Any]) -> None:
        """Replace every item of a kind by these, in this order."""
        table = _table(kind)
        rows = [(key, place, canonical_json(data)) for place, (key, data) in enumerate(items.items(), 1)]
        with self._database() as connection:
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - from a fixed list
            connection.executemany(f"INSERT INTO {table} VALUES (?, ?, ?)", rows)  # noqa: S608

    def get_all(self, kind: str) -> dict[str, Any]:
        """Return the items of a kind in order: id → JSON data."""
        return self._records(kind, json.loads)

    def remove(self, kind: str, item_id: str) -> None:
        """Forget an item; nothing happens when there is none."""
        with self._database() as connection:
            connection.execute(f"DELETE FROM {_table(kind)} WHERE id = ?", (item_id,))  # noqa: S608

    def layers(self) -> dict[str, Layer]:
        """Return the records of the project's own layers; one without bytes says ``missing``."""
        with self._database() as connection:
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
            rasters = {name for (name,) in connection.execute("SELECT id FROM aqah_rasters")}
        found = self._records("layers", lambda text: from_json(Layer, text))
        return {
            key: layer
            if layer.source.table in (rasters if isinstance(layer.shape, RasterShape) else tables)
            else replace(layer, status=LayerStatus.MISSING)
            for key, layer in found.items()
        }

    def add_run(self, run: RunRecord) -> None:
        """Keep how a result was made."""
        self.put("runs", run.id, to_plain(run))

    def runs(self) -> dict[str, RunRecord]:
        """Return the runs in the order they were added."""
        return self._records("runs", lambda text: from_json(RunRecord, text))

    # ------------------------------------------------------------------ inside

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        """One transaction on the working copy."""
        try:
            with closing(schema.connect(self._working)) as connection, connection:
                yield connection
        except schema.DATABASE_ERRORS as error:
            raise schema.database_error(error, self._working, self.path) from error

    def _records(self, kind: str, read: Callable[[str], T]) -> dict[str, T]:
        """Read the items of a kind; those that cannot be read were set aside when opening."""
        with self._database() as connection:
            rows = connection.execute(
                f"SELECT id, record FROM {_table(kind)} ORDER BY position, id"  # noqa: S608
            ).fetchall()
        return {str(key): read(text) for key, text in rows}

    def _set_aside_unreadable(self) -> None:
        readers: dict[str, Callable[[str], Any]] = {
            "layers": lambda text: from_json(Layer, text),
            "runs": lambda text: from_json(RunRecord, text),
        }
        with self._database() as connection:
            for kind in schema.KINDS:
                read = readers.get(kind, json.loads)
                rows = connection.execute(f"SELECT id, record FROM {_table(kind)}").fetchall()  # noqa: S608
                for key, text in rows:
                    try:
                        read(text)
                    except (ValueError, TypeError, StorageError) as error:
                        self._set_aside(connection, kind, key, text, str(error))

    def _set_aside(self, connection: sqlite3.Connection, kind: str, key: Any, text: Any, why: str) -> None:
        connection.execute("INSERT INTO aqah_set_aside VALUES (?, ?, ?, ?)", (kind, key, text, why))
        connection.execute(f"DELETE FROM {_table(kind)} WHERE id IS ?", (key,))  # noqa: S608
        note = Text("storage.project_item_set_aside", {"kind": kind, "item": str(key)})
        self.problems.append(Problem(f"{kind}/{key}", note, "warning"))


def _table(kind: str) -> str:
    """Name of the table of a kind, from the fixed list only."""
    if kind not in schema.KINDS:
        raise BadInputError("storage.unknown_kind", kind=kind, known=list(schema.KINDS))
    return f"aqah_{kind}"
