"""What a territory opens with: its layers in drawing order, the last year there is."""

from __future__ import annotations

from aqah_desktop.models.state import LayerEntry
from aqah_desktop.records import Layer, Pollutant
from aqah_desktop.storage.pack import Pack

#: Layer ids of the pack from the top down, and whether they are visible at first.
_ORDER: tuple[tuple[str, bool, str], ...] = (
    ("ecoles", True, "sites"),
    ("colleges_lycees", True, "sites"),
    ("hospitals", True, "sites"),
    ("ehpad", True, "sites"),
    ("social_centres", True, "sites"),
    ("stations", False, "observations"),
    ("industrial_sites", False, "activities"),
    ("farms", False, "activities"),
    ("training_houses", False, "training"),
    ("training_farm", False, "training"),
    ("training_parcels", False, "training"),
    ("communes", True, "reference"),
    ("rivers", True, "reference"),
)


def years_of(pack: Pack, pollutant: str) -> list[int]:
    """Years for which the pack has an annual-mean map of a pollutant, ascending."""
    found = set()
    for layer in pack.layers.values():
        measure = layer.measure
        if layer.role == "concentration" and measure and measure.pollutant == pollutant and measure.years:
            found.add(measure.years[1])
    return sorted(found)


def pollutants_of(pack: Pack) -> list[Pollutant]:
    """Pollutants with at least one map, in the order of :class:`Pollutant`."""
    return [p for p in Pollutant if years_of(pack, p)]


def nearest_year(pack: Pack, pollutant: str, year: int) -> int:
    """The mapped year closest to ``year`` (the later one when two are equally close)."""
    return min(years_of(pack, pollutant), key=lambda y: (abs(y - year), -y))


def opening_layers(pack: Pack, pollutant: str, year: int) -> tuple[LayerEntry, ...]:
    """Layers of the pack a territory opens with, from the top down."""
    entries = [
        LayerEntry(pack.layers[layer_id], "pack", visible=visible, group=group)
        for layer_id, visible, group in _ORDER
        if layer_id in pack.layers
    ]
    surface: Layer = pack.concentration(pollutant, year)
    return (*entries, LayerEntry(surface, "pack", opacity=0.85, group="concentrations"))
