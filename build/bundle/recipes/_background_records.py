"""Titles, limits and origin of the background maps, from the scores they got."""

from __future__ import annotations

import tomllib
from typing import Any

from framework import Workspace
from recipes._records import SPACES, french

from aqah_desktop.records import (
    Confidence,
    Coverage,
    Dataset,
    Flag,
    Lineage,
    LocalText,
    Method,
    Origin,
    Pollutant,
    Quality,
    Standing,
    Statistic,
)

NAMES = {Pollutant.NO2: ("NO₂", "NO₂"), Pollutant.PM10: ("PM10", "PM10"), Pollutant.PM25: ("PM2,5", "PM2.5")}
Texts = dict[str, Any]


def texts(work: Workspace) -> Texts:
    """The texts of the recipe."""
    with work.source("records/concentrations.toml").open("rb") as stream:
        return tomllib.load(stream)


def title(words: Texts, pollutant: Pollutant, year: int, statistic: Statistic) -> LocalText:
    """Title of a map or of its companion."""
    both = words["title"][statistic.value]
    fr, en = NAMES[pollutant]
    return LocalText(french(both["fr"].format(name=fr, year=year)), both["en"].format(name=en, year=year))


def dataset(words: Texts, name: str, pollutant: Pollutant, year: int, evidence: dict[str, Any]) -> Dataset:
    """The record of one map and its companion."""
    measured = words["stations" if evidence["observations"]["stations"] else "cities"]
    return Dataset(
        id=name,
        version=words["version"],
        title=title(words, pollutant, year, Statistic.ANNUAL_MEAN),
        origin=Origin(
            words["publisher"], french(measured["licence"]),
            french(" ".join(measured["attribution"].split())), words["source"],
        ),
        coverage=Coverage(
            SPACES["region"], str(year), LocalText(**words["resolution"]), "EPSG:2154", str(year)
        ),
        lineage=Lineage(parents=tuple(words["parents"])),
        standing=Standing(
            Quality.INDICATIVE, Method.MODELLED, (Flag.TO_BE_VERIFIED,), Confidence.DERIVED,
            limits(words, evidence),
        ),
        evidence=evidence,
    )  # fmt: skip


def limits(words: Texts, evidence: dict[str, Any]) -> LocalText:
    """What must be read before a figure of the map: background only, skill, population, cities."""
    seen, judged = evidence["observations"], evidence["held_out_background_sites"]
    keys = ["always", evidence["spatial_skill"].replace(" ", "_")]
    if "population" in evidence["model"]:
        keys.append("population")
    else:
        keys.append("no_population" if evidence["population_tried"] else "too_few_for_population")
    if not seen["stations"]:
        keys.append("cities")
    mixed = seen["city_means_with_traffic_inside"]
    fill = {
        "background": judged["n"],
        "minimum": judged.get("minimum", ""),
        "rmse": judged["rmse"],
        "base": judged["rmse_plain_mean"],
        "cities": seen["city_means"] + mixed,
        "mixed": mixed,
    }
    fr, en = (
        " ".join(" ".join(words["limits"][key][language].split()) for key in keys)
        for language in ("fr", "en")
    )
    return LocalText(french(fr.format_map(_rounded(fill, ","))), en.format_map(_rounded(fill, ".")))


def _rounded(fill: dict[str, Any], point: str) -> dict[str, Any]:
    return {k: f"{v:.1f}".replace(".", point) if isinstance(v, float) else v for k, v in fill.items()}
