"""Puts the exposure panel into the window and connects it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aqah_desktop.models.commands import ChangeLayer
from aqah_desktop.views.exposure.panel import ExposurePanel
from aqah_desktop.views.exposure.runs import ExposureRuns

if TYPE_CHECKING:
    from aqah_desktop.views.workbench import Workbench

_TRAINING = ("training_houses", "training_farm", "training_parcels")


def bind_exposure(bench: Workbench) -> ExposurePanel:
    """Make the panel, add it to the right dock, bind its actions."""
    context = bench.context
    runs = ExposureRuns(context, bench.latest, bench.work)
    panel = ExposurePanel(context, runs, bench.latest, bench.selection)
    bench.side.add_page("exposure", context.t("exposed.tab"), panel, order=0)
    bench.first_map.connect(runs.on_first_map)
    panel.training_wanted.connect(lambda: _show_training(bench))

    def show_sites() -> None:
        panel.show_sites()
        bench.side.show_page("exposure", focus=True)

    def show_farms() -> None:
        panel.show_farms()
        bench.side.show_page("exposure", focus=True)

    context.actions.bind("exposure.sites", show_sites)
    context.actions.bind("exposure.farms", show_farms)
    bench.add_closing(runs.close)
    bench.add_closing(panel.close_panel)
    return panel


def _show_training(bench: Workbench) -> None:
    """Show the invented layers and go where they are."""
    project = bench.context.project
    extents = []
    for entry in project.state.layers:
        if entry.id in _TRAINING:
            if not entry.visible:
                project.do(ChangeLayer(entry.id, visible=True))
            extents.append(entry.layer.shape.extent)
    if extents:
        low = [min(e[i] for e in extents) for i in (0, 1)]
        high = [max(e[i] for e in extents) for i in (2, 3)]
        bench.map_page.canvas.zoom_to((low[0], low[1], high[0], high[1]), margin=0.2)
