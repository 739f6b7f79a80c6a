"""Sites, farms and parcels in the columns the exposure algorithms work with, from the pack or a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from aqah_desktop.errors import BadInputError
from aqah_desktop.processing.algorithms.exposure.names import FARMS, TRAINING_FARM, TRAINING_PARCELS
from aqah_desktop.processing.contract import Context, Params
from aqah_desktop.processing.inputs import find_column
from aqah_desktop.records import Method, Quality, Standing, Territory

if TYPE_CHECKING:
    from aqah_desktop.storage.pack import Pack

#: What stands behind a file the user gave.
SUPPLIED = Standing(quality=Quality.USER_SUPPLIED, method=Method.DECLARED)
#: Kind of a site whose file names none.
UNNAMED_KIND = "site"

#: Our column → columns of known files that hold it, best first (see ``inputs.plain_name``).
_SITE_COLUMNS = {
    "site_id": ("siteid", "stationid", "id", "identifiant", "uai", "numerouai", "codeuai", "finess",
                "nofinesset", "code"),
    "name": ("name", "nom", "libelle", "appellationofficielle", "denomination", "denominationprincipale",
             "nometablissement", "raisonsociale", "hospitalname"),
    "kind": ("kind", "type", "nature", "categorie", "facilitytype", "typeetablissement"),
    "commune_code": ("communecode", "codecommune", "insee", "codeinsee", "inseecom", "depcom", "codgeo"),
    "pupils": ("pupils", "effectif", "effectifs", "nombreeleves", "nbeleves", "eleves"),
    "position_quality": ("positionquality", "geoqual", "appariement"),
}  # fmt: skip
_PARCEL_COLUMNS = {
    "parcel_id": ("parcelid", "idparcel", "idparcelle", "id"),
    "farm_id": ("farmid", "pacage", "exploitation"),
    "crop_code": ("cropcode", "codecultu", "codeculture", "type"),
    "crop_label": ("croplabel", "culture", "libelle", "liblculture"),
}
#: A declaration numbers its blocks, and parcels within a block.
_BLOCK_AND_PARCEL = (("numilot", "numeroi"), ("numparcel", "numerop"))


def read_sites(
    params: Params, context: Context, territory: Territory | None
) -> tuple[gpd.GeoDataFrame, list[Standing]]:
    """Read the sites of a run, and what stands behind them.

    Parameters
    ----------
    params, context
        ``sites_file`` (given in ``context.inputs``) replaces the pack's sites; ``sites_layer`` names
        one layer of the pack; else the pack's sites of ``kinds``.
    territory : Territory or None
        Which of the pack's sites; all with ``None``. A user's file is taken whole.

    Returns
    -------
    GeoDataFrame
        ``site_id, name, kind, commune_code, pupils (Int64), position_quality, quality, geometry``
        (Point or ``None``), in the order of the source.
    list of Standing
        One per dataset.

    Raises
    ------
    UnknownItemError
        Unknown kind or layer.
    BadInputError
        ``exposure.no_rows``: an empty file.
    """
    supplied = context.inputs.get("sites_file")
    if supplied is not None:
        if supplied.empty:
            raise BadInputError("exposure.no_rows", name="sites_file")
        return named_sites(supplied, context.pack), [SUPPLIED]
    pack = context.pack
    if params.get("sites_layer"):
        layer_id = pack.layer(params["sites_layer"]).id
        frame = pack.read_vector(layer_id, territory).assign(layer_id=layer_id)
    else:
        frame = pack.sites(list(params["kinds"]), territory)
    layers = sorted(frame["layer_id"].unique())
    standings = {layer_id: pack.dataset_of(layer_id).standing for layer_id in layers}
    sites = _columns(frame, _SITE_COLUMNS)
    sites["quality"] = [standings[layer_id].quality.value for layer_id in frame["layer_id"]]
    return sites, list(standings.values())


def named_sites(frame: gpd.GeoDataFrame, pack: Pack) -> gpd.GeoDataFrame:
    """A user's places with our columns; ids are kept, a missing commune is read off the outlines."""
    sites = _columns(frame, _SITE_COLUMNS)
    numbers = pd.Series([str(i + 1) for i in range(len(sites))], index=sites.index)
    sites["site_id"] = sites["site_id"].fillna(numbers)
    sites["name"] = sites["name"].fillna(sites["site_id"])
    sites["kind"] = sites["kind"].fillna(UNNAMED_KIND)
    sites["quality"] = SUPPLIED.quality.value
    unknown = sites["commune_code"].isna() & sites.geometry.notna()
    if unknown.any():
        found = commune_of(np.asarray(sites.geometry[unknown]), pack)
        sites.loc[unknown, "commune_code"] = found
    return sites


def commune_of(points: np.ndarray, pack: Pack) -> np.ndarray:
    """Code of the commune holding each point, ``None`` outside the pack's communes."""
    codes = np.full(len(points), None, dtype=object)
    communes = pack.read_vector("communes")
    point, commune = shapely.STRtree(np.asarray(communes.geometry)).query(points, predicate="intersects")
    codes[point] = communes["commune_code"].to_numpy(dtype=object)[commune]
    return codes


