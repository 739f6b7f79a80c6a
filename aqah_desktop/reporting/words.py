"""Sentences that every map, table and note says the same way: standing, measure, sources."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from aqah_desktop.messages import Catalogue
from aqah_desktop.records import (
    Dataset,
    Layer,
    Measure,
    Pollutant,
    Quality,
    Standing,
    Statistic,
    Territory,
)
from aqah_desktop.reporting.style import Mark

if TYPE_CHECKING:
    from aqah_desktop.storage.pack import Pack


def standing_words(standing: Standing, catalogue: Catalogue) -> str:
    """``modélisé — indicatif · donnée de substitution``: method, quality, then every flag."""
    method = catalogue.text(f"reporting.method.{standing.method.value}")
    quality = catalogue.text(f"reporting.quality.{standing.quality.value}")
    flags = [catalogue.text(f"reporting.flag.{flag.value}") for flag in standing.flags]
    return " · ".join([f"{method} — {quality}", *flags])


def standing_tone(standing: Standing) -> str:
    """Token by which a standing is coloured: ``"accent"`` when official, ``"danger"`` when invented."""
    tones = {Quality.OFFICIAL: "accent", Quality.FICTITIOUS: "danger"}
    return tones.get(standing.quality, "warning")


def is_fictitious(standing: Standing) -> bool:
    """Whether a figure must be shown as invented."""
    return standing.quality is Quality.FICTITIOUS


def pollutant_symbol(pollutant: Pollutant | str | None, catalogue: Catalogue) -> str:
    """``NO₂``; the bare code for a pollutant without text."""
    return _pollutant("symbol", pollutant, catalogue)


def pollutant_name(pollutant: Pollutant | str | None, catalogue: Catalogue) -> str:
    """``dioxyde d’azote (NO₂)``."""
    return _pollutant("name", pollutant, catalogue)


def _pollutant(what: str, pollutant: Pollutant | str | None, catalogue: Catalogue) -> str:
    code = str(pollutant or "")
    key = f"reporting.pollutant.{code}.{what}"
    return catalogue.text(key) if catalogue.has(key) else code.upper()


def years_words(measure: Measure | None) -> str:
    """``2019`` or ``2013–2019``; empty when timeless."""
    if measure is None or measure.years is None:
        return ""
    first, last = measure.years
    return str(first) if first == last else f"{first}–{last}"


def statistic_words(measure: Measure | None, catalogue: Catalogue) -> str:
    """``moyenne annuelle``; empty without a measure."""
    return catalogue.text(f"reporting.statistic.{measure.statistic.value}") if measure else ""


def map_title(layer_title: str, measure: Measure | None, catalogue: Catalogue) -> str:
    """``Dioxyde d’azote (NO₂) en 2019`` for an annual mean; the layer's own title otherwise."""
    if measure is None or measure.statistic is not Statistic.ANNUAL_MEAN or measure.pollutant is None:
        return layer_title
    name = pollutant_name(measure.pollutant, catalogue)
    name = name[:1].upper() + name[1:]
    years = years_words(measure)
    return catalogue.text("reporting.map.title", name=name, years=years) if years else name


def legend_title(layer_title: str, measure: Measure | None, catalogue: Catalogue) -> str:
    """``NO₂, moyenne annuelle``."""
    if measure is None or measure.pollutant is None:
        return statistic_words(measure, catalogue).capitalize() or layer_title
    return f"{pollutant_symbol(measure.pollutant, catalogue)}, {statistic_words(measure, catalogue)}"


def territory_words(territory: Territory, catalogue: Catalogue) -> str:
    """``Métropole Européenne de Lille · 1 194 040 habitants``."""
    people = catalogue.number(territory.population)
    return catalogue.text("reporting.map.territory", name=territory.name, population=people)


def class_names(marks: Sequence[Mark], unit: str, catalogue: Catalogue) -> tuple[str, ...]:
    """Legend texts of the classes between annual values, lowest first."""
    if not marks:
        return (catalogue.text("reporting.legend.any_value"),)
    values = [catalogue.number(m.value, 0 if m.value == int(m.value) else 1) for m in marks]
    names = [catalogue.text("reporting.legend.up_to", high=values[0], unit=unit)]
    for low, high in pairwise(values):
        names.append(catalogue.text("reporting.legend.between", low=low, high=high, unit=unit))
    return (*names, catalogue.text("reporting.legend.above", low=values[-1], unit=unit))


def attributions(datasets: Iterable[Dataset], catalogue: Catalogue) -> list[str]:
    """Attribution lines with their licence, each once, in order."""
    lines: dict[str, None] = {}
    for dataset in datasets:
        line = dataset.origin.attribution or dataset.title.in_language(catalogue.language)
        licence = dataset.origin.licence
        lines.setdefault(f"{line} ({licence})" if licence and licence not in line else line)
    return list(lines)


def datasets_of(pack: Pack, layer_ids: Iterable[str]) -> list[Dataset]:
    """Datasets of the layers that the pack has, each once, in order."""
    found: dict[str, Dataset] = {}
    for layer_id in layer_ids:
        if layer_id in pack.layers:
            dataset = pack.dataset_of(layer_id)
            found.setdefault(dataset.id, dataset)
    return list(found.values())


def map_notice(layer: Layer | None, measure: Measure | None, catalogue: Catalogue) -> str:
    """What must be known before a value of the map is read; empty for maps without concentrations."""
    if measure is None or measure.pollutant is None:
        return ""
    if measure.statistic is Statistic.DIFFERENCE:
        return catalogue.text("reporting.notice.difference")
    if layer is not None and layer.role == "uncertainty":
        return catalogue.text("reporting.notice.uncertainty")
    if measure.statistic is Statistic.ANNUAL_MEAN:
        return catalogue.text("reporting.notice.background")
    return ""
