"""A light card beside the mouse: what is there, and the value with its interval."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import QFrame

from aqah_desktop.models.frames import FrameStore
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.map.page import MapPage
from aqah_desktop.views.widgets import column, label

_AFTER_MS = 60
_AWAY = 18


class HoverCard(QObject):
    """Follows the mouse over a map; hides while it moves the map.

    Parameters
    ----------
    context : ViewContext
        Texts, theme, dispatcher.
    page : MapPage
        The map.
    frames : FrameStore
        Names of communes.
    """

    def __init__(self, context: ViewContext, page: MapPage, frames: FrameStore) -> None:
        super().__init__(page)
        self._context, self._page, self._frames = context, page, frames
        self._communes: dict[str, str] = {}
        self._at: tuple[float, float, str] | None = None
        self.card = QFrame(page)
        self.card.setObjectName("card")
        self.card.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        layout = column(self.card, margins=10, spacing=2)
        self.name, self.place, self.value = label("", "strong"), label("", "note"), label("", "")
        for words in (self.name, self.place, self.value):
            layout.addWidget(words)
        self.card.hide()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_AFTER_MS)
        self._timer.timeout.connect(self._show)
        page.hovered.connect(self._on_hover)
        page.canvas.left.connect(self.hide)
        page.canvas.extent_changed.connect(lambda _: self.hide())

    def on_first_map(self) -> None:
        """Read the names of the communes, now that the map is there."""
        layer = self._context.services.pack.layers.get("communes")
        if layer is None or self._communes:
            return

        def work(_ticket: object) -> dict[str, str]:
            frame = self._frames.frame(LayerEntry(layer))
            return dict(zip(frame["commune_code"].astype(str), frame["name"].astype(str), strict=True))

        # Without them the card shows the value alone; the map itself says what is wrong with the file.
        self._context.dispatcher.submit(work, self._communes.update, lambda _: None, key="hover.communes")

    def hide(self) -> None:
        """Take the card away."""
        self._at = None
        self._timer.stop()
        self.card.hide()

    def _on_hover(self, x: float, y: float, value: str) -> None:
        self._at = (x, y, value)
        if not self._timer.isActive():
            self._timer.start()

    def _show(self) -> None:
        if self._at is None:
            return
        if getattr(self._page.tool, "quiet", False):
            self.card.hide()
            return
        x, y, value = self._at
        hits = self._page.hits(x, y)
        point = next((hit for hit in hits if hit.name), None)
        commune = next((self._communes.get(hit.code, "") for hit in hits if hit.entry.id == "communes"), "")
        self.name.setText(point.name if point else commune)
        self.place.setText(commune if point else "")
        self.value.setText(value)
        for words in (self.name, self.place, self.value):
            words.setVisible(bool(words.text()))
        if not (self.name.text() or value):
            self.card.hide()
            return
        self.card.adjustSize()
        self._place(x, y)
        self.card.show()
        self.card.raise_()

    def _place(self, x: float, y: float) -> None:
        """Right below the mouse, or on the other side where it would leave the map."""
        at = self._page.canvas.to_screen(x, y)
        left, top = round(at.x()) + _AWAY, round(at.y()) + _AWAY
        if left + self.card.width() > self._page.width() - 8:
            left = round(at.x()) - _AWAY - self.card.width()
        if top + self.card.height() > self._page.height() - 8:
            top = round(at.y()) - _AWAY - self.card.height()
        self.card.move(max(left, 4), max(top, 4))
