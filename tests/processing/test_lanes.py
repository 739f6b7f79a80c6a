"""Three lanes, one rule: a job ends exactly once, soon, and what a cancelled one made is gone."""

from __future__ import annotations

import importlib.util
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from aqah_desktop.errors import BadInputError, JobCancelledError
from aqah_desktop.messages import Catalogue
from aqah_desktop.processing.contract import Context, RasterResult, Results, TableResult
from aqah_desktop.processing.failures import AlgorithmFailedError
from aqah_desktop.processing.job import Job, JobState, Lane, Message, RunRequest
from aqah_desktop.processing.runner import Runner, choose_lane, output_hashes
from aqah_desktop.processing.trusted import TrustedProcess, runs_apart
from aqah_desktop.processing.trusted_child import load_class
from aqah_desktop.records import (
    AlgorithmSpec,
    Grid,
    Measure,
    Method,
    Outcome,
    Parameter,
    Problem,
    Quality,
    RunLimits,
    RunRecord,
    Standing,
    Statistic,
    Text,
)

HERE = Path(__file__).parent
SOON_S = 20.0
STANDING = Standing(Quality.FICTITIOUS, Method.MODELLED)
CONTEXT = Context(pack=None)  # type: ignore[arg-type]


class Steps:
    """An algorithm of ten steps that can be held at any of them."""

    spec = AlgorithmSpec("test.lane.steps", "2", "t", "s", (Parameter("n", "integer", "l", default=10),), ())

    def __init__(
        self, gate: threading.Event | None = None, deaf: bool = False, fault: BaseException | None = None
    ):
        self.gate, self.deaf, self.fault = gate, deaf, fault
        self.entered = threading.Event()

    def check(self, params: Any, context: Any) -> list[Problem]:
        if params["n"] < 0:
            return [Problem("n", Text("processing.param_empty.message", {"name": "n"}))]
        return [Problem("n", Text("a.warning"), "warning")] if params["n"] > 100 else []

    def run(self, params: Any, context: Any, feedback: Any) -> Results:
        self.entered.set()
        for step in range(params["n"]):
            feedback.progress(step / params["n"])
            if self.gate is not None:
                while not self.gate.wait(0.01):
                    if not self.deaf:
                        feedback.check()
        if self.fault is not None:
            raise self.fault
        feedback.log(Text("said"))
        return Results(STANDING, figures={"steps": params["n"]})


@pytest.fixture
def records() -> list[RunRecord]:
    return []


@pytest.fixture
def runner(records: list[RunRecord]) -> Iterator[Runner]:
    runner = Runner(sink=records.append)
    yield runner
    runner.close()


def _request(algorithm: Any, **params: Any) -> RunRequest:
    slot = params.pop("slot", "")
    return RunRequest(
        algorithm, {"n": 10, **params}, CONTEXT, slot=slot, inputs={"b": "sha256:2", "a": "sha256:1"}
    )


def test_a_run_ends_with_its_record(runner: Runner, records: list[RunRecord]) -> None:
    changes: list[str] = []
    job = runner.run(_request(Steps()), lambda _, change: changes.append(change))
    assert job.state is JobState.DONE and job.fraction == 1.0
    assert job.value().figures == {"steps": 10}
    assert changes[0] == "state" and changes[-1] == "state" and "progress" in changes and "message" in changes
    [record] = records
    assert record is job.record
    assert (record.algorithm_id, record.algorithm_version, record.outcome) == (
        "test.lane.steps",
        "2",
        Outcome.DONE,
    )
    assert record.parameters == '{"n":10}'
    assert list(record.inputs) == ["a", "b"]
    assert record.started <= record.finished
    assert record.seed is None and record.limits is None and record.standing == STANDING
    assert list(record.outputs) == ["figures"]
    assert [Message.from_json(m) for m in record.messages] == [Message("log", Text("said"))]


def test_what_check_finds_stops_the_run_before_it_starts(runner: Runner, records: list[RunRecord]) -> None:
    algorithm = Steps()
    job = runner.run(_request(algorithm, n=-1))
    assert job.state is JobState.FAILED and not algorithm.entered.is_set()
    with pytest.raises(BadInputError, match="param_empty"):
        job.value()
    assert "« n »" in Catalogue("fr").error(job.error).message.replace("\u00a0", " ")  # type: ignore[arg-type]
    assert records[0].outcome is Outcome.FAILED
    assert Message.from_json(records[0].messages[-1]).level == "error"


def test_warnings_of_check_stay_with_the_run(runner: Runner) -> None:
    job = runner.run(_request(Steps(), n=101))
    assert Message("warn", Text("a.warning")) in job.messages


@pytest.mark.parametrize("fault", [ValueError("broken"), MemoryError(), SystemExit(3)])
def test_an_unforeseen_exception_is_a_failure_with_its_words(runner: Runner, fault: BaseException) -> None:
    job = runner.run(_request(Steps(fault=fault)))
    assert job.state is JobState.FAILED
    assert isinstance(job.error, AlgorithmFailedError) and job.error.exit_code == 1
    assert type(fault).__name__ in job.error.params["summary"]
    assert runner.run(_request(Steps())).state is JobState.DONE


