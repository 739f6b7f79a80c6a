"""What a project *is* at one moment: immutable plain data, so that undo and comparison are exact.

Arrays and tables are not here: a layer names where its bytes are (pack, project file, user file).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aqah_desktop.errors import UnknownItemError
from aqah_desktop.records import Dataset, EmissionChange, Layer, Pollutant, RunRecord


@dataclass(frozen=True, slots=True)
class UserFile:
    """How a file of the user is read, and what is known of it.

    The layer's extent and grid are in EPSG:2154, as everything is drawn; ``crs`` is the system of the
    file, ``crs_forced`` when the user gave it because the file names none or a wrong one.
    """

    dataset: Dataset
    crs: str
    crs_forced: bool = False
    #: Which raster of a file that holds several (variable, table).
    inside: str = ""
    band: int = 1
    #: Size and date of the file when it was read; see :mod:`aqah_desktop.models.layer_watch`.
    stamp: str = ""


@dataclass(frozen=True, slots=True)
class LayerEntry:
    """A layer in the layer tree: the data record, where it comes from, how it is drawn here.

    ``origin`` is ``"pack"``, ``"project"`` (bytes inside the project file) or ``"file:<path>"``.
    ``style`` is JSON data of a layer style; empty = the default style of the layer's role.
    """

    layer: Layer
    origin: str = "pack"
    style: dict[str, Any] = field(default_factory=dict)
    visible: bool = True
    opacity: float = 1.0
    group: str = ""
    #: For ``file:`` layers; ``None`` otherwise.
    file: UserFile | None = None

    @property
    def path(self) -> Path | None:
        """The user's file behind the layer; ``None`` for layers of the pack and of the project."""
        return Path(self.origin.removeprefix("file:")) if self.origin.startswith("file:") else None

    @property
    def id(self) -> str:
        """The layer's id, unique in a project."""
        return self.layer.id


@dataclass(frozen=True, slots=True)
class ScenarioAction:
    """One action of a scenario: the algorithm, its parameters and what it changed."""

    algorithm_id: str
    parameters: dict[str, Any]
    changes: tuple[EmissionChange, ...] = ()


@dataclass(frozen=True, slots=True)
class Scenario:
    """A base year and ordered actions; results are runs that name the scenario."""

    id: str
    name: str
    base_year: int
    actions: tuple[ScenarioAction, ...] = ()
    comment: str = ""
    locked: bool = False


@dataclass(frozen=True, slots=True)
class ProjectState:
    """Everything a project remembers. The first layer is drawn on top."""

    territory: str = ""
    pollutant: Pollutant = Pollutant.NO2
    year: int = 2019
    layers: tuple[LayerEntry, ...] = ()
    scenarios: tuple[Scenario, ...] = ()
    runs: tuple[RunRecord, ...] = ()
    #: Visible map extent ``(x_min, y_min, x_max, y_max)``, EPSG:2154, m.
    extent: tuple[float, float, float, float] | None = None

    def entry(self, layer_id: str) -> LayerEntry:
        """Return the entry of a layer.

        Raises
        ------
        UnknownItemError
            If the project has no such layer.
        """
        for entry in self.layers:
            if entry.id == layer_id:
                return entry
        raise UnknownItemError("models.unknown_layer", layer=layer_id)

    def with_entry(self, changed: LayerEntry) -> ProjectState:
        """Return the state with the entry of the same id replaced."""
        self.entry(changed.id)
        return replace(self, layers=tuple(changed if e.id == changed.id else e for e in self.layers))
