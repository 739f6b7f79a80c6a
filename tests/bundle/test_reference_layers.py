"""The committed layers made from figures: counts, traps, and what must never pass for something else."""

from __future__ import annotations

import math

import geopandas as gpd
import pandas as pd
import pytest

from aqah_desktop.records import Confidence, Flag, Quality
from aqah_desktop.storage.pack import Pack

SITES = {
    "ecoles": (756, 654), "colleges_lycees": (326, 326), "hospitals": (119, 119),
    "ehpad": (121, 121), "social_centres": (9, 9),
}  # fmt: skip
MINE = (
    *SITES, "stations", "station_annual_means", "station_other_values", "station_monthly_means",
    "station_covid_year_means", "city_annual_means", "industrial_sites", "industrial_figures", "farms",
    "agriculture", "thresholds", "action_effects", "wind_stability", "traffic_counts", "training_farm",
    "training_parcels", "training_houses",
)  # fmt: skip
TRAINING = ("training_farm", "training_parcels", "training_houses")
OISE = {"200067965", "200068047", "246000707"}
REAL_KINDS = {"ecole", "college", "lycee", "hospital", "ehpad", "social_centre"}
#: Lambert-93 box of the region, rounded outwards, m.
REGION = (583_000, 6_859_000, 791_000, 7_111_000)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return Pack.open()


def table(pack: Pack, layer_id: str) -> pd.DataFrame:
    layer = pack.layer(layer_id)
    return pack.read_table(layer_id) if layer.shape.geometry_type == "None" else pack.read_vector(layer_id)


# --------------------------------------------------------------------------- every layer


@pytest.mark.parametrize("layer_id", MINE)
def test_record_is_complete_in_both_languages(pack: Pack, layer_id: str) -> None:
    layer, dataset = pack.layer(layer_id), pack.dataset_of(layer_id)
    texts = [layer.title, dataset.title, dataset.coverage.space, dataset.coverage.resolution]
    texts += [dataset.standing.limits, *(field.label for field in layer.shape.fields)]
    assert all(text.fr and text.en for text in texts)
    origin = dataset.origin
    assert all((origin.publisher, origin.licence, origin.attribution, origin.source))
    assert dataset.lineage.retrieval_hash.startswith("sha256:")
    assert dataset.coverage.time and dataset.coverage.vintage


@pytest.mark.parametrize("layer_id", MINE)
def test_columns_are_those_declared(pack: Pack, layer_id: str) -> None:
    declared = {field.name for field in pack.layer(layer_id).shape.fields}
    assert set(table(pack, layer_id).columns) - {"geometry"} == declared


@pytest.mark.parametrize("layer_id", [name for name in MINE if name not in (*TRAINING, "wind_stability")])
def test_record_is_no_surer_than_its_worst_row(pack: Pack, layer_id: str) -> None:
    frame = table(pack, layer_id)
    order = list(Confidence)
    worst = max(order.index(Confidence(value)) for value in frame["confidence"].dropna().unique())
    assert order.index(pack.dataset_of(layer_id).standing.confidence) >= worst


@pytest.mark.parametrize("layer_id", MINE)
def test_codes_keep_their_length_and_positions_their_region(pack: Pack, layer_id: str) -> None:
    frame = table(pack, layer_id)
    for column, length in (("commune_code", 5), ("epci_code", 9)):
        if column in frame:
            assert set(frame[column].dropna().str.len()) <= {length}
    if isinstance(frame, gpd.GeoDataFrame):
        x_min, y_min, x_max, y_max = frame.geometry.dropna().total_bounds
        assert REGION[0] < x_min <= x_max < REGION[2]
        assert REGION[1] < y_min <= y_max < REGION[3]


# --------------------------------------------------------------------------- sites


@pytest.mark.parametrize(("layer_id", "counts"), SITES.items())
def test_sites_are_all_there_and_only_placed_ones_have_a_point(
    pack: Pack, layer_id: str, counts: tuple[int, int]
) -> None:
    sites = pack.read_vector(layer_id)
    assert (len(sites), int(sites["placed"].sum())) == counts
    assert (sites.geometry.notna() == sites["placed"]).all()
    assert set(sites["kind"]) <= REAL_KINDS


def test_no_ecole_of_the_oise_territories_is_placed(pack: Pack) -> None:
    ecoles = pack.read_vector("ecoles")
    oise = ecoles[ecoles["epci_code"].isin(OISE)]
    assert len(oise) == 93
    assert not oise["placed"].any() and oise.geometry.isna().all()


