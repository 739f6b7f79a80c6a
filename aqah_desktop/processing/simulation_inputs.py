"""What a simulation reads from the pack, and its fields on the region's grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from aqah_desktop.errors import BadInputError
from aqah_desktop.records import Grid, Interval, Place, Pollutant, Standing, Territory

if TYPE_CHECKING:
    import shapely

    from aqah_desktop.science.dispersion import PreparedKernel
    from aqah_desktop.storage.pack import Pack

#: Base emission of the one sector and pollutant the pack holds.
EMISSION_LAYER = "road_nox_2018"
Pieces = list[tuple[np.ndarray, frozenset[int]]]


@dataclass(frozen=True)
class Base:
    """The state actions change. Arrays are ``(ny, nx)`` on ``grid``.

    ``emissions`` t/yr per cell, of ``emission_year`` where the layer names one; ``no2`` µg/m³ (NaN = no
    data), ``population`` residents per cell.
    ``dispersion_factor`` multiplies the kernel; ``other_ratio`` is what other local sectors of the same
    shape emit over this one; ``field`` is NOx of all base emissions before that factor, µg/m³.
    """

    grid: Grid
    emissions: np.ndarray
    emission_year: int | None
    no2: np.ndarray
    population: np.ndarray
    kernel: PreparedKernel
    field: np.ndarray
    dispersion_factor: Interval
    other_ratio: float
    standings: list[Standing]


@dataclass(frozen=True)
class Window:
    """A rectangle of whole cells of a grid."""

    row: int
    column: int
    ny: int
    nx: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of the window in an array of the whole grid."""
        return slice(self.row, self.row + self.ny), slice(self.column, self.column + self.nx)

    def grid(self, whole: Grid) -> Grid:
        """Grid of the window."""
        x_min = whole.x_min + self.column * whole.cell_m
        y_max = whole.y_max - self.row * whole.cell_m
        return Grid(x_min, y_max, whole.cell_m, self.nx, self.ny, whole.crs)


def read_base(pack: Pack, year: int) -> Base:
    """Read base emissions, NO2, residents and wind, and prepare the kernel.

    Raises
    ------
    UnknownItemError
        A layer is missing, or there is no NO2 map of the year.
    BadInputError
        ``simulation.grids_differ``, ``simulation.no_dispersion_factor``.
    """
    concentration = pack.concentration(Pollutant.NO2, year).id
    emissions, grid = _read(pack, EMISSION_LAYER)
    no2, _ = _read(pack, concentration, grid)
    population, _ = _read(pack, "population", grid)
    evidence = pack.dataset_of(EMISSION_LAYER).evidence
    emissions = np.nan_to_num(emissions.astype(float), nan=0.0)
    kernel = _kernel(pack, evidence, grid)
    layers = (EMISSION_LAYER, concentration, "population", "wind_stability", "communes")
    return Base(
        grid=grid,
        emissions=emissions,
        emission_year=_year(pack),
        no2=no2,
        population=np.nan_to_num(population.astype(float), nan=0.0),
        kernel=kernel,
        field=disperse_change(emissions, kernel),
        dispersion_factor=_factor(evidence),
        other_ratio=float(evidence.get("prior", {}).get("other_ratio", 0.0)),
        standings=[pack.dataset_of(layer).standing for layer in layers],
    )


def cut_places(pack: Pack, places: Sequence[Place], grid: Grid) -> Pieces:
    """Cell shares of the disjoint pieces of all places, each with the places that cover it.

    Raises
    ------
    BadInputError
        ``simulation.place_empty``, ``…place_commune``, ``…place_polygon``, ``…place_outside``.
    """
    from aqah_desktop.science.emissions import coverage_fraction, overlay

    if not places:
        return []
    outlines = pack.read_vector("communes").set_index("commune_code").geometry
    geometries = {key: _geometry(place, outlines) for key, place in enumerate(places)}
    region = outlines.total_bounds
    for key, geometry in geometries.items():
        if not _meet(geometry.bounds, tuple(region)):
            raise BadInputError("simulation.place_outside", place=key + 1)
    return [(coverage_fraction(piece, grid), keys) for piece, keys in overlay(geometries)]


def emission_change(base: Base, pieces: Pieces, factors: dict[int, float]) -> np.ndarray:
    """ΔE, t/yr per cell: base × (remaining fraction - 1), exactly 0 where nothing changes."""
    from aqah_desktop.science.emissions import remaining_fraction

    left = remaining_fraction(pieces, factors, base.emissions.shape)
    return np.asarray(base.emissions * (left - 1.0))


