"""Scale, coordinates, full screen: what the map does besides showing layers."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QButtonGroup, QLineEdit, QRadioButton, QWidget

from aqah_desktop.errors import AqahError
from aqah_desktop.models.coordinates import (
    LAMBERT,
    PROPOSED,
    SCALES,
    CoordinateSystem,
    coordinate_system,
    metres_per_pixel,
    parse_scale,
    scale_of,
    scale_words,
)
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.shell.centre import Shell
from aqah_desktop.views.widgets import button, column, label, row

if TYPE_CHECKING:
    from aqah_desktop.views.workbench import Workbench


class MapTools(QObject):
    """Binds *Choisir l'échelle*, *Système de coordonnées*, *Plein écran*; fills the foot."""

    def __init__(self, workbench: Workbench, shell: Shell) -> None:
        super().__init__(workbench)
        self._bench, self._shell, self._context = workbench, shell, workbench.context
        self._canvas, self._foot = workbench.map_page.canvas, workbench.foot
        self.system: CoordinateSystem = LAMBERT
        actions = self._context.actions
        actions.bind("map.scale", self.choose_scale)
        actions.bind("map.crs", self.choose_system)
        self._foot.scale.clicked.connect(self.choose_scale)
        self._foot.place.clicked.connect(self.choose_system)
        workbench.map_page.hovered.connect(self._on_hover)
        self._canvas.left.connect(lambda: self._say_place(""))
        self._canvas.extent_changed.connect(lambda _: self._show_scale())
        self._context.settings.changed.connect(self._on_setting)
        self._last = ""
        self._say_place("")
        self._read_system(self._context.settings.values.coordinates_crs)

    def stop(self) -> None:
        """Stop following the settings."""
        self._context.settings.changed.disconnect(self._on_setting)

    # ------------------------------------------------------------------ scale

    def scale(self) -> float:
        """Denominator of the scale on this screen."""
        return scale_of(self._canvas.metres_per_pixel(), self._canvas.logicalDpiX())

    def set_scale(self, scale: float) -> None:
        """Zoom around the centre to a scale; as close to it as the map allows."""
        wanted = metres_per_pixel(scale, self._canvas.logicalDpiX())
        self._canvas.zoom_by(wanted / self._canvas.metres_per_pixel())

    def choose_scale(self) -> None:
        """Ask for a scale."""

        def take(scale: float) -> None:
            self._shell.close_sheet("scale")
            self.set_scale(scale)

        self._shell.open_sheet(
            "scale",
            self._context.t("shell.scale_title"),
            lambda: ScalePanel(self._context, self.scale(), take),
            QSize(420, 300),
        )

    def _show_scale(self) -> None:
        self._foot.scale.setText(scale_words(self.scale(), self._context.catalogue))

    # ------------------------------------------------------------------ coordinates

    def choose_system(self) -> None:
        """Ask for a coordinate system."""

        def take(system: CoordinateSystem) -> None:
            self._shell.close_sheet("crs")
            self._context.settings.set("coordinates_crs", system.code)

        self._shell.open_sheet(
            "crs",
            self._context.t("shell.crs_title"),
            lambda: SystemPanel(self._context, self.system, take),
            QSize(520, 440),
        )

    def _on_setting(self, name: str, value: object) -> None:
        if name == "coordinates_crs":
            self._read_system(str(value))

    def _read_system(self, code: str) -> None:
        """Read a system elsewhere: the library behind it takes a moment to load."""
        if code == LAMBERT.code:
            self._use(LAMBERT)
            return

        def failed(error: Exception) -> None:
            if not isinstance(error, AqahError):
                raise error
            self._context.notifications.error(error)

        self._context.dispatcher.submit(lambda _: coordinate_system(code), self._use, failed, "crs")

    def _use(self, system: CoordinateSystem) -> None:
        self.system = system
        self._foot.place.setToolTip(f"{system.code} — {system.name}")
        self._say_place("")

    def _on_hover(self, x: float, y: float, value: str) -> None:
        words = self.system.words(x, y, self._context.catalogue)
        self._say_place("   ".join(part for part in (words, value) if part))

    def _say_place(self, words: str) -> None:
        self._foot.place.setText(words or self.system.name)


