"""Very large rasters without reduced views: read whole once in the background, for views from afar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, runtime_checkable

import numpy as np
from PySide6.QtCore import QObject

from aqah_desktop.errors import AqahError
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.map.page import MapPage
from aqah_desktop.views.qt_dispatch import Ticket
from aqah_desktop.views.shell.work import WorkLine

_KEY = "overview"


@runtime_checkable
class Preparable(Protocol):
    """A raster file that can be read whole once."""

    def prepare(self, dropped: Callable[[], bool], progress: Callable[[float], None]) -> np.ndarray | None:
        """Read it; its values thinned, None when given up."""
        ...


class Overviews(QObject):
    """Prepares one raster at a time; one that was given up is not tried again while it stays as it is."""

    def __init__(self, context: ViewContext, page: MapPage, work: WorkLine) -> None:
        super().__init__(page)
        self._context, self._page, self._work = context, page, work
        self._tried: set[tuple[str, str]] = set()
        self._now: tuple[LayerEntry, Ticket] | None = None
        context.project.layers_changed.connect(self._on_layers)

    def close_overviews(self) -> None:
        """Stop."""
        self._context.project.layers_changed.disconnect(self._on_layers)
        self.cancel()

    def want(self, entry: LayerEntry, source: Preparable) -> None:
        """Prepare a raster that is shown coarsely, unless it was tried before or another one is at work."""
        key = (entry.id, entry.layer.content_hash)
        if key in self._tried or self._now is not None:
            return
        self._tried.add(key)
        text = self._context.t("layer_panel.preparing", title=self._context.t(entry.layer.title))

        def work(ticket: Ticket) -> np.ndarray | None:
            def progress(fraction: float) -> None:
                self._context.dispatcher.call(lambda: self._work.progress(_KEY, fraction))

            return source.prepare(ticket.dropped, progress)

        ticket = self._context.dispatcher.submit(
            work, lambda values: self._on_made(entry, values), self._on_failed, key=f"{_KEY}.{id(self)}"
        )
        self._now = (entry, ticket)
        self._work.begin(_KEY, text, self.cancel)

    def cancel(self) -> None:
        """Give up the work under way."""
        if self._now is not None:
            self._now[1].drop()
            self._end()

    def _end(self) -> None:
        self._now = None
        self._work.end(_KEY)

    def _on_made(self, entry: LayerEntry, values: np.ndarray | None) -> None:
        self._end()
        content = self._page.content(entry.id)
        if values is not None and content is not None:
            self._page.renew(entry, replace(content, sample=values))

    def _on_failed(self, error: Exception) -> None:
        self._end()
        if not isinstance(error, AqahError):
            raise error
        # The map tells what is wrong with the file when it next reads it.

    def _on_layers(self, layers: tuple[LayerEntry, ...]) -> None:
        if self._now is not None and self._now[0].id not in {e.id for e in layers if e.visible}:
            self._tried.discard((self._now[0].id, self._now[0].layer.content_hash))
            self.cancel()
