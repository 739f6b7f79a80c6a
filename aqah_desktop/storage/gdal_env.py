"""The one place that decides what GDAL may open: listed file formats, local files, no network.

rasterio and pyogrio each carry a GDAL of their own; both get the same rules. Every module of this
room that opens a file calls :func:`harden` after importing its library and :func:`check_path` on
what it is about to open.
"""

from __future__ import annotations

import os
import re
import sys
import threading
import zipfile
from pathlib import Path
from typing import Any

from aqah_desktop.errors import StorageError

RASTER_DRIVERS = (
    "GTiff", "COG", "MEM", "GPKG", "AAIGrid", "ENVI", "EHdr", "HFA", "netCDF", "HDF5", "HDF5Image",
    "PNG", "JPEG", "JP2OpenJPEG", "SRTMHGT", "XYZ", "MBTiles", "SQLite",
)  # fmt: skip
VECTOR_DRIVERS = (
    "GPKG", "ESRI Shapefile", "GeoJSON", "GeoJSONSeq", "TopoJSON", "FlatGeobuf", "GML", "KML", "LIBKML",
    "GPX", "MapInfo File", "DXF", "OpenFileGDB", "SQLite", "MEM", "Memory",
)  # fmt: skip

#: Set for both libraries. The proxy is a Unix socket that does not exist: should any GDAL code path
#: still ask curl for an address, it fails without an internet socket.
_OPTIONS = {
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "CPL_VSIL_CURL_USE_HEAD": "NO",
    "GDAL_HTTP_PROXY": "socks5h://localhost/nonexistent/no-network",
    "GDAL_HTTP_MAX_RETRY": "0",
    "GML_DOWNLOAD_SCHEMA": "NO",
    "GML_SKIP_RESOLVE_ELEMS": "ALL",
    "OGR_SQLITE_LOAD_EXTENSIONS": "",
    "OGR_SQLITE_SYNCHRONOUS": "OFF",  # files are flushed once, when they are complete (atomic.py)
    "PROJ_NETWORK": "OFF",
}
#: GeoPackage writes this instead of the clock, so that equal content gives equal bytes.
FIXED_DATE = "2000-01-01T00:00:00.000Z"

_REMOTE_PATH = re.compile(r"^(?:[\\/]+vsi|[A-Za-z][A-Za-z0-9+.-]+:)", re.IGNORECASE)
_REMOTE_CONTENT = re.compile(
    rb"<(?:VRTDataset|OGRVRTDataSource|GDAL_WMS|WCS_GDAL|OGRWFSDataSource|OGROAPIFDataSource|OGRCSWDataSource"
    rb"|GDALTileIndexDataset|GDAL_WMTS|Capabilities|VRTPansharpenedDataset)\b"
    rb"|\"gdal_streamed_alg\"|\"stac_version\"",
    re.IGNORECASE,
)
#: What may stand before the first character of an XML or JSON file.
_BEFORE_TEXT = b"\xef\xbb\xbf \t\r\n"
#: More than this, once unzipped, is refused: real zipped layers stay far below.
MAX_UNZIPPED_BYTES = 8 * 1024**3
MAX_ZIP_RATIO = 1000

_lock = threading.Lock()
_hardened: set[str] = set()


def harden() -> None:
    """Apply the rules to whichever of rasterio and pyogrio is loaded, and to later imports.

    Idempotent and cheap; call it after importing the library that is about to open a file.
    """
    with _lock:
        if "environment" not in _hardened:
            os.environ.update(_OPTIONS)  # also read by a GDAL or PROJ that is loaded later
            _hardened.add("environment")
        if "pyogrio" in sys.modules and "pyogrio" not in _hardened:
            _harden_pyogrio()
            _hardened.add("pyogrio")
        if "rasterio" in sys.modules and "rasterio" not in _hardened:
            _harden_rasterio()
            _hardened.add("rasterio")
        if "pyproj" in sys.modules and "pyproj" not in _hardened:
            _harden_pyproj()
            _hardened.add("pyproj")


