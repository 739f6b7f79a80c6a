"""NO2 before and after at sites, in communes and for the people of a territory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from aqah_desktop.processing.contract import RasterResult, TableResult
from aqah_desktop.records import Territory, Text

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from aqah_desktop.storage.pack import Pack

#: Raster → column of the tables.
COLUMNS = {
    "no2_before": "no2_before_ug_m3",
    "no2_after": "no2_after_ug_m3",
    "delta_no2_low": "change_low_ug_m3",
    "delta_no2_central": "change_central_ug_m3",
    "delta_no2_high": "change_high_ug_m3",
}
_SITE_COLUMNS = ["site_id", "name", "kind", "commune_code"]


def site_table(pack: Pack, territory: Territory, rasters: dict[str, RasterResult]) -> gpd.GeoDataFrame:
    """Sites of the territory with the value of their cell before, after, and its change.

    ``reading`` says ``value``, ``unplaced`` (no position: no value) or ``no_data`` (outside the map).
    """
    import geopandas as gpd
    import pandas as pd

    from aqah_desktop.science.exposure import values_at_points

    layers = pack.site_layers()
    frames = [pack.read_vector(layer.id, territory)[[*_SITE_COLUMNS, "geometry"]] for layer in layers]
    frames = [frame for frame in frames if len(frame)]
    empty = gpd.GeoDataFrame({name: [] for name in _SITE_COLUMNS}, geometry=[], crs="EPSG:2154")
    sites = gpd.GeoDataFrame(pd.concat(frames, ignore_index=True) if frames else empty, crs="EPSG:2154")
    placed = (sites.geometry.notna() & ~sites.geometry.is_empty).to_numpy()
    x, y = np.full(len(sites), np.nan), np.full(len(sites), np.nan)
    x[placed], y[placed] = sites.geometry[placed].x, sites.geometry[placed].y
    for name, column in COLUMNS.items():
        sites[column] = values_at_points(rasters[name].values, rasters[name].grid, x, y)
    known = sites["no2_before_ug_m3"].notna()
    sites["reading"] = np.where(known, "value", np.where(placed, "no_data", "unplaced"))
    order = sites.sort_values(["change_central_ug_m3", "site_id"], na_position="last", ignore_index=True)
    return order[[*_SITE_COLUMNS, *COLUMNS.values(), "reading", "geometry"]]


def commune_table(
    pack: Pack, territory: Territory, rasters: dict[str, RasterResult], residents: np.ndarray
) -> pd.DataFrame:
    """Communes of the territory with means weighted by residents, and how many the map covers.

    Residents of a cell cut by a limit are shared by area. ``residents_covered_share`` below 1 says
    that the means leave people out; NaN means where nobody is covered.
    """
    import pandas as pd

    from aqah_desktop.science.emissions import cell_shares

    communes = pack.read_vector("communes", territory)
    shares = cell_shares(list(communes.geometry), rasters["no2_before"].grid)
    people = residents.ravel()
    fields = {column: rasters[name].values.ravel() for name, column in COLUMNS.items()}
    rows = []
    for cells, share in shares:
        weights = people[cells] * share
        known = np.isfinite(fields["no2_before_ug_m3"][cells])
        covered = float(weights[known].sum())
        row = {"residents_on_grid": float(weights.sum()), "residents_covered": covered}
        for column, values in fields.items():
            mean = values[cells][known].astype(float) @ weights[known] / covered if covered else np.nan
            row[column] = float(mean)
        rows.append(row)
    table = pd.concat([communes[["commune_code", "name", "population"]], pd.DataFrame(rows)], axis=1)
    total = table["residents_on_grid"].where(table["residents_on_grid"] > 0)
    table["residents_covered_share"] = table["residents_covered"] / total
    order = table.sort_values(["change_central_ug_m3", "commune_code"], na_position="last", ignore_index=True)
    return order.drop(columns=["residents_on_grid"])


def population_means(communes: pd.DataFrame) -> dict[str, float]:
    """Means over the residents of the territory the map covers; NaN when it covers nobody."""
    weights = communes["residents_covered"].to_numpy(dtype=float)
    kept = weights > 0
    if not kept.any():
        return dict.fromkeys(COLUMNS.values(), float("nan"))
    return {
        column: float(communes[column].to_numpy(dtype=float)[kept] @ weights[kept] / weights.sum())
        for column in COLUMNS.values()
    }


def as_result(frame: pd.DataFrame, title: str) -> TableResult:
    """Wrap a table with its title."""
    return TableResult(frame, Text(title))
