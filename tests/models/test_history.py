"""History rows and the command that repeats a run, down to the same figures."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from aqah_desktop.messages import Catalogue
from aqah_desktop.models.command_line import argument_of, command_of, words_of
from aqah_desktop.models.history import duration_in_words, history_rows, when_in_words
from aqah_desktop.models.parameter_words import Gazetteer
from aqah_desktop.models.services import Services, open_services
from aqah_desktop.models.state import LayerEntry, ProjectState
from aqah_desktop.processing.job import Message
from aqah_desktop.records import (
    AlgorithmSpec,
    Layer,
    LocalText,
    Outcome,
    Parameter,
    RunRecord,
    Source,
    Text,
    VectorShape,
)

NAMES = Gazetteer({"59350": "Lille"}, {"245900428": "Dunkerque"})
SPEC = AlgorithmSpec(
    "x.y", "1", "exposure.sites.title", "s",
    (Parameter("territory", "territory", "Territoire"), Parameter("where", "place", "Lieu")), (),
)  # fmt: skip


def record(run_id: str = "a" * 32, **changes: object) -> RunRecord:
    base = RunRecord(
        run_id,
        "x.y",
        "1",
        '{"territory":"245900428","where":{"communes":["59350"],"polygon_wkt":""}}',
        {},
        None,
        None,
        "2026-03-01T10:00:00+00:00",
        "2026-03-01T10:00:04+00:00",
        Outcome.DONE,
    )
    return replace(base, **changes)


def test_rows_are_newest_first_with_words_and_layers() -> None:
    shape = VectorShape("Point", "EPSG:2154", (0, 0, 1, 1))
    layer = Layer("l", "d", LocalText("a", "b"), "sites", shape, Source("project", "l"), run_id="a" * 32)
    later = record("b" * 32, started="2026-03-02T10:00:00+00:00", algorithm_id="gone.plugin")
    state = ProjectState(runs=(record(), later), layers=(LayerEntry(layer, "project"),))
    rows = history_rows(state, (), {"x.y": SPEC}, Catalogue("fr"), NAMES)
    assert [row.record.id[0] for row in rows] == ["b", "a"]
    assert rows[1].summary == "Territoire\u00a0: Dunkerque · Lieu\u00a0: Lille"
    assert rows[1].layers == ("l",) and rows[0].layers == ()
    assert rows[0].title == "gone.plugin" and "59350" in rows[0].summary
    assert rows[1].duration == "4\u00a0s" and rows[1].outcome is Outcome.DONE


def test_failed_and_cancelled_runs_of_the_session_are_listed_done_ones_only_from_the_project() -> None:
    said = {"plugin": "P", "version": "1", "detail": "boom"}
    message = Message("error", Text("plugins.raised.message", said))
    failed = record("c" * 32, outcome=Outcome.FAILED, messages=("not json", message.as_json()))
    cancelled = record("d" * 32, outcome=Outcome.CANCELLED)
    rows = history_rows(ProjectState(), (failed, cancelled, record()), {}, Catalogue("fr"), NAMES)
    assert {row.record.id[0]: row.outcome for row in rows} == {
        "c": Outcome.FAILED,
        "d": Outcome.CANCELLED,
    }
    assert "P" in next(row.reason for row in rows if row.outcome is Outcome.FAILED)


@pytest.mark.parametrize(
    ("finished", "words"),
    [
        ("2026-03-01T10:00:00+00:00", "moins de 1 s"),
        ("2026-03-01T10:02:05+00:00", "2\u00a0min 05\u00a0s"),
        ("", ""),
    ],
)
def test_durations(finished: str, words: str) -> None:
    assert duration_in_words(record(finished=finished), Catalogue("fr")) == words


def test_a_message_of_another_version_shows_its_key() -> None:
    message = Message("error", Text("plugins.raised.message", {}))
    odd = record(outcome=Outcome.FAILED, messages=(message.as_json(),))
    assert history_rows(ProjectState(), (odd,), {}, Catalogue("fr"), NAMES)[0].reason == message.text.key


def test_a_time_that_cannot_be_read_is_shown_as_it_is() -> None:
    assert when_in_words("yesterday", Catalogue("fr")) == "yesterday"
    assert when_in_words("2026-03-01T10:00:00+00:00", Catalogue("en")).startswith("2026-03-01 ")


def test_arguments_are_what_the_command_line_reads() -> None:
    assert argument_of(50.0) == "50" and argument_of(0.3) == "0.3" and argument_of(True) == "true"
    assert argument_of({"communes": ["territory"], "polygon_wkt": ""}) == "territory"
    assert argument_of({"communes": ["59350", "59512"]}) == "59350,59512"
    assert argument_of([2025, 2030]) == "2025,2030"
    assert argument_of("/a/b.geojson", "place") == "@/a/b.geojson"


def test_every_commune_of_a_territory_is_one_word_in_words_and_commands() -> None:
    names = Gazetteer(members={"245900428": frozenset({"59183", "59340"})})
    parameters = '{"territory":"245900428","where":{"communes":["59340","59183"],"polygon_wkt":""}}'
    whole = record(parameters=parameters)
    row = history_rows(ProjectState(runs=(whole,)), (), {"x.y": SPEC}, Catalogue("fr"), names)[0]
    assert row.summary.endswith("Lieu\u00a0: tout le territoire")
    assert "where=territory" in words_of(whole, SPEC, members=names.members)
    assert "where=59340,59183" in words_of(whole, SPEC)


def test_a_command_is_quoted_for_the_shell_it_goes_to() -> None:
    odd = record(parameters='{"note":"l\'été; rm $HOME","territory":"245900428"}')
    line = command_of(odd, windows=False)
    assert shlex.split(line) == words_of(odd)
    assert '"note=' in command_of(odd, windows=True)
    assert words_of(odd, pack=Path("/p q"))[-2:] == ["--pack", "/p q"]


# --------------------------------------------------------------------------- the same figures

ZONE = "aqah.action.low_emission_zone"
POLYGON = "POLYGON ((648000 7102000, 656000 7102000, 656000 7108000, 648000 7108000, 648000 7102000))"
ASSUMPTION = {
    "share_concerned_percent": "37,5",
    "reduction_low_percent": "20",
    "reduction_central_percent": "30",
    "reduction_high_percent": "40",
}


@pytest.fixture(scope="module")
def services() -> Services:
    services = open_services()
    yield services
    services.close()


@pytest.mark.slow
@pytest.mark.parametrize("where", ["territory", "59183,59340", POLYGON], ids=["whole", "communes", "drawn"])
def test_the_copied_command_gives_the_same_figures(services: Services, where: str, tmp_path: Path) -> None:
    given = {"territory": "245900428", "perimeter": where, "years": "2025-2030", **ASSUMPTION}
    finished = services.run(ZONE, given)
    spec = services.algorithm(ZONE).spec
    members = {t.code: frozenset(t.commune_codes) for t in services.pack.territories.values()}
    words = words_of(finished.record, spec, out=tmp_path / "out", members=members)
    assert words[:2] == ["aqah", "simulate"]
    done = subprocess.run(
        [sys.executable, "-m", "aqah_desktop", *words[1:], "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["figures"] == json.loads(json.dumps(finished.results.figures))


@pytest.mark.slow
def test_the_copied_command_of_an_exposure_run_gives_the_same_figures(
    services: Services, tmp_path: Path
) -> None:
    given = {"territory": "245900428", "pollutant": "no2", "year": 2019, "kinds": "ecole,ehpad"}
    finished = services.run("aqah.exposure.sites", given)
    words = words_of(finished.record, services.algorithm("aqah.exposure.sites").spec, out=tmp_path / "out")
    done = subprocess.run(
        [sys.executable, "-m", "aqah_desktop", *words[1:], "--json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["figures"] == json.loads(json.dumps(finished.results.figures))
