"""A whole form: one row per field with its label, widget, range, source, help and problems."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QToolButton, QVBoxLayout, QWidget

from aqah_desktop.models.form import Field, FieldProblem, Form
from aqah_desktop.models.parameter_words import Gazetteer
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.forms import fields as f
from aqah_desktop.views.forms.places import CommunesEdit, PlaceEdit
from aqah_desktop.views.themed import with_icon
from aqah_desktop.views.widgets import clear, column, label

_EDITS: dict[str, type[f.FieldEdit]] = {
    "number": f.NumberEdit,
    "integer": f.NumberEdit,
    "choice": f.ChoiceEdit,
    "layer": f.ChoiceEdit,
    "pollutant": f.ChoiceEdit,
    "choices": f.ChoicesEdit,
    "boolean": f.BooleanEdit,
    "territory": f.FixedEdit,
    "file": f.FileEdit,
}


def make_edit(context: ViewContext, field: Field, names: Gazetteer) -> f.FieldEdit:
    """Return the widget of a field."""
    if field.kind == "place":
        return PlaceEdit(context, field, names)
    if field.kind == "communes":
        return CommunesEdit(context, field, names)
    return _EDITS.get(field.kind, f.TextEdit)(context, field)


class ProblemCard(QFrame):
    """What is wrong, in the colour of how much it matters."""

    def __init__(self, problem: FieldProblem) -> None:
        super().__init__()
        self.setObjectName("danger" if problem.severity == "error" else "warning")
        layout = column(self, margins=8, spacing=0)
        layout.addWidget(label(problem.text, "note", wrap=True))


class FieldRow(QWidget):
    """One field."""

    def __init__(self, context: ViewContext, field: Field, edit: f.FieldEdit) -> None:
        super().__init__()
        self._context, self.field, self.edit = context, field, edit
        self._shown: tuple[FieldProblem, ...] = ()
        layout = column(self, margins=0, spacing=6)
        after: list[QWidget] = []
        if not field.needed and not field.fixed and field.parameter.default is None:
            after.append(label(context.t("forms.optional"), "note"))
        self._help = label(field.help, "note", wrap=True)
        self._help.setVisible(False)
        if field.help:
            after.append(self._help_button())
        layout.addLayout(f.titled(field.label, *after))
        layout.addWidget(edit)
        beside = " · ".join(part for part in (field.allowed, field.source) if part)
        if beside:
            layout.addWidget(label(beside, "note", wrap=True))
        layout.addWidget(self._help)
        self._problems = QVBoxLayout()
        self._problems.setSpacing(4)
        layout.addLayout(self._problems)
        edit.setToolTip(field.help)

    def show_problems(self, problems: tuple[FieldProblem, ...]) -> None:
        """Show what is wrong beside the field; screen readers hear it with the field."""
        self.edit.show_bad(any(p.severity == "error" for p in problems))
        if problems == self._shown:
            return
        self._shown = problems
        clear(self._problems)
        for problem in problems:
            self._problems.addWidget(ProblemCard(problem))
        target = self.edit.focusProxy() or self.edit
        target.setAccessibleDescription(" ".join(p.text for p in problems) or self.field.allowed)

    def _help_button(self) -> QToolButton:
        button = QToolButton()
        button.setProperty("role", "quiet")
        button.setCheckable(True)
        button.setIconSize(QSize(16, 16))
        with_icon(button, self._context.theme, "circle-help")
        words = self._context.t("forms.help")
        button.setToolTip(words)
        button.setAccessibleName(f"{self.field.label}. {words}")
        button.toggled.connect(self._help.setVisible)
        return button


class FormView(QWidget):
    """The fields of one form, in the order of the declaration.

    Signals carry the name of the field that needs the map.
    """

    pick_asked = Signal(str)
    draw_asked = Signal(str)
    #: The user pressed Enter in a line.
    submitted = Signal()

    def __init__(self, context: ViewContext, form: Form, names: Gazetteer) -> None:
        super().__init__()
        self.form = form
        self.rows: dict[str, FieldRow] = {}
        layout = column(self, margins=0, spacing=20)
        for field in form.fields:
            edit = make_edit(context, field, names)
            self.rows[field.name] = FieldRow(context, field, edit)
            layout.addWidget(self.rows[field.name])
            edit.edited.connect(lambda value, name=field.name: form.set(name, value))
            if isinstance(edit, PlaceEdit | CommunesEdit):
                edit.pick_asked.connect(self.pick_asked)
            if isinstance(edit, PlaceEdit):
                edit.draw_asked.connect(self.draw_asked)
            if isinstance(edit, f.TextEdit):
                edit.edit.returnPressed.connect(self.submitted)
        self._others = QVBoxLayout()
        layout.addLayout(self._others)
        form.changed.connect(self.refresh)
        self.refresh()

    def refresh(self, _name: str = "") -> None:
        """Show values and problems as the form has them."""
        for name, row in self.rows.items():
            row.edit.show_value(self.form.value(name))
            row.show_problems(self.form.problems(name))
        clear(self._others)
        for problem in self.form.other_problems():
            self._others.addWidget(ProblemCard(problem))

    def set_territory(self, codes: tuple[str, ...]) -> None:
        """Offer the communes of the open territory."""
        for row in self.rows.values():
            if isinstance(row.edit, PlaceEdit | CommunesEdit):
                row.edit.set_territory(codes)

    def go_to(self, name: str) -> QWidget | None:
        """Give the keyboard to a field; return its row, to be scrolled to."""
        row = self.rows.get(name)
        if row is not None:
            (row.edit.focusProxy() or row.edit).setFocus(Qt.FocusReason.OtherFocusReason)
        return row

    def release(self) -> None:
        """Stop following the form."""
        self.form.changed.disconnect(self.refresh)
