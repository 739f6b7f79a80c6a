"""How far a figure can be trusted: quality, method, flags, confidence, interval."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from aqah_desktop.records.words import EMPTY_TEXT, LocalText


class Quality(StrEnum):
    """Who stands behind a figure, best first: a result takes the worst of its inputs."""

    OFFICIAL = "official"
    USER_SUPPLIED = "user-supplied"
    INDICATIVE = "indicative"
    EXPLORATORY = "exploratory"
    FICTITIOUS = "fictitious"


class Method(StrEnum):
    """How a figure was obtained, most direct first."""

    MEASURED = "measured"
    DECLARED = "declared"
    DRAWN = "drawn"
    DERIVED = "derived"
    MODELLED = "modelled"


class Flag(StrEnum):
    """A caveat that travels with a figure to every legend, table and briefing."""

    PROXY = "proxy"
    TO_BE_VERIFIED = "to-be-verified"


class Confidence(StrEnum):
    """How a published figure was obtained by us; ``RECALLED`` is never shown as a fact."""

    PUBLISHED = "published"
    DERIVED = "derived"
    SECONDARY = "secondary"
    RECALLED = "recalled"


@dataclass(frozen=True, slots=True)
class Standing:
    """Quality, method and caveats of a dataset or a result."""

    quality: Quality
    method: Method
    flags: tuple[Flag, ...] = ()
    confidence: Confidence = Confidence.PUBLISHED
    limits: LocalText = EMPTY_TEXT

    @staticmethod
    def worst(inputs: list[Standing], method: Method, limits: LocalText | None = None) -> Standing:
        """Combine the standing of inputs: worst quality and confidence, every flag.

        Raises
        ------
        ValueError
            If ``inputs`` is empty: a result without inputs has no standing.
        """
        if not inputs:
            raise ValueError("a result needs at least one input")
        qualities, confidences = list(Quality), list(Confidence)
        return Standing(
            quality=max((s.quality for s in inputs), key=qualities.index),
            method=method,
            flags=tuple(f for f in Flag if any(f in s.flags for s in inputs)),
            confidence=max((s.confidence for s in inputs), key=confidences.index),
            limits=limits or EMPTY_TEXT,
        )


@dataclass(frozen=True, slots=True)
class Interval:
    """A central value with its low and high bounds; ``level`` is the coverage in percent.

    ``level`` is ``None`` for a range that is not a confidence interval (e.g. the user's low and
    high assumption).
    """

    low: float
    central: float
    high: float
    level: float | None = None