class ScalePanel(QWidget):
    """A field for a scale and the usual ones."""

    def __init__(self, context: ViewContext, scale: float, take) -> None:
        super().__init__()
        self._context, self._take = context, take
        t = context.t
        layout = column(self, margins=24, spacing=12)
        layout.addWidget(label(t("shell.scale_text"), "soft", wrap=True))
        self.field = QLineEdit(scale_words(scale, context.catalogue))
        self.field.setAccessibleName(t("shell.scale_title"))
        self.field.selectAll()
        self.field.returnPressed.connect(self._on_typed)
        self.problem = label("", "note", wrap=True)
        layout.addLayout(row(self.field, button(t("shell.apply"), self._on_typed, "primary")))
        layout.addWidget(self.problem)
        for three in (SCALES[:3], SCALES[3:]):
            buttons = [button(scale_words(s, context.catalogue), self._taker(s)) for s in three]
            layout.addLayout(row(*buttons))
        layout.addStretch(1)

    def _taker(self, scale: float):
        return lambda: self._take(scale)

    def _on_typed(self) -> None:
        try:
            scale = parse_scale(self.field.text())
        except AqahError as error:
            text = self._context.catalogue.error(error)
            self.problem.setText(f"{text.message} {text.cause}")
            mark(self.field, good=False)
            return
        self._take(scale)


class SystemPanel(QWidget):
    """The usual coordinate systems, and any other by its code."""

    def __init__(self, context: ViewContext, now: CoordinateSystem, take) -> None:
        super().__init__()
        self._context, self._take = context, take
        t = context.t
        layout = column(self, margins=24, spacing=8)
        layout.addWidget(label(t("shell.crs_text"), "soft", wrap=True))
        layout.addSpacing(4)
        self.choices = QButtonGroup(self)
        for number, code in enumerate(PROPOSED):
            choice = QRadioButton(t(f"shell.crs_{code.removeprefix('EPSG:')}"))
            choice.setChecked(code == now.code)
            self.choices.addButton(choice, number)
            layout.addWidget(choice)
        self.other = QRadioButton(t("shell.crs_other"))
        self.other.setChecked(now.code not in PROPOSED)
        self.choices.addButton(self.other, len(PROPOSED))
        self.field = QLineEdit("" if now.code in PROPOSED else now.code)
        self.field.setPlaceholderText("EPSG:3950")
        self.field.setAccessibleName(t("shell.crs_other"))
        self.field.textEdited.connect(lambda _: self.other.setChecked(True))
        self.field.returnPressed.connect(self._on_apply)
        self.problem = label("", "note", wrap=True)
        layout.addWidget(self.other)
        layout.addWidget(self.field)
        layout.addWidget(self.problem)
        layout.addStretch(1)
        layout.addLayout(row(None, button(t("shell.apply"), self._on_apply, "primary")))

    def _on_apply(self) -> None:
        number = self.choices.checkedId()
        code = PROPOSED[number] if 0 <= number < len(PROPOSED) else self.field.text()
        self._context.dispatcher.submit(
            lambda _: coordinate_system(code), self._take, self._on_refused, f"crs.{id(self)}"
        )

    def _on_refused(self, error: Exception) -> None:
        if not isinstance(error, AqahError):
            raise error
        text = self._context.catalogue.error(error)
        self.problem.setText(f"{text.message} {text.remedy}")
        mark(self.field, good=False)


def mark(field: QLineEdit, good: bool) -> None:
    """Show a field as right or wrong."""
    field.setProperty("state", "" if good else "bad")
    field.style().unpolish(field)
    field.style().polish(field)


class FullScreen(QObject):
    """F11: the map alone on the whole screen; F11 or Esc brings the window back."""

    def __init__(self, workbench: Workbench) -> None:
        super().__init__(workbench)
        self._bench, self._window = workbench, workbench.window
        self._on = False
        self._was = Qt.WindowState.WindowNoState
        self._docks = False
        self._escape = QShortcut(QKeySequence(Qt.Key.Key_Escape), self._window)
        self._escape.setEnabled(False)
        self._escape.activated.connect(self.toggle)
        workbench.context.actions.bind("map.full_screen", self.toggle)

    @property
    def on(self) -> bool:
        """Whether the map has the screen for itself."""
        return self._on

    def toggle(self) -> None:
        """Give the screen to the map, or back to the window."""
        self._on = not self._on
        if self._on:
            self._enter()
        else:
            self._leave()
        self._escape.setEnabled(self._on)

    def _enter(self) -> None:
        window = self._window
        self._was, self._docks = window.windowState(), window.docks_shown
        self._frame_visible(False)
        window.show_docks(False)
        window.setWindowState(self._was | Qt.WindowState.WindowFullScreen)
        self._bench.context.notifications.tell("shell.full_screen")

    def _leave(self) -> None:
        self._window.setWindowState(self._was & ~Qt.WindowState.WindowFullScreen)
        self._frame_visible(True)
        self._window.show_docks(self._docks)

    def _frame_visible(self, visible: bool) -> None:
        on_map = self._bench.context.project.state.territory != ""
        on_map = on_map and self._window.stack.currentWidget() is self._bench.map_page
        self._window.menuBar().setVisible(visible)
        with contextlib.suppress(AttributeError):
            self._bench.top.parentWidget().setVisible(visible and on_map)
        self._bench.foot.setVisible(visible and on_map)
