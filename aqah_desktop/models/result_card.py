"""What a run found, as a card says it: figures with their interval, method, limits, quality."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aqah_desktop.messages import Catalogue
from aqah_desktop.models.comparison import AFTER, BEFORE
from aqah_desktop.records import Interval
from aqah_desktop.reporting.words import standing_tone, standing_words

if TYPE_CHECKING:
    from aqah_desktop.models.services import Finished

_LEVELS = ("low", "central", "high")
_MASS, _CONCENTRATION = "t/an", "µg/m³"


@dataclass(frozen=True, slots=True)
class CardFigure:
    """One figure: what it is, its central value, the interval, what must be said with it."""

    label: str
    value: str
    bounds: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class ResultCard:
    """Everything a card shows. ``tone`` is the token of the quality line."""

    figures: tuple[CardFigure, ...]
    quality: str
    tone: str
    limits: str
    notes: tuple[str, ...]
    outputs: tuple[str, ...] = ()
    #: Whether there is a before and an after to compare.
    comparable: bool = False


def card_of(finished: Finished, catalogue: Catalogue) -> ResultCard:
    """Return the card of a run that is done."""
    results = finished.results
    writer = _Writer(catalogue)
    is_action = "emission_change_t_per_year" in results.figures
    figures = writer.action(results.figures) if is_action else ()
    tables = [(t.title, len(t.frame)) for t in results.tables.values()]
    outputs = [catalogue.text("simulate.rows", title=catalogue.text(t), count=n) for t, n in tables]
    outputs += [catalogue.text(raster.title) for raster in results.rasters.values()]
    return ResultCard(
        figures,
        standing_words(results.standing, catalogue),
        standing_tone(results.standing),
        results.standing.limits.in_language(catalogue.language),
        tuple(dict.fromkeys(catalogue.text(note) for note in results.notes)),
        () if is_action else tuple(outputs),
        {BEFORE, AFTER} <= set(results.rasters),
    )


class _Writer:
    """Figures of ``simulate_changes`` in words."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue, self._number = catalogue, catalogue.number
        self._text = catalogue.text

    def action(self, figures: dict[str, Any]) -> tuple[CardFigure, ...]:
        return (
            self._emission(figures),
            self._residents(figures),
            self._sites(figures),
            self._largest(figures),
        )

    def _emission(self, figures: dict[str, Any]) -> CardFigure:
        """Tonnes avoided; a rise is called one, never a negative saving."""
        change = _interval(figures["emission_change_t_per_year"])
        rises = change.central > 0
        shown = change if rises else Interval(-change.low, -change.central, -change.high)
        decimals = 0 if abs(shown.central) >= 10 else 1
        total = self._number(figures["emission_region_t_per_year"])
        return CardFigure(
            self._text("simulate.emissions_added" if rises else "simulate.emissions_avoided"),
            self._catalogue.quantity(shown.central, self._text("simulate.tonnes_per_year"), decimals),
            self._bounds(shown, decimals),
            self._text("simulate.emissions_note", total=total),
        )

    def _residents(self, figures: dict[str, Any]) -> CardFigure:
        change = _interval(figures["population_mean_change_ug_m3"])
        before = self._catalogue.quantity(figures["population_mean_before_ug_m3"], _CONCENTRATION)
        return CardFigure(
            self._text("simulate.residents"),
            self._catalogue.quantity(change.central, _CONCENTRATION, 2),
            self._bounds(change, 2),
            self._text("simulate.residents_note", before=before),
        )

    def _sites(self, figures: dict[str, Any]) -> CardFigure:
        counts = {name: self._number(figures[name]) for name in ("sites", "sites_without_value")}
        return CardFigure(
            self._text("simulate.sites"),
            self._text(
                "simulate.sites_value",
                improved=self._number(figures["sites_improved"]),
                total=counts["sites"],
            ),
            "",
            self._text("simulate.sites_note", missing=counts["sites_without_value"]),
        )

    def _largest(self, figures: dict[str, Any]) -> CardFigure:
        largest = _interval(figures["largest_decrease_ug_m3"])
        return CardFigure(
            self._text("simulate.largest"),
            self._catalogue.quantity(largest.central, _CONCENTRATION, 2),
            self._bounds(largest, 2),
            self._text("simulate.largest_note"),
        )

    def _bounds(self, interval: Interval, decimals: int) -> str:
        low, high = sorted((interval.low, interval.high))
        words = {"low": self._number(low, decimals), "high": self._number(high, decimals)}
        return self._text("simulate.bounds", **words)


def _interval(levels: dict[str, float]) -> Interval:
    return Interval(*(float(levels[level]) for level in _LEVELS))
