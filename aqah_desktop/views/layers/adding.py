"""Adding a layer: a file of the user, or one of the pack that is not on the map."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPainter, QPen
from PySide6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from aqah_desktop.errors import AqahError
from aqah_desktop.models.commands import AddLayer
from aqah_desktop.models.layer_tree import place_for
from aqah_desktop.models.pack_layers import entry_for, group_of, offered
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.models.user_layers import Probe, probe
from aqah_desktop.records import Layer
from aqah_desktop.reporting.words import standing_words
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.layers.file_form import FileForm
from aqah_desktop.views.qt_dispatch import Ticket
from aqah_desktop.views.themed import with_icon
from aqah_desktop.views.widgets import button, clear, column, label, row

LAYER_FILES = (
    "*.gpkg *.shp *.geojson *.json *.fgb *.gml *.kml *.kmz *.gpx *.tab *.mif *.dxf *.zip *.sqlite *.topojson"
    " *.tif *.tiff *.asc *.nc *.img *.jp2 *.hgt *.bil *.vrt *.mbtiles *.h5"
)
BACKGROUND_FILES = "*.mbtiles *.gpkg *.tif *.tiff *.vrt *.jp2 *.png *.jpg"


class DropZone(QFrame):
    """A place to drop files on, with a button to choose one."""

    dropped = Signal(list)

    def __init__(self, context: ViewContext, text: str, choose) -> None:
        super().__init__()
        self._context, self._over = context, False
        self.setAcceptDrops(True)
        self.setMinimumHeight(190)
        layout = column(self, margins=20, spacing=10)
        picture = with_icon(label(""), context.theme, "upload", "accent")
        picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        words = label(context.t("layer_panel.adding.drop"), "strong")
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        note = label(text, "note", wrap=True)
        note.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.choose = button(context.t("layer_panel.adding.choose"), choose, "primary")
        layout.addStretch(1)
        for widget in (picture, words, note):
            layout.addWidget(widget)
        layout.addLayout(row(None, self.choose, None))
        layout.addStretch(1)

    def dragEnterEvent(self, event) -> None:
        """Accept files."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()
            self._set_over(True)

    def dragLeaveEvent(self, event) -> None:
        """Nothing is above it any more."""
        self._set_over(False)
        super().dragLeaveEvent(event)

    def dropEvent(self, event) -> None:
        """Hand over what was dropped."""
        self._set_over(False)
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        if paths:
            event.acceptProposedAction()
            self.dropped.emit(paths)

    def paintEvent(self, event) -> None:
        """A dashed line around it."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self._context.theme
        pen = QPen(theme.colour("accent" if self._over else "line_strong"), 1.4, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.setBrush(theme.colour("accent_wash" if self._over else "wash"))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), 10, 10)
        painter.end()

    def _set_over(self, over: bool) -> None:
        self._over = over
        self.update()


class AddLayerPanel(QWidget):
    """Body of the sheet: choice, then the questions a file raises.

    Parameters
    ----------
    context : ViewContext
        Project, texts, worker.
    background : bool
        Only pictures are wanted.
    """

    #: Id of a layer that was added.
    added = Signal(str)
    #: Everything asked for was added.
    finished = Signal()

    def __init__(self, context: ViewContext, background: bool = False) -> None:
        super().__init__()
        self._context, self._background = context, background
        self._queue: list[Path] = []
        self._count = 0
        self._probing: Ticket | None = None
        self._pages = QStackedWidget()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._pages)
        self._reading = label("", "soft")
        self._reading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._problem, self._problem_layout = self._problem_card()
        self._form: FileForm | None = None
        self._pages.addWidget(self._choice())
        self._pages.addWidget(self._reading)

    # ------------------------------------------------------------------ files

    def open_files(self, paths: list[Path]) -> None:
        """Look at these files one after the other."""
        self._queue, self._count = list(paths), len(paths)
        self._next()

    def choose_file(self) -> None:
        """Let the user choose files."""
        t = self._context.t
        kind, title = ("background", "choose_background") if self._background else ("layer", "choose_file")
        patterns = BACKGROUND_FILES if self._background else LAYER_FILES
        filters = f"{t(f'layer_panel.{kind}_files')} ({patterns});;{t('layer_panel.all_files')} (*)"
        names, _ = QFileDialog.getOpenFileNames(self, t(f"layer_panel.{title}"), "", filters)
        if names:
            self.open_files([Path(name) for name in names])

    def form(self) -> FileForm | None:
        """The questions about the file that is being added."""
        return self._form

    def _next(self) -> None:
        if not self._queue:
            self.finished.emit()
            return
        path = self._queue.pop(0)
        self._reading.setText(self._context.t("layer_panel.adding.reading", name=path.name))
        self._pages.setCurrentIndex(1)
        self._probing = self._context.dispatcher.submit(
            lambda _: probe(path), self._on_probe, self._on_refused, key=f"probe.{id(self)}"
        )

    def hideEvent(self, event) -> None:
        """The sheet was closed: what is still being read is not added."""
        super().hideEvent(event)
        if not event.spontaneous():
            if self._probing is not None:
                self._probing.drop()
            if self._form is not None:
                self._form.give_up()

    def _on_probe(self, found: Probe) -> None:
        self._drop_form()
        at = self._count - len(self._queue)
        self._form = FileForm(self._context, found, self._background, (at, self._count))
        self._form.confirmed.connect(self._on_entry)
        self._form.given_up.connect(self._on_given_up)
        self._pages.addWidget(self._form)
        self._pages.setCurrentWidget(self._form)
        self._form.first_field().setFocus(Qt.FocusReason.TabFocusReason)

    def _on_refused(self, error: Exception) -> None:
        if not isinstance(error, AqahError):
            raise error
        self._drop_form()
        text = self._context.catalogue.error(error)
        clear(self._problem_layout)
        self._problem_layout.addWidget(label(text.message, "strong", wrap=True))
        self._problem_layout.addWidget(label(text.cause, "", wrap=True))
        self._problem_layout.addWidget(label(text.remedy, "", wrap=True))
        self._problem.setVisible(True)
        self._problem.setAccessibleName(text.as_lines())
        self._pages.setCurrentIndex(0)
        self._zone.choose.setFocus(Qt.FocusReason.OtherFocusReason)

    def _on_given_up(self) -> None:
        self._drop_form()
        self._pages.setCurrentIndex(0)
        if self._queue:
            self._next()

    def _on_entry(self, entry: LayerEntry) -> None:
        layers = self._context.project.state.layers
        self._add(entry, place_for(layers, entry))
        self._drop_form()
        self._next()

    def _add(self, entry: LayerEntry, place: int) -> None:
        try:
            self._context.project.do(AddLayer(entry, place))
        except AqahError as error:
            self._context.notifications.error(error)
            return
        self.added.emit(entry.id)

    def _drop_form(self) -> None:
        if self._form is not None:
            self._pages.removeWidget(self._form)
            self._form.deleteLater()
            self._form = None
        self._problem.setVisible(False)

    # ------------------------------------------------------------------ parts

    def _choice(self) -> QWidget:
        t = self._context.t
        page = QWidget()
        layout = QHBoxLayout(page)
        layout.setContentsMargins(24, 20, 24, 20)
        layout.setSpacing(24)
        own = QVBoxLayout()
        own.setSpacing(12)
        own.addWidget(label(t("layer_panel.adding.own"), "heading"))
        text = t("layer_panel.adding.background_text" if self._background else "layer_panel.adding.own_text")
        self._zone = DropZone(self._context, text, self.choose_file)
        self._zone.dropped.connect(self.open_files)
        own.addWidget(self._zone)
        own.addWidget(self._problem)
        own.addStretch(1)
        layout.addLayout(own, 1)
        if not self._background:
            layout.addLayout(self._pack_column(), 1)
        return page

    def _problem_card(self) -> tuple[QFrame, QVBoxLayout]:
        frame = QFrame()
        frame.setObjectName("danger")
        frame.setVisible(False)
        return frame, column(frame, margins=14, spacing=4)

    def _pack_column(self) -> QVBoxLayout:
        t = self._context.t
        side = QVBoxLayout()
        side.setSpacing(8)
        side.addWidget(label(t("layer_panel.adding.pack"), "heading"))
        side.addWidget(label(t("layer_panel.adding.pack_text"), "note", wrap=True))
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        inside = QWidget()
        self._offers = column(inside, margins=0, spacing=2)
        area.setWidget(inside)
        side.addWidget(area, 1)
        self._fill_offers()
        return side

    def _fill_offers(self) -> None:
        clear(self._offers)
        t = self._context.t
        layers = offered(self._context.project.state.layers, self._context.services.pack)
        if not layers:
            self._offers.addWidget(label(t("layer_panel.adding.pack_none"), "note", wrap=True))
        group = ""
        for layer in layers:
            if group_of(layer) != group:
                group = group_of(layer)
                head = label(t(f"layer_panel.group.{group}"), "overline")
                head.setContentsMargins(0, 10, 0, 2)
                self._offers.addWidget(head)
            self._offers.addWidget(self._offer(layer))
        self._offers.addStretch(1)

    def _offer(self, layer: Layer) -> QWidget:
        t, pack = self._context.t, self._context.services.pack
        line = QWidget()
        title = t(layer.title)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(label(title, "", wrap=True))
        dataset = pack.datasets.get(layer.dataset_id)
        if dataset is not None:
            words.addWidget(
                label(standing_words(dataset.standing, self._context.catalogue), "note", wrap=True)
            )
        put = button(t("layer_panel.adding.put"), partial(self._put, layer))
        put.setAccessibleName(t("layer_panel.adding.put_of", title=title))
        layout = QHBoxLayout(line)
        layout.setContentsMargins(0, 4, 8, 4)
        layout.addLayout(words, 1)
        layout.addWidget(put, 0, Qt.AlignmentFlag.AlignVCenter)
        return line

    def _put(self, layer: Layer) -> None:
        self._add(*entry_for(self._context.project.state.layers, layer))
        self._fill_offers()
