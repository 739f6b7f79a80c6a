"""The rules of the house that a tool can check: rooms, Qt-free rooms, sizes, texts."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / "aqah_desktop"
QT_FREE = [
    "cli",
    "console",
    "models",
    "importers",
    "reporting",
    "plugins",
    "plugin_api",
    "processing",
    "storage",
    "science",
    "records",
]
MODULES = sorted(p for p in PACKAGE.rglob("*.py") if "_data" not in p.parts)


def _submodules(room: str) -> list[str]:
    folder = PACKAGE / room
    files = folder.rglob("*.py") if folder.is_dir() else [folder.with_suffix(".py")]
    names = {".".join(("aqah_desktop", *f.relative_to(PACKAGE).with_suffix("").parts)) for f in files}
    return sorted(n.removesuffix(".__init__") for n in names if re.fullmatch(r"[\w.]+", n))


@pytest.mark.parametrize("room", QT_FREE)
def test_room_loads_no_qt_in_a_fresh_interpreter(room: str) -> None:
    names = _submodules(room)
    code = (
        "import importlib, sys\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        "names = {m.split('.')[0] for m in sys.modules}\n"
        "qt = sorted(names & {'PySide6', 'shiboken6', 'pyqtgraph', 'PyQt6'})\n"
        "print(qt); sys.exit(bool(qt))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_command_line_start_loads_no_heavy_library() -> None:
    code = (
        "import sys, aqah_desktop.cli\n"
        "heavy = {'pandas', 'geopandas', 'rasterio', 'scipy', 'mapclassify', 'typst', 'folium', 'pyogrio'}\n"
        "print(sorted(heavy & set(sys.modules))); sys.exit(bool(heavy & set(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_module_and_function_sizes(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") <= 400, f"{path.name} is longer than 400 lines: split it by idea"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            start = (first.end_lineno or node.lineno) if docstring else node.lineno
            length = (node.end_lineno or node.lineno) - start + 1
            assert length <= 40, f"{path.name}:{node.lineno} {node.name} has {length} lines: split it"


def test_no_unsafe_loading_of_data() -> None:
    """No pickle, no evaluated string, no array file that may hold pickles."""
    forbidden = re.compile(
        r"^\s*(import|from) pickle|(?<![.\w])(eval|exec)\(|allow_pickle=True", re.MULTILINE
    )
    guilty = [p.name for p in MODULES if forbidden.search(p.read_text(encoding="utf-8"))]
    assert guilty == []


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="the fault is in PySide6 6.12 before CPython 3.12")
def test_qt_void_calls_keep_the_reference_count_of_none() -> None:
    """PySide6 6.12.0 drops a reference to None per void call on CPython 3.11 and then aborts."""
    code = (
        "import sys\n"
        "from PySide6.QtCore import QObject\n"
        "o = QObject(); before = sys.getrefcount(None)\n"
        "for _ in range(20000): o.blockSignals(False); o.setObjectName('x'); o.deleteLater\n"
        "drift = sys.getrefcount(None) - before\n"
        "print(drift); sys.exit(abs(drift) > 200)"
    )
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    assert answer.returncode == 0, answer.stdout + answer.stderr
