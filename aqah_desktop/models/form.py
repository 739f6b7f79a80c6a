"""A form for any algorithm, made from its declaration: fields, values, problems. No widget.

What the user writes stays as it was written until a run reads it with the same rules as the command
line (:mod:`aqah_desktop.processing.params`), so a window and a script accept and refuse the same things.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from psygnal import Signal

from aqah_desktop.messages import NO_BREAK_SPACE, Catalogue
from aqah_desktop.models.parameter_words import (
    choice_in_words,
    decimals_of,
    with_labels,
    years_in_words,
)
from aqah_desktop.processing.params import check_params
from aqah_desktop.processing.values import WHOLE_TERRITORY
from aqah_desktop.records import AlgorithmSpec, Parameter, Place, Problem, Text

#: Kinds whose value is somebody's figure: where it comes from is always said.
_FIGURES = ("number", "integer", "years")
#: Kinds whose emptiness is seen and meant, unlike an empty line that stands for the default.
_LISTS = ("place", "communes", "choices")
_EMPTY: tuple[Any, ...] = (None, "", (), [], Place())


@dataclass(frozen=True, slots=True)
class Choice:
    """One value to choose, and its words."""

    value: str
    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter as a form shows it.

    ``allowed`` is the accepted range in words, ``source`` where the default or the range comes from
    ("hypothèse de l’utilisateur" when nobody published one), ``fixed`` says that the window decides.
    """

    parameter: Parameter
    label: str
    help: str
    allowed: str = ""
    source: str = ""
    choices: tuple[Choice, ...] = ()
    fixed: bool = False

    @property
    def name(self) -> str:
        """Name of the parameter."""
        return self.parameter.name

    @property
    def kind(self) -> str:
        """Kind of the parameter."""
        return self.parameter.kind

    @property
    def needed(self) -> bool:
        """Whether the user must give a value."""
        return self.parameter.required and self.parameter.default is None


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """What is wrong with a field, in words."""

    text: str
    severity: Literal["error", "warning"] = "error"


class Form:
    """Values of one algorithm's parameters and what is wrong with them.

    Parameters
    ----------
    spec : AlgorithmSpec
        The declaration.
    fields : sequence of Field
        From :func:`fields_of`.
    catalogue : Catalogue
        Texts of the program and of its plugins.
    start : mapping
        Values the window brings (territory, pollutant, year…); others start with their default.
    """

    #: A value or what is wrong with it changed: name of the field, or "" for several.
    changed = Signal(str)

    def __init__(
        self,
        spec: AlgorithmSpec,
        fields: tuple[Field, ...],
        catalogue: Catalogue,
        start: Mapping[str, Any] | None = None,
    ) -> None:
        self.spec, self.fields = spec, fields
        self._catalogue = catalogue
        self._names = {field.name for field in fields}
        self._values = {
            field.name: self._written(field.parameter, field.parameter.default) for field in fields
        }
        self._values |= {k: self._written(self._parameter(k), v) for k, v in (start or {}).items()}
        self._touched: set[str] = set()
        self._asked = False
        self._found: tuple[Problem, ...] = ()

    # ------------------------------------------------------------------ values

    def value(self, name: str) -> Any:
        """What the field holds, as the user wrote it."""
        return self._values[name]

    def set(self, name: str, value: Any) -> None:
        """Change a value; what the algorithm said of the old ones is forgotten."""
        if self._values[name] == value and type(self._values[name]) is type(value):
            return
        self._values[name] = value
        self._touched.add(name)
        self._found = ()
        self.changed.emit(name)

    def load(self, plain: Mapping[str, Any]) -> None:
        """Take the parameters of a run record; a parameter that no longer exists is left out."""
        for field in self.fields:
            if field.name in plain:
                self._values[field.name] = self._written(field.parameter, plain[field.name])
        self._found, self._asked = (), False
        self._touched.clear()
        self.changed.emit("")

    def given(self) -> dict[str, Any]:
        """Values for :meth:`~aqah_desktop.models.services.Services.start`: empty ones are left out."""
        return {name: value for name, value in self._values.items() if value not in _EMPTY}

    # ------------------------------------------------------------------ problems

    @property
    def ready(self) -> bool:
        """Whether nothing known stands against a run."""
        return not any(p.severity == "error" for p in (*self._declared(), *self._found))

    def ask(self) -> bool:
        """Say that the user wants to run: missing values are shown from now on. Whether all is well."""
        self._asked = True
        self.changed.emit("")
        return self.ready

    def put_found(self, problems: Iterable[Problem]) -> None:
        """Take what the algorithm's own check said of the values as they are now."""
        known = {(p.parameter, p.text.key) for p in self._declared()}
        self._found = tuple(p for p in problems if (p.parameter, p.text.key) not in known)
        self.changed.emit("")

    def problems(self, name: str) -> tuple[FieldProblem, ...]:
        """What to show beside a field: nothing of a value that was not given yet nor asked for."""
        shown = self._asked or name in self._touched or not self._is_empty(name)
        declared = [p for p in self._declared() if p.parameter == name and shown]
        found = [p for p in self._found if p.parameter == name]
        return tuple(self._in_words(p) for p in (*declared, *found))

    def other_problems(self) -> tuple[FieldProblem, ...]:
        """What the algorithm said that belongs to no field."""
        return tuple(self._in_words(p) for p in self._found if p.parameter not in self._names)

    def first_bad(self) -> str:
        """Name of the first field with an error; empty without."""
        bad = {p.parameter for p in (*self._declared(), *self._found) if p.severity == "error"}
        return next((field.name for field in self.fields if field.name in bad), "")

    # ------------------------------------------------------------------ parts

    def _declared(self) -> list[Problem]:
        """What the declaration says, and lists emptied by the user: their default is not what is meant."""
        problems = check_params(self.spec, self.given())
        for field in self.fields:
            emptied = field.parameter.default is not None and self._is_empty(field.name)
            if emptied and field.kind in _LISTS:
                problems.append(Problem(field.name, Text("forms.nothing_chosen")))
        return problems

    def _written(self, parameter: Parameter, value: Any) -> Any:
        written = as_written(parameter, value)
        if parameter.kind == "number" and self._catalogue.language == "fr":
            return written.replace(".", ",")
        return written

    def _parameter(self, name: str) -> Parameter:
        return next(field.parameter for field in self.fields if field.name == name)

    def _is_empty(self, name: str) -> bool:
        return self._values[name] in _EMPTY

    def _in_words(self, problem: Problem) -> FieldProblem:
        """First sentence and cause, with the labels the user sees instead of names of the code."""
        text = problem.text
        params = with_labels(text.params, self.spec, self._catalogue)
        words = self._catalogue.text(Text(text.key, params))
        cause = f"{text.key.removesuffix('.message')}.cause"
        if cause != f"{text.key}.cause" and self._catalogue.has(cause):
            words = f"{words} {self._catalogue.text(Text(cause, params))}"
        return FieldProblem(words, problem.severity)


