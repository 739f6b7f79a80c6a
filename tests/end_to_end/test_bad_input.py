"""Wrong, damaged or hostile input: what, why, remedy; exit code 2; old files intact; no traceback."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import Affine, from_origin

from .conftest import DUNKERQUE, MEL, Aqah, refused

EXPOSURE = ("exposure", "--json", "--territory", DUNKERQUE, "--pollutant", "no2", "--year", 2019)


def _raster(
    path: Path, values: np.ndarray, crs: str | None = "EPSG:2154", transform: Affine | None = None
) -> Path:
    transform = transform or from_origin(645000, 7110000, 200, 200)
    with rasterio.open(
        path, "w", driver="GTiff", width=values.shape[1], height=values.shape[0], count=1,
        dtype="float32", crs=crs, transform=transform, nodata=-9999,
    ) as target:  # fmt: skip
        target.write(values.astype("float32"), 1)
    return path


@pytest.mark.parametrize(
    ("arguments", "key"),
    [
        ("exposure --json --territory 999 --pollutant no2 --out x.csv", "storage.unknown_territory"),
        (f"map --json --territory {MEL} --layer nothing --out x.png", "storage.unknown_layer"),
        ("simulate --json aqah.nothing --out x", "processing.unknown_algorithm"),
        (f"exposure --json --territory {MEL} --pollutant no2 --out x.doc", "models.file_ending"),
        (f"exposure --json --territory {MEL} --pollutant no2 --out no/x.csv", "storage.missing_folder"),
        ("territories --json --pack missing.aqahpack", "storage.missing_file"),
        (f"run --json --headless --territory {MEL} --out {Path(__file__).name}/x", "storage.missing_folder"),
    ],
)
def test_unknown_names_and_places(aqah: Aqah, tmp_path: Path, arguments: str, key: str) -> None:
    (tmp_path / Path(__file__).name).touch()
    refused(aqah(*arguments.split()), key)


SIMULATE = f"simulate aqah.action.low_emission_zone --territory {MEL} --out x --param"


@pytest.mark.parametrize(
    "arguments",
    [
        f"exposure --territory {MEL} --pollutant xenon --out x.csv",
        f"exposure --territory {MEL} --pollutant no2 --year 1812 --out x.csv",
        f"exposure --territory {MEL} --pollutant no2 --radius 10 --out x.csv",
        f"exposure --territory {MEL} --pollutant no2 --sites casino --out x.csv",
        f"exposure --territory {MEL}",
        f"exposure --territory {MEL} --pollutant no2 --year abc --out x.csv",
        f"{SIMULATE} nonsense",
        f"{SIMULATE} share_concerned_percent=150",
        f"{SIMULATE} share_concerned_percent=5t",
        f"{SIMULATE} perimetre=59350",
        "nonsense",
    ],
)
def test_wrong_use(aqah: Aqah, arguments: str, tmp_path: Path) -> None:
    assert refused(aqah(*arguments.split()))
    assert not (tmp_path / "x.csv").exists()
    assert not (tmp_path / "x").exists()


def test_wrong_rasters(aqah: Aqah, tmp_path: Path) -> None:
    good = np.full((200, 300), 12.0)
    empty = tmp_path / "empty.tif"
    empty.write_bytes(b"")
    truncated = _raster(tmp_path / "whole.tif", good)
    truncated.write_bytes(truncated.read_bytes()[:4000])
    cases = {
        "no crs": _raster(tmp_path / "nocrs.tif", good, crs=None),
        "rotated": _raster(tmp_path / "rot.tif", good, transform=Affine(200, 50, 645000, 50, -200, 7110000)),
        "nodata": _raster(tmp_path / "nodata.tif", np.full((20, 30), -9999.0)),
        "negative": _raster(tmp_path / "neg.tif", good * -1),
        "empty": empty,
        "truncated": truncated,
        "foreign": Path(__file__),
        "missing": tmp_path / "none.tif",
        "remote": Path("/vsicurl/http://example.org/x.tif"),
    }
    for name, path in cases.items():
        said = refused(aqah(*EXPOSURE, "--raster", path, "--out", tmp_path / "x.csv"))
        found = json.loads(said.splitlines()[-1])["error"]
        assert found["remedy"], name
        assert not (tmp_path / "x.csv").exists(), name


def test_a_raster_of_another_crs_gives_the_same_values(aqah: Aqah, tmp_path: Path) -> None:
    values = np.full((600, 600), 21.5)
    path = _raster(tmp_path / "wgs.tif", values, "EPSG:4326", from_origin(1.9, 51.3, 0.002, 0.002))
    out = tmp_path / "x.csv"
    done = aqah(*EXPOSURE, "--raster", path, "--radius", 300, "--out", out)
    assert done.returncode == 0, done.stderr
    with out.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["status"] == "ok"]
    assert len(rows) > 50
    assert {float(row["value_ug_m3"]) for row in rows} == {21.5}
    # The worse of the map (user-supplied) and the site's own position (indicative for care homes).
    assert {row["quality"] for row in rows if row["kind"] == "college"} == {"user-supplied"}
    assert {row["quality"] for row in rows} == {"user-supplied", "indicative"}


def test_altered_pack(aqah: Aqah, checkout: Path, tmp_path: Path) -> None:
    copy = tmp_path / "pack"
    shutil.copytree(checkout / "data", copy)
    with (copy / "vectors.gpkg").open("r+b") as stream:
        stream.seek(200_000)
        stream.write(b"\0" * 64)
    done = aqah("doctor", "--pack", copy, "--json")
    assert done.returncode == 2
    assert any(
        r["status"] == "error" and "vectors.gpkg" in r["what"] + r["detail"] for r in json.loads(done.stdout)
    )
    refused(
        aqah("exposure", "--pack", copy, *EXPOSURE[1:], "--out", tmp_path / "x.csv"),
        "storage.pack_member_altered",
    )
    (copy / "layers.json").write_text("[]", encoding="utf-8")
    refused(aqah("layers", "--pack", copy, "--json"), "storage.pack_member_altered")
    (copy / "pack.json").write_bytes(b"{")
    refused(aqah("layers", "--pack", copy, "--json"))


def test_a_folder_without_permission(aqah: Aqah, tmp_path: Path) -> None:
    """``aqah run`` into a place where nothing may be made."""
    (tmp_path / "file").write_text("x", encoding="utf-8")
    said = refused(aqah("run", "--headless", "--out", tmp_path / "file" / "run", "--json"))
    assert json.loads(said.splitlines()[-1])["error"]["remedy"]


@pytest.mark.parametrize("encoding", ["cp1252", "cp850", "ascii"])
def test_output_redirected_under_any_code_page(aqah: Aqah, encoding: str) -> None:
    done = aqah("territories", PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr
    assert "245900428" in done.stdout


@pytest.mark.skipif(os.name == "nt" or os.geteuid() != 0, reason="needs to become another user")
def test_no_permission_to_write(aqah: Aqah, tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o555)
    code = (
        "import os\n"
        "from pathlib import Path\n"
        "from aqah_desktop.errors import AqahError\n"
        "from aqah_desktop.storage.atomic import write_text\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "try:\n"
        f"    write_text(Path({str(folder / 'x.csv')!r}), 'x')\n"
        "except AqahError as error:\n"
        "    print(error.key, error.exit_code)\n"
    )
    for parent in [tmp_path, *tmp_path.parents]:
        if str(parent).startswith("/tmp/") and parent != Path("/tmp"):
            parent.chmod(0o755)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["storage.no_permission", "2"], done.stderr


def test_an_unsigned_pack_is_a_warning(aqah: Aqah, checkout: Path, tmp_path: Path) -> None:
    shutil.copytree(checkout / "data", tmp_path / "pack")
    done = aqah("doctor", "--pack", tmp_path / "pack", "--json")
    assert done.returncode == 0, done.stdout
    assert [r["status"] for r in json.loads(done.stdout) if r["what"] == "pack"] == ["ok", "warning"]


def test_a_refused_export_leaves_the_old_file(aqah: Aqah, tmp_path: Path) -> None:
    out = tmp_path / "x.csv"
    out.write_text("precious", encoding="utf-8")
    refused(aqah("exposure", "--territory", "999", "--pollutant", "no2", "--out", out))
    assert out.read_text(encoding="utf-8") == "precious"
