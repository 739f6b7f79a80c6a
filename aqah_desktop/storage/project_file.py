"""The project file ``*.aqah``: layers, styles, views, scenarios and runs in one GeoPackage.

Work happens on a copy in the temporary folder; the file on disk changes only in :meth:`save`, at one
stroke. Records that cannot be read are set aside and named, the rest opens.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from aqah_desktop.errors import BadInputError, StorageError, UnknownItemError
from aqah_desktop.records import Grid, Layer, LayerStatus, Source
from aqah_desktop.storage import project_schema as schema
from aqah_desktop.storage.atomic import atomic_path, remove_leftovers, storage_error, write_bytes
from aqah_desktop.storage.file_lock import FileLock
from aqah_desktop.storage.gdal_env import check_path
from aqah_desktop.storage.project_records import ProjectRecords, WorkingCopy
from aqah_desktop.storage.records_json import hash_array, hash_frame, to_plain

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import pandas as pd

    from aqah_desktop.storage.rasters import RasterFile

#: Member name of layers whose bytes are in the project itself.
MEMBER = "project"
#: SQLite's limit for one value.
_MAX_RASTER_BYTES = 1_000_000_000
#: Decimals by which rasters are compared.
_RASTER_DECIMALS = 4


class ProjectFile(ProjectRecords):
    """An open project. Use :meth:`create` or :meth:`open`, then :meth:`save` and :meth:`close`.

    Attributes
    ----------
    path : Path
        File on disk.
    problems : list of Problem
        Records set aside when the file was opened.
    read_only : bool
        Opened without lock: cannot be saved under its own name.
    """

    def __init__(self, path: Path, working: WorkingCopy, lock: FileLock | None) -> None:
        super().__init__(path, working)
        self.read_only = lock is None
        self._lock = lock

    # ------------------------------------------------------------------ life

    @classmethod
    def create(cls, path: Path, *, overwrite: bool = False) -> ProjectFile:
        """Start a project; nothing is at ``path`` before :meth:`save` but the lock.

        Raises
        ------
        StorageError
            ``storage.project_exists``, ``storage.project_in_use``, or the folder cannot be written.
        """
        path = Path(path)
        if path.exists() and not overwrite:
            raise StorageError("storage.project_exists", path=str(path))
        lock = FileLock(path)
        try:
            working = WorkingCopy()
            schema.create(working.path)
        except BaseException:
            lock.release()
            raise
        return cls(path, working, lock)

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> ProjectFile:
        """Open a project.

        Parameters
        ----------
        path : Path
            The file.
        read_only : bool
            Do not lock it: it can be looked at while another program edits it.

        Raises
        ------
        StorageError
            Missing file; ``storage.not_a_project``, ``storage.project_damaged``,
            ``storage.project_in_use``.
        IntegrityError
            ``storage.project_newer``.
        """
        path = check_path(path)
        project = cls(path, WorkingCopy(), None)
        try:
            project._lock = None if read_only else FileLock(path)
            project.read_only = read_only
            if not read_only:
                remove_leftovers(path.parent)
            project._copy_in()
            schema.check_and_migrate(project._working, path)
            project._set_aside_unreadable()
        except BaseException:
            project.close()
            raise
        return project

    def save(self, path: Path | None = None) -> None:
        """Write the project; the file it replaces is kept as ``<name>.previous``.

        Parameters
        ----------
        path : Path, optional
            Save under another name: the lock moves with it.

        Raises
        ------
        StorageError
            ``storage.project_in_use``, ``storage.project_read_only``, disk full, no permission…; the
            file on disk is then as it was.
        """
        target = Path(path) if path is not None else self.path
        moved = target.absolute() != self.path.absolute()
        if self.read_only and not moved:
            raise StorageError("storage.project_read_only", path=str(target))
        lock = FileLock(target) if moved else self._lock
        try:
            with self._database() as connection:
                schema.stamp(connection)
            with atomic_path(target, keep_previous=True) as temporary:
                shutil.copyfile(self._working, temporary)
        except BaseException:
            if moved and lock is not None:
                lock.release()
            raise
        if moved and self._lock is not None:
            self._lock.release()
        self.path, self._lock, self.read_only = target, lock, False

    def close(self) -> None:
        """Drop the working copy and the lock; what was not saved is lost. Harmless when done twice."""
        self._copy.remove()
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> ProjectFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ------------------------------------------------------------------ content

    def add_vector(self, layer: Layer, frame: pd.DataFrame) -> Layer:
        """Store a vector layer or a table under ``layer.id``, replacing it; return the record kept.

        Raises
        ------
        BadInputError
            ``storage.bad_layer_id``: empty, or a name of the program's own tables.
        StorageError
            The working copy cannot be written.
        """
        from aqah_desktop.storage.vector_writing import replace_table

        table = _table_name(layer.id)
        replace_table(self._working, table, frame)
        return self._keep(layer, table, hash_frame(frame))

    def add_raster(
        self, layer: Layer, values: np.ndarray, grid: Grid, *, scale: float | None = None
    ) -> Layer:
        """Store a raster under ``layer.id``, replacing it; return the record kept.

        Parameters
        ----------
        layer : Layer
            Its record; the hash and the source are filled in.
        values : ndarray
            ``(ny, nx)``, NaN = no data.
        grid : Grid
            Where they are.
        scale : float, optional
            As :func:`aqah_desktop.storage.rasters.write_raster`.

        Raises
        ------
        BadInputError
            ``storage.raster_shape``, ``storage.raster_scale``, ``storage.raster_too_large``.
        """
        from aqah_desktop.storage.raster_writing import write_raster

        name = _table_name(layer.id)
        path = self._raster_path(name)
        write_raster(path, values, grid, scale=scale)
        data = path.read_bytes()
        if len(data) > _MAX_RASTER_BYTES:
            raise BadInputError("storage.raster_too_large", path=name, cells=int(values.size))
        with self._database() as connection:
            connection.execute("INSERT OR REPLACE INTO aqah_rasters VALUES (?, ?)", (name, data))
        return self._keep(layer, name, hash_array(values, _RASTER_DECIMALS))

    def read_vector(self, layer_id: str) -> gpd.GeoDataFrame:
        """Read a vector layer of the project.

        Raises
        ------
        UnknownItemError, StorageError
            ``storage.unknown_layer``; its bytes are missing or unreadable.
        """
        from aqah_desktop.storage.vectors import read_vector

        return read_vector(self._working, self._layer(layer_id).source.table, anywhere=True)

    def read_table(self, layer_id: str) -> pd.DataFrame:
        """Read the columns of a layer or table of the project, without geometry.

        Raises
        ------
        UnknownItemError, StorageError
            As :meth:`read_vector`.
        """
        from aqah_desktop.storage.vectors import read_attributes

        return read_attributes(self._working, self._layer(layer_id).source.table)

    def open_raster(self, layer_id: str) -> RasterFile:
        """Open a raster layer of the project; close it before the project.

        Raises
        ------
        UnknownItemError, StorageError
            As :meth:`read_vector`.
        """
        from aqah_desktop.storage.rasters import open_raster

        name = self._layer(layer_id).source.table
        path = self._raster_path(name)
        if not path.is_file():
            with self._database() as connection:
                row = connection.execute("SELECT tiff FROM aqah_rasters WHERE id = ?", (name,)).fetchone()
            if row is None:
                raise StorageError("storage.layer_bytes_missing", layer=layer_id, path=str(self.path))
            write_bytes(path, row[0])
        return open_raster(path)

    def remove_layer(self, layer_id: str) -> None:
        """Remove a layer and its bytes.

        Raises
        ------
        UnknownItemError
            ``storage.unknown_layer``.
        """
        from aqah_desktop.storage.vector_writing import drop_table

        layer = self._layer(layer_id)
        self._raster_path(layer.source.table).unlink(missing_ok=True)
        with self._database() as connection:
            connection.execute("DELETE FROM aqah_rasters WHERE id = ?", (layer.source.table,))
        drop_table(self._working, layer.source.table)
        self.remove("layers", layer_id)

    def export_geopackage(self, target: Path) -> None:
        """Write every layer to a GeoPackage for QGIS: vectors, tables and float rasters.

        Raises
        ------
        StorageError
            As :func:`aqah_desktop.storage.atomic.atomic_path`.
        """
        from aqah_desktop.storage.project_export import export

        export(self, Path(target))

    # ------------------------------------------------------------------ inside

    def _copy_in(self) -> None:
        try:
            shutil.copyfile(self.path, self._working)
        except OSError as error:
            raise storage_error(error, self.path) from error

    def _layer(self, layer_id: str) -> Layer:
        layers = self.layers()
        if layer_id not in layers:
            raise UnknownItemError("storage.unknown_layer", layer=layer_id, known=sorted(layers))
        layer = layers[layer_id]
        if layer.status is LayerStatus.MISSING:
            raise StorageError("storage.layer_bytes_missing", layer=layer_id, path=str(self.path))
        return layer

    def _keep(self, layer: Layer, table: str, content_hash: str) -> Layer:
        kept = replace(layer, source=Source(MEMBER, table), content_hash=content_hash, status=LayerStatus.OK)
        self.put("layers", kept.id, to_plain(kept))
        return kept

    def _raster_path(self, name: str) -> Path:
        # The name comes from the file: it must not choose where something is written.
        return self._working.with_name(hashlib.sha256(name.encode("utf-8")).hexdigest()[:24] + ".tif")


def _table_name(layer_id: str) -> str:
    if not layer_id.strip() or layer_id.lower().startswith(schema.OWN_PREFIXES):
        raise BadInputError("storage.bad_layer_id", layer=layer_id)
    return layer_id
