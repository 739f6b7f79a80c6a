"""What the exposure panel shows of a run: counts above the annual values, histogram, ranking.

Arrays in, plain numbers out: no widget, no text. The rows of a run are taken out of their table once
(:func:`sites_of`); every choice of the user is then a few array operations (:func:`view_of`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from aqah_desktop.models.selection import LAYER_OF_KIND, Feature
from aqah_desktop.records import Interval
from aqah_desktop.reporting.style import Mark, nice_step

if TYPE_CHECKING:
    import pandas as pd

Texts = npt.NDArray[np.object_]
Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

#: Half-width of a 95 % interval of a normal law, in standard deviations.
Z95 = 1.96
RANKED = 10
#: Fewest and most bins a histogram aims at; the width is the next round number.
_FEW_BINS, _MANY_BINS = 5, 24
_FEWEST_STEPS = (0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 2.5, 5.0, 10.0)
OK = "ok"


@dataclass(frozen=True, eq=False)
class Sites:
    """The sites of a run as arrays of one length.

    ``value`` and ``std`` are µg/m³, NaN where nothing is known; ``pupils`` NaN where not counted;
    ``x, y`` EPSG:2154 in m, NaN without position; ``communes`` are names.
    """

    ids: Texts
    names: Texts
    kinds: Texts
    communes: Texts
    status: Texts
    value: Floats
    std: Floats
    pupils: Floats
    x: Floats
    y: Floats
    #: Layer the rows come from; by kind when empty.
    layer_id: str = ""

    def __len__(self) -> int:
        return len(self.ids)

    def feature(self, row: int) -> Feature:
        """The site of a row as something that can be selected."""
        return Feature(
            self._layer(row),
            str(self.ids[row]),
            name=str(self.names[row]),
            x=float(self.x[row]),
            y=float(self.y[row]),
        )

    def interval(self, row: int) -> Interval:
        """Value of a row, µg/m³, with its 95 % interval where the map has a standard deviation."""
        return interval_of(float(self.value[row]), float(self.std[row]))

    def row_of(self, feature: Feature | None) -> int | None:
        """Row of a selected feature, or None."""
        if feature is None or not feature.code:
            return None
        for row in np.flatnonzero(self.ids == feature.code):
            if self._layer(int(row)) in ("", feature.layer_id):
                return int(row)
        return None

    def _layer(self, row: int) -> str:
        return self.layer_id or LAYER_OF_KIND.get(str(self.kinds[row]), "")


@dataclass(frozen=True, slots=True)
class Level:
    """How many sites are above one annual value.

    ``low`` and ``high`` are the counts if every value were at the low or high end of its interval;
    ``None`` without standard deviation. ``pupils`` counts those known, at ``with_pupils`` sites.
    """

    mark: Mark
    above: int
    low: int | None
    high: int | None
    pupils: int
    with_pupils: int


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts of values in ``(edges[i], edges[i + 1]]``, µg/m³; empty without values."""

    edges: tuple[float, ...]
    counts: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class ExposureView:
    """What is shown for one choice of kind and threshold.

    ``listed`` are the rows with a value, most exposed first, above the chosen threshold when there is
    one; ``ranks`` their places among all the sites of the kind; ``missing`` the rows without value by
    reason.
    """

    total: int
    known: int
    mean: Interval | None
    levels: tuple[Level, ...]
    histogram: Histogram
    listed: Indices
    ranks: Indices
    missing: dict[str, Indices]
    #: Whether the first ones differ by less than their uncertainty.
    order_unsure: bool

    def level(self, framework: str) -> Level | None:
        """Level of a framework; the lowest one for an empty or unknown name."""
        wanted = next((level for level in self.levels if level.mark.framework == framework), None)
        return wanted or (self.levels[0] if self.levels else None)


def interval_of(value: float, std: float) -> Interval:
    """A value with its 95 % interval, never below zero; without level when ``std`` is not known."""
    if not math.isfinite(std):
        return Interval(value, value, value)
    return Interval(max(value - Z95 * std, 0.0), value, value + Z95 * std, 95.0)


def sites_of(
    frame: pd.DataFrame,
    commune_names: Mapping[str, str],
    value: str = "value_ug_m3",
    name: str = "name",
    layer_id: str = "",
) -> Sites:
    """Take the rows of an exposure table out of it.

    Parameters
    ----------
    frame : DataFrame
        Table ``sites``, ``farms`` or ``parcels`` of an exposure run; a geometry column gives the positions.
    commune_names : mapping
        Commune code → name; a code without name stays as it is.
    value, name : str
        Columns of the concentration, µg/m³, and of the name.
    layer_id : str
        Layer the rows come from; by kind of site when empty.
    """
    communes = [commune_names.get(str(code), str(code)) for code in _texts(frame, "commune_code")]
    x, y = _places(frame)
    first = next((c for c in ("site_id", "parcel_id", "farm_id") if c in frame), "")
    return Sites(
        ids=_texts(frame, first),
        names=_texts(frame, name),
        kinds=_texts(frame, "kind"),
        communes=np.array(communes, dtype=object),
        status=_texts(frame, "status"),
        value=_numbers(frame, value),
        std=_numbers(frame, "std_ug_m3"),
        pupils=_numbers(frame, "pupils"),
        x=x,
        y=y,
        layer_id=layer_id,
    )


