"""The panel *Scénario*: list of actions, form, run, result."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QTimer, Signal, SignalInstance
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from aqah_desktop.errors import AqahError
from aqah_desktop.models.form import Form
from aqah_desktop.models.offers import Offer, Sheet, deep_problems, describe, offers, read_sheet
from aqah_desktop.models.parameter_words import (
    parameters_in_a_line,
    parameters_in_words,
    with_whole_territory,
)
from aqah_desktop.models.result_card import card_of
from aqah_desktop.models.run_desk import Run, RunDesk, Stage
from aqah_desktop.records import Problem
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.map.place_tools import PlaceOnMap
from aqah_desktop.views.qt_dispatch import Dispatcher
from aqah_desktop.views.simulate.action_page import ActionPage
from aqah_desktop.views.simulate.cards import ErrorCard
from aqah_desktop.views.simulate.offers_page import OffersPage

#: The algorithm is asked about the values once they have rested this long, ms.
_CHECK_AFTER_MS = 600


class SimulatePanel(QWidget):
    """List of actions, and the page of the one that is open.

    Parameters
    ----------
    context : ViewContext
        Services, project, texts.
    asker : Dispatcher
        Asks plugins, which may take their time: never the dispatcher that paints the map.
    desk : RunDesk
        Starts and follows runs.
    places : PlaceOnMap
        Shows the place of the form and lets it be chosen on the map.
    """

    #: Before and after of a run to be compared, by the id of its record.
    compare_asked = Signal(str)
    #: The layers of a run to be put on top of the map, by the id of its record.
    layers_asked = Signal(str)
    #: A run to be shown in the history, by the id of its record.
    history_asked = Signal(str)

    def __init__(self, context: ViewContext, asker: Dispatcher, desk: RunDesk, places: PlaceOnMap) -> None:
        super().__init__()
        self._context, self._asker, self._desk, self._places = context, asker, desk, places
        self._sheet: Sheet | None = None
        self._form: Form | None = None
        self._run: Run | None = None
        self._listed: list[Offer] = []
        self.offers_page, self.action_page = OffersPage(context), ActionPage(context)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.offers_page)
        self._stack.addWidget(self.action_page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack)
        self._check = QTimer(self, singleShot=True, interval=_CHECK_AFTER_MS)
        self._check.timeout.connect(self._ask_algorithm)
        self._connect()

    def _connect(self) -> None:
        page, project = self.action_page, self._context.project
        self.offers_page.chosen.connect(self.open_action)
        page.back_asked.connect(self.show_offers)
        page.run_asked.connect(self.run)
        page.cancel_asked.connect(self.cancel)
        page.compare_asked.connect(lambda: self._tell(self.compare_asked))
        page.history_asked.connect(lambda: self._tell(self.history_asked))
        page.layers_asked.connect(lambda: self._tell(self.layers_asked))
        page.pick_asked.connect(self._on_pick)
        page.draw_asked.connect(self._on_draw)
        self._desk.changed.connect(self._on_run)
        self._desk.ended.connect(self._on_ended)
        project.territory_changed.connect(self._on_territory)
        project.runs_changed.connect(self._on_runs)

    def release(self) -> None:
        """Stop following project and desk."""
        project = self._context.project
        self._check.stop()
        self.action_page.release()
        self._desk.changed.disconnect(self._on_run)
        self._desk.ended.disconnect(self._on_ended)
        project.territory_changed.disconnect(self._on_territory)
        project.runs_changed.disconnect(self._on_runs)

    # ------------------------------------------------------------------ the list

    def ask_offers(self) -> None:
        """Look for actions, the first time the list is wanted."""
        if not self._listed:
            services = self._context.services
            self._asker.submit(lambda _: offers(services), self._on_offers, self._on_no_offers, "offers")

    def _on_no_offers(self, error: Exception) -> None:
        self._context.notifications.error(_expected(error))

    def _on_offers(self, listed: list[Offer]) -> None:
        self._listed = listed
        self.offers_page.show_offers(listed)
        for offer in listed:
            if offer.plugin and offer.error is None:
                self._ask_summary(offer.algorithm_id)

    def _ask_summary(self, name: str) -> None:
        services, page = self._context.services, self.offers_page
        self._asker.submit(
            lambda _: describe(services, name),
            lambda text: page.show_summary(name, text),
            lambda error: page.show_error(name, _expected(error)),
        )

    def show_offers(self) -> None:
        """Go back to the list."""
        self._places.stop()
        self._places.hide()
        self._stack.setCurrentWidget(self.offers_page)
        card = self.offers_page.first_card()
        if card is not None:
            card.setFocus()

    # ------------------------------------------------------------------ the form

    def open_action(self, algorithm_id: str, plain: Mapping[str, Any] | None = None) -> None:
        """Open the form of an action, with the parameters of a run record when given."""
        self._places.stop()
        title = next((o.title for o in self._listed if o.algorithm_id == algorithm_id), algorithm_id)
        self.action_page.show_waiting(title)
        self._stack.setCurrentWidget(self.action_page)
        services, territory = self._context.services, self._context.project.state.territory
        self._asker.submit(
            lambda _: read_sheet(services, algorithm_id, territory),
            lambda sheet: self._on_sheet(sheet, plain),
            lambda error: self.action_page.show_error(_expected(error)),
            "sheet",
        )

    def _on_sheet(self, sheet: Sheet, plain: Mapping[str, Any] | None) -> None:
        self._sheet, self._run = sheet, None
        self._form = Form(sheet.spec, sheet.fields, sheet.catalogue, self._start_values(sheet))
        if plain is not None:
            self._form.load(with_whole_territory(sheet.spec, plain, sheet.names.members))
        self.action_page.show_sheet(sheet, self._form)
        self._form.changed.connect(self._on_form)
        self._follow_territory()
        self._show_place()
        running = next((r for r in self._desk.active if r.algorithm_id == sheet.spec.id), None)
        if running is not None:
            self._run = running
            self.action_page.footer.follow(running)
        first = next((f for f in sheet.fields if not f.fixed), None)
        if first is not None and self.action_page.form_view is not None:
            self.action_page.form_view.go_to(first.name)

    def _start_values(self, sheet: Sheet) -> dict[str, Any]:
        """What the window knows: territory, and pollutant and year where the algorithm has maps for them."""
        state = self._context.project.state
        known: dict[str, Any] = {"territory": state.territory, "year": state.year}
        values: dict[str, Any] = {}
        for field in sheet.fields:
            if field.kind == "pollutant" and state.pollutant.value in {c.value for c in field.choices}:
                values[field.name] = state.pollutant.value
            elif field.kind in known:
                values[field.name] = known[field.kind]
        return values

    def _on_form(self, name: str) -> None:
        self._show_place()
        if name:
            self.action_page.show_trouble(None)
            self.action_page.footer.rest()
            self._check.start()

    def _ask_algorithm(self) -> None:
        form, sheet = self._form, self._sheet
        if form is None or sheet is None or not form.ready:
            return
        services, given = self._context.services, form.given()
        self._asker.submit(
            lambda _: deep_problems(services, sheet.spec.id, given),
            lambda problems: self._on_checked(form, given, problems),
            lambda error: self._on_unchecked(form, _expected(error)),
            "check",
        )

    def _on_checked(self, form: Form, given: dict[str, Any], problems: list[Problem]) -> None:
        if form is self._form and form.given() == given:
            form.put_found(problems)

    def _on_unchecked(self, form: Form, error: AqahError) -> None:
        if form is self._form:
            title = self._context.t("simulate.check_failed")
            self.action_page.show_trouble(ErrorCard(self._context, error, title))

    # ------------------------------------------------------------------ places

    def _place_name(self) -> str:
        fields = self._sheet.fields if self._sheet is not None else ()
        return next((f.name for f in fields if f.kind in ("place", "communes")), "")

    def _show_place(self) -> None:
        name = self._place_name()
        on_top = self._stack.currentWidget() is self.action_page
        value = self._form.value(name) if self._form is not None and name and on_top else None
        self._places.show(value)

    def _on_pick(self, name: str) -> None:
        form, sheet = self._form, self._sheet
        if form is None or sheet is None:
            return
        is_place = next(f.kind for f in sheet.fields if f.name == name) == "place"
        value = form.value(name)
        codes = getattr(value, "communes", ()) if is_place else tuple(value or ())

        def chosen(picked: tuple[str, ...]) -> None:
            from aqah_desktop.records import Place

            form.set(name, Place(communes=picked) if is_place else picked)

        self._places.pick(sheet.names, codes, chosen)

    def _on_draw(self, name: str) -> None:
        form = self._form
        if form is not None:
            self._places.draw(lambda place: form.set(name, place))

    # ------------------------------------------------------------------ the run

    def run(self) -> None:
        """Run with the values of the form, or go to the first that is wrong."""
        if self._form is None or self._sheet is None or (self._run and not self._run.stage.over):
            return
        self._places.stop()
        self.action_page.show_trouble(None)
        if not self._form.ask():
            self.action_page.go_to(self._form.first_bad())
            return
        self._run = self._desk.start(self._sheet.spec.id, self._form.given(), self._sheet.title)
        if not self._run.stage.over:
            self.action_page.footer.follow(self._run)

    def shows(self, run: Run) -> bool:
        """Whether the page in front is that of a run."""
        return run is self._run and self._stack.currentWidget() is self.action_page

    def cancel(self) -> None:
        """Stop the run of this page."""
        if self._run is not None:
            self._desk.cancel(self._run)
            if not self._run.stage.over:
                self.action_page.footer.follow(self._run)

    def _on_run(self, run: Run) -> None:
        if run is self._run and not run.stage.over:
            self.action_page.footer.follow(run)

    def _on_ended(self, run: Run) -> None:
        if run is not self._run:
            return
        page = self.action_page
        if run.stage is Stage.DONE:
            self._show_result(run)
        elif run.stage is Stage.CANCELLED:
            page.footer.rest(self._context.t("simulate.cancelled"))
        elif run.error is not None:
            page.show_failed(run.error)

    def _show_result(self, run: Run) -> None:
        assert run.finished is not None and self._sheet is not None
        catalogue = self._context.services.catalogue
        plain = json.loads(run.finished.record.parameters)
        pairs = parameters_in_words(self._sheet.spec, plain, catalogue, self._sheet.names)
        words = parameters_in_a_line(pairs, catalogue)
        self.action_page.show_result(run, card_of(run.finished, catalogue), words)
        self._places.hide()

    def _tell(self, signal: SignalInstance) -> None:
        if self._run is not None and self._run.record is not None:
            signal.emit(self._run.record.id)

    # ------------------------------------------------------------------ following the project

    def _on_runs(self, runs: tuple[Any, ...]) -> None:
        run, result = self._run, self.action_page.result
        if run is not None and run.record is not None and result is not None:
            result.show_gone(all(kept.id != run.record.id for kept in runs))

    def _on_territory(self, code: str) -> None:
        self._places.stop()
        if self._form is not None and code:
            self._form.set("territory", code)
            self._follow_territory()
            if not (self._run and not self._run.stage.over):
                self.action_page.footer.rest(self._context.t("simulate.territory_changed"))

    def _follow_territory(self) -> None:
        territory = self._context.services.pack.territories.get(self._context.project.state.territory)
        if territory is not None and self.action_page.form_view is not None:
            self.action_page.form_view.set_territory(territory.commune_codes)


def _expected(error: Exception) -> AqahError:
    """An error for the user; anything else is a fault of the program and goes on up."""
    if not isinstance(error, AqahError):
        raise error
    return error