def test_a_listener_that_breaks_does_not_decide_the_end(runner: Runner) -> None:
    def listener(job: Job, change: str) -> None:
        raise RuntimeError("in the window")

    assert runner.run(_request(Steps()), listener).state is JobState.DONE


def test_cancel_while_running(runner: Runner, records: list[RunRecord]) -> None:
    algorithm = Steps(gate=threading.Event())
    job = runner.start(_request(algorithm))
    assert algorithm.entered.wait(SOON_S)
    started = time.monotonic()
    runner.cancel(job)
    assert job.wait(SOON_S) and time.monotonic() - started < 2.0
    assert job.state is JobState.CANCELLED and job.results is None
    with pytest.raises(JobCancelledError):
        job.value()
    assert [r.outcome for r in records] == [Outcome.CANCELLED]
    assert records[0].outputs == {}


def test_cancel_while_waiting_its_turn(runner: Runner) -> None:
    gate = threading.Event()
    first = [runner.start(_request(Steps(gate=gate))) for _ in range(2)]
    waiting = Steps()
    job = runner.start(_request(waiting))
    runner.cancel(job)
    assert job.wait(1.0) and job.state is JobState.CANCELLED
    gate.set()
    assert all(j.wait(SOON_S) and j.state is JobState.DONE for j in first)
    assert not waiting.entered.is_set()


def test_a_deaf_thread_is_over_within_two_seconds_and_its_result_dropped(
    runner: Runner, records: list[RunRecord]
) -> None:
    gate = threading.Event()
    algorithm = Steps(gate=gate, deaf=True)
    job = runner.start(_request(algorithm))
    assert algorithm.entered.wait(SOON_S)
    started = time.monotonic()
    runner.cancel(job)
    assert job.wait(SOON_S) and time.monotonic() - started < 2.0
    gate.set()
    time.sleep(0.2)
    assert job.state is JobState.CANCELLED and job.results is None
    assert len(records) == 1


def test_a_result_that_comes_after_the_cancel_is_deleted() -> None:
    job = Job(_request(Steps()), Lane.THREAD, None)
    assert job.begin()
    job.cancel()
    assert job.end(Results(STANDING), None)
    assert job.state is JobState.CANCELLED and job.results is None
    assert not job.end(Results(STANDING), None)
    assert not job.begin()


def test_a_newer_run_of_the_same_slot_supersedes(runner: Runner) -> None:
    gate = threading.Event()
    older = Steps(gate=gate)
    first = runner.start(_request(older, slot="slider"))
    assert older.entered.wait(SOON_S)
    second = runner.start(_request(Steps(), slot="slider"))
    other = runner.start(_request(Steps(), slot="another"))
    assert all(job.wait(SOON_S) for job in (first, second, other))
    assert [j.state for j in (first, second, other)] == [JobState.CANCELLED, JobState.DONE, JobState.DONE]


def test_closing_ends_everything(records: list[RunRecord]) -> None:
    runner = Runner(sink=records.append)
    jobs = [runner.start(_request(Steps(gate=threading.Event()))) for _ in range(5)]
    runner.close()
    assert all(job.state is JobState.CANCELLED for job in jobs)
    assert len(records) == 5


def test_progress_never_goes_back_and_is_not_a_flood(runner: Runner) -> None:
    class Chatty(Steps):
        def run(self, params: Any, context: Any, feedback: Any) -> Results:
            for n in range(20_000):
                feedback.progress((n % 100) / 100)
            return Results(STANDING)

    fractions: list[float] = []
    started = time.monotonic()
    job = runner.run(_request(Chatty()), lambda j, change: fractions.append(j.fraction))
    assert job.state is JobState.DONE
    assert fractions == sorted(fractions)
    assert len(fractions) < 20 * (time.monotonic() - started) + 10


# ----------------------------------------------------------------------------- the trusted process


class SlowProcess(TrustedProcess):
    """The trusted process with the child of ``slow_child.py``."""

    def command(self) -> list[str]:
        paths = [str(HERE), str(HERE.parents[1])]
        code = f"import sys; sys.path[:0] = {paths!r}; import slow_child; slow_child.main()"
        return [sys.executable, "-c", code]


def _sleepy() -> Any:
    found = importlib.util.spec_from_file_location("slow_child_here", HERE / "slow_child.py")
    assert found and found.loader
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module.Sleepy()


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    runner = Runner()
    runner._trusted = SlowProcess(tmp_path_factory.mktemp("runs"))
    runner.warm_up()
    yield runner
    runner.close()


