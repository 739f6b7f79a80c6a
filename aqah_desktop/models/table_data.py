"""A table as it is shown: columns of plain arrays, sorted, filtered and copied without a cell object."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from aqah_desktop.messages import Catalogue
from aqah_desktop.models.selection import Feature

if TYPE_CHECKING:
    import pandas as pd

Indices = npt.NDArray[np.intp]
#: Values looked at to find how many decimals a column has.
_SAMPLE = 5000
_MOST_DECIMALS = 3
#: Spreadsheets run what begins with one of these.
_FORMULA_STARTS = ("=", "+", "-", "@")


@dataclass(frozen=True, eq=False)
class NumberColumn:
    """Numbers, NaN where empty. ``decimals`` are what the values have; years are not grouped."""

    header: str
    values: npt.NDArray[np.float64]
    decimals: int
    grouped: bool = True

    def text(self, row: int, catalogue: Catalogue) -> str:
        """A cell as it is shown; empty where nothing is known."""
        value = float(self.values[row])
        if math.isnan(value):
            return ""
        if not self.grouped and self.decimals == 0:
            return str(round(value))
        return catalogue.number(value, self.decimals)

    def order(self) -> npt.NDArray[Any]:
        """What rows are sorted by."""
        return self.values

    def empty(self) -> npt.NDArray[np.bool_]:
        """Rows without value: they come last in both directions."""
        return np.isnan(self.values)


@dataclass(frozen=True, eq=False)
class TextColumn:
    """Texts as codes into their different values, −1 where empty."""

    header: str
    codes: npt.NDArray[np.intp]
    uniques: npt.NDArray[np.object_]

    def text(self, row: int, _catalogue: Catalogue) -> str:
        """A cell as it is shown."""
        code = self.codes[row]
        return "" if code < 0 else str(self.uniques[code])

    @cached_property
    def keys(self) -> list[str]:
        """Each different value without accents and capitals."""
        return [plain(str(value)) for value in self.uniques]

    def order(self) -> npt.NDArray[Any]:
        """What rows are sorted by: the place of their value among the different ones."""
        places = np.empty(len(self.uniques) + 1, np.int64)
        places[np.argsort(np.array(self.keys, dtype=object), kind="stable")] = np.arange(len(self.uniques))
        places[-1] = len(self.uniques)
        return places[self.codes]

    def empty(self) -> npt.NDArray[np.bool_]:
        """Rows without value."""
        return self.codes < 0

    def matches(self, wanted: str) -> npt.NDArray[np.bool_]:
        """Rows whose text holds ``wanted``, which has neither accents nor capitals."""
        found = np.array([wanted in key for key in self.keys] + [False], dtype=bool)
        return found[self.codes]


Column = NumberColumn | TextColumn


@dataclass(frozen=True, eq=False)
class TableData:
    """Columns of one length, and what each row is on the map.

    ``feature`` returns the feature of a row; ``row_of`` the row of a feature or None.
    """

    title: str
    columns: tuple[Column, ...]
    rows: int
    feature: Callable[[int], Feature]
    row_of: Callable[[Feature], int | None]
    #: What stands under the table: quality and source.
    standing: str = ""


@dataclass(frozen=True, slots=True)
class Arrangement:
    """Which rows are shown and in which order: text searched, column sorted by (−1 = as they came)."""

    text: str = ""
    column: int = -1
    descending: bool = False


def plain(text: str) -> str:
    """A text without accents and capitals, to search and to sort by."""
    folded = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in folded if not unicodedata.combining(c))


def arrange(data: TableData, arrangement: Arrangement, base: Indices | None = None) -> Indices:
    """Return the rows to show, in order. A million rows take about a second: call it from a worker.

    Parameters
    ----------
    data : TableData
        The table.
    arrangement : Arrangement
        Every word of its text must stand somewhere in the texts of a row.
    base : ndarray of int, optional
        Rows to choose from; all by default.
    """
    rows = np.arange(data.rows) if base is None else np.asarray(base, np.intp)
    texts = [column for column in data.columns if isinstance(column, TextColumn)]
    for word in plain(arrangement.text).split():
        found = np.zeros(data.rows, dtype=bool)
        for column in texts:
            found |= column.matches(word)
        rows = rows[found[rows]]
    if 0 <= arrangement.column < len(data.columns):
        rows = _sorted(data.columns[arrangement.column], rows, arrangement.descending)
    return rows


def _sorted(column: Column, rows: Indices, descending: bool) -> Indices:
    empty = column.empty()[rows]
    filled, order = rows[~empty], column.order()
    keys = order[filled]
    found = np.argsort(-keys if descending else keys, kind="stable")
    return np.concatenate([filled[found], rows[empty]])


def as_tsv(data: TableData, rows: Sequence[int] | Indices, catalogue: Catalogue) -> str:
    """Headers and rows separated by tabs, as a spreadsheet pastes them; texts are never formulas."""
    lines = ["\t".join(_cell(column.header) for column in data.columns)]
    lines += ["\t".join(_copied(column, int(row), catalogue) for column in data.columns) for row in rows]
    return "\n".join(lines) + "\n"


def column_of(
    series: pd.Series,
    header: str,
    words: Callable[[str], str] | None = None,
    yes_no: tuple[str, str] = ("", ""),
) -> Column:
    """Make a column of a table's column.

    Parameters
    ----------
    series : Series
        Any type; booleans become the two words of ``yes_no``.
    header : str
        Title with its unit.
    words : callable, optional
        Turns a coded value into a word.
    """
    import pandas as pd
    from pandas.api import types

    if types.is_bool_dtype(series.dtype):
        texts = series.astype(object).map({True: yes_no[0], False: yes_no[1]})
        return _text_column(texts, header, None)
    if types.is_numeric_dtype(series.dtype):
        values = series.to_numpy(dtype="float64", na_value=np.nan)
        return NumberColumn(header, values, _decimals(values), not _is_year(str(series.name), values))
    if types.is_datetime64_any_dtype(series.dtype):
        series = pd.Series(series.dt.strftime("%Y-%m-%d"), index=series.index)
    return _text_column(series, header, words)


def _text_column(series: pd.Series, header: str, words: Callable[[str], str] | None) -> TextColumn:
    import pandas as pd

    codes, uniques = pd.factorize(series.astype(object), use_na_sentinel=True)
    texts = np.array([str(value) if words is None else words(str(value)) for value in uniques], dtype=object)
    return TextColumn(header, np.asarray(codes, np.intp), texts)


def _decimals(values: npt.NDArray[np.float64]) -> int:
    """Decimals the values have, up to three, read from a sample spread over the column."""
    known = values[np.isfinite(values)]
    sample = known[:: max(len(known) // _SAMPLE, 1)]
    for decimals in range(_MOST_DECIMALS):
        if np.allclose(sample, np.round(sample, decimals), rtol=0, atol=1e-9):
            return decimals
    return _MOST_DECIMALS


def _is_year(name: str, values: npt.NDArray[np.float64]) -> bool:
    known = values[np.isfinite(values)]
    named = name.lower().endswith(("year", "annee", "année", "millesime"))
    return named and bool(len(known)) and bool(((known >= 1000) & (known < 3000)).all())


def _copied(column: Column, row: int, catalogue: Catalogue) -> str:
    """A cell for a spreadsheet: no separators of thousands, the reader's decimal sign."""
    if isinstance(column, TextColumn):
        return _cell(column.text(row, catalogue))
    value = float(column.values[row])
    if math.isnan(value):
        return ""
    text = f"{value:.{column.decimals}f}"
    return text.replace(".", ",") if catalogue.language == "fr" else text


def _cell(text: str) -> str:
    text = " ".join(text.split())
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
