"""Communes, EPCI, departments, territories: complete, exact, fitting together."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from aqah_desktop.records import TerritoryKind
from aqah_desktop.storage.pack import Pack

DEPARTMENTS = {"02": 797, "59": 647, "60": 680, "62": 887, "80": 771}
#: Official municipal populations of the seven territories.
POPULATIONS = {
    "200093201": 1_194_040,
    "245900428": 192_635,
    "200068047": 89_897,
    "200040954": 53_525,
    "200044618": 148_901,
    "246000707": 20_561,
    "200067965": 83_708,
}
TOLERANCE_M2 = 1.0


def test_counts(pack: Pack, communes: gpd.GeoDataFrame) -> None:
    assert len(communes) == 3782
    assert communes["commune_code"].is_unique
    assert communes["department_code"].value_counts().to_dict() == DEPARTMENTS
    assert (communes["population"] > 0).all()
    assert len(pack.read_vector("epci")) == communes["epci_code"].nunique() == 92
    assert len(pack.read_vector("departments")) == 5


def test_populations_are_the_official_sums(pack: Pack, communes: gpd.GeoDataFrame) -> None:
    sums = communes.groupby("epci_code")["population"].sum()
    assert {code: int(sums[code]) for code in POPULATIONS} == POPULATIONS
    territories = pack.read_vector("territories")
    assert dict(zip(territories["epci_code"], territories["population"], strict=True)) == POPULATIONS
    assert communes["epci_code"].isin(POPULATIONS).sum() == territories["communes"].sum() == 257


def test_communes_are_a_clean_coverage(communes: gpd.GeoDataFrame) -> None:
    outlines = np.array(communes.geometry.values)
    assert shapely.is_valid(outlines).all()
    assert shapely.coverage_is_valid(outlines)
    union = shapely.union_all(outlines)
    gaps = [ring for part in shapely.get_parts(union) for ring in part.interiors]
    assert gaps == []
    assert shapely.area(outlines).sum() - union.area == pytest.approx(0, abs=TOLERANCE_M2)


@pytest.mark.parametrize(
    ("layer", "key"),
    [("epci", "epci_code"), ("departments", "department_code"), ("territories", "epci_code")],
)
def test_groups_are_the_union_of_their_communes(
    pack: Pack, communes: gpd.GeoDataFrame, layer: str, key: str
) -> None:
    groups = pack.read_vector(layer).set_index(key)
    assert groups.is_valid.all()
    expected = communes.dissolve(key).geometry.loc[groups.index]
    assert expected.symmetric_difference(groups.geometry).area.max() < TOLERANCE_M2


def test_incomplete_communes_are_filled_and_flagged(communes: gpd.GeoDataFrame) -> None:
    flagged = communes[communes["flag"] == "gap_filled"].set_index("commune_code")
    assert list(flagged.index) == ["02589", "59006", "62447", "80155"]
    assert (flagged.area > 6e6).all()


def test_territory_records(pack: Pack, communes: gpd.GeoDataFrame) -> None:
    by_kind = {kind: [t for t in pack.territories.values() if t.kind is kind] for kind in TerritoryKind}
    assert [len(by_kind[kind]) for kind in TerritoryKind] == [92, 5, 1]
    aqah = {t.code: t.population for t in pack.territories.values() if t.aqah}
    assert aqah == POPULATIONS
    for territory in pack.territories.values():
        own = communes[communes["commune_code"].isin(territory.commune_codes)]
        assert len(own) == len(territory.commune_codes)
        assert own["population"].sum() == territory.population
        assert own.total_bounds == pytest.approx(territory.extent, abs=0.1)
    assert len(pack.territories["32"].commune_codes) == 3782


def test_inhabited_points_lie_inside_their_commune(pack: Pack, communes: gpd.GeoDataFrame) -> None:
    points = pack.read_vector("commune_points").sort_values("commune_code", ignore_index=True)
    assert list(points["commune_code"]) == list(communes["commune_code"])
    assert shapely.within(np.array(points.geometry.values), np.array(communes.geometry.values)).all()
    assert set(points["origin"]) == {"town_hall", "geonames", "inside"}


def test_places(pack: Pack, communes: gpd.GeoDataFrame) -> None:
    places = pack.read_vector("places")
    region = places[places["in_region"]]
    assert len(region) == 1576
    assert region["commune_code"].isin(communes["commune_code"]).all()
    assert region["elevation_m"].between(-5, 300).all()
    lille = region[region["name"] == "Lille"].iloc[0]
    assert lille["commune_code"] == "59350"


def test_land_is_a_coverage_around_the_region(pack: Pack) -> None:
    land = pack.read_vector("land").set_index("code")
    outlines = np.array(land.geometry.values)
    assert set(land.index) >= {"32", "FR", "BE"}
    assert shapely.coverage_is_valid(outlines)
    region = pack.read_vector("departments").union_all()
    shift_m = region.symmetric_difference(land.geometry["32"]).area / region.length
    assert shift_m < 0.1


def test_coast_runs_along_the_region(pack: Pack) -> None:
    coast = pack.read_vector("coast").set_index("source").geometry["outlines"]
    region = pack.read_vector("departments").union_all()
    assert coast.distance(region) == 0
    assert 150_000 < coast.length < 260_000
    places = pack.read_vector("places").set_index("name").geometry
    assert coast.distance(places["Dunkerque"]) < 5_000
    assert coast.distance(places["Berck"]) < 5_000
    assert coast.distance(places["Lille"]) > 40_000


@pytest.mark.parametrize(("name", "department", "median"), [("59-nord", "59", 0.94), ("60-oise", "60", 0.94)])
def test_outlines_agree_with_ign(
    shared: Path, communes: gpd.GeoDataFrame, name: str, department: str, median: float
) -> None:
    """Intersection over union with IGN 2018, former communes joined as they were since."""
    file = shared / "realdata" / "communes-admin-express-2018" / f"communes-{name}.geojson"
    if not file.is_file():
        pytest.skip(f"real file absent: {file}")
    now = communes[communes["department_code"] == department].set_index("commune_code").geometry
    before = gpd.read_file(file).to_crs("EPSG:2154")
    before.geometry = before.make_valid()
    pieces = gpd.overlay(before[["code", "geometry"]], now.reset_index(), keep_geom_type=True)
    largest = pieces.assign(area=pieces.area).sort_values("area").drop_duplicates("code", keep="last")
    home = dict(zip(largest["code"], largest["commune_code"], strict=True))
    joined = before.dissolve(before["code"].map(home)).geometry
    ours = now.loc[joined.index]
    agreement = ours.intersection(joined).area / ours.union(joined).area
    assert len(agreement) == len(now)
    assert agreement.median() >= median
    assert agreement.quantile(0.01) > 0.85
    if department == "59":  # its gap was filled: the former commune of Bermeries
        assert agreement["59006"] > 0.9
