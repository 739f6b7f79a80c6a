"""Small tables of a GeoPackage as plain rows, without the libraries of tables: the first map needs some."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from aqah_desktop.errors import StorageError

#: What a column of a table may hold.
Cell = str | int | float | bytes | None


def read_rows(path: Path, table: str) -> list[dict[str, Cell]]:
    """Return the rows of a table in the order they are stored; nothing is written beside the file.

    Raises
    ------
    StorageError
        ``storage.vector_unreadable`` when the file or the table cannot be read.
    """
    quoted = table.replace('"', '""')
    try:
        address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
        with closing(sqlite3.connect(address, uri=True)) as connection:
            cursor = connection.execute(f'SELECT * FROM "{quoted}"')  # noqa: S608 — quoted above
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]
    except sqlite3.Error as error:
        raise StorageError("storage.vector_unreadable", path=str(path), reason=str(error)[:300]) from error