# --------------------------------------------------------------------------- fields


def fields_of(
    spec: AlgorithmSpec, catalogue: Catalogue, options: Mapping[str, tuple[Choice, ...]] | None = None
) -> tuple[Field, ...]:
    """Return the fields of a declaration.

    Parameters
    ----------
    spec : AlgorithmSpec
        The declaration.
    catalogue : Catalogue
        Texts of the program and of its plugins.
    options : mapping, optional
        Choices the pack gives: parameter name → choices (layers, years there are…).
    """
    given = options or {}
    return tuple(_field(p, catalogue, given.get(p.name, ())) for p in spec.parameters)


def _field(parameter: Parameter, catalogue: Catalogue, options: tuple[Choice, ...]) -> Field:
    own = tuple(Choice(v, choice_in_words(parameter, v, catalogue)) for v in parameter.choices)
    source = ""
    if parameter.reference:
        source = catalogue.text("forms.reference", reference=_words(parameter.reference, catalogue))
    elif parameter.kind in _FIGURES:
        source = catalogue.text("forms.assumption")
    return Field(
        parameter,
        catalogue.text(parameter.label),
        catalogue.text(parameter.help) if parameter.help else "",
        range_in_words(parameter, catalogue),
        source,
        options or own,
        fixed=parameter.kind == "territory",
    )


def _words(key: str, catalogue: Catalogue) -> str:
    return catalogue.text(key) if catalogue.has(key) else key


def range_in_words(parameter: Parameter, catalogue: Catalogue) -> str:
    """``de 0 à 100 %``, ``au moins 1 m``; empty without limits."""
    low, high = (_bound(parameter, v, catalogue) for v in (parameter.minimum, parameter.maximum))
    unit = f"{NO_BREAK_SPACE}{parameter.unit}" if parameter.unit else ""
    if low and high:
        return catalogue.text("forms.range", low=low, high=high + unit)
    if low:
        return catalogue.text("forms.at_least", low=low + unit)
    return catalogue.text("forms.at_most", high=high + unit) if high else ""


def _bound(parameter: Parameter, value: float | None, catalogue: Catalogue) -> str:
    if value is None:
        return ""
    if parameter.kind in ("year", "years"):
        return str(int(value))
    return catalogue.number(value, decimals_of(value))


# --------------------------------------------------------------------------- values as written


def as_written(parameter: Parameter, value: Any) -> Any:
    """A default, or a value of a run record, as the user would have given it in a field."""
    if value is None:
        return False if parameter.kind == "boolean" else ""
    match parameter.kind:
        case "number" | "integer" | "text" | "year":
            return _number_text(value)
        case "years":
            return years_in_words(value) if isinstance(value, list | tuple) else str(value)
        case "choices" | "communes":
            return tuple(str(v) for v in value) if isinstance(value, list | tuple) else str(value)
        case "place":
            return _place(value)
    return value if isinstance(value, bool) else str(value)


def _number_text(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:.10g}"


def _place(value: Any) -> Place | str:
    """A place; a file keeps the @ by which the command line knows it."""
    if isinstance(value, Place):
        return value
    if isinstance(value, Mapping):
        return Place(tuple(value.get("communes", ())), str(value.get("polygon_wkt", "")))
    if isinstance(value, str) and value.casefold() == WHOLE_TERRITORY:
        return Place(communes=(WHOLE_TERRITORY,))
    return value if str(value).startswith("@") else f"@{value}"
