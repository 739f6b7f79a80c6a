"""The committed pack and the bundle framework, for the tests of this folder."""

from __future__ import annotations

import sys
from pathlib import Path

import geopandas as gpd
import pytest

from aqah_desktop.locations import data_folder
from aqah_desktop.storage.pack import Pack

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "build" / "bundle"))


@pytest.fixture(scope="session")
def pack() -> Pack:
    return Pack.open(data_folder())


@pytest.fixture(scope="session")
def communes(pack: Pack) -> gpd.GeoDataFrame:
    return pack.read_vector("communes").sort_values("commune_code", ignore_index=True)
