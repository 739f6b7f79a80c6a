"""What a dataset, a layer and a territory are."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from aqah_desktop.records.trust import Confidence, Standing
from aqah_desktop.records.words import LocalText, Pollutant, Statistic


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