def test_ids_are_unique_over_all_sites_and_the_two_shared_places_are_named(pack: Pack) -> None:
    sites = pd.concat([pack.read_vector(layer_id) for layer_id in SITES])
    assert len(sites) == 1331
    assert sites["site_id"].is_unique
    twins = sites[sites["duplicate_of"].notna()]
    assert dict(zip(twins["site_id"], twins["duplicate_of"], strict=True)) == {
        "0590382V-lycee": "0590382V", "0591613H-lycee": "0591613H",
    }  # fmt: skip
    first = sites.set_index("site_id").loc[twins["duplicate_of"]]
    assert set(first["kind"]) == {"ecole"}
    assert twins["pupils"].isna().all()


def test_pupils_say_which_classes_they_count(pack: Pack) -> None:
    for layer_id, scope in (("ecoles", "elementary_classes_only"), ("colleges_lycees", "all_classes")):
        sites = pack.read_vector(layer_id)
        assert (sites["pupils_scope"].notna() == sites["pupils"].notna()).all()
        assert set(sites["pupils_scope"].dropna()) == {scope}


def test_social_centres_are_to_be_verified(pack: Pack) -> None:
    centres, standing = pack.read_vector("social_centres"), pack.dataset_of("social_centres").standing
    assert centres["to_be_verified"].all()
    assert set(centres["position_quality"]) == {"commune_centre"}
    assert int(centres["name"].eq("(nom non publié)").sum()) == 5
    assert Flag.TO_BE_VERIFIED in standing.flags and standing.confidence is Confidence.RECALLED


def test_positions_that_disagree_with_the_commune_are_listed(pack: Pack) -> None:
    communes = pack.read_vector("communes").set_index("commune_code").geometry
    for layer_id in SITES:
        sites = pack.read_vector(layer_id)
        placed = sites[sites["placed"]]
        outlines = gpd.GeoSeries(placed["commune_code"].map(communes), crs=placed.crs)
        away = placed.geometry.distance(outlines)
        listed = pack.dataset_of(layer_id).evidence["outside_the_outline_of_their_commune"]
        assert {row["site_id"] for row in listed} == set(placed.loc[away > 0.05, "site_id"])


def test_no_name_holds_an_electronic_address(pack: Pack) -> None:
    for layer_id in SITES:
        assert not pack.read_vector(layer_id)["name"].str.contains("@").any()


# --------------------------------------------------------------------------- measurements


def test_stations(pack: Pack) -> None:
    stations = pack.read_vector("stations")
    assert len(stations) == stations["station_code"].nunique() == 165
    assert set(stations["influence"].dropna()) == {"fond", "trafic", "industrielle"}
    assert set(stations["typology"].dropna()) == {"urban", "suburban", "rural"}
    assert stations["commune_code"].notna().all()
    assert int(stations["opened"].notna().sum()) > 100


def test_annual_means_hold_means_only(pack: Pack) -> None:
    means, others = pack.read_table("station_annual_means"), pack.read_table("station_other_values")
    assert means["pollutant"].value_counts().to_dict() == {"no2": 539, "pm10": 177, "pm25": 77}
    assert set(means["statistic"]) == {"annual_mean"}
    assert len(others) == 697
    key = ["station_code", "pollutant", "year"]
    assert not means.duplicated(key).any()
    percentiles = others[others["statistic"].ne("annual_mean")]
    both = means.merge(percentiles, on=key, suffixes=("", "_other"))
    assert len(both) == 142
    assert (both["value"] / both["value_ug_m3"]).between(1.5, 2.0).all()
    assert set(others.loc[others["statistic"].eq("annual_mean"), "pollutant"]) == {"bap"}


def test_years_are_years_and_the_lockdown_year_stands_apart(pack: Pack) -> None:
    means, covid = pack.read_table("station_annual_means"), pack.read_table("station_covid_year_means")
    assert means["year"].between(1999, 2023).all()
    assert not means["year"].isin([2014, 2015, 2016, 2020, 2021, 2022]).any()
    assert len(covid) == 14
    assert set(covid["first_month"] + "/" + covid["last_month"]) == {"2019-08/2020-07"}
    months = pack.read_table("station_monthly_means")
    assert len(months) == 150
    assert months["month"].between("2019-08", "2020-07").all()
    assert months.loc[months["lockdown"], "month"].min() == "2020-03"


