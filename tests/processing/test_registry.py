"""The registry: ids, near matches, disposers that take out their own entry only."""

from __future__ import annotations

from typing import Any

import pytest

from aqah_desktop.errors import BadInputError, UnknownItemError
from aqah_desktop.processing.registry import Registry, near_matches
from aqah_desktop.records import AlgorithmSpec


class Algorithm:
    def __init__(self, algorithm_id: str, family: str = "") -> None:
        self.spec = AlgorithmSpec(algorithm_id, "1", "t", "s", (), (), family=family)

    def check(self, params: Any, context: Any) -> list[Any]:
        return []

    def run(self, params: Any, context: Any, feedback: Any) -> Any:
        raise AssertionError("not run here")


class Unreadable:
    """As a plugin whose declaration was not read yet."""

    @property
    def spec(self) -> AlgorithmSpec:
        raise AssertionError("listing must not read the declaration")

    check = run = Algorithm.check


def test_add_get_and_dispose() -> None:
    registry = Registry()
    algorithm = Algorithm("aqah.exposure.sites")
    dispose = registry.add(algorithm)
    assert registry.get("aqah.exposure.sites") is algorithm
    assert registry.all() == (algorithm,)
    dispose()
    dispose()
    with pytest.raises(UnknownItemError):
        registry.get("aqah.exposure.sites")


def test_a_late_disposer_leaves_the_successor() -> None:
    registry = Registry()
    dispose = registry.add(Algorithm("a.b.c"))
    dispose()
    successor = Algorithm("a.b.c")
    registry.add(successor)
    dispose()
    assert registry.get("a.b.c") is successor


def test_an_id_is_taken_once_and_the_first_stays() -> None:
    registry = Registry()
    first = Algorithm("a.b.c")
    registry.add(first, "core")
    with pytest.raises(BadInputError) as caught:
        registry.add(Algorithm("a.b.c"), "some-plugin")
    assert caught.value.params == {"algorithm": "a.b.c", "origin": "some-plugin", "first": "core"}
    assert registry.get("a.b.c") is first


def test_unknown_id_names_the_nearest() -> None:
    registry = Registry()
    for name in ("aqah.exposure.sites", "aqah.exposure.farms", "aqah.action.low_emission_zone"):
        registry.add(Algorithm(name))
    with pytest.raises(UnknownItemError) as caught:
        registry.get("aqah.exposure.site")
    assert caught.value.params["near"][0] == "aqah.exposure.sites"
    assert caught.value.exit_code == 2


def test_families_and_listing_do_not_read_the_declaration_of_a_plugin() -> None:
    registry = Registry()
    registry.add(Algorithm("aqah.exposure.sites", family="exposure"))
    registry.add(Unreadable(), "a-plugin", algorithm_id="author.action.thing", family="action")  # type: ignore[arg-type]
    families = registry.families()
    assert list(families) == ["action", "exposure"]
    assert families["action"][0].origin == "a-plugin"
    assert [entry.id for entry in registry.entries()] == ["aqah.exposure.sites", "author.action.thing"]


@pytest.mark.parametrize(("word", "first"), [("NOX", "nox"), ("pm2.5", "pm25"), ("zzz", "no2")])
def test_near_matches_fall_back_to_what_exists(word: str, first: str) -> None:
    assert near_matches(word, ["pm25", "no2", "nox", "pm10"])[0] == first
