"""The newest run of each kind."""

from __future__ import annotations

import json

from aqah_desktop.models.latest import LatestRuns, RunKind, parameters_of
from aqah_desktop.models.services import Finished
from aqah_desktop.processing.contract import Results
from aqah_desktop.records import Method, Quality, RunRecord, Standing


def _finished(**parameters: object) -> Finished:
    record = RunRecord(
        "r", "aqah.exposure.sites", "1.0", json.dumps(parameters), {}, None, None, "2026-01-01T00:00:00+00:00"
    )
    return Finished(Results(Standing(Quality.INDICATIVE, Method.DERIVED)), record, ())


def test_the_newest_run_of_a_kind_replaces_the_older_one_and_is_announced() -> None:
    runs, heard = LatestRuns(), []
    runs.changed.connect(lambda kind, run: heard.append((kind, run)))
    first, second = _finished(year=2013), _finished(year=2019)
    runs.put(RunKind.SITES, first)
    runs.put(RunKind.SITES, second)
    assert runs.get(RunKind.SITES) is second
    assert runs.get(RunKind.FARMS) is None
    assert heard == [("sites", first), ("sites", second)]


def test_a_run_of_another_moment_does_not_match() -> None:
    runs = LatestRuns()
    runs.put(RunKind.SITES, _finished(territory="200093201", pollutant="no2", year=2019))
    assert runs.matching(RunKind.SITES, territory="200093201", year=2019) is runs.get(RunKind.SITES)
    assert runs.matching(RunKind.SITES, territory="200093201", year=2013) is None
    assert runs.matching(RunKind.ACTION, year=2019) is None


def test_forgetting_announces_only_what_was_there() -> None:
    runs, heard = LatestRuns(), []
    runs.put(RunKind.SITES, _finished())
    runs.put(RunKind.ACTION, _finished())
    runs.changed.connect(lambda kind, run: heard.append((kind, run)))
    runs.forget(RunKind.SITES, RunKind.FARMS)
    assert heard == [("sites", None)]
    runs.forget()
    assert heard == [("sites", None), ("action", None)]
    assert runs.get(RunKind.ACTION) is None


def test_parameters_are_read_from_the_record() -> None:
    made = _finished(territory="32", kinds=["ecole"])
    assert parameters_of(made) == {"territory": "32", "kinds": ["ecole"]}