def _apart(mode: str, limits: RunLimits | None = None, **inputs: Any) -> RunRequest:
    context = Context(pack=None, inputs=inputs, seed=7)  # type: ignore[arg-type]
    return RunRequest(_sleepy(), {"mode": mode}, context, Lane.PROCESS, limits)


def _pid(runner: Runner) -> int:
    return int(runner.run(_apart("quick")).value().figures["pid"])


def test_the_process_stays_warm_between_runs_and_maps_its_inputs(apart: Runner) -> None:
    values = np.arange(1000, dtype="float64")
    first = apart.run(_apart("quick", values=values)).value().figures
    assert first["sum"] == values.sum() and first["mapped"] is True and first["seed"] == 7
    assert first["pid"] == _pid(apart)


def test_record_of_a_run_apart_has_seed_and_limits(apart: Runner) -> None:
    job = apart.run(_apart("quick", RunLimits(seconds=30)))
    assert job.record is not None
    assert job.record.seed == 7 and job.record.limits == RunLimits(seconds=30)


def test_a_break_in_the_process_is_told_with_its_words(apart: Runner) -> None:
    job = apart.run(_apart("break"))
    assert job.error is not None and job.error.key == "processing.algorithm_failed"
    assert "nobody foresaw this" in job.error.params["summary"]


def test_a_process_that_vanishes_is_replaced(apart: Runner) -> None:
    before = _pid(apart)
    job = apart.run(_apart("vanish"))
    assert job.error is not None and job.error.key == "processing.child_failed"
    assert _pid(apart) != before


def test_time_limit_of_a_run_apart(apart: Runner) -> None:
    started = time.monotonic()
    job = apart.run(_apart("deaf", RunLimits(seconds=0.5)))
    assert job.error is not None and job.error.params["reason"] == "time"
    assert time.monotonic() - started < SOON_S


@pytest.mark.parametrize("mode", ["polite", "deaf"])
def test_cancel_of_a_run_apart(apart: Runner, mode: str) -> None:
    warm = _pid(apart)
    job = apart.start(_apart(mode))
    while job.fraction < 0.5:
        time.sleep(0.01)
    started = time.monotonic()
    apart.cancel(job)
    assert job.wait(SOON_S) and time.monotonic() - started < 2.0
    assert job.state is JobState.CANCELLED
    # One that listens keeps the process warm; one that does not costs a new process, nothing else.
    assert (_pid(apart) == warm) == (mode == "polite")


def test_only_classes_of_the_program_run_apart() -> None:
    with pytest.raises(BadInputError, match="not_trusted"):
        load_class("os", "system")
    assert not runs_apart(Steps(), CONTEXT)


def test_lane_is_chosen_from_what_the_algorithm_says() -> None:
    assert choose_lane(_request(Steps())) is Lane.THREAD
    wants = Steps()
    wants.lane = Lane.PLUGIN  # type: ignore[attr-defined]
    assert choose_lane(_request(wants)) is Lane.PLUGIN


# ----------------------------------------------------------------------------- real work in both lanes


def test_the_same_algorithm_gives_the_same_bytes_in_both_lanes() -> None:
    """Exposure of the sites of Dunkerque on the bundled pack, in a thread and in the trusted process."""
    from aqah_desktop.processing.algorithms.exposure.sites import SiteExposure
    from aqah_desktop.processing.params import parse_params
    from aqah_desktop.storage.pack import Pack

    algorithm = SiteExposure()
    given = {"territory": "245900428", "pollutant": "no2", "year": "2019", "kinds": "ecole,college"}
    context = Context(Pack.open())
    params = parse_params(algorithm.spec, given)
    assert runs_apart(algorithm, context)
    runner = Runner()
    try:
        ended = [
            runner.run(RunRequest(algorithm, params, context, lane)) for lane in (Lane.THREAD, Lane.PROCESS)
        ]
    finally:
        runner.close()
    thread, apart = (job.value() for job in ended)
    assert ended[0].record.outputs == ended[1].record.outputs  # type: ignore[union-attr]
    assert thread.standing == apart.standing and thread.notes == apart.notes
    for name, table in thread.tables.items():
        pd.testing.assert_frame_equal(
            pd.DataFrame(table.frame.drop(columns="geometry", errors="ignore")),
            pd.DataFrame(apart.tables[name].frame.drop(columns="geometry", errors="ignore")),
        )


def test_output_hashes_see_a_changed_value() -> None:
    grid = Grid(0, 400, 200, 2, 2)

    def results(value: float) -> Results:
        raster = RasterResult(np.full((2, 2), value), grid, Measure("µg/m³", Statistic.DIFFERENCE), Text("t"))
        frame = pd.DataFrame({"a": [1.0, value]})
        return Results(STANDING, {"map": raster}, {"table": TableResult(frame, Text("t"))}, {"x": value})

    first, second, same = (output_hashes(results(v)) for v in (1.0, 2.0, 1.0))
    assert first == same and set(first) == {"map", "table", "figures"}
    assert all(first[name] != second[name] for name in first)