def test_derived_means_and_the_change_of_particle_method_are_marked(pack: Pack) -> None:
    means = pack.read_table("station_annual_means")
    from_percentiles = means[means["error_percent"].notna()]
    assert len(from_percentiles) == 121
    assert set(from_percentiles["year"]) == {2007, 2008, 2009, 2011, 2012}
    assert from_percentiles["derived"].all()
    particles = means[means["pollutant"].str.startswith("pm")]
    assert (particles["pm_method"].eq("before_2007") == particles["year"].lt(2007)).all()
    assert means.loc[means["pollutant"].eq("no2"), "pm_method"].isna().all()
    assert (means["metric_note_fr"].notna() == means["metric_note_en"].notna()).all()


def test_every_value_has_a_known_station(pack: Pack) -> None:
    codes = set(pack.read_vector("stations")["station_code"])
    for name in ("annual_means", "other_values", "monthly_means", "covid_year_means"):
        assert set(pack.read_table(f"station_{name}")["station_code"]) <= codes


def test_city_means_are_marked_as_averages_and_name_the_station_they_equal(pack: Pack) -> None:
    cities, means = pack.read_table("city_annual_means"), pack.read_table("station_annual_means")
    assert len(cities) == 442 and cities["city"].nunique() == 43
    assert sorted(cities["year"].unique()) == [2010, 2014, 2015, 2016, 2017, 2018, 2019]
    assert cities[["x_m", "y_m"]].notna().all(axis=None)
    equal = cities[cities["equals_station"].notna()].merge(
        means, left_on=["equals_station", "pollutant", "year"], right_on=["station_code", "pollutant", "year"]
    )
    assert len(equal) == int(cities["equals_station"].notna().sum()) == 74
    assert (equal["value_ug_m3_x"] - equal["value_ug_m3_y"]).abs().max() < 0.02
    lens = cities[cities["city"].eq("Lens") & cities["year"].eq(2019) & cities["pollutant"].eq("pm10")]
    assert lens["traffic_or_industry_inside"].item()  # its mean is that of a traffic station


# --------------------------------------------------------------------------- industry, farms, agriculture


def test_industrial_sites_mark_what_is_doubtful(pack: Pack) -> None:
    sites = pack.read_vector("industrial_sites")
    assert len(sites) == sites["facility_id"].nunique() == 317
    at_point = sites.geometry.to_wkb().map(sites.geometry.to_wkb().value_counts())
    assert (at_point == sites["sites_at_this_point"]).all()
    assert int((sites["sites_at_this_point"] > 1).sum()) == 146
    works = sites.set_index("facility_id").loc["7000956"]
    assert works["position_suspect"]
    assert 6_500 < works["distance_to_recalled_position_m"] < 8_000
    assert sites.loc[sites["in_territory"], "epci_code"].nunique() == 7
    assert Flag.TO_BE_VERIFIED in pack.dataset_of("industrial_sites").standing.flags


def test_a_permit_limit_is_not_an_emission(pack: Pack) -> None:
    figures = pack.read_table("industrial_figures")
    assert figures.loc[figures["year"].eq("limit"), "figure_kind"].eq("permit_limit").all()
    assert int(figures["figure_kind"].eq("emission").sum()) == 9


def test_three_listed_farms_and_one_known_by_its_legal_form(pack: Pack) -> None:
    farms = pack.read_vector("farms")
    assert farms["basis"].value_counts().to_dict() == {"listed": 3, "legal_form": 1}
    assert (farms["in_territory"] == farms["basis"].eq("listed")).all()
    assert set(farms["kind"]) == {"declared_installation"}


def test_holes_of_agriculture_are_rows_without_value(pack: Pack) -> None:
    rows = pack.read_table("agriculture")
    holes = rows[rows["missing"]]
    assert len(rows) - len(holes) == 205
    assert holes[["value", "value_text", "source"]].isna().all(axis=None)
    assert holes["territory_code"].nunique() == 7
    assert len(holes[holes["territory_code"].isin(OISE)]) == 39
    census = rows[rows["scope"].eq("territory") & rows["indicator"].eq("sau") & rows["value"].notna()]
    assert set(census["territory_code"]) == {"200040954", "245900428", "200044618"}


def test_territory_names_are_those_of_the_territories(pack: Pack) -> None:
    rows = pack.read_table("agriculture")
    here = rows[rows["scope"].eq("territory")].drop_duplicates("territory_code")
    names = dict(zip(here["territory_code"], here["place"], strict=True))
    assert names == {code: pack.territory(code).name for code in names}


# --------------------------------------------------------------------------- thresholds, effects, wind, roads


