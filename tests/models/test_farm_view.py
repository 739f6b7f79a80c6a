"""The farms tab: real farms, the invented set, a file of the user."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from shapely.geometry import box

from aqah_desktop.models.exposure_result import FarmsResult, farms_result
from aqah_desktop.models.farm_view import FarmWords
from aqah_desktop.models.services import Services, open_services

FLANDERS, MEL = "200040954", "200093201"


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    opened = open_services()
    yield opened
    opened.close()


def _run(services: Services, territory: str, **more: object) -> FarmsResult:
    given = {"territory": territory, "pollutant": "no2", "year": 2019, **more}
    return farms_result(services.pack, services.run("aqah.exposure.farms", given), services.catalogue)


def test_declared_farms_are_points_without_parcels(services: Services) -> None:
    result = _run(services, FLANDERS)
    words = FarmWords(services.catalogue)
    assert words.figure(result.view) == "3 exploitations déclarées"
    assert words.sentence(result.view).startswith("Ce sont les seules installations déclarées")
    assert len(result.view.parcels) == 0
    assert result.view.farms.rows.feature(0).layer_id == "farms"
    assert not result.standing.fictitious
    distance, sites, hectares = words.near(result.view.near[-1])
    assert distance == "à 500 m"
    assert sites.endswith(("lieu", "lieux"))
    assert hectares == "—"


def test_a_territory_without_declared_farm_is_not_said_to_have_none(services: Services) -> None:
    result = _run(services, MEL)
    words = FarmWords(services.catalogue)
    assert result.view.empty
    assert words.figure(result.view) == ""
    assert "cela ne veut pas dire" in words.sentence(result.view)


def test_the_invented_set_is_said_to_be_invented(services: Services) -> None:
    result = _run(services, FLANDERS, dataset="training")
    view, words = result.view, FarmWords(services.catalogue)
    assert result.standing.fictitious
    assert view.fictitious
    assert words.figure(view) == "12 parcelles · 90,5 ha"
    assert "Pas d’intervalle" in words.sentence(view)
    assert view.parcels.rows.feature(0).layer_id == "training_parcels"
    assert view.farms.rows.feature(0).layer_id == "training_farm"
    note = words.note(view.parcels, 0, fictitious=True)
    assert note.startswith("fictif · 10,9 ha · à 7 m")
    assert view.parcels.rows.names[0] == "blé tendre d'hiver"
    assert "Maison fictive" in note
    assert words.near(view.near[0])[1] == "7 lieux"


def test_a_file_of_the_user_has_no_layer_of_the_pack(services: Services, tmp_path: Path) -> None:
    path = tmp_path / "parcelles.gpkg"
    shapes = [box(704000, 7050000, 704200, 7050300), box(705000, 7050000, 705100, 7050100)]
    gpd.GeoDataFrame({"ID_PARCEL": ["a", "b"]}, geometry=shapes, crs="EPSG:2154").to_file(path)
    result = _run(services, MEL, parcels_file=str(path))
    assert len(result.view.parcels) == 2
    assert result.view.area_ha == pytest.approx(7.0)
    assert result.view.parcels.rows.feature(0).layer_id == ""
    assert np.isfinite(result.view.parcels.rows.value).all()
    assert not result.standing.fictitious
