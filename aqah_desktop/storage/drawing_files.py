"""Arrays of a pack prepared for drawing, so that the first map needs neither pandas nor GDAL.

``drawing/outlines.npz`` holds the lines of every polygon and line layer, ``drawing/points.npz`` the
places, sites and stations, ``drawing/<raster>.npz`` a raster as it is stored (uint16 × scale). They are
made from the layers of the pack when it is built and carry nothing the layers do not have.
"""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from aqah_desktop.errors import IntegrityError
from aqah_desktop.records import Grid

if TYPE_CHECKING:
    import geopandas as gpd

    from aqah_desktop.storage.pack import Pack

FOLDER = "drawing"
#: Coordinates are stored relative to this place (EPSG:2154, m) so that float32 keeps centimetres.
ORIGIN = np.array([680000.0, 6990000.0])
#: A centimetre within 130 km of that place.
_DTYPE = np.float32


@dataclass(frozen=True, eq=False)
class Outlines:
    """Parts of polygons and lines: ``coordinates (n, 2)`` m, ``starts (p + 1,)``, ``owner (p,)``.

    ``first (n,)`` is false where the line from a vertex to the next one is also one of an earlier part.
    """

    coordinates: np.ndarray
    starts: np.ndarray
    owner: np.ndarray
    codes: tuple[str, ...]
    first: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class Points:
    """Named points: ``x, y (n,)`` m, id, name, kind and commune of each, a weight for labels."""

    x: np.ndarray
    y: np.ndarray
    ids: tuple[str, ...]
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    communes: tuple[str, ...]
    weights: np.ndarray


class DrawingFiles:
    """Reader of the prepared arrays of one pack folder; every answer may be ``None`` (not prepared).

    Usable from any thread. Outlines and points are kept once they were read, rasters are not.

    Parameters
    ----------
    folder : Path
        Folder of the pack.
    verify : callable, optional
        Called with the member's name before it is read; raises when the file was altered
        (:meth:`aqah_desktop.storage.pack.Pack.member`).
    """

    def __init__(self, folder: Path, verify: Callable[[str], object] | None = None) -> None:
        self._folder, self._verify = folder / FOLDER, verify
        self._archives: dict[str, dict[str, np.ndarray] | None] = {}
        self._outlines: dict[str, Outlines | None] = {}
        self._points: dict[str, Points | None] = {}
        self._lock = threading.RLock()

    def outlines(self, layer_id: str) -> Outlines | None:
        """Lines of a polygon or line layer."""
        with self._lock:
            if layer_id not in self._outlines:
                self._outlines[layer_id] = self._make_outlines(layer_id)
            return self._outlines[layer_id]

    def points(self, layer_id: str) -> Points | None:
        """Placed points of a layer."""
        with self._lock:
            if layer_id not in self._points:
                self._points[layer_id] = self._make_points(layer_id)
            return self._points[layer_id]

    def raster(self, layer_id: str) -> tuple[np.ndarray, Grid] | None:
        """Values ``(ny, nx) float32`` in the layer's unit, NaN = no data, and their grid."""
        data = self._read(layer_id)
        if data is None:
            return None
        x_min, y_max, cell_m, scale, nodata = (float(v) for v in data["grid"])
        stored = data["values"]
        values = stored.astype(np.float32) * np.float32(scale)
        values[stored == int(nodata)] = np.nan
        return values, Grid(x_min, y_max, cell_m, stored.shape[1], stored.shape[0])

    def _make_outlines(self, layer_id: str) -> Outlines | None:
        data = self._shared("outlines")
        if data is None or f"{layer_id}.coordinates" not in data:
            return None
        coordinates = data[f"{layer_id}.coordinates"].astype(np.float64) + ORIGIN
        starts, owner = data[f"{layer_id}.starts"], data[f"{layer_id}.owner"]
        first = data.get(f"{layer_id}.first")
        return Outlines(
            coordinates,
            starts.astype(np.int64),
            owner.astype(np.int64),
            _texts(data, layer_id, "codes"),
            None if first is None else np.unpackbits(first, count=len(coordinates)).astype(bool),
        )

    def _make_points(self, layer_id: str) -> Points | None:
        data = self._shared("points")
        if data is None or f"{layer_id}.xy" not in data:
            return None
        xy = data[f"{layer_id}.xy"].astype(np.float64) + ORIGIN
        texts = {name: _texts(data, layer_id, name) for name in ("ids", "names", "kinds", "communes")}
        return Points(x=xy[:, 0], y=xy[:, 1], weights=data[f"{layer_id}.weights"], **texts)

    def _shared(self, name: str) -> dict[str, np.ndarray] | None:
        """An archive of many layers, read once."""
        if name not in self._archives:
            self._archives[name] = self._read(name)
        return self._archives[name]

    def _read(self, name: str) -> dict[str, np.ndarray] | None:
        path = self._folder / f"{name}.npz"
        if not path.is_file():
            return None
        if self._verify is not None:
            self._verify(f"{FOLDER}/{path.name}")
        try:
            with np.load(path, allow_pickle=False) as archive:
                return {key: archive[key] for key in archive.files}
        except (OSError, ValueError, zipfile.BadZipFile, KeyError, EOFError) as error:
            raise IntegrityError("storage.drawing_file_damaged", path=str(path)) from error


