"""The host's composition on a small pack written with the program's own storage."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from aqah_desktop.errors import BadInputError, JobCancelledError, UnknownItemError
from aqah_desktop.messages import Catalogue
from aqah_desktop.processing.contract import Feedback, Results
from aqah_desktop.processing.simulation import LEVELS, TITLES, local_share_kept, simulate_changes
from aqah_desktop.records import (
    Coverage,
    Dataset,
    EmissionChange,
    Grid,
    Interval,
    Layer,
    Lineage,
    LocalText,
    Measure,
    Method,
    Origin,
    Place,
    Pollutant,
    Quality,
    RasterShape,
    Sector,
    Source,
    Standing,
    Statistic,
    Territory,
    TerritoryKind,
    Text,
    VectorShape,
)
from aqah_desktop.science.nitrogen import nox_from_no2
from aqah_desktop.storage.pack import Manifest, Pack
from aqah_desktop.storage.rasters import write_raster
from aqah_desktop.storage.vectors import write_geopackage

GRID = Grid(x_min=700_000.0, y_max=7_060_000.0, cell_m=200.0, nx=100, ny=80)
NAME = LocalText("essai", "test")
WEST, EAST = "59001", "59002"
#: The limit between the communes cuts a column of cells in two.
LIMIT_X = 710_100.0
FACTOR = {"low": 0.4, "central": 0.6, "high": 0.9, "level": 95.0}


def _dataset(name: str, quality: Quality, evidence: dict[str, object] | None = None) -> Dataset:
    return Dataset(
        name,
        "1",
        NAME,
        Origin("", "", "", ""),
        Coverage(NAME, "", NAME, "EPSG:2154", ""),
        Lineage(),
        Standing(quality, Method.MODELLED),
        evidence or {},
    )


def _raster(folder: Path, name: str, values: np.ndarray, role: str, measure: Measure | None = None) -> Layer:
    write_raster(folder / f"{name}.tif", values.astype(np.float32), GRID)
    return Layer(name, name, NAME, role, RasterShape(GRID, "float32", None), Source(f"{name}.tif"), measure)


def _frames() -> dict[str, pd.DataFrame]:
    south, north = GRID.extent[1], GRID.extent[3]
    communes = gpd.GeoDataFrame(
        {"commune_code": [WEST, EAST], "name": ["Ouest", "Est"], "population": [5_000, 4_000]},
        geometry=[
            shapely.box(704_000, south + 4_000, LIMIT_X, north - 4_000),
            shapely.box(LIMIT_X, south + 4_000, 716_000, north - 4_000),
        ],
        crs="EPSG:2154",
    )
    sites = gpd.GeoDataFrame(
        {
            "site_id": ["a", "b", "c", "d"],
            "name": ["A", "B", "C", "D"],
            "kind": ["ecole"] * 4,
            "commune_code": [WEST, EAST, EAST, WEST],
        },
        geometry=[
            shapely.Point(708_000, 7_052_000),
            shapely.Point(713_000, 7_052_000),
            None,
            shapely.Point(719_950, 7_059_950),
        ],
        crs="EPSG:2154",
    )
    wind = pd.DataFrame(
        {
            "season": "winter",
            "sector_centre_deg": np.arange(16) * 22.5,
            "speed_low_m_s": 3.0,
            "speed_high_m_s": 5.0,
            "stability": "D",
            "frequency": 1 / 16,
        }
    )
    return {"communes": communes, "ecoles": sites, "wind_stability": wind}


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """Two communes side by side, people and traffic in the middle, one corner without a base map."""
    folder = tmp_path_factory.mktemp("pack")
    row, column = np.mgrid[: GRID.ny, : GRID.nx]
    people = 200 * np.exp(-((row - 40) ** 2 + (column - 50) ** 2) / 300.0)
    no2 = 10.0 + 12.0 * people / people.max()
    no2[:5, 95:] = np.nan
    measure = Measure("µg/m³", Statistic.ANNUAL_MEAN, Pollutant.NO2, (2019, 2019))
    layers = [
        _raster(folder, "road_nox_2018", people / people.sum() * 3_000.0, "emissions"),
        _raster(folder, "population", people, "base"),
        _raster(folder, "no2_2019", no2, "concentration", measure),
    ]
    frames = _frames()
    write_geopackage(folder / "vectors.gpkg", frames)
    roles = {"communes": "base", "ecoles": "sites", "wind_stability": "table"}
    for name, role in roles.items():
        spatial = isinstance(frames[name], gpd.GeoDataFrame)
        shape = VectorShape("Polygon" if spatial else "None", "EPSG:2154", GRID.extent)
        layers.append(Layer(name, name, NAME, role, shape, Source("vectors.gpkg", name)))
    evidence = {"dispersion_factor": FACTOR, "kernel": {"terrain": "urban", "radius_m": 8_000.0}}
    datasets = {layer.id: _dataset(layer.id, Quality.OFFICIAL) for layer in layers}
    datasets["road_nox_2018"] = _dataset("road_nox_2018", Quality.INDICATIVE, evidence)
    manifest = Manifest("aqah-pack/1", "test", "1", NAME, "0", {}, {})
    return Pack(folder, manifest, datasets, {layer.id: layer for layer in layers}, {})


@pytest.fixture(scope="module")
def territory() -> Territory:
    extent = (704_000.0, 7_048_000.0, 716_000.0, 7_056_000.0)
    return Territory("32", TerritoryKind.REGION, "Essai", 9_000, (WEST, EAST), extent)


def _change(
    place: Place, low: float, central: float | None = None, high: float | None = None
) -> EmissionChange:
    central = low if central is None else central
    factor = Interval(low, central, central if high is None else high)
    return EmissionChange(Sector.ROAD, Pollutant.NOX, place, (2018, 2025), factor)


def _delta(result: Results, level: str = "central") -> np.ndarray:
    return result.rasters[f"delta_no2_{level}"].values


ALL = Place(communes=(WEST, EAST))


@pytest.mark.parametrize("changes", [(), (_change(ALL, 0.0),)], ids=["no change", "factor zero"])
def test_no_action_changes_exactly_nothing(pack: Pack, territory: Territory, changes) -> None:  # type: ignore[no-untyped-def]
    result = simulate_changes(changes, pack, territory)
    for level in LEVELS:
        values = _delta(result, level)
        assert (values[np.isfinite(values)] == 0.0).all()
    before, after = result.rasters["no2_before"].values, result.rasters["no2_after"].values
    np.testing.assert_array_equal(before, after)
    assert result.figures["emission_change_t_per_year"] == {"low": 0.0, "central": 0.0, "high": 0.0}
    assert result.figures["sites_improved"] == 0


def test_removing_all_traffic_leaves_the_regional_background(pack: Pack, territory: Territory) -> None:
    """However strong the dispersion, NO2 stays positive and no place falls below the lowest of the map."""
    evidence = {
        "dispersion_factor": {"low": 1.0, "central": 5.0, "high": 50.0},
        "prior": {"other_ratio": 0.6},
    }
    strong = {**pack.datasets, "road_nox_2018": _dataset("road_nox_2018", Quality.INDICATIVE, evidence)}
    other = Pack(pack.folder, pack.manifest, strong, pack.layers, {})
    result = simulate_changes((_change(ALL, -1.0, -1.0, -3.0),), other, territory)
    before = result.rasters["no2_before"].values
    for level in LEVELS:
        assert np.nanmin(before + _delta(result, level)) >= np.nanmin(before) - 1e-5
    assert np.nanmin(result.rasters["no2_after"].values) > 0
    assert np.nanmin(_delta(result, "high")) < -5
    assert result.figures["share_of_cells_reduced"] > 0.5
    assert result.figures["regional_background_no2_ug_m3"] == pytest.approx(float(np.nanmin(before)))
    assert "simulation.note_reduced" in [note.key for note in result.notes]


def test_local_part_fits_between_map_and_background() -> None:
    room, local = np.array([10.0, 5.0, -1.0, 5.0, np.nan]), np.array([4.0, 20.0, 3.0, 0.0, 1.0])
    np.testing.assert_allclose(local_share_kept(room, local), [1.0, 0.25, 0.0, 1.0, np.nan])


def test_effect_is_largest_where_traffic_is_and_spreads_beyond(pack: Pack, territory: Territory) -> None:
    result = simulate_changes((_change(Place(communes=(WEST,)), -0.5),), pack, territory)
    values = _delta(result)
    assert np.nanmax(values) <= 0
    raster = result.rasters["delta_no2_central"]
    limit = int((LIMIT_X - raster.grid.x_min) // raster.grid.cell_m)
    row = np.nanargmin(values[:, limit - 2])
    assert values[row, limit - 5] < values[row, limit + 5] < 0


def test_levels_join_effect_and_dispersion_bounds(pack: Pack, territory: Territory) -> None:
    result = simulate_changes((_change(ALL, -0.05, -0.1, -0.2),), pack, territory)
    low, central, high = (np.nanmin(_delta(result, level)) for level in LEVELS)
    assert high < central < low < 0
    # A small change is linear: low is 0.05 × 0.4, central 0.1 × 0.6, high 0.2 × 0.9.
    assert central / low == pytest.approx(3.0, rel=0.02)
    assert high / central == pytest.approx(3.0, rel=0.06)
    change = result.figures["emission_change_t_per_year"]
    inside = change["central"] / -0.1
    assert 2_600 < inside < 2_700  # of 3,000 t, the rest lies outside the communes
    assert change["high"] == pytest.approx(-0.2 * inside)


def test_order_does_not_matter(pack: Pack, territory: Territory) -> None:
    circle = Place(polygon_wkt=shapely.Point(710_000, 7_052_000).buffer(2_500).wkt)
    changes = [_change(ALL, -0.2), _change(circle, -0.5), _change(Place(communes=(WEST,)), 0.1)]
    one = _delta(simulate_changes(changes, pack, territory))
    other = _delta(simulate_changes(changes[::-1], pack, territory))
    np.testing.assert_allclose(one, other, atol=1e-5)


def test_disjoint_places_add_in_emission(pack: Pack, territory: Territory) -> None:
    places = [Place(communes=(WEST,)), Place(communes=(EAST,))]
    apart = [simulate_changes((_change(p, -0.3),), pack, territory) for p in places]
    both = simulate_changes([_change(p, -0.3) for p in places], pack, territory)
    whole = simulate_changes((_change(ALL, -0.3),), pack, territory)
    figure = "emission_change_t_per_year"
    assert sum(r.figures[figure]["central"] for r in apart) == pytest.approx(both.figures[figure]["central"])
    np.testing.assert_allclose(_delta(both), _delta(whole), atol=1e-5)


def test_same_ground_twice_is_on_what_remains(pack: Pack, territory: Territory) -> None:
    twice = simulate_changes([_change(ALL, -0.3), _change(ALL, -0.3)], pack, territory)
    once = simulate_changes([_change(ALL, -0.51)], pack, territory)
    np.testing.assert_allclose(_delta(twice), _delta(once), atol=1e-6)


def test_no2_stays_below_nox(pack: Pack, territory: Territory) -> None:
    result = simulate_changes((_change(ALL, -0.8),), pack, territory)
    after = result.rasters["no2_after"].values.astype(float)
    assert np.nanmin(nox_from_no2(after) - after) >= 0


def test_outputs_cover_the_territory_and_say_what_is_missing(pack: Pack, territory: Territory) -> None:
    result = simulate_changes((_change(ALL, -0.5),), pack, territory)
    grid = result.rasters["no2_before"].grid
    assert grid.extent == GRID.extent  # 5 km around this territory reach the edge of the grid
    sites = result.tables["sites"].frame.set_index("site_id")
    assert sites.loc[["a", "b", "c", "d"], "reading"].tolist() == ["value", "value", "unplaced", "no_data"]
    assert sites.loc[["c", "d"], "no2_after_ug_m3"].isna().all()
    a = sites.loc["a"]
    assert a["no2_after_ug_m3"] == pytest.approx(a["no2_before_ug_m3"] + a["change_central_ug_m3"], abs=1e-4)
    assert a["change_high_ug_m3"] < a["change_central_ug_m3"] < a["change_low_ug_m3"] < 0
    assert result.figures["sites"] == 4
    assert result.figures["sites_without_value"] == 2
    assert result.figures["sites_improved"] == 2


def test_commune_means_are_weighted_by_people(pack: Pack, territory: Territory) -> None:
    result = simulate_changes((_change(ALL, -0.5),), pack, territory)
    communes = result.tables["communes"].frame.set_index("commune_code")
    assert set(communes.index) == {WEST, EAST}
    with pack.open_raster("population") as raster:
        people, _ = raster.read()
    delta = _delta(result).astype(float)
    column = int((LIMIT_X - GRID.x_min) // GRID.cell_m)
    weights = people.astype(float)
    weights[:20], weights[60:], weights[:, :20] = 0, 0, 0
    weights[:, column] *= 0.5
    weights[:, column + 1 :] = 0
    expected = (weights * np.nan_to_num(delta)).sum() / weights.sum()
    assert communes.loc[WEST, "change_central_ug_m3"] == pytest.approx(expected, rel=1e-5)
    assert communes.loc[WEST, "residents_covered_share"] == pytest.approx(1.0)
    figure = result.figures["population_mean_change_ug_m3"]["central"]
    assert communes["change_central_ug_m3"].min() < figure < communes["change_central_ug_m3"].max()


def test_result_carries_standing_and_words_in_both_languages(pack: Pack, territory: Territory) -> None:
    result = simulate_changes((_change(ALL, -0.1),), pack, territory)
    assert result.standing.quality is Quality.INDICATIVE
    assert result.standing.method is Method.MODELLED
    assert "ozone" in result.standing.limits.en
    texts = [*result.notes, *(r.title for r in result.rasters.values())]
    texts += [table.title for table in result.tables.values()]
    for language in ("fr", "en"):
        catalogue = Catalogue(language)
        assert [t.key for t in texts if not catalogue.has(t.key) or "{" in catalogue.text(t)] == []
    assert set(result.rasters) == set(TITLES)
    assert {r.values.dtype for r in result.rasters.values()} == {np.dtype(np.float32)}


def test_years_that_are_not_followed_are_said(pack: Pack, territory: Territory) -> None:
    future = replace(_change(ALL, -0.1), years=(2025, 2030))
    [note] = [n for n in simulate_changes((future,), pack, territory).notes if n.key.endswith("note_years")]
    assert "de 2025 à 2030" in Catalogue("fr").text(note)
    assert "map of 2019" in Catalogue("en").text(note)


def _bad(**changes: object) -> EmissionChange:
    return replace(_change(ALL, -0.1), **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (_bad(sector=Sector.RESIDENTIAL), "no_base_emission"),
        (_bad(pollutant=Pollutant.PM25), "no_base_emission"),
        (_bad(factor=Interval(-0.1, float("nan"), -0.2)), "factor_not_a_number"),
        (_bad(factor=Interval(-0.1, -0.3, -0.2)), "factor_order"),
        (_bad(factor=Interval(-0.3, -0.2, -0.1)), "factor_order"),
        (_bad(place=Place()), "place_empty"),
        (_bad(place=Place(communes=(WEST, "99999"))), "place_commune"),
        (_bad(place=Place(polygon_wkt="POLYGON((0 0,1 1")), "place_polygon"),
        (_bad(place=Place(polygon_wkt="POINT(710000 7052000)")), "place_polygon"),
        (_bad(place=Place(polygon_wkt="POLYGON((3 50,3.1 50,3.1 50.1,3 50))")), "place_outside"),
    ],
)
def test_impossible_changes_are_refused(
    pack: Pack, territory: Territory, change: EmissionChange, key: str
) -> None:
    with pytest.raises(BadInputError, match=f"simulation.{key}") as caught:
        simulate_changes((change,), pack, territory)
    for language in ("fr", "en"):
        text = Catalogue(language).error(caught.value).as_lines()
        assert "{" not in text and "simulation." not in text


def test_missing_year_factor_and_grid_are_told(pack: Pack, territory: Territory) -> None:
    with pytest.raises(UnknownItemError, match="no_concentration_year"):
        simulate_changes((), pack, territory, base_year_concentration=1990)
    bare = {**pack.datasets, "road_nox_2018": _dataset("road_nox_2018", Quality.INDICATIVE)}
    with pytest.raises(BadInputError, match="no_dispersion_factor"):
        simulate_changes((), Pack(pack.folder, pack.manifest, bare, pack.layers, {}), territory)
    shifted = replace(pack.layers["population"], source=Source("shifted.tif"))
    write_raster(pack.folder / "shifted.tif", np.ones((80, 100), np.float32), replace(GRID, x_min=700_200.0))
    layers = {**pack.layers, "population": shifted}
    with pytest.raises(BadInputError, match="grids_differ"):
        simulate_changes((), Pack(pack.folder, pack.manifest, pack.datasets, layers, {}), territory)
    far = replace(territory, extent=(0.0, 0.0, 10.0, 10.0))
    with pytest.raises(BadInputError, match="territory_outside"):
        simulate_changes((), pack, far)


class _Recorder(Feedback):
    """Counts progress reports and asks to stop after some of them."""

    def __init__(self, stop_after: int = 10**6) -> None:
        self.fractions: list[float] = []
        self._stop_after = stop_after

    def progress(self, fraction: float, text: Text | None = None) -> None:
        self.fractions.append(fraction)

    def cancelled(self) -> bool:
        return len(self.fractions) >= self._stop_after


def test_progress_rises_and_a_stop_is_obeyed_at_every_step(pack: Pack, territory: Territory) -> None:
    recorder = _Recorder()
    simulate_changes((_change(ALL, -0.1),), pack, territory, recorder)
    assert recorder.fractions == sorted(recorder.fractions)
    assert recorder.fractions[-1] == 1.0
    for step in range(1, len(recorder.fractions)):
        with pytest.raises(JobCancelledError):
            simulate_changes((_change(ALL, -0.1),), pack, territory, _Recorder(step))