def read_parcels(params: Params, context: Context) -> tuple[gpd.GeoDataFrame, list[Standing]]:
    """Read the parcels of a run: the user's file, else the training set, else none.

    Returns
    -------
    GeoDataFrame
        ``parcel_id, farm_id, crop_code, crop_label, geometry_repaired, quality, problem, geometry``;
        ``problem`` is ``"no_geometry"`` or ``"not_a_polygon"`` (the geometry is then ``None``), else empty.
    list of Standing
        One, or none without parcels.

    Raises
    ------
    BadInputError
        ``exposure.no_rows``, ``exposure.no_polygon``.
    """
    supplied = context.inputs.get("parcels_file")
    if supplied is not None:
        if supplied.empty:
            raise BadInputError("exposure.no_rows", name="parcels_file")
        return _parcel_columns(supplied, SUPPLIED), [SUPPLIED]
    if params.get("dataset") == "training":
        standing = context.pack.dataset_of(TRAINING_PARCELS).standing
        return _parcel_columns(context.pack.read_vector(TRAINING_PARCELS), standing), [standing]
    empty = gpd.GeoDataFrame({"parcel_id": []}, geometry=[], crs="EPSG:2154")
    return _parcel_columns(empty, SUPPLIED), []


def read_farms(
    params: Params, context: Context, territory: Territory
) -> tuple[gpd.GeoDataFrame, list[Standing]]:
    """Read the farm points of a run: the invented farm with the training set, else the declared ones."""
    pack = context.pack
    training = params.get("dataset") == "training"
    layer_id = TRAINING_FARM if training else FARMS
    frame = pack.read_vector(layer_id, None if training else territory)
    columns = {"farm_id": ("farmid",), "kind": ("kind",), "name": ("name",), "commune_code": ("communecode",),
               "activity": ("activity",)}  # fmt: skip
    farms = _columns(frame, columns)
    standing = pack.dataset_of(layer_id).standing
    farms["quality"] = standing.quality.value
    return farms, [standing] if len(farms) else []


def _parcel_columns(frame: gpd.GeoDataFrame, standing: Standing) -> gpd.GeoDataFrame:
    parcels = _columns(frame, _PARCEL_COLUMNS, as_points=False)
    block, number = (find_column(frame, names) for names in _BLOCK_AND_PARCEL)
    if block is not None and number is not None:
        joined = frame[block].astype("string") + "-" + frame[number].astype("string")
        parcels["parcel_id"] = parcels["parcel_id"].fillna(joined.astype(object))
    rows = pd.Series([str(i + 1) for i in range(len(parcels))], index=parcels.index)
    parcels["parcel_id"] = parcels["parcel_id"].fillna(rows)
    shapes = np.array(parcels.geometry, dtype=object)
    areas = np.isin(shapely.get_type_id(shapes), (3, 6))
    missing = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if len(parcels) and not areas.any():
        raise BadInputError("exposure.no_polygon", path=str(frame.attrs.get("path", "")))
    parcels["problem"] = np.select([missing, ~areas], ["no_geometry", "not_a_polygon"], default="")
    parcels["geometry_repaired"] = np.isin(np.arange(len(parcels)), frame.attrs.get("repaired_rows", []))
    parcels["quality"] = standing.quality.value
    shapes[~areas] = None
    return parcels.set_geometry(gpd.GeoSeries(shapes, index=parcels.index, crs=parcels.crs))


def _columns(
    frame: gpd.GeoDataFrame, wanted: Mapping[str, tuple[str, ...]], *, as_points: bool = True
) -> gpd.GeoDataFrame:
    """Our columns, texts (codes stay as written), missing where the source has none."""
    data: dict[str, Any] = {}
    for name, names in wanted.items():
        column = find_column(frame, names)
        data[name] = _texts(frame[column]) if column is not None else [None] * len(frame)
    geometry = np.asarray(frame.geometry)
    if as_points:
        geometry = _points_of(geometry)
    found = gpd.GeoDataFrame(pd.DataFrame(data, dtype=object), geometry=geometry, crs=frame.crs)
    if "pupils" in found:
        found["pupils"] = pd.to_numeric(found["pupils"], errors="coerce").round().astype("Int64")
    return found


def _texts(column: pd.Series) -> pd.Series:
    """Cells as text: a whole number keeps no decimals, an empty cell is ``None``."""
    if pd.api.types.is_float_dtype(column) and (column.dropna() % 1 == 0).all():
        column = column.astype("Int64")
    texts = column.astype("string").str.strip()
    return texts.astype(object).where(texts.notna() & (texts != ""), None).reset_index(drop=True)


def _points_of(geometry: np.ndarray) -> np.ndarray:
    """Points as they are; a building or a ground becomes a point of its inside."""
    points = np.array(geometry, dtype=object)
    given = ~(shapely.is_missing(points) | shapely.is_empty(points))
    points[~given] = None
    other = given & (shapely.get_type_id(points) != 0)
    points[other] = shapely.point_on_surface(points[other])
    return points
