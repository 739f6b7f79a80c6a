"""The work behind ``aqah.exposure.sites``: readings, comparison, figures and what must be said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from aqah_desktop.errors import BadInputError
from aqah_desktop.processing.algorithms.exposure.columns import SITE_COLUMNS
from aqah_desktop.processing.algorithms.exposure.limits import (
    FRAMEWORKS,
    Limit,
    annual_limits,
    exceeded,
    undecided,
)
from aqah_desktop.processing.algorithms.exposure.maps import UNLIKELY_UG_M3, ConcentrationMap, open_map
from aqah_desktop.processing.algorithms.exposure.receptors import read_sites
from aqah_desktop.processing.algorithms.exposure.residents import population_figures
from aqah_desktop.processing.contract import Context, Feedback, Params, Results, TableResult
from aqah_desktop.records import Method, Quality, Standing, Territory, Text
from aqah_desktop.science.exposure import rank_descending

#: Decimals kept of a concentration: the pack stores two, a mean of cells has one more.
_DECIMALS = 3
#: Rows that have no place a map could say something about.
_WITHOUT_PLACE = {"unplaced", "no_geometry", "not_a_polygon"}


@dataclass(frozen=True)
class Reading:
    """What the map says at ``n`` points (EPSG:2154); NaN where it says nothing.

    ``status`` is ``ok``, ``nodata`` (on the map, no value), ``outside`` (off the map) or
    ``unplaced`` (no position).
    """

    x_m: np.ndarray
    y_m: np.ndarray
    value: np.ndarray
    std: np.ndarray
    status: np.ndarray

    @property
    def ok(self) -> np.ndarray:
        """Where there is a value."""
        return np.asarray(self.status == "ok")


def read_points(concentration: ConcentrationMap, points: gpd.GeoSeries) -> Reading:
    """Read the map at points; missing geometries are ``unplaced``."""
    x, y = points.x.to_numpy(dtype="float64"), points.y.to_numpy(dtype="float64")
    placed = np.isfinite(x) & np.isfinite(y)
    value, std = np.full(len(x), np.nan), np.full(len(x), np.nan)
    value[placed] = np.round(concentration.at(x[placed], y[placed]), _DECIMALS)
    covered = np.zeros(len(x), dtype=bool)
    covered[placed] = concentration.covers(x[placed], y[placed])
    known = np.isfinite(value)
    std[known] = np.round(concentration.std_at(x[known], y[known]), _DECIMALS)
    status = np.select([~placed, ~covered, ~known], ["unplaced", "outside", "nodata"], default="ok")
    return Reading(x, y, value, std, status)


def refuse_empty(status: np.ndarray, name: str) -> None:
    """Refuse a run in which the map says nothing about anything that has a position.

    Raises
    ------
    BadInputError
        ``exposure.nothing_covered`` or ``exposure.no_value``.
    """
    reasons = set(status) - _WITHOUT_PLACE
    if reasons and "ok" not in reasons:
        key = "exposure.nothing_covered" if reasons == {"outside"} else "exposure.no_value"
        raise BadInputError(key, name=name, count=int((~np.isin(status, list(_WITHOUT_PLACE))).sum()))


def assess_sites(params: Params, context: Context, feedback: Feedback) -> Results:
    """Run ``aqah.exposure.sites`` on complete parameters."""
    territory = context.pack.territory(params["territory"])
    feedback.progress(0.0, Text("exposure.step_sites"))
    sites, behind_sites = read_sites(params, context, territory)
    limits = annual_limits(context.pack, str(params["pollutant"]))
    with open_map(params, context) as concentration:
        feedback.check()
        feedback.progress(0.2, Text("exposure.step_readings", {"count": len(sites)}))
        reading = read_points(concentration, sites.geometry)
        refuse_empty(reading.status, "raster" if "raster" in context.inputs else "sites_file")
        around = np.full(len(sites), np.nan)
        ok = reading.ok
        radius_m = float(params["radius_m"])
        step = feedback.child(0.3, 0.7)
        around[ok] = concentration.within(reading.x_m[ok], reading.y_m[ok], radius_m, step)
        feedback.progress(0.7, Text("exposure.step_residents"))
        people = population_figures(context.pack, territory, concentration, limits)
    standings = [*behind_sites, concentration.standing]
    table = site_table(sites, reading, around, limits, params, concentration.standing)
    figures = site_figures(table, limits, params)
    if people is not None:
        figures["population"] = people[0] | {"quality": people[1].quality.value}
        standings.append(people[1])
    beyond = _beyond_territory(table, territory) if "sites_file" in context.inputs else ()
    notes = (*site_notes(table, limits, concentration, feedback), *beyond)
    feedback.progress(1.0)
    return Results(
        standing=Standing.worst(standings, Method.DERIVED, concentration.standing.limits),
        tables={
            "sites": TableResult(table, Text("exposure.sites.table")),
            "kinds": TableResult(by_kind(table), Text("exposure.sites.kinds")),
        },
        figures=figures,
        notes=notes,
    )


def site_table(
    sites: gpd.GeoDataFrame,
    reading: Reading,
    around: np.ndarray,
    limits: dict[str, Limit],
    params: Params,
    behind_map: Standing,
) -> gpd.GeoDataFrame:
    """The table of sites in the declared columns: ranked ones first, then those without a value."""
    place = gpd.GeoSeries(sites.geometry, crs=sites.crs).to_crs("EPSG:4326")
    worse = {quality: _worse(quality, behind_map) for quality in sites["quality"].unique()}
    table = sites.assign(
        lon=place.x.round(6),
        lat=place.y.round(6),
        pollutant=str(params["pollutant"]),
        year=pd.array([params.get("year")] * len(sites), dtype="Int64"),
        value_ug_m3=reading.value,
        std_ug_m3=reading.std,
        radius_mean_ug_m3=np.round(around, _DECIMALS),
        quality=sites["quality"].map(worse),
        rank=rank_descending(reading.value).array,
        thresholds_to_verify=",".join(key for key, limit in limits.items() if not limit.verified),
        status=reading.status,
    )
    for framework in FRAMEWORKS:
        limit = limits.get(framework)
        table[f"{framework}_exceeded"] = exceeded(reading.value, limit).array
        table[f"{framework}_uncertain"] = undecided(reading.value, reading.std, limit).array
    ordered = table.sort_values(["rank", "name", "site_id"], na_position="last", ignore_index=True)
    return gpd.GeoDataFrame(ordered[[field.name for field in SITE_COLUMNS] + ["geometry"]], crs=sites.crs)


def by_kind(table: gpd.GeoDataFrame) -> pd.DataFrame:
    """One row per kind of site: how many, what they breathe, how many exceed."""
    groups = table.groupby("kind", sort=True)
    summary = pd.DataFrame(
        {
            "sites": groups.size(),
            "with_value": groups["value_ug_m3"].count(),
            "mean_ug_m3": groups["value_ug_m3"].mean().round(2),
            "median_ug_m3": groups["value_ug_m3"].median().round(2),
            "max_ug_m3": groups["value_ug_m3"].max().round(2),
        }
    )
    for framework in FRAMEWORKS:
        summary[f"{framework}_exceeded"] = groups[f"{framework}_exceeded"].sum(min_count=1).astype("Int64")
    summary["pupils"] = groups["pupils"].sum(min_count=1).astype("Int64")
    return summary.reset_index()


def site_figures(table: gpd.GeoDataFrame, limits: dict[str, Limit], params: Params) -> dict[str, Any]:
    """Plain numbers for reports; ``None`` where nothing is known."""
    values = table["value_ug_m3"].dropna()
    counts = table["status"].value_counts()
    return {
        "territory": params["territory"],
        "pollutant": str(params["pollutant"]),
        "year": params.get("year"),
        "radius_m": float(params["radius_m"]),
        "sites": len(table),
        **{f"sites_{key}": int(counts.get(key, 0)) for key in ("ok", "outside", "nodata", "unplaced")},
        "mean_ug_m3": _plain(values.mean()),
        "median_ug_m3": _plain(values.median()),
        "max_ug_m3": _plain(values.max()),
        "pupils_known": int(table["pupils"].sum()),
        "sites_with_pupils": int(table["pupils"].notna().sum()),
        "frameworks": {key: _framework_figures(table, limit) for key, limit in limits.items()},
    }


def _framework_figures(table: gpd.GeoDataFrame, limit: Limit) -> dict[str, Any]:
    above = table[f"{limit.framework}_exceeded"].fillna(value=False).astype(bool)
    near = table[f"{limit.framework}_uncertain"]
    return {
        "value_ug_m3": limit.value_ug_m3,
        "verified": limit.verified,
        "exceeded": int(above.sum()),
        "uncertain": int(near.sum()) if near.notna().any() else None,
        "pupils_known_above": int(table.loc[above, "pupils"].sum()),
        "sites_with_pupils_above": int(table.loc[above, "pupils"].notna().sum()),
    }


def site_notes(
    table: gpd.GeoDataFrame,
    limits: dict[str, Limit],
    concentration: ConcentrationMap,
    feedback: Feedback,
) -> tuple[Text, ...]:
    """Sentences that go with the table; what the reader must not miss is also a warning."""
    counts = table["status"].value_counts()
    warnings = [
        Text(key, {"count": int(counts[status]), "total": len(table)})
        for status, key in (
            ("unplaced", "exposure.note_unplaced"),
            ("outside", "exposure.note_outside"),
            ("nodata", "exposure.note_nodata"),
        )
        if counts.get(status, 0)
    ]
    if table.empty:
        warnings.append(Text("exposure.note_no_sites"))
    unverified = [key for key, limit in limits.items() if not limit.verified]
    if unverified:
        warnings.append(Text("exposure.note_unverified", {"frameworks": unverified}))
    if table["value_ug_m3"].max() > UNLIKELY_UG_M3:
        warnings.append(Text("exposure.note_unlikely", {"maximum": float(table["value_ug_m3"].max())}))
    for text in warnings:
        feedback.warn(text)
    return (*map_notes(concentration), *warnings, *_pupil_notes(table))


def map_notes(concentration: ConcentrationMap) -> tuple[Text, ...]:
    """What the map is and is not."""
    notes = [Text("exposure.note_no_verdict", {"cell_m": round(concentration.cell_m)})]
    if concentration.standing.quality is Quality.USER_SUPPLIED:
        notes.append(Text("exposure.note_user_raster"))
    if not concentration.has_std:
        notes.append(Text("exposure.note_no_std"))
    return tuple(notes)


def _pupil_notes(table: gpd.GeoDataFrame) -> tuple[Text, ...]:
    known = table[table["pupils"].notna()]
    if known.empty:
        return ()
    counted = Text("exposure.note_pupils", {"known": len(known), "total": len(table)})
    # True of the pack's écoles; a user's file counts whom it likes.
    elementary = (known["kind"] == "ecole").any() and Quality.USER_SUPPLIED.value not in set(table["quality"])
    return (counted, Text("exposure.note_elementary")) if elementary else (counted,)


def _beyond_territory(table: gpd.GeoDataFrame, territory: Territory) -> tuple[Text, ...]:
    """A user's file is read whole: say how much of it is elsewhere."""
    count = int((~table["commune_code"].isin(territory.commune_codes)).sum())
    given = {"count": count, "total": len(table), "territory": territory.name}
    return (Text("exposure.note_beyond_territory", given),) if count else ()


def _worse(quality: str, behind_map: Standing) -> str:
    order = [q.value for q in Quality]
    return max(quality, behind_map.quality.value, key=order.index)


def _plain(value: float) -> float | None:
    return round(float(value), 2) if np.isfinite(value) else None
