"""What is offered, the sheet of an action, and what only its own check can tell."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aqah_desktop.errors import AqahError, JobCancelledError, PluginError
from aqah_desktop.models.form import Form
from aqah_desktop.models.offers import deep_problems, describe, offers, read_sheet
from aqah_desktop.models.services import Services, open_services

ZONE = "aqah.action.low_emission_zone"
MEL = "200093201"
GIVEN = {
    "territory": MEL,
    "share_concerned_percent": "50",
    "reduction_low_percent": "20",
    "reduction_central_percent": "30",
    "reduction_high_percent": "40",
}
MANIFEST = """\
id = "trial-{name}"
kind = "action"
version = "0.1.0"
contract = "1"
app = ">=0.1"
entry = "{name}:Plugin"
title = {{ fr = "Essai", en = "Trial" }}
author = "Nobody"
licence = "EUPL-1.2"
algorithms = ["trial.action.{name}"]
limits = {{ seconds = 20, memory_mb = 256, output_mb = 8 }}
"""
SOURCE = """\
import time
from aqah_desktop.plugin_api import ActionPlugin, AlgorithmSpec
{before}

class Plugin(ActionPlugin):
    spec = AlgorithmSpec("trial.action.{name}", "1", "t", "s", (), ())

    def references(self, context):
        raise ValueError("no references today")

    def check(self, params, context):
        {check}

    def run(self, params, context, feedback):
        return []
"""


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    monkeypatch.setenv("AQAH_HOME", str(tmp_path))
    from aqah_desktop.plugins.settings import user_plugins_folder

    plugins = {
        "moody": ("", "raise KeyError('x')"),
        "mute": ("time.sleep(60)", "return []"),
        "silent": ("", "time.sleep(60)"),
    }
    for name, (before, check) in plugins.items():
        folder = user_plugins_folder() / f"trial-{name}"
        folder.mkdir(parents=True)
        (folder / f"{name}.py").write_text(
            SOURCE.format(name=name, before=before, check=check), encoding="utf-8"
        )
        (folder / "aqah-plugin.toml").write_text(MANIFEST.format(name=name), encoding="utf-8")
    broken = user_plugins_folder() / "broken"
    broken.mkdir()
    (broken / "aqah-plugin.toml").write_text("id = ", encoding="utf-8")
    services = open_services()
    yield services
    services.close()


def test_actions_come_first_and_broken_plugins_last_with_their_reason(services: Services) -> None:
    listed = offers(services)
    families = [offer.family for offer in listed]
    assert families == sorted(families, key=["action", "algorithm", "exposure", "broken"].index)
    zone = next(o for o in listed if o.algorithm_id == ZONE)
    assert zone.title == "Zone à faibles émissions" and zone.plugin and zone.summary == ""
    assert describe(services, ZONE).startswith("Restreindre")
    assert listed[-1].error is not None and listed[-1].algorithm_id == ""


def test_the_sheet_has_fields_effects_law_and_names(services: Services) -> None:
    sheet = read_sheet(services, ZONE, MEL)
    assert [f.name for f in sheet.fields][:2] == ["territory", "perimeter"]
    assert sheet.references and sheet.legal is not None and sheet.legal.to_be_verified
    assert sheet.names.name("59350") == "Lille" and len(sheet.names.members[MEL]) == 95
    form = Form(sheet.spec, sheet.fields, sheet.catalogue, {"territory": MEL})
    assert form.value("perimeter").communes == ("territory",)


def test_choices_of_a_form_come_from_the_pack(services: Services) -> None:
    sheet = read_sheet(services, "aqah.exposure.sites", MEL)
    fields = {f.name: f for f in sheet.fields}
    assert [c.value for c in fields["pollutant"].choices] == ["no2", "pm10", "pm25"]
    layers = {c.value for c in fields["sites_layer"].choices}
    assert "ecoles" in layers and "no2_2019" not in layers
    kinds = [c.text for c in fields["kinds"].choices]
    assert len(set(kinds)) == len(kinds)


def test_a_sheet_survives_a_plugin_without_references(services: Services) -> None:
    sheet = read_sheet(services, "trial.action.moody", MEL)
    assert isinstance(sheet.beside_error, PluginError) and sheet.references == ()


def test_what_the_check_says(services: Services) -> None:
    assert deep_problems(services, ZONE, GIVEN) == []
    found = deep_problems(services, ZONE, {**GIVEN, "reduction_low_percent": "35"})
    assert [p.parameter for p in found] == ["reduction_central_percent"]
    wrong = deep_problems(services, ZONE, {**GIVEN, "perimeter": "POLYGON ((0 0, 9 0, 9 9, 0 0))"})
    assert [p.parameter for p in wrong] == ["perimeter"]
    assert deep_problems(services, ZONE, {**GIVEN, "share_concerned_percent": "x"})[0].severity == "error"
    missing = deep_problems(
        services,
        "aqah.exposure.sites",
        {"territory": MEL, "pollutant": "no2", "year": "2019", "raster": "/nowhere.tif"},
    )
    assert [p.parameter for p in missing] == ["raster"]


def test_a_check_that_fails_is_an_error_not_a_silence(services: Services) -> None:
    with pytest.raises(PluginError):
        deep_problems(services, "trial.action.moody", {"territory": MEL})


@pytest.mark.parametrize("question", ["describe", "check"])
def test_no_question_outlives_the_services(services: Services, question: str) -> None:
    import threading

    timer = threading.Timer(0.5, services.stop_asking)
    timer.start()
    started = time.monotonic()
    with pytest.raises((JobCancelledError, AqahError)):
        if question == "describe":
            describe(services, "trial.action.mute")
        else:
            deep_problems(services, "trial.action.silent", {"territory": MEL})
    assert time.monotonic() - started < 3.0
    timer.join()
