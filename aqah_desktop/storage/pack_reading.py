"""The part of a pack's layers that belongs to a territory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from aqah_desktop.errors import UnknownItemError
from aqah_desktop.records import Layer, Territory, TerritoryKind, VectorShape
from aqah_desktop.storage.vectors import read_vector

if TYPE_CHECKING:
    import shapely

    from aqah_desktop.storage.pack import Pack

_COMMUNE = "commune_code"
_BY_KIND = {TerritoryKind.EPCI: "epci_code", TerritoryKind.DEPARTMENT: "department_code"}


def read_layer(pack: Pack, layer: Layer, territory: Territory | None) -> gpd.GeoDataFrame:
    """Read a vector layer of a pack, of one territory when given."""
    path = pack.member(layer.source.member)
    table = layer.source.table or layer.id
    if territory is None or territory.kind is TerritoryKind.REGION:
        return read_vector(path, table, anywhere=True)
    names = {field.name for field in layer.shape.fields} if isinstance(layer.shape, VectorShape) else set()
    own = _BY_KIND[territory.kind]
    if _COMMUNE in names:
        return read_vector(path, table, anywhere=True, where=_in(_COMMUNE, territory.commune_codes))
    if own in names:
        return read_vector(path, table, anywhere=True, where=_in(own, (territory.code,)))
    frame = read_vector(path, table, anywhere=True, bbox=territory.extent)
    return frame[frame.intersects(outline(pack, territory))].reset_index(drop=True)


def outline(pack: Pack, territory: Territory) -> shapely.Geometry:
    """Return the union of the territory's communes, EPSG:2154."""
    communes = read_layer(pack, pack.layer("communes"), territory)
    return communes.union_all()


def read_sites(pack: Pack, kinds: list[str], territory: Territory | None) -> gpd.GeoDataFrame:
    """Read the wanted kinds from every sites layer that is not fictitious."""
    layers = pack.site_layers()
    frames = [read_layer(pack, layer, territory).assign(layer_id=layer.id) for layer in layers]
    absent = set(kinds) - {str(kind) for frame in frames for kind in frame["kind"].dropna()}
    if absent:  # none in this territory, or a word nobody knows
        known = {str(kind) for layer in layers for kind in pack.read_table(layer.id)["kind"].dropna()}
        if unknown := sorted(absent - known):
            raise UnknownItemError("storage.unknown_site_kind", kinds=unknown, known=sorted(known))
    chosen = [frame[frame["kind"].isin(kinds)] for frame in frames]
    filled = [frame for frame in chosen if len(frame)] or chosen[:1]
    sites = gpd.GeoDataFrame(pd.concat(filled, ignore_index=True), crs="EPSG:2154")
    sites.attrs = {}
    return sites


def _in(column: str, codes: tuple[str, ...]) -> str:
    quoted = ", ".join("'" + code.replace("'", "''") + "'" for code in codes)
    return f'"{column}" IN ({quoted})'
