"""Layers of the pack that are not on the map yet, ready to be added."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aqah_desktop.models.layer_tree import place_for
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.records import Layer, RasterShape

if TYPE_CHECKING:
    from aqah_desktop.storage.pack import Pack

#: Group of a layer by its role.
_GROUPS = {
    "sites": "sites", "stations": "observations", "concentration": "concentrations",
    "uncertainty": "concentrations", "emissions": "activities", "industry": "activities",
    "farms": "activities", "parcels": "training", "population": "reference",
    "base": "reference", "places": "reference",
}  # fmt: skip
#: Ground of every map, not a layer one looks at.
_GROUND = frozenset(("land",))


def offered(layers: tuple[LayerEntry, ...], pack: Pack) -> list[Layer]:
    """Return the layers of the pack that can be drawn and are not in the project, in a telling order."""
    there = {e.id for e in layers}
    order = list(dict.fromkeys(_GROUPS.values()))
    found = [
        layer
        for layer in pack.layers.values()
        if layer.id not in there and layer.id not in _GROUND and _drawable(layer)
    ]
    found.sort(key=lambda layer: (order.index(group_of(layer)), layer.role == "uncertainty", layer.title.fr))
    return found


def group_of(layer: Layer) -> str:
    """Group of the layer tree a layer of the pack belongs to."""
    return _GROUPS.get(layer.role, "reference")


def entry_for(layers: tuple[LayerEntry, ...], layer: Layer) -> tuple[LayerEntry, int]:
    """Return the entry of a layer of the pack and its place: inside its group where there is one."""
    group = group_of(layer)
    opacity = 0.85 if isinstance(layer.shape, RasterShape) else 1.0
    entry = LayerEntry(layer, "pack", opacity=opacity, group=group)
    same = [i for i, e in enumerate(layers) if e.group == group]
    return entry, same[0] if same else place_for(layers, entry)


def _drawable(layer: Layer) -> bool:
    return isinstance(layer.shape, RasterShape) or layer.shape.geometry_type != "None"
