"""One concentration map to read at points, within a radius and over polygons, whoever supplied it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from aqah_desktop.errors import BadInputError
from aqah_desktop.processing.contract import Context, Feedback, Params
from aqah_desktop.records import Grid, Method, Quality, RasterShape, Standing

if TYPE_CHECKING:
    import pandas as pd

    from aqah_desktop.storage.rasters import RasterFile

Floats = npt.NDArray[np.float64]
WORK_CRS = "EPSG:2154"
#: Cells a window may have: larger areas are treated tile by tile.
_TILE_CELLS = 2_048
#: Up to this size a supplied raster is read whole to look for negative values, cells.
_SMALL = 4_000_000
#: No annual mean of these pollutants is this high in Europe: another unit or quantity, µg/m³.
UNLIKELY_UG_M3 = 200.0
_SUPPLIED = Standing(quality=Quality.USER_SUPPLIED, method=Method.MODELLED)


class ConcentrationMap:
    """A raster of annual means in µg/m³ and, when there is one, its standard deviation.

    Parameters
    ----------
    raster : RasterFile
        Open raster of any coordinate system.
    standing : Standing
        Who stands behind it.
    uncertainty : RasterFile, optional
        Its standard deviation.
    """

    def __init__(self, raster: RasterFile, standing: Standing, uncertainty: RasterFile | None = None) -> None:
        from aqah_desktop.storage.crs import crs_code

        self._raster, self._uncertainty = raster, uncertainty
        self._crs = crs_code(raster.crs)
        width, height = raster.cell_size
        self._native = self._crs == WORK_CRS and abs(width - height) <= 1e-6 * width
        self.standing = standing
        self.bands = raster.bands
        self.cell_m = self._largest_side_m(width, height)

    @property
    def has_std(self) -> bool:
        """Whether the map has a standard deviation."""
        return self._uncertainty is not None

    def covers(self, x_m: Floats, y_m: Floats) -> npt.NDArray[np.bool_]:
        """Whether each point (EPSG:2154) lies on the raster, with or without a value."""
        from aqah_desktop.storage.crs import transform_points

        x, y = transform_points(x_m, y_m, WORK_CRS, self._crs)
        x_min, y_min, x_max, y_max = self._raster.extent
        return np.asarray((x >= x_min) & (x < x_max) & (y > y_min) & (y <= y_max))

    def at(self, x_m: Floats, y_m: Floats) -> Floats:
        """Value of the cell under each point, NaN where there is none.

        Raises
        ------
        BadInputError
            ``exposure.negative_values``.
        """
        return _not_negative(self._raster.sample(x_m, y_m)).astype("float64")

    def std_at(self, x_m: Floats, y_m: Floats) -> Floats:
        """Standard deviation under each point, NaN without an uncertainty companion."""
        if self._uncertainty is None:
            return np.full(len(x_m), np.nan)
        return self._uncertainty.sample(x_m, y_m).astype("float64")

    def within(self, x_m: Floats, y_m: Floats, radius_m: float, feedback: Feedback) -> Floats:
        """Area-weighted mean within ``radius_m`` (≥ the cell) of each point, NaN where there is none."""
        from aqah_desktop.science.exposure import mean_within_radius

        means = np.full(len(x_m), np.nan)
        for part in _tiles(x_m, y_m, self._tile_m, feedback):
            x, y = x_m[part], y_m[part]
            reach = radius_m + self.cell_m
            window = self._window((x.min() - reach, y.min() - reach, x.max() + reach, y.max() + reach))
            if window is not None:
                means[part] = mean_within_radius(*window, x, y, radius_m).mean
        return means

    def over(self, polygons: npt.NDArray[np.object_], feedback: Feedback) -> pd.DataFrame:
        """Mean, maximum and covered share of each polygon, as ``science.zonal.polygon_statistics``."""
        import pandas as pd
        import shapely

        from aqah_desktop.science.zonal import polygon_statistics

        table = pd.DataFrame(
            {"mean": np.nan, "max": np.nan, "covered_share": 0.0}, index=range(len(polygons))
        )
        bounds = shapely.bounds(polygons)
        for part in _tiles(bounds[:, 0], bounds[:, 1], self._tile_m, feedback):
            x_min, y_min = bounds[part, :2].min(axis=0) - self.cell_m
            x_max, y_max = bounds[part, 2:].max(axis=0) + self.cell_m
            window = self._window((x_min, y_min, x_max, y_max))
            if window is not None:
                found = polygon_statistics(*window, list(polygons[part]))
                table.iloc[part] = found[list(table.columns)].to_numpy(dtype="float64")
        return table

    # ------------------------------------------------------------------ inside

    @property
    def _tile_m(self) -> float:
        return _TILE_CELLS * self.cell_m / (1.0 if self._native else 2.0)

    def _window(self, extent: tuple[float, float, float, float]) -> tuple[npt.NDArray[Any], Grid] | None:
        """Cells around ``extent`` on a metric grid, ``None`` when the raster is elsewhere.

        A raster of another coordinate system, or with oblong cells, is brought onto squares half as
        large as its cells, each the area-weighted mean of what it covers.
        """
        if not self._native:
            return self._resampled(extent)
        try:
            values, grid = self._raster.read(extent)
        except BadInputError as error:
            if error.key != "storage.raster_outside":
                raise
            return None
        return _not_negative(values), grid

    def _resampled(self, extent: tuple[float, float, float, float]) -> tuple[npt.NDArray[Any], Grid]:
        step = self.cell_m / 2
        x_min, y_max = np.floor(extent[0] / step) * step, np.ceil(extent[3] / step) * step
        nx, ny = int(np.ceil((extent[2] - x_min) / step)), int(np.ceil((y_max - extent[1]) / step))
        grid = Grid(float(x_min), float(y_max), step, max(nx, 1), max(ny, 1))
        return _not_negative(self._raster.read_on(grid, average=True)), grid

    def _largest_side_m(self, width: float, height: float) -> float:
        """Longer side of a cell in the middle of the raster, m in EPSG:2154."""
        from aqah_desktop.storage.crs import transform_points

        if self._crs == WORK_CRS:
            return max(width, height)
        x_min, y_min, x_max, y_max = self._raster.extent
        x, y = (x_min + x_max) / 2, (y_min + y_max) / 2
        at_x, at_y = transform_points(
            np.array([x, x + width, x]), np.array([y, y, y + height]), self._crs, WORK_CRS
        )
        sides = np.hypot(at_x[1:] - at_x[0], at_y[1:] - at_y[0])
        if not np.isfinite(sides).all():
            raise BadInputError("exposure.raster_elsewhere", crs=self._raster.crs.name)
        return float(sides.max())


@contextlib.contextmanager
def open_map(params: Params, context: Context) -> Iterator[ConcentrationMap]:
    """Open the map a run reads: the user's raster when there is one, else the pack's layer.

    Raises
    ------
    UnknownItemError
        No layer of the pollutant and year.
    BadInputError
        ``exposure.no_year``, ``storage.raster_all_nodata``, ``exposure.negative_values``,
        ``exposure.raster_elsewhere``.
    """
    supplied = context.inputs.get("raster")
    if supplied is not None:
        _check_supplied(supplied)
        yield ConcentrationMap(supplied, _SUPPLIED)
        return
    if params.get("year") is None:
        raise BadInputError("exposure.no_year", name="year", pollutant=str(params["pollutant"]))
    layer = context.pack.concentration(str(params["pollutant"]), params["year"])
    with contextlib.ExitStack() as stack:
        raster = stack.enter_context(context.pack.open_raster(layer.id))
        std = stack.enter_context(context.pack.open_raster(layer.uncertainty)) if layer.uncertainty else None
        yield ConcentrationMap(raster, context.pack.dataset_of(layer.id).standing, std)


def cell_of(params: Params, context: Context) -> float | None:
    """Cell size of the map a run would read, m, without reading it; ``None`` when it has no year."""
    supplied = context.inputs.get("raster")
    if supplied is not None:
        return ConcentrationMap(supplied, _SUPPLIED).cell_m
    if params.get("raster") is not None or params.get("year") is None:
        return None
    layer = context.pack.concentration(str(params["pollutant"]), params["year"])
    return layer.shape.grid.cell_m if isinstance(layer.shape, RasterShape) else None


def _check_supplied(raster: RasterFile) -> None:
    raster.check_has_values()
    width, height = raster.cell_size
    x_min, y_min, x_max, y_max = raster.extent
    square = abs(width - height) <= 1e-6 * width
    if square and (x_max - x_min) / width * (y_max - y_min) / height <= _SMALL:
        _not_negative(raster.read()[0])


def _not_negative(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    lowest = np.nanmin(values, initial=0.0) if values.size else 0.0
    if lowest < 0:
        raise BadInputError("exposure.negative_values", minimum=float(lowest))
    return values


def _tiles(x_m: Floats, y_m: Floats, side_m: float, feedback: Feedback) -> Iterator[npt.NDArray[np.intp]]:
    """Positions of the points of each square of ``side_m`` that holds some; reports progress."""
    placed = np.flatnonzero(np.isfinite(x_m) & np.isfinite(y_m))
    squares = np.column_stack([np.floor(x_m[placed] / side_m), np.floor(y_m[placed] / side_m)])
    tiles, tile = np.unique(squares, axis=0, return_inverse=True)
    for number in range(len(tiles)):
        feedback.check()
        yield placed[tile.ravel() == number]
        feedback.progress((number + 1) / len(tiles))
