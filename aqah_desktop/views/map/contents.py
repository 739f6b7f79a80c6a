"""What a layer holds, ready for drawing: read on a worker thread, kept while the layer is shown."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from aqah_desktop.errors import AqahError
from aqah_desktop.records import Grid, RasterShape
from aqah_desktop.storage.drawing_files import DrawingFiles, Points
from aqah_desktop.views.map.outlines import Extent, OutlineSet
from aqah_desktop.views.map.scene import ArraySource, RasterSource

if TYPE_CHECKING:
    import geopandas as gpd

    from aqah_desktop.models.state import LayerEntry
    from aqah_desktop.storage.pack import Pack


@dataclass(frozen=True, eq=False)
class LayerContent:
    """One of the three, by what the layer is."""

    outlines: OutlineSet | None = None
    points: Points | None = None
    raster: RasterSource | None = None
    #: Codes or ids of the features behind ``outlines`` (by ``owner``).
    codes: tuple[str, ...] = ()


class FileSource:
    """A raster file read by windows at screen resolution; larger than memory is fine.

    A file that vanishes or can no longer be read leaves the map without it; the error is kept for the
    layer tree to show.
    """

    def __init__(self, path: Path, assume_crs: str | None = None) -> None:
        self.path, self._assume_crs = path, assume_crs
        self.error: AqahError | None = None
        self._lock = threading.Lock()

    def read(self, extent: Extent, shape: tuple[int, int]) -> tuple[np.ndarray, Grid] | None:
        """Values of the part that meets ``extent``, from an overview where there is one."""
        from aqah_desktop.storage.rasters import open_raster

        with self._lock:
            try:
                with open_raster(self.path, assume_crs=self._assume_crs) as raster:
                    own = raster.extent
                    part = (
                        max(extent[0], own[0]),
                        max(extent[1], own[1]),
                        min(extent[2], own[2]),
                        min(extent[3], own[3]),
                    )
                    if part[2] <= part[0] or part[3] <= part[1]:
                        return None
                    answer = raster.read(part, shape)
            except AqahError as error:
                self.error = error
                return None
        self.error = None
        return answer


class ContentLoader:
    """Reads layers of the pack, of the project and of user files. Usable from any thread."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self.prepared = DrawingFiles(pack.folder)
        self._memory: dict[tuple[str, str], LayerContent] = {}
        self._lock = threading.Lock()

    def load(self, entry: LayerEntry) -> LayerContent:
        """Return the content of a layer, from memory when it was read before.

        Raises
        ------
        AqahError
            When the file behind the layer cannot be read.
        """
        key = (entry.origin, f"{entry.id}/{entry.layer.content_hash}")
        with self._lock:
            if key in self._memory:
                return self._memory[key]
        content = self._read(entry)
        with self._lock:
            self._memory[key] = content
        return content

    def put(self, entry: LayerEntry, content: LayerContent) -> None:
        """Give the content of a layer that was just computed."""
        with self._lock:
            self._memory[(entry.origin, f"{entry.id}/{entry.layer.content_hash}")] = content

    def forget(self, layer_ids: set[str]) -> None:
        """Free what is kept of every layer not in ``layer_ids``."""
        with self._lock:
            gone = [k for k in self._memory if k[1].split("/")[0] not in layer_ids]
            for key in gone:
                del self._memory[key]

    def _read(self, entry: LayerEntry) -> LayerContent:
        layer = entry.layer
        if entry.origin == "pack":
            prepared = self._prepared(entry)
            if prepared is not None:
                return prepared
        if isinstance(layer.shape, RasterShape):
            if entry.origin == "pack":
                with self._pack.open_raster(layer.id) as raster:
                    return LayerContent(raster=ArraySource(*raster.read()))
            return LayerContent(raster=FileSource(_path(entry), layer.shape.grid.crs or None))
        if entry.origin == "pack":
            return content_of_frame(self._pack.read_vector(layer.id))
        from aqah_desktop.storage.vectors import read_vector

        return content_of_frame(
            read_vector(_path(entry), layer.source.table or None, assume_crs=layer.shape.crs or None)
        )

    def _prepared(self, entry: LayerEntry) -> LayerContent | None:
        if isinstance(entry.layer.shape, RasterShape):
            surface = self.prepared.raster(entry.id)
            return LayerContent(raster=ArraySource(*surface)) if surface else None
        lines = self.prepared.outlines(entry.id)
        if lines is not None:
            outlines = OutlineSet.from_arrays(lines.coordinates, lines.starts, lines.owner)
            return LayerContent(outlines=outlines, codes=lines.codes)
        points = self.prepared.points(entry.id)
        return LayerContent(points=points) if points else None


def content_of_frame(frame: gpd.GeoDataFrame) -> LayerContent:
    """Content of a vector table: points when every geometry is one, else outlines."""
    import shapely

    placed = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
    kinds = set(shapely.get_type_id(placed.geometry.to_numpy()).tolist())
    if kinds and kinds <= {0, 4}:
        centre = placed.geometry.centroid if 4 in kinds else placed.geometry
        return LayerContent(points=_points(placed, centre.x.to_numpy(), centre.y.to_numpy()))
    return LayerContent(
        outlines=OutlineSet.from_geometries(placed.geometry), codes=_column(placed, "_code", "id")
    )


def _points(frame: gpd.GeoDataFrame, x: np.ndarray, y: np.ndarray) -> Points:
    return Points(
        x=x,
        y=y,
        ids=_column(frame, "_id", "id", "code"),
        names=_column(frame, "name", "nom", "label"),
        kinds=_column(frame, "kind"),
        communes=_column(frame, "commune_code"),
        weights=np.zeros(len(frame), np.float32),
    )


def _column(frame: gpd.GeoDataFrame, *endings: str) -> tuple[str, ...]:
    for ending in endings:
        for name in frame.columns:
            if str(name).lower().endswith(ending):
                return tuple("" if v is None else str(v) for v in frame[name])
    return tuple("" for _ in range(len(frame)))


def _path(entry: LayerEntry) -> Path:
    return Path(entry.origin.removeprefix("file:"))