def kinds_of(sites: Sites) -> dict[str, int]:
    """Kinds with their number of sites, the most frequent first."""
    kinds, counts = np.unique(sites.kinds.astype(str), return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return {str(kinds[i]): int(counts[i]) for i in order}


def view_of(sites: Sites, marks: Sequence[Mark], kind: str = "", above: str = "") -> ExposureView:
    """Count, class and rank the sites.

    Parameters
    ----------
    sites : Sites
        All the sites of the run.
    marks : sequence of Mark
        Annual values, ascending, µg/m³.
    kind : str
        Only the sites of this kind; all when empty.
    above : str
        Framework whose annual value a site must exceed to be listed; all are when empty. Counts and
        histogram always speak of every site of the kind.
    """
    rows = np.flatnonzero(sites.kinds == kind) if kind else np.arange(len(sites))
    known = rows[np.isfinite(sites.value[rows])]
    value, spread = sites.value[known], Z95 * sites.std[known]
    order = known[np.lexsort((sites.names[known].astype(str), -value))]
    ranks = 1 + np.searchsorted(np.sort(-value), -sites.value[order], side="left")
    limit = next((m.value for m in marks if m.framework == above), -math.inf)
    listed = sites.value[order] > limit
    first = order[listed][:RANKED]
    missing = rows[~np.isfinite(sites.value[rows])]
    return ExposureView(
        total=len(rows),
        known=len(known),
        mean=_mean(value, spread),
        levels=tuple(_level(mark, value, spread, sites.pupils[known]) for mark in marks),
        histogram=histogram(value, [m.value for m in marks]),
        listed=order[listed],
        ranks=ranks[listed],
        missing={
            str(reason): missing[sites.status[missing] == reason]
            for reason in sorted(set(sites.status[missing]))
        },
        order_unsure=_order_unsure(sites.value[first], sites.std[first]),
    )


def histogram(values: Floats, breaks: Sequence[float]) -> Histogram:
    """Count values in bins of a round width whose edges include the ``breaks`` where possible.

    A value on an edge counts below it, as a value equal to a threshold does not exceed it.
    """
    if not len(values):
        return Histogram((), ())
    bins = min(max(round(1.6 * math.sqrt(len(values))), _FEW_BINS), _MANY_BINS)
    low, high = float(values.min()), float(values.max())
    width = _width(max((high - low) / bins, 0.05), [b for b in breaks if low < b < high])
    start = math.floor(low / width - 1e-9)
    if low - start * width < 1e-9:  # a value on the first edge belongs to the bin below it
        start -= 1
    count = max(math.ceil(high / width - 1e-9) - start, 1)
    edges = [round((start + i) * width, 6) for i in range(count + 1)]
    at = np.searchsorted(np.array(edges), values, side="left") - 1
    return Histogram(tuple(edges), tuple(int(n) for n in np.bincount(np.clip(at, 0, None), minlength=count)))


def _width(least: float, breaks: Sequence[float]) -> float:
    """Smallest round width of at least ``least`` that has the breaks on its edges, within a factor 3."""
    for step in _FEWEST_STEPS:
        fits = all(abs(b / step - round(b / step)) < 1e-6 for b in breaks)
        if least <= step <= 3 * least and fits:
            return step
    return nice_step(least)


def _level(mark: Mark, value: Floats, spread: Floats, pupils: Floats) -> Level:
    above = value > mark.value
    sure = bool(len(value)) and bool(np.isfinite(spread).all())
    counted = above & np.isfinite(pupils)
    return Level(
        mark,
        int(above.sum()),
        int((value - spread > mark.value).sum()) if sure else None,
        int((value + spread > mark.value).sum()) if sure else None,
        int(pupils[counted].sum()),
        int(counted.sum()),
    )


def _mean(value: Floats, spread: Floats) -> Interval | None:
    """Mean of the sites. Errors of neighbours go together: it is not better known than one site."""
    if not len(value):
        return None
    mean = float(value.mean())
    if not np.isfinite(spread).all():
        return Interval(mean, mean, mean)
    half = float(spread.mean())
    return Interval(max(mean - half, 0.0), mean, mean + half, 95.0)


def _order_unsure(value: Floats, std: Floats) -> bool:
    if len(value) < 2 or not np.isfinite(std).all():
        return False
    return bool(np.ptp(value) < Z95 * std.min())


def _texts(frame: pd.DataFrame, name: str) -> Texts:
    if name not in frame:
        return np.full(len(frame), "", dtype=object)
    column = frame[name].astype(object)
    return np.array([str(value) for value in column.where(column.notna(), "")], dtype=object)


def _numbers(frame: pd.DataFrame, name: str) -> Floats:
    if name not in frame:
        return np.full(len(frame), np.nan)
    return np.asarray(frame[name].to_numpy(dtype="float64", na_value=np.nan), dtype=np.float64)


def _places(frame: pd.DataFrame) -> tuple[Floats, Floats]:
    if "geometry" not in frame:
        return np.full(len(frame), np.nan), np.full(len(frame), np.nan)
    import shapely

    points: Any = shapely.point_on_surface(np.asarray(frame["geometry"]))
    return shapely.get_x(points), shapely.get_y(points)
