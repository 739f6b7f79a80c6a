"""Printing the map: a preview, a printer, one button; a PDF where there is no printer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPainter, QPixmap
from PySide6.QtWidgets import QComboBox, QLabel, QSizePolicy, QWidget

from aqah_desktop.errors import AqahError
from aqah_desktop.reporting.maprequest import MapPage
from aqah_desktop.storage.atomic import atomic_path
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.share.panel import free_path
from aqah_desktop.views.shell import files
from aqah_desktop.views.widgets import button, column, label, row

#: Logical pixels of an A4 sheet, by orientation.
_SIZES = {"landscape": (1600, 1131), "portrait": (1131, 1600)}
#: Pixels a logical pixel has on paper: about 280 to the inch.
_PRINT_SHARPNESS = 2.0
_PDF = ""


class PrintPanel(QWidget):
    """A4, landscape or portrait.

    Parameters
    ----------
    context : ViewContext
        Texts and dispatcher.
    draw : callable
        Draws a page as PNG, on a worker thread.
    """

    def __init__(self, context: ViewContext, draw: Callable[[MapPage], bytes]) -> None:
        super().__init__()
        self._context, self._draw, self._closed = context, draw, False
        t = context.t
        self.preview = QLabel()
        self.preview.setObjectName("outlined")
        self.preview.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.preview.setMinimumSize(QSize(240, 180))
        self.preview.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.preview.setAccessibleName(t("share.preview"))
        self.printer = QComboBox()
        self.printer.setAccessibleName(t("share.printer"))
        for name in printers():
            self.printer.addItem(name, name)
        self.printer.addItem(t("share.print_to_pdf"), _PDF)
        self.orientation = QComboBox()
        self.orientation.setAccessibleName(t("share.orientation"))
        for name in _SIZES:
            self.orientation.addItem(t(f"share.{name}"), name)
        self.start = button(t("share.print_now"), self._print, "primary")
        self.said = label("", "note", wrap=True)
        layout = column(self, margins=24, spacing=12)
        layout.addWidget(self.preview, 1)
        layout.addLayout(row(self.printer, self.orientation, None, self.start))
        layout.addWidget(self.said)
        self.orientation.activated.connect(lambda _: self._ask_preview())
        self._ask_preview()

    def close_panel(self) -> None:
        """Nothing is drawn for it any more."""
        self._closed = True

    # ------------------------------------------------------------------ preview

    def _page(self, sharpness: float) -> MapPage:
        width, height = _SIZES[self.orientation.currentData()]
        return MapPage(width, height, sharpness, language=self._context.catalogue.language)

    def _ask_preview(self) -> None:
        page = self._page(0.75)
        self.said.setText(self._context.t("share.drawing"))
        self._context.dispatcher.submit(
            lambda _: self._draw(page), self._on_preview, self._on_failed, f"print.{id(self)}"
        )

    def _on_preview(self, data: bytes) -> None:
        if self._closed:
            return
        self.said.setText("")
        self._picture = QPixmap.fromImage(QImage.fromData(data))
        self._fit()

    def _fit(self) -> None:
        ratio = self.devicePixelRatioF()
        room = self.preview.contentsRect().size() * ratio
        smooth = Qt.TransformationMode.SmoothTransformation
        fitted = self._picture.scaled(room, Qt.AspectRatioMode.KeepAspectRatio, smooth)
        fitted.setDevicePixelRatio(ratio)
        self.preview.setPixmap(fitted)

    # ------------------------------------------------------------------ printing

    def _print(self) -> None:
        target = self.printer.currentData()
        path: Path | None = None
        if target == _PDF:
            t = self._context.t
            folder = files.documents_folder(self._context.settings.values.exports_folder)
            proposed = free_path(folder / f"{files.file_name_of(t('share.print_file'))}.pdf")
            path = files.choose_to_save(
                self.window(), t("share.print_to_pdf"), proposed, f"{t('share.kind_pdf')} (*.pdf)", ".pdf"
            )
            if path is None:
                return
        page, landscape = self._page(_PRINT_SHARPNESS), self.orientation.currentData() == "landscape"
        self.start.setEnabled(False)
        self.said.setText(self._context.t("share.drawing"))

        def done(data: bytes) -> None:
            self.start.setEnabled(True)
            try:
                print_picture(QImage.fromData(data), landscape, target, path)
            except AqahError as error:
                self._on_failed(error)
                return
            name = path.name if path is not None else target
            self.said.setText(self._context.t("share.printed", name=name))

        self._context.dispatcher.submit(lambda _: self._draw(page), done, self._on_failed)

    def _on_failed(self, error: Exception) -> None:
        self.start.setEnabled(True)
        if not isinstance(error, AqahError):
            raise error
        words = self._context.catalogue.error(error)
        self.said.setText(f"{words.message} {words.remedy}")


def printers() -> list[str]:
    """Printers of the system, the usual one first."""
    from PySide6.QtPrintSupport import QPrinterInfo

    usual = QPrinterInfo.defaultPrinterName()
    names = QPrinterInfo.availablePrinterNames()
    return sorted(names, key=lambda name: (name != usual, name.lower()))


def print_picture(picture: QImage, landscape: bool, printer_name: str, path: Path | None) -> None:
    """Print a picture on one A4 page, to a printer or (``path``) to a PDF file.

    Raises
    ------
    StorageError
        The PDF cannot be written.
    """
    if path is None:
        _paint(picture, landscape, printer_name, None)
        return
    with atomic_path(path) as temporary:
        _paint(picture, landscape, "", temporary)


def _paint(picture: QImage, landscape: bool, printer_name: str, path: Path | None) -> None:
    from PySide6.QtPrintSupport import QPrinter

    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    if path is not None:
        printer.setOutputFormat(QPrinter.OutputFormat.PdfFormat)
        printer.setOutputFileName(str(path))
    else:
        printer.setPrinterName(printer_name)
    printer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
    orientation = QPageLayout.Orientation.Landscape if landscape else QPageLayout.Orientation.Portrait
    printer.setPageOrientation(orientation)
    printer.setDocName("AQAH Desktop")
    painter = QPainter(printer)
    room = QRectF(painter.viewport())
    size = picture.size().scaled(room.size().toSize(), Qt.AspectRatioMode.KeepAspectRatio)
    place = QRectF(0, 0, size.width(), size.height())
    place.moveCenter(room.center())
    painter.drawImage(place, picture)
    painter.end()
