"""Runs from the click to the project: stored once, undone in one step, nothing left when cancelled."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aqah_desktop.errors import BadInputError
from aqah_desktop.models.keeper import Keeper
from aqah_desktop.models.project import Project
from aqah_desktop.models.run_desk import Run, RunDesk, Stage
from aqah_desktop.models.services import Services
from aqah_desktop.processing.contract import RasterResult, Results
from aqah_desktop.records import (
    AlgorithmSpec,
    Grid,
    Measure,
    Method,
    Outcome,
    Output,
    Parameter,
    Pollutant,
    Quality,
    Standing,
    Statistic,
    Text,
)
from aqah_desktop.storage.pack import Pack

GRID = Grid(700_000.0, 7_060_000.0, 200.0, 8, 6)


class Trial:
    """An algorithm that waits, says so, and returns one small map."""

    def __init__(self) -> None:
        self.entered, self.release = threading.Event(), threading.Event()
        self.deaf = False
        self.spec = AlgorithmSpec(
            "test.trial",
            "1",
            "exposure.sites.title",
            "exposure.sites.summary",
            (Parameter("n", "integer", "n", minimum=0, required=True),),
            (Output("delta_central", "raster", "x"),),
            family="action",
        )

    def check(self, params: dict[str, Any], context: Any) -> list[Any]:
        return []

    def run(self, params: dict[str, Any], context: Any, feedback: Any) -> Results:
        if params["n"] == 13:
            raise ZeroDivisionError("thirteen")
        if params["n"] == 14:
            raise SystemExit(3)
        feedback.progress(0.4, Text("exposure.step_readings"))
        self.entered.set()
        if params["n"] == 1:
            while not self.release.wait(0.02):
                if not self.deaf:
                    feedback.check()
        values = np.full((GRID.ny, GRID.nx), -1.0, np.float32)
        measure = Measure("µg/m³", Statistic.DIFFERENCE, Pollutant.NO2, (2019, 2019))
        raster = RasterResult(values, GRID, measure, Text("exposure.sites.title"))
        return Results(Standing(Quality.INDICATIVE, Method.MODELLED), rasters={"delta_central": raster})


@pytest.fixture(scope="module")
def pack() -> Pack:
    return Pack.open()


class Bench:
    """A desk whose main thread is the test: deliveries wait until :meth:`turn` is called."""

    def __init__(self, pack: Pack, folder: Path) -> None:
        self.services = Services(pack)
        self.trial = Trial()
        self.services.registry.add(self.trial)
        self.keeper = Keeper(Project(), pack, folder)
        self._waiting: list[Callable[[], None]] = []
        self._lock = threading.Lock()
        self.desk = RunDesk(self.services, self.keeper, self._submit, self._deliver)
        self.stages: list[Stage] = []
        self.desk.changed.connect(lambda run: self.stages.append(run.stage))
        self.ended: list[Run] = []
        self.desk.ended.connect(self.ended.append)
        self.held: list[Callable[[], None]] = []
        self.hold = False

    def _deliver(self, action: Callable[[], None]) -> None:
        with self._lock:
            self._waiting.append(action)

    def _submit(self, work: Any, done: Any, failed: Any) -> None:
        def run() -> None:
            try:
                answer = work(None)
            except Exception as error:
                self._deliver(lambda error=error: failed(error))
            else:
                self._deliver(lambda: done(answer))

        if self.hold:
            self.held.append(run)
        else:
            run()

    def turn(self) -> None:
        with self._lock:
            actions, self._waiting = self._waiting, []
        for action in actions:
            action()

    def until(self, condition: Callable[[], bool], seconds: float = 20.0) -> float:
        started = time.monotonic()
        while not condition():
            assert time.monotonic() - started < seconds, self.stages
            self.turn()
            time.sleep(0.005)
        return time.monotonic() - started

    def start(self, n: Any = 0) -> Run:
        return self.desk.start("test.trial", {"n": n}, "Essai")

    def own_layers(self) -> set[str]:
        return set(self.keeper.file.layers()) if self.keeper.file else set()


@pytest.fixture
def bench(pack: Pack, tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(pack, tmp_path / "untitled")
    yield bench
    bench.trial.release.set()
    bench.services.close()
    bench.keeper.close()


def test_a_run_is_stored_and_added_as_one_step(bench: Bench) -> None:
    run = bench.start()
    bench.until(lambda: run.stage.over)
    assert run.stage is Stage.DONE, run.error
    assert bench.stages[0] is Stage.QUEUED and bench.stages[-2:] == [Stage.KEEPING, Stage.DONE]
    state = bench.keeper.project.state
    assert [r.id for r in state.runs] == [run.record.id]
    assert [e.layer.run_id for e in state.layers] == [run.record.id]
    assert bench.desk.finished(run.record.id) is run.finished
    assert bench.keeper.project.undo()
    assert bench.keeper.project.state.runs == () and bench.keeper.project.state.layers == ()
    assert not bench.keeper.project.undo()
    assert bench.keeper.project.redo()
    assert bench.keeper.project.state == state


@pytest.mark.parametrize("n", [13, 14])
def test_a_run_that_raises_or_exits_fails_and_leaves_the_project(bench: Bench, n: int) -> None:
    run = bench.start(n)
    bench.until(lambda: run.stage.over)
    assert run.stage is Stage.FAILED and run.error is not None
    assert run.record is not None and run.record.outcome is Outcome.FAILED
    assert bench.keeper.project.state.runs == () and bench.own_layers() == set()
    again = bench.start()
    bench.until(lambda: again.stage.over)
    assert again.stage is Stage.DONE


def test_wrong_parameters_fail_before_anything_starts(bench: Bench) -> None:
    run = bench.start("beaucoup")
    bench.until(lambda: run.stage.over)
    assert run.stage is Stage.FAILED and isinstance(run.error, BadInputError)
    assert run.record is None and bench.services.jobs() == ()


def _nothing_left(bench: Bench) -> None:
    assert bench.keeper.project.state.runs == () and bench.keeper.project.state.layers == ()
    assert bench.own_layers() == set()
    assert [run.stage for run in bench.ended] == [Stage.CANCELLED]
    assert bench.desk.active == ()


def test_cancelled_while_prepared(bench: Bench) -> None:
    bench.hold = True
    run = bench.start()
    bench.desk.cancel(run)
    assert run.stage is Stage.CANCELLED
    bench.held.pop()()
    bench.turn()
    _nothing_left(bench)


def test_cancelled_while_it_waits_its_turn(bench: Bench) -> None:
    first, second = bench.start(1), bench.start(1)
    waiting = bench.start(0)
    bench.until(bench.trial.entered.is_set)
    bench.until(lambda: waiting.stage is Stage.QUEUED)
    bench.desk.cancel(waiting)
    assert bench.until(lambda: waiting.stage.over) < 2.0
    assert waiting.stage is Stage.CANCELLED
    bench.desk.cancel_all()
    bench.until(lambda: first.stage.over and second.stage.over)
    assert bench.desk.active == () and bench.own_layers() == set()


@pytest.mark.parametrize("deaf", [False, True])
def test_cancelled_while_it_computes_even_when_it_does_not_listen(bench: Bench, deaf: bool) -> None:
    bench.trial.deaf = deaf
    run = bench.start(1)
    bench.until(lambda: run.stage is Stage.RUNNING and run.fraction > 0)
    bench.desk.cancel(run)
    assert bench.until(lambda: run.stage.over) < 2.0
    bench.trial.release.set()
    time.sleep(0.1)
    bench.turn()
    _nothing_left(bench)
    assert run.record is not None and run.record.outcome is Outcome.CANCELLED


def test_cancelled_while_its_result_is_written(bench: Bench) -> None:
    run = bench.start()
    bench.hold = True
    bench.until(lambda: run.stage is Stage.KEEPING)
    bench.hold = False
    bench.desk.cancel(run)
    assert run.stage is Stage.CANCELLED
    bench.held.pop()()
    assert bench.own_layers() != set()
    bench.turn()
    _nothing_left(bench)


def test_cancelled_after_the_end_was_computed_but_not_heard(bench: Bench) -> None:
    run = bench.start()
    bench.turn()
    while bench.services.jobs():
        time.sleep(0.01)
    bench.desk.cancel(run)
    bench.until(lambda: run.stage.over)
    _nothing_left(bench)


def test_a_full_disk_while_storing_fails_the_run(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from aqah_desktop.errors import StorageError

    def full(*_: Any) -> None:
        raise StorageError("storage.disk_full", path="x")

    monkeypatch.setattr(bench.keeper, "store", full)
    run = bench.start()
    bench.until(lambda: run.stage.over)
    assert run.stage is Stage.FAILED and isinstance(run.error, StorageError)
    assert bench.keeper.project.state.runs == ()


@pytest.mark.parametrize("when", ["running", "storing"])
def test_another_project_gets_nothing_of_a_run_of_the_former(bench: Bench, when: str) -> None:
    run = bench.start(1 if when == "running" else 0)
    if when == "running":
        bench.until(lambda: run.stage is Stage.RUNNING)
    else:
        bench.hold = True
        bench.until(lambda: run.stage is Stage.KEEPING)
        bench.hold = False
    bench.keeper.new()
    assert run.stage is Stage.CANCELLED or run.unwanted
    for work in bench.held:
        work()
    bench.until(lambda: run.stage.over)
    bench.turn()
    assert bench.keeper.project.state.runs == () and bench.own_layers() == set()


def test_old_runs_are_forgotten(bench: Bench) -> None:
    for _ in range(24):
        run = bench.start()
        bench.until(lambda run=run: run.stage.over)
    assert len(bench.desk.runs) <= 20
    assert len(bench.ended) == 24
