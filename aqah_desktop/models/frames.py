"""The tables behind the layers: read once, kept while they are looked at, usable from any thread."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from aqah_desktop.errors import UnknownItemError
from aqah_desktop.models.selection import Feature
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.records import RasterShape

if TYPE_CHECKING:
    import pandas as pd

    from aqah_desktop.storage.pack import Pack
    from aqah_desktop.storage.project_file import ProjectFile

#: Columns that name a feature, best first; the first one whose values are all different is taken.
_ID_COLUMNS = (
    "site_id",
    "station_code",
    "facility_id",
    "parcel_id",
    "farm_id",
    "place_id",
    "commune_code",
    "epci_code",
    "department_code",
    "id",
    "code",
)
#: Rows kept in memory over all tables; the least recently used go first.
_KEPT_ROWS = 2_000_000

Reading = Callable[[], "AbstractContextManager[ProjectFile | None]"]


class FrameStore:
    """Attribute tables (with their geometry) of the layers of a window.

    Parameters
    ----------
    pack : Pack
        Layers whose origin is the pack.
    reading : callable, optional
        Gives the open project file to read from; without it a layer kept there has no table.
    """

    def __init__(self, pack: Pack, reading: Reading | None = None) -> None:
        self._pack, self._reading = pack, reading
        self._frames: OrderedDict[tuple[str, str, str], pd.DataFrame] = OrderedDict()
        self._lock = threading.Lock()

    def frame(self, entry: LayerEntry) -> pd.DataFrame:
        """Return the table of a vector layer, in EPSG:2154 when it has geometry.

        Raises
        ------
        UnknownItemError
            ``table.no_table``: a raster, or a result that is not in the project file.
        AqahError
            When the file behind the layer cannot be read.
        """
        key = (entry.origin, entry.id, entry.layer.content_hash)
        with self._lock:
            if key in self._frames:
                self._frames.move_to_end(key)
                return self._frames[key]
        frame = self._read(entry)
        with self._lock:
            self._frames[key] = frame
            while len(self._frames) > 1 and sum(map(len, self._frames.values())) > _KEPT_ROWS:
                self._frames.popitem(last=False)
        return frame

    def _read(self, entry: LayerEntry) -> pd.DataFrame:
        layer = entry.layer
        if isinstance(layer.shape, RasterShape):
            raise UnknownItemError("table.no_table", title=layer.title)
        if entry.origin == "pack":
            if layer.shape.geometry_type == "None":
                return self._pack.read_table(layer.id)
            return self._pack.read_vector(layer.id)
        if entry.path is None:
            return self._from_project(entry, layer.shape.geometry_type != "None")
        from aqah_desktop.storage.vectors import read_vector

        file = entry.file
        return read_vector(
            entry.path,
            layer.source.table or None,
            assume_crs=file.crs if file is not None else layer.shape.crs or None,
            force_crs=file is not None and file.crs_forced,
        )

    def _from_project(self, entry: LayerEntry, has_geometry: bool) -> pd.DataFrame:
        if self._reading is not None:
            with self._reading() as file:
                if file is not None:
                    return file.read_vector(entry.id) if has_geometry else file.read_table(entry.id)
        raise UnknownItemError("table.no_table", title=entry.layer.title)


def id_column(frame: pd.DataFrame) -> str:
    """Column that names the features of a table; empty when none does."""
    lower = {str(name).lower(): str(name) for name in frame.columns}
    for wanted in _ID_COLUMNS:
        name = lower.get(wanted)
        if name is not None and frame[name].notna().all() and frame[name].is_unique:
            return name
    return ""


def placed_rows(frame: pd.DataFrame) -> npt.NDArray[np.intp]:
    """Rows that have a geometry, in order: what the map counts its features by."""
    if "geometry" not in frame:
        return np.empty(0, np.intp)
    geometry = frame["geometry"]
    return np.flatnonzero((geometry.notna() & ~geometry.is_empty).to_numpy())


def row_of(frame: pd.DataFrame, feature: Feature) -> int | None:
    """Row of a feature in the table of its layer, or None."""
    column = id_column(frame)
    if feature.code and column:
        found = np.flatnonzero((frame[column].astype(str) == feature.code).to_numpy())
        if len(found):
            return int(found[0])
    rows = placed_rows(frame)
    return int(rows[feature.index]) if 0 <= feature.index < len(rows) else None


def feature_at(frame: pd.DataFrame, layer_id: str, row: int) -> Feature:
    """The feature of a row: its code where the table has one, its index among the placed, a place on it."""
    column = id_column(frame)
    record = frame.iloc[row]
    rows = placed_rows(frame)
    index = int(np.searchsorted(rows, row))
    placed = index < len(rows) and rows[index] == row
    x = y = float("nan")
    if placed:
        point = record["geometry"].representative_point()
        x, y = float(point.x), float(point.y)
    return Feature(
        layer_id,
        str(record[column]) if column else "",
        index if placed else -1,
        name_of(record),
        x,
        y,
    )


def name_of(record: Any) -> str:
    """What a row is called: its name, crop or label; empty when it has none."""
    for wanted in ("name", "nom", "libelle", "crop_label", "label"):
        for column in record.index:
            if str(column).lower() == wanted and not missing(record[column]):
                return str(record[column])
    return ""


def missing(value: Any) -> bool:
    """Whether a cell is empty."""
    import pandas as pd

    return value is None or (not hasattr(value, "geom_type") and bool(pd.isna(value))) or value == ""
