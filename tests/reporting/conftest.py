"""Fixtures of the reporting room."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from aqah_desktop.storage.pack import Pack


def _load(name: str) -> ModuleType:
    """Import a helper beside this file (test folders are not packages)."""
    path = Path(__file__).with_name(f"{name}.py")
    spec = importlib.util.spec_from_file_location(f"reporting_tests_{name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


packmaking = _load("packmaking")


@pytest.fixture(scope="session")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """Fictitious pack of nine square communes; its quality is "indicative" as real ones are."""
    return Pack.open(packmaking.write_pack(tmp_path_factory.mktemp("pack") / "pack"))


@pytest.fixture(scope="session")
def training_pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """The same pack with its air maps marked fictitious."""
    folder = tmp_path_factory.mktemp("training") / "pack"
    return Pack.open(packmaking.write_pack(folder, packmaking.Quality.FICTITIOUS))
