"""Every command once, as written in the README, and what it answers to other programs."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from .conftest import DUNKERQUE, MEL, Aqah, answer_of

COLUMNS = ["site_id", "name", "kind", "commune_code", "lon", "lat", "pollutant", "year", "value_ug_m3"]
COLUMNS += ["std_ug_m3", "radius_mean_ug_m3", "quality", "who_2021_exceeded", "eu_2030_exceeded", "rank"]


def test_territories(aqah: Aqah) -> None:
    rows = answer_of(aqah("territories", "--json"))
    assert sum(r["aqah"] for r in rows) == 7
    assert next(r for r in rows if r["code"] == MEL)["population"] == 1194040
    assert {"32", "02", "59", "60", "62", "80"} <= {r["code"] for r in rows}


def test_layers_say_their_quality(aqah: Aqah) -> None:
    here = {r["id"] for r in answer_of(aqah("layers", "--territory", MEL, "--json"))}
    assert "no2_2019" in here
    assert "training_parcels" not in here  # they are drawn in another territory
    rows = answer_of(aqah("layers", "--json"))
    assert all(r["quality"] and r["publisher"] and r["licence"] for r in rows)
    training = [r for r in rows if r["id"].startswith("training_")]
    assert training
    assert all("fictif" in r["quality"] for r in training)


def test_exposure_table(aqah: Aqah, tmp_path: Path) -> None:
    out = tmp_path / "exposition.csv"
    done = aqah(
        "exposure", "--territory", MEL, "--pollutant", "no2", "--year", 2019, "--sites",
        "ecole,college,lycee,hospital,ehpad", "--radius", 300, "--out", out,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "verdict réglementaire" in done.stdout
    with out.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0])[: len(COLUMNS)] == COLUMNS
    ok = [r for r in rows if r["status"] == "ok"]
    assert [int(r["rank"]) for r in ok] == sorted(int(r["rank"]) for r in ok)
    assert all((float(r["value_ug_m3"]) > 10) == (r["who_2021_exceeded"] == "true") for r in ok)
    missing = [r for r in rows if r["status"] != "ok"]
    assert missing
    assert all(r["value_ug_m3"] == "" and r["rank"] == "" for r in missing)
    assert json.loads((tmp_path / "exposition.csv.meta.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("territory", ["59", "32", DUNKERQUE])
def test_exposure_of_a_department_the_region_and_another_territory(
    aqah: Aqah, tmp_path: Path, territory: str
) -> None:
    out = tmp_path / "x.xlsx"
    answer = answer_of(
        aqah("exposure", "--territory", territory, "--pollutant", "pm25", "--out", out, "--json")
    )
    assert out.stat().st_size > 5000
    assert answer["files"] == [str(out)]


def test_map(aqah: Aqah, tmp_path: Path) -> None:
    out = tmp_path / "carte.png"
    assert aqah("map", "--territory", DUNKERQUE, "--layer", "pm25_2019", "--out", out).returncode == 0
    assert out.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_brief(aqah: Aqah, tmp_path: Path) -> None:
    out = tmp_path / "note.pdf"
    assert aqah("brief", "--territory", DUNKERQUE, "--out", out).returncode == 0
    assert out.read_bytes()[:5] == b"%PDF-"


def test_simulation_is_the_same_twice(aqah: Aqah, tmp_path: Path) -> None:
    answers = []
    for name in ("a", "b"):
        done = aqah(
            "simulate", "aqah.action.low_emission_zone", "--territory", DUNKERQUE,
            "--param", "share_concerned_percent=50", "--param", "reduction_low_percent=10",
            "--param", "reduction_central_percent=20", "--param", "reduction_high_percent=30",
            "--out", tmp_path / name, "--json",
        )  # fmt: skip
        answers.append(answer_of(done)["figures"])
    assert answers[0] == answers[1]
    change = answers[0]["emission_change_t_per_year"]
    assert change["high"] < change["central"] < change["low"] < 0
    for file in ("sites.csv", "communes.csv"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
    records = [json.loads((tmp_path / n / "run.json").read_text(encoding="utf-8")) for n in ("a", "b")]
    hashes = [r["outputs"] if "outputs" in r else r["run"]["outputs"] for r in records]
    assert hashes[0] == hashes[1]
    assert len(hashes[0]) >= 7


def test_plugins_and_doctor(aqah: Aqah, checkout: Path) -> None:
    rows = answer_of(aqah("plugin", "list", "--json"))
    assert [r["id"] for r in rows if r["status"] == "ok"] == ["aqah-action-low-emission-zone"]
    folder = checkout / "aqah_desktop/plugins/bundled/aqah_action_low_emission_zone"
    assert aqah("plugin", "check", folder).returncode == 0
    rows = answer_of(aqah("doctor", "--json"))
    assert {r["status"] for r in rows} <= {"ok", "warning"}


def test_english(aqah: Aqah) -> None:
    done = aqah("--help", AQAH_LANGUAGE="en")
    assert "Write the one-page briefing" in done.stdout


def test_redirected_output_is_utf8_where_the_system_has_a_code_page(aqah: Aqah) -> None:
    """What Windows does: without care the first table ends with an error."""
    done = aqah("territories", PYTHONIOENCODING="cp1252")
    assert done.returncode == 0, done.stderr
    assert "─" in done.stdout
    assert "Métropole Européenne de Lille" in done.stdout
