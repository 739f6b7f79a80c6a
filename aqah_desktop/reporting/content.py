"""From an exposure table, a farm table and a simulation to the words and figures of a briefing."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from aqah_desktop.errors import BadInputError
from aqah_desktop.messages import Catalogue
from aqah_desktop.records import Dataset, Interval, Standing, Territory, Text
from aqah_desktop.reporting import words
from aqah_desktop.reporting.briefing import (
    ActionResult,
    BriefingContent,
    BriefingTable,
    Callout,
    Column,
    Heading,
    KeyFigure,
    MapPicture,
    Passage,
)
from aqah_desktop.reporting.maprequest import MapPage, MapRequest
from aqah_desktop.reporting.style import Mark, threshold_marks

if TYPE_CHECKING:
    import pandas as pd

    from aqah_desktop.storage.pack import Pack

SCHOOL_KINDS = ("ecole", "college", "lycee")

#: Rows of the table of the most exposed sites.
TABLE_ROWS = 8

#: Letters of the limits of a dataset that the page has room for.
_MOST_LIMITS = 330

#: Half-width of a 95 % interval of a normal law, in standard deviations.
_Z95 = 1.96


class BriefingWriter:
    """Writes the briefing of one territory.

    Parameters
    ----------
    pack : Pack
        Open pack: thresholds, communes, map layers and their records.
    territory : Territory
        What the note is about.
    produced : date
        Date of the note, also the only date in the PDF.
    language : str
        ``"fr"`` or ``"en"``.
    """

    def __init__(self, pack: Pack, territory: Territory, produced: date, language: str = "fr") -> None:
        self.pack, self.territory, self.produced = pack, territory, produced
        self.catalogue = Catalogue(language)

    def content(
        self,
        exposure: pd.DataFrame,
        *,
        callouts: Sequence[Callout] = (),
        action: ActionResult | None = None,
        picture: MapRequest | None = None,
        standing: Standing | None = None,
        population: dict[str, Any] | None = None,
    ) -> BriefingContent:
        """Make the content.

        Parameters
        ----------
        exposure : DataFrame
            One pollutant and year: ``name, kind, commune_code, pollutant, year, value_ug_m3, std_ug_m3,
            rank, pupils`` (µg/m³; NaN where the site has no position or the map no value).
        callouts, action
            Boxes and result of an action, see :mod:`.callouts`.
        picture, standing : optional
            Map and standing of the figures; by default the pack's map with the sites, and its own.
        population : dict, optional
            Figure ``population`` of ``aqah.exposure.sites``: ``mean_ug_m3, residents, above``.

        Raises
        ------
        BadInputError
            ``reporting.no_exposed_site``: no site has a value.
        UnknownItemError
            The pack has no map of this pollutant and year.
        """
        subject = _Subject(exposure, self.pack, self.catalogue, self.territory)
        layer = self.pack.concentration(subject.pollutant, subject.year)
        dataset = self.pack.dataset_of(layer.id)
        standing = standing or dataset.standing
        kinds = sorted(set(exposure["kind"]))
        picture = picture or self._map(layer.id, kinds)
        return BriefingContent(
            self._heading(subject, standing, population),
            MapPicture(picture, subject.map_title(), self._text("briefing.map_caption")),
            subject.figures(),
            subject.table(self._commune_names()),
            tuple(callouts),
            action,
            self._passages(dataset, standing, kinds),
            self.catalogue.language,
        )

    def _heading(self, subject: _Subject, standing: Standing, population: dict[str, Any] | None) -> Heading:
        return Heading(
            self.territory.name,
            subject.headline(),
            subject.sentences(population),
            words.standing_words(standing, self.catalogue),
            self._text("briefing.verdict"),
            self.produced,
            words.is_fictitious(standing),
        )

    def _map(self, layer_id: str, kinds: Sequence[str]) -> MapRequest:
        from dataclasses import replace

        from aqah_desktop.reporting.mapcontent import MapComposer

        page = MapPage(language=self.catalogue.language)
        request = MapComposer(self.pack, self.territory, page).layer(layer_id, kinds)
        # The page says it once, beside the quality.
        return replace(request, texts=replace(request.texts, notice=""))

    def _commune_names(self) -> dict[str, str]:
        communes = self.pack.read_table("communes")
        return dict(zip(communes["commune_code"].astype(str), communes["name"].astype(str), strict=True))

    def _passages(self, dataset: Dataset, standing: Standing, kinds: Sequence[str]) -> tuple[Passage, ...]:
        language = self.catalogue.language
        title = dataset.title.in_language(language)
        method = self._text("briefing.method_text", title=title)
        limits = standing.limits.in_language(language) or dataset.standing.limits.in_language(language)
        limits = self._shortened(limits)
        sites = self.pack.sites(kinds, self.territory)["layer_id"].unique()
        others = words.datasets_of(self.pack, [*sites, "communes"])
        sources = words.attributions({d.id: d for d in [dataset, *others]}.values(), self.catalogue)
        return (
            Passage(self._text("briefing.method"), method),
            Passage(self._text("briefing.limits"), f"{limits} {self._text('briefing.limits_text')}".strip()),
            Passage(self._text("briefing.sources"), " · ".join(sources)),
        )

    def _shortened(self, limits: str) -> str:
        """Whole sentences as far as they fit on the page, then where the rest stands."""
        kept = ""
        for sentence in re.split(r"(?<=[.!?])\s+", limits):
            if kept and len(kept) + len(sentence) > _MOST_LIMITS:
                return f"{kept} {self._text('briefing.limits_more')}"
            kept = f"{kept} {sentence}".strip()
        return kept

    def _text(self, key: str, **params: object) -> str:
        return self.catalogue.text(Text(f"reporting.{key}", dict(params)))


class _Subject:
    """What the exposure table says, once counted."""

    def __init__(
        self, exposure: pd.DataFrame, pack: Pack, catalogue: Catalogue, territory: Territory
    ) -> None:
        self.catalogue = catalogue
        self.known = exposure[exposure["value_ug_m3"].notna()]
        if self.known.empty:
            raise BadInputError("reporting.no_exposed_site", territory=territory.name)
        self.pollutant, self.year = str(exposure["pollutant"].iloc[0]), int(exposure["year"].iloc[0])
        self.symbol = words.pollutant_symbol(self.pollutant, catalogue)
        schools = self.known["kind"].isin(SCHOOL_KINDS)
        self.counted = self.known[schools] if schools.any() else self.known
        self.group = _group(set(self.counted["kind"]))
        wanted = exposure["kind"].isin(SCHOOL_KINDS) if schools.any() else exposure["kind"].notna()
        self.left_out = int((wanted & exposure["value_ug_m3"].isna()).sum())
        marks = threshold_marks(pack.thresholds(self.pollutant), self.pollutant)
        self.marks = {mark.framework: mark for mark in marks}
        self._values = self.counted["value_ug_m3"].to_numpy(float)
        self._spread = _Z95 * self.counted["std_ug_m3"].to_numpy(float)

    # ------------------------------------------------------------------ sentences

    def headline(self) -> str:
        """Result first: how many schools above WHO's guideline."""
        mark = self.marks.get("who_2021")
        if mark is None:
            return self.map_title()
        above = self._above(mark)
        key = "some" if above else "none"
        return self._text(f"headline_{key}", above=self._number(above))

    def map_title(self) -> str:
        """``NO₂ aux écoles, collèges et lycées en 2019``."""
        return self._text("map_title")

    def sentences(self, population: dict[str, Any] | None) -> tuple[str, ...]:
        """The mean beside the annual values; how many are above each; residents; who is not counted."""
        values = {key: self._concentration(mark.value) for key, mark in self.marks.items()}
        lines = []
        if {"who_2021", "eu_2030"} <= set(values):
            mean = self._concentration(float(self._values.mean()), 1)
            lines.append(self._text("mean", mean=mean, who=values["who_2021"], eu=values["eu_2030"]))
        counts = [
            self._text(f"count_{key}", value=values[key], count=self._number(self._above(self.marks[key])))
            for key in ("eu_2030", "eu_2008")
            if key in self.marks
        ]
        if counts:
            lines.append(self._text("counts", counts=" ; ".join(counts)))
        if population and "eu_2030" in population["above"]:
            lines.append(
                self._text(
                    "people",
                    mean=self._concentration(population["mean_ug_m3"], 1),
                    above=self._number(_rounded(population["above"]["eu_2030"])),
                    residents=self._number(population["residents"]),
                )
            )
        if self.left_out:
            lines.append(self._text("left_out", count=self._number(self.left_out)))
        return tuple(lines)

    # ------------------------------------------------------------------ figures

    def figures(self) -> tuple[KeyFigure, ...]:
        """Mean, number above WHO's guideline, number above the EU value for 2030."""
        return (
            self._mean_figure(),
            *(self._count_figure(self.marks[key]) for key in ("who_2021", "eu_2030") if key in self.marks),
        )

    def _mean_figure(self) -> KeyFigure:
        mean = float(self._values.mean())
        interval, note = None, self._text("no_std")
        if np.isfinite(self._spread).all():
            # Errors of neighbouring sites go together: the mean is not better known than one site.
            spread = float(self._spread.mean())
            interval = Interval(max(mean - spread, 0.0), mean, mean + spread, 95.0)
            note = self._text("mean_note")
        return KeyFigure(self._text("mean_label"), mean, "µg/m³", note, interval)

    def _count_figure(self, mark: Mark) -> KeyFigure:
        above = self._above(mark)
        interval, notes = None, [self._text("no_std")]
        if np.isfinite(self._spread).all():
            low = int((self._values - self._spread > mark.value).sum())
            high = int((self._values + self._spread > mark.value).sum())
            interval, notes = Interval(low, above, high), [self._text("count_note")]
        pupils = (
            self.counted.loc[self._values > mark.value, "pupils"].sum() if "pupils" in self.counted else 0
        )
        if pupils > 0:
            notes.append(self._text("pupils_note", pupils=self._number(float(pupils))))
        label = self._text(f"above_{mark.framework}", value=self._concentration(mark.value))
        unit = self._text("out_of", total=self._number(len(self.counted)))
        return KeyFigure(label, above, unit, " ".join(notes), interval, 0)

    def _above(self, mark: Mark) -> int:
        return int((self._values > mark.value).sum())

    # ------------------------------------------------------------------ table

    def table(self, commune_names: dict[str, str]) -> BriefingTable:
        """The most exposed sites of every kind."""
        first = self.known.sort_values(["rank", "site_id"]).head(TABLE_ROWS)
        rows = [
            (
                self._number(float(row.rank)),
                str(row.name),
                self._kind(str(row.kind)),
                commune_names.get(str(row.commune_code), str(row.commune_code)),
                self.catalogue.number(float(row.value_ug_m3), 1),
                self._half_width(float(row.std_ug_m3)),
            )
            for row in first.itertuples(index=False)
        ]
        columns = (
            Column(self._text("column_rank"), right=True),
            Column(self._text("column_name"), 2.6),
            Column(self._text("column_kind")),
            Column(self._text("column_commune"), 1.0),
            Column(f"{self.symbol} µg/m³", right=True),
            Column("± 95 %", right=True),
        )
        notes = [self._text("table_note", count=self._number(len(self.known)))]
        spread = _Z95 * float(first["std_ug_m3"].min())
        if len(first) > 1 and float(np.ptp(first["value_ug_m3"])) < spread:
            notes.insert(0, self._text("table_order"))
        return BriefingTable(self._text("table_title"), columns, tuple(rows), " ".join(notes))

    def _half_width(self, std: float) -> str:
        return self.catalogue.number(_Z95 * std if np.isfinite(std) else None, 1)

    def _kind(self, kind: str) -> str:
        key = f"reporting.one_kind.{kind}"
        return self.catalogue.text(key) if self.catalogue.has(key) else kind

    # ------------------------------------------------------------------ words

    def _number(self, value: float) -> str:
        return self.catalogue.number(value)

    def _concentration(self, value: float, decimals: int = 0) -> str:
        exact = decimals if decimals or value == int(value) else 1
        return self.catalogue.quantity(value, "µg/m³", exact)

    def _text(self, key: str, **params: object) -> str:
        always = {
            "pollutant": self.symbol,
            "year": str(self.year),
            "group": self.catalogue.text(f"reporting.briefing.group_{self.group}"),
            "total": self._number(len(self.counted)),
        }
        return self.catalogue.text(Text(f"reporting.briefing.{key}", {**always, **params}))


def _group(kinds: set[str]) -> str:
    """Name of what is counted: never primary schools when none of them could be."""
    if not kinds <= set(SCHOOL_KINDS):
        return "sites"
    return "schools" if "ecole" in kinds else "secondary"


def _rounded(people: float) -> float:
    """A modelled number of people to three significant figures: more would be false precision."""
    if people <= 0:
        return 0.0
    step = 10.0 ** max(math.floor(math.log10(people)) - 2, 0)
    return round(people / step) * step
