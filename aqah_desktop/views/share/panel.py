"""One thing to take away: what it will hold, where it goes, one button, its progress, the folder."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QCheckBox, QFrame, QLabel, QProgressBar, QWidget

from aqah_desktop.errors import AqahError
from aqah_desktop.models.sharing import Stop, Tell
from aqah_desktop.records import Text
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.qt_dispatch import Ticket
from aqah_desktop.views.shell import files
from aqah_desktop.views.widgets import ElidedLabel, button, column, label, row

#: Writes to a path with the chosen options; returns what was written. Runs on a worker thread.
Write = Callable[[Path, frozenset[str], Tell, Stop], Path]


@dataclass(frozen=True)
class Option:
    """A part that can be left out."""

    name: str
    text: str
    chosen: bool


@dataclass(frozen=True)
class Offer:
    """What can be taken away.

    ``contents`` says in sentences what it will hold; ``file_kind`` is the words of the file dialog.
    """

    button: str
    contents: tuple[str, ...]
    path: Path
    file_kind: str
    write: Write
    options: tuple[Option, ...] = field(default=())


class SharePanel(QWidget):
    """Shows an offer and carries it out; closing the panel stops what is under way."""

    def __init__(self, context: ViewContext, offer: Offer) -> None:
        super().__init__()
        self._context, self._offer, self._path = context, offer, free_path(offer.path)
        self._ticket: Ticket | None = None
        self._written: Path | None = None
        t = context.t
        layout = column(self, margins=24, spacing=12)
        layout.addWidget(label(t("share.holds"), "overline"))
        for sentence in offer.contents:
            layout.addLayout(self._line(sentence))
        self.options = {option.name: self._option(option) for option in offer.options}
        for box in self.options.values():
            layout.addWidget(box)
        layout.addSpacing(8)
        layout.addWidget(label(t("share.goes_to"), "overline"))
        self._shown = ElidedLabel(path=True)
        self.change = button(t("share.change"), self._change)
        where = row(self._shown, self.change)
        where.setStretch(0, 1)
        layout.addLayout(where)
        layout.addSpacing(8)
        self.start = self.first_focus = button(offer.button, self._start, "primary")
        layout.addLayout(row(None, self.start))
        layout.addWidget(self._make_progress())
        layout.addWidget(self._make_result())
        layout.addStretch(1)
        self._show_path()

    def close_panel(self) -> None:
        """Stop what is under way."""
        if self._ticket is not None:
            self._ticket.drop()

    @property
    def path(self) -> Path:
        """Where it goes."""
        return self._path

    @property
    def written(self) -> Path | None:
        """What was written."""
        return self._written

    # ------------------------------------------------------------------ parts

    def _line(self, sentence: str):
        tick = QLabel()
        tick.setPixmap(self._context.theme.pixmap("check", 16, "accent"))
        tick.setFixedWidth(20)
        line = row(tick, label(sentence, wrap=True))
        line.setStretch(1, 1)
        return line

    def _option(self, option: Option) -> QCheckBox:
        box = QCheckBox(option.text)
        box.setChecked(option.chosen)
        return box

    def _make_progress(self) -> QWidget:
        self._progress = QFrame()
        self._doing = label("", "note", wrap=True)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self.cancel = button(self._context.t("shell.cancel"), self._cancel)
        layout = column(self._progress, margins=0, spacing=8)
        layout.addWidget(self._doing)
        line = row(self._bar, self.cancel)
        line.setStretch(0, 1)
        layout.addLayout(line)
        self._progress.setVisible(False)
        return self._progress

    def _make_result(self) -> QWidget:
        t = self._context.t
        self._result = QFrame()
        layout = column(self._result, margins=16, spacing=8)
        self._words = label("", "strong", wrap=True)
        self._more = label("", "", wrap=True)
        self.open_folder = button(t("share.open_folder"), self._open_folder)
        self.open_file = button(t("share.open_file"), self._open_file, "link")
        layout.addWidget(self._words)
        layout.addWidget(self._more)
        layout.addLayout(row(self.open_folder, self.open_file, None))
        self._result.setVisible(False)
        return self._result

    def _show_path(self) -> None:
        self._shown.setText(str(self._path))

    # ------------------------------------------------------------------ acts

    def _change(self) -> None:
        title, kinds = self._context.t("share.goes_to"), self._offer.file_kind
        chosen = files.choose_to_save(self.window(), title, self._path, kinds, self._path.suffix)
        if chosen is not None:
            self._path = chosen
            self._show_path()

    def _start(self) -> None:
        options = frozenset(name for name, box in self.options.items() if box.isChecked())
        path, dispatcher = self._path, self._context.dispatcher
        self._set_busy(True)
        self._say(0.0, self._context.t("share.starting"))

        def work(ticket: Ticket) -> Path:
            def tell(fraction: float, text: Text) -> None:
                dispatcher.call(lambda: self._on_progress(ticket, fraction, text))

            return self._offer.write(path, options, tell, ticket.dropped)

        self._ticket = dispatcher.submit(work, self._on_done, self._on_failed)

    def _cancel(self) -> None:
        if self._ticket is not None:
            self._ticket.drop()
        self._set_busy(False)
        self._show_result("notice", self._context.t("share.cancelled"), "", written=False)

    def _on_progress(self, ticket: Ticket, fraction: float, text: Text) -> None:
        if not ticket.dropped() and self._progress.isVisible():
            self._say(fraction, self._context.t(text))

    def _on_done(self, path: Path) -> None:
        self._written = path
        self._set_busy(False)
        folder = self._context.t("share.in_folder", folder=str(path.parent))
        self._show_result("notice", self._context.t("share.written", name=path.name), folder, written=True)
        self.open_folder.setFocus()
        self._path = free_path(path)
        self._show_path()

    def _on_failed(self, error: Exception) -> None:
        self._set_busy(False)
        if not isinstance(error, AqahError):
            raise error
        words = self._context.catalogue.error(error)
        self._show_result("danger", words.message, f"{words.cause} {words.remedy}", written=False)

    def _set_busy(self, busy: bool) -> None:
        self._progress.setVisible(busy)
        self._result.setVisible(False)
        for widget in (self.start, self.change, *self.options.values()):
            widget.setEnabled(not busy)
        if busy:
            self.cancel.setFocus()
        else:
            self._ticket = None
            self.start.setFocus()

    def _say(self, fraction: float, text: str) -> None:
        self._doing.setText(text)
        self._bar.setRange(0, 0 if fraction <= 0 else 100)
        self._bar.setValue(round(100 * fraction))

    def _show_result(self, tone: str, words: str, more: str, *, written: bool) -> None:
        self._result.setObjectName(tone)
        self._result.style().unpolish(self._result)
        self._result.style().polish(self._result)
        self._words.setText(words)
        self._more.setText(more)
        self._more.setVisible(bool(more))
        self.open_folder.setVisible(written)
        self.open_file.setVisible(written)
        self._result.setVisible(True)

    def _open_folder(self) -> None:
        if self._written is not None:
            files.show_folder(self._written)

    def _open_file(self) -> None:
        if self._written is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._written)))


def free_path(path: Path) -> Path:
    """The path, or the next one with a number that nothing is at yet: nothing is overwritten unasked."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem} ({number}){path.suffix}")
    return free
