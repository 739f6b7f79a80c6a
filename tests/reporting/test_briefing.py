"""The one-page PDF: one page, right words, safe with hostile texts, same bytes."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from aqah_desktop.errors import BadInputError
from aqah_desktop.messages import Catalogue
from aqah_desktop.records import Interval, Method, Quality, Standing
from aqah_desktop.reporting.briefing import BriefingContent, Callout, Passage, as_data, build_briefing
from aqah_desktop.reporting.callouts import action_result, farm_callout
from aqah_desktop.reporting.content import BriefingWriter
from aqah_desktop.storage.pack import Pack

CODE = "999999999"
DAY = date(2026, 11, 23)
FRENCH = Catalogue("fr")
SITES = 26
#: What would act if any of it were read as typst, a formula or markup.
HOSTILE = (
    '#panic("x")', "= Titre", "$a^2$", "*gras* _i_", "\\u{41} \\", '"guillemets"', "=cmd|' /C calc'!A0",
    "<script>alert(1)</script>", "[#image('/etc/passwd')]", "@ref <label>", "// comment",
    "`raw`", "{{x}} %s",
)  # fmt: skip


def exposure_of(pack: Pack) -> pd.DataFrame:
    """The agreed columns of the exposure table, read off the fictitious map."""
    sites = pack.sites(["ecole", "college", "lycee", "hospital", "ehpad"], pack.territory(CODE))
    placed = sites.geometry.notna().to_numpy()
    columns = {}
    for name, layer in (("value_ug_m3", "no2_2019"), ("std_ug_m3", "no2_2019_std")):
        values = np.full(len(sites), np.nan)
        with pack.open_raster(layer) as raster:
            values[placed] = raster.sample(sites.geometry[placed].x, sites.geometry[placed].y)
        columns[name] = values
    frame = pd.DataFrame(sites.drop(columns="geometry")).assign(pollutant="no2", year=2019, **columns)
    frame["rank"] = frame["value_ug_m3"].rank(ascending=False, method="min").astype("Int64")
    return frame


@pytest.fixture(scope="module")
def exposure(pack: Pack) -> pd.DataFrame:
    return exposure_of(pack)


@pytest.fixture(scope="module")
def content(pack: Pack, exposure: pd.DataFrame) -> BriefingContent:
    return BriefingWriter(pack, pack.territory(CODE), DAY).content(exposure)


@pytest.fixture(scope="module")
def pdf(content: BriefingContent) -> bytes:
    return build_briefing(content)


def poppler(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} (poppler-utils) is not installed: the text of the PDF is not read back")
    return found


def text_of(pdf: bytes, folder: Path) -> str:
    """Text of the PDF, its spaces and line breaks made one."""
    path = folder / "note.pdf"
    path.write_bytes(pdf)
    run = subprocess.run(
        [poppler("pdftotext"), "-layout", "-enc", "UTF-8", str(path), "-"], capture_output=True, check=True
    )
    return " ".join(run.stdout.decode("utf-8").split())


def pages_of(pdf: bytes, folder: Path) -> int:
    path = folder / "pages.pdf"
    path.write_bytes(pdf)
    run = subprocess.run([poppler("pdfinfo"), str(path)], capture_output=True, check=True)
    return int(next(line.split()[1] for line in run.stdout.decode().splitlines() if line.startswith("Pages")))


def test_one_a4_page_with_the_expected_french(pdf: bytes, tmp_path: Path) -> None:
    assert pdf.startswith(b"%PDF-")
    assert pages_of(pdf, tmp_path) == 1
    text = text_of(pdf, tmp_path)
    for words in (
        "Note de synthèse · Pays d’Essai (fictif)",
        "23/11/2026",
        "NO₂ en 2019",
        "écoles, collèges et lycées sur 20",
        "modélisé — indicatif",
        "Cartes de fond à 200 m : pas de verdict réglementaire.",
        "Les établissements les plus exposés",
        "Méthode",
        "Limites",
        "Sources",
        "Grand-Bourg",
        "µg/m³",
    ):
        assert words in text, words


def test_map_stands_on_the_page(pdf: bytes, tmp_path: Path) -> None:
    (tmp_path / "note.pdf").write_bytes(pdf)
    run = subprocess.run(
        [poppler("pdfimages"), "-list", str(tmp_path / "note.pdf")], capture_output=True, check=True
    )
    rows = [line.split() for line in run.stdout.decode().splitlines()[2:]]
    assert len([row for row in rows if row[2] == "image"]) == 1
    assert int(rows[0][3]) == 2000


def test_same_content_same_bytes(content: BriefingContent, pdf: bytes) -> None:
    assert build_briefing(content) == pdf


def test_english_page(pack: Pack, exposure: pd.DataFrame, tmp_path: Path) -> None:
    english = BriefingWriter(pack, pack.territory(CODE), DAY, "en").content(exposure)
    text = text_of(build_briefing(english), tmp_path)
    assert "Briefing · Pays d’Essai" in text
    assert "modelled — indicative" in text
    assert "no compliance verdict" in text
    assert "2026-11-23" in text


def test_only_bundled_fonts(pdf: bytes, tmp_path: Path) -> None:
    (tmp_path / "note.pdf").write_bytes(pdf)
    run = subprocess.run([poppler("pdffonts"), str(tmp_path / "note.pdf")], capture_output=True, check=True)
    names = [line.split()[0] for line in run.stdout.decode().splitlines()[2:]]
    assert names
    assert all("Inter" in name for name in names)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_printed_not_executed(content: BriefingContent, text: str, tmp_path: Path) -> None:
    rows = tuple((row[0], text, *row[2:]) for row in content.table.rows)
    hostile = replace(
        content,
        heading=replace(content.heading, title=text, territory=text, sentences=(text,)),
        table=replace(content.table, title=text, rows=rows),
        callouts=(Callout(text, (text,)),),
        passages=(Passage(text, text),),
    )
    pdf = build_briefing(hostile)
    assert pages_of(pdf, tmp_path) == 1
    printed = text_of(pdf, tmp_path).replace(" ", "")
    assert printed.count(text.replace(" ", "")[:6]) >= 8


def test_too_long_texts_are_refused_with_a_reason(content: BriefingContent) -> None:
    endless = replace(content, heading=replace(content.heading, sentences=("Encore une phrase. " * 300,)))
    with pytest.raises(BadInputError) as error:
        build_briefing(endless)
    assert error.value.key == "reporting.briefing_too_long"
    assert FRENCH.error(error.value).remedy.startswith("Raccourcissez")


def test_table_gives_way_before_the_page_breaks(content: BriefingContent, tmp_path: Path) -> None:
    rows = tuple(
        (row[0], "Un nom d’établissement vraiment très long " * 9, *row[2:]) for row in content.table.rows
    )
    long = replace(content, table=replace(content.table, rows=rows))
    pdf = build_briefing(long)
    assert pages_of(pdf, tmp_path) == 1
    assert text_of(pdf, tmp_path).count("vraiment") in (9 * 4, 9 * 6)


def test_figures_carry_an_interval_or_the_reason(pack: Pack, exposure: pd.DataFrame) -> None:
    writer = BriefingWriter(pack, pack.territory(CODE), DAY)
    with_std = writer.content(exposure)
    assert len(with_std.figures) == 3
    assert all(figure.interval is not None for figure in with_std.figures)
    without = writer.content(exposure.assign(std_ug_m3=np.nan))
    assert all(figure.interval is None for figure in without.figures)
    assert all("Pas d’intervalle" in figure.note for figure in without.figures)


def test_counts_and_mean_are_those_of_the_table(content: BriefingContent, exposure: pd.DataFrame) -> None:
    schools = exposure[exposure["kind"].isin(["ecole", "college", "lycee"]) & exposure["value_ug_m3"].notna()]
    mean, who, eu = content.figures
    assert mean.value == pytest.approx(schools["value_ug_m3"].mean())
    assert who.value == (schools["value_ug_m3"] > 10).sum()
    assert eu.value == (schools["value_ug_m3"] > 20).sum() > 0
    spread = 1.96 * schools["std_ug_m3"]
    assert eu.interval is not None
    assert eu.interval.low == (schools["value_ug_m3"] - spread > 20).sum()
    assert eu.interval.high == (schools["value_ug_m3"] + spread > 20).sum()
    assert eu.interval.low < eu.value < eu.interval.high
    pupils = schools.loc[schools["value_ug_m3"] > 20, "pupils"].sum()
    assert f"Élèves connus\u00a0: {FRENCH.number(pupils)}." in eu.note


def test_sites_without_value_are_said_never_counted_as_zero(pack: Pack, exposure: pd.DataFrame) -> None:
    unplaced = exposure.copy()
    unplaced.loc[unplaced["kind"] == "lycee", ["value_ug_m3", "std_ug_m3", "rank"]] = None
    content = BriefingWriter(pack, pack.territory(CODE), DAY).content(unplaced)
    assert any("non comptés\u00a0: 4" in sentence for sentence in content.heading.sentences)
    assert all("lycée" not in row[2] for row in content.table.rows)
    with pytest.raises(BadInputError) as error:
        BriefingWriter(pack, pack.territory(CODE), DAY).content(exposure.assign(value_ug_m3=np.nan))
    assert error.value.key == "reporting.no_exposed_site"


def test_fictitious_data_are_an_alarm(training_pack: Pack) -> None:
    writer = BriefingWriter(training_pack, training_pack.territory(CODE), DAY)
    content = writer.content(exposure_of(training_pack))
    assert content.heading.alarm
    assert "fictif" in content.heading.quality
    assert content.picture.request.texts.watermark


def test_numbers_are_written_the_french_way(content: BriefingContent) -> None:
    data = as_data(content)
    assert "," in data["figures"][0]["value"]
    assert data["figures"][0]["interval"].startswith("de ")
    assert content.language == "fr"


def farm_tables() -> dict[str, pd.DataFrame]:
    return {
        "parcels": pd.DataFrame({"area_ha": [3.25, 10.0]}),
        "farms": pd.DataFrame({"farm_id": ["F1"]}),
        "sites": pd.DataFrame(
            {
                "nearest_parcel_m": [20.0, 149.0, 600.0, np.nan],
                "nearest_farm_m": [900.0, 900.0, 100.0, np.nan],
                "pupils": pd.array([40, 60, None, 500], dtype="Int64"),
            }
        ),
    }


def test_farm_box_counts_what_is_near_and_says_fictitious() -> None:
    real = farm_callout(farm_tables(), Standing(Quality.USER_SUPPLIED, Method.DECLARED), FRENCH)
    assert not real.alarm
    text = " ".join(real.lines)
    assert "2 parcelles (13,2 ha)" in text or "2 parcelles (13,3 ha)" in text
    assert "parcelle\u00a0: 2" in text
    assert "exploitation\u00a0: 1" in text
    assert "100" in real.lines[-1]
    invented = farm_callout(farm_tables(), Standing(Quality.FICTITIOUS, Method.DRAWN), FRENCH)
    assert invented.alarm
    assert invented.lines[0].startswith("Fictif")
    nothing = farm_tables() | {"parcels": pd.DataFrame({"area_ha": []}), "farms": pd.DataFrame()}
    assert "importez" in farm_callout(nothing, Standing(Quality.OFFICIAL, Method.DECLARED), FRENCH).lines[0]


def test_action_box_shows_before_after_and_interval(
    pack: Pack, exposure: pd.DataFrame, tmp_path: Path
) -> None:
    levels = {"low": -0.2, "central": -0.5, "high": -0.9}
    figures = {
        "emission_change_t_per_year": {"low": -50.0, "central": -120.0, "high": -210.0},
        "population_mean_before_ug_m3": 17.4,
        "population_mean_change_ug_m3": levels,
        "largest_decrease_ug_m3": {"low": 0.4, "central": 1.1, "high": 2.0},
        "sites": 28,
        "sites_improved": 21,
    }
    sites = gpd.GeoDataFrame(
        {
            "kind": ["ecole", "hospital", "lycee"],
            "no2_before_ug_m3": [20.0, 30.0, np.nan],
            **{f"change_{level}_ug_m3": [value, value, np.nan] for level, value in levels.items()},
        }
    )
    action = action_result("Zone à faibles émissions", figures, sites, FRENCH)
    assert [row.before for row in action.rows] == [17.4, 20.0]
    assert action.rows[1].after == pytest.approx(19.5)
    assert action.rows[0].change == Interval(-0.2, -0.5, -0.9)
    page = BriefingWriter(pack, pack.territory(CODE), DAY).content(exposure, action=action)
    text = text_of(build_briefing(page), tmp_path)
    for words in (
        "Zone à faibles émissions",
        "avant",
        "après",
        "16,90",
        "−0,50",
        "de −0,90 à −0,20",
        "ozone",
    ):
        assert words in text, words


def test_population_sentence_is_optional(pack: Pack, exposure: pd.DataFrame) -> None:
    people = {"mean_ug_m3": 17.25, "residents": 81_000, "above": {"eu_2030": 12_340}}
    writer = BriefingWriter(pack, pack.territory(CODE), DAY)
    told = " ".join(writer.content(exposure, population=people).heading.sentences)
    assert "environ 12\u202f300 sur 81\u202f000" in told
    assert "Habitants" not in " ".join(writer.content(exposure).heading.sentences)


def test_what_was_not_counted_is_not_in_the_headline(pack: Pack, exposure: pd.DataFrame) -> None:
    frame = exposure.copy()
    frame.loc[frame["kind"] == "ecole", ["value_ug_m3", "std_ug_m3", "rank"]] = None
    content = BriefingWriter(pack, pack.territory(CODE), DAY).content(frame)
    assert "8 collèges et lycées sur 8" in content.heading.title
    assert "écoles" not in content.heading.title
    assert any("non comptés\u00a0: 12" in sentence for sentence in content.heading.sentences)


def test_order_within_the_uncertainty_is_said(pack: Pack, exposure: pd.DataFrame) -> None:
    writer = BriefingWriter(pack, pack.territory(CODE), DAY)
    assert "l’ordre n’est qu’une indication" in writer.content(exposure.assign(std_ug_m3=9.0)).table.note
    assert "l’ordre" not in writer.content(exposure.assign(std_ug_m3=0.01)).table.note
    assert "l’ordre" not in writer.content(exposure.assign(std_ug_m3=np.nan)).table.note
