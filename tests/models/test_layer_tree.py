"""The layer tree as data: groups in drawing order, moves by hand and by keyboard, pictures at the bottom."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from aqah_desktop.models import commands as c
from aqah_desktop.models.layer_tree import drop, place_for, sections, step
from aqah_desktop.models.state import LayerEntry, ProjectState
from aqah_desktop.records import Grid, Layer, LocalText, RasterShape, Source, VectorShape

SHAPE = VectorShape("Point", "EPSG:2154", (0.0, 0.0, 1.0, 1.0))


def entry(name: str, group: str, visible: bool = True, role: str = "sites") -> LayerEntry:
    layer = Layer(name, "d", LocalText(name, name), role, SHAPE, Source("x.gpkg", name))
    return LayerEntry(layer, "pack", visible=visible, group=group)


LAYERS = (
    entry("schools", "sites"),
    entry("homes", "sites", visible=False),
    entry("farms", "activities"),
    entry("communes", "reference"),
    entry("photo", "background", role="background"),
    entry("plan", "background", role="background"),
)


def order(layers: tuple[LayerEntry, ...]) -> list[tuple[str, str]]:
    return [(e.id, e.group) for e in layers]


def moved(command: c.MoveLayer | None) -> list[tuple[str, str]]:
    assert command is not None
    return order(command.apply(ProjectState(layers=LAYERS)).layers)


def test_sections_follow_the_drawing_order_and_tell_what_is_visible() -> None:
    found = sections(LAYERS)
    assert [(s.group, len(s.entries), s.visible) for s in found] == [
        ("sites", 2, None),
        ("activities", 1, True),
        ("reference", 1, True),
        ("background", 2, True),
    ]
    assert sections(()) == ()


def test_a_group_split_by_a_move_is_shown_as_two_runs() -> None:
    layers = (LAYERS[0], LAYERS[2], LAYERS[1])
    assert [s.group for s in sections(layers)] == ["sites", "activities", "sites"]


def test_a_step_inside_a_group_swaps_two_layers() -> None:
    assert moved(step(LAYERS, "homes", down=False))[:2] == [("homes", "sites"), ("schools", "sites")]


def test_a_step_at_the_edge_enters_the_neighbouring_group_without_passing_a_layer() -> None:
    assert moved(step(LAYERS, "homes", down=True))[:3] == [
        ("schools", "sites"),
        ("homes", "activities"),
        ("farms", "activities"),
    ]


def test_steps_stop_at_the_ends_and_pictures_stay_below() -> None:
    assert step(LAYERS, "schools", down=False) is None
    assert step(LAYERS, "plan", down=True) is None
    assert step(LAYERS, "photo", down=False) is None
    assert step(LAYERS, "communes", down=True) is None
    assert moved(step(LAYERS, "photo", down=True))[-2:] == [("plan", "background"), ("photo", "background")]


def test_dropping_a_layer_in_another_group() -> None:
    assert moved(drop(LAYERS, "schools", section=2, row=1)) == [
        ("homes", "sites"),
        ("farms", "activities"),
        ("communes", "reference"),
        ("schools", "reference"),
        ("photo", "background"),
        ("plan", "background"),
    ]
    assert moved(drop(LAYERS, "communes", section=0, row=0))[0] == ("communes", "sites")


def test_a_drop_that_changes_nothing_or_would_cover_the_map_is_refused() -> None:
    assert drop(LAYERS, "homes", section=0, row=1) is None
    assert drop(LAYERS, "homes", section=0, row=2) is None
    assert drop(LAYERS, "photo", section=0, row=0) is None
    assert drop(LAYERS, "schools", section=3, row=2) is None


def test_new_layers_go_above_what_they_would_hide_nothing_of() -> None:
    area = VectorShape("MultiPolygon", "EPSG:2154", (0.0, 0.0, 1.0, 1.0))
    grid = RasterShape(Grid(0.0, 9.0, 1.0, 9, 9), "float32", None)
    shapes = {"points": SHAPE, "area": area, "surface": grid}
    new = {name: replace(entry(name, "own"), layer=replace(entry(name, "own").layer, shape=shape))
           for name, shape in shapes.items()}  # fmt: skip
    layers = (LAYERS[0], new["area"], new["surface"], LAYERS[4])
    assert place_for(layers, replace(new["points"])) == 0
    assert place_for(layers, new["area"]) == 1
    assert place_for(layers, new["surface"]) == 2
    assert place_for(layers, entry("new", "background", role="background")) == 3
    assert place_for((), new["area"]) == 0


def test_a_new_layer_does_not_split_a_group() -> None:
    area = VectorShape("MultiPolygon", "EPSG:2154", (0.0, 0.0, 1.0, 1.0))
    fields = replace(
        entry("fields", "training"), layer=replace(entry("fields", "training").layer, shape=area)
    )
    layers = (entry("houses", "training"), fields, entry("communes", "reference"))
    new = replace(entry("mine", "own"), layer=replace(entry("mine", "own").layer, shape=area))
    assert place_for(layers, new) == 2


def test_another_territory_leaves_pictures_below() -> None:
    own = (entry("mine", "own"), entry("photo", "background", role="background"))
    state = ProjectState(layers=tuple(LayerEntry(e.layer, "file:/x", group=e.group) for e in own))
    after = c.OpenTerritory("1", (0.0, 0.0, 1.0, 1.0), (entry("communes", "reference"),)).apply(state)
    assert [e.id for e in after.layers] == ["mine", "communes", "photo"]


@given(st.sampled_from([e.id for e in LAYERS]), st.integers(0, 3), st.integers(-1, 9))
def test_any_drop_keeps_every_layer_once_and_pictures_at_the_bottom(layer: str, part: int, row: int) -> None:
    command = drop(LAYERS, layer, part, row)
    if command is None:
        return
    after = command.apply(ProjectState(layers=LAYERS)).layers
    assert sorted(e.id for e in after) == sorted(e.id for e in LAYERS)
    assert [e.layer.role for e in after[-2:]] == ["background", "background"]
