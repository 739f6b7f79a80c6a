"""The history of runs as rows: when, what, with which parameters, how it ended, how long it took."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from aqah_desktop.errors import AqahError
from aqah_desktop.messages import NO_BREAK_SPACE, Catalogue
from aqah_desktop.models.parameter_words import (
    Gazetteer,
    parameters_in_a_line,
    parameters_in_words,
    with_labels,
)
from aqah_desktop.models.state import LayerEntry, ProjectState
from aqah_desktop.processing.job import Message
from aqah_desktop.records import AlgorithmSpec, Outcome, RunRecord, Text, VectorShape

if TYPE_CHECKING:
    from aqah_desktop.models.keeper import Keeper


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """One run. ``layers`` are the ids of its layers that the project shows or hides now."""

    record: RunRecord
    title: str
    when: str
    parameters: tuple[tuple[str, str], ...]
    #: Parameters in one line.
    summary: str
    outcome: Outcome
    duration: str
    layers: tuple[str, ...]
    reason: str = ""


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
    pairs = tuple(parameters_in_words(spec, json.loads(record.parameters), catalogue, names))
    return HistoryRow(
        record,
        catalogue.text(spec.title) if spec is not None else record.algorithm_id,
        when_in_words(record.started, catalogue),
        pairs,
        parameters_in_a_line(pairs, catalogue),
        record.outcome or Outcome.FAILED,
        duration_in_words(record, catalogue),
        tuple(entry.id for entry in state.layers if entry.layer.run_id == record.id),
        _reason(record, spec, catalogue),
    )


def entries_of_run(keeper: Keeper, state: ProjectState, run_id: str) -> tuple[LayerEntry, ...]:
    """Entries that show a run: its layers of the project, those removed since too, the main one visible.

    Usable from any thread.
    """
    with keeper.reading() as file:
        kept = file.layers() if file is not None else {}
    known = {entry.id: entry for entry in state.layers}
    found = []
    for layer_id, layer in kept.items():
        is_table = isinstance(layer.shape, VectorShape) and layer.shape.geometry_type == "None"
        if layer.run_id == run_id and not is_table:
            entry = known.get(layer_id) or LayerEntry(layer, "project", group="results")
            found.append(replace(entry, visible=_is_main(layer_id)))
    if found and not any(entry.visible for entry in found):
        found[0] = replace(found[0], visible=True)
    return tuple(found)


def _is_main(layer_id: str) -> bool:
    return layer_id.rpartition("_")[0].endswith("central")


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


def _reason(record: RunRecord, spec: AlgorithmSpec | None, catalogue: Catalogue) -> str:
    """What a failed run said last."""
    if record.outcome is not Outcome.FAILED:
        return ""
    for line in reversed(record.messages):
        try:
            message = Message.from_json(line)
        except AqahError:
            continue
        if message.level == "error":
            return _words(message, spec, catalogue)
    return ""


def _words(message: Message, spec: AlgorithmSpec | None, catalogue: Catalogue) -> str:
    """A message in words; its key when another version of the program said it with other parameters."""
    try:
        return catalogue.text(Text(message.text.key, with_labels(message.text.params, spec, catalogue)))
    except (KeyError, IndexError, ValueError):
        return message.text.key
