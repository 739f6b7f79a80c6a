"""Where the bundled list of sites can be believed: elsewhere "no school near" means nothing.

The pack holds sites of a few territories, and some of them have no position. A distance to the nearest
school, or a number of schools around, is true only as long as no ground where schools are unknown lies
nearer than what was found.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from aqah_desktop.records import Text
from aqah_desktop.science import proximity

if TYPE_CHECKING:
    from aqah_desktop.storage.pack import Pack

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SiteGround:
    """The communes of the pack, and in which of them every site of a kind has a position.

    Parameters
    ----------
    communes : GeoDataFrame
        ``commune_code, epci_code, geometry``.
    sites : GeoDataFrame
        ``kind, commune_code, geometry`` of all sites of the kinds asked for, over the whole pack.
    territory_names : dict
        Name of each EPCI by code.
    """

    communes: gpd.GeoDataFrame
    sites: gpd.GeoDataFrame
    territory_names: dict[str, str]
    #: Distances once computed, with their shapes: an id is only one's own while the object lives.
    _distances: dict[tuple[bytes, int], tuple[npt.NDArray[np.object_], Floats]] = field(
        default_factory=dict, init=False, compare=False
    )

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """Kinds with at least one usable position somewhere: the others say nothing about nearness."""
        placed = self.sites[self.sites.geometry.notna()]
        return tuple(sorted(set(placed["kind"])))

    @cached_property
    def _known(self) -> dict[str, Flags]:
        """Per kind, the communes of a territory with placed sites of it that hold no unplaced one."""
        known = {}
        for kind in sorted(set(self.sites["kind"])):
            rows = self.sites[self.sites["kind"] == kind]
            unplaced = rows.geometry.isna()
            covered = self._epci_of(rows[~unplaced])
            here = self.communes["epci_code"].isin(covered)
            known[kind] = np.asarray(
                here & ~self.communes["commune_code"].isin(rows[unplaced]["commune_code"])
            )
        return known

    def unknown_m(self, kind: str, shapes: npt.NDArray[np.object_]) -> Floats:
        """Distance of each shape to the nearest ground where sites of ``kind`` are not known, m.

        0 on such ground and outside every commune of the pack; NaN for a missing shape.
        """
        unknown = ~self._known.get(kind, np.zeros(len(self.communes), dtype=bool))
        key = (unknown.tobytes(), id(shapes))
        if key not in self._distances:
            distance = proximity.nearest(shapes, np.asarray(self.communes.geometry)[unknown])[1]
            given = ~shapely.is_missing(shapes)
            distance[given & np.isnan(distance)] = np.inf
            distance[given & ~self._on_communes(shapes)] = 0.0
            self._distances[key] = (shapes, distance)
        return self._distances[key][1]

    def any_unknown_m(self, kinds: tuple[str, ...], shapes: npt.NDArray[np.object_]) -> Floats:
        """The least :meth:`unknown_m` of several kinds; 0 when there is none."""
        if not kinds:
            return np.where(shapely.is_missing(shapes), np.nan, 0.0)
        least: Floats = np.min([self.unknown_m(kind, shapes) for kind in kinds], axis=0)
        return least

    def notes(self, shapes: npt.NDArray[np.object_], territories: tuple[str, ...] = ()) -> list[Text]:
        """Say per territory which kinds are unknown or not placed, and how many places lie elsewhere.

        Parameters
        ----------
        shapes : (n,) geometry
            Parcels and farms looked at.
        territories : tuple of str
            EPCI codes to speak of in any case.
        """
        shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
        found = self._epci_at(shapes)
        covered = self._epci_of(self.sites)
        outside = sum(code not in covered for code in found)
        notes = [Text("exposure.note_sites_elsewhere", {"count": outside})] if outside else []
        for code in sorted({*(c for c in found if c in covered), *(c for c in territories if c in covered)}):
            what = self._unplaced_in(code)
            if what:
                name = self.territory_names.get(code, code)
                notes.append(Text("exposure.note_sites_unknown", {"territory": name, "kinds": what}))
        return notes

    # ------------------------------------------------------------------ inside

    def _unplaced_in(self, epci_code: str) -> list[Text]:
        codes = self.communes.loc[self.communes["epci_code"] == epci_code, "commune_code"]
        here = self.sites[self.sites["commune_code"].isin(codes)]
        answer = []
        for kind in sorted(set(self.sites["kind"])):
            rows = here[here["kind"] == kind]
            count = int(rows.geometry.isna().sum())
            words: dict[str, Any] = {"kind": Text(f"exposure.kinds_of.{kind}"), "count": count}
            if rows.empty:
                answer.append(Text("exposure.kind_unknown", words))
            elif count:
                answer.append(Text("exposure.kind_unplaced", {**words, "total": len(rows)}))
        return answer

    def _epci_of(self, rows: pd.DataFrame) -> set[str]:
        return set(self.communes.loc[self.communes["commune_code"].isin(rows["commune_code"]), "epci_code"])

    def _epci_at(self, shapes: npt.NDArray[np.object_]) -> list[str]:
        """EPCI under the inside of each shape, empty text outside every commune."""
        if not len(shapes):
            return []
        inner = shapely.point_on_surface(shapes)
        row, commune = shapely.STRtree(np.asarray(self.communes.geometry)).query(
            inner, predicate="intersects"
        )
        codes = np.full(len(shapes), "", dtype=object)
        codes[row] = self.communes["epci_code"].to_numpy(dtype=object)[commune]
        return list(codes)

    def _on_communes(self, shapes: npt.NDArray[np.object_]) -> Flags:
        tree = shapely.STRtree(np.asarray(self.communes.geometry))
        on = np.zeros(len(shapes), dtype=bool)
        on[tree.query(shapes, predicate="intersects")[0]] = True
        return on


def ground_of(pack: Pack, sites: gpd.GeoDataFrame) -> SiteGround:
    """Return where the pack's ``sites`` can be believed; ``sites`` are those of the whole pack."""
    communes = pack.read_vector("communes")[["commune_code", "epci_code", "geometry"]]
    names = {code: territory.name for code, territory in pack.territories.items()}
    return SiteGround(communes, sites, names)
