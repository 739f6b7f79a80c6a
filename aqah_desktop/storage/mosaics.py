"""Mosaics of local rasters described by a VRT file: which files they place beside each other.

A VRT can also name addresses, run code or hold other datasets, so GDAL's driver for it stays unregistered.
Its description is read here: everything but plain placing of local files is refused by a list of what is
allowed, and each file is then opened by itself, where its own position says.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from xml.etree import ElementTree

from aqah_desktop.errors import StorageError
from aqah_desktop.storage import gdal_env
from aqah_desktop.storage.atomic import storage_error

#: A mosaic of all 5 cm tiles of a department stays far below.
_MAX_BYTES = 64 * 1024**2
#: Elements by lower-case name (GDAL ignores case).
_ALLOWED_NAMES = (
    "vrtdataset srs geotransform metadata mdi vrtrasterband description unittype offset scale colorinterp"
    " colortable entry nodatavalue hidenodatavalue overviewlist overview maskband simplesource complexsource"
    " sourcefilename sourceband sourceproperties srcrect dstrect nodata usemaskband histograms histitem"
    " histmin histmax bucketcount includeoutofrange approximate histcounts"
)
_ALLOWED = frozenset(_ALLOWED_NAMES.split())
_BAND_CLASSES = ("", "vrtsourcedrasterband")

_lock = threading.Lock()
#: Tiles of the mosaics read so far, by path, with size and date: maps are painted many times a minute.
_known: dict[Path, tuple[tuple[int, int], tuple[Path, ...]]] = {}


def is_mosaic(path: Path) -> bool:
    """Whether a file is a mosaic, by its ending."""
    return path.suffix.lower() == ".vrt"


def tiles_of(path: Path) -> tuple[Path, ...]:
    """Return the files of a mosaic, the lowest first.

    Raises
    ------
    StorageError
        ``storage.remote_content`` for anything else than placing local files,
        ``storage.mosaic_tile_missing``, ``storage.raster_unreadable``, or what is wrong with a file.
    """
    try:
        state = path.stat()
    except OSError as error:
        raise storage_error(error, path) from error
    stamp = (state.st_size, state.st_mtime_ns)
    with _lock:
        known = _known.get(path)
    if known is not None and known[0] == stamp:
        return known[1]
    tiles = _checked(path)
    with _lock:
        _known[path] = (stamp, tiles)
    return tiles


def _checked(path: Path) -> tuple[Path, ...]:
    tiles = _named(path)
    missing = [tile for tile in tiles if not tile.is_file()]
    if missing:
        raise StorageError(
            "storage.mosaic_tile_missing", path=str(path), tile=str(missing[0]), count=len(missing)
        )
    for tile in tiles:
        gdal_env.check_path(tile)
    return tiles


def _named(path: Path) -> tuple[Path, ...]:
    """Every file the mosaic names, each once."""
    found: dict[Path, None] = {}
    for element in _parsed(path).iter():
        tag = str(element.tag).lower()
        attributes = {name.lower(): value.lower() for name, value in element.attrib.items()}
        allowed = tag in _ALLOWED and not (tag == "vrtdataset" and "subclass" in attributes)
        if tag == "vrtrasterband":
            allowed = attributes.get("subclass", "") in _BAND_CLASSES
        if not allowed:
            raise StorageError("storage.remote_content", path=str(path))
        if tag == "sourcefilename":
            found[_tile(path, (element.text or "").strip(), attributes.get("relativetovrt") == "1")] = None
    if not found:
        raise StorageError("storage.raster_unreadable", path=str(path), reason="no file")
    return tuple(found)


def _tile(path: Path, name: str, relative: bool) -> Path:
    if not name or gdal_env.is_remote(name):
        raise StorageError("storage.remote_content", path=str(path))
    return Path(os.path.normpath(path.absolute().parent / name)) if relative else Path(name)


def _parsed(path: Path) -> ElementTree.Element:
    try:
        data = path.read_bytes() if path.stat().st_size <= _MAX_BYTES else b""
    except OSError as error:
        raise storage_error(error, path) from error
    # Entities could grow without end or name other files; no mosaic needs them, nor UTF-16 to hide them.
    if not data or b"\0" in data or b"<!" in data.replace(b"<!--", b""):
        raise StorageError("storage.remote_content", path=str(path))
    try:
        root = ElementTree.fromstring(data)  # noqa: S314 - declarations are refused above
    except ElementTree.ParseError as error:
        raise StorageError("storage.raster_unreadable", path=str(path), reason=str(error)) from error
    if root.tag.lower() != "vrtdataset" or any(e.tag.lower() == "vrtdataset" for e in list(root.iter())[1:]):
        raise StorageError("storage.remote_content", path=str(path))
    return root
