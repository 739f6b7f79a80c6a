"""What an algorithm declares, what a run leaves, what an action changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from aqah_desktop.records.data import FieldSchema
from aqah_desktop.records.trust import Interval, Standing
from aqah_desktop.records.words import Pollutant, Sector, Statistic, Text


@dataclass(frozen=True, slots=True)
class Parameter:
    """One typed parameter of an algorithm.

    ``kind`` is one of ``number``, ``integer``, ``boolean``, ``text``, ``choice``, ``choices``,
    ``territory``, ``communes``, ``place``, ``layer``, ``pollutant``, ``year``, ``years``, ``file``.
    ``label`` and ``help`` are keys of the catalogue (or of the plugin's own texts).
    """

    name: str
    kind: str
    label: str
    help: str = ""
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    default: Any = None
    required: bool = False
    choices: tuple[str, ...] = ()
    #: Where the default or the range comes from; ``""`` = the user's own assumption.
    reference: str = ""
    #: For a ``file``: what it holds, hence how the host opens it (:mod:`aqah_desktop.processing.inputs`).
    content: Literal["raster", "places", "polygons", "table"] = "table"


@dataclass(frozen=True, slots=True)
class Output:
    """One declared output: ``kind`` is ``table``, ``raster``, ``vector``, ``figures`` or ``changes``."""

    name: str
    kind: str
    label: str
    unit: str = ""
    crs: str = ""
    fields: tuple[FieldSchema, ...] = ()
    #: What the numbers of a raster are; ``None`` = as the layer it was made from.
    statistic: Statistic | None = None


@dataclass(frozen=True, slots=True)
class AlgorithmSpec:
    """The declaration from which dialog, command line, history and report are made."""

    id: str
    version: str
    title: str
    summary: str
    parameters: tuple[Parameter, ...]
    outputs: tuple[Output, ...]
    #: Required inputs by role or layer id, checked before a run.
    inputs: tuple[str, ...] = ()
    contract: str = "1"
    family: str = ""
    reference: str = ""
    #: ``"instant"``, ``"seconds"`` or ``"minutes"``.
    cost: str = "seconds"
    seeded: bool = False
    deterministic: bool = True


@dataclass(frozen=True, slots=True)
class Problem:
    """Something ``check`` found before a run. ``severity`` is ``"error"`` or ``"warning"``."""

    parameter: str
    text: Text
    severity: Literal["error", "warning"] = "error"


class Outcome(StrEnum):
    """How a job ended: exactly one of the three."""

    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class RunLimits:
    """Limits of one run in a child process."""

    seconds: float = 600.0
    memory_mb: int = 4096
    output_mb: int = 1024


@dataclass(frozen=True, slots=True)
class RunRecord:
    """How a result was made; kept with the result."""

    id: str
    algorithm_id: str
    algorithm_version: str
    #: Canonical JSON (sorted keys, no spaces).
    parameters: str
    #: Layer or dataset id → content hash.
    inputs: dict[str, str]
    seed: int | None
    limits: RunLimits | None
    started: str
    finished: str = ""
    outcome: Outcome | None = None
    messages: tuple[str, ...] = ()
    app_version: str = ""
    outputs: dict[str, str] = field(default_factory=dict)
    standing: Standing | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where an action applies: commune codes, or one polygon as WKT in EPSG:2154."""

    communes: tuple[str, ...] = ()
    polygon_wkt: str = ""


@dataclass(frozen=True, slots=True)
class EmissionChange:
    """What an action changes: base-year emission × (1 + factor), factor in [-1, …].

    ``factor`` is a fraction of the base-year emission of ``sector`` and ``pollutant`` at ``place``:
    −0.14 means 14 % less. ``low`` is the smallest effect in absolute value, ``high`` the largest.
    """

    sector: Sector
    pollutant: Pollutant
    place: Place
    years: tuple[int, int]
    factor: Interval


@dataclass(frozen=True, slots=True)
class ReceptorChange:
    """What a protection at the receptor changes: concentration × (1 + factor) at ``sites``."""

    sites: tuple[str, ...]
    pollutant: Pollutant
    factor: Interval
