"""CSV and Excel as offices write them; what we write is neither run as a formula nor changed."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from aqah_desktop.errors import BadInputError, StorageError
from aqah_desktop.storage.tables import read_table, write_csv, write_xlsx

FRENCH = """code;nom;concentration;effectif;part;SIRET
02001;Écôle;12,5;1 234;0,1;55210055400013
59002;Lycée;;56;;
"""


def put(folder: Path, data: bytes | str, name: str = "a.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode(encoding))
    return path


# --------------------------------------------------------------------------- reading CSV


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_french_table_in_every_encoding(tmp_path: Path, encoding: str, newline: str) -> None:
    frame = read_table(put(tmp_path, FRENCH.replace("\n", newline), encoding=encoding))
    assert list(frame["code"]) == ["02001", "59002"]
    assert list(frame["nom"]) == ["Écôle", "Lycée"]
    assert frame["concentration"][0] == 12.5
    assert np.isnan(frame["concentration"][1])
    assert list(frame["effectif"]) == [1234, 56]
    assert frame["SIRET"][0] == 55210055400013
    assert frame["SIRET"].dtype == "Int64"
    assert frame.attrs["delimiter"] == ";"
    assert frame.attrs["decimal_comma"] == ["concentration", "effectif", "part"]


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_every_usual_separator(tmp_path: Path, delimiter: str) -> None:
    text = f'a{delimiter}b\n1{delimiter}"x{delimiter}y"\n2{delimiter}"l1\nl2"\n'
    frame = read_table(put(tmp_path, text))
    assert list(frame["a"]) == [1, 2]
    assert list(frame["b"]) == [f"x{delimiter}y", "l1\nl2"]


def test_the_decimal_sign_is_that_of_each_column(tmp_path: Path) -> None:
    frame = read_table(put(tmp_path, "lat;valeur;version\n50.63;1,5;1.2.3\n50.1;2,25;1.0\n"))
    assert list(frame["lat"]) == [50.63, 50.1]
    assert list(frame["valeur"]) == [1.5, 2.25]
    assert list(frame["version"]) == ["1.2.3", "1.0"]


@pytest.mark.parametrize(
    "cells",
    [
        ["02001", "59002"],
        ["0590001A", "0590002B"],
        ["+33320000000", "+33320000001"],
        ["12345678901234567890", "1"],
        ["1-2", "3"],
        ["2A004", "59001"],
        ["1,2,3", "4"],
        ["Oui", "1"],
    ],
)
def test_codes_stay_text(tmp_path: Path, cells: list[str]) -> None:
    frame = read_table(put(tmp_path, "code;n\n" + "".join(f"{cell};1\n" for cell in cells)))
    assert list(frame["code"]) == cells


def test_short_rows_are_filled_long_ones_refused_and_names_made_unique(tmp_path: Path) -> None:
    frame = read_table(put(tmp_path, "a;a;;b\n1;2\n\n3;4;5;6;;\n"))
    assert list(frame.columns) == ["a", "a_2", "column_3", "b"]
    assert len(frame) == 2
    with pytest.raises(BadInputError) as caught:
        read_table(put(tmp_path, "a;b\n1;2\n1;2;3\n"))
    assert caught.value.key == "storage.table_ragged"
    assert caught.value.params["row"] == 3


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"", "storage.empty_file"),
        (b"  \n ", "storage.empty_file"),
        (b"\xef\xbb\xbf;;\n1;2;3\n", "storage.table_no_header"),
        (b"\x00\x01\x02binary\x00", "storage.table_not_text"),
        (b"\xff\xfe\x00", "storage.table_not_text"),
        (b"PK\x03\x04" + bytes(50), "storage.table_not_text"),
    ],
)
def test_what_is_no_table_is_a_clear_error(tmp_path: Path, data: bytes, key: str) -> None:
    with pytest.raises((BadInputError, StorageError)) as caught:
        read_table(put(tmp_path, data))
    assert caught.value.key == key


def test_a_missing_table(tmp_path: Path) -> None:
    for name in ("absent.csv", "absent.xlsx"):
        with pytest.raises(StorageError) as caught:
            read_table(tmp_path / name)
        assert caught.value.key == "storage.missing_file"


def test_a_header_alone_is_an_empty_table(tmp_path: Path) -> None:
    frame = read_table(put(tmp_path, "a;b\n"))
    assert (list(frame.columns), len(frame)) == (["a", "b"], 0)


def test_real_tables(shared: Path) -> None:
    frame = read_table(shared / "realdata/tricky-vectors/utf16_le_bom.csv")
    assert (frame.attrs["encoding"], frame.attrs["delimiter"], len(frame)) == ("utf-16", "\t", 1)
    colleges = read_table(shared / "realdata/schools-colleges-hdf/colleges_geoloc_hdf.csv")
    assert len(colleges) > 300


# --------------------------------------------------------------------------- writing CSV

DANGEROUS = ["=1+1", "+33", "-2+3", "@SUM(A1)", "\tx", "\rx", '=HYPERLINK("http://x")']


def cells_of(path: Path, delimiter: str) -> list[list[str]]:
    return list(
        csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""), delimiter=delimiter)
    )


@pytest.mark.parametrize("excel", [False, True])
def test_texts_are_never_formulas_and_numbers_stay_numbers(tmp_path: Path, excel: bool) -> None:
    path = tmp_path / "a.csv"
    numbers = [-1.5, 2.0, np.nan, 1e-7, -3.0, 1e20, 0.1]
    write_csv(path, pd.DataFrame({"=danger": DANGEROUS, "n": numbers, "i": [-5, *range(6)]}), excel=excel)
    rows = cells_of(path, ";" if excel else ",")
    assert [row[0] for row in rows] == ["'=danger", *("'" + text.replace("\r", "\n") for text in DANGEROUS)]
    expected = ["-1.5", "2", "", "1e-07", "-3", "1e+20", "0.1"]
    assert [row[1] for row in rows[1:]] == [e.replace(".", ",") if excel else e for e in expected]
    assert rows[1][2] == "-5"


def test_for_excel_the_file_has_a_mark_semicolons_and_commas(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    frame = pd.DataFrame({"école": ["É;x", None], "v": [1.5, None], "ok": [True, False]})
    write_csv(path, frame, excel=True)
    assert path.read_bytes() == '\ufeffécole;v;ok\r\n"É;x";1,5;true\r\n;;false\r\n'.encode()
    write_csv(path, frame)
    assert path.read_bytes() == "école,v,ok\nÉ;x,1.5,true\n,,false\n".encode()


def test_geometry_is_left_out_and_gaps_are_empty(tmp_path: Path) -> None:
    import geopandas as gpd

    frame = gpd.GeoDataFrame(
        {"a": pd.array([1, None], dtype="Int64"), "t": pd.to_datetime(["2020-01-01", None])},
        geometry=[shapely.Point(0, 0), None],
    )
    write_csv(tmp_path / "a.csv", frame)
    assert cells_of(tmp_path / "a.csv", ",") == [["a", "t"], ["1", "2020-01-01 00:00:00"], ["", ""]]


finite = st.floats(allow_nan=False, allow_infinity=False)
words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(finite, st.integers(-(10**17), 10**17), words), min_size=1, max_size=8), st.booleans()
)
def test_numbers_and_texts_survive_a_round_trip(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, int, str]], excel: bool
) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    frame = pd.DataFrame(rows, columns=["real", "whole", "text"])
    frame["text"] = "t" + frame["text"] + "t"  # a text that is a number is read as one
    write_csv(path, frame, excel=excel)
    back = read_table(path)
    assert list(back["real"].astype(float)) == list(frame["real"])
    assert list(back["whole"]) == list(frame["whole"])
    assert list(back["text"]) == list(frame["text"])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(max_size=8), min_size=1, max_size=6), st.booleans())
def test_no_text_ever_begins_like_a_formula(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], excel: bool
) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    texts = [text.encode("utf-8", "ignore").decode() for text in texts]
    write_csv(path, pd.DataFrame({"t": texts, "end": "x"}), excel=excel)
    for row, text in zip(cells_of(path, ";" if excel else ",")[1:], texts, strict=True):
        assert row[0].lstrip("'") == re.sub("\r\n?", "\n", text).lstrip("'")
        assert not row[0].startswith(("=", "+", "-", "@", "\t", "\r"))


# --------------------------------------------------------------------------- Excel


def test_a_workbook_holds_numbers_texts_and_several_sheets(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    frame = pd.DataFrame(
        {
            "code": ["02001", "=1+1", None],
            "value": [1.5, np.nan, np.inf],
            "n": pd.array([1, None, 3], dtype="Int64"),
            "ok": [True, False, True],
            "day": pd.to_datetime(["2020-01-01", None, "2021-06-05"]),
            "bad\x01": ["x\x00y", "z" * 40_000, "[1]"],
        }
    )
    write_xlsx(
        path, {"Exposition [1]/2": frame, "exposition  1  2": frame, "x" * 40: frame.head(0), "": frame}
    )
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Exposition  1  2", "exposition  1  2 2"[:31], "x" * 31, "Table"]
    sheet = book.worksheets[0]
    assert sheet.freeze_panes == "A2"
    assert sheet["A1"].font.bold
    assert [c.value for c in sheet["A"]] == ["code", "02001", "=1+1", None]
    assert {c.data_type for c in sheet["A"][:3]} == {"s"}
    assert [c.value for c in sheet["B"]] == ["value", 1.5, None, None]
    assert [c.value for c in sheet["C"]] == ["n", 1, None, 3]
    assert [c.value for c in sheet["D"]] == ["ok", True, False, True]
    assert sheet["E2"].is_date
    assert sheet["F2"].value == "xy"
    assert len(sheet["F3"].value) == 32_767
    with zipfile.ZipFile(path) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_a_workbook_is_read_by_sheet(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_xlsx(
        path, {"un": pd.DataFrame({"code": ["02", "59"], "v": [1, 2.5]}), "deux": pd.DataFrame({"x": [1]})}
    )
    frame = read_table(path)
    assert list(frame["code"]) == ["02", "59"]
    assert list(frame["v"]) == [1, 2.5]
    assert list(read_table(path, "deux")["x"]) == [1]
    with pytest.raises(BadInputError) as caught:
        read_table(path, "trois")
    assert caught.value.params["sheets"] == ["un", "deux"]


@pytest.mark.parametrize("data", [b"PK\x03\x04broken", b"no zip", bytes(300)])
def test_a_damaged_workbook_is_a_clear_error(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(StorageError) as caught:
        read_table(put(tmp_path, data, "a.xlsx"))
    assert caught.value.key in ("storage.table_bad_workbook", "storage.bad_zip")


def test_a_truncated_workbook_is_a_clear_error(tmp_path: Path) -> None:
    write_xlsx(tmp_path / "a.xlsx", {"t": pd.DataFrame({"a": range(1000)})})
    data = (tmp_path / "a.xlsx").read_bytes()
    for share in (0.1, 0.5, 0.9):
        with pytest.raises(StorageError):
            read_table(put(tmp_path, data[: int(len(data) * share)], "b.xlsx"))


def test_more_rows_than_a_sheet_holds_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError) as caught:
        write_xlsx(tmp_path / "a.xlsx", {"t": pd.DataFrame({"a": np.zeros(1_048_576, "int8")})})
    assert caught.value.key == "storage.table_too_long"
    assert list(tmp_path.iterdir()) == []
