"""Low emission zone: what a share of the traffic leaving a perimeter takes off its road NOx.

``factor = −share × reduction``: the share of the perimeter's road emission that comes from the vehicles
concerned, times the reduction obtained on that share. Both are the user's: no published range of the
emission effect of a zone alone was found that would hold here. Published rows are shown beside, each
with what may (not) be made of it. Range: road NOx of the perimeter; particles are not changed, because
tyres, brakes and resuspension stay. Source of the arithmetic: ``docs/plugins.md`` and the README here.
"""

from __future__ import annotations

from aqah_desktop.plugin_api import (
    ActionContext,
    ActionPlugin,
    AlgorithmSpec,
    Confidence,
    EmissionChange,
    Feedback,
    Interval,
    LegalStatus,
    Output,
    Parameter,
    Params,
    Pollutant,
    Problem,
    PublishedEffect,
    Reference,
    Sector,
    Text,
)

FIRST_YEAR, LAST_YEAR = 2010, 2050
_NOX = ("nox",)


def _percent(name: str) -> Parameter:
    key = f"low_emission_zone.{name}"
    return Parameter(
        name, "number", f"{key}.label", f"{key}.help", unit="%", minimum=0.0, maximum=100.0, required=True
    )


class LowEmissionZone(ActionPlugin):
    """Restrict access of some vehicles to a perimeter."""

    spec = AlgorithmSpec(
        id="aqah.action.low_emission_zone",
        version="1.0.0",
        title="low_emission_zone.title",
        summary="low_emission_zone.summary",
        parameters=(
            Parameter(
                "perimeter",
                "place",
                "low_emission_zone.perimeter.label",
                "low_emission_zone.perimeter.help",
                default="territory",
            ),
            _percent("share_concerned_percent"),
            _percent("reduction_low_percent"),
            _percent("reduction_central_percent"),
            _percent("reduction_high_percent"),
            Parameter(
                "years",
                "years",
                "low_emission_zone.years.label",
                "low_emission_zone.years.help",
                minimum=FIRST_YEAR,
                maximum=LAST_YEAR,
            ),
        ),
        outputs=(Output("changes", "changes", "low_emission_zone.changes.label"),),
        family="action",
    )

    def check(self, params: Params, context: ActionContext) -> list[Problem]:
        """Reductions in order, communes of the territory, and what the result will not say."""
        problems = []
        low, central, high = (params[f"reduction_{n}_percent"] for n in ("low", "central", "high"))
        if not low <= central <= high:
            values = {"low": low, "central": central, "high": high}
            problems.append(Problem("reduction_central_percent", Text("low_emission_zone.order", values)))
        known = {commune.code for commune in context.communes}
        outside = [code for code in params["perimeter"].communes if code not in known]
        if outside:
            text = Text("low_emission_zone.outside", {"codes": outside, "territory": context.territory_name})
            problems.append(Problem("perimeter", text))
        if params["share_concerned_percent"] * high == 0:
            text = Text("low_emission_zone.no_effect")
            problems.append(Problem("share_concerned_percent", text, "warning"))
        return problems

    def references(self, context: ActionContext) -> list[Reference]:
        """Published effects, each with its caveat; only emission effects on NOx may guide an assumption."""
        return [Reference(effect, *_worth(effect)) for effect in context.effects]

    def legal_status(self, context: ActionContext) -> LegalStatus:  # noqa: ARG002
        """State of the law as last read: it was moving."""
        return LegalStatus(
            Text("low_emission_zone.legal"),
            as_of="2026-01-26",
            source_url="https://www.boursorama.com/actualite-economique/actualites/"
            "loi-simplification-suppression-des-zfe-le-gouvernement-repousse-un-vote-mal-embarque-"
            "229343511c3bb528641fbf56e496f2ea",
        )

    def run(self, params: Params, context: ActionContext, feedback: Feedback) -> list[EmissionChange]:
        """One change: road NOx of the perimeter × (1 − share × reduction)."""
        feedback.progress(0.1, Text("low_emission_zone.progress"))
        feedback.check()
        share = params["share_concerned_percent"] / 100
        low, central, high = (
            -share * params[f"reduction_{name}_percent"] / 100 for name in ("low", "central", "high")
        )
        years = params["years"] or (context.base_year, context.base_year)
        change = EmissionChange(
            Sector.ROAD, Pollutant.NOX, params["perimeter"], years, Interval(low, central, high)
        )
        feedback.log(Text("low_emission_zone.assumption", {"percent": -100 * central}))
        feedback.warn(Text("low_emission_zone.particles"))
        feedback.progress(1.0)
        return [change]


def _worth(effect: PublishedEffect) -> tuple[bool, Text]:
    """Whether a published row may guide the user's reduction, and the sentence that goes with it."""
    if effect.effect_type != "emission":
        return False, Text("low_emission_zone.caveat.concentration")
    if not effect.pollutant.casefold().startswith(_NOX):
        return False, Text("low_emission_zone.caveat.pollutant")
    if effect.confidence is Confidence.PUBLISHED:
        return True, Text("low_emission_zone.caveat.published")
    return False, Text(f"low_emission_zone.caveat.{effect.confidence.value}")
