"""What stands on the sheet of each kind of feature: site, commune, station, industry, farm, parcel."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import numpy as np

from aqah_desktop.models.exposure_view import interval_of
from aqah_desktop.models.exposure_words import kind_name
from aqah_desktop.models.selection import LAYER_OF_KIND, Feature
from aqah_desktop.models.sheets import (
    Body,
    Desk,
    Fact,
    Part,
    Reading,
    Series,
    Trouble,
    plain_text,
    reading_of,
)
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.records import Quality
from aqah_desktop.reporting import words
from aqah_desktop.reporting.style import Mark, threshold_marks

if TYPE_CHECKING:
    import pandas as pd

#: Pollutants whose annual means stations measure, in the order shown.
_MEASURED = ("no2", "pm10", "pm25")
_DECIMALS = 1


def body_of(entry: LayerEntry) -> Body | None:
    """What writes the sheet of a layer; ``None`` for a layer of unknown columns."""
    if entry.origin != "pack":
        return None
    by_id: dict[str, Body] = {"communes": _commune}
    by_role: dict[str, Body] = {
        "sites": _site,
        "stations": _station,
        "industry": _industry,
        "farms": _farm,
        "parcels": _parcel,
    }
    return by_id.get(entry.id) or by_role.get(entry.layer.role)


# --------------------------------------------------------------------------- kinds


def _site(desk: Desk, record: pd.Series, feature: Feature) -> dict[str, Any]:
    kind = kind_name(str(record["kind"]), desk.catalogue)
    trouble = Trouble(desk.catalogue)
    reading = trouble.attempt(lambda: _at_point(desk, feature))
    pupils = record.get("pupils")
    notes = []
    if not feature.placed:
        notes.append(desk.t("unplaced"))
    if str(record.get("pupils_scope")) == "elementary_classes_only":
        notes.append(desk.t("elementary_only"))
    return {
        "kind": _capital(kind),
        "place": desk.commune_name(record.get("commune_code")),
        "reading": reading,
        "trouble": trouble.text,
        "facts": desk.facts(
            ("pupils", "" if _nan(pupils) else desk.catalogue.number(float(pupils))),
            ("status", desk.choice("status", record.get("status"))),
            ("facility", desk.choice("facility", record.get("facility_type"))),
            ("position", desk.choice("position", record.get("position_quality"))),
            ("identifier", feature.code),
        ),
        "notes": tuple(notes),
    }


def _commune(desk: Desk, record: pd.Series, feature: Feature) -> dict[str, Any]:
    number = desk.catalogue.number
    trouble = Trouble(desk.catalogue)
    reading = trouble.attempt(lambda: _over_area(desk, record["geometry"], "commune_mean"))
    counts = _sites_in(desk, feature.code)
    epci = desk.pack.territories.get(str(record.get("epci_code")))
    sites = "\n".join(
        desk.t("kind_count", kind=_capital(kind_name(kind, desk.catalogue)), count=number(count))
        for kind, count in counts.items()
    )
    return {
        "kind": desk.t("kind_commune"),
        "title": str(record["name"]),
        "place": epci.name if epci else "",
        "reading": reading,
        "trouble": trouble.text,
        "facts": desk.facts(
            ("population", number(float(record["population"]))),
            ("sites_count", sites if counts else desk.t("sites_none")),
            ("insee", feature.code),
        ),
        "source": _source_of(desk, "communes"),
    }


def _station(desk: Desk, record: pd.Series, feature: Feature) -> dict[str, Any]:
    series = tuple(_series(desk, feature.code))
    notes = () if series else (desk.t("no_means"),)
    if record.get("position_disputed") is True or record.get("position_disputed") is np.True_:
        notes = (*notes, desk.t("position_disputed"))
    return {
        "kind": desk.t("kind_station"),
        "place": desk.commune_name(record.get("commune_code")),
        "facts": desk.facts(
            ("typology", desk.choice("typology", record.get("typology"))),
            ("influence", desk.choice("influence", record.get("influence"))),
            ("opened", _day(desk, record.get("opened"))),
            ("closed", _day(desk, record.get("closed"))),
            ("station_code", feature.code),
        ),
        "series": series,
        "notes": notes,
        "quality": _quality_of(desk, "station_annual_means" if series else "stations"),
        "source": _source_of(desk, "station_annual_means" if series else "stations"),
    }


def _industry(desk: Desk, record: pd.Series, feature: Feature) -> dict[str, Any]:
    figures = _figures(desk, feature.code)
    notes = [] if figures else [desk.t("no_emission")]
    shared = record.get("sites_at_this_point")
    if not _nan(shared) and int(shared) > 1:
        notes.append(desk.t("shared_point", count=desk.catalogue.number(float(shared))))
    if bool(record.get("position_suspect")):
        notes.append(desk.t("position_suspect"))
    return {
        "kind": desk.t("kind_industry"),
        "place": desk.commune_name(record.get("commune_code")),
        "facts": (
            *figures,
            *desk.facts(
                ("position", desk.choice("position", record.get("position_quality"))),
                ("identifier", feature.code),
            ),
        ),
        "notes": tuple(notes),
    }


def _farm(desk: Desk, record: pd.Series, feature: Feature) -> dict[str, Any]:
    trouble = Trouble(desk.catalogue)
    return {
        "kind": _capital(kind_name(str(record["kind"]), desk.catalogue)),
        "place": desk.commune_name(record.get("commune_code")),
        "reading": trouble.attempt(lambda: _at_point(desk, feature)),
        "trouble": trouble.text,
        "facts": desk.facts(
            ("activity", desk.choice("activity", record.get("activity"))),
            ("position", desk.choice("position", record.get("position_quality"))),
            ("identifier", feature.code),
        ),
    }


def _parcel(desk: Desk, record: pd.Series, feature: Feature) -> dict[str, Any]:
    trouble = Trouble(desk.catalogue)
    return {
        "kind": desk.t("kind_parcel"),
        "title": str(record["crop_label"]),
        "place": feature.code,
        "reading": trouble.attempt(lambda: _over_area(desk, record["geometry"], "parcel_mean")),
        "trouble": trouble.text,
        "facts": desk.facts(
            ("area", plain_text(record["area_ha"], desk.catalogue, "ha")),
            ("crop", str(record["crop_code"])),
            ("farm", str(record["farm_id"])),
        ),
    }


# --------------------------------------------------------------------------- what the map says


def _marks(desk: Desk) -> tuple[Mark, ...]:
    pollutant = desk.moment.pollutant
    return threshold_marks(desk.pack.thresholds(pollutant), pollutant)


def _title(desk: Desk, key: str) -> str:
    symbol = words.pollutant_symbol(desk.moment.pollutant, desk.catalogue)
    return desk.t(key, pollutant=symbol, year=str(desk.moment.year))


def _at_point(desk: Desk, feature: Feature) -> Reading | None:
    """Value of the cell under a point, with the interval of the map."""
    if not feature.placed:
        return None
    layer = desk.pack.concentration(desk.moment.pollutant, desk.moment.year)
    x, y = np.array([feature.x]), np.array([feature.y])
    with desk.pack.open_raster(layer.id) as raster:
        value = float(raster.sample(x, y)[0])
    std = math.nan
    if layer.uncertainty:
        with desk.pack.open_raster(layer.uncertainty) as raster:
            std = float(raster.sample(x, y)[0])
    if not math.isfinite(value):
        return None
    return reading_of(_title(desk, "reading"), interval_of(value, std), _marks(desk))


def _over_area(desk: Desk, geometry: Any, title: str) -> Reading | None:
    """Mean over a polygon, its errors taken to go together, and the highest cell."""
    layer = desk.pack.concentration(desk.moment.pollutant, desk.moment.year)
    found = _statistics(desk, layer.id, geometry)
    if found is None or not math.isfinite(found[0]):
        return None
    mean, highest = found
    spread = _statistics(desk, layer.uncertainty, geometry) if layer.uncertainty else None
    value = interval_of(mean, spread[0] if spread else math.nan)
    maximum = desk.catalogue.quantity(highest, "µg/m³", _DECIMALS)
    note = desk.t("area_maximum", maximum=maximum)
    if value.level is not None:
        note = f"{note} {desk.t('area_interval')}"
    return reading_of(_title(desk, title), value, _marks(desk), note)


def _statistics(desk: Desk, layer_id: str, geometry: Any) -> tuple[float, float] | None:
    """Area-weighted mean and maximum of a raster in a polygon; None off the raster."""
    from aqah_desktop.errors import BadInputError
    from aqah_desktop.science.zonal import polygon_statistics

    x_min, y_min, x_max, y_max = geometry.bounds
    with desk.pack.open_raster(layer_id) as raster:
        cell = raster.cell_size[0]
        try:
            values, grid = raster.read((x_min - cell, y_min - cell, x_max + cell, y_max + cell))
        except BadInputError as error:
            if error.key != "storage.raster_outside":
                raise
            return None
    row = polygon_statistics(values, grid, [geometry]).iloc[0]
    return float(row["mean"]), max(float(row["max"]), float(row["mean"]))


# --------------------------------------------------------------------------- stations and communes


def _series(desk: Desk, station: str) -> list[Series]:
    frame = desk.frames.frame(LayerEntry(desk.pack.layer("station_annual_means")))
    own = frame[(frame["station_code"] == station) & (frame["statistic"] == "annual_mean")]
    order = sorted(_MEASURED, key=lambda p: p != desk.moment.pollutant)
    found = []
    for pollutant in order:
        rows = own[own["pollutant"] == pollutant].sort_values("year")
        if len(rows):
            found.append(_one_series(desk, pollutant, rows))
    return found


def _one_series(desk: Desk, pollutant: str, rows: pd.DataFrame) -> Series:
    years = rows["year"].astype(int).to_numpy()
    values = rows["value_ug_m3"].astype(float).to_numpy()
    estimated = rows["derived"].astype(bool).to_numpy()
    method = rows["pm_method"].fillna("").astype(str).to_numpy()
    # A gap of a year, or another method, ends a part: a line would say something was measured between.
    cuts = np.flatnonzero((np.diff(years) > 1) | (method[1:] != method[:-1])) + 1
    parts = tuple(
        Part(
            tuple(int(y) for y in years[part]),
            tuple(float(v) for v in values[part]),
            tuple(bool(e) for e in estimated[part]),
        )
        for part in np.split(np.arange(len(years)), cuts)
    )
    language = "fr" if desk.catalogue.language == "fr" else "en"
    notes = [str(note) for note in rows[f"metric_note_{language}"].dropna().unique()]
    changed = years[(method == "from_2007")] if (method == "before_2007").any() else np.empty(0, int)
    break_year = 2007 if len(changed) else 0
    marks = threshold_marks(desk.pack.thresholds(pollutant), pollutant)
    return Series(pollutant, parts, marks, break_year, tuple(_capital(note) for note in notes))


def _sites_in(desk: Desk, commune: str) -> dict[str, int]:
    """Sites of a commune by kind, with or without position."""
    counts: dict[str, int] = {}
    for layer_id in dict.fromkeys(LAYER_OF_KIND.values()):
        layer = desk.pack.layers.get(layer_id)
        if layer is None or desk.pack.dataset_of(layer_id).standing.quality is Quality.FICTITIOUS:
            continue
        frame = desk.frames.frame(LayerEntry(layer))
        kinds = frame.loc[frame["commune_code"] == commune, "kind"].value_counts()
        for kind, count in kinds.items():
            counts[str(kind)] = counts.get(str(kind), 0) + int(count)
    return counts


def _figures(desk: Desk, facility: str) -> tuple[Fact, ...]:
    """Published figures of a large industrial site."""
    if "industrial_figures" not in desk.pack.layers:
        return ()
    frame = desk.frames.frame(LayerEntry(desk.pack.layer("industrial_figures")))
    own = frame[(frame["facility_id"] == facility) & frame["value"].notna()]
    return tuple(_figure(desk, row) for _, row in own[own["confidence"] != "recalled"].iterrows())


def _figure(desk: Desk, row: pd.Series) -> Fact:
    """``Émission de NOx, 2009``: ``4 500 t/an``."""
    text = {name: "" if _nan(row[name]) else str(row[name]) for name in ("pollutant", "year", "unit")}
    substance = text["pollutant"].removesuffix(" limit")
    code = re.sub(r"\W+", "_", substance.lower()).strip("_")
    key = f"sheet.substance_{code}"
    label = desk.t(
        f"figure_{row['figure_kind']}",
        substance=desk.catalogue.text(key) if desk.catalogue.has(key) else substance,
    )
    year = re.sub(r"\s*\(approx\.\)$", "", text["year"])
    if year[:1].isdigit():
        around = desk.t("around", year=year) if year != text["year"] else year
        label = desk.t("figure_in", figure=label, year=around)
    unit = desk.choice("unit", text["unit"].replace("/", "_per_"))
    return Fact(label, plain_text(row["value"], desk.catalogue, unit or text["unit"]))


# --------------------------------------------------------------------------- small


def _quality_of(desk: Desk, layer_id: str) -> str:
    return words.standing_words(desk.pack.dataset_of(layer_id).standing, desk.catalogue)


def _source_of(desk: Desk, layer_id: str) -> str:
    return desk.pack.dataset_of(layer_id).origin.attribution


def _day(desk: Desk, value: Any) -> str:
    from datetime import date

    if _nan(value):
        return ""
    try:
        return desk.catalogue.day(date.fromisoformat(str(value)[:10]))
    except ValueError:
        return str(value)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _nan(value: Any) -> bool:
    import pandas as pd

    return value is None or bool(pd.isna(value))
