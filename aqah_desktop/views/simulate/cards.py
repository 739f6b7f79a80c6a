"""Cards of the panel: an offer, an error, a published effect, the state of the law."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from aqah_desktop.errors import AqahError
from aqah_desktop.messages import Catalogue
from aqah_desktop.models.offers import Offer
from aqah_desktop.models.parameter_words import decimals_of
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.widgets import button, column, label

if TYPE_CHECKING:
    from aqah_desktop.plugin_api import LegalStatus, PublishedEffect, Reference


class OfferCard(QFrame):
    """An action one can open with a click, Enter or Space."""

    chosen = Signal(str)

    def __init__(self, context: ViewContext, offer: Offer) -> None:
        super().__init__()
        self._context, self.offer = context, offer
        self.setObjectName("card")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        layout = column(self, margins=12, spacing=4)
        layout.addWidget(label(offer.title, "strong", wrap=True))
        self._summary = label("", "note", wrap=True)
        layout.addWidget(self._summary)
        self.show_summary(offer.summary)

    def show_summary(self, text: str) -> None:
        """Say in a sentence what it does."""
        self._summary.setText(text)
        self._summary.setVisible(bool(text))
        self.setAccessibleName(f"{self.offer.title}. {text}")

    def show_error(self, error: AqahError) -> None:
        """Say why it cannot be used; a click no longer opens it."""
        self.setCursor(Qt.CursorShape.ArrowCursor)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        words = self._context.services.catalogue.error(error)
        self.show_summary(f"{words.message} {words.remedy}")
        self.setEnabled(False)

    def mouseReleaseEvent(self, event) -> None:
        """Open it."""
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.chosen.emit(self.offer.algorithm_id)

    def keyPressEvent(self, event) -> None:
        """Open it with Enter or Space."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.chosen.emit(self.offer.algorithm_id)
        else:
            super().keyPressEvent(event)


class ErrorCard(QFrame):
    """What happened, why, what to do, and what was not lost."""

    def __init__(self, context: ViewContext, error: AqahError, title: str = "", after: str = "") -> None:
        super().__init__()
        self.setObjectName("danger")
        self.steps = QVBoxLayout()
        words = context.services.catalogue.error(error)
        layout = column(self, margins=12, spacing=6)
        if title:
            layout.addWidget(label(title, "strong", wrap=True))
        layout.addWidget(label(words.message, "" if title else "strong", wrap=True))
        for part in (words.cause, words.remedy, after):
            if part:
                layout.addWidget(label(part, "note", wrap=True))
        layout.addLayout(self.steps)
        self.setAccessibleName(" ".join((title, words.message, words.cause, words.remedy, after)).strip())


class Fold(QWidget):
    """A heading that opens and closes what is below it."""

    def __init__(self, show: str, hide: str) -> None:
        super().__init__()
        self._show, self._hide = show, hide
        layout = column(self, margins=0, spacing=8)
        self.toggle = button(show, lambda: self.open(not self.body.isVisibleTo(self)), "link")
        layout.addWidget(self.toggle)
        self.body = QWidget()
        self.content = column(self.body, margins=0, spacing=8)
        self.body.setVisible(False)
        layout.addWidget(self.body)

    def open(self, wanted: bool) -> None:
        """Show or hide the content."""
        self.body.setVisible(wanted)
        self.toggle.setText(self._hide if wanted else self._show)
        self.toggle.setAccessibleName(self.toggle.text())


class EffectCard(QFrame):
    """One published effect with its source, and what may be made of it."""

    def __init__(self, context: ViewContext, reference: Reference) -> None:
        super().__init__()
        t, catalogue = context.t, context.services.catalogue
        effect = reference.effect
        self.setObjectName("notice" if reference.usable else "card")
        layout = column(self, margins=10, spacing=3)
        kind_key = f"simulate.effect_{effect.effect_type}"
        kind = t(kind_key) if context.catalogue.has(kind_key) else effect.effect_type
        line = t(
            "simulate.effect_line",
            pollutant=effect.pollutant,
            kind=kind,
            value=figure_words(effect, catalogue),
        )
        layout.addWidget(label(line, "strong", wrap=True))
        language = catalogue.language
        for words in (effect.context.in_language(language), effect.note.in_language(language)):
            if words:
                layout.addWidget(label(words, "note", wrap=True))
        source = t("simulate.effect_source", source=effect.source)
        confidence = t(f"simulate.confidence_{effect.confidence.value}")
        layout.addWidget(label(f"{source} ({confidence})", "note", wrap=True))
        worth = t("simulate.effect_usable" if reference.usable else "simulate.effect_not_usable")
        layout.addWidget(label(f"{worth} — {catalogue.text(reference.caveat)}", "note", wrap=True))


def figure_words(effect: PublishedEffect, catalogue: Catalogue) -> str:
    """``−14 %``, ``−40 à −52 %``; says so where the source gives no figure."""
    given = [value for value in (effect.low, effect.central, effect.high) if value is not None]
    if not given:
        return catalogue.text("simulate.effect_no_figure")
    low, high = given[0], given[-1]
    last = catalogue.quantity(high, effect.unit, decimals_of(high))
    if low == high:
        return last
    return catalogue.text("simulate.effect_range", low=catalogue.number(low, decimals_of(low)), high=last)


class LegalCard(QFrame):
    """State of the law on the day it was read."""

    def __init__(self, context: ViewContext, status: LegalStatus) -> None:
        super().__init__()
        self.setObjectName("warning" if status.to_be_verified else "notice")
        t = context.t
        layout = column(self, margins=12, spacing=4)
        try:
            day = context.catalogue.day(date.fromisoformat(status.as_of))
        except ValueError:
            day = status.as_of
        key = "simulate.legal_as_of" if status.to_be_verified else "simulate.legal_as_of_verified"
        layout.addWidget(label(f"{t('simulate.legal')} — {t(key, day=day)}", "strong", wrap=True))
        layout.addWidget(label(context.services.catalogue.text(status.text), "note", wrap=True))
        if status.source_url:
            source = label(t("simulate.effect_source", source=_host(status.source_url)), "note", wrap=True)
            source.setToolTip(status.source_url)
            layout.addWidget(source)


def _host(address: str) -> str:
    """The site of an address: the whole one is in the tool tip."""
    return address.partition("://")[2].partition("/")[0] or address
