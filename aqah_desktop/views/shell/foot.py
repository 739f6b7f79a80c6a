"""The foot of the window: where the mouse is, scale, quality and source of what is shown, work under way."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QProgressBar, QSizePolicy, QWidget

from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.widgets import ElidedLabel, button


class _Yielding(ElidedLabel):
    """Takes the room its words need, and gives it up on a small window: the foot never widens the map."""

    def __init__(self, role: str) -> None:
        super().__init__(role)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)

    def sizeHint(self) -> QSize:
        """As wide as the whole text."""
        return QSize(self.fontMetrics().horizontalAdvance(self.toolTip()) + 2, super().sizeHint().height())

    def minimumSizeHint(self) -> QSize:
        """A few letters."""
        return QSize(60, super().minimumSizeHint().height())


class Foot(QFrame):
    """One line; what does not fit is shortened, never cut in the middle of a word."""

    cancel_asked = Signal()

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self.setObjectName("foot")
        self._context = context
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 4, 12, 4)
        layout.setSpacing(14)
        #: Where the mouse is, and the scale: both can be pressed to choose another way of saying it.
        self.place = button("", lambda: None, "foot")
        self.scale = button("", lambda: None, "foot")
        self.place.setAccessibleName(context.t("window.action_map_crs"))
        self.scale.setAccessibleName(context.t("window.action_map_scale"))
        self.scale.setToolTip(context.t("window.action_map_scale"))
        self.quality, self.source = _Yielding("strong"), ElidedLabel()
        self.place.setMinimumWidth(220)
        self._task = ElidedLabel()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(120)
        self._cancel = button(context.t("window.cancel"), self.cancel_asked.emit, "link")
        for words in (self.place, self.scale, self.quality):
            layout.addWidget(words)
        layout.addWidget(self.source, 1)
        layout.addWidget(self._task, 1)
        for widget in (self._bar, self._cancel):
            layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignRight)
        self.show_work(None)

    def add_button(self, widget: QWidget) -> None:
        """Put a small button at the right end."""
        self.layout().addWidget(widget)

    def show_work(self, text: str | None, fraction: float = 0.0) -> None:
        """Show work under way with its progress, in the place of the source, or none."""
        self.source.setVisible(text is None)
        for widget in (self._task, self._bar, self._cancel):
            widget.setVisible(text is not None)
        if text is not None:
            self._task.setText(text)
            self._bar.setRange(0, 0 if fraction <= 0 else 100)
            self._bar.setValue(round(100 * fraction))

    def show_source(self, quality: str, source: str) -> None:
        """Say how far what is shown can be trusted and whose it is."""
        self.quality.setText(quality)
        self.source.setText(source)
