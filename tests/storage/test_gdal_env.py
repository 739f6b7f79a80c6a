"""What GDAL may open: only the listed formats, only local files, whichever library came first."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

import numpy as np
import pytest

from aqah_desktop.errors import StorageError
from aqah_desktop.records import Grid
from aqah_desktop.storage import gdal_env
from aqah_desktop.storage.rasters import open_raster, write_raster
from aqah_desktop.storage.vectors import read_vector

VRT = """<VRTDataset rasterXSize="2" rasterYSize="2"><VRTRasterBand dataType="Byte" band="1">
<SimpleSource><SourceFilename>{source}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>"""
OGR_VRT = """<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>{source}</SrcDataSource>
</OGRVRTLayer></OGRVRTDataSource>"""
WMS = """<GDAL_WMS><Service name='TMS'><ServerUrl>{source}/${{z}}/${{x}}/${{y}}.png</ServerUrl>
</Service></GDAL_WMS>"""
WFS = "<OGRWFSDataSource><URL>{source}</URL></OGRWFSDataSource>"


def run(program: str, *arguments: str) -> str:
    process = subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", "-c", textwrap.dedent(program), *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    return process.stdout.strip().splitlines()[-1]


@pytest.mark.parametrize("order", ["before", "after"])
def test_drivers_are_those_listed_whichever_came_first(order: str) -> None:
    program = """
        import json, sys
        from aqah_desktop.storage import gdal_env
        if sys.argv[1] == "before":
            gdal_env.harden()
        import pyogrio, rasterio, pyproj
        pyogrio.list_drivers(); rasterio.Env().__enter__()
        gdal_env.harden(); gdal_env.harden()
        print(json.dumps(gdal_env.state()))
    """
    state = json.loads(run(program, order))
    assert set(state["raster_drivers"]) <= set(gdal_env.RASTER_DRIVERS)
    assert set(state["vector_drivers"]) <= set(gdal_env.VECTOR_DRIVERS)
    assert {"GTiff", "COG"} <= set(state["raster_drivers"])
    assert {"GPKG", "ESRI Shapefile", "GeoJSON"} <= set(state["vector_drivers"])
    assert state["proj_network"] is False


@pytest.mark.parametrize(
    "name",
    [
        "/vsicurl/http://example.org/a.tif",
        "/vsis3/bucket/a.tif",
        "/VSICURL/https://example.org/a.tif",
        "\\vsicurl\\http://example.org/a.tif",
        "//vsizip/vsicurl/http://example.org/a.zip",
        "http://example.org/a.tif",
        "https://example.org/a.gpkg",
        "ftp://example.org/a.gpkg",
        "WMS:http://example.org",
        "PG:host=example.org",
        "netcdf:a.nc:var",
        "GPKG:a.gpkg:t",
    ],
)
def test_addresses_and_special_paths_are_refused(name: str) -> None:
    with pytest.raises(StorageError) as caught:
        gdal_env.check_path(name)
    assert caught.value.key == "storage.remote_path"


def test_a_windows_drive_is_a_path() -> None:
    with pytest.raises(StorageError) as caught:
        gdal_env.check_path("C:/data/a.tif")
    assert caught.value.key == "storage.missing_file"


@pytest.mark.parametrize(
    "content", [VRT, OGR_VRT, WMS, WFS, '{{"type": "gdal_streamed_alg", "a": "{source}"}}']
)
@pytest.mark.parametrize("prefix", ["", "\ufeff \n", "<?xml version='1.0'?>\n"])
def test_files_that_name_other_files_are_refused(tmp_path: Path, content: str, prefix: str) -> None:
    if prefix.startswith("<") and content.startswith("{"):
        pytest.skip("not both XML and JSON")
    path = tmp_path / "innocent.tif"
    path.write_text(prefix + content.format(source="http://127.0.0.1:9/a.tif"), encoding="utf-8")
    for reader in (open_raster, read_vector):
        with pytest.raises(StorageError) as caught:
            reader(path)
        assert caught.value.key == "storage.remote_content"


def test_nobody_is_called_even_when_the_checks_are_bypassed(tmp_path: Path) -> None:
    """Once hardened, GDAL itself opens neither addresses nor the formats that name them."""
    calls: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        stop = threading.Event()

        def listen() -> None:
            while not stop.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                calls.append(connection)
                connection.close()

        thread = threading.Thread(target=listen)
        thread.start()
        address = f"http://127.0.0.1:{port}"
        local = tmp_path / "a.tif"
        write_raster(local, np.ones((2, 2), "float32"), Grid(0, 0, 200, 2, 2))
        for name, content in {"a.vrt": VRT, "b.vrt": OGR_VRT, "c.xml": WMS, "d.xml": WFS}.items():
            (tmp_path / name).write_text(content.format(source=f"/vsicurl/{address}/a.tif"))
        (tmp_path / "local.vrt").write_text(VRT.format(source=str(local)))
        program = """
            import os, sys
            host = sys.argv[2].removeprefix("http://")
            os.environ.update(
                AWS_S3_ENDPOINT=host, AWS_HTTPS="NO", AWS_NO_SIGN_REQUEST="YES", AWS_VIRTUAL_HOSTING="FALSE",
                GS_NO_SIGN_REQUEST="YES", CPL_GS_ENDPOINT=sys.argv[2],
                OSS_ENDPOINT=host, OSS_HTTPS="NO", OSS_ACCESS_KEY_ID="x", OSS_SECRET_ACCESS_KEY="x",
                AZURE_NO_SIGN_REQUEST="YES", AZURE_STORAGE_ACCOUNT="x", CPL_AZURE_ENDPOINT=sys.argv[2],
                SWIFT_STORAGE_URL=sys.argv[2], SWIFT_AUTH_TOKEN="x",
            )
            import pyogrio, rasterio
            from pathlib import Path
            from aqah_desktop.storage import gdal_env
            gdal_env.harden()
            folder, address = Path(sys.argv[1]), sys.argv[2]
            targets = [str(p) for p in folder.iterdir() if p.suffix in (".vrt", ".xml")]
            targets += [f"/vsicurl/{address}/a.tif", f"{address}/a.tif"]
            targets += [f"/vsicurl/{address}/a.gpkg", f"WFS:{address}"]
            targets += [f"/vsicurl_streaming/{address}/a.tif", f"/vsizip//vsicurl/{address}/a.zip"]
            stores = ("s3", "s3_streaming", "gs", "az", "oss", "swift")
            targets += [f"/vsi{name}/bucket/a.tif" for name in stores]
            targets += [f"/vsiwebhdfs/{address}/webhdfs/v1/a.tif"]
            readers = (lambda target: rasterio.open(target).read(), lambda target: pyogrio.read_info(target))
            read = []
            for target in targets:
                for reader in readers:
                    try:
                        reader(target)
                        read.append(Path(target).name)
                    except Exception:
                        pass
            print(len(targets), *read)
        """
        try:
            # Once rasterio has them, a mosaic of local files may be read; nothing else may.
            assert run(program, str(tmp_path), address) in ("18", "18 local.vrt")
        finally:
            stop.set()
            thread.join()
    assert calls == []


def test_missing_empty_and_folder(tmp_path: Path) -> None:
    (tmp_path / "empty.tif").touch()
    cases = {"absent.tif": "missing_file", "empty.tif": "empty_file", "": "is_folder"}
    for name, key in cases.items():
        for reader in (open_raster, read_vector):
            with pytest.raises(StorageError) as caught:
                reader(tmp_path / name)
            assert caught.value.key == f"storage.{key}"


def test_a_zip_that_unpacks_to_something_enormous_is_refused(tmp_path: Path) -> None:
    import zipfile

    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a.shp", "w") as member:
        for _ in range(200):
            member.write(bytes(1024**2))
    with pytest.raises(StorageError) as caught:
        read_vector(path)
    assert caught.value.key == "storage.zip_bomb"
    assert caught.value.params["megabytes"] == 200
