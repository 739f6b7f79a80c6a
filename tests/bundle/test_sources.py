"""The figures committed for the recipes: sourced, and the ones of the reference folder when it is there."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

#: Committed table → reference tables it was copied from, column of the figure there, rows left out.
COPIES = {
    "thresholds": (["thresholds"], "value", None),
    "action_effects": (["action_effects"], "high", None),
    "wind_stability_uccle": (["wind_stability_uccle"], "hours", None),
    "traffic_counts": (["traffic_counts"], "aadt", None),
    "emissions_regional": (["emissions_regional"], "value", None),
    "station_annual": (["stations_annual", "stations_annual_more"], "annual_mean", None),
    "station_monthly": (["stations_monthly"], "monthly_mean", None),
    "stations_realtime": (["stations"], "lat", None),
    "stations_airbase": (["stations_more"], "lat", None),
    "sites": (["schools_primary", "sensitive_sites", "sensitive_sites_more"], "pupils", None),
    "farms": (["farms"], "lon", None),
    "agriculture": (["crops_hdf", "crops_hdf_more"], "figure", ("record", "RPG_")),
}
RENAMED = {"annual_mean": "value", "monthly_mean": "value", "figure": "value"}
SOURCED = (*COPIES, "social_centres", "industry_register", "industry_figures", "rpg_crop_codes")


def read(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def sources(checkout: Path) -> Path:
    return checkout / "build/bundle/sources"


@pytest.mark.parametrize("name", SOURCED)
def test_every_figure_has_a_source_and_a_confidence(sources: Path, name: str) -> None:
    rows = read(sources / f"{name}.csv")
    known = read(sources / "references.csv").set_index("source")
    assert set(rows["source"]) <= set(known.index)
    assert known.index.is_unique
    assert known.loc[sorted(set(rows["source"])), "licence"].ne("").all()
    assert set(rows["confidence"]) <= {"published", "derived", "secondary", "recalled"}


@pytest.mark.parametrize("name", COPIES)
def test_copies_hold_every_figure_of_the_reference(shared: Path, sources: Path, name: str) -> None:
    files, column, left_out = COPIES[name]
    reference = pd.concat([read(shared / "reference" / f"{file}.csv") for file in files])
    if left_out:
        reference = reference[~reference[left_out[0]].str.startswith(left_out[1])]
    copied = read(sources / f"{name}.csv")
    assert sorted(copied[RENAMED.get(column, column)]) == sorted(reference[column].fillna(""))
    assert copied["confidence"].value_counts().to_dict() == reference["confidence"].value_counts().to_dict()


def test_no_source_holds_an_electronic_address_of_a_person(sources: Path) -> None:
    for path in sorted(sources.glob("*.csv")):
        assert not read(path).apply(lambda column: column.str.contains(r"\w@\w")).any(axis=None), path.name
