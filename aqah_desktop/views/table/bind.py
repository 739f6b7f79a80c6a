"""Puts the table into the bottom dock and connects it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from aqah_desktop.models import tasks
from aqah_desktop.models.latest import RunKind
from aqah_desktop.models.selection import Feature
from aqah_desktop.models.table_files import write_layer_table
from aqah_desktop.models.table_sources import TableSource
from aqah_desktop.views.exposure.panel import ExposurePanel
from aqah_desktop.views.sheet.panel import SheetPanel
from aqah_desktop.views.table.panel import TablePanel
from aqah_desktop.views.table.save import Writer, open_save_card

if TYPE_CHECKING:
    from aqah_desktop.views.workbench import Workbench


def bind_table(bench: Workbench, exposure: ExposurePanel, sheet: SheetPanel) -> TablePanel:
    """Make the panel, add it to the bottom dock, let the other panels open it."""
    context = bench.context
    panel = TablePanel(context, bench.latest, bench.frames, bench.selection)
    bench.bottom.add_page("table", context.t("table.tab"), panel, order=0)

    def show_sites(kind: str, above: str, missing: bool) -> None:
        panel.show_sites(kind, above, missing)
        bench.bottom.show_page("table")

    def show_layer(feature: Feature) -> None:
        panel.show_layer(feature.layer_id)
        bench.bottom.show_page("table")

    exposure.table_wanted.connect(show_sites)
    sheet.table_wanted.connect(show_layer)
    for source in (exposure, panel):
        source.sheet_wanted.connect(lambda: bench.side.show_page("sheet"))
    panel.save_wanted.connect(lambda: _save(bench, panel))
    context.actions.bind("share.table", lambda: _save(bench, panel))
    bench.add_closing(panel.close_panel)
    return panel


def _save(bench: Workbench, panel: TablePanel) -> None:
    """Save the table on screen; the exposure of the sites when none is."""
    context = bench.context
    source = panel.source() if bench.bottom.is_open() and bench.bottom.current() == "table" else None
    if source is None and bench.latest.get(RunKind.SITES) is not None:
        source = TableSource(context.t("table.run_sites_sites"), RunKind.SITES, "sites")
    source = source or panel.source()
    if source is None:
        context.notifications.tell("table.nothing", "warning")
        return
    write, rows = _writer(bench, panel, source)
    open_save_card(bench.window, context, source.title, rows, write)


def _writer(bench: Workbench, panel: TablePanel, source: TableSource) -> tuple[Writer, int]:
    services = bench.context.services
    if source.kind is not None:
        finished = bench.latest.get(source.kind)
        assert finished is not None

        def write_run(path: Path, excel: bool) -> list[Path]:
            return tasks.write_table(services, finished, source.table, path, excel=excel)

        return write_run, len(finished.results.tables[source.table].frame)
    entry, frames = bench.context.project.state.entry(source.layer_id), bench.frames

    def write_layer(path: Path, excel: bool) -> list[Path]:
        return write_layer_table(services, entry, frames.frame(entry), path, excel=excel)

    return write_layer, panel.rows()
