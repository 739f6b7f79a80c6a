"""Puts the sheet, the selection ring and the hover card into the window."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aqah_desktop.models.selection import Feature
from aqah_desktop.models.sheets import SheetWriter
from aqah_desktop.views.map.highlight import Highlight
from aqah_desktop.views.map.hits import Hit
from aqah_desktop.views.sheet.hover import HoverCard
from aqah_desktop.views.sheet.panel import SheetPanel

if TYPE_CHECKING:
    from aqah_desktop.views.workbench import Workbench

#: Half a side of what *zoom here* shows, m.
_ZOOM_M = 1200.0


def bind_sheet(bench: Workbench) -> SheetPanel:
    """Make the panel, add it to the right dock, let map and lists open it."""
    context, page = bench.context, bench.map_page
    writer = SheetWriter(context.services.pack, bench.frames, context.catalogue)
    panel = SheetPanel(context, writer, bench.selection)
    bench.side.add_page("sheet", context.t("sheet.tab"), panel, order=20)
    highlight, hover = Highlight(context, page, bench.selection), HoverCard(context, page, bench.frames)
    bench.first_map.connect(hover.on_first_map)

    def on_click(_x: float, _y: float, hits: list[Hit]) -> None:
        panel.show_hits(hits)
        if hits:
            bench.side.show_page("sheet")

    def zoom(feature: Feature) -> None:
        x, y = feature.x, feature.y
        page.canvas.zoom_to((x - _ZOOM_M, y - _ZOOM_M, x + _ZOOM_M, y + _ZOOM_M))

    page.clicked.connect(on_click)
    panel.zoom_wanted.connect(zoom)
    bench.add_closing(highlight.close)
    bench.add_closing(panel.close_panel)
    return panel
