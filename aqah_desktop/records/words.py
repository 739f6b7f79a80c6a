"""Texts and the closed lists of words every room uses."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


@dataclass(frozen=True, slots=True)
class LocalText:
    """A text that belongs to data rather than to the program, in both languages."""

    fr: str
    en: str

    def in_language(self, language: str) -> str:
        """Return the text in ``"fr"`` or ``"en"`` (French when the other is empty)."""
        return (self.en or self.fr) if language == "en" else (self.fr or self.en)


EMPTY_TEXT = LocalText("", "")


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the program: a key of the message catalogue and its parameters."""

    key: str
    params: dict[str, Any] = field(default_factory=dict)


class Pollutant(StrEnum):
    """Pollutants the program knows; the value is what files and the command line use."""

    NO2 = "no2"
    NOX = "nox"
    PM10 = "pm10"
    PM25 = "pm25"
    O3 = "o3"
    SO2 = "so2"
    NH3 = "nh3"
    NMVOC = "nmvoc"


class Sector(StrEnum):
    """Emission sectors; more are added with the inventory that needs them."""

    ROAD = "road"
    RESIDENTIAL = "residential"
    INDUSTRY = "industry"
    ENERGY = "energy"
    AGRICULTURE = "agriculture"
    WASTE = "waste"
    OTHER_TRANSPORT = "other_transport"
    SHIPPING = "shipping"


class Statistic(StrEnum):
    """What a number of a layer or column is."""

    ANNUAL_MEAN = "annual_mean"
    STANDARD_DEVIATION = "standard_deviation"
    DIFFERENCE = "difference"
    EMISSION_TOTAL = "emission_total"
    DENSITY = "density"
    COUNT = "count"
