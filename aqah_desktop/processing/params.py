"""Parameters of a run: read from text, checked against the declaration, written canonically.

The one place where ``--param name=value``, a dialog and a stored run become the same typed values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aqah_desktop.errors import AqahError, BadInputError
from aqah_desktop.processing import values
from aqah_desktop.processing.contract import Params
from aqah_desktop.processing.registry import near_matches
from aqah_desktop.records import AlgorithmSpec, Parameter, Problem, Text


def parse_assignments(assignments: Iterable[str]) -> dict[str, str]:
    """Split ``name=value`` words.

    Raises
    ------
    BadInputError
        ``processing.param_syntax`` without ``=``, ``processing.param_twice`` for a repeated name.
    """
    found: dict[str, str] = {}
    for assignment in assignments:
        name, equals, value = assignment.partition("=")
        if not equals or not name.strip():
            raise BadInputError("processing.param_syntax", given=assignment)
        if name.strip() in found:
            raise BadInputError("processing.param_twice", name=name.strip())
        found[name.strip()] = value
    return found


def parse_params(spec: AlgorithmSpec, given: Mapping[str, Any]) -> Params:
    """Return typed values for every parameter: given, else default, else ``None`` when optional.

    Parameters
    ----------
    spec : AlgorithmSpec
        Declaration.
    given : mapping
        Texts or typed values by parameter name.

    Raises
    ------
    BadInputError
        The first thing that is wrong (``processing.param_*``); :func:`check_params` lists them all.
    """
    _refuse_unknown(spec, given)
    return {parameter.name: _value(spec, parameter, given) for parameter in spec.parameters}


def check_params(spec: AlgorithmSpec, params: Mapping[str, Any]) -> list[Problem]:
    """Explain everything wrong with ``params`` as the declaration alone can tell; never raises.

    Returns
    -------
    list of Problem
        Errors, and warnings for values that are accepted but look like another unit.
    """
    problems = []
    for name in params:
        try:
            _refuse_unknown(spec, {name: None})
        except BadInputError as error:
            problems.append(problem_of(error))
    for parameter in spec.parameters:
        try:
            value = _value(spec, parameter, params)
        except BadInputError as error:
            problems.append(problem_of(error))
        else:
            problems += _suspicious(parameter, value)
    return problems


def problem_of(error: AqahError, parameter: str = "") -> Problem:
    """Return an error about one parameter as a problem; its text is the error's first sentence."""
    return Problem(str(error.params.get("name", parameter)), Text(f"{error.key}.message", dict(error.params)))


def refuse_problems(spec: AlgorithmSpec, problems: Iterable[Problem]) -> None:
    """Raise for the first problem that is an error; warnings pass.

    Raises
    ------
    BadInputError
        The problem's own error when it has three texts, else ``processing.check_failed`` with its
        sentence.
    """
    from aqah_desktop.storage.records_json import to_plain

    for problem in problems:
        if problem.severity == "error":
            own_key = problem.text.key.removesuffix(".message")
            if own_key != problem.text.key:
                raise BadInputError(own_key, **problem.text.params)
            raise BadInputError(
                "processing.check_failed",
                algorithm=spec.id,
                name=problem.parameter,
                problem=to_plain(problem.text),
            )


def plain_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """Return typed values as plain JSON data."""
    return {name: values.to_plain(value) for name, value in params.items()}


def canonical_params(params: Mapping[str, Any]) -> str:
    """Return typed values as canonical JSON: equal parameters give equal text."""
    from aqah_desktop.storage.records_json import canonical_json

    return canonical_json(plain_params(params))


def _refuse_unknown(spec: AlgorithmSpec, given: Mapping[str, Any]) -> None:
    known = [parameter.name for parameter in spec.parameters]
    for name in given:
        if name not in known:
            raise BadInputError(
                "processing.param_unknown",
                name=name,
                algorithm=spec.id,
                near=near_matches(name, known),
                known=known,
            )


def _value(spec: AlgorithmSpec, parameter: Parameter, given: Mapping[str, Any]) -> Any:
    raw = given.get(parameter.name)
    if raw is None:
        raw = parameter.default
    if raw is None:
        if parameter.required:
            raise BadInputError(
                "processing.param_missing",
                name=parameter.name,
                algorithm=spec.id,
                kind=parameter.kind,
                expected=values.allowed_range(parameter) or parameter.unit or parameter.kind,
            )
        return None
    return values.convert(parameter, raw)


def _suspicious(parameter: Parameter, value: Any) -> list[Problem]:
    """A percentage between 0 and 1 is legal and nearly always a fraction written by mistake."""
    if parameter.unit == "%" and isinstance(value, float) and 0 < abs(value) < 1:
        text = Text(
            "processing.param_looks_like_a_fraction",
            {"name": parameter.name, "value": f"{value:g}", "percent": f"{value * 100:g}"},
        )
        return [Problem(parameter.name, text, "warning")]
    return []
