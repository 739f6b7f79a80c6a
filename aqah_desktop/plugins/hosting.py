"""A plugin seen by the program as one more algorithm; its declaration is read when first needed."""

from __future__ import annotations

import dataclasses
import threading
from typing import TYPE_CHECKING, Any

from aqah_desktop.errors import AqahError, PluginError
from aqah_desktop.plugins.isolation import ask, scratch_folder
from aqah_desktop.plugins.loader import Plugin
from aqah_desktop.plugins.results import Checker
from aqah_desktop.plugins.texts import PluginTexts
from aqah_desktop.processing.contract import Algorithm, Context, Feedback, Params
from aqah_desktop.processing.job import Lane
from aqah_desktop.processing.params import check_params, plain_params, problem_of
from aqah_desktop.processing.places import resolve_places
from aqah_desktop.processing.values import KINDS
from aqah_desktop.records import AlgorithmSpec, Parameter, Problem, Territory

if TYPE_CHECKING:
    from aqah_desktop.storage.pack import Pack

#: Every plugin run is about one territory; the host asks for it, the plugin finds it in its context.
TERRITORY = Parameter(
    name="territory", kind="territory", label="plugins.parameter_territory.label", required=True
)
#: Kinds a plugin may declare; files are opened by the host, as places.
PLUGIN_KINDS = tuple(kind for kind in KINDS if kind not in ("file", "territory"))


class HostedPlugin:
    """What hosted actions and hosted algorithms share.

    Parameters
    ----------
    plugin : Plugin
        From the loader.
    asking : Feedback, optional
        Says whether its declaration is still wanted.
    """

    #: Asked of the runner.
    lane = Lane.PLUGIN

    def __init__(self, plugin: Plugin, asking: Feedback | None = None) -> None:
        self.plugin = plugin
        self.limits = plugin.manifest.limits
        self._asking = asking or Feedback()
        self.texts = PluginTexts(plugin.id, plugin.locales)
        self._spec: AlgorithmSpec | None = None
        self._lock = threading.Lock()

    @property
    def spec(self) -> AlgorithmSpec:
        """The plugin's declaration with the territory put before its parameters; read once.

        Raises
        ------
        PluginError
            The plugin cannot be loaded, or declares something that cannot be used.
        """
        with self._lock:
            if self._spec is None:
                self._spec = self._describe()
            return self._spec

    def check(self, params: Params, context: Context) -> list[Problem]:
        """Check what the program can tell by itself, then ask the plugin."""
        problems = check_params(self.spec, params)
        if any(problem.severity == "error" for problem in problems):
            return problems
        try:
            territory = context.pack.territory(str(params[TERRITORY.name]))
            params = resolve_places(self.spec, params, context.pack)
        except AqahError as error:
            return [*problems, problem_of(error, TERRITORY.name)]
        with scratch_folder() as scratch:
            data = self._context(context, territory)
            given = self._given(params)
            answer = ask(
                self.plugin, "check", scratch=scratch, feedback=context.asking, params=given, context=data
            )
        found = Checker(self.plugin.id).problems(answer.get("problems"))
        return problems + [dataclasses.replace(p, text=self.texts.localise(p.text)) for p in found]

    # ------------------------------------------------------------------ parts

    def _context(self, context: Context, territory: Territory) -> dict[str, Any]:
        raise NotImplementedError

    def _inputs(self, spec: AlgorithmSpec) -> tuple[str, ...]:
        """Layers a run reads, for its record."""
        return spec.inputs

    def _given(self, params: Params) -> dict[str, Any]:
        return plain_params({name: value for name, value in params.items() if name != TERRITORY.name})

    def _describe(self) -> AlgorithmSpec:
        with scratch_folder() as scratch:
            answer = ask(self.plugin, "describe", scratch=scratch, feedback=self._asking)
        spec = Checker(self.plugin.id).spec(answer.get("spec"), self.plugin.manifest.algorithms[0])
        for parameter in spec.parameters:
            if parameter.kind not in PLUGIN_KINDS or parameter.name == TERRITORY.name:
                raise PluginError(
                    "plugins.parameter_not_allowed",
                    plugin=self.plugin.id,
                    name=parameter.name,
                    kind=parameter.kind,
                    kinds=list(PLUGIN_KINDS),
                )
        self.texts.check(spec)
        return dataclasses.replace(
            spec,
            parameters=(TERRITORY, *spec.parameters),
            inputs=self._inputs(spec),
            version=self.plugin.manifest.version,
            family=self.plugin.manifest.kind,
        )


def host_algorithm(plugin: Plugin, asking: Feedback | None = None) -> Algorithm:
    """Return the algorithm through which the program uses ``plugin``; starts nothing."""
    if plugin.manifest.kind == "action":
        from aqah_desktop.plugins.actions import HostedAction

        return HostedAction(plugin, asking)
    from aqah_desktop.plugins.algorithms import HostedAlgorithm

    return HostedAlgorithm(plugin, asking)


def communes_of(pack: Pack, territory: Territory) -> list[dict[str, Any]]:
    """Return code, name and population of the communes of a territory, as a plugin gets them."""
    wanted = set(territory.commune_codes)
    table = pack.read_table("communes")
    rows = table[table["commune_code"].isin(wanted)].sort_values("commune_code")
    return [
        {"code": str(code), "name": str(name), "population": int(population or 0)}
        for code, name, population in zip(
            rows["commune_code"], rows["name"], rows["population"].fillna(0), strict=True
        )
    ]


def known_communes(pack: Pack) -> set[str]:
    """Return every commune code of the pack's territories."""
    return {code for territory in pack.territories.values() for code in territory.commune_codes}
