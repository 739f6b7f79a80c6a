"""What every algorithm keeps, whoever wrote it. Used for the program's own and for plugins."""

from __future__ import annotations

import re
from typing import Any

from aqah_desktop.errors import JobCancelledError
from aqah_desktop.messages import LANGUAGES, Catalogue
from aqah_desktop.plugins.texts import keys_of
from aqah_desktop.processing.contract import Algorithm, Context, Feedback, Params, Results
from aqah_desktop.processing.params import check_params, parse_params
from aqah_desktop.processing.runner import output_hashes
from aqah_desktop.processing.values import KINDS
from aqah_desktop.records import AlgorithmSpec, Text

OUTPUT_KINDS = {"table", "raster", "vector", "figures", "changes"}
COSTS = {"instant", "seconds", "minutes"}


class Counting(Feedback):
    """Keeps everything said; from look ``patience`` on, says that the user has cancelled."""

    def __init__(self, patience: int | None = None) -> None:
        self.patience = patience
        self.looks = 0
        self.fractions: list[float] = []
        self.texts: list[Text] = []

    def progress(self, fraction: float, text: Text | None = None) -> None:
        self.fractions.append(fraction)
        if text is not None:
            self.texts.append(text)

    def log(self, text: Text) -> None:
        self.texts.append(text)

    def warn(self, text: Text) -> None:
        self.texts.append(text)

    def cancelled(self) -> bool:
        self.looks += 1
        return self.patience is not None and self.looks > self.patience


def check_declaration(spec: AlgorithmSpec, catalogues: list[Catalogue]) -> None:
    """The declaration is complete, and every text of it is there in both languages."""
    assert re.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z0-9_]+){2,}", spec.id)
    assert spec.version and spec.contract == "1" and spec.family and spec.cost in COSTS
    assert spec.outputs and {output.kind for output in spec.outputs} <= OUTPUT_KINDS
    names = [parameter.name for parameter in spec.parameters]
    assert len(names) == len(set(names))
    for parameter in spec.parameters:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", parameter.name)
        assert parameter.kind in KINDS
        assert parameter.choices or parameter.kind not in ("choice", "choices")
        assert not (parameter.required and parameter.default is not None)
    assert [c.language for c in catalogues] == list(LANGUAGES)
    for catalogue in catalogues:
        assert [key for key in keys_of(spec) if not catalogue.has(key)] == [], catalogue.language


def check_defaults(spec: AlgorithmSpec) -> None:
    """Defaults pass their own declaration, and unknown names are refused."""
    optional = {p.name for p in spec.parameters if not p.required}
    problems = check_params(spec, {})
    assert optional.isdisjoint(problem.parameter for problem in problems)
    assert [p.parameter for p in check_params(spec, {"no_such_parameter": 1})].count("no_such_parameter") == 1


def check_problems_have_texts(
    algorithm: Algorithm, params: Params, context: Context, catalogues: list[Catalogue]
) -> None:
    """``check`` explains instead of raising, in both languages."""
    problems = algorithm.check(params, context)
    assert problems
    for problem in problems:
        for catalogue in catalogues:
            text = catalogue.text(problem.text)
            assert text != problem.text.key and "{" not in text


def run(algorithm: Algorithm, params: Params, context: Context, feedback: Feedback | None = None) -> Results:
    """Check, then run, as the runner does."""
    assert [p for p in algorithm.check(params, context) if p.severity == "error"] == []
    return algorithm.run(params, context, feedback or Counting())


def check_run(
    algorithm: Algorithm, params: Params, context: Context, catalogues: list[Catalogue]
) -> tuple[Results, Counting]:
    """A run reports progress, gives what it declared, leaves its parameters alone."""
    before = dict(params)
    feedback = Counting()
    results = run(algorithm, params, context, feedback)
    assert params == before
    assert feedback.fractions and feedback.fractions == sorted(feedback.fractions)
    assert feedback.fractions[0] >= 0 and feedback.fractions[-1] <= 1.0
    declared = {o.name for o in algorithm.spec.outputs if o.kind in ("table", "vector", "raster")}
    if not any(output.kind == "changes" for output in algorithm.spec.outputs):
        assert {*results.tables, *results.rasters} <= declared
    for text in (*results.notes, *feedback.texts, *(t.title for t in results.tables.values())):
        for catalogue in catalogues:
            assert not catalogue.text(text).startswith(text.key), text.key
    return results, feedback


def check_determinism(algorithm: Algorithm, params: Params, context: Context) -> None:
    """The same parameters give the same bytes."""
    first, second = (output_hashes(run(algorithm, params, context)) for _ in range(2))
    assert first and first == second


def check_cancel(algorithm: Algorithm, params: Params, context: Context, most: int = 12) -> int:
    """Cancelling at any look ends the run with nothing; return how often the run looked."""
    whole = Counting()
    run(algorithm, params, context, whole)
    assert whole.looks >= 2, "a run must look whether it was cancelled"
    step = max(1, whole.looks // most)
    for patience in range(0, whole.looks - 1, step):
        cancelled: Any = None
        try:
            algorithm.run(params, context, Counting(patience))
        except JobCancelledError as error:
            cancelled = error
        assert cancelled is not None, f"not cancelled at look {patience}"
    return whole.looks


def params_of(algorithm: Algorithm, given: dict[str, Any]) -> Params:
    """Typed parameters of an example."""
    return parse_params(algorithm.spec, given)
