"""Every change to a project is one of these commands: data in, new state out.

A command is a frozen record with a stable name (written to the journal), a pure ``apply`` and a label
for the *Edit* menu. Undo needs no inverse: the state before is kept, and states are immutable.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol

from aqah_desktop.errors import BadInputError, UnknownItemError
from aqah_desktop.models.state import LayerEntry, ProjectState, Scenario, UserFile
from aqah_desktop.records import Layer, Pollutant, RasterShape, RunRecord, Text

#: Role of layers that are pictures, drawn below everything else.
BACKGROUND = "background"


class Command(Protocol):
    """A change of the project."""

    name: ClassVar[str]

    def apply(self, state: ProjectState) -> ProjectState:
        """Return the new state; raise an ``AqahError`` and change nothing when impossible."""
        ...

    def label(self) -> Text:
        """What the *Edit* menu and the history say."""
        ...


@dataclass(frozen=True)
class OpenTerritory:
    """Look at another territory; its layers replace those of the pack, the user's stay.

    Background pictures stay below everything.
    """

    name: ClassVar[str] = "territory.open"
    territory: str
    extent: tuple[float, float, float, float]
    layers: tuple[LayerEntry, ...] = ()

    def apply(self, state: ProjectState) -> ProjectState:
        """Return the state on this territory."""
        own = tuple(e for e in state.layers if e.origin != "pack")
        kept = {e.id for e in own}
        below = tuple(e for e in own if e.layer.role == BACKGROUND)
        above = tuple(e for e in own if e.layer.role != BACKGROUND)
        layers = (*above, *(e for e in self.layers if e.id not in kept), *below)
        return replace(state, territory=self.territory, extent=self.extent, layers=layers)

    def label(self) -> Text:
        """Label of the command."""
        return Text("models.command_open_territory")


@dataclass(frozen=True)
class ChooseMoment:
    """Choose pollutant and year of every view; ``layer`` takes the place of the concentration shown."""

    name: ClassVar[str] = "moment.choose"
    pollutant: Pollutant
    year: int
    layer: Layer | None = None

    def apply(self, state: ProjectState) -> ProjectState:
        """Return the state at this pollutant and year."""
        layers = state.layers
        if self.layer is not None:
            shown = self.layer
            layers = tuple(
                replace(e, layer=shown) if e.layer.role == shown.role and e.origin == "pack" else e
                for e in layers
            )
        return replace(state, pollutant=self.pollutant, year=self.year, layers=layers)

    def label(self) -> Text:
        """Label of the command."""
        return Text("models.command_choose_moment", {"year": self.year})


@dataclass(frozen=True)
class AddLayer:
    """Add a layer at ``position`` (0 = on top)."""

    name: ClassVar[str] = "layer.add"
    entry: LayerEntry
    position: int = 0

    def apply(self, state: ProjectState) -> ProjectState:
        """Return the state with the layer added."""
        if any(e.id == self.entry.id for e in state.layers):
            raise BadInputError("models.duplicate_layer", layer=self.entry.id)
        layers = list(state.layers)
        layers.insert(self.position, self.entry)
        return replace(state, layers=tuple(layers))

    def label(self) -> Text:
        """Label of the command."""
        return Text("models.command_add_layer", {"title": self.entry.layer.title})


@dataclass(frozen=True)
class RemoveLayer:
    """Remove a layer from the project (its bytes stay until the project is saved and closed)."""

    name: ClassVar[str] = "layer.remove"
    layer_id: str

    def apply(self, state: ProjectState) -> ProjectState:
        """Return the state without the layer."""
        state.entry(self.layer_id)
        return replace(state, layers=tuple(e for e in state.layers if e.id != self.layer_id))

    def label(self) -> Text:
        """Label of the command."""
        return Text("models.command_remove_layer")


@dataclass(frozen=True)
class MoveLayer:
    """Move a layer to ``position`` (0 = on top), into ``group`` when one is given."""

    name: ClassVar[str] = "layer.move"
    layer_id: str
    position: int
    group: str | None = None

    def apply(self, state: ProjectState) -> ProjectState:
        """Return the state with the layer moved."""
        entry = state.entry(self.layer_id)
        if self.group is not None:
            entry = replace(entry, group=self.group)
        layers = [e for e in state.layers if e.id != self.layer_id]
        layers.insert(max(0, min(self.position, len(layers))), entry)
        return replace(state, layers=tuple(layers))

    def label(self) -> Text:
        """Label of the command."""
        return Text("models.command_move_layer")


@dataclass(frozen=True)
class ChangeLayer:
    """Change how a layer is shown; ``None`` leaves a property as it is."""

    name: ClassVar[str] = "layer.change"
    layer_id: str
    visible: bool | None = None
    opacity: float | None = None
    group: str | None = None
    style: dict[str, Any] | None = None

    def apply(self, state: ProjectState) -> ProjectState:
        """Return the state with the layer changed."""
        if self.opacity is not None and not 0.0 <= self.opacity <= 1.0:
            raise BadInputError("models.opacity_range", value=self.opacity)
        wanted = {
            "visible": self.visible,
            "opacity": self.opacity,
            "group": self.group,
            "style": self.style,
        }
        changes: dict[str, Any] = {k: v for k, v in wanted.items() if v is not None}
        return state.with_entry(replace(state.entry(self.layer_id), **changes))

    def label(self) -> Text:
        """Label of the command."""
        return Text("models.command_change_layer")


@dataclass(frozen=True)
class ShowLayers:
    """Show or hide several layers at once (a group)."""

    name: ClassVar[str] = "layers.show"
    layer_ids: tuple[str, ...]
    visible: bool

    def apply(self, state: ProjectState) -> ProjectState:
        """Return the state with these layers shown or hidden."""
        for layer_id in self.layer_ids:
            state.entry(layer_id)
        layers = (replace(e, visible=self.visible) if e.id in self.layer_ids else e for e in state.layers)
        return replace(state, layers=tuple(layers))

    def label(self) -> Text:
        """Label of the command."""
        return Text("models.command_show_layers" if self.visible else "models.command_hide_layers")


@dataclass(frozen=True)
class RaiseLayers:
    """Put layers above the others as these entries say; a result removed before comes back."""

    name: ClassVar[str] = "layers.raise"
    entries: tuple[LayerEntry, ...]

    def apply(self, state: ProjectState) -> ProjectState:
        """Return the state with these entries above all surfaces, or on top when none of them is one."""
        return replace(state, layers=_raised(self.entries, state.layers))

    def label(self) -> Text:
        """Label of the command."""
        return Text("models.command_show_layers")


@dataclass(frozen=True)
class RenewLayer:
    """Give a layer of the user the record of its file as it is now, or of the file found again."""

    name: ClassVar[str] = "layer.renew"
    layer_id: str
    layer: Layer
    origin: str
    file: UserFile

    def apply(self, state: ProjectState) -> ProjectState:
        """Return the state with the layer read again."""
        entry = state.entry(self.layer_id)
        return state.with_entry(replace(entry, layer=self.layer, origin=self.origin, file=self.file))

    def label(self) -> Text:
        """Label of the command."""
        return Text("models.command_renew_layer", {"title": self.layer.title})


@dataclass(frozen=True)
class AddRun:
    """Keep the record of a finished run, with the layers it made."""

    name: ClassVar[str] = "run.add"
    run: RunRecord
    layers: tuple[LayerEntry, ...] = ()

    def apply(self, state: ProjectState) -> ProjectState:
        """Return the state with the run and its layers: above all surfaces, or on top when it made none."""
        layers = _raised(self.layers, state.layers)
        return replace(state, runs=(*state.runs, self.run), layers=layers)

    def label(self) -> Text:
        """Label of the command."""
        return Text("models.command_add_run", {"algorithm": self.run.algorithm_id})


@dataclass(frozen=True)
class PutScenario:
    """Add a scenario or replace the one of the same id."""

    name: ClassVar[str] = "scenario.put"
    scenario: Scenario

    def apply(self, state: ProjectState) -> ProjectState:
        """Return the state with the scenario."""
        old = next((s for s in state.scenarios if s.id == self.scenario.id), None)
        if old is None:
            return replace(state, scenarios=(*state.scenarios, self.scenario))
        if old.locked and self.scenario.locked:
            raise BadInputError("models.scenario_locked", name=old.name)
        kept = tuple(self.scenario if s.id == old.id else s for s in state.scenarios)
        return replace(state, scenarios=kept)

    def label(self) -> Text:
        """Label of the command."""
        return Text("models.command_put_scenario", {"name": self.scenario.name})


@dataclass(frozen=True)
class RemoveScenario:
    """Remove a scenario; its runs stay in the history."""

    name: ClassVar[str] = "scenario.remove"
    scenario_id: str

    def apply(self, state: ProjectState) -> ProjectState:
        """Return the state without the scenario."""
        kept = tuple(s for s in state.scenarios if s.id != self.scenario_id)
        if len(kept) == len(state.scenarios):
            raise UnknownItemError("models.unknown_scenario", scenario=self.scenario_id)
        return replace(state, scenarios=kept)

    def label(self) -> Text:
        """Label of the command."""
        return Text("models.command_remove_scenario")


def _raised(entries: tuple[LayerEntry, ...], layers: tuple[LayerEntry, ...]) -> tuple[LayerEntry, ...]:
    """``layers`` with ``entries`` brought up, together: a surface never hides the points and lines above."""
    known = {e.id for e in entries}
    others = [e for e in layers if e.id not in known]
    place = 0
    if any(_is_surface(e) for e in entries):
        place = next((i for i, e in enumerate(others) if _is_surface(e)), len(others))
    return (*others[:place], *entries, *others[place:])


def _is_surface(entry: LayerEntry) -> bool:
    return isinstance(entry.layer.shape, RasterShape)


COMMANDS: dict[str, type[Command]] = {
    c.name: c
    for c in (
        OpenTerritory,
        ChooseMoment,
        AddLayer,
        RemoveLayer,
        MoveLayer,
        ChangeLayer,
        ShowLayers,
        RaiseLayers,
        RenewLayer,
        AddRun,
        PutScenario,
        RemoveScenario,
    )
}
