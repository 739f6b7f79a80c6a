"""One action: its form, what was published about it, its run, its result."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from aqah_desktop.errors import AqahError
from aqah_desktop.models.form import Form
from aqah_desktop.models.offers import Sheet
from aqah_desktop.models.result_card import ResultCard
from aqah_desktop.models.run_desk import Run
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.forms.form_view import FormView
from aqah_desktop.views.simulate.cards import EffectCard, ErrorCard, Fold, LegalCard
from aqah_desktop.views.simulate.footer import RunFooter
from aqah_desktop.views.simulate.result_view import ResultView
from aqah_desktop.views.tab_order import tab_through
from aqah_desktop.views.themed import with_icon
from aqah_desktop.views.widgets import button, clear, column, label, rule


class _Scroll(QScrollArea):
    """Room for one widget that may be higher than the panel."""

    def __init__(self) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)


class ActionPage(QWidget):
    """Built empty; :meth:`show_sheet` fills it."""

    back_asked = Signal()
    run_asked = Signal()
    cancel_asked = Signal()
    compare_asked = Signal()
    layers_asked = Signal()
    history_asked = Signal()
    pick_asked = Signal(str)
    draw_asked = Signal(str)

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self._context = context
        self.form_view: FormView | None = None
        self.result: ResultView | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._head())
        layout.addWidget(rule())
        self._body = QStackedWidget()
        self._form_area, self._result_area = _Scroll(), _Scroll()
        self._body.addWidget(self._form_area)
        self._body.addWidget(self._result_area)
        layout.addWidget(self._body, 1)
        self.footer = RunFooter(context)
        self.footer.run_asked.connect(self.run_asked)
        self.footer.cancel_asked.connect(self.cancel_asked)
        layout.addWidget(self.footer)

    def _head(self) -> QWidget:
        head = QWidget()
        layout = column(head, margins=16, spacing=4)
        layout.setContentsMargins(16, 8, 16, 12)
        self.back = button(self._context.t("simulate.back"), self.back_asked.emit, "link")
        with_icon(self.back, self._context.theme, "arrow-left", "accent")
        self.title, self.summary = label("", "heading", wrap=True), label("", "note", wrap=True)
        for widget in (self.back, self.title, self.summary):
            layout.addWidget(widget)
        return head

    # ------------------------------------------------------------------ the form

    def show_waiting(self, title: str) -> None:
        """Say that the sheet of an action is being read."""
        self._drop_form()
        self.title.setText(title)
        self.summary.setText(self._context.t("simulate.reading"))
        self._form_area.setWidget(QWidget())
        self._body.setCurrentWidget(self._form_area)
        self.footer.setVisible(False)

    def show_error(self, error: AqahError) -> None:
        """Say why an action cannot be used."""
        self._drop_form()
        self.summary.setText("")
        page, layout = self._page()
        layout.addWidget(ErrorCard(self._context, error))
        layout.addStretch(1)
        self._form_area.setWidget(page)
        self.footer.setVisible(False)

    def show_sheet(self, sheet: Sheet, form: Form) -> None:
        """Show the form of an action and what was published about it."""
        self._drop_form()
        self.title.setText(sheet.title)
        self.summary.setText(sheet.summary)
        self.summary.setVisible(bool(sheet.summary))
        page, layout = self._page()
        self._trouble = column(margins=0, spacing=8)
        layout.addLayout(self._trouble)
        self.form_view = FormView(self._context, form, sheet.names)
        self.form_view.pick_asked.connect(self.pick_asked)
        self.form_view.draw_asked.connect(self.draw_asked)
        self.form_view.submitted.connect(self.run_asked)
        layout.addWidget(self.form_view)
        for card in self._beside(sheet):
            layout.addWidget(card)
        layout.addStretch(1)
        self._form_area.setWidget(page)
        self._body.setCurrentWidget(self._form_area)
        is_action = sheet.spec.family == "action"
        self.footer.run.setText(self._context.t("simulate.run" if is_action else "simulate.run_plain"))
        self.footer.run.setAccessibleName(self.footer.run.text())
        self.footer.rest()
        self.footer.setVisible(True)
        tab_through(self.back, page, (self.footer.run, self.footer.cancel))

    def _page(self) -> tuple[QWidget, QVBoxLayout]:
        page = QWidget()
        page.setObjectName("panel")
        return page, column(page, margins=16, spacing=20)

    def _beside(self, sheet: Sheet) -> list[QWidget]:
        """State of the law and published effects, or why they are missing."""
        t = self._context.t
        cards: list[QWidget] = []
        if sheet.beside_error is not None:
            cards.append(ErrorCard(self._context, sheet.beside_error, t("simulate.effects_failed")))
        if sheet.legal is not None:
            cards.append(LegalCard(self._context, sheet.legal))
        if sheet.references:
            count = len(sheet.references)
            fold = Fold(t("simulate.effects_show", count=count), t("simulate.effects_hide"))
            fold.content.addWidget(label(t("simulate.effects_intro"), "note", wrap=True))
            for reference in sorted(sheet.references, key=lambda r: not r.usable):
                fold.content.addWidget(EffectCard(self._context, reference))
            cards.append(fold)
        elif sheet.spec.family == "action" and sheet.beside_error is None:
            cards.append(label(t("simulate.effects_none"), "note", wrap=True))
        return cards

    def _drop_form(self) -> None:
        if self.form_view is not None:
            self.form_view.release()
            self.form_view = None

    def release(self) -> None:
        """Stop following the form."""
        self._drop_form()

    # ------------------------------------------------------------------ run

    def show_trouble(self, card: QWidget | None) -> None:
        """Show a card above the form, or none."""
        clear(self._trouble)
        if card is not None:
            self._trouble.addWidget(card)
            self._form_area.verticalScrollBar().setValue(0)

    def go_to(self, name: str) -> None:
        """Bring a field into view with the keyboard in it, and name it in the foot."""
        assert self.form_view is not None
        row = self.form_view.go_to(name)
        if row is not None:
            self._form_area.ensureWidgetVisible(row, 0, 24)
            words = self._context.t("simulate.to_fix", label=self.form_view.rows[name].field.label)
            self.footer.rest(words)

    def show_failed(self, error: AqahError) -> None:
        """Say why a run failed; the values are still there."""
        t = self._context.t
        self._body.setCurrentWidget(self._form_area)
        self.show_trouble(ErrorCard(self._context, error, t("simulate.failed"), t("simulate.nothing_lost")))
        self.footer.rest()

    def show_result(self, run: Run, card: ResultCard, parameters: str) -> None:
        """Show what a run found in place of the form."""
        self.show_trouble(None)
        self.result = ResultView(self._context, card, parameters, len(run.entries))
        self.result.compare_asked.connect(self.compare_asked)
        self.result.layers_asked.connect(self.layers_asked)
        self.result.history_asked.connect(self.history_asked)
        self.result.change_asked.connect(self.show_form)
        self._result_area.setWidget(self.result)
        tab_through(self.back, self.result)
        self._result_area.verticalScrollBar().setValue(0)
        self._body.setCurrentWidget(self._result_area)
        self.footer.rest()
        self.footer.setVisible(False)
        self.result.next.setFocus()

    def show_form(self) -> None:
        """Go back from the result to the form, values as they were."""
        self._body.setCurrentWidget(self._form_area)
        self.footer.setVisible(True)
        self.footer.run.setFocus()

    @property
    def shows_result(self) -> bool:
        """Whether the result is in front."""
        return self._body.currentWidget() is self._result_area
