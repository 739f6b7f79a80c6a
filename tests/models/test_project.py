"""The project: commands only, undo equality for every command, signals only when something changed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aqah_desktop.errors import AqahError, BadInputError, UnknownItemError
from aqah_desktop.messages import Catalogue
from aqah_desktop.models import commands as c
from aqah_desktop.models.project import UNDO_LIMIT, Project
from aqah_desktop.models.state import LayerEntry, ProjectState, Scenario, UserFile
from aqah_desktop.records import (
    Coverage,
    Dataset,
    Layer,
    Lineage,
    LocalText,
    Method,
    Origin,
    Pollutant,
    Quality,
    RunRecord,
    Source,
    Standing,
    VectorShape,
)

SHAPE = VectorShape("Point", "EPSG:2154", (0.0, 0.0, 1.0, 1.0))


def entry(name: str, origin: str = "project") -> LayerEntry:
    layer = Layer(
        name, "d", LocalText(f"Couche {name}", f"Layer {name}"), "sites", SHAPE, Source("x.gpkg", name)
    )
    return LayerEntry(layer, origin)


def run(name: str) -> RunRecord:
    return RunRecord(name, "aqah.exposure.sites", "1", "{}", {}, None, None, "2026-01-01T00:00:00Z")


def user_file(crs: str) -> UserFile:
    text = LocalText("Titre", "Title")
    origin, coverage = Origin("", "", "", "u.gpkg"), Coverage(text, "", text, crs, "")
    standing = Standing(Quality.USER_SUPPLIED, Method.DECLARED)
    record = Dataset("u", "", text, origin, coverage, Lineage(), standing)
    return UserFile(record, crs, stamp="1:2")


START = ProjectState(
    territory="200093201",
    layers=(entry("a"), entry("b", "pack"), entry("c")),
    scenarios=(Scenario("s1", "Un", 2019), Scenario("s2", "Deux", 2019, locked=True)),
)
EXAMPLES: list[c.Command] = [
    c.OpenTerritory("245900428", (0.0, 0.0, 9.0, 9.0), (entry("b", "pack"), entry("a", "pack"))),
    c.ChooseMoment(Pollutant.PM25, 2013),
    c.AddLayer(entry("d"), 1),
    c.RemoveLayer("b"),
    c.MoveLayer("a", 2),
    c.ChangeLayer("c", visible=False, opacity=0.5, style={"ramp": "viridis"}),
    c.ShowLayers(("a", "b"), visible=False),
    c.RaiseLayers((entry("c"), entry("back"))),
    c.RenewLayer("a", entry("a").layer, "file:/data/u.gpkg", user_file("EPSG:27572")),
    c.AddRun(run("r1"), (entry("result"),)),
    c.PutScenario(Scenario("s3", "Trois", 2013)),
    c.RemoveScenario("s1"),
]


def test_every_command_has_an_example_here_and_a_label_in_both_languages() -> None:
    assert {type(e).name for e in EXAMPLES} == set(c.COMMANDS)
    for example in EXAMPLES:
        for language in ("fr", "en"):
            assert Catalogue(language).has(example.label().key), example.label().key


@pytest.mark.parametrize("command", EXAMPLES, ids=lambda e: type(e).name)
def test_do_undo_redo_give_equal_states(command: c.Command) -> None:
    project = Project(START)
    project.do(command)
    after = project.state
    assert after != START
    assert project.dirty
    assert project.undo()
    assert project.state == START
    assert not project.dirty
    assert project.redo()
    assert project.state == after
    assert not project.redo()


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (c.RemoveLayer("zz"), UnknownItemError),
        (c.AddLayer(entry("a")), BadInputError),
        (c.ChangeLayer("a", opacity=1.5), BadInputError),
        (c.PutScenario(Scenario("s2", "Deux bis", 2019, locked=True)), BadInputError),
        (c.RemoveScenario("zz"), UnknownItemError),
    ],
)
def test_a_command_that_fails_changes_nothing_and_is_not_undoable(
    command: c.Command, error: type[AqahError]
) -> None:
    written: list[Any] = []
    project = Project(START, journal=lambda what, cmd: written.append((what, cmd)))
    with pytest.raises(error):
        project.do(command)
    assert project.state is START
    assert project.undo_label() is None
    assert not project.undo()
    assert written == []


def test_opening_a_territory_keeps_the_users_layers() -> None:
    project = Project(START)
    project.do(c.OpenTerritory("x", (0, 0, 1, 1), (entry("new", "pack"), entry("a", "pack"))))
    assert [(e.id, e.origin) for e in project.state.layers] == [
        ("a", "project"),
        ("c", "project"),
        ("new", "pack"),
    ]


def test_signals_carry_the_new_value_and_only_when_it_changed() -> None:
    project = Project(START)
    seen: list[Any] = []
    project.layers_changed.connect(lambda layers: seen.append([e.id for e in layers]))
    project.moment_changed.connect(lambda pollutant, year: seen.append((pollutant, year)))
    project.dirty_changed.connect(seen.append)
    project.do(c.ChooseMoment(Pollutant.PM10, 2013))
    project.do(c.RemoveLayer("a"))
    project.mark_saved()
    assert seen == [(Pollutant.PM10, 2013), True, ["b", "c"], False]


def test_replacing_the_state_empties_the_undo_stack() -> None:
    project = Project(START)
    project.do(c.RemoveLayer("a"))
    project.replace(ProjectState())
    assert not project.dirty
    assert not project.undo()


def test_the_undo_stack_is_limited() -> None:
    project = Project()
    for year in range(UNDO_LIMIT + 20):
        project.do(c.ChooseMoment(Pollutant.NO2, year))
    assert sum(1 for _ in iter(project.undo, False)) == UNDO_LIMIT


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([*EXAMPLES, "undo", "redo"]), max_size=25))
def test_any_sequence_can_be_undone_to_the_start(steps: list[Any]) -> None:
    project = Project(START)
    for step in steps:
        if step == "undo":
            project.undo()
        elif step == "redo":
            project.redo()
        else:
            try:
                project.do(step)
            except AqahError:
                continue
    while project.undo():
        pass
    assert project.state == START
