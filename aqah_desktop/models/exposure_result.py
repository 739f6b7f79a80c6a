"""A finished exposure run made ready for its panel: rows, annual values, notes, quality, sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aqah_desktop.models.exposure_view import Sites, sites_of
from aqah_desktop.models.farm_view import FarmsView, farms_view
from aqah_desktop.models.latest import parameters_of
from aqah_desktop.records import Standing, Text
from aqah_desktop.reporting import words
from aqah_desktop.reporting.style import Mark, threshold_marks

if TYPE_CHECKING:
    from aqah_desktop.messages import Catalogue
    from aqah_desktop.models.services import Finished
    from aqah_desktop.storage.pack import Pack


@dataclass(frozen=True, eq=False)
class Standings:
    """What stands under every figure: quality in words, sources, notes, fictitious or not."""

    quality: str
    sources: str
    notes: tuple[str, ...]
    fictitious: bool


@dataclass(frozen=True, eq=False)
class SitesResult:
    """A run of ``aqah.exposure.sites``."""

    sites: Sites
    marks: tuple[Mark, ...]
    figures: dict[str, Any]
    pollutant: str
    year: int | None
    standing: Standings


@dataclass(frozen=True, eq=False)
class FarmsResult:
    """A run of ``aqah.exposure.farms``."""

    view: FarmsView
    marks: tuple[Mark, ...]
    standing: Standings


def sites_result(pack: Pack, finished: Finished, catalogue: Catalogue) -> SitesResult:
    """Make a run of ``aqah.exposure.sites`` ready. Reads the pack: call it from a worker.

    Raises
    ------
    AqahError
        When the pack can no longer be read.
    """
    given = parameters_of(finished)
    pollutant = str(given["pollutant"])
    return SitesResult(
        sites_of(finished.results.tables["sites"].frame, _communes(pack)),
        threshold_marks(pack.thresholds(pollutant), pollutant),
        finished.results.figures,
        pollutant,
        given.get("year"),
        standings(finished, catalogue),
    )


def farms_result(pack: Pack, finished: Finished, catalogue: Catalogue) -> FarmsResult:
    """Make a run of ``aqah.exposure.farms`` ready. Reads the pack: call it from a worker.

    Raises
    ------
    AqahError
        When the pack can no longer be read.
    """
    pollutant = str(parameters_of(finished)["pollutant"])
    return FarmsResult(
        farms_view(finished, _communes(pack)),
        threshold_marks(pack.thresholds(pollutant), pollutant),
        standings(finished, catalogue),
    )


def standings(finished: Finished, catalogue: Catalogue) -> Standings:
    """Quality, sources and notes of a run, each note once."""
    standing: Standing = finished.results.standing
    notes: dict[str, Text] = {catalogue.text(note): note for note in finished.results.notes}
    limits = standing.limits.in_language(catalogue.language)
    return Standings(
        words.standing_words(standing, catalogue),
        " · ".join(words.attributions(finished.datasets, catalogue)),
        (*notes, limits) if limits else tuple(notes),
        words.is_fictitious(standing),
    )


def _communes(pack: Pack) -> dict[str, str]:
    frame = pack.read_table("communes")
    return dict(zip(frame["commune_code"].astype(str), frame["name"].astype(str), strict=True))
