"""Which maps may be compared, their difference and their scales."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from aqah_desktop.errors import BadInputError
from aqah_desktop.messages import Catalogue
from aqah_desktop.models import comparison as c
from aqah_desktop.models.keeper import Keeper
from aqah_desktop.models.project import Project
from aqah_desktop.models.services import Finished
from aqah_desktop.models.state import LayerEntry, ProjectState
from aqah_desktop.processing.contract import RasterResult, Results, TableResult
from aqah_desktop.records import (
    Grid,
    Layer,
    LocalText,
    Measure,
    Method,
    Outcome,
    Pollutant,
    Quality,
    RasterShape,
    RunRecord,
    Source,
    Standing,
    Statistic,
    Text,
)
from aqah_desktop.storage.pack import Pack

GRID = Grid(700_000.0, 7_060_000.0, 200.0, 4, 3)
MEAN = Measure("µg/m³", Statistic.ANNUAL_MEAN, Pollutant.NO2, (2019, 2019))
CHANGE = replace(MEAN, statistic=Statistic.DIFFERENCE)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return Pack.open()


def entry(name: str, measure: Measure | None = MEAN, run_id: str = "") -> LayerEntry:
    shape = RasterShape(GRID, "float32", None)
    title = LocalText(name, name)
    layer = Layer(name, "d", title, "result", shape, Source("project", name), measure, run_id=run_id)
    return LayerEntry(layer, "project")


def run(run_id: str) -> RunRecord:
    return RunRecord(
        run_id, "a", "1", "{}", {}, None, None, "2026-01-01T00:00:00+00:00", outcome=Outcome.DONE
    )


def pair(run_id: str) -> tuple[LayerEntry, LayerEntry]:
    short = run_id[:8]
    return entry(f"no2_before_{short}", run_id=run_id), entry(f"no2_after_{short}", run_id=run_id)


def test_only_maps_of_the_same_thing_are_partners(pack: Pack) -> None:
    before, after = pair("a" * 32)
    delta = entry("delta_no2_central_aaaaaaaa", CHANGE, "a" * 32)
    bare = entry("bare", replace(MEAN, unit=""))
    state = ProjectState(layers=(before, after, delta, bare, entry("none", None)))
    every = c.candidates(state, pack)
    assert [e.id for e in every if e.origin == "project"] == [before.id, after.id, delta.id]
    names = {e.id for e in c.partners(before, every)}
    assert after.id in names and {"no2_2013", "no2_2019"} <= names
    assert not names & {before.id, delta.id, "pm10_2019", "no2_2019_std"}
    assert c.partners(delta, every) == ()


def test_the_first_pair_is_the_newest_run_then_the_years_of_the_pollutant(pack: Pack) -> None:
    old, new = pair("a" * 32), pair("b" * 32)
    state = ProjectState(layers=(*old, *new), runs=(run("a" * 32), run("b" * 32)))
    found = c.default_pair(state, c.candidates(state, pack))
    assert found is not None and (found[0].id, found[1].id) == (new[0].id, new[1].id)
    assert c.run_of(*found) == "b" * 32 and c.run_of(old[0], new[1]) == ""
    plain = ProjectState(pollutant=Pollutant.PM25)
    years = c.default_pair(plain, c.candidates(plain, pack))
    assert years is not None and [e.id for e in years] == ["pm25_2013", "pm25_2019"]
    assert c.run_of(*years) == ""
    assert c.default_pair(plain, ()) is None


def test_the_difference_is_taken_on_shared_cells_only() -> None:
    a = c.Surface(np.arange(12, dtype=np.float32).reshape(3, 4), GRID)
    shifted = replace(GRID, x_min=GRID.x_min + 400, y_max=GRID.y_max - 200, nx=4, ny=3)
    values = np.full((3, 4), 10, np.float32)
    values[0, 0] = np.nan
    change = c.difference(a, c.Surface(values, shifted))
    assert change.grid == Grid(700_400.0, 7_059_800.0, 200.0, 2, 2)
    np.testing.assert_array_equal(change.values, [[np.nan, 3], [0, -1]])
    back = c.difference(c.Surface(values, shifted), a)
    np.testing.assert_array_equal(back.values, -change.values)


@pytest.mark.parametrize(
    ("grid", "key"),
    [
        (replace(GRID, x_min=900_000.0), "compare.apart"),
        (replace(GRID, cell_m=100.0), "compare.other_cells"),
        (replace(GRID, x_min=GRID.x_min + 70), "compare.other_cells"),
        (replace(GRID, crs="EPSG:3035"), "compare.other_cells"),
    ],
)
def test_maps_that_do_not_fit_are_refused(grid: Grid, key: str) -> None:
    a = c.Surface(np.zeros((3, 4), np.float32), GRID)
    with pytest.raises(BadInputError) as caught:
        c.difference(a, c.Surface(np.zeros((grid.ny, grid.nx), np.float32), grid))
    assert caught.value.key == key


def test_scales_are_shared_and_centred() -> None:
    low = c.Surface(np.full((3, 4), 1.0, np.float32), GRID)
    high = c.Surface(np.full((3, 4), 90.0, np.float32), GRID)
    fixed = c.common_scale(MEAN, low, high)
    assert fixed.breaks == c.common_scale(MEAN, high, high).breaks
    free = c.common_scale(Measure("m", Statistic.DENSITY), low, high)
    assert free.breaks[0] < 50 < free.breaks[-1]
    change = c.Surface(np.array([[-3.0, 0.5, np.nan]], np.float32), GRID)
    scale = c.centred_scale(change, "µg/m³")
    assert scale.diverging and [-b for b in reversed(scale.breaks)] == list(scale.breaks)
    assert c.centred_scale(c.Surface(np.full((2, 2), np.nan, np.float32), GRID), "µg/m³").diverging


def test_the_table_by_commune_comes_from_the_project(pack: Pack, tmp_path: Path) -> None:
    import pandas as pd

    keeper = Keeper(Project(), pack, tmp_path / "u")
    assert c.commune_table(keeper, "a" * 32) is None
    frame = pd.DataFrame({"commune_code": ["59350"], "name": ["Lille"], "no2_before_ug_m3": [20.5]})
    results = Results(
        Standing(Quality.INDICATIVE, Method.MODELLED),
        rasters={"delta_no2_central": RasterResult(np.zeros((3, 4), np.float32), GRID, CHANGE, Text("x.y"))},
        tables={"communes": TableResult(frame, Text("x.y"))},
    )
    keeper.keep(Finished(results, run("a" * 32), ()), Catalogue("fr"))
    found = c.commune_table(keeper, "a" * 32)
    assert found is not None and found["name"].tolist() == ["Lille"]
    assert c.commune_table(keeper, "b" * 32) is None
    keeper.close()