def _harden_pyogrio() -> None:
    import pyogrio
    from pyogrio import _ogr

    unwanted = sorted(set(pyogrio.list_drivers()) - set(VECTOR_DRIVERS))
    skip = ",".join(unwanted)
    pyogrio.set_gdal_config_options({**_OPTIONS, "OGR_CURRENT_DATE": FIXED_DATE, "GDAL_SKIP": skip})
    _ogr._register_drivers()  # GDALAllRegister drops what GDAL_SKIP names, also when called again
    pyogrio.set_gdal_config_options({"GDAL_SKIP": None})


def _harden_rasterio() -> None:
    import rasterio
    from rasterio import _env

    with rasterio.Env() as environment:
        unwanted = sorted(set(environment.drivers()) - set(RASTER_DRIVERS))
    for name, value in {**_OPTIONS, "GDAL_SKIP": ",".join(unwanted)}.items():
        _env.set_gdal_config(name, value)
    # GDAL's own words about a file are logged as warnings on the terminal, and crash the logging when a
    # damaged file puts bytes that are no text in them. What matters is raised as an error anyway.
    _env.code_map.clear()
    _env._have_registered_drivers = False  # so that start() runs GDALAllRegister, which drops them
    _env.GDALEnv().start()


def _harden_pyproj() -> None:
    from pyproj.network import set_network_enabled  # type: ignore[attr-defined]  # re-exported without __all__

    set_network_enabled(active=False)


def check_path(path: Path | str) -> Path:
    """Return ``path`` when it is an existing local file that names nothing outside itself.

    Raises
    ------
    StorageError
        ``storage.remote_path``, ``storage.missing_file``, ``storage.is_folder``,
        ``storage.empty_file``, ``storage.remote_content``, ``storage.zip_bomb``.
    """
    text = os.fspath(path)
    if is_remote(text):
        raise StorageError("storage.remote_path", path=text)
    local = Path(path)
    try:
        if local.is_dir():
            if local.suffix.lower() == ".gdb":
                return local
            raise StorageError("storage.is_folder", path=text)
        with local.open("rb") as stream:
            head = stream.read(65536)
    except StorageError:
        raise
    except OSError as error:
        from aqah_desktop.storage.atomic import storage_error

        raise storage_error(error, local) from error
    if not head:
        raise StorageError("storage.empty_file", path=text)
    if head.lstrip(_BEFORE_TEXT)[:1] in (b"<", b"{", b"[") and _REMOTE_CONTENT.search(head):
        raise StorageError("storage.remote_content", path=text)
    if head[:2] == b"PK":
        check_zip(local)
    return local


def is_remote(text: str) -> bool:
    """Whether a file name is an address, or a path of GDAL's own file systems."""
    if not _REMOTE_PATH.match(text.replace("\\", "/")):
        return False
    return not (len(text) > 1 and text[1] == ":")  # a Windows drive letter


def check_zip(path: Path) -> None:
    """Refuse a zip that would unpack to something enormous or outside its folder."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise StorageError("storage.bad_zip", path=str(path)) from error
    total = sum(member.file_size for member in members)
    packed = max(sum(member.compress_size for member in members), 1)
    if total > MAX_UNZIPPED_BYTES or (total > 100 * 1024**2 and total / packed > MAX_ZIP_RATIO):
        raise StorageError("storage.zip_bomb", path=str(path), megabytes=total // 1024**2)


def state() -> dict[str, Any]:
    """What ``aqah doctor`` prints: drivers loaded by each library and whether PROJ may use the network."""
    import pyogrio
    import rasterio
    from pyproj.network import is_network_enabled  # type: ignore[attr-defined]  # re-exported without __all__

    harden()
    with rasterio.Env() as environment:
        raster = sorted(environment.drivers())
    return {
        "raster_drivers": raster,
        "vector_drivers": sorted(pyogrio.list_drivers()),
        "proj_network": bool(is_network_enabled()),
    }
