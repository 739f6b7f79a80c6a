"""What the farms tab shows of a run of ``aqah.exposure.farms``: parcels, farms, what stands near them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from aqah_desktop.messages import Catalogue
from aqah_desktop.models.exposure_view import Floats, Sites, Texts, sites_of
from aqah_desktop.models.exposure_words import UNIT, several
from aqah_desktop.records import Quality
from aqah_desktop.reporting import words

if TYPE_CHECKING:
    import pandas as pd

    from aqah_desktop.models.services import Finished

#: Layers of the pack behind each set of data; parcels of a file have none.
_FARM_LAYERS = {"declared": "farms", "training": "training_farm"}
_PARCEL_LAYERS = {"training": "training_parcels"}


@dataclass(frozen=True, eq=False)
class Land:
    """Parcels or farms: readings, area (ha, NaN for points), distance (m) and name of the nearest site."""

    rows: Sites
    area_ha: Floats
    nearest_m: Floats
    nearest: Texts

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True, slots=True)
class Near:
    """What lies within a distance: hectares of parcels, sites beside parcels and beside farms."""

    radius_m: float
    hectares: float | None
    beside_parcels: int | None
    beside_farms: int | None


@dataclass(frozen=True, eq=False)
class FarmsView:
    """One run as the tab shows it."""

    pollutant: str
    year: int | None
    fictitious: bool
    parcels: Land
    farms: Land
    near: tuple[Near, ...]
    #: Area-weighted mean over the parcels, µg/m³, and their area, ha.
    mean_ug_m3: float | None
    area_ha: float

    @property
    def empty(self) -> bool:
        """Whether nothing is known here."""
        return not len(self.parcels) and not len(self.farms)


def farms_view(finished: Finished, commune_names: Mapping[str, str]) -> FarmsView:
    """Take the tables of a run apart."""
    figures: dict[str, Any] = finished.results.figures
    tables = {name: table.frame for name, table in finished.results.tables.items()}
    dataset = str(figures["dataset"])
    site_names = dict(zip(tables["sites"]["site_id"], tables["sites"]["name"], strict=True))
    parcels = sites_of(
        tables["parcels"], {}, "mean_ug_m3", "crop_label", layer_id=_PARCEL_LAYERS.get(dataset, "")
    )
    farms = sites_of(tables["farms"], commune_names, layer_id=_FARM_LAYERS.get(dataset, ""))
    return FarmsView(
        pollutant=str(figures["pollutant"]),
        year=figures["year"],
        fictitious=finished.results.standing.quality is Quality.FICTITIOUS,
        parcels=_land(parcels, tables["parcels"], site_names),
        farms=_land(farms, tables["farms"], site_names),
        near=tuple(
            Near(float(row["radius_m"]), row["hectares"], row["sites_with_parcels"], row["sites_with_farms"])
            for row in figures["within"]
        ),
        mean_ug_m3=figures["parcels_mean_ug_m3"],
        area_ha=float(figures["parcels_ha"]),
    )


class FarmWords:
    """Sentences of the farms tab."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def figure(self, view: FarmsView) -> str:
        """``12 parcelles · 90,5 ha`` or ``3 exploitations déclarées``."""
        number = self.catalogue.number
        if len(view.parcels):
            count = len(view.parcels)
            return self._counted("parcels", count, area=number(view.area_ha, 1))
        if len(view.farms):
            return self._counted("farms", len(view.farms))
        return ""

    def sentence(self, view: FarmsView) -> str:
        """What is breathed there, or that nothing is known."""
        if view.empty:
            return self._text("farms_none")
        if view.mean_ug_m3 is None:
            return self._text("farms_without_parcels")
        return self._text(
            "parcels_mean",
            mean=self.catalogue.quantity(view.mean_ug_m3, UNIT),
            pollutant=words.pollutant_symbol(view.pollutant, self.catalogue),
            year="" if view.year is None else str(view.year),
        )

    def near(self, row: Near) -> tuple[str, str, str]:
        """Distance, sites beside parcels (or farms where no parcel is known), hectares."""
        number = self.catalogue.number
        beside = row.beside_parcels if row.beside_parcels is not None else row.beside_farms
        hectares = "—" if row.hectares is None else f"{number(row.hectares, 1)} ha"
        return (
            self._text("within", radius=number(row.radius_m)),
            "—" if beside is None else self._counted("sites_beside", beside),
            hectares,
        )

    def note(self, land: Land, row: int, fictitious: bool) -> str:
        """Second line of a row: whether it is invented, area, nearest site."""
        number = self.catalogue.number
        parts = [self._text("fictitious_short")] if fictitious else []
        if np.isfinite(land.area_ha[row]):
            parts.append(f"{number(float(land.area_ha[row]), 1)} ha")
        elif land.rows.communes[row]:
            parts.append(str(land.rows.communes[row]))
        if np.isfinite(land.nearest_m[row]):
            distance = number(float(land.nearest_m[row]))
            parts.append(self._text("nearest", distance=distance, name=str(land.nearest[row])))
        return " · ".join(parts)

    def _counted(self, key: str, count: int, **params: Any) -> str:
        number = "many" if several(count, self.catalogue.language) else "one"
        return self._text(f"{key}_{number}", count=self.catalogue.number(count), **params)

    def _text(self, key: str, **params: Any) -> str:
        return self.catalogue.text(f"exposed.{key}", **params)


def _land(rows: Sites, frame: pd.DataFrame, site_names: Mapping[str, str]) -> Land:
    def column(name: str) -> Floats:
        if name not in frame:
            return np.full(len(frame), np.nan)
        return np.asarray(frame[name].to_numpy(dtype="float64", na_value=np.nan), np.float64)

    nearest = [str(site_names.get(code, code) or "") for code in frame["nearest_site_id"]]
    # Said once for all above the list; the whole name stands on the sheet.
    short = [str(name).split(" (fictif")[0] for name in rows.names]
    rows = replace(rows, names=np.array(short, dtype=object))
    return Land(rows, column("area_ha"), column("nearest_site_m"), np.array(nearest, dtype=object))
