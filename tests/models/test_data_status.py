"""The state of the data: every layer of the bundled pack has its row, its age and what would improve it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from aqah_desktop.messages import Catalogue
from aqah_desktop.models import data_status
from aqah_desktop.models.data_status import GROUPS, as_frame, better_of, last_year, status_rows
from aqah_desktop.models.layer_watch import Finding, LayerWatch
from aqah_desktop.records import LayerStatus, Lineage
from aqah_desktop.storage.pack import Pack

from .test_project import entry, user_file

YEAR = 2026


@pytest.fixture(scope="module")
def pack() -> Pack:
    return Pack.open()


def test_every_layer_of_the_pack_has_a_row_with_a_remedy_in_both_languages(pack: Pack) -> None:
    rows = status_rows((), pack, LayerWatch(), "fr", YEAR)
    assert {row.layer_id for row in rows} == set(pack.layers)
    assert [row.layer_id for row in rows if not row.better] == []
    assert [row.layer_id for row in rows if row.standing is None or not row.publisher] == []
    for row in rows:
        for language in ("fr", "en"):
            words = Catalogue(language)
            assert words.has(f"data_status.better.{row.better}.what")
            assert words.has(f"data_status.better.{row.better}.where")
            assert words.has(f"data_status.group.{row.group}")


def test_no_remedy_is_without_a_layer(pack: Pack) -> None:
    assert set(data_status._BETTER) <= set(pack.layers)
    used = {better_of(layer) for layer in pack.layers.values()}
    assert used >= set(data_status._BETTER.values())


def test_sections_come_in_order(pack: Pack) -> None:
    groups = [row.group for row in status_rows((), pack, LayerWatch(), "fr", YEAR)]
    assert groups == sorted(groups, key=GROUPS.index)
    assert "yours" not in groups


@pytest.mark.parametrize(
    ("time", "vintage", "year"),
    [
        ("2013", "2013", 2013),
        ("1999/2023", "2012-2023", 2023),
        ("2005/2050", "2024", 2024),
        ("2019-08/2020-07", "2020", 2020),
        ("", "2022-2023 (effectifs), 2023-2026 (positions)", 2026),
        ("année typique", "typical year", None),
        ("20190", "12023", None),
    ],
)
def test_the_age_counts_from_the_last_year_of_the_data(time: str, vintage: str, year: int | None) -> None:
    dataset = user_file("EPSG:2154").dataset
    dated = replace(dataset, coverage=replace(dataset.coverage, time=time, vintage=vintage))
    assert last_year(dated, YEAR) == year


def test_ages_of_the_pack(pack: Pack) -> None:
    ages = {row.layer_id: row.age_years for row in status_rows((), pack, LayerWatch(), "fr", YEAR)}
    assert ages["no2_2013"] == 13
    assert ages["hospitals"] == 6
    assert ages["wind_stability"] is None


def test_files_of_the_user_and_what_they_replace(pack: Pack) -> None:
    file = user_file("EPSG:2154")
    dataset = replace(file.dataset, lineage=Lineage(replaces=("ecoles",)))
    own = replace(entry("mine"), origin="file:/data/x.gpkg", file=replace(file, dataset=dataset))
    watch = LayerWatch()
    watch.note([Finding("mine", LayerStatus.MISSING, error=None)])
    rows = status_rows((own,), pack, watch, "en", YEAR)
    assert rows[0].group == "yours"
    assert rows[0].status is LayerStatus.MISSING
    assert rows[0].replaces == "ecoles"
    schools = next(row for row in rows if row.layer_id == "ecoles")
    assert schools.replaced_by == ("Layer mine",)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_table_for_a_file(pack: Pack, language: str) -> None:
    words = Catalogue(language)
    frame = as_frame(status_rows((), pack, LayerWatch(), language, YEAR), words)
    assert len(frame) == len(pack.layers)
    assert not frame.map(lambda cell: "data_status." in cell).to_numpy().any()
    first = frame[frame.iloc[:, 1] == pack.layers["no2_2013"].title.in_language(language)].iloc[0]
    assert ("13 ans" if language == "fr" else "13 years") in list(first)
