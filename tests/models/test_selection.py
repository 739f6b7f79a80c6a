"""One selected feature for map, lists and table."""

from __future__ import annotations

from aqah_desktop.models.selection import LAYER_OF_KIND, Feature, Selection
from aqah_desktop.storage.pack import Pack


def test_a_choice_is_announced_once_with_who_made_it() -> None:
    selection, heard = Selection(), []
    selection.changed.connect(lambda feature, by: heard.append((feature, by)))
    school = Feature("ecoles", "0590180A", 0, "École", 1.0, 2.0)
    selection.choose(None, "map")
    selection.choose(school, "map")
    selection.choose(school, "table")
    selection.choose(None, "map")
    assert heard == [(school, "map"), (None, "map")]


def test_features_are_the_same_by_code_else_by_index() -> None:
    assert Feature("ecoles", "a", 3).same_as(Feature("ecoles", "a"))
    assert not Feature("ecoles", "a", 3).same_as(Feature("ecoles", "b", 3))
    assert Feature("industrial_sites", "", 3).same_as(Feature("industrial_sites", "", 3))
    assert not Feature("industrial_sites").same_as(Feature("industrial_sites"))
    assert not Feature("ecoles", "a").same_as(Feature("hospitals", "a"))
    assert not Feature("ecoles", "a").same_as(None)


def test_a_feature_without_place_says_so() -> None:
    assert not Feature("ecoles", "a").placed
    assert Feature("ecoles", "a", x=1.0, y=2.0).placed


def test_every_kind_of_site_stands_in_the_layer_named() -> None:
    pack = Pack.open()
    layers = [layer.id for layer in pack.layers.values() if layer.role == "sites"]
    found = {str(kind): layer for layer in layers for kind in pack.read_table(layer)["kind"].dropna()}
    assert found == {kind: layer for kind, layer in LAYER_OF_KIND.items() if kind in found}