def disperse_change(change: np.ndarray, kernel: PreparedKernel) -> np.ndarray:
    """ΔNOx of a change that may fall here and rise there, µg/m³; exactly 0 when nothing changes."""
    from aqah_desktop.science.dispersion import disperse

    answer = np.zeros(change.shape)
    for sign in (1.0, -1.0):
        part = np.maximum(sign * change, 0.0)
        if part.any():
            answer += sign * disperse(part, kernel)
    return answer


def output_window(territory: Territory, grid: Grid, margin_m: float) -> Window:
    """Cells of the territory's extent widened by a margin, cut at the edge of the grid.

    Raises
    ------
    BadInputError
        ``simulation.territory_outside``.
    """
    x_min, y_min, x_max, y_max = territory.extent
    left, top = x_min - margin_m - grid.x_min, grid.y_max - y_max - margin_m
    right, bottom = x_max + margin_m - grid.x_min, grid.y_max - y_min + margin_m
    column, row = (max(int(np.floor(v / grid.cell_m)), 0) for v in (left, top))
    nx = min(int(np.ceil(right / grid.cell_m)), grid.nx) - column
    ny = min(int(np.ceil(bottom / grid.cell_m)), grid.ny) - row
    if nx <= 0 or ny <= 0:
        raise BadInputError("simulation.territory_outside", territory=territory.name)
    return Window(row, column, ny, nx)


def _read(pack: Pack, layer_id: str, grid: Grid | None = None) -> tuple[np.ndarray, Grid]:
    with pack.open_raster(layer_id) as raster:
        values, found = raster.read()
    if grid is not None and found != grid:
        raise BadInputError("simulation.grids_differ", layer=layer_id, reference=EMISSION_LAYER)
    return values, found


def _year(pack: Pack) -> int | None:
    measure = pack.layer(EMISSION_LAYER).measure
    return measure.years[1] if measure is not None and measure.years is not None else None


def _kernel(pack: Pack, evidence: dict[str, Any], grid: Grid) -> PreparedKernel:
    """Kernel the factor was fitted with: its options travel with the emission layer."""
    from aqah_desktop.science.dispersion import ROAD, KernelOptions, prepare_kernel, sector_kernel
    from aqah_desktop.science.meteorology import wind_statistics

    choices = evidence.get("kernel", {})
    options = KernelOptions(
        terrain="rural" if choices.get("terrain") == "rural" else "urban",
        minimum_speed_m_s=float(choices.get("minimum_speed_m_s", KernelOptions.minimum_speed_m_s)),
        speed_factor=float(choices.get("speed_factor", KernelOptions.speed_factor)),
        radius_m=float(choices.get("radius_m", KernelOptions.radius_m)),
        cell_m=grid.cell_m,
    )
    wind = wind_statistics(pack.read_table("wind_stability"))
    return prepare_kernel(sector_kernel(wind, ROAD, options), (grid.ny, grid.nx))


def _factor(evidence: dict[str, Any]) -> Interval:
    try:
        factor = evidence["dispersion_factor"]
        low, central, high = (float(factor[level]) for level in ("low", "central", "high"))
    except (KeyError, TypeError, ValueError):
        raise BadInputError("simulation.no_dispersion_factor", layer=EMISSION_LAYER) from None
    if not 0 < low <= central <= high:
        raise BadInputError("simulation.no_dispersion_factor", layer=EMISSION_LAYER)
    return Interval(low, central, high, factor.get("level"))


def _geometry(place: Place, outlines: Any) -> shapely.Geometry:
    """Union of the communes and the polygon of a place, EPSG:2154."""
    import shapely

    if not place.communes and not place.polygon_wkt:
        raise BadInputError("simulation.place_empty")
    unknown = sorted(set(place.communes) - set(outlines.index))
    if unknown:
        raise BadInputError("simulation.place_commune", communes=unknown)
    parts = list(outlines.loc[list(place.communes)])
    if place.polygon_wkt:
        parts.append(_polygon(place.polygon_wkt))
    return shapely.union_all(parts)


def _polygon(wkt: str) -> shapely.Geometry:
    import shapely

    try:
        polygon = shapely.from_wkt(wkt)
    except shapely.errors.GEOSException:
        raise BadInputError("simulation.place_polygon") from None
    usable = polygon.geom_type in {"Polygon", "MultiPolygon"} and polygon.is_valid and polygon.area > 0
    if not usable:
        raise BadInputError("simulation.place_polygon")
    return polygon


def _meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
