"""The layer tree as data: groups in drawing order, and the commands its gestures make.

A group is a run of neighbouring layers with the same group name, so that the tree always shows the order
in which layers are drawn, the first on top. Background pictures stay below everything.
"""

from __future__ import annotations

from dataclasses import dataclass

from aqah_desktop.models.commands import BACKGROUND, MoveLayer
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.records import RasterShape

#: Group of the layers the user adds.
OWN_GROUP = "own"
BACKGROUND_GROUP = "background"


@dataclass(frozen=True, slots=True)
class Section:
    """Neighbouring layers of one group, the first on top."""

    group: str
    entries: tuple[LayerEntry, ...]

    @property
    def visible(self) -> bool | None:
        """Whether all are visible, none is, or (``None``) some are."""
        shown = sum(e.visible for e in self.entries)
        return None if 0 < shown < len(self.entries) else bool(shown)


def sections(layers: tuple[LayerEntry, ...]) -> tuple[Section, ...]:
    """Return the sections of a project's layers, from the top down."""
    found: list[Section] = []
    for entry in layers:
        if found and found[-1].group == entry.group:
            found[-1] = Section(entry.group, (*found[-1].entries, entry))
        else:
            found.append(Section(entry.group, (entry,)))
    return tuple(found)


def step(layers: tuple[LayerEntry, ...], layer_id: str, down: bool) -> MoveLayer | None:
    """Return the command that moves a layer one place up or down; ``None`` at the end.

    At the edge of its group a layer first enters the neighbouring one, as it would when dragged.
    """
    at = _index(layers, layer_id)
    other = at + (1 if down else -1)
    if not 0 <= other < len(layers):
        return None
    if layers[other].group != layers[at].group:
        command = MoveLayer(layer_id, at, layers[other].group)
    else:
        command = MoveLayer(layer_id, other, layers[at].group)
    return command if _allowed(layers, command) else None


def drop(layers: tuple[LayerEntry, ...], layer_id: str, section: int, row: int) -> MoveLayer | None:
    """Return the command that puts a layer before ``row`` of a section; ``None`` when nothing changes.

    Parameters
    ----------
    layers : tuple of LayerEntry
        The project's layers.
    layer_id : str
        What is moved.
    section : int
        Index in :func:`sections`.
    row : int
        Place inside the section, counted with the moved layer still in place.
    """
    parts = sections(layers)
    at = _index(layers, layer_id)
    target = sum(len(s.entries) for s in parts[:section]) + max(0, min(row, len(parts[section].entries)))
    position = target - 1 if at < target else target
    command = MoveLayer(layer_id, position, parts[section].group)
    if (position, command.group) == (at, layers[at].group):
        return None
    return command if _allowed(layers, command) else None


def place_for(layers: tuple[LayerEntry, ...], entry: LayerEntry) -> int:
    """Return where a new layer goes: points above lines and areas, these above surfaces, pictures last.

    A group of other layers is not split.
    """
    rank = _rank(entry)
    place = next((i for i, other in enumerate(layers) if _rank(other) >= rank), len(layers))
    while 0 < place < len(layers) and layers[place - 1].group == layers[place].group != entry.group:
        place += 1
    return place


def _rank(entry: LayerEntry) -> int:
    if entry.layer.role == BACKGROUND:
        return 3
    if isinstance(entry.layer.shape, RasterShape):
        return 2
    return 0 if "Point" in entry.layer.shape.geometry_type else 1


def _allowed(layers: tuple[LayerEntry, ...], command: MoveLayer) -> bool:
    """Pictures stay among themselves, below everything."""
    moved = next(e for e in layers if e.id == command.layer_id)
    others = [e for e in layers if e.id != command.layer_id]
    pictures = sum(e.layer.role == BACKGROUND for e in others)
    first = len(others) - pictures
    if moved.layer.role == BACKGROUND:
        return command.position >= first and command.group == moved.group
    return command.position <= first and command.group != BACKGROUND_GROUP


def _index(layers: tuple[LayerEntry, ...], layer_id: str) -> int:
    return next(i for i, e in enumerate(layers) if e.id == layer_id)
