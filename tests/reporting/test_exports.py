"""Exported files: complete, readable elsewhere, safe in a spreadsheet, with their provenance."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyogrio
import pytest
import rasterio
import shapely

from aqah_desktop.errors import StorageError
from aqah_desktop.messages import Catalogue
from aqah_desktop.processing.contract import RasterResult, Results, TableResult
from aqah_desktop.records import (
    AlgorithmSpec,
    FieldSchema,
    Flag,
    Grid,
    LocalText,
    Measure,
    Method,
    Outcome,
    Output,
    Pollutant,
    Quality,
    RunRecord,
    Standing,
    Statistic,
    Text,
)
from aqah_desktop.reporting.exports import ResultExporter, safe_name
from aqah_desktop.reporting.provenance import Provenance, ProvenanceWords
from aqah_desktop.storage.pack import Pack

FORMULAS = ("=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", '=HYPERLINK("x")')
GRID = Grid(700_000, 7_060_000, 200, 40, 30)
SPEC = AlgorithmSpec(
    id="aqah.test",
    version="1.2",
    title="reporting.export.what",
    summary="",
    parameters=(),
    outputs=(
        Output(
            "sites",
            "vector",
            "",
            fields=(
                FieldSchema("site_id", "text", LocalText("Numéro", "Number")),
                FieldSchema("value_ug_m3", "real", LocalText("Moyenne annuelle", "Annual mean"), "µg/m³"),
            ),
        ),
    ),
)


def sites() -> gpd.GeoDataFrame:
    count = len(FORMULAS)
    return gpd.GeoDataFrame(
        {
            "site_id": [f"0{i}590001A" for i in range(count)],
            "name": list(FORMULAS),
            "value_ug_m3": [12.25, np.nan, 20.0, 31.5, -0.5],
            "who_2021_exceeded": pd.array([True, None, True, True, False], dtype="boolean"),
            "rank": pd.array([3, None, 2, 1, 4], dtype="Int64"),
        },
        geometry=[shapely.Point(700_100 + 200 * i, 7_059_900) if i != 1 else None for i in range(count)],
        crs="EPSG:2154",
    )


def raster(statistic: Statistic, level: float) -> RasterResult:
    values = np.full((30, 40), level, np.float32)
    values[0, :5] = np.nan
    title = Text("reporting.statistic.annual_mean")
    return RasterResult(values, GRID, Measure("µg/m³", statistic, Pollutant.NO2, (2019, 2019)), title)


def record() -> RunRecord:
    return RunRecord(
        id="run-1",
        algorithm_id="aqah.test",
        algorithm_version="1.2",
        parameters='{"year":2019}',
        inputs={"no2_2019": "sha256:00"},
        seed=7,
        limits=None,
        started="2026-11-23T08:00:00Z",
        finished="2026-11-23T08:00:02Z",
        outcome=Outcome.DONE,
        app_version="0.1.0",
    )


@pytest.fixture
def exporter(pack: Pack) -> ResultExporter:
    standing = Standing(
        Quality.INDICATIVE,
        Method.MODELLED,
        (Flag.PROXY,),
        limits=LocalText("Ni rue ni épisode.", "No street."),
    )
    results = Results(
        standing,
        rasters={
            "no2_after": raster(Statistic.ANNUAL_MEAN, 17.25),
            "no2_after_std": raster(Statistic.STANDARD_DEVIATION, 2.5),
            "delta": raster(Statistic.DIFFERENCE, -0.75),
        },
        tables={"sites": TableResult(sites(), Text("reporting.legend.sites"))},
        figures={"mean": 17.2},
        notes=(Text("reporting.notice.background"),),
    )
    return ResultExporter(results, record(), list(pack.datasets.values()), SPEC)


@pytest.fixture
def written(exporter: ResultExporter, tmp_path: Path) -> Path:
    folder = tmp_path / "nouveau" / "résultat"
    paths = exporter.write_all(folder)
    assert all(path.is_file() for path in paths)
    assert sorted(p.name for p in folder.iterdir()) == sorted(p.name for p in paths)
    return folder


def test_every_output_in_every_format(written: Path) -> None:
    assert {p.name for p in written.iterdir()} == {
        "sites.csv", "sites.csv.meta.json", "sites_excel.csv", "sites_excel.csv.meta.json", "tables.xlsx",
        "tables.gpkg", "no2_after.tif", "no2_after_std.tif", "delta.tif", "run.json",
    }  # fmt: skip


def test_csv_is_a_clean_table_and_its_companion_tells(written: Path) -> None:
    lines = (written / "sites.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "site_id,name,value_ug_m3,who_2021_exceeded,rank"
    assert len(lines) == 1 + len(FORMULAS)
    frame = pd.read_csv(written / "sites.csv", dtype={"site_id": str})
    assert frame["value_ug_m3"].isna().tolist() == [False, True, False, False, False]
    meta = json.loads((written / "sites.csv.meta.json").read_text(encoding="utf-8"))
    assert "aucun verdict réglementaire" in meta["notice"]
    assert meta["quality"] == "modélisé — indicatif · donnée de substitution"
    assert meta["run"]["id"] == "run-1"
    assert meta["columns"][2] == {"name": "value_ug_m3", "label": "Moyenne annuelle", "unit": "µg/m³"}
    assert {d["id"] for d in meta["datasets"]} == {"fake_admin", "fake_sites", "fake_air"}


def test_csv_for_excel_is_french(written: Path) -> None:
    data = (written / "sites_excel.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf")
    text = data.decode("utf-8-sig")
    assert text.splitlines()[0].count(";") == 4
    assert "12,25" in text


@pytest.mark.parametrize("name", ["sites.csv", "sites_excel.csv"])
def test_formulas_are_neutralised_in_csv(written: Path, name: str) -> None:
    text = (written / name).read_text(encoding="utf-8-sig")
    for line in text.splitlines()[1:]:
        cell = line.replace(";", ",").split(",")[1].strip('"')
        assert cell.startswith("'"), line


def test_workbook_has_data_read_me_sources_and_provenance(written: Path) -> None:
    book = openpyxl.load_workbook(written / "tables.xlsx")
    assert book.sheetnames == ["Sites", "Lisez-moi", "Sources et qualité", "Provenance"]
    rows = list(book["Sites"].iter_rows())
    assert [cell.value for cell in rows[0]] == [
        "Numéro", "Nom", "Moyenne annuelle (µg/m³)", "Au-dessus de l’OMS 2021", "Rang",
    ]  # fmt: skip
    assert rows[1][0].value == "00590001A"
    assert rows[1][2].value == 12.25
    assert rows[2][2].value is None
    assert [row[1].data_type for row in rows[1:]] == ["s"] * len(FORMULAS)
    readme = " ".join(str(cell.value) for row in book["Lisez-moi"].iter_rows() for cell in row)
    assert "aucun verdict réglementaire" in readme
    assert "Ni rue ni épisode." in readme
    assert "modélisé — indicatif" in readme
    sources = [row[0].value for row in book["Sources et qualité"].iter_rows(min_row=2)]
    assert sources == ["admin", "sites", "air"]
    provenance = {row[0].value: row[1].value for row in book["Provenance"].iter_rows(min_row=2)}
    assert provenance["algorithm_version"] == "1.2"
    assert provenance["parameters"] == '{"year":2019}'


def test_workbook_speaks_english(exporter: ResultExporter, pack: Pack, tmp_path: Path) -> None:
    english = ResultExporter(exporter._results, record(), (), SPEC, Catalogue("en"))
    book = openpyxl.load_workbook(english.write_xlsx(tmp_path / "tables.xlsx"))
    assert book.sheetnames[1:] == ["Read me", "Sources and quality", "Provenance"]
    assert book["Sites"]["C1"].value == "Annual mean (µg/m³)"


def test_columns_of_a_run_carry_their_own_unit() -> None:
    """A count within 50 m is no length, hectares within 50 m are hectares."""
    for language, per_year in (("fr", "t/an"), ("en", "t/yr")):
        provenance = Provenance(record(), Standing(Quality.INDICATIVE, Method.DERIVED))
        words = ProvenanceWords(provenance, Catalogue(language))
        names = ["schools_within_50_m", "ha_within_50_m", "nearest_farm_m", "nox_t_per_year"]
        assert [words.field(name).unit for name in names] == ["", "ha", "m", per_year]
        assert words.header("nearest_farm_m").endswith(" (m)")


def test_no_export_names_the_machine(pack: Pack, tmp_path: Path) -> None:
    run = replace(record(), parameters='{"raster":"/home/marie/no2.tif"}')
    table = TableResult(pd.DataFrame({"a": [1]}), Text("reporting.legend.sites"))
    results = Results(
        Standing(Quality.INDICATIVE, Method.DERIVED),
        rasters={"delta": raster(Statistic.DIFFERENCE, -0.75)},
        tables={"t": table},
    )
    ResultExporter(results, run).write_all(tmp_path, ("csv", "gpkg", "tif", "json"))
    assert [p.name for p in tmp_path.iterdir() if b"marie" in p.read_bytes()] == []
    assert "no2.tif" in (tmp_path / "run.json").read_text(encoding="utf-8")


def test_geopackage_opens_with_layer_and_provenance(written: Path) -> None:
    layers = {str(name): kind for name, kind in pyogrio.list_layers(written / "tables.gpkg")}
    assert set(layers) == {"sites", "aqah_provenance"}
    frame = pyogrio.read_dataframe(written / "tables.gpkg", layer="sites")
    assert frame.crs.to_epsg() == 2154
    assert frame["site_id"].tolist() == sites()["site_id"].tolist()
    assert int(frame.geometry.isna().sum()) == 1
    with sqlite3.connect(written / "tables.gpkg") as base:
        told = dict(base.execute("select item, content from aqah_provenance"))
    assert json.loads(told["run"])["seed"] == 7
    assert "verdict" in told["notice"]


def test_geotiff_opens_with_values_and_tags(written: Path) -> None:
    with rasterio.open(written / "no2_after.tif") as source:
        tags = source.tags()
        values = source.read(1, masked=True)
        assert source.crs.to_epsg() == 2154
        assert source.transform.a == 200
    assert float(values.max()) == 17.25
    assert int(values.mask.sum()) == 5
    assert tags["AQAH_UNIT"] == "µg/m³"
    assert tags["AQAH_STATISTIC"] == "annual_mean"
    assert tags["AQAH_POLLUTANT"] == "no2"
    assert tags["AQAH_YEARS"] == "2019"
    assert tags["AQAH_QUALITY"] == "indicative"
    assert tags["AQAH_FLAGS"] == "proxy"
    assert tags["AQAH_UNCERTAINTY"] == "no2_after_std.tif"
    assert "verdict" in tags["AQAH_NOTICE"]
    assert "Jeu d’essai inventé" in tags["AQAH_SOURCES"]
    assert json.loads(tags["AQAH_RUN"])["algorithm_id"] == "aqah.test"
    with rasterio.open(written / "delta.tif") as source:
        assert "AQAH_UNCERTAINTY" not in source.tags()
        assert float(np.nanmin(source.read(1))) == -0.75


def test_run_record_is_whole(written: Path) -> None:
    told = json.loads((written / "run.json").read_text(encoding="utf-8"))
    assert told["figures"] == {"mean": 17.2}
    assert told["run"]["outcome"] == "done"
    assert told["standing"]["flags"] == ["proxy"]


def test_same_run_same_bytes(exporter: ResultExporter, tmp_path: Path) -> None:
    for name in ("a", "b"):
        exporter.write_all(tmp_path / name, ("csv", "excel", "tif", "json"))
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("../../etc/passwd", "etc_passwd"),
        ("CON", "CON_"),
        ("é à", "table"),
        ("a" * 200, "a" * 80),
        ("x.y", "x_y"),
    ],
)
def test_names_of_outputs_are_safe_file_names(given: str, expected: str) -> None:
    assert safe_name(given) == expected


def test_outputs_whose_names_meet_are_all_written(pack: Pack, tmp_path: Path) -> None:
    table = TableResult(pd.DataFrame({"a": [1]}), Text("reporting.legend.sites"))
    results = Results(Standing(Quality.INDICATIVE, Method.DERIVED), tables={"x.y": table, "x/y": table})
    names = [p.name for p in ResultExporter(results, record()).write_all(tmp_path, ("csv", "xlsx"))]
    assert names == ["x_y.csv", "x_y.csv.meta.json", "x_y_2.csv", "x_y_2.csv.meta.json", "tables.xlsx"]
    book = openpyxl.load_workbook(tmp_path / "tables.xlsx")
    assert len(book.sheetnames) == 5


def test_a_folder_that_cannot_be_made_is_said(exporter: ResultExporter, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError) as error:
        exporter.write_all(tmp_path / "file" / "inside")
    assert error.value.key.startswith("storage.")
