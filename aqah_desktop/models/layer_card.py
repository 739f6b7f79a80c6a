"""The whole record of a layer as titled facts, ready to be read, copied or printed.

What was computed about the data (held-out scores, counts, gaps) is shown as well: known figures under
their words and with their unit, the others under their own name, so that nothing is hidden.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aqah_desktop.messages import NO_BREAK_SPACE, Catalogue
from aqah_desktop.models.layer_records import dataset_of, extent_of, standing_of
from aqah_desktop.models.state import LayerEntry, ProjectState
from aqah_desktop.records import Dataset, RasterShape, Standing

if TYPE_CHECKING:
    from aqah_desktop.storage.pack import Pack

#: Lists longer than this are told by their length: they serve a computation, not a reader.
_LONGEST_LIST = 12
_UG = "µg/m³"
#: Known figures: decimals and unit.
_FIGURES: dict[str, tuple[int, str]] = {
    "n": (0, ""), "minimum": (0, ""), "bias": (1, _UG), "rmse": (1, _UG), "rmse_interval_90": (1, _UG),
    "r2": (2, ""), "mqi": (2, ""), "error_over_std": (2, ""), "rmse_plain_mean": (1, _UG),
    "rmse_ordinary_kriging": (1, _UG), "skill_over_plain_mean": (2, ""),
    "skill_over_ordinary_kriging": (2, ""), "range_m": (0, "m"),
}  # fmt: skip
#: Unit by the ending of a name, the longest first.
_UNITS = {
    "_t_per_year": "t/an", "_ug_m3": _UG, "_km2": "km²", "_m2": "m²", "_m_s": "m/s", "_ha": "ha", "_m": "m",
}  # fmt: skip
_INTERVALS = ({"value", "interval_90"}, {"low", "central", "high"})


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the card; ``level`` is how deep it stands under the fact before."""

    name: str
    value: str
    level: int = 0


@dataclass(frozen=True, slots=True)
class CardPart:
    """Facts under a title."""

    title: str
    facts: tuple[Fact, ...]


def card(entry: LayerEntry, state: ProjectState, pack: Pack, catalogue: Catalogue) -> tuple[CardPart, ...]:
    """Return the record of a layer, part by part; empty facts are left out."""
    dataset = dataset_of(entry, pack)
    standing = standing_of(entry, state, pack)
    words = _Words(catalogue)
    parts = [
        CardPart(words("about"), _kept(_about(entry, dataset, words))),
        CardPart(words("trust"), _kept(_trust(standing, words))),
        CardPart(words("data"), _kept(_data(entry, dataset, words))),
    ]
    if dataset is not None and dataset.evidence:
        names = {code: territory.name for code, territory in pack.territories.items()}
        facts = evidence_facts(dataset.evidence, catalogue, names)
        parts.append(CardPart(words("evidence"), tuple(facts)))
    parts.append(CardPart(words("lineage"), _kept(_lineage(entry, dataset, pack, words))))
    return tuple(part for part in parts if part.facts)


def as_text(title: str, parts: tuple[CardPart, ...]) -> str:
    """Return the card as plain text, for the clipboard."""
    lines = [title]
    for part in parts:
        lines += ["", part.title]
        lines += [
            f"{'  ' * (fact.level + 1)}{fact.name}{': ' if fact.value else ''}{fact.value}"
            for fact in part.facts
        ]
    return "\n".join(lines) + "\n"


def evidence_facts(
    evidence: dict[str, Any], catalogue: Catalogue, names: dict[str, str] | None = None, level: int = 0
) -> Iterator[Fact]:
    """Tell computed figures, nested ones below their name; ``names`` are those of territory codes."""
    for key, value in evidence.items():
        name = (names or {}).get(key) or _evidence_name(str(key), catalogue)
        if isinstance(value, dict) and any(keys <= set(value) for keys in _INTERVALS):
            yield Fact(name, _with_bounds(str(key), value, catalogue), level)
        elif isinstance(value, dict) and value:
            yield Fact(name, "", level)
            yield from evidence_facts(value, catalogue, names, level + 1)
        else:
            yield Fact(name, _evidence_value(str(key), value, catalogue), level)


# --------------------------------------------------------------------------- parts