@pytest.mark.parametrize(
    ("threshold_id", "value_ug_m3"),
    [
        ("who_2021_no2_annual", 10), ("eu_2030_no2_annual", 20), ("eu_2008_no2_annual", 40),
        ("who_2021_pm10_annual", 15), ("eu_2030_pm10_annual", 20), ("eu_2008_pm10_annual", 40),
        ("who_2021_pm25_annual", 5), ("eu_2030_pm25_annual", 10), ("eu_2008_pm25_annual", 25),
    ],
)  # fmt: skip
def test_annual_thresholds(pack: Pack, threshold_id: str, value_ug_m3: float) -> None:
    found = {t.id: t for t in pack.thresholds(threshold_id.split("_")[2])}
    assert found[threshold_id].value_ug_m3 == value_ug_m3
    assert found[threshold_id].confidence is Confidence.PUBLISHED


def test_recalled_figures_are_marked_to_be_verified(pack: Pack) -> None:
    for layer_id, recalled in (("thresholds", 42), ("action_effects", 15)):
        rows = pack.read_table(layer_id)
        assert (rows["to_be_verified"] == rows["confidence"].eq("recalled")).all()
        assert int(rows["to_be_verified"].sum()) == recalled
        assert Flag.TO_BE_VERIFIED in pack.dataset_of(layer_id).standing.flags
    thresholds = pack.read_table("thresholds")
    assert thresholds["id"].is_unique and len(thresholds) == 180


def test_effects_stand_in_both_languages(pack: Pack) -> None:
    effects = pack.read_table("action_effects")
    assert len(effects) == 90 and effects["effect_id"].is_unique
    for name in ("action", "context", "note"):
        assert (effects[f"{name}_fr"].notna() == effects[f"{name}_en"].notna()).all()
    assert effects[["low", "central", "high"]].notna().any(axis=1).all()


def test_wind_is_one_year(pack: Pack) -> None:
    wind = pack.read_table("wind_stability")
    assert len(wind) == 975
    assert math.isclose(math.fsum(wind["frequency"]), 1.0, abs_tol=1e-9)
    assert int(wind["hours"].sum()) == 8760
    assert sorted(wind["sector_centre_deg"].unique()) == [22.5 * k for k in range(16)]
    assert set(wind["stability"]) == set("ABCDEF")
    assert (wind["speed_high_m_s"].isna() == wind["speed_class"].eq("7+")).all()
    assert Flag.PROXY in pack.dataset_of("wind_stability").standing.flags


def test_traffic_counts_without_ends_have_no_line(pack: Pack) -> None:
    counts = pack.read_vector("traffic_counts")
    assert (len(counts), int(counts["placed"].sum())) == (43, 37)
    assert (counts.geometry.notna() == counts["placed"]).all()


# --------------------------------------------------------------------------- training set


@pytest.mark.parametrize("layer_id", TRAINING)
def test_training_set_is_fictitious_everywhere(pack: Pack, layer_id: str) -> None:
    layer, dataset = pack.layer(layer_id), pack.dataset_of(layer_id)
    assert dataset.standing.quality is Quality.FICTITIOUS
    assert "fictif — jeu d’entraînement" in layer.title.fr.lower()
    assert "fictitious" in layer.title.en.lower()
    assert pack.read_vector(layer_id)["label"].eq("fictif — jeu d’entraînement").all()


def test_training_set_is_a_plausible_drawing(pack: Pack) -> None:
    parcels, houses = pack.read_vector("training_parcels"), pack.read_vector("training_houses")
    farm = pack.read_vector("training_farm")
    assert len(parcels) == 12
    assert houses["kind"].value_counts().to_dict() == {"fictitious_house": 20, "fictitious_school": 1}
    assert farm.set_index("kind")["farm_id"]["headquarters"] == parcels["farm_id"].unique().item()
    assert math.isclose(parcels.union_all().area, parcels.area.sum(), rel_tol=1e-9)
    assert (parcels["area_ha"] - parcels.area / 1e4).abs().max() < 0.006
    assert houses.distance(parcels.union_all()).min() > 1
    commune = pack.read_vector("communes").set_index("commune_code").geometry["59463"]
    assert all(frame.within(commune).all() for frame in (parcels, houses, farm))


def test_training_sites_never_mix_with_real_ones(pack: Pack) -> None:
    assert not set(pack.read_vector("training_houses")["kind"]) & REAL_KINDS
    sites = pack.sites(sorted(REAL_KINDS))
    assert len(sites) == 1331
    assert not sites["site_id"].str.startswith("fictif").any()
