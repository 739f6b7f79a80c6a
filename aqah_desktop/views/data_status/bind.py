"""Binds the state of the data to its action."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize

from aqah_desktop.models.layer_watch import LayerWatch

if TYPE_CHECKING:
    from aqah_desktop.views.workbench import Workbench

_SIZE = QSize(1180, 680)


def bind_data_status(bench: Workbench, watch: LayerWatch) -> None:
    """Open the table over the window when it is asked for."""
    context = bench.context

    def show() -> None:
        from aqah_desktop.views.data_status.panel import DataStatusPanel

        bench.frame.shell.open_sheet(
            "data_status",
            context.t("data_status.title"),
            lambda: DataStatusPanel(context, watch),
            _SIZE,
            scrolls=False,
        )

    context.actions.bind("data.status", show)
