"""What a layer holds, ready for drawing: read on a worker thread, kept while the layer is shown."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from aqah_desktop.errors import StorageError
from aqah_desktop.models.commands import BACKGROUND
from aqah_desktop.records import RasterShape
from aqah_desktop.reporting.style import WEAK_RELATIVE_STD
from aqah_desktop.storage.drawing_files import DrawingFiles, Points
from aqah_desktop.views.map.outlines import OutlineSet
from aqah_desktop.views.map.scene import ArraySource, RasterSource

if TYPE_CHECKING:
    import geopandas as gpd

    from aqah_desktop.models.state import LayerEntry
    from aqah_desktop.storage.pack import Pack
    from aqah_desktop.storage.project_file import ProjectFile
    from aqah_desktop.views.map.files import PictureFile

    ProjectReading = Callable[[], AbstractContextManager[ProjectFile | None]]


@dataclass(frozen=True, eq=False)
class LayerContent:
    """What a layer is; a file with points among its lines or areas has both."""

    outlines: OutlineSet | None = None
    points: Points | None = None
    raster: RasterSource | None = None
    picture: PictureFile | None = None
    #: Values from all over a raster that is read by windows, for its colour classes.
    sample: np.ndarray | None = None
    #: Low and high bound of a result that has them.
    bounds: tuple[ArraySource, ArraySource] | None = None
    #: Codes or ids of the features behind ``outlines`` (by ``owner``).
    codes: tuple[str, ...] = ()
    #: Standard deviation of ``raster``, on the same grid and in the same unit.
    std: ArraySource | None = None
    #: True where it is large beside the value; None when it is nowhere.
    weak: ArraySource | None = None


class ContentLoader:
    """Reads layers of the pack, of the project and of user files. Usable from any thread.

    Parameters
    ----------
    pack : Pack
        The open pack.
    project : callable, optional
        Holds the project's file while it is read (``Keeper.reading``); without it a project has none.
    """

    def __init__(self, pack: Pack, project: ProjectReading = lambda: nullcontext(None)) -> None:
        self._pack, self._project = pack, project
        self.prepared = DrawingFiles(pack.folder, pack.member)
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

    def loaded(self, entry: LayerEntry) -> LayerContent | None:
        """Content of a layer that was read before, else None."""
        with self._lock:
            return self._memory.get((entry.origin, f"{entry.id}/{entry.layer.content_hash}"))

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
        if entry.origin == "project":
            return self._of_project(entry)
        if isinstance(layer.shape, RasterShape):
            if entry.origin == "pack":
                with self._pack.open_raster(layer.id) as raster:
                    return self._surface(entry, ArraySource(*raster.read()))
            return _raster_file(entry)
        if entry.origin == "pack":
            return content_of_frame(self._pack.read_vector(layer.id))
        from aqah_desktop.storage.vectors import read_vector

        file = entry.file
        return content_of_frame(
            read_vector(
                _path(entry),
                layer.source.table or None,
                assume_crs=file.crs if file is not None else layer.shape.crs or None,
                force_crs=file is not None and file.crs_forced,
            )
        )

    def _surface(self, entry: LayerEntry, surface: ArraySource) -> LayerContent:
        """A raster of the pack with its uncertainty, where it has one."""
        companion = entry.layer.uncertainty
        if companion not in self._pack.layers:
            return LayerContent(raster=surface)
        std = self.prepared.raster(companion)
        if std is None:
            with self._pack.open_raster(companion) as raster:
                std = raster.read()
        if std[0].shape != surface.values.shape:
            return LayerContent(raster=surface)
        with np.errstate(invalid="ignore"):
            weak = std[0] > WEAK_RELATIVE_STD * surface.values
        hatching = ArraySource(weak, surface.grid) if weak.any() else None
        return LayerContent(raster=surface, std=ArraySource(*std), weak=hatching)

    def _of_project(self, entry: LayerEntry) -> LayerContent:
        """A result kept in the project's own file, which is held open while it is read."""
        with self._project() as file:
            if file is None:
                raise StorageError("storage.layer_bytes_missing", layer=entry.id, path="")
            if not isinstance(entry.layer.shape, RasterShape):
                return content_of_frame(file.read_vector(entry.id))
            kept = file.layers()
            bounds = [_raster_of(file, name) for name in bounds_of(entry.id) if name in kept]
            raster = _raster_of(file, entry.id)
            return LayerContent(raster=raster, bounds=(bounds[0], bounds[1]) if len(bounds) == 2 else None)

    def _prepared(self, entry: LayerEntry) -> LayerContent | None:
        if isinstance(entry.layer.shape, RasterShape):
            surface = self.prepared.raster(entry.id)
            return self._surface(entry, ArraySource(*surface)) if surface else None
        lines = self.prepared.outlines(entry.id)
        if lines is not None:
            outlines = OutlineSet.from_arrays(lines.coordinates, lines.starts, lines.owner, lines.first)
            return LayerContent(outlines=outlines, codes=lines.codes)
        points = self.prepared.points(entry.id)
        return LayerContent(points=points) if points else None


def bounds_of(layer_id: str) -> tuple[str, str] | tuple[()]:
    """Ids of the low and high bound of a result, by the id of its central value."""
    name, central, run = layer_id.rpartition("_central_")
    return (f"{name}_low_{run}", f"{name}_high_{run}") if central else ()


def _raster_of(file: ProjectFile, layer_id: str) -> ArraySource:
    with file.open_raster(layer_id) as raster:
        return ArraySource(*raster.read())


def content_of_frame(frame: gpd.GeoDataFrame) -> LayerContent:
    """Content of a vector table: its points, and the outlines of everything else."""
    import shapely

    placed = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
    is_point = np.isin(shapely.get_type_id(placed.geometry.to_numpy()), (0, 4))
    dots, others = placed[is_point], placed[~is_point]
    points = None
    if len(dots):
        centre = dots.geometry.centroid
        points = _points(dots, centre.x.to_numpy(), centre.y.to_numpy())
    if points is not None and others.empty:
        return LayerContent(points=points)
    outlines = OutlineSet.from_geometries(others.geometry)
    return LayerContent(outlines=outlines, points=points, codes=_column(others, "_code", "id"))


def _raster_file(entry: LayerEntry) -> LayerContent:
    """A raster file of the user; opened once here, so that what is wrong with it is told at once."""
    from aqah_desktop.storage.pictures import read_picture
    from aqah_desktop.views.map.files import FileSource, PictureFile, opening_of

    assert isinstance(entry.layer.shape, RasterShape)
    opening = opening_of(entry)
    if entry.layer.role == BACKGROUND:
        picture = PictureFile(opening)
        read_picture(opening, entry.layer.shape.grid.extent, (8, 8))
        return LayerContent(picture=picture)
    source = FileSource(opening, entry.file.band if entry.file is not None else 1)
    return LayerContent(raster=source, sample=source.sample(entry.layer.shape.grid.extent))


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
