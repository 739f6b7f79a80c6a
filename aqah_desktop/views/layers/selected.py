"""What can be done with the selected layer, below the tree: opacity, order, zoom, properties, removal."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QSlider, QToolButton, QVBoxLayout

from aqah_desktop.models.state import LayerEntry
from aqah_desktop.records import LayerStatus
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.widgets import button, label, row, tool_button

#: A slider moved by keys is one change when it rests this long.
_REST_MS = 350


class SelectedLayer(QFrame):
    """Controls of one layer; emits what the user asks, changes nothing itself."""

    #: Opacity 0–1 while the slider moves, and when it rests.
    opacity_previewed = Signal(str, float)
    opacity_chosen = Signal(str, float)
    move_asked = Signal(bool)
    reread_asked = Signal(str)
    find_asked = Signal(str)

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self.setObjectName("selected_layer")
        self._context = context
        self._layer_id = ""
        t = context.t
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.setSpacing(6)
        self._warning, self._warning_text = QFrame(), label("", "note", wrap=True)
        inside = QVBoxLayout(self._warning)
        inside.setContentsMargins(10, 8, 10, 8)
        inside.setSpacing(2)
        inside.addWidget(self._warning_text)
        self._reread = button(t("layer_panel.reread"), lambda: self.reread_asked.emit(self._layer_id), "link")
        self._find = button(t("layer_panel.find"), lambda: self.find_asked.emit(self._layer_id), "link")
        inside.addWidget(self._reread)
        inside.addWidget(self._find)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setRange(0, 100)
        self._slider.setPageStep(10)
        self._slider.setSingleStep(5)
        self._value = label("", "note")
        self._value.setMinimumWidth(44)
        self._value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self._warning)
        line = row(label(t("layer_panel.opacity"), "note"), self._slider, self._value)
        line.setStretch(1, 1)
        layout.addLayout(line)
        layout.addLayout(self._tools())
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._choose)
        self._slider.valueChanged.connect(self._on_value)
        self._slider.sliderReleased.connect(self._choose)
        context.theme.changed.connect(self._recolour)
        self._recolour()

    def show_layer(self, entry: LayerEntry, status: LayerStatus, note: str = "") -> None:
        """Show the controls of a layer; ``note`` says what is unusual about how it is drawn."""
        if entry.id != self._layer_id:
            self.finish()
        self._layer_id = entry.id
        t = self._context.t
        title = t(entry.layer.title)
        self._slider.setAccessibleName(t("layer_panel.opacity_of", title=title))
        if not self._slider.isSliderDown() and not self._rest.isActive():
            self._slider.blockSignals(True)
            self._slider.setValue(round(entry.opacity * 100))
            self._slider.blockSignals(False)
            self._show_value()
        texts = {LayerStatus.STALE: "layer_panel.stale_text", LayerStatus.MISSING: "layer_panel.missing_text"}
        words = t(texts[status]) if status in texts else note
        self._warning.setVisible(bool(words))
        self._warning.setObjectName("danger" if status is LayerStatus.MISSING else "warning")
        self._warning.style().polish(self._warning)
        self._warning_text.setText(words)
        self._reread.setVisible(status is not LayerStatus.OK)
        self._find.setVisible(status is LayerStatus.MISSING)

    def finish(self) -> None:
        """Apply an opacity that is still resting."""
        if self._rest.isActive():
            self._choose()

    def _tools(self):
        t, actions = self._context.t, self._context.actions
        self._up, self._down = QToolButton(), QToolButton()
        for widget, key, down in ((self._up, "move_up", False), (self._down, "move_down", True)):
            widget.setProperty("role", "quiet")
            widget.setIconSize(QSize(18, 18))
            widget.setAccessibleName(t(f"layer_panel.{key}"))
            arrow = "↓" if down else "↑"
            widget.setToolTip(f"{t(f'layer_panel.{key}')} (Alt+{arrow})")
            widget.clicked.connect(lambda _=False, down=down: self.move_asked.emit(down))
        others = [
            tool_button(actions.action(name))
            for name in ("map.zoom_layer", "layer.properties", "layer.remove")
        ]
        line = row(self._up, self._down, None, *others, spacing=4)
        return line

    def _on_value(self, _value: int) -> None:
        self._show_value()
        self.opacity_previewed.emit(self._layer_id, self._slider.value() / 100)
        if not self._slider.isSliderDown():
            self._rest.start()

    def _choose(self) -> None:
        self._rest.stop()
        self.opacity_chosen.emit(self._layer_id, self._slider.value() / 100)

    def _show_value(self) -> None:
        self._value.setText(self._context.t("layer_panel.percent", value=self._slider.value()))

    def _recolour(self) -> None:
        self._up.setIcon(self._context.theme.icon("arrow-up"))
        self._down.setIcon(self._context.theme.icon("arrow-down"))
