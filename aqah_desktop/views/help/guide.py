"""The user guide, inside the window and without network."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import QImage, QTextDocument
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QSplitter, QTextBrowser, QVBoxLayout, QWidget

from aqah_desktop.locations import guide_folder
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.shell.centre import Shell
from aqah_desktop.views.widgets import label

_FIRST = "README.md"
_TITLE = re.compile(r"^#\s+(.+)$", re.MULTILINE)


def pages_of(folder: Path) -> list[tuple[str, Path]]:
    """Pages of the guide: title and file, in the order of their numbers, the first page first."""
    files = sorted(folder.glob("*.md"), key=lambda path: (path.name != _FIRST, path.name))
    pages = []
    for path in files:
        found = _TITLE.search(path.read_text(encoding="utf-8"))
        pages.append((found.group(1).strip() if found else path.stem, path))
    return pages


class GuideView(QTextBrowser):
    """Shows pages and pictures of one folder, and nothing from anywhere else."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder.resolve()
        self.setOpenExternalLinks(False)
        self.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.setObjectName("guide")
        self.document().setDocumentMargin(24)

    def loadResource(self, kind: int, url: QUrl | str):
        """Files below the folder only; pictures as wide as the page."""
        url = QUrl(url)
        resolved = self.source().resolved(url) if url.isRelative() else url
        path = Path(resolved.toLocalFile()).resolve() if resolved.isLocalFile() else None
        if path is None or not path.is_relative_to(self._folder) or not path.is_file():
            return None
        if kind == QTextDocument.ResourceType.ImageResource:
            return self._picture(path)
        return path.read_text(encoding="utf-8")

    def resizeEvent(self, event) -> None:
        """Fit the pictures again."""
        before = self.viewport().width()
        super().resizeEvent(event)
        if self.source().isValid() and before != event.oldSize().width():
            place = self.verticalScrollBar().value()
            self.reload()
            self.verticalScrollBar().setValue(place)

    def _picture(self, path: Path) -> QImage:
        picture = QImage(str(path))
        ratio = self.devicePixelRatioF()
        room = max(round((self.viewport().width() - 64) * ratio), 100)
        if picture.width() > room:
            picture = picture.scaledToWidth(room, Qt.TransformationMode.SmoothTransformation)
        picture.setDevicePixelRatio(ratio)
        return picture


class GuidePanel(QWidget):
    """Contents on the left, the page on the right."""

    def __init__(self, context: ViewContext, folder: Path | None = None) -> None:
        super().__init__()
        t, folder = context.t, folder or guide_folder()
        self.pages = pages_of(folder) if folder.is_dir() else []
        self.contents, self.view = QListWidget(), GuideView(folder)
        self.contents.setAccessibleName(t("help_page.guide_contents"))
        self.contents.setObjectName("guide_contents")
        self.view.setAccessibleName(t("help_page.guide"))
        for title, path in self.pages:
            item = QListWidgetItem(title)
            item.setData(Qt.ItemDataRole.UserRole, str(path))
            self.contents.addItem(item)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        if not self.pages:
            layout.addWidget(label(t("help_page.guide_missing"), "soft", wrap=True))
            return
        split = QSplitter(Qt.Orientation.Horizontal)
        split.addWidget(self.contents)
        split.addWidget(self.view)
        split.setStretchFactor(1, 1)
        split.setSizes([230, 700])
        layout.addWidget(split)
        self.contents.currentItemChanged.connect(self._on_chosen)
        self.view.sourceChanged.connect(self._on_source)
        self.contents.setCurrentRow(0)

    def show_page(self, name: str) -> None:
        """Show the page of a file name."""
        for number, (_, path) in enumerate(self.pages):
            if path.name == name:
                self.contents.setCurrentRow(number)

    def _on_chosen(self, item: QListWidgetItem | None, _before: object = None) -> None:
        if item is not None:
            self.view.setSource(QUrl.fromLocalFile(item.data(Qt.ItemDataRole.UserRole)))

    def _on_source(self, url: QUrl) -> None:
        """A link led to another page: the contents follow."""
        path = Path(url.toLocalFile())
        for number, (_, known) in enumerate(self.pages):
            if known == path and self.contents.currentRow() != number:
                self.contents.blockSignals(True)
                self.contents.setCurrentRow(number)
                self.contents.blockSignals(False)


def bind_guide(shell: Shell) -> None:
    """Bind *Guide de l'utilisateur*."""
    context = shell.context
    context.actions.bind(
        "help.guide",
        lambda: shell.open_sheet(
            "guide",
            context.t("help_page.guide"),
            lambda: GuidePanel(context),
            QSize(1120, 700),
            scrolls=False,
        ),
    )
