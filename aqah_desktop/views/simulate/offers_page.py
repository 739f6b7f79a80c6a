"""The list of what can be simulated or computed."""

from __future__ import annotations

from itertools import groupby, pairwise

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QScrollArea, QWidget

from aqah_desktop.errors import AqahError
from aqah_desktop.models.offers import FAMILIES, Offer
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.simulate.cards import ErrorCard, OfferCard
from aqah_desktop.views.widgets import clear, column, label


class OffersPage(QScrollArea):
    """Cards by family."""

    chosen = Signal(str)

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self._context = context
        self.cards: dict[str, OfferCard] = {}
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        page = QWidget()
        page.setObjectName("panel")
        layout = column(page, margins=16, spacing=12)
        layout.addWidget(label(context.t("simulate.heading"), "heading", wrap=True))
        layout.addWidget(label(context.t("simulate.intro"), "soft", wrap=True))
        self._list = column(margins=0, spacing=8)
        layout.addLayout(self._list)
        layout.addStretch(1)
        self.setWidget(page)
        self._say(context.t("simulate.looking"))

    def show_offers(self, offers: list[Offer]) -> None:
        """Fill the list; what cannot be used stands at the end with its reason."""
        clear(self._list)
        self.cards.clear()
        t = self._context.t
        if not offers:
            self._say(t("simulate.none"))
        for family, group in groupby(offers, key=lambda offer: offer.family):
            known = (*FAMILIES, "broken")
            title = t(f"simulate.family_{family if family in known else 'other'}")
            self._list.addWidget(label(title, "overline", wrap=True))
            for offer in group:
                self._list.addWidget(self._card(offer))
        cards = list(self.cards.values())
        for first, second in pairwise(cards):
            QWidget.setTabOrder(first, second)

    def _card(self, offer: Offer) -> QWidget:
        if offer.error is not None:
            return ErrorCard(self._context, offer.error)
        card = OfferCard(self._context, offer)
        card.chosen.connect(self.chosen)
        self.cards[offer.algorithm_id] = card
        return card

    def show_summary(self, algorithm_id: str, text: str) -> None:
        """Complete a card."""
        if algorithm_id in self.cards:
            self.cards[algorithm_id].show_summary(text)

    def show_error(self, algorithm_id: str, error: AqahError) -> None:
        """Say that an offer cannot be used."""
        if algorithm_id in self.cards:
            self.cards[algorithm_id].show_error(error)

    def first_card(self) -> QWidget | None:
        """The card that receives the keyboard first."""
        return next(iter(self.cards.values()), None)

    def _say(self, text: str) -> None:
        clear(self._list)
        self._list.addWidget(label(text, "note", wrap=True))
