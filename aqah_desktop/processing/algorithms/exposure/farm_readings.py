"""The work behind ``aqah.exposure.farms``: readings, what stands near what, figures and notes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from aqah_desktop.processing.algorithms.exposure.columns import (
    FARM_COLUMNS,
    NEAR_SITE_COLUMNS,
    PARCEL_COLUMNS,
)
from aqah_desktop.processing.algorithms.exposure.ground import SiteGround, ground_of
from aqah_desktop.processing.algorithms.exposure.maps import ConcentrationMap, open_map
from aqah_desktop.processing.algorithms.exposure.names import TRAINING_SITES
from aqah_desktop.processing.algorithms.exposure.nearness import counts, sites_near, unknown_ground_m
from aqah_desktop.processing.algorithms.exposure.receptors import read_farms, read_parcels, read_sites
from aqah_desktop.processing.algorithms.exposure.site_readings import map_notes, read_points, refuse_empty
from aqah_desktop.processing.contract import Context, Feedback, Params, Results, TableResult
from aqah_desktop.records import FieldSchema, Method, Quality, Standing, Text
from aqah_desktop.science import proximity

_M2_PER_HA = proximity.M2_PER_HA


@dataclass(frozen=True)
class Scene:
    """Everything a run looks at: parcels, farm points, sites, and the distances wanted (m, ascending)."""

    parcels: gpd.GeoDataFrame
    farms: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    radii_m: tuple[float, ...]
    standings: tuple[Standing, ...]
    #: Where the pack's sites are known; none for a user's file or the training set, taken as they are.
    ground: SiteGround | None = None

    @property
    def quality(self) -> str:
        """The worst quality of what is looked at: every row speaks of all of it."""
        return Standing.worst(list(self.standings), Method.DERIVED).quality.value


def assess_farms(params: Params, radii_m: tuple[float, ...], context: Context, feedback: Feedback) -> Results:
    """Run ``aqah.exposure.farms`` on complete parameters."""
    feedback.progress(0.0, Text("exposure.step_sites"))
    with open_map(params, context) as concentration:
        scene = read_scene(params, radii_m, context, concentration.standing)
        feedback.check()
        parcels = parcel_table(scene, concentration, params, feedback.child(0.1, 0.5))
        farms = farm_table(scene, concentration, params, feedback)
        # Parcels, when there are any, are what is asked about.
        refuse_empty((parcels if len(parcels) else farms)["status"].to_numpy(), "raster")
        sites = site_table(scene, concentration, params, context, feedback.child(0.6, 0.95))
        notes = farm_notes(scene, parcels, concentration, feedback, str(params["territory"]))
    feedback.progress(1.0)
    return Results(
        standing=Standing.worst(list(scene.standings), Method.DERIVED, concentration.standing.limits),
        tables={
            "parcels": TableResult(parcels, Text("exposure.farms.parcels")),
            "farms": TableResult(farms, Text("exposure.farms.farms")),
            "sites": TableResult(sites, Text("exposure.farms.sites")),
        },
        figures=farm_figures(scene, parcels, farms, sites, params),
        notes=notes,
    )


def read_scene(params: Params, radii_m: tuple[float, ...], context: Context, behind_map: Standing) -> Scene:
    """Read what a run looks at.

    The pack's sites are those of the whole region: the nearest school may be across the border of
    the territory. The training set brings its own school and houses: it is never mixed with real ones.
    """
    territory = context.pack.territory(params["territory"])
    parcels, behind_parcels = read_parcels(params, context)
    farms, behind_farms = read_farms(params, context, territory)
    if params["dataset"] == "training":
        params = params | {"sites_layer": TRAINING_SITES}
    sites, behind_sites = read_sites(params, context, None)
    standings = (*behind_parcels, *behind_farms, *behind_sites, behind_map)
    of_pack = params["dataset"] != "training" and "sites_file" not in context.inputs
    ground = ground_of(context.pack, sites) if of_pack else None
    return Scene(parcels, farms, sites, radii_m, standings, ground)


def parcel_table(
    scene: Scene, concentration: ConcentrationMap, params: Params, feedback: Feedback
) -> gpd.GeoDataFrame:
    """What each parcel breathes and what stands near it; rows without a polygon are listed, empty."""
    parcels, shapes = scene.parcels, np.asarray(scene.parcels.geometry)
    feedback.progress(0.0, Text("exposure.step_parcels", {"count": len(parcels)}))
    found = concentration.over(shapes, feedback.child(0.0, 0.6))
    inner = shapely.point_on_surface(shapes)
    covered = concentration.covers(shapely.get_x(inner), shapely.get_y(inner))
    known = np.isfinite(found["mean"].to_numpy())
    status = np.select(
        [parcels["problem"] != "", known, covered], [parcels["problem"], "ok", "nodata"], "outside"
    )
    # A parcel smaller than a cell may hold no cell centre: its maximum is at least its mean.
    highest = np.fmax(found["max"].to_numpy(), found["mean"].to_numpy())
    table = parcels.assign(
        area_ha=np.round(shapely.area(shapes) / _M2_PER_HA, 4),
        mean_ug_m3=found["mean"].round(3).to_numpy(),
        max_ug_m3=np.round(np.where(known, highest, np.nan), 3),
        covered_share=found["covered_share"].round(4).where(parcels.geometry.notna().to_numpy()).to_numpy(),
        status=status,
    )
    near = sites_near(scene.sites, shapes, scene.radii_m, scene.ground)
    unknown_m = unknown_ground_m(scene.sites, shapes, scene.ground)
    feedback.check()
    for radius_m in scene.radii_m:
        hectares = proximity.hectares_near_points(_points(scene.sites), shapes, radius_m)
        told = ~shapely.is_missing(shapes) & (unknown_m > radius_m)
        near[f"ha_within_{radius_m:g}_m"] = np.round(np.where(told, hectares, np.nan), 4)
        feedback.check()
    feedback.progress(1.0)
    return _finished(table, near, PARCEL_COLUMNS, scene, params)


def farm_table(
    scene: Scene, concentration: ConcentrationMap, params: Params, feedback: Feedback
) -> gpd.GeoDataFrame:
    """What each farm point breathes and what stands near it."""
    feedback.check()
    reading = read_points(concentration, scene.farms.geometry)
    table = scene.farms.assign(
        **_lon_lat(scene.farms), value_ug_m3=reading.value, std_ug_m3=reading.std, status=reading.status
    )
    near = sites_near(scene.sites, _points(scene.farms), scene.radii_m, scene.ground)
    return _finished(table, near, FARM_COLUMNS, scene, params)


def site_table(
    scene: Scene, concentration: ConcentrationMap, params: Params, context: Context, feedback: Feedback
) -> gpd.GeoDataFrame:
    """What stands near each site of the territory, and near any other site within the largest radius."""
    feedback.progress(0.0, Text("exposure.step_near_sites", {"count": len(scene.sites)}))
    near = _land_near(scene, feedback)
    wanted = _in_question(scene, near, params, context)
    sites, near = scene.sites[wanted].reset_index(drop=True), near[wanted].reset_index(drop=True)
    reading = read_points(concentration, sites.geometry)
    table = sites.assign(
        **_lon_lat(sites), value_ug_m3=reading.value, std_ug_m3=reading.std, status=reading.status
    )
    return _finished(table, near, NEAR_SITE_COLUMNS, scene, params)


def farm_figures(
    scene: Scene,
    parcels: gpd.GeoDataFrame,
    farms: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    params: Params,
) -> dict[str, Any]:
    """Plain numbers for reports; ``None`` where nothing is known."""
    read = parcels[parcels["status"] == "ok"]
    hectares = float(read["area_ha"].sum())
    mean = float((read["mean_ug_m3"] * read["area_ha"]).sum()) / hectares if hectares else None
    within = [
        {
            "radius_m": radius_m,
            "hectares": _total(parcels[f"ha_within_{radius_m:g}_m"]) if len(read) else None,
            "sites_with_parcels": _how_many(sites[f"parcels_within_{radius_m:g}_m"]),
            "sites_with_farms": _how_many(sites[f"farms_within_{radius_m:g}_m"]),
        }
        for radius_m in scene.radii_m
    ]
    return {
        "territory": params["territory"],
        "pollutant": str(params["pollutant"]),
        "year": params.get("year"),
        "dataset": params["dataset"],
        "parcels": len(parcels),
        "parcels_ok": len(read),
        "parcels_without_polygon": int((scene.parcels["problem"] != "").sum()),
        "parcels_ha": round(float(parcels["area_ha"].sum()), 2),
        "parcels_mean_ug_m3": None if mean is None else round(mean, 2),
        "parcels_max_ug_m3": round(float(read["max_ug_m3"].max()), 2) if len(read) else None,
        "farms": len(farms),
        "parcels_sites_unknown": int((parcels["sites_status"] == "sites_unknown").sum()),
        "farms_sites_unknown": int((farms["sites_status"] == "sites_unknown").sum()),
        "sites": len(sites),
        "within": within,
    }


def farm_notes(
    scene: Scene,
    parcels: gpd.GeoDataFrame,
    concentration: ConcentrationMap,
    feedback: Feedback,
    territory: str,
) -> tuple[Text, ...]:
    """Sentences that go with the tables; what the reader must not miss is also a warning."""
    warnings = []
    if Quality.FICTITIOUS in {standing.quality for standing in scene.standings}:
        warnings.append(Text("exposure.note_training"))
    elif len(scene.farms) or scene.parcels.empty:
        warnings.append(Text("exposure.note_declared_farms", {"count": len(scene.farms)}))
    if scene.parcels.empty:
        warnings.append(Text("exposure.note_no_parcels"))
    without = int((scene.parcels["problem"] != "").sum())
    if without:
        warnings.append(Text("exposure.note_no_polygon", {"count": without, "total": len(parcels)}))
    repaired = int(parcels["geometry_repaired"].sum())
    if repaired:
        warnings.append(Text("exposure.note_repaired", {"count": repaired}))
    unread = int(parcels["status"].isin(["outside", "nodata"]).sum())
    if unread:
        warnings.append(Text("exposure.note_parcels_unread", {"count": unread, "total": len(parcels)}))
    if scene.ground is not None:
        land = np.concatenate([_points(scene.parcels), _points(scene.farms)])
        warnings += scene.ground.notes(land, (territory,))
    unplaced = int(scene.sites.geometry.isna().sum())
    if unplaced:
        warnings.append(Text("exposure.note_unplaced", {"count": unplaced, "total": len(scene.sites)}))
    for text in warnings:
        feedback.warn(text)
    return (*map_notes(concentration), *warnings, Text("exposure.note_from_point"))


# --------------------------------------------------------------------------- what stands near what


def _land_near(scene: Scene, feedback: Feedback) -> pd.DataFrame:
    """Nearest parcel and farm of each site; parcels, hectares and farms within each radius.

    Where no parcel (or farm) is known at all the numbers are missing: zero would say "none there".
    """
    points, parcels, farms = _points(scene.sites), _points(scene.parcels), _points(scene.farms)
    missing = shapely.is_missing(points)
    no_parcels, no_farms = bool(shapely.is_missing(parcels).all()), bool(shapely.is_missing(farms).all())
    columns: dict[str, Any] = {
        "nearest_parcel_m": proximity.nearest(points, parcels)[1].round(1),
        "nearest_farm_m": proximity.nearest(points, farms)[1].round(1),
    }
    site, _, to_parcel = proximity.pairs_within(points, parcels, scene.radii_m[-1])
    near_farm, _, to_farm = proximity.pairs_within(points, farms, scene.radii_m[-1])
    for radius_m in scene.radii_m:
        feedback.check()
        hectares = proximity.hectares_around_points(points, parcels, radius_m)
        columns[f"parcels_within_{radius_m:g}_m"] = counts(site[to_parcel <= radius_m], missing | no_parcels)
        columns[f"ha_within_{radius_m:g}_m"] = np.round(np.where(missing | no_parcels, np.nan, hectares), 4)
        columns[f"farms_within_{radius_m:g}_m"] = counts(near_farm[to_farm <= radius_m], missing | no_farms)
    return pd.DataFrame(columns, index=range(len(points)))


def _in_question(scene: Scene, near: pd.DataFrame, params: Params, context: Context) -> np.ndarray:
    """Sites of a file or of the training set; else those of the territory, or beside land looked at."""
    reach_m = scene.radii_m[-1]
    beside = (near["nearest_parcel_m"] <= reach_m) | (near["nearest_farm_m"] <= reach_m)
    if params["dataset"] == "training" or "sites_file" in context.inputs:
        return np.ones(len(near), dtype=bool)
    codes = context.pack.territory(params["territory"]).commune_codes
    return np.asarray(beside.to_numpy() | scene.sites["commune_code"].isin(codes).to_numpy())


def _how_many(counts: pd.Series) -> int | None:
    """Rows with at least one; ``None`` when none is known."""
    return int((counts > 0).sum()) if counts.notna().any() else None


def _total(hectares: pd.Series) -> float | None:
    """Sum of what is known; ``None`` when nothing is."""
    return round(float(hectares.sum()), 2) if hectares.notna().any() else None


# --------------------------------------------------------------------------- small


def _points(frame: gpd.GeoDataFrame) -> np.ndarray:
    return np.asarray(frame.geometry)


def _lon_lat(frame: gpd.GeoDataFrame) -> dict[str, Any]:
    place = gpd.GeoSeries(frame.geometry, crs=frame.crs).to_crs("EPSG:4326")
    return {"lon": place.x.round(6), "lat": place.y.round(6)}


def _finished(
    table: gpd.GeoDataFrame,
    near: pd.DataFrame,
    fields: tuple[FieldSchema, ...],
    scene: Scene,
    params: Params,
) -> gpd.GeoDataFrame:
    """The declared columns, then those of the radii and kinds of the run, then the geometry."""
    whole = pd.concat([table.reset_index(drop=True), near], axis=1).assign(
        pollutant=str(params["pollutant"]),
        year=pd.array([params.get("year")] * len(table), dtype="Int64"),
        quality=scene.quality,
    )
    names = [field.name for field in fields]
    extra = [name for name in near.columns if name not in names]
    return gpd.GeoDataFrame(whole[[*names, *extra, "geometry"]], geometry="geometry", crs=scene.sites.crs)
