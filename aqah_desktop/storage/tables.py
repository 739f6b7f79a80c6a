"""Tables from and to CSV and Excel, as offices in France write and expect them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from aqah_desktop.errors import BadInputError, StorageError
from aqah_desktop.storage.atomic import atomic_path, storage_error, write_bytes
from aqah_desktop.storage.workbooks import build_workbook, is_missing, read_sheet

_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_DELIMITERS = ";\t,|"
# A leading "+" (telephone) and whole numbers of 19 digits or more (identifiers) stay text.
_INTEGER = re.compile(r"-?(?:0|[1-9]\d{0,17})")
_DECIMAL_POINT = re.compile(r"-?(?:\d{1,18}(?:\.\d*)?|\d+\.\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")
_DECIMAL_COMMA = re.compile(
    r"-?(?:\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:,\d+)?|\d{1,18}|\d+,\d*|,\d+)(?:[eE][+-]?\d{1,3})?"
)
_LEADING_ZERO = re.compile(r"-?0\d+")
_LINE_BREAK = re.compile("\r\n|\r|\n")
_SAMPLE_CHARACTERS = 100_000
_MISSING = {"", "NA", "N/A", "NaN", "nan", "NULL", "null", "None"}
#: Spreadsheets run what begins with one of these.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_MAX_TEXT_BYTES = 4 * 1024**3
_XLSX_MAX_ROWS = 1_048_576
csv.field_size_limit(16 * 1024**2)  # outlines as text are longer than the 128 kB Python expects


def read_table(path: Path | str, sheet: str | None = None) -> pd.DataFrame:
    """Read a CSV or XLSX table.

    Encoding (UTF-8, UTF-16, Windows-1252), delimiter and decimal comma are recognised, the last
    column by column. Codes such as ``02`` or ``0590001A`` stay text; a column is a number only when
    every filled cell is one.

    Parameters
    ----------
    path : Path or str
        ``.csv``, ``.tsv``, ``.txt``, ``.xlsx`` or ``.xlsm``.
    sheet : str, optional
        Sheet of a workbook; the first by default.

    Returns
    -------
    DataFrame
        ``attrs`` holds ``encoding``, ``delimiter`` and ``decimal_comma`` (column names).

    Raises
    ------
    StorageError
        Missing, empty, unreadable file.
    BadInputError
        ``storage.table_no_header``, ``storage.table_ragged``, ``storage.table_unknown_sheet``.
    """
    local = Path(path)
    if local.suffix.lower() in (".xlsx", ".xlsm"):
        return _read_xlsx(local, sheet)
    text, encoding = _decode(local)
    delimiter = _delimiter(text)
    rows = _rows(text, delimiter, local)
    frame, commas = _typed(rows, local)
    frame.attrs = {"encoding": encoding, "delimiter": delimiter, "decimal_comma": commas}
    return frame


def write_csv(path: Path, frame: pd.DataFrame, *, excel: bool = False) -> None:
    """Write a CSV file, atomically; geometry is left out.

    Parameters
    ----------
    path : Path
        Target.
    frame : DataFrame
        Missing values become empty cells.
    excel : bool
        For a French Excel: byte-order mark, ``;`` and decimal comma. Otherwise UTF-8, ``,`` and
        decimal point.

    Notes
    -----
    In both, a text cell that a spreadsheet would run as a formula gets a leading apostrophe.
    """
    plain = _without_geometry(frame)
    output = io.StringIO(newline="")
    writer = csv.writer(output, delimiter=";" if excel else ",", lineterminator="\r\n" if excel else "\n")
    writer.writerow([_neutral(str(name)) for name in plain.columns])
    columns = [[_cell(value, comma=excel) for value in plain[name].tolist()] for name in plain.columns]
    writer.writerows(zip(*columns, strict=True))
    write_bytes(Path(path), output.getvalue().encode("utf-8-sig" if excel else "utf-8"))


def write_xlsx(path: Path, sheets: Mapping[str, pd.DataFrame]) -> None:
    """Write a workbook, atomically: numbers as numbers, texts never as formulas.

    Parameters
    ----------
    path : Path
        Target, ``.xlsx``.
    sheets : mapping
        Sheet name (at most 31 characters are kept) → table. The caller adds a provenance sheet.

    Raises
    ------
    BadInputError
        ``storage.table_too_long``: more rows than a sheet holds.
    """
    tables = {name: _without_geometry(frame) for name, frame in sheets.items()}
    for name, table in tables.items():
        if len(table) >= _XLSX_MAX_ROWS:
            raise BadInputError("storage.table_too_long", path=str(path), sheet=name, rows=len(table))
    with atomic_path(Path(path)) as temporary:
        build_workbook(temporary, tables)


# --------------------------------------------------------------------------- reading


def _decode(path: Path) -> tuple[str, str]:
    try:
        if path.stat().st_size > _MAX_TEXT_BYTES:
            raise BadInputError("storage.table_too_large", path=str(path))
        data = path.read_bytes()
    except OSError as error:
        raise storage_error(error, path) from error
    if not data.strip():
        raise StorageError("storage.empty_file", path=str(path))
    encodings = [name for bom, name in _BOMS if data.startswith(bom)] or ["utf-8", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text, encoding
    raise StorageError("storage.table_not_text", path=str(path))


def _delimiter(text: str) -> str:
    """The candidate that splits the first lines into the same, largest number of cells."""
    lines = _LINE_BREAK.split(text[:_SAMPLE_CHARACTERS])[:20]
    sample = [line for line in lines if line.strip()] or [""]
    best, score = ",", 0
    for candidate in _DELIMITERS:
        try:
            counts = [len(row) for row in csv.reader(sample, delimiter=candidate)]
        except csv.Error:
            continue
        if counts[0] > 1 and counts[0] * counts.count(counts[0]) > score:
            best, score = candidate, counts[0] * counts.count(counts[0])
    return best


def _rows(text: str, delimiter: str, path: Path) -> list[list[str]]:
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise StorageError("storage.table_not_text", path=str(path)) from error
    return [row for row in rows if row]


def _typed(rows: list[list[str]], path: Path) -> tuple[pd.DataFrame, list[str]]:
    if not rows or not any(name.strip() for name in rows[0]):
        raise BadInputError("storage.table_no_header", path=str(path))
    header, body = _unique(rows[0]), rows[1:]
    width = len(header)
    for number, row in enumerate(body, start=2):
        if len(row) > width and any(cell.strip() for cell in row[width:]):
            raise BadInputError(
                "storage.table_ragged", path=str(path), row=number, cells=len(row), width=width
            )
    body = [row[:width] + [""] * (width - len(row)) for row in body]
    columns = list(zip(*body, strict=True)) if body else [()] * width
    data, commas = {}, []
    for name, cells in zip(header, columns, strict=True):
        data[name], comma = _convert(cells)
        if comma:
            commas.append(name)
    return pd.DataFrame(data), commas


def _unique(names: list[str]) -> list[str]:
    seen: dict[str, int] = {}
    unique = []
    for position, raw in enumerate(names, start=1):
        name = raw.strip() or f"column_{position}"
        seen[name] = seen.get(name, 0) + 1
        unique.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return unique


def _convert(cells: tuple[str, ...]) -> tuple[pd.Series, bool]:
    """Numbers when every filled cell is one and none is a code with a leading zero; else text."""
    stripped = [cell.strip() for cell in cells]
    filled = [cell for cell in stripped if cell not in _MISSING]
    if not filled or any(_LEADING_ZERO.fullmatch(cell) for cell in filled):
        return pd.Series([c if c not in _MISSING else None for c in stripped], dtype="str"), False
    if all(_INTEGER.fullmatch(cell) for cell in filled):
        whole = [int(cell) if cell not in _MISSING else None for cell in stripped]
        return pd.Series(whole, dtype="Int64" if len(filled) < len(stripped) else "int64"), False
    if all(_DECIMAL_POINT.fullmatch(cell) for cell in filled):
        return pd.Series([_number(cell) for cell in stripped], dtype="float64"), False
    if all(_DECIMAL_COMMA.fullmatch(cell) for cell in filled):
        return pd.Series([_number(_with_point(cell)) for cell in stripped], dtype="float64"), True
    return pd.Series([c if c not in _MISSING else None for c in stripped], dtype="str"), False


def _with_point(cell: str) -> str:
    return re.sub(r"[ \u00a0\u202f]", "", cell).replace(",", ".")


def _number(cell: str) -> float:
    return float(cell) if cell not in _MISSING else float("nan")


def _read_xlsx(path: Path, sheet: str | None) -> pd.DataFrame:
    rows = read_sheet(path, sheet)
    if not rows or not any(cell is not None for cell in rows[0]):
        raise BadInputError("storage.table_no_header", path=str(path))
    header = _unique(["" if cell is None else str(cell) for cell in rows[0]])
    columns = list(zip(*rows[1:], strict=True)) if len(rows) > 1 else [()] * len(header)
    frame = pd.DataFrame({name: _from_workbook(cells) for name, cells in zip(header, columns, strict=True)})
    frame.attrs = {"encoding": "xlsx", "delimiter": "", "decimal_comma": []}
    return frame


def _from_workbook(cells: tuple[Any, ...]) -> pd.Series:
    filled = [cell for cell in cells if cell is not None]
    if filled and all(isinstance(cell, str) for cell in filled):
        return _convert(tuple("" if cell is None else cell for cell in cells))[0]
    return pd.Series(list(cells)).infer_objects()


# --------------------------------------------------------------------------- writing


def _without_geometry(frame: pd.DataFrame) -> pd.DataFrame:
    keep = [name for name in frame.columns if str(frame[name].dtype) != "geometry"]
    return pd.DataFrame({name: frame[name] for name in keep})


def _cell(value: Any, *, comma: bool) -> str:
    if is_missing(value):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        text = repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        return text.replace(".", ",") if comma else text
    return _neutral(value) if isinstance(value, str) else str(value)


def _neutral(text: str) -> str:
    safe = f"'{text}" if text.startswith(_FORMULA_STARTS) else text
    return _LINE_BREAK.sub("\n", safe)  # a lone carriage return would end the row for some readers
