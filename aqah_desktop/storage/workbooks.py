"""Excel workbooks: one sheet in, several sheets out."""

from __future__ import annotations

import contextlib
import datetime
import math
import re
import sys
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from aqah_desktop.errors import BadInputError, StorageError
from aqah_desktop.storage import gdal_env

_FIXED_TIME = datetime.datetime(2000, 1, 1)
_FORBIDDEN_IN_NAME = re.compile(r"[\[\]:*?/\\']")
#: XML has no place for these.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_MAX_CELL = 32_767
_WIDEST = 60


def _xml_errors() -> tuple[type[Exception], ...]:
    """What openpyxl lets through from the XML library it happens to find."""
    found = getattr(sys.modules.get("lxml.etree"), "LxmlError", None)
    return (SyntaxError, found) if isinstance(found, type) else (SyntaxError,)


def read_sheet(path: Path, sheet: str | None) -> list[tuple[Any, ...]]:
    """Return the rows of a sheet, formulas replaced by the values stored with them.

    Raises
    ------
    StorageError
        Missing or unreadable file, or a zip that would unpack to something enormous.
    BadInputError
        ``storage.table_unknown_sheet``.
    """
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    gdal_env.check_path(path)
    damaged = (
        InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError, OSError, AttributeError,
        IndexError, NotImplementedError, EOFError, zlib.error, *_xml_errors(),
    )  # fmt: skip
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        names = book.sheetnames
        if sheet is not None and sheet not in names:
            raise BadInputError("storage.table_unknown_sheet", path=str(path), sheet=sheet, sheets=names)
        rows = [tuple(row) for row in book[sheet or names[0]].iter_rows(values_only=True)]
        book.close()
    except (BadInputError, StorageError):
        raise
    except damaged as error:
        raise StorageError("storage.table_bad_workbook", path=str(path), reason=str(error)[:200]) from error
    rows = [row for row in rows if any(cell is not None for cell in row)]
    width = max((len(row) for row in rows), default=0)
    return [row + (None,) * (width - len(row)) for row in rows]


def build_workbook(path: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write the tables to ``path``: bold frozen header, filters, readable widths.

    Raises
    ------
    OSError
        The file, or a temporary one, cannot be written.
    """
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    book.properties.creator = "AQAH Desktop"
    book.properties.created = book.properties.modified = _FIXED_TIME
    used: set[str] = set()
    try:
        for name, table in tables.items():
            _fill(book.create_sheet(_sheet_name(name, used)), table)
        book.save(path)
    except BaseException as error:
        for sheet in book.worksheets:  # an unfinished sheet would complain when it is collected
            with contextlib.suppress(*_xml_errors(), OSError, RuntimeError, StopIteration):
                sheet.close()
        if isinstance(error, _xml_errors()):
            raise OSError(str(error)) from error  # what the XML library makes of a full disk
        raise


def _fill(sheet: Any, table: pd.DataFrame) -> None:
    from openpyxl.styles import Font
    from openpyxl.utils import get_column_letter

    sheet.freeze_panes = "A2"
    for position, column in enumerate(table.columns, start=1):
        sheet.column_dimensions[get_column_letter(position)].width = _width(table[column], str(column))
    if len(table.columns):
        sheet.auto_filter.ref = f"A1:{get_column_letter(len(table.columns))}{len(table) + 1}"
    header = [_text_cell(sheet, str(column)) for column in table.columns]
    for made in header:
        made.font = Font(bold=True)
    sheet.append(header)
    columns = [[_value(value) for value in table[column].tolist()] for column in table.columns]
    for row in zip(*columns, strict=True):
        sheet.append([_text_cell(sheet, value) if isinstance(value, str) else value for value in row])


def _text_cell(sheet: Any, text: str) -> Any:
    from openpyxl.cell.cell import WriteOnlyCell

    made = WriteOnlyCell(sheet, value=_CONTROL.sub("", text)[:_MAX_CELL])
    made.data_type = "s"  # a text that begins with "=" stays a text
    return made


def is_missing(value: Any) -> bool:
    """Whether a cell of a table holds nothing."""
    return (
        value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and math.isnan(value))
    )


def _value(value: Any) -> Any:
    if is_missing(value) or (isinstance(value, float) and math.isinf(value)):
        return None
    if isinstance(value, pd.Timestamp):
        return value.tz_localize(None).to_pydatetime()
    if isinstance(value, (bool, int, float, str, datetime.date)):
        return value
    return str(value)


def _width(column: pd.Series, name: str) -> float:
    longest = max((len(str(value)) for value in column.head(200).tolist()), default=0)
    return float(min(max(longest, len(name)) + 2, _WIDEST))


def _sheet_name(name: str, used: set[str]) -> str:
    """A name Excel accepts: 31 characters, none forbidden, not used yet whatever the case."""
    base = (_FORBIDDEN_IN_NAME.sub(" ", name).strip() or "Table")[:31]
    candidate, number = base, 2
    while candidate.lower() in used:
        suffix = f" {number}"
        candidate, number = base[: 31 - len(suffix)] + suffix, number + 1
    used.add(candidate.lower())
    return candidate