class _Words:
    """Texts of the card."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue

    def __call__(self, key: str, **params: Any) -> str:
        return self.catalogue.text(f"layer_panel.card.{key}", **params)

    def local(self, text: Any) -> str:
        return str(text.in_language(self.catalogue.language))


def _about(entry: LayerEntry, dataset: Dataset | None, words: _Words) -> Iterator[Fact]:
    if dataset is None:
        yield Fact(words("record"), words("no_record"))
        return
    origin = dataset.origin
    yield Fact(words("dataset"), words.local(dataset.title))
    yield Fact(words("publisher"), origin.publisher)
    yield Fact(words("licence"), origin.licence)
    yield Fact(words("attribution"), origin.attribution)
    yield Fact(words("source"), origin.source)
    yield Fact(words("file"), str(entry.path or ""))
    yield Fact(words("redistributable"), words("yes" if origin.redistributable else "no"))
    yield Fact(words("version"), dataset.version)
    if entry.layer.run_id:
        yield Fact(words("run"), entry.layer.run_id)


def _trust(standing: Standing | None, words: _Words) -> Iterator[Fact]:
    if standing is None:
        return
    text = words.catalogue.text
    yield Fact(words("quality"), text(f"reporting.quality.{standing.quality.value}"))
    yield Fact(words("method"), text(f"reporting.method.{standing.method.value}"))
    flags = [text(f"reporting.flag.{flag.value}") for flag in standing.flags]
    yield Fact(words("flags"), " · ".join(flags))
    yield Fact(words("confidence"), words(f"confidence_{standing.confidence.value}"))
    yield Fact(words("limits"), words.local(standing.limits))


def _data(entry: LayerEntry, dataset: Dataset | None, words: _Words) -> Iterator[Fact]:
    number = words.catalogue.number
    layer = entry.layer
    if dataset is not None:
        coverage = dataset.coverage
        yield Fact(words("space"), words.local(coverage.space))
        yield Fact(words("time"), coverage.time)
        yield Fact(words("vintage"), coverage.vintage)
        yield Fact(words("resolution"), words.local(coverage.resolution))
        yield Fact(words("crs"), coverage.crs)
    if layer.measure is not None:
        yield Fact(words("unit"), layer.measure.unit)
    if isinstance(layer.shape, RasterShape):
        grid = layer.shape.grid
        yield Fact(words("grid"), words("grid_value", nx=number(grid.nx), ny=number(grid.ny)))
    else:
        yield Fact(words("geometry"), words.catalogue.text(geometry_key(layer.shape.geometry_type)))
        yield Fact(words("fields"), ", ".join(words.local(f.label) for f in layer.shape.fields))
    extent = extent_of(entry)
    if extent is not None:
        yield Fact(words("extent"), " ; ".join(number(v) for v in extent))


def _lineage(entry: LayerEntry, dataset: Dataset | None, pack: Pack, words: _Words) -> Iterator[Fact]:
    if dataset is not None:
        named = {
            **{k: d.title for k, d in pack.datasets.items()},
            **{k: x.title for k, x in pack.layers.items()},
        }
        for key, ids in (("parents", dataset.lineage.parents), ("replaces", dataset.lineage.replaces)):
            titles = [words.local(named[name]) if name in named else name for name in ids]
            yield Fact(words(key), " · ".join(titles))
        yield Fact(words("retrieval_hash"), dataset.lineage.retrieval_hash)
        yield Fact(words("product_hash"), dataset.lineage.product_hash)
    if not entry.layer.content_hash.startswith("stamp:"):
        yield Fact(words("content_hash"), entry.layer.content_hash)
    yield Fact(words("identifier"), entry.id)


def geometry_key(geometry_type: str) -> str:
    """Key of the words for a geometry type."""
    for word in ("Point", "Line", "Polygon", "None"):
        if word in geometry_type:
            return f"layer_panel.geometry.{word.lower()}"
    return "layer_panel.geometry.mixed"


def _kept(facts: Iterator[Fact]) -> tuple[Fact, ...]:
    return tuple(fact for fact in facts if fact.value)


# --------------------------------------------------------------------------- evidence


def _evidence_name(key: str, catalogue: Catalogue) -> str:
    symbol = f"reporting.pollutant.{key}.symbol"
    known = f"layer_panel.evidence.{re.sub('[^a-z0-9_]', '_', key.lower())}"
    for candidate in (symbol, known):
        if catalogue.has(candidate):
            return catalogue.text(candidate)
    return key.replace("_", " ")


def _with_bounds(key: str, value: dict[str, Any], catalogue: Catalogue) -> str:
    """A value with its bounds, written either way."""
    middle = value.get("value", value.get("central"))
    low, high = value["interval_90"] if "interval_90" in value else (value["low"], value["high"])
    bounds = " ; ".join(_number(key, bound, catalogue) for bound in (low, high))
    return f"{_evidence_value(key, middle, catalogue)} [{bounds}]"


def _evidence_value(key: str, value: Any, catalogue: Catalogue) -> str:
    if isinstance(value, bool):
        return catalogue.text("layer_panel.card.yes" if value else "layer_panel.card.no")
    if isinstance(value, int | float):
        unit = _format(key, value)[1]
        number = _number(key, value, catalogue)
        return f"{number}{NO_BREAK_SPACE}{unit}" if unit else number
    if isinstance(value, list):
        if len(value) > _LONGEST_LIST or any(isinstance(v, dict | list) for v in value):
            return catalogue.text("layer_panel.card.items", count=catalogue.number(len(value)))
        separator = " ; " if all(isinstance(v, int | float) for v in value) else ", "
        return separator.join(_evidence_value(key, v, catalogue) for v in value) or "—"
    known = f"layer_panel.evidence_value.{re.sub('[^a-z0-9_]', '_', str(value).lower())}"
    return catalogue.text(known) if catalogue.has(known) else str(value) or "—"


def _number(key: str, value: float, catalogue: Catalogue) -> str:
    return catalogue.number(float(value), _format(key, value)[0])


def _format(key: str, value: float) -> tuple[int, str]:
    """Decimals and unit of a figure: as known, else by the ending of its name."""
    if key in _FIGURES:
        return _FIGURES[key]
    unit = next((unit for ending, unit in _UNITS.items() if key.endswith(ending)), "")
    if float(value).is_integer() or not math.isfinite(value):
        return 0, unit
    # Three figures that mean something.
    return max(0, min(6, 2 - math.floor(math.log10(abs(value))))), unit
