"""The main job as `make run` does it: complete, with no network, traced, and from a bare wheel."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import openpyxl
import pytest
import rasterio

from aqah_desktop.models.document import read_state
from aqah_desktop.storage.pack import Pack
from aqah_desktop.storage.project_file import ProjectFile

from .conftest import Aqah

EXPECTED = {"carte_no2_2019.png", "exposition.csv", "exposition.xlsx", "note.pdf", "projet.aqah"}


def _works(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, timeout=20, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


#: Puts a command in a network namespace of its own; empty where the system refuses one.
NO_NETWORK = ("unshare", "--net", "--map-root-user")
CUT_OFF = NO_NETWORK if _works(*NO_NETWORK, "true") else ()


@pytest.fixture(scope="module")
def products(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the main job writes, once, in a network namespace of its own where the system allows it."""
    folder = tmp_path_factory.mktemp("main job")
    environment = {**os.environ, "AQAH_HOME": str(folder / "home"), "QT_QPA_PLATFORM": "offscreen"}
    environment.pop("DISPLAY", None)
    done = subprocess.run(
        [*CUT_OFF, sys.executable, "-m", "aqah_desktop", "run", "--out", str(folder / "out")],
        capture_output=True, text=True, env=environment, check=False, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert str(folder / "out") in done.stdout
    return folder / "out"


def test_everything_is_written(products: Path) -> None:
    assert {p.name for p in products.iterdir()} >= EXPECTED
    assert not [p for p in products.rglob("*") if p.name.startswith(".") or p.suffix == ".part"]


@pytest.mark.network_namespace
@pytest.mark.skipif(not CUT_OFF, reason="no network namespace allowed here: the main job ran with network")
def test_it_was_done_with_no_network(products: Path) -> None:
    interfaces = subprocess.run(
        [*CUT_OFF, "cat", "/proc/net/dev"], capture_output=True, text=True, check=True
    )
    assert [line.split(":")[0].strip() for line in interfaces.stdout.splitlines()[2:]] == ["lo"]
    assert {p.name for p in products.iterdir()} >= EXPECTED


def test_workbook_opens_and_holds_no_formula(products: Path) -> None:
    book = openpyxl.load_workbook(products / "exposition.xlsx")
    assert len(book.sheetnames) >= 3
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert len(cells) > 5000
    assert not [c for c in cells if c.data_type == "f"]


def test_change_raster_tells_how_it_was_made(products: Path) -> None:
    with rasterio.open(next(products.rglob("delta_no2_central.tif"))) as raster:
        tags = " ".join(raster.tags().values())
        assert raster.crs.to_epsg() == 2154
    assert "aqah.action.low_emission_zone" in tags
    assert "share_concerned_percent" in tags
    assert "µg/m³" in tags


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) is not installed")
def test_briefing_is_one_french_page(products: Path) -> None:
    done = subprocess.run(
        ["pdftotext", "-layout", str(products / "note.pdf"), "-"], capture_output=True, text=True, check=True
    )
    assert done.stdout.count("\f") == 1
    for words in (
        "Métropole Européenne de Lille",
        "µg/m³",
        "verdict réglementaire",
        "indicatif",
        "Hypothèses d’exemple",
    ):
        assert words in done.stdout, words


def test_project_opens_again(products: Path) -> None:
    pack = Pack.open()
    with ProjectFile.open(products / "projet.aqah") as file:
        state, problems = read_state(file, pack)
    assert problems == []
    assert len(state.runs) == 3
    assert any(e.layer.role == "change" and e.visible for e in state.layers)


@pytest.mark.network_namespace
@pytest.mark.skipif(not _works("strace", "-V"), reason="strace is not installed")
def test_no_internet_socket_is_ever_asked_for(aqah: Aqah, tmp_path: Path) -> None:
    """Every system call of every process of the main job is looked at."""
    trace = tmp_path / "trace"
    prefix = ("strace", "-f", "-qq", "-e", "trace=socket,connect", "-o", str(trace))
    if not _works(*prefix, "true"):
        pytest.skip("system calls cannot be traced here (no right to)")
    done = aqah("run", "--out", tmp_path / "out", prefix=prefix)
    assert done.returncode == 0, done.stderr
    calls = trace.read_text(encoding="utf-8", errors="replace")
    assert "+++" in calls, "nothing was traced"
    assert [line for line in calls.splitlines() if re.search(r"AF_INET6?\b", line)] == []


@pytest.mark.slow
def test_the_wheel_does_the_main_job_in_a_bare_environment(checkout: Path, tmp_path: Path) -> None:
    """The wheel brings its data, resources and compiled texts: the checkout is not looked at."""
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path)]
    subprocess.run([*build, str(checkout)], capture_output=True, check=True, timeout=280)
    wheel = next(tmp_path.glob("*.whl"))
    bare = tmp_path / "bare"
    venv.create(bare, with_pip=False, symlinks=os.name != "nt")
    python = bare / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    site = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    # The libraries are those of this environment; the program is the wheel's alone.
    libraries = [p for p in sys.path if p.endswith("site-packages")]
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(wheel), site], check=True)
    (Path(site) / "libraries.pth").write_text("\n".join(libraries), encoding="utf-8")
    environment = {**os.environ, "AQAH_HOME": str(tmp_path / "home"), "QT_QPA_PLATFORM": "offscreen"}
    for name in ("PYTHONPATH", "DISPLAY"):
        environment.pop(name, None)
    where = subprocess.run(
        [python, "-c", "import aqah_desktop as a; print(a.__file__)"],
        capture_output=True, text=True, env=environment, cwd=tmp_path, check=True,
    ).stdout  # fmt: skip
    assert site in where
    done = subprocess.run(
        [python, "-m", "aqah_desktop", "run", "--out", str(tmp_path / "out")],
        capture_output=True, text=True, env=environment, cwd=tmp_path, check=False, timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert {p.name for p in (tmp_path / "out").iterdir()} >= EXPECTED
    assert list((Path(site) / "aqah_desktop" / "_resources").rglob("*.mo"))
