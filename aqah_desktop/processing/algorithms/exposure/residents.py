"""What the residents of a territory breathe, where they are known on a grid."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from aqah_desktop.processing.algorithms.exposure.limits import Limit
from aqah_desktop.processing.algorithms.exposure.maps import ConcentrationMap
from aqah_desktop.processing.algorithms.exposure.names import POPULATION
from aqah_desktop.records import Standing, Territory, TerritoryKind
from aqah_desktop.storage.pack import Pack

#: Residents are counted, not measured to the unit.
_ROUND_TO = 10


def population_figures(
    pack: Pack, territory: Territory, concentration: ConcentrationMap, limits: dict[str, Limit]
) -> tuple[dict[str, Any], Standing] | None:
    """Population-weighted mean and residents above each framework's annual value.

    Each cell of the population raster takes the value of the map at its centre.

    Returns
    -------
    tuple or None
        Figures (``mean_ug_m3``, ``residents``, ``covered_share``, ``above``) and the standing of the
        population layer; ``None`` when the pack has no such layer or nobody lives there.
    """
    from aqah_desktop.science.exposure import people_above, population_weighted_mean

    if POPULATION not in pack.layers:
        return None
    x, y, residents = _inhabited(pack, territory)
    if not len(residents):
        return None
    values = concentration.at(x, y)
    mean, share = population_weighted_mean(values, residents)
    if not share:
        return None
    above = {key: _rounded(people_above(values, residents, f.value_ug_m3)[0]) for key, f in limits.items()}
    figures = {
        "mean_ug_m3": round(mean, 2),
        "residents": _rounded(float(residents.sum())),
        "covered_share": round(share, 4),
        "above": above,
    }
    return figures, pack.dataset_of(POPULATION).standing


def _inhabited(pack: Pack, territory: Territory) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Centres (EPSG:2154) and residents of the inhabited cells of the territory."""
    with pack.open_raster(POPULATION) as raster:
        residents, grid = raster.read(territory.extent)
    row, column = np.nonzero(np.nan_to_num(residents) > 0)
    x = grid.x_min + (column + 0.5) * grid.cell_m
    y = grid.y_max - (row + 0.5) * grid.cell_m
    inside = np.ones(len(x), dtype=bool)
    if territory.kind is not TerritoryKind.REGION:
        outline = pack.read_vector("communes", territory).union_all()
        shapely.prepare(outline)
        inside = shapely.contains_xy(outline, x, y)
    return x[inside], y[inside], residents[row, column][inside].astype("float64")


def _rounded(people: float) -> int:
    return int(round(people / _ROUND_TO) * _ROUND_TO)
