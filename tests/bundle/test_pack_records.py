"""Every layer of the committed pack: its record is complete and its content is what the record says."""

from __future__ import annotations

import re

import pytest
from pack_state import PackState, read_product

from aqah_desktop.locations import data_folder
from aqah_desktop.records import RasterShape, VectorShape
from aqah_desktop.storage.pack import Pack

STATE = PackState.read(data_folder())
LIMIT_BYTES = 60_000_000
GEOGRAPHY = ("communes", "epci", "departments", "territories", "commune_points", "places", "land", "coast")


def test_manifest_lists_every_file_and_no_other(pack: Pack) -> None:
    assert [problem for problem in pack.verify() if problem.severity == "error"] == []
    found = {
        path.relative_to(pack.folder).as_posix()
        for path in pack.folder.rglob("*")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(pack.folder).parts)
    }
    assert found - {"pack.json"} == set(pack.manifest.members)


def test_pack_stays_small(pack: Pack) -> None:
    assert sum(member.bytes for member in pack.manifest.members.values()) < LIMIT_BYTES


def test_licences_travel_with_the_data(pack: Pack) -> None:
    assert {"licences/README.md", "licences/ATTRIBUTION.md", "licences/LGPL-3.0.txt"} <= set(
        pack.manifest.members
    )
    text = (pack.folder / "licences" / "ATTRIBUTION.md").read_text(encoding="utf-8")
    for dataset in pack.datasets.values():
        assert f"(`{dataset.id}`)" in text
        assert dataset.origin.attribution in text


def test_every_check_passed() -> None:
    assert STATE.recipes
    for recipe_id, record in STATE.recipes.items():
        assert record.checks, recipe_id
        assert all(check.passed for check in record.checks), recipe_id


@pytest.mark.parametrize("dataset_id", sorted(STATE.datasets))
def test_dataset_record_is_complete(dataset_id: str) -> None:
    dataset = STATE.datasets[dataset_id]
    for both in (dataset.title, dataset.coverage.space, dataset.coverage.resolution, dataset.standing.limits):
        assert both.fr.strip()
        assert both.en.strip()
    origin = dataset.origin
    assert all((origin.publisher, origin.licence, origin.attribution, origin.source))
    # Only a licence that is not cleared may forbid redistribution, and its record says so.
    cleared = not re.search("[Nn]on précisée|à vérifier", dataset.origin.licence)
    assert dataset.origin.redistributable is cleared
    assert dataset.coverage.vintage
    assert dataset.lineage.retrieval_hash.startswith("sha256:")
    assert dataset.lineage.product_hash.startswith("sha256:")
    assert any(layer.dataset_id == dataset_id for layer in STATE.layers.values())
    assert set(dataset.lineage.parents) <= set(STATE.datasets)


@pytest.mark.parametrize("layer_id", sorted(STATE.layers))
def test_layer_is_what_its_record_says(layer_id: str) -> None:
    layer = STATE.layers[layer_id]
    product = read_product(data_folder(), STATE, layer_id)  # raises when the content hash differs
    assert layer.title.fr
    assert layer.title.en
    assert layer.dataset_id in STATE.datasets
    assert layer.territory in STATE.territories
    if isinstance(layer.shape, RasterShape):
        assert layer.measure is not None
        assert product.content.values.shape == (layer.shape.grid.ny, layer.shape.grid.nx)
    if isinstance(layer.shape, VectorShape):
        names = [field.name for field in layer.shape.fields]
        assert [name for name in product.content.columns if name != "geometry"] == names
        assert all(field.label.fr and field.label.en for field in layer.shape.fields)


def test_geography_is_there() -> None:
    assert set(GEOGRAPHY) <= set(STATE.layers)
