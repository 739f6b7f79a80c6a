"""Dataset record of the road emissions, from what the recipe computed."""

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
    Quality,
    Standing,
)


def dataset(work: Workspace, evidence: dict[str, Any]) -> Dataset:
    """Record whose limits quote the evidence."""
    with work.source(f"records/{work.recipe}.toml").open("rb") as stream:
        texts = tomllib.load(stream)
    limits = {language: " ".join(words.split()) for language, words in texts["limits"].items()}
    factor, potency = evidence["dispersion_factor"], evidence["potency_lille"]
    quoted = {
        "own": round(potency["emission_t_per_year"] / 100) * 100,
        "other": round(potency["emission_other_inventory_t_per_year"] / 100) * 100,
        "factor": factor["central"],
        "low": factor["low"],
        "high": factor["high"],
        "n": evidence["fit_2017"]["n"],
    }
    return Dataset(
        id="road_nox_2018",
        version="1",
        title=LocalText("Émissions routières de NOx de 2018 à 200 m", "Road NOx emissions of 2018 at 200 m"),
        origin=Origin(
            publisher="AQAH Desktop",
            licence="Licence Ouverte 2.0",
            attribution=french(texts["attribution"].strip()),
            source="sources/emissions_regional.csv, sources/potency_lille.csv",
        ),
        coverage=Coverage(
            SPACES["region"], "2018", LocalText("200 m", "200 m"), "EPSG:2154", "inventaire 2018"
        ),
        lineage=Lineage(parents=("population", "stations", "station_values", "wind_stability")),
        standing=Standing(
            Quality.INDICATIVE,
            Method.MODELLED,
            (Flag.PROXY,),
            Confidence.DERIVED,
            LocalText(french(limits["fr"].format(**_in_french(quoted))), limits["en"].format(**quoted)),
        ),
        evidence=evidence,
    )


def _in_french(values: dict[str, Any]) -> dict[str, str]:
    return {key: str(value).replace(".", ",") for key, value in values.items()}
