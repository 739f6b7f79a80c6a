"""The table: sorted, filtered, copied by hand-made cases, then on the pack and on a million rows."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from aqah_desktop.errors import BadInputError
from aqah_desktop.messages import Catalogue
from aqah_desktop.models.frames import FrameStore
from aqah_desktop.models.latest import LatestRuns, RunKind
from aqah_desktop.models.opening import opening_layers
from aqah_desktop.models.selection import Feature
from aqah_desktop.models.services import Services, open_services
from aqah_desktop.models.state import LayerEntry, ProjectState
from aqah_desktop.models.table_data import (
    Arrangement,
    NumberColumn,
    TableData,
    TextColumn,
    arrange,
    as_tsv,
    column_of,
    plain,
)
from aqah_desktop.models.table_files import write_layer_table
from aqah_desktop.models.table_sources import layer_table, rows_of_sites, run_table, sources

FRENCH = Catalogue("fr")
MEL = "200093201"


def _table(**columns: object) -> TableData:
    frame = pd.DataFrame(columns)
    made = tuple(column_of(frame[name], str(name), None, ("oui", "non")) for name in frame)
    return TableData("t", made, len(frame), lambda row: Feature("l", str(row)), lambda _: None)


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    opened = open_services()
    yield opened
    opened.close()


# --------------------------------------------------------------------------- columns


def test_numbers_have_the_decimals_of_their_values_and_years_are_not_grouped() -> None:
    table = _table(value=[1234.5, None], pupils=[1200, 3], year=[2019, 2013], code=[59350.0, 59009.0])
    value, pupils, year, code = table.columns
    assert [value.text(0, FRENCH), value.text(1, FRENCH)] == ["1\u202f234,5", ""]
    assert pupils.text(0, FRENCH) == "1\u202f200"
    assert year.text(0, FRENCH) == "2019"
    assert code.text(0, FRENCH) == "59\u202f350"


def test_texts_flags_and_dates_are_words() -> None:
    table = _table(
        name=["École", None],
        above=pd.array([True, None], dtype="boolean"),
        day=pd.to_datetime(["2020-01-02", None]),
    )
    assert [c.text(0, FRENCH) for c in table.columns] == ["École", "oui", "2020-01-02"]
    assert [c.text(1, FRENCH) for c in table.columns] == ["", "", ""]


def test_codes_become_words_and_unknown_ones_stay() -> None:
    column = column_of(pd.Series(["a", "b", None]), "h", {"a": "école", "b": "b"}.__getitem__)
    assert [column.text(i, FRENCH) for i in range(3)] == ["école", "b", ""]


# --------------------------------------------------------------------------- order and filter


def test_empty_cells_come_last_in_both_directions() -> None:
    table = _table(v=[2.0, None, 1.0], t=["b", None, "a"])
    assert arrange(table, Arrangement(column=0)).tolist() == [2, 0, 1]
    assert arrange(table, Arrangement(column=0, descending=True)).tolist() == [0, 2, 1]
    assert arrange(table, Arrangement(column=1)).tolist() == [2, 0, 1]
    assert arrange(table, Arrangement(column=1, descending=True)).tolist() == [0, 2, 1]


def test_texts_are_sorted_without_accents_and_capitals() -> None:
    table = _table(t=["zoo", "Élan", "eau", "Étang"])
    assert arrange(table, Arrangement(column=0)).tolist() == [2, 1, 3, 0]


def test_every_word_searched_must_stand_somewhere_in_the_row() -> None:
    table = _table(name=["École Pasteur", "Collège Pasteur", "École Zola"], town=["Lille", "Hem", "Lille"])
    assert arrange(table, Arrangement("ecole lille")).tolist() == [0, 2]
    assert arrange(table, Arrangement("PASTEUR hem")).tolist() == [1]
    assert arrange(table, Arrangement("nobody")).tolist() == []
    assert arrange(table, Arrangement("  ")).tolist() == [0, 1, 2]


def test_rows_are_chosen_from_a_base() -> None:
    table = _table(name=["a", "b", "ab"])
    assert arrange(table, Arrangement("a"), np.array([2, 1])).tolist() == [2]


@given(st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), max_size=30), st.booleans())
def test_sorting_keeps_every_row_once(values: list[float | None], descending: bool) -> None:
    table = _table(v=pd.array(values, dtype="Float64"))
    order = arrange(table, Arrangement(column=0, descending=descending))
    assert sorted(order.tolist()) == list(range(len(values)))
    known = [values[i] for i in order if values[i] is not None]
    assert known == sorted(known, reverse=descending)  # type: ignore[type-var]


def test_a_million_rows_are_sorted_and_filtered() -> None:
    count = 1_000_000
    rng = np.random.default_rng(7)
    codes = rng.integers(0, 5000, count)
    uniques = np.array([f"Type {i}" for i in range(5000)], dtype=object)
    table = TableData(
        "t",
        (NumberColumn("v", rng.uniform(0, 50, count), 2), TextColumn("kind", codes, uniques)),
        count,
        lambda row: Feature("l", str(row)),
        lambda _: None,
    )
    started = time.perf_counter()
    order = arrange(table, Arrangement("type 4999", 0, descending=True))
    assert time.perf_counter() - started < 20
    assert len(order) == int((codes == 4999).sum())
    assert (np.diff(table.columns[0].order()[order]) <= 0).all()


# --------------------------------------------------------------------------- copying


def test_copied_rows_paste_into_a_french_spreadsheet_and_are_never_formulas() -> None:
    table = _table(name=["=HYPERLINK(1)", "two\tcells\nhere"], value=[1234.5, None])
    assert as_tsv(table, [1, 0], FRENCH).split("\n") == [
        "name\tvalue",
        "two cells here\t",
        "'=HYPERLINK(1)\t1234,5",
        "",
    ]
    assert "1234.5" in as_tsv(table, [0], Catalogue("en"))


def test_plain_takes_accents_and_capitals_away() -> None:
    assert plain("ÉcOLe Œuvre") == "ecole œuvre"


# --------------------------------------------------------------------------- sources


def test_tables_of_runs_come_first_then_the_layers(services: Services) -> None:
    latest = LatestRuns()
    state = ProjectState(MEL, layers=opening_layers(services.pack, "no2", 2019))
    before = sources(latest, state, FRENCH)
    assert before[0].layer_id == "ecoles"
    assert not any(source.layer_id == "no2_2019" for source in before)
    latest.put(
        RunKind.SITES,
        services.run("aqah.exposure.sites", {"territory": MEL, "pollutant": "no2", "year": 2019}),
    )
    after = sources(latest, state, FRENCH)
    assert [source.key for source in after[:3]] == ["sites/sites", "sites/kinds", "layer/ecoles"]
    assert sources(LatestRuns(), ProjectState(), FRENCH) == ()


def test_the_exposure_table_reads_well_and_knows_where_its_rows_are(services: Services) -> None:
    finished = services.run("aqah.exposure.sites", {"territory": MEL, "pollutant": "no2", "year": 2019})
    frame = finished.results.tables["sites"].frame
    table = run_table(services, finished, "sites", "Exposition")
    headers = [column.header for column in table.columns]
    assert headers[:4] == ["Rang", "Nom", "Type de site", "Commune"]
    assert "Moyenne annuelle (µg/m³)" in headers
    first = {header: c.text(0, FRENCH) for header, c in zip(headers, table.columns, strict=True)}
    assert first["Rang"] == "1"
    assert first["Type de site"] == "lycée"
    assert first["Commune"] == "Lille"
    assert first["Année"] == "2019"
    assert table.rows == len(frame)
    assert table.standing
    feature = table.feature(0)
    assert feature.layer_id == "colleges_lycees"
    assert feature.code == frame["site_id"].iloc[0]
    assert table.row_of(feature) == 0
    assert table.row_of(Feature("ecoles", "unknown")) is None
    missing = int(np.flatnonzero(frame["status"] == "unplaced")[0])
    assert not table.feature(missing).placed
    assert "sans position" in [column.text(missing, FRENCH) for column in table.columns]


def test_rows_of_the_exposure_table_by_kind_threshold_or_absence(services: Services) -> None:
    finished = services.run("aqah.exposure.sites", {"territory": MEL, "pollutant": "no2", "year": 2019})
    frame, figures = finished.results.tables["sites"].frame, finished.results.figures
    assert len(rows_of_sites(frame, "", "", missing=True)) == figures["sites_unplaced"]
    above = rows_of_sites(frame, "", "eu_2030", missing=False)
    assert len(above) == figures["frameworks"]["eu_2030"]["exceeded"]
    schools = rows_of_sites(frame, "ecole", "", missing=False)
    assert set(frame["kind"].iloc[schools]) == {"ecole"}


@pytest.mark.parametrize("layer", ["communes", "stations", "industrial_sites", "station_annual_means"])
def test_any_layer_has_its_table_with_labels_and_units(services: Services, layer: str) -> None:
    entry = LayerEntry(services.pack.layer(layer))
    table = layer_table(services, FrameStore(services.pack), entry, "Couche")
    assert table.rows > 100
    assert all(column.header for column in table.columns)
    feature = table.feature(5)
    assert feature.layer_id == layer
    assert table.row_of(feature) == (5 if feature.code or feature.index >= 0 else None)
    if layer == "communes":
        assert "Population municipale (hab.)" in [column.header for column in table.columns]


# --------------------------------------------------------------------------- files


def test_a_layer_is_saved_with_its_source_in_every_format(services: Services, tmp_path: Path) -> None:
    entry = LayerEntry(services.pack.layer("ecoles"))
    frame = FrameStore(services.pack).frame(entry)
    plain_csv = write_layer_table(services, entry, frame, tmp_path / "a.csv")
    assert [path.name for path in plain_csv] == ["a.csv", "a.csv.meta.json"]
    about = json.loads(plain_csv[1].read_text(encoding="utf-8"))
    assert "officiel" in about["Qualité"]
    assert len(pd.read_csv(plain_csv[0])) == len(frame)
    excel = write_layer_table(services, entry, frame, tmp_path / "b.csv", excel=True)[0]
    assert excel.read_bytes().startswith(b"\xef\xbb\xbf")
    book = write_layer_table(services, entry, frame, tmp_path / "c.xlsx")
    assert len(book) == 1
    sheets = pd.read_excel(book[0], sheet_name=None)
    assert len(sheets) == 2
    assert len(next(iter(sheets.values()))) == len(frame)


def test_another_ending_is_refused_and_nothing_is_written(services: Services, tmp_path: Path) -> None:
    entry = LayerEntry(services.pack.layer("farms"))
    frame = gpd.GeoDataFrame({"a": [1]}, geometry=[None], crs="EPSG:2154")
    with pytest.raises(BadInputError) as raised:
        write_layer_table(services, entry, frame, tmp_path / "a.ods")
    assert raised.value.key == "models.file_ending"
    assert list(tmp_path.iterdir()) == []
