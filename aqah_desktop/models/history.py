"""The history of runs as rows: when, what, with which parameters, how it ended, how long it took."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from aqah_desktop.errors import AqahError
from aqah_desktop.messages import NO_BREAK_SPACE, Catalogue
from aqah_desktop.models.parameter_words import Gazetteer, parameters_in_words
from aqah_desktop.models.state import ProjectState
from aqah_desktop.processing.job import Message
from aqah_desktop.records import AlgorithmSpec, Outcome, RunRecord


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One run. ``layers`` are the ids of its layers that the project shows or hides now."""

    record: RunRecord
    title: str
    when: str
    parameters: tuple[tuple[str, str], ...]
    outcome: Outcome
    duration: str
    layers: tuple[str, ...]
    reason: str = ""

    @property
    def summary(self) -> str:
        """Parameters in one line."""
        return " · ".join(f"{label} : {words}" for label, words in self.parameters)


def history_rows(
    state: ProjectState,
    others: Iterable[RunRecord],
    specs: Mapping[str, AlgorithmSpec],
    catalogue: Catalogue,
    names: Gazetteer,
) -> tuple[HistoryRow, ...]:
    """Return the rows, newest first.

    Parameters
    ----------
    state : ProjectState
        Its runs and layers.
    others : iterable of RunRecord
        Failed and cancelled runs of this session: a project keeps those that left something.
    specs : mapping
        Declarations by algorithm id; one that is missing shows names as they are in the record.
    catalogue, names
        Language and names of places.
    """
    known = {run.id for run in state.runs}
    records = [*state.runs, *(r for r in others if r.id not in known and r.outcome is not Outcome.DONE)]
    rows = [_row(r, state, specs.get(r.algorithm_id), catalogue, names) for r in records]
    return tuple(sorted(rows, key=lambda row: row.record.started, reverse=True))


def _row(
    record: RunRecord, state: ProjectState, spec: AlgorithmSpec | None, catalogue: Catalogue, names: Gazetteer
) -> HistoryRow:
    plain = json.loads(record.parameters)
    return HistoryRow(
        record,
        catalogue.text(spec.title) if spec is not None else record.algorithm_id,
        when_in_words(record.started, catalogue),
        tuple(parameters_in_words(spec, plain, catalogue, names)),
        record.outcome or Outcome.FAILED,
        duration_in_words(record, catalogue),
        tuple(entry.id for entry in state.layers if entry.layer.run_id == record.id),
        _reason(record, catalogue),
    )


def when_in_words(started: str, catalogue: Catalogue) -> str:
    """Date and time here of an ISO time."""
    try:
        moment = datetime.fromisoformat(started).astimezone()
    except ValueError:
        return started
    return f"{catalogue.day(moment)} {moment:%H:%M}"


def duration_in_words(record: RunRecord, catalogue: Catalogue) -> str:
    """``moins de 1 s``, ``4 s``, ``2 min 05 s``; empty when it is not known."""
    try:
        span = datetime.fromisoformat(record.finished) - datetime.fromisoformat(record.started)
    except ValueError:
        return ""
    seconds = round(span.total_seconds())
    if seconds < 1:
        return catalogue.text("history.under_a_second")
    minutes, rest = divmod(seconds, 60)
    unit = NO_BREAK_SPACE
    return f"{minutes}{unit}min {rest:02d}{unit}s" if minutes else f"{rest}{unit}s"


def _reason(record: RunRecord, catalogue: Catalogue) -> str:
    """What a failed run said last."""
    if record.outcome is not Outcome.FAILED:
        return ""
    for line in reversed(record.messages):
        try:
            message = Message.from_json(line)
        except AqahError:
            continue
        if message.level == "error":
            return _words(message, catalogue)
    return ""


def _words(message: Message, catalogue: Catalogue) -> str:
    """A message in words; its key when another version of the program said it with other parameters."""
    try:
        return catalogue.text(message.text)
    except (KeyError, IndexError, ValueError):
        return message.text.key
