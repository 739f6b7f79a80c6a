"""How things look, as data: theme tokens, colour scales, site classes and layer styles.

One table of tokens (``resources/themes/tokens.toml``), one of ramps and one of classes
(``resources/colormaps/``) serve the window, map pages, charts and briefings, so that a map exported is
the map that was seen. Nothing here draws.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from aqah_desktop.errors import UnknownItemError
from aqah_desktop.records import Confidence, Measure, Statistic, Threshold
from aqah_desktop.reporting.tokens import RGB, resource_table, rgb

#: Class index of a cell without value.
NO_DATA = 255
#: Values classed at once: few enough to stay in the cache of the processor.
_BLOCK = 1 << 15

#: A standard deviation above this share of the value is drawn hatched ("confiance faible").
WEAK_RELATIVE_STD = 0.30


# --------------------------------------------------------------------------- colour scales


@dataclass(frozen=True, slots=True)
class ColourScale:
    """Classes of a raster: ``n`` colours between ``n − 1`` ascending breaks.

    Class ``i`` holds values above ``breaks[i − 1]`` and up to ``breaks[i]`` included, so a value equal to
    a threshold does not exceed it. ``decimals`` is what the legend prints at least.
    """

    id: str
    breaks: tuple[float, ...]
    colours: tuple[RGB, ...]
    unit: str
    decimals: int = 0
    diverging: bool = False

    def classify(self, values: np.ndarray) -> np.ndarray:
        """Class of each value.

        Parameters
        ----------
        values : ndarray of float, any shape
            In the scale's unit; NaN where there is no data.

        Returns
        -------
        ndarray of uint8
            ``0 … n − 1``, or :data:`NO_DATA`.
        """
        breaks = np.asarray(self.breaks, values.dtype)
        flat = np.ravel(values)
        classes = np.zeros(flat.shape, np.uint8)
        # A comparison a break, block by block, is several times faster than a search for each value.
        for at in range(0, len(flat), _BLOCK):
            block, found = flat[at : at + _BLOCK], classes[at : at + _BLOCK]
            for limit in breaks:
                found += block > limit
            found[np.isnan(block)] = NO_DATA
        return classes.reshape(values.shape)

    def lookup(self) -> np.ndarray:
        """``(256, 4) uint8`` RGBA table of the classes; :data:`NO_DATA` is transparent."""
        table = np.zeros((256, 4), np.uint8)
        table[: len(self.colours), :3] = self.colours
        table[: len(self.colours), 3] = 255
        return table


@cache
def ramp_stops(name: str) -> tuple[RGB, ...]:
    """Stops of a ramp, lowest value first.

    Raises
    ------
    UnknownItemError
        If no ramp has this name.
    """
    ramps = resource_table("colormaps", "ramps.toml")
    if name not in ramps:
        raise UnknownItemError("reporting.unknown_ramp", name=name, known=sorted(ramps))
    return tuple(rgb(stop) for stop in ramps[name]["stops"])


def ramp_colours(name: str, count: int, span: Sequence[float] = (0.0, 1.0)) -> tuple[RGB, ...]:
    """``count`` colours evenly taken from ``span`` of a ramp (linear between its 17 stops)."""
    stops = np.asarray(ramp_stops(name), float)
    at = np.linspace(span[0], span[1], count) * (len(stops) - 1) if count > 1 else np.array([8.0])
    channels = [np.interp(at, np.arange(len(stops)), stops[:, c]) for c in range(3)]
    return tuple((round(r), round(g), round(b)) for r, g, b in zip(*channels, strict=True))


def scale_for(measure: Measure | None, values: np.ndarray | None = None) -> ColourScale:
    """Return the scale in which a measure is drawn.

    Fixed classes by pollutant and statistic; a difference is centred on zero with bounds from
    ``values``; a measure without table gets round breaks from ``values``.

    Parameters
    ----------
    measure : Measure or None
        What the numbers mean.
    values : ndarray of float, optional
        Values to be drawn (NaN = no data), needed for differences and unknown measures only.
    """
    unit = measure.unit if measure else ""
    statistic = measure.statistic if measure else None
    if statistic is Statistic.DIFFERENCE:
        return difference_scale(values, unit)
    table = resource_table("colormaps", "scales.toml")
    pollutant = measure.pollutant.value if measure and measure.pollutant else "any"
    key = statistic.value if statistic else "other"
    entry = table.get(pollutant, {}).get(key) or table["any"].get(key) or table["any"]["other"]
    breaks = tuple(entry.get("breaks") or _round_breaks(values))
    colours = ramp_colours(entry["ramp"], len(breaks) + 1, entry["span"])
    return ColourScale(f"{pollutant}.{key}", breaks, colours, unit, entry["decimals"])


def difference_scale(values: np.ndarray | None, unit: str, limit: float | None = None) -> ColourScale:
    """Diverging scale centred on zero: blue = lower than before, brown red = higher.

    ``limit`` (same unit, > 0) fixes both ends; by default it is a round number that covers 99 % of the
    absolute values.
    """
    entry = resource_table("colormaps", "scales.toml")["any"]["difference"]
    if limit is None:
        finite = np.abs(values[np.isfinite(values)]) if values is not None else np.empty(0)
        limit = float(np.quantile(finite, 0.99)) if finite.size else 1.0
    step = nice_step(max(limit, 1e-3) / 5)
    half = [step * (i + 0.5) for i in range(5)]
    breaks = tuple(round(b, 2 - math.floor(math.log10(step))) for b in [-h for h in reversed(half)] + half)
    colours = ramp_colours(entry["ramp"], len(breaks) + 1, entry["span"])
    decimals = max(1, -math.floor(math.log10(step / 2)))
    return ColourScale("difference", breaks, colours, unit, decimals, diverging=True)


def nice_step(raw: float) -> float:
    """Smallest of 1, 2, 5 × 10^k that is not below ``raw`` (> 0)."""
    power = 10.0 ** math.floor(math.log10(raw))
    return next(float(m * power) for m in (1, 2, 5, 10) if m * power >= raw * (1 - 1e-9))


def _round_breaks(values: np.ndarray | None, count: int = 8) -> list[float]:
    finite = values[np.isfinite(values)] if values is not None else np.empty(0)
    if not finite.size or float(finite.max()) <= float(finite.min()):
        return [0.0 if not finite.size else float(finite.max())]
    low, high = (float(v) for v in np.quantile(finite, [0.01, 0.99]))
    if high <= low:
        low, high = float(finite.min()), float(finite.max())
    step = nice_step((high - low) / count)
    first = math.ceil(low / step)
    decimals = 1 - math.floor(math.log10(step))
    return [round((first + i) * step, decimals) for i in range(int((high - first * step) / step) + 1)]


# --------------------------------------------------------------------------- sites

#: Frameworks whose annual value classes a site. The threshold's id is ``<framework>_<pollutant>_annual``:
#: WHO's guideline (not its interim targets), the limit value of each directive.
FRAMEWORKS = ("who_2021", "eu_2030", "eu_2008")


@dataclass(frozen=True, slots=True)
class Mark:
    """An annual value shown in a legend; ``verified`` when it was read in its source."""

    framework: str
    value: float
    verified: bool = True


@dataclass(frozen=True, slots=True)
class SiteScale:
    """Colour classes of sites between the annual values of the frameworks."""

    marks: tuple[Mark, ...]
    colours: tuple[RGB, ...]
    no_value: RGB

    def classify(self, values: np.ndarray) -> np.ndarray:
        """``0 … n`` (number of annual values strictly exceeded), −1 where the value is NaN."""
        breaks = np.array([m.value for m in self.marks])
        exceeded = np.searchsorted(breaks, np.asarray(values, float), side="left")
        return np.where(np.isnan(np.asarray(values, float)), -1, exceeded)

    def colour(self, index: int) -> RGB:
        """Colour of a class, or of "no value" for −1."""
        return self.no_value if index < 0 else self.colours[index]


def threshold_marks(thresholds: Sequence[Threshold], pollutant: str) -> tuple[Mark, ...]:
    """One mark per framework of :data:`FRAMEWORKS`, ascending, from the annual values of a pollutant."""
    known = {threshold.id: threshold for threshold in thresholds}
    found = [(name, known.get(f"{name}_{pollutant}_annual")) for name in FRAMEWORKS]
    marks = [
        Mark(name, threshold.value_ug_m3, threshold.confidence in (Confidence.PUBLISHED, Confidence.DERIVED))
        for name, threshold in found
        if threshold is not None
    ]
    return tuple(sorted(marks, key=lambda m: m.value))


def site_scale(marks: Sequence[Mark]) -> SiteScale:
    """Return the colour classes for these annual values; marks that coincide make one class."""
    entry = resource_table("colormaps", "scales.toml")["sites"]
    palette = [rgb(c) for c in entry["colours"]]
    distinct = tuple({m.value: m for m in marks}.values())[: len(palette) - 1]
    keep = palette if len(distinct) == len(palette) - 1 else palette[:1] + palette[-len(distinct) :]
    colours = tuple(keep) if distinct else (palette[0],)
    return SiteScale(distinct, colours, rgb(entry["no_value"]))


# --------------------------------------------------------------------------- layer styles


@dataclass(frozen=True, slots=True)
class LineStyle:
    """A stroke: colour token, width in logical pixels, opacity 0–1, optional casing width."""

    colour: str
    width: float
    opacity: float = 1.0
    casing: float = 0.0


@dataclass(frozen=True, slots=True)
class FillStyle:
    """A fill: colour token and opacity 0–1."""

    colour: str
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class SymbolStyle:
    """A point symbol: ``"circle"``, ``"square"``, ``"diamond"``, ``"triangle"``, ``"cross"``; size in px."""

    shape: str
    size: float


#: Lines by layer id; drawn in this order.
LINES: dict[str, LineStyle] = {
    "rivers": LineStyle("river", 1.4, 0.9),
    "communes": LineStyle("commune", 0.8, 0.55),
    "epci": LineStyle("department", 1.2, 0.6),
    "departments": LineStyle("department", 1.6, 0.75, casing=3.4),
    "coast": LineStyle("line_strong", 1.2, 0.9),
}
TERRITORY_LINE = LineStyle("territory", 2.4, 0.95, casing=5.2)

#: Surroundings of the open territory are covered with paper at this opacity.
SURROUNDINGS = FillStyle("paper", 0.7)

#: Point symbols by kind of site or role of layer.
SYMBOLS: dict[str, SymbolStyle] = {
    "ecole": SymbolStyle("circle", 9.0),
    "college": SymbolStyle("square", 9.0),
    "lycee": SymbolStyle("square", 9.0),
    "hospital": SymbolStyle("cross", 12.0),
    "ehpad": SymbolStyle("diamond", 11.0),
    "social_centre": SymbolStyle("triangle", 12.0),
    "station": SymbolStyle("triangle", 11.0),
    "industry": SymbolStyle("diamond", 9.0),
    "farm": SymbolStyle("square", 9.0),
    "place": SymbolStyle("circle", 6.0),
    "other": SymbolStyle("circle", 8.0),
}


def symbol_for(kind: str) -> SymbolStyle:
    """Symbol of a kind of site; a plain circle for kinds without one of their own."""
    return SYMBOLS.get(kind, SYMBOLS["other"])
