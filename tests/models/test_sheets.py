"""Identity sheets written from the bundled pack; what stands on them is checked against its tables."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from aqah_desktop.errors import UnknownItemError
from aqah_desktop.messages import Catalogue
from aqah_desktop.models.frames import FrameStore
from aqah_desktop.models.selection import Feature
from aqah_desktop.models.sheet_kinds import body_of
from aqah_desktop.models.sheets import Moment, Sheet, SheetWriter, plain_text
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.storage.pack import Pack

MOMENT = Moment("no2", 2019)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return Pack.open()


def _write(
    pack: Pack, layer: str, code: str = "", index: int = -1, moment: Moment = MOMENT, language: str = "fr"
) -> Sheet:
    writer = SheetWriter(pack, FrameStore(pack), Catalogue(language))
    return writer.write(LayerEntry(pack.layer(layer)), Feature(layer, code, index), moment)


def _facts(sheet: Sheet) -> dict[str, str]:
    return {fact.label: fact.value for fact in sheet.facts}


def test_a_school_has_the_value_of_its_cell_with_interval_and_comparisons(pack: Pack) -> None:
    sheet = _write(pack, "ecoles", "0591562C")
    assert (sheet.kind, sheet.place) == ("École", "Lille")
    assert sheet.reading is not None
    with pack.open_raster("no2_2019") as raster:
        own = float(raster.sample(np.array([sheet.feature.x]), np.array([sheet.feature.y]))[0])
    with pack.open_raster("no2_2019_std") as raster:
        std = float(raster.sample(np.array([sheet.feature.x]), np.array([sheet.feature.y]))[0])
    assert sheet.reading.value.central == pytest.approx(own)
    assert sheet.reading.value.high == pytest.approx(own + 1.96 * std)
    assert [c.above for c in sheet.reading.comparisons] == [True, True, False]
    assert _facts(sheet)["Élèves connus"] == "261"
    assert sheet.notes == ("Seuls les élèves des classes élémentaires sont comptés.",)
    assert sheet.quality == "déclaré — officiel"
    assert not sheet.fictitious


def test_an_annual_value_inside_the_interval_is_not_said_for_sure(pack: Pack) -> None:
    sheet = _write(pack, "farms", index=0)
    assert sheet.reading is not None
    first = sheet.reading.comparisons[0]
    assert sheet.reading.value.low < first.mark.value < sheet.reading.value.high
    assert first.unsure


def test_an_unplaced_school_says_so_and_has_no_value(pack: Pack) -> None:
    frame = pack.read_table("ecoles")
    code = str(frame.loc[~frame["placed"].astype(bool), "site_id"].iloc[0])
    sheet = _write(pack, "ecoles", code)
    assert sheet.reading is None
    assert not sheet.feature.placed
    assert sheet.notes[0].startswith("Position inconnue")
    assert _facts(sheet)["Position"] == "inconnue"


def test_a_commune_has_population_mean_maximum_and_its_sites(pack: Pack) -> None:
    sheet = _write(pack, "communes", "59350")
    facts = _facts(sheet)
    assert sheet.title == "Lille"
    assert sheet.place == "Métropole Européenne de Lille"
    assert facts["Habitants"] == "238\u202f695"
    schools = pack.read_table("ecoles")
    count = int((schools["commune_code"] == "59350").sum())
    assert f"École\u00a0: {count}" in facts["Lieux sensibles connus"]
    assert sheet.reading is not None
    assert sheet.reading.note.startswith("Au plus haut")
    assert sheet.reading.value.low < sheet.reading.value.central < sheet.reading.value.high


def test_a_commune_without_sites_says_none(pack: Pack) -> None:
    layers = ("ecoles", "colleges_lycees", "hospitals", "ehpad", "social_centres")
    used = set(pd.concat([pack.read_table(layer)["commune_code"] for layer in layers]))
    code = next(c for c in pack.read_table("communes")["commune_code"] if c not in used)
    assert _facts(_write(pack, "communes", code))["Lieux sensibles connus"] == "aucun"


def test_a_station_shows_every_measured_pollutant_the_one_looked_at_first(pack: Pack) -> None:
    sheet = _write(pack, "stations", "FR06006", moment=Moment("pm25", 2019))
    assert [series.pollutant for series in sheet.series] == ["pm25", "no2", "pm10"]
    assert _facts(sheet)["Influence"] == "trafic"
    assert sheet.quality.startswith("mesuré")


def test_particles_before_2007_are_never_joined_to_what_follows(pack: Pack) -> None:
    frame = pack.read_table("station_annual_means")
    seen = 0
    for station in frame.loc[frame["pm_method"] == "before_2007", "station_code"].unique():
        series = next(s for s in _write(pack, "stations", str(station)).series if s.pollutant == "pm25")
        for part in series.parts:
            assert max(part.years) < 2007 or min(part.years) >= 2007
        both = min(series.parts[0].years) < 2007 <= max(series.parts[-1].years)
        assert series.break_year == (2007 if both else 0)
        seen += both
    assert seen > 0


def test_years_that_were_not_measured_end_a_line(pack: Pack) -> None:
    series = _write(pack, "stations", "FR06006").series[0]
    assert [part.years[-1] for part in series.parts] == [2013, 2017]
    assert series.parts[-1].estimated == (True,)
    for part in series.parts:
        assert list(part.years) == list(range(part.years[0], part.years[-1] + 1))


def test_a_station_without_means_says_so(pack: Pack) -> None:
    measured = set(pack.read_table("station_annual_means")["station_code"])
    code = next(c for c in pack.read_table("stations")["station_code"] if c not in measured)
    sheet = _write(pack, "stations", code)
    assert sheet.series == ()
    assert sheet.notes[0].startswith("Aucune moyenne annuelle")


def test_an_industrial_site_shows_published_figures_or_their_absence(pack: Pack) -> None:
    steel = _write(pack, "industrial_sites", "7000956")
    facts = _facts(steel)
    assert facts["Émission de NOₓ, 2009"] == "4\u202f500\u00a0t/an"
    assert facts["Limite autorisée de NOₓ"] == "7\u202f400\u00a0t/an"
    assert any("douteuse" in note for note in steel.notes)
    assert steel.reading is None
    assert "Aucune émission publiée" in _write(pack, "industrial_sites", index=1).notes[0]


@pytest.mark.parametrize("layer", ["training_houses", "training_farm", "training_parcels"])
def test_invented_features_are_marked(pack: Pack, layer: str) -> None:
    sheet = _write(pack, layer, index=0)
    assert sheet.fictitious
    assert sheet.reading is not None


def test_a_parcel_is_called_by_its_crop(pack: Pack) -> None:
    sheet = _write(pack, "training_parcels", index=0)
    assert sheet.title.startswith("blé tendre")
    assert sheet.feature.code == "fictif-parcelle-01"
    assert _facts(sheet)["Surface"] == "10,92\u00a0ha"


def test_another_layer_lists_its_columns_with_their_labels(pack: Pack) -> None:
    sheet = _write(pack, "epci", "200093201", language="en")
    assert sheet.title == "Métropole Européenne de Lille"
    assert "yes" in _facts(sheet).values()
    assert all(fact.value for fact in sheet.facts)


def test_a_feature_that_is_gone_is_told(pack: Pack) -> None:
    with pytest.raises(UnknownItemError) as raised:
        _write(pack, "ecoles", "no such school")
    assert raised.value.key == "sheet.gone"


def test_a_pack_altered_on_disk_leaves_the_rest_of_the_sheet(pack: Pack, tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    shutil.copytree(pack.folder, folder)
    broken = Pack.open(folder)
    (folder / "rasters" / "no2_2019.tif").write_bytes(b"not a map")
    sheet = _write(broken, "ecoles", "0591562C")
    assert sheet.reading is None
    assert sheet.trouble is not None
    assert sheet.trouble.message
    assert sheet.trouble.remedy
    assert _facts(sheet)["Élèves connus"] == "261"


def test_a_year_without_map_is_told_and_the_rest_is_there(pack: Pack) -> None:
    sheet = _write(pack, "ecoles", "0591562C", moment=Moment("no2", 1991))
    assert sheet.trouble is not None
    assert "1991" in sheet.trouble.message
    assert sheet.facts


def test_only_layers_of_the_pack_have_sheets_of_their_kind(pack: Pack) -> None:
    entry = LayerEntry(pack.layer("ecoles"))
    assert body_of(entry) is not None
    assert body_of(replace(entry, origin="file:/somewhere.gpkg")) is None


def test_cells_read_as_a_person_writes_them() -> None:
    french = Catalogue("fr")
    assert plain_text(True, french) == "oui"
    assert plain_text(np.bool_(False), french) == "non"
    assert plain_text(12.0, french, "ha") == "12\u00a0ha"
    assert plain_text(0.125, french) == "0,125"
    assert plain_text("02", french) == "02"