def first_lines(coordinates: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Whether the line from each vertex to the next one is the first between these two places.

    Parameters
    ----------
    coordinates : ndarray, (n, 2)
        Vertices of every part, one after the other.
    starts : ndarray, (p + 1,)
        Part ``i`` is ``coordinates[starts[i]:starts[i + 1]]``.

    Returns
    -------
    ndarray of bool, (n,)
        False for the second drawing of a shared border, true at the last vertex of a part.
    """
    first = np.ones(len(coordinates), bool)
    is_line = np.ones(len(coordinates), bool)
    is_line[np.asarray(starts[1:], np.intp) - 1] = False
    begin = np.flatnonzero(is_line)
    if not len(begin):
        return first
    _, place = np.unique(coordinates, axis=0, return_inverse=True)
    place = place.ravel().astype(np.int64)
    ends = np.sort(np.stack([place[begin], place[begin + 1]], axis=1), axis=1)
    _, kept = np.unique(ends[:, 0] * len(coordinates) + ends[:, 1], return_index=True)
    first[begin] = False
    first[begin[kept]] = True
    return first


def _texts(data: dict[str, np.ndarray], layer_id: str, name: str) -> tuple[str, ...]:
    raw = data[f"{layer_id}.{name}"].tobytes().decode("utf-8")
    return tuple(raw.split("\n")) if raw else ()


# --------------------------------------------------------------------------- writing


def build_drawing_files(
    pack: Pack, outlines: Iterable[str], points: Iterable[str], rasters: Iterable[str]
) -> dict[str, bytes]:
    """Return the prepared files of a pack: name inside :data:`FOLDER` → bytes (deterministic)."""
    lines: dict[str, np.ndarray] = {}
    for layer_id in outlines:
        lines.update(_outline_arrays(layer_id, pack.read_vector(layer_id)))
    places: dict[str, np.ndarray] = {}
    for layer_id in points:
        places.update(_point_arrays(layer_id, pack.read_vector(layer_id)))
    files = {"outlines.npz": _archive(lines), "points.npz": _archive(places)}
    for layer_id in rasters:
        files[f"{layer_id}.npz"] = _archive(_raster_arrays(pack, layer_id))
    return files


def _archive(arrays: dict[str, np.ndarray]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(arrays):
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, np.ascontiguousarray(arrays[name]), allow_pickle=False)
            archive.writestr(
                zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), buffer.getvalue(), zipfile.ZIP_DEFLATED
            )
    return target.getvalue()


def _pack_texts(values: Iterable[Any]) -> np.ndarray:
    text = "\n".join("" if v is None or isinstance(v, float) else str(v).replace("\n", " ") for v in values)
    return np.frombuffer(text.encode("utf-8"), np.uint8)


def _outline_arrays(layer_id: str, frame: gpd.GeoDataFrame) -> dict[str, np.ndarray]:
    import shapely

    parts, owner = shapely.get_parts(frame.geometry.to_numpy(), return_index=True)
    areas = shapely.get_type_id(parts) == 3
    rings, ring_owner = shapely.get_rings(parts[areas], return_index=True)
    lines = np.concatenate([rings, parts[~areas]])
    owners = np.concatenate([owner[areas][ring_owner], owner[~areas]])
    counts = shapely.get_num_coordinates(lines)
    coordinates = (shapely.get_coordinates(lines) - ORIGIN).astype(_DTYPE)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    column = next((c for c in frame.columns if c.endswith("_code") or c == "code"), None)
    codes = frame[column] if column else [""] * len(frame)
    return {
        f"{layer_id}.coordinates": coordinates,
        f"{layer_id}.starts": starts,
        f"{layer_id}.first": np.packbits(first_lines(coordinates, starts)),
        f"{layer_id}.owner": owners.astype(np.int32),
        f"{layer_id}.codes": _pack_texts(codes),
    }


def _point_arrays(layer_id: str, frame: gpd.GeoDataFrame) -> dict[str, np.ndarray]:
    placed = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
    names = {
        "ids": ("site_id", "station_code", "farm_id", "place_id"),
        "names": ("name",),
        "kinds": ("kind",),
    }
    names["communes"] = ("commune_code",)
    weight = placed["population"] if "population" in placed else [0.0] * len(placed)
    arrays = {
        f"{layer_id}.xy": (np.column_stack([placed.geometry.x, placed.geometry.y]) - ORIGIN).astype(_DTYPE),
        f"{layer_id}.weights": np.nan_to_num(np.asarray(weight, float)).astype(np.float32),
    }
    for key, choices in names.items():
        column = next((c for c in choices if c in placed), None)
        arrays[f"{layer_id}.{key}"] = _pack_texts(placed[column] if column else [""] * len(placed))
    return arrays


def _raster_arrays(pack: Pack, layer_id: str) -> dict[str, np.ndarray]:
    with pack.open_raster(layer_id) as raster:
        values, grid = raster.read()
        scale = raster.scale or 0.01
    stored = np.where(np.isnan(values), 65535, np.rint(values / scale)).astype(np.uint16)
    return {"values": stored, "grid": np.array([grid.x_min, grid.y_max, grid.cell_m, scale, 65535.0])}
