"""The newest finished run of each kind: what panels show, what the briefing and the exports take."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from psygnal import Signal

if TYPE_CHECKING:
    from aqah_desktop.models.services import Finished


class RunKind(StrEnum):
    """What a run answers."""

    SITES = "sites"
    FARMS = "farms"
    ACTION = "action"


class LatestRuns:
    """One finished run per kind. Used from the thread that owns it.

    A run that no longer fits what is looked at (another territory, pollutant or year) is forgotten by
    whoever computes that kind; :meth:`matching` refuses it in any case.
    """

    #: Kind, and its newest run or ``None`` when it was forgotten.
    changed = Signal(str, object)

    def __init__(self) -> None:
        self._runs: dict[RunKind, Finished] = {}

    def get(self, kind: RunKind) -> Finished | None:
        """Return the newest run of a kind."""
        return self._runs.get(kind)

    def matching(self, kind: RunKind, **parameters: Any) -> Finished | None:
        """Return the newest run of a kind if it was made with these parameters, e.g. ``year=2019``."""
        finished = self._runs.get(kind)
        if finished is None:
            return None
        given = parameters_of(finished)
        same = all(given.get(name) == value for name, value in parameters.items())
        return finished if same else None

    def put(self, kind: RunKind, finished: Finished) -> None:
        """Keep a run as the newest of its kind."""
        self._runs[kind] = finished
        self.changed.emit(kind.value, finished)

    def forget(self, *kinds: RunKind) -> None:
        """Forget the runs of these kinds; all of them when none is named."""
        for kind in kinds or tuple(RunKind):
            if self._runs.pop(kind, None) is not None:
                self.changed.emit(kind.value, None)


def parameters_of(finished: Finished) -> dict[str, Any]:
    """Return the parameters a run was made with, as plain data."""
    given: dict[str, Any] = json.loads(finished.record.parameters)
    return given
