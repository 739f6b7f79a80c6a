"""When exposure is computed: after the first map, and again when territory, pollutant or year change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer

from aqah_desktop.models.latest import LatestRuns, RunKind
from aqah_desktop.models.services import Finished
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.runs import BackgroundRun
from aqah_desktop.views.shell.work import WorkLine

#: A slider that is dragged passes years nobody wants computed.
_SETTLE_MS = 250


class ExposureRuns(QObject):
    """Keeps the exposure of the open territory up to date in :class:`LatestRuns`.

    Parameters
    ----------
    context : ViewContext
        Project and services.
    latest : LatestRuns
        Receives every finished run, and forgets those that no longer fit.
    work : WorkLine
        Shows progress.
    """

    def __init__(self, context: ViewContext, latest: LatestRuns, work: WorkLine) -> None:
        super().__init__()
        self._context, self._latest = context, latest
        self.sites = BackgroundRun(context, work, "exposure.sites")
        self.farms = BackgroundRun(context, work, "exposure.farms")
        self.sites.finished.connect(lambda finished: self._keep(RunKind.SITES, finished))
        self.farms.finished.connect(lambda finished: self._keep(RunKind.FARMS, finished))
        self._map_seen = False
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self.ask_sites)
        context.project.territory_changed.connect(self._on_change)
        context.project.moment_changed.connect(self._on_change)

    def on_first_map(self) -> None:
        """The map is there: what was waiting for it may start."""
        if not self._map_seen:
            self._map_seen = True
            self.ask_sites()

    def ask_sites(self) -> None:
        """Compute the exposure of the sites of the open territory."""
        self._settle.stop()
        if self._map_seen and self._context.project.state.territory:
            text = self._context.t("exposed.working")
            self.sites.start("aqah.exposure.sites", self._given(), text)

    def ask_farms(self, dataset: str, parcels: Path | None = None, assume_crs: str = "") -> None:
        """Compute parcels and farms: the declared ones, the training set, or those of a file."""
        if not self._context.project.state.territory:
            return
        given = self._given() | {"dataset": dataset}
        if parcels is not None:
            given["parcels_file"] = str(parcels)
        if assume_crs:
            given["assume_crs"] = assume_crs
        self.farms.start("aqah.exposure.farms", given, self._context.t("exposed.working_farms"))

    def close(self) -> None:
        """Follow the project no more; what runs is given up."""
        self._context.project.territory_changed.disconnect(self._on_change)
        self._context.project.moment_changed.disconnect(self._on_change)
        self._settle.stop()
        self.sites.drop()
        self.farms.drop()

    def _given(self) -> dict[str, Any]:
        state = self._context.project.state
        return {"territory": state.territory, "pollutant": state.pollutant.value, "year": state.year}

    def _on_change(self, *_: object) -> None:
        """What was computed is of another place or time."""
        self.sites.drop()
        self.farms.drop()
        self._latest.forget(RunKind.SITES, RunKind.FARMS)
        self._settle.start()

    def _keep(self, kind: RunKind, finished: Finished) -> None:
        self._latest.put(kind, finished)
