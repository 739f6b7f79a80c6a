"""The properties of a layer: its whole record as a text one can read, select and copy."""

from __future__ import annotations

import html

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QTextBrowser, QVBoxLayout, QWidget

from aqah_desktop.models.layer_card import CardPart, as_text, card
from aqah_desktop.models.layer_records import standing_of
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.reporting.words import standing_tone, standing_words
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.widgets import button, label, row

_INDENT_PX = 14


class PropertiesCard(QWidget):
    """Title, standing and record of one layer."""

    def __init__(self, context: ViewContext, entry: LayerEntry) -> None:
        super().__init__()
        self._context, self._entry = context, entry
        state, pack = context.project.state, context.services.pack
        self._parts = card(entry, state, pack, context.catalogue)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(24, 16, 12, 16)
        layout.setSpacing(12)
        layout.addWidget(label(context.t(entry.layer.title), "heading", wrap=True))
        standing = standing_of(entry, state, pack)
        if standing is not None:
            layout.addWidget(
                self._badge(standing_words(standing, context.catalogue), standing_tone(standing))
            )
        self.text = QTextBrowser()
        self.text.setObjectName("record")
        self.text.setFrameShape(QFrame.Shape.NoFrame)
        self.text.setOpenLinks(False)
        self.text.setAccessibleName(context.t("layer_panel.card.title"))
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        layout.addWidget(self.text, 1)
        copy = button(context.t("layer_panel.card.copy"), self.copy, icon=context.theme.icon("copy"))
        layout.addLayout(row(None, copy))
        self._show()
        context.theme.changed.connect(self._show)

    def copy(self) -> None:
        """Put the record on the clipboard as plain text."""
        QGuiApplication.clipboard().setText(as_text(self._context.t(self._entry.layer.title), self._parts))
        self._context.notifications.tell("layer_panel.card.copied", "success")

    def _badge(self, words: str, tone: str) -> QFrame:
        frame = QFrame()
        frame.setObjectName({"accent": "notice", "warning": "warning", "danger": "danger"}[tone])
        layout = QVBoxLayout(frame)
        layout.setContentsMargins(12, 6, 12, 6)
        layout.addWidget(label(words, "strong", wrap=True))
        return frame

    def _show(self) -> None:
        self.text.setHtml(_document(self._parts, self._context.theme.tokens.colours))


def _document(parts: tuple[CardPart, ...], colours: dict[str, str]) -> str:
    """The record as rich text: names above their values, nested figures beside their name."""
    blocks = []
    for part in parts:
        blocks.append(
            f'<p style="margin:18px 0 6px 0; font-weight:600; font-size:15px; color:{colours["ink"]}">'
            f"{html.escape(part.title)}</p>"
        )
        nested = any(fact.level for fact in part.facts) or any(not fact.value for fact in part.facts)
        blocks.append(_figures(part, colours) if nested else _plain(part, colours))
    return "".join(blocks)


def _plain(part: CardPart, colours: dict[str, str]) -> str:
    lines = [
        f'<tr><td style="padding:3px 16px 3px 0; color:{colours["ink_faint"]}; font-size:13px" width="150">'
        f"{html.escape(fact.name)}</td>"
        f'<td style="padding:3px 0; color:{colours["ink"]}; font-size:13px">'
        f"{html.escape(fact.value)}</td></tr>"
        for fact in part.facts
    ]
    return f'<table cellspacing="0" width="100%">{"".join(lines)}</table>'


def _figures(part: CardPart, colours: dict[str, str]) -> str:
    lines = []
    for fact in part.facts:
        left = fact.level * _INDENT_PX
        weight = "400" if fact.value else "600"
        colour = colours["ink_soft" if fact.value else "ink"]
        lines.append(
            f'<tr><td style="padding:2px 16px 2px {left}px; color:{colour}; font-weight:{weight}; '
            f'font-size:13px">{html.escape(fact.name)}</td>'
            f'<td align="right" style="padding:2px 0; color:{colours["ink"]}; font-size:13px">'
            f"{html.escape(fact.value)}</td></tr>"
        )
    return f'<table cellspacing="0" width="100%">{"".join(lines)}</table>'
