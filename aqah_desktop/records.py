"""Frozen records shared by every room: what a dataset, a layer, an algorithm and a run *are*.

Plain data: no file, no array, no widget. They are written as JSON by
:mod:`aqah_desktop.storage.records_json` and never carry an import path.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

# --------------------------------------------------------------------------- words


@dataclass(frozen=True, slots=True)
class LocalText:
    """A text that belongs to data rather than to the program, in both languages."""

    fr: str
    en: str

    def in_language(self, language: str) -> str:
        """Return the text in ``"fr"`` or ``"en"`` (French when the other is empty)."""
        return (self.en or self.fr) if language == "en" else (self.fr or self.en)


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


# --------------------------------------------------------------------------- trust


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
    limits: LocalText = LocalText("", "")

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
            limits=limits or LocalText("", ""),
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


# --------------------------------------------------------------------------- datasets


@dataclass(frozen=True, slots=True)
class Origin:
    """Who publishes the data, under which licence, and how it must be cited."""

    publisher: str
    licence: str
    attribution: str
    source: str
    redistributable: bool = True


@dataclass(frozen=True, slots=True)
class Coverage:
    """Where and when the data hold, and how finely."""

    space: LocalText
    time: str
    resolution: LocalText
    crs: str
    vintage: str


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where the bytes come from. Hashes are ``sha256:<hex>``."""

    retrieval_hash: str = ""
    product_hash: str = ""
    parents: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dataset:
    """What must be known about a dataset before a figure of it is shown."""

    id: str
    version: str
    title: LocalText
    origin: Origin
    coverage: Coverage
    lineage: Lineage
    standing: Standing
    #: Numbers the recipe computed about the data (held-out scores, gaps, counts), as JSON data.
    evidence: dict[str, Any] = field(default_factory=dict)


# --------------------------------------------------------------------------- layers


@dataclass(frozen=True, slots=True)
class Grid:
    """A north-up regular grid. Row 0 is the northernmost; ``x_min``/``y_max`` are outer edges, m."""

    x_min: float
    y_max: float
    cell_m: float
    nx: int
    ny: int
    crs: str = "EPSG:2154"

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """``(x_min, y_min, x_max, y_max)`` in the units of the CRS."""
        return (
            self.x_min,
            self.y_max - self.ny * self.cell_m,
            self.x_min + self.nx * self.cell_m,
            self.y_max,
        )


@dataclass(frozen=True, slots=True)
class FieldSchema:
    """One column of a vector layer or a table."""

    name: str
    type: Literal["text", "integer", "real", "boolean", "date"]
    label: LocalText
    unit: str = ""


@dataclass(frozen=True, slots=True)
class VectorShape:
    """Geometry type (``"Point"``, ``"MultiPolygon"``, ``"None"`` for a table), extent, columns."""

    geometry_type: str
    crs: str
    extent: tuple[float, float, float, float]
    fields: tuple[FieldSchema, ...] = ()


@dataclass(frozen=True, slots=True)
class RasterShape:
    """Grid and storage of a raster: stored value × ``scale`` = value in the layer's unit."""

    grid: Grid
    dtype: str
    nodata: float | None
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Measure:
    """What the numbers of a layer mean."""

    unit: str
    statistic: Statistic
    pollutant: Pollutant | None = None
    #: First and last year of the period (equal for one year); ``None`` when timeless.
    years: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """File inside a pack or project (relative, ``/``) and, for a GeoPackage, its table."""

    member: str
    table: str = ""


class LayerStatus(StrEnum):
    """Whether the bytes behind a layer are there and what its record says."""

    OK = "ok"
    MISSING = "missing"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer as data: neither how it is drawn (style) nor how it is looked at (map view)."""

    id: str
    dataset_id: str
    title: LocalText
    #: ``"base"``, ``"sites"``, ``"stations"``, ``"concentration"``, ``"uncertainty"``, ``"farms"``,
    #: ``"parcels"``, ``"emissions"``, ``"change"``, ``"industry"``, ``"places"``, ``"table"``…
    role: str
    shape: VectorShape | RasterShape
    source: Source
    measure: Measure | None = None
    #: EPCI, department or region code the layer covers; ``"32"`` = the region.
    territory: str = "32"
    #: Layer id of the standard-deviation companion.
    uncertainty: str = ""
    run_id: str = ""
    content_hash: str = ""
    status: LayerStatus = LayerStatus.OK
    editable: bool = False


class TerritoryKind(StrEnum):
    """The three kinds of place the command line takes."""

    EPCI = "epci"
    DEPARTMENT = "department"
    REGION = "region"


@dataclass(frozen=True, slots=True)
class Territory:
    """A place one can open. ``extent`` in EPSG:2154, m."""

    code: str
    kind: TerritoryKind
    name: str
    population: int
    commune_codes: tuple[str, ...]
    extent: tuple[float, float, float, float]
    #: One of the seven territories of the project.
    aqah: bool = False


@dataclass(frozen=True, slots=True)
class Threshold:
    """An annual value of one framework (EU 2008/50, EU 2024/2881, WHO 2021…)."""

    id: str
    framework: str
    pollutant: Pollutant
    statistic: str
    value_ug_m3: float
    applies_from: str
    confidence: Confidence
    source: str


# --------------------------------------------------------------------------- algorithms


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


@dataclass(frozen=True, slots=True)
class Output:
    """One declared output: ``kind`` is ``table``, ``raster``, ``vector``, ``figures`` or ``changes``."""

    name: str
    kind: str
    label: str
    unit: str = ""
    crs: str = ""
    fields: tuple[FieldSchema, ...] = ()


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


# --------------------------------------------------------------------------- actions


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
