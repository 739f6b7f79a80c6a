"""Two maps beside each other: which ones may be compared, their difference, their common scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from aqah_desktop.errors import BadInputError
from aqah_desktop.models.state import LayerEntry, ProjectState
from aqah_desktop.records import Grid, Measure, RasterShape
from aqah_desktop.reporting.style import ColourScale, difference_scale, scale_for

if TYPE_CHECKING:
    import pandas as pd

    from aqah_desktop.models.keeper import Keeper
    from aqah_desktop.storage.pack import Pack

BEFORE, AFTER = "no2_before", "no2_after"
#: Cells whose edges differ by less than this share of a cell are the same cells.
_SAME_CELL = 0.01


@dataclass(frozen=True)
class Surface:
    """A raster in memory: ``values (ny, nx) float32``, NaN = no data."""

    values: np.ndarray
    grid: Grid


def candidates(state: ProjectState, pack: Pack) -> tuple[LayerEntry, ...]:
    """Rasters with a unit: those of the project, then the concentration maps of the pack."""
    own = [e for e in state.layers if e.origin == "project" and isinstance(e.layer.shape, RasterShape)]
    mapped = sorted(
        (layer for layer in pack.layers.values() if layer.role == "concentration"),
        key=lambda layer: (_pollutant(layer.measure), layer.id),
    )
    known = {entry.id for entry in own}
    every = [*own, *(LayerEntry(layer) for layer in mapped if layer.id not in known)]
    return tuple(e for e in every if e.layer.measure is not None and e.layer.measure.unit)


def comparable(a: LayerEntry, b: LayerEntry) -> bool:
    """Whether two layers hold the same thing: unit, statistic and pollutant."""
    first, second = a.layer.measure, b.layer.measure
    return a.id != b.id and first is not None and second is not None and _kind(first) == _kind(second)


def partners(a: LayerEntry, every: tuple[LayerEntry, ...]) -> tuple[LayerEntry, ...]:
    """What a layer may be compared with."""
    return tuple(other for other in every if comparable(a, other))


def default_pair(state: ProjectState, every: tuple[LayerEntry, ...]) -> tuple[LayerEntry, LayerEntry] | None:
    """Before and after of the newest run, else the first and last year of the pollutant looked at."""
    for run in reversed(state.runs):
        found = pair_of_run(run.id, every)
        if found is not None:
            return found
    years = sorted(
        (e for e in every if e.origin == "pack" and _pollutant(e.layer.measure) == state.pollutant.value),
        key=lambda e: e.layer.measure.years or (0, 0) if e.layer.measure else (0, 0),
    )
    if len(years) >= 2 and comparable(years[0], years[-1]):
        return years[0], years[-1]
    return None


def pair_of_run(run_id: str, every: tuple[LayerEntry, ...]) -> tuple[LayerEntry, LayerEntry] | None:
    """Before and after of a run; None when it has not both."""
    own = {e.id.rpartition("_")[0]: e for e in every if e.layer.run_id == run_id}
    return (own[BEFORE], own[AFTER]) if BEFORE in own and AFTER in own else None


def difference(a: Surface, b: Surface) -> Surface:
    """``b − a`` where both have a value, on the cells they share.

    Raises
    ------
    BadInputError
        ``compare.apart`` when the maps do not overlap, ``compare.other_cells`` when their cells differ.
    """
    first, second, grid = common_cells(a, b)
    return Surface((second - first).astype(np.float32), grid)


def common_cells(a: Surface, b: Surface) -> tuple[np.ndarray, np.ndarray, Grid]:
    """The part of two rasters that both cover, cell by cell; raises as :func:`difference`."""
    cell = a.grid.cell_m
    shift_x, shift_y = (b.grid.x_min - a.grid.x_min) / cell, (a.grid.y_max - b.grid.y_max) / cell
    off = max(abs(shift_x - round(shift_x)), abs(shift_y - round(shift_y)))
    if abs(b.grid.cell_m - cell) > 1e-6 * cell or off > _SAME_CELL or a.grid.crs != b.grid.crs:
        raise BadInputError("compare.other_cells", first=f"{cell:g}", second=f"{b.grid.cell_m:g}")
    column, row = round(shift_x), round(shift_y)
    left, top = max(column, 0), max(row, 0)
    right, bottom = min(a.grid.nx, column + b.grid.nx), min(a.grid.ny, row + b.grid.ny)
    if right <= left or bottom <= top:
        raise BadInputError("compare.apart")
    grid = Grid(
        a.grid.x_min + left * cell, a.grid.y_max - top * cell, cell, right - left, bottom - top, a.grid.crs
    )
    own = a.values[top:bottom, left:right]
    other = b.values[top - row : bottom - row, left - column : right - column]
    return own, other, grid


def common_scale(measure: Measure | None, a: Surface, b: Surface) -> ColourScale:
    """One scale for both maps: the fixed classes of the measure, else classes of both together."""
    return scale_for(measure, np.concatenate([a.values.ravel(), b.values.ravel()]))


def centred_scale(change: Surface, unit: str) -> ColourScale:
    """Scale of a difference: centred on zero, the same limit on both sides."""
    return difference_scale(change.values, unit)


def run_of(a: LayerEntry, b: LayerEntry) -> str:
    """Id of the run both layers are before and after of; empty when they are not."""
    names = {entry.id.rpartition("_")[0] for entry in (a, b)}
    same = a.layer.run_id == b.layer.run_id
    return a.layer.run_id if same and a.layer.run_id and names == {BEFORE, AFTER} else ""


def commune_table(keeper: Keeper, run_id: str) -> pd.DataFrame | None:
    """Table by commune a run left in the project, None when it left none. Usable from any thread."""
    with keeper.reading() as file:
        if file is None:
            return None
        own = [k for k, layer in file.layers().items() if layer.run_id == run_id]
        name = next((k for k in own if k.startswith("communes_")), "")
        return file.read_table(name) if name else None


def _kind(measure: Measure) -> tuple[str, str, str]:
    return measure.unit, measure.statistic.value, _pollutant(measure)


def _pollutant(measure: Measure | None) -> str:
    return measure.pollutant.value if measure is not None and measure.pollutant is not None else ""
