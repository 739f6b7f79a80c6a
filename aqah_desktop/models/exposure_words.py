"""The sentences of the exposure panel, in the reader's language."""

from __future__ import annotations

from typing import Any

from aqah_desktop.messages import Catalogue
from aqah_desktop.models.exposure_view import OK, ExposureView, Level, Sites
from aqah_desktop.records import Interval
from aqah_desktop.reporting import words
from aqah_desktop.reporting.style import Mark

UNIT = "µg/m³"


def several(count: int, language: str) -> bool:
    """Whether a count takes the plural: from two in French, all but one in English."""
    return count >= 2 if language == "fr" else count != 1


def concentration(value: float, catalogue: Catalogue) -> str:
    """``10 µg/m³``, with a decimal only where there is one."""
    return catalogue.quantity(value, UNIT, 0 if value == int(value) else 1)


def interval_text(interval: Interval, catalogue: Catalogue) -> str:
    """``20,1 µg/m³ [17,0 ; 23,2]``; the value alone without uncertainty; a dash without value."""
    if interval.level is None:
        return catalogue.quantity(interval.central, UNIT)
    return catalogue.interval(interval, UNIT)


def kind_name(kind: str, catalogue: Catalogue) -> str:
    """``école``; a kind only the user's file knows stays as it is written there."""
    for key in (f"exposed.one_{kind}", f"reporting.one_kind.{kind}"):
        if catalogue.has(key):
            return catalogue.text(key)
    return kind


class ExposureWords:
    """Sentences for one pollutant and year.

    Parameters
    ----------
    catalogue : Catalogue
        Texts and numbers.
    pollutant : str
        Code of the pollutant.
    year : int or None
        Year of the map; ``None`` for a map without year.
    """

    def __init__(self, catalogue: Catalogue, pollutant: str, year: int | None) -> None:
        self.catalogue = catalogue
        self._pollutant = words.pollutant_symbol(pollutant, catalogue)
        self._year = "" if year is None else str(year)

    # ------------------------------------------------------------------ the answer

    def figure(self, view: ExposureView, framework: str = "", kind: str = "") -> str:
        """``476 sites sur 814``: how many are above the value looked at."""
        level = view.level(framework)
        if level is None or not view.known:
            return ""
        french = self.catalogue.language == "fr"
        noun = self.noun(kind, level.above if french else view.known)
        return self._text("figure", above=self._n(level.above), known=self._n(view.known), noun=noun)

    def sentence(self, view: ExposureView, framework: str = "", kind: str = "") -> str:
        """What :meth:`figure` begins: above which value, or why there is nothing to count."""
        if not view.total:
            return self._text("no_sites")
        if not view.known:
            return self._text("no_value", count=self._n(view.total), noun=self.noun(kind, view.total))
        level = view.level(framework)
        if level is None:
            mean = interval_text(view.mean, self.catalogue) if view.mean else ""
            return self._text("no_threshold", pollutant=self._pollutant, mean=mean)
        key = "above_many" if several(level.above, self.catalogue.language) else "above_one"
        return self._text(
            key,
            threshold=self._text(f"threshold_{level.mark.framework}"),
            value=concentration(level.mark.value, self.catalogue),
            pollutant=self._pollutant,
            year=self._year,
        )

    def details(self, view: ExposureView, framework: str = "") -> list[str]:
        """What is known besides: range of the count, pupils, mean."""
        level = view.level(framework)
        lines = []
        if level is not None and view.known:
            if level.low is not None and level.high is not None and level.low != level.high:
                lines.append(self._text("range", low=self._n(level.low), high=self._n(level.high)))
            if level.pupils:
                lines.append(
                    self._text("pupils", pupils=self._n(level.pupils), sites=self._n(level.with_pupils))
                )
        if view.mean is not None and level is not None:
            lines.append(self._text("mean", mean=interval_text(view.mean, self.catalogue)))
        return lines

    def residents(self, figures: dict[str, Any], framework: str) -> str:
        """How many residents of the territory live above a value; empty where they are not known."""
        people = figures.get("population") or {}
        above = people.get("above", {}).get(framework)
        if above is None:
            return ""
        return self._text(
            "people",
            above=self._n(above),
            residents=self._n(people["residents"]),
            mean=concentration(people["mean_ug_m3"], self.catalogue),
        )

    # ------------------------------------------------------------------ parts

    def noun(self, kind: str, count: int) -> str:
        """``écoles``; ``sites`` for all kinds, or for a kind without plural in the catalogue."""
        number = "many" if several(count, self.catalogue.language) else "one"
        key = f"exposed.noun_{kind or 'site'}_{number}"
        return self.catalogue.text(key if self.catalogue.has(key) else f"exposed.noun_site_{number}")

    def mark(self, mark: Mark) -> str:
        """``OMS 2021 · 10 µg/m³``, with a word when the value was not read in its source."""
        name = self.catalogue.text(f"reporting.framework.{mark.framework}")
        value = concentration(mark.value, self.catalogue)
        key = "mark" if mark.verified else "mark_unverified"
        return self._text(key, name=name, value=value)

    def level(self, level: Level, known: int) -> tuple[str, str]:
        """``476 sur 814`` and its range ``[244 ; 668]``, empty when there is none."""
        counts = self._text("count", above=self._n(level.above), known=self._n(known))
        if level.low is None or level.high is None or level.low == level.high:
            return counts, ""
        return counts, self._text("bounds", low=self._n(level.low), high=self._n(level.high))

    def missing(self, view: ExposureView) -> list[tuple[str, str]]:
        """Reason and sentence of each group without value."""
        return [
            (reason, self._text(f"missing_{reason}", count=self._n(len(rows))))
            for reason, rows in view.missing.items()
            if reason != OK
        ]

    def row(self, sites: Sites, row: int) -> str:
        """One site as a sentence, for a screen reader."""
        value = interval_text(sites.interval(row), self.catalogue)
        return f"{sites.names[row]}, {kind_name(str(sites.kinds[row]), self.catalogue)}, {value}"

    def _n(self, value: float) -> str:
        return self.catalogue.number(value)

    def _text(self, key: str, **params: Any) -> str:
        return self.catalogue.text(f"exposed.{key}", **params)
