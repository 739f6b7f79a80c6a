"""What can be simulated or computed: actions and algorithms, of the program and of plugins.

Everything here may start a plugin's process: call it off the main thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from aqah_desktop.errors import AqahError, BadInputError
from aqah_desktop.messages import Catalogue
from aqah_desktop.models import opening
from aqah_desktop.models.form import Choice, Field, fields_of
from aqah_desktop.models.parameter_words import Gazetteer, choice_in_words, read_gazetteer
from aqah_desktop.processing.contract import Context
from aqah_desktop.processing.inputs import open_inputs
from aqah_desktop.processing.params import parse_params, problem_of
from aqah_desktop.records import AlgorithmSpec, Parameter, Pollutant, Problem, VectorShape

if TYPE_CHECKING:
    from aqah_desktop.models.services import Services
    from aqah_desktop.plugin_api import LegalStatus, Reference
    from aqah_desktop.storage.pack import Pack

#: Families in the order of the list; others follow.
FAMILIES = ("action", "algorithm", "exposure")


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing to run, before anything of it was started.

    ``error`` says why it cannot be used; ``algorithm_id`` is empty when not even that is known.
    """

    algorithm_id: str
    title: str
    summary: str
    family: str
    #: Id of the plugin, empty for the program's own.
    plugin: str = ""
    error: AqahError | None = None


@dataclass(frozen=True)
class Sheet:
    """All a form shows of one algorithm: fields, published effects, state of the law.

    ``beside_error`` says why effects and law could not be had; the form works without them.
    """

    spec: AlgorithmSpec
    title: str
    summary: str
    fields: tuple[Field, ...]
    names: Gazetteer
    catalogue: Catalogue
    references: tuple[Reference, ...] = ()
    legal: LegalStatus | None = None
    beside_error: AqahError | None = None


def offers(services: Services) -> list[Offer]:
    """Return what there is, by family and title; looks for plugins, starts none.

    A plugin's summary is known once :func:`describe` was asked for it.
    """
    found = services.plugins
    titles = {p.manifest.algorithms[0]: p.manifest.title for p in found.plugins}
    catalogue = services.catalogue
    listed = []
    for entry in services.registry.entries():
        title = titles.get(entry.id)
        if title is not None:
            words = title.in_language(catalogue.language)
            listed.append(Offer(entry.id, words, "", entry.family, entry.origin))
        else:
            spec = entry.algorithm.spec
            listed.append(
                Offer(entry.id, catalogue.text(spec.title), catalogue.text(spec.summary), entry.family)
            )
    listed += [Offer("", f.id, "", "broken", f.id, f.error) for f in found.failures]
    return sorted(listed, key=_order)


def _order(offer: Offer) -> tuple[int, str]:
    place = FAMILIES.index(offer.family) if offer.family in FAMILIES else len(FAMILIES)
    return (place, offer.title.casefold())


def describe(services: Services, algorithm_id: str) -> str:
    """Return the summary of an algorithm.

    Raises
    ------
    PluginError
        The plugin does not say what it is.
    """
    return services.catalogue.text(services.algorithm(algorithm_id).spec.summary)


def read_sheet(services: Services, algorithm_id: str, territory: str) -> Sheet:
    """Return what the form of an algorithm shows.

    Raises
    ------
    AqahError
        The algorithm or its plugin cannot be used.
    """
    algorithm = services.algorithm(algorithm_id)
    spec, catalogue = algorithm.spec, services.catalogue
    options = {p.name: _options(p, spec, services.pack, catalogue) for p in spec.parameters}
    sheet = Sheet(
        spec,
        catalogue.text(spec.title),
        catalogue.text(spec.summary),
        fields_of(spec, catalogue, options),
        read_gazetteer(services.pack),
        catalogue,
    )
    return _with_beside(sheet, algorithm, services, territory)


def _with_beside(sheet: Sheet, algorithm: Any, services: Services, territory: str) -> Sheet:
    from aqah_desktop.plugins.actions import HostedAction

    if not isinstance(algorithm, HostedAction):
        return sheet
    context = Context(services.pack, language=services.catalogue.language, asking=services.asking)
    try:
        references, legal = algorithm.references(context, services.pack.territory(territory))
    except AqahError as error:
        return replace(sheet, beside_error=error)
    return replace(sheet, references=references, legal=legal)


def deep_problems(services: Services, algorithm_id: str, given: Mapping[str, Any]) -> list[Problem]:
    """Return what the algorithm's own check says of these values.

    Raises
    ------
    AqahError
        The plugin failed while checking: nothing is known of the values.
    """
    algorithm = services.algorithm(algorithm_id)
    try:
        params = parse_params(algorithm.spec, given)
        with open_inputs(algorithm.spec, params) as inputs:
            context = Context(
                services.pack, inputs, language=services.catalogue.language, asking=services.asking
            )
            return list(algorithm.check(params, context))
    except BadInputError as error:
        return [problem_of(error)]


# --------------------------------------------------------------------------- choices of the pack


def _options(
    parameter: Parameter, spec: AlgorithmSpec, pack: Pack, catalogue: Catalogue
) -> tuple[Choice, ...]:
    if parameter.kind == "pollutant":
        wanted = parameter.choices or tuple(Pollutant)
        mapped = [p for p in opening.pollutants_of(pack) if p.value in wanted]
        return tuple(Choice(p.value, choice_in_words(parameter, p.value, catalogue)) for p in mapped)
    return _layers(spec, pack, catalogue) if parameter.kind == "layer" else ()


def _layers(spec: AlgorithmSpec, pack: Pack, catalogue: Catalogue) -> tuple[Choice, ...]:
    """Layers of the roles the algorithm reads; every layer on a map when it names none."""
    fitting = [layer for layer in pack.layers.values() if {layer.id, layer.role} & set(spec.inputs)]
    vectors = [layer for layer in fitting if isinstance(layer.shape, VectorShape)]
    chosen = vectors or fitting or list(pack.layers.values())
    return tuple(Choice(layer.id, layer.title.in_language(catalogue.language)) for layer in chosen)
