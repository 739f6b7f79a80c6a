"""What a run's record says it was made from: the layers that were read, and no other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aqah_desktop.models.services import Services
from aqah_desktop.storage.pack import Pack

SITES = {"ecoles", "colleges_lycees", "hospitals", "ehpad", "social_centres"}
MAP = {"no2_2019", "no2_2019_std"}
LILLE = {"territory": "200093201", "pollutant": "no2"}


@pytest.fixture(scope="module")
def services() -> Services:
    return Services(Pack.open())


def _inputs(services: Services, algorithm: str, **given: Any) -> set[str]:
    request, close = services.request(algorithm, LILLE | given)
    close()
    return set(request.inputs)


def test_sites_of_the_pack(services: Services) -> None:
    found = _inputs(services, "aqah.exposure.sites", year=2019)
    assert found == MAP | SITES | {"communes", "population", "thresholds"}


def test_files_of_the_user_take_the_place_of_layers(
    services: Services, checkout: Path, tmp_path: Path
) -> None:
    sites = tmp_path / "a.csv"
    sites.write_text("lon,lat\n3.06,50.63\n", encoding="utf-8")
    given = {"raster": checkout / "data/rasters/no2_2013.tif", "sites_file": sites}
    found = _inputs(services, "aqah.exposure.sites", **given)
    assert found == {"raster:no2_2013.tif", "sites_file:a.csv", "communes", "population", "thresholds"}


def test_the_training_set_is_named_only_where_it_is_used(services: Services) -> None:
    declared = _inputs(services, "aqah.exposure.farms", year=2019)
    assert declared == MAP | SITES | {"farms"}
    training = _inputs(services, "aqah.exposure.farms", year=2019, dataset="training")
    assert training == MAP | {"training_farm", "training_parcels", "training_houses"}


def test_an_action_names_what_the_simulation_reads(services: Services) -> None:
    reductions = {f"reduction_{level}_percent": 10 for level in ("low", "central", "high")}
    request, close = services.request(
        "aqah.action.low_emission_zone",
        {"territory": "200093201", "share_concerned_percent": 50, **reductions},
    )
    close()
    assert {"road_nox_2018", "no2_2019", "population", "wind_stability", "communes"} | SITES <= set(
        request.inputs
    )
    assert not [name for name in request.inputs if name.startswith("training")]


def test_a_year_without_map_is_said_by_the_check_of_the_run(services: Services) -> None:
    assert _inputs(services, "aqah.exposure.sites", year=2016) == SITES | {
        "communes",
        "population",
        "thresholds",
    }
