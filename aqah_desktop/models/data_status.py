"""The state of the data: who stands behind each layer, how old it is, what official file would improve it.

Where a better file is published is told in words; nothing is opened or fetched.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from aqah_desktop.messages import Catalogue
from aqah_desktop.models.layer_watch import LayerWatch
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.records import Dataset, Layer, LayerStatus, Standing
from aqah_desktop.reporting.words import standing_words

if TYPE_CHECKING:
    import pandas as pd

    from aqah_desktop.storage.pack import Pack

#: Sections of the table, in order.
GROUPS = ("yours", "air", "sites", "measures", "people", "activities", "rules", "training")

#: What would improve a layer, by its id: a key of the texts ``data_status.better.<key>.what`` and
#: ``.where``. Layers of one kind share a key.
_BETTER: dict[str, str] = {
    "communes": "admin_express", "epci": "admin_express", "departments": "admin_express",
    "territories": "admin_express", "commune_points": "admin_express", "borders": "admin_express",
    "land": "bd_topo", "coast": "bd_topo", "rivers": "bd_topo", "places": "bd_topo",
    "population": "insee_grid", "population_age": "insee_census", "population_iris": "insee_census",
    "ecoles": "education", "colleges_lycees": "education", "hospitals": "finess", "ehpad": "finess",
    "social_centres": "social_centres", "stations": "geodair", "station_annual_means": "geodair",
    "station_monthly_means": "geodair", "station_other_values": "geodair",
    "station_covid_year_means": "geodair", "city_annual_means": "geodair", "road_nox_2018": "inventory",
    "industrial_sites": "georisques", "industrial_figures": "georisques", "farms": "icpe",
    "agriculture": "agreste", "traffic_counts": "traffic", "training_farm": "rpg",
    "training_parcels": "rpg", "training_houses": "rpg", "wind_stability": "weather",
    "thresholds": "law", "action_effects": "actions",
}  # fmt: skip
_BETTER_ROLES = {"concentration": "atmo_maps", "uncertainty": "atmo_maps", "emissions": "inventory"}

_GROUP_ROLES = {
    "concentration": "air", "uncertainty": "air", "emissions": "air", "sites": "sites",
    "stations": "measures", "industry": "activities", "farms": "activities", "parcels": "training",
    "population": "people", "base": "people", "places": "people",
}  # fmt: skip
_GROUP_IDS = {
    "station_annual_means": "measures", "station_monthly_means": "measures", "wind_stability": "measures",
    "station_other_values": "measures", "station_covid_year_means": "measures",
    "city_annual_means": "measures", "population_age": "people", "population_iris": "people",
    "industrial_figures": "activities", "agriculture": "activities", "traffic_counts": "activities",
    "thresholds": "rules", "action_effects": "rules", "training_farm": "training",
    "training_houses": "training",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class StatusRow:
    """What the table says of one layer.

    ``age_years`` is ``None`` when the data have no date. ``better`` is a key of :data:`_BETTER`, empty for
    the user's own files. ``replaced_by`` are titles of the user's files meant to replace the layer;
    ``replaces`` is the id of the layer a file is meant to replace.
    """

    layer_id: str
    group: str
    title: str
    standing: Standing | None
    publisher: str
    vintage: str
    age_years: int | None
    better: str = ""
    replaced_by: tuple[str, ...] = ()
    replaces: str = ""
    status: LayerStatus = LayerStatus.OK


def status_rows(
    layers: tuple[LayerEntry, ...], pack: Pack, watch: LayerWatch, language: str, year: int
) -> list[StatusRow]:
    """Return one row per file of the user and per layer of the pack, by section.

    Parameters
    ----------
    layers : tuple of LayerEntry
        The project's layers.
    pack : Pack
        The open pack.
    watch : LayerWatch
        Status of the user's files.
    language : str
        ``"fr"`` or ``"en"``.
    year : int
        The current year, from which ages are counted.
    """
    own = [e for e in layers if e.file is not None]
    rows = [_own_row(entry, watch.status(entry), language, year) for entry in own]
    for layer in pack.layers.values():
        dataset = pack.datasets.get(layer.dataset_id)
        titles = [
            e.layer.title.in_language(language)
            for e in own
            if e.file is not None and layer.id in e.file.dataset.lineage.replaces
        ]
        rows.append(_pack_row(layer, dataset, tuple(titles), language, year))
    companions = {layer.id for layer in pack.layers.values() if layer.role == "uncertainty"}
    rows.sort(key=lambda r: (GROUPS.index(r.group), r.better, r.layer_id in companions, r.title))
    return rows


def better_of(layer: Layer) -> str:
    """Key of what would improve a layer; empty when nothing is known."""
    return _BETTER.get(layer.id) or _BETTER_ROLES.get(layer.role, "")


def last_year(dataset: Dataset, now: int) -> int | None:
    """The last year the data are about, else that of their issue; ``None`` without a date."""
    for text in (dataset.coverage.time, dataset.coverage.vintage):
        years = [int(found) for found in re.findall(r"(?<!\d)(?:19|20)\d{2}(?!\d)", text)]
        past = [year for year in years if year <= now]
        if past and max(years) <= now:
            return max(past)
    return None


def as_frame(rows: list[StatusRow], catalogue: Catalogue) -> pd.DataFrame:
    """Return the table with its titles, for a file or the clipboard."""
    import pandas as pd

    t = catalogue.text
    columns = [t(f"data_status.column.{name}") for name in _COLUMNS]
    return pd.DataFrame([_cells(row, catalogue) for row in rows], columns=columns)


_COLUMNS = ("group", "layer", "quality", "source", "vintage", "age", "better", "where", "files", "status")


def _cells(row: StatusRow, catalogue: Catalogue) -> list[str]:
    t = catalogue.text
    return [
        t(f"data_status.group.{row.group}"),
        row.title,
        standing_words(row.standing, catalogue) if row.standing is not None else "",
        row.publisher,
        row.vintage,
        age_words(row, catalogue),
        t(f"data_status.better.{row.better}.what") if row.better else "",
        t(f"data_status.better.{row.better}.where") if row.better else "",
        ", ".join(row.replaced_by),
        t(f"data_status.status.{row.status.value}"),
    ]


def age_words(row: StatusRow, catalogue: Catalogue) -> str:
    """``7 ans``; empty without a date."""
    if row.age_years is None:
        return ""
    key = {0: "none", 1: "one"}.get(row.age_years, "many")
    return catalogue.text(f"data_status.age.{key}", years=row.age_years)


def _pack_row(
    layer: Layer, dataset: Dataset | None, replaced_by: tuple[str, ...], language: str, year: int
) -> StatusRow:
    found = last_year(dataset, year) if dataset is not None else None
    return StatusRow(
        layer_id=layer.id,
        group=_GROUP_IDS.get(layer.id) or _GROUP_ROLES.get(layer.role, "rules"),
        title=layer.title.in_language(language),
        standing=dataset.standing if dataset is not None else None,
        publisher=dataset.origin.publisher if dataset is not None else "",
        vintage=dataset.coverage.vintage if dataset is not None else "",
        age_years=None if found is None else max(0, year - found),
        better=better_of(layer),
        replaced_by=replaced_by,
        status=layer.status,
    )


def _own_row(entry: LayerEntry, status: LayerStatus, language: str, year: int) -> StatusRow:
    assert entry.file is not None
    dataset = entry.file.dataset
    found = last_year(dataset, year)
    return StatusRow(
        layer_id=entry.id,
        group="yours",
        title=entry.layer.title.in_language(language),
        standing=dataset.standing,
        publisher=dataset.origin.publisher or dataset.origin.source,
        vintage=dataset.coverage.vintage,
        age_years=None if found is None else max(0, year - found),
        replaces=next(iter(dataset.lineage.replaces), ""),
        status=status,
    )
