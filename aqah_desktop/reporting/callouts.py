"""Boxes of a briefing: schools near farms, and what an action would change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from aqah_desktop.messages import Catalogue
from aqah_desktop.records import AlgorithmSpec, Interval, Standing, Text
from aqah_desktop.reporting import words
from aqah_desktop.reporting.briefing import ActionResult, BeforeAfter, Callout
from aqah_desktop.reporting.content import SCHOOL_KINDS

if TYPE_CHECKING:
    import pandas as pd

#: Distance of the box of farms, m; common in consultations, not a legal distance.
NEAR_M = 150.0

_LEVELS = ("low", "central", "high")


def farm_callout(
    tables: dict[str, pd.DataFrame], standing: Standing, catalogue: Catalogue, near_m: float = NEAR_M
) -> Callout:
    """Say how many schools and other sites stand near farms and parcels.

    Parameters
    ----------
    tables : dict
        ``parcels`` (``area_ha``), ``farms`` and ``sites`` (``nearest_parcel_m, nearest_farm_m, pupils``)
        as ``aqah.exposure.farms`` returns them.
    standing : Standing
        Standing of that result; fictitious data make the box an alarm.
    catalogue : Catalogue
        Language.
    near_m : float
        Distance counted as near, m.
    """
    parcels, farms, sites = (tables[name] for name in ("parcels", "farms", "sites"))
    text = _Speaker(catalogue)
    fictitious = words.is_fictitious(standing)
    lines = [text("farms_fictitious")] if fictitious else []
    if parcels.empty and farms.empty:
        lines.append(text("farms_none"))
        return Callout(text("farms_title"), tuple(lines), fictitious)
    area = catalogue.number(float(parcels["area_ha"].sum()), 1)
    known = {"parcels": catalogue.number(len(parcels)), "farms": catalogue.number(len(farms)), "area": area}
    lines.append(text("farms_known", **known))
    by_parcel, by_farm = (sites[name].to_numpy(float) <= near_m for name in _NEAREST)
    counts = {"by_parcel": int(by_parcel.sum()), "by_farm": int(by_farm.sum())}
    lines.append(text("farms_near", near=catalogue.number(near_m), **counts))
    pupils = float(np.nansum(sites.loc[by_parcel | by_farm, "pupils"].astype(float)))
    if pupils:
        lines.append(text("farms_pupils", pupils=catalogue.number(pupils)))
    return Callout(text("farms_title"), tuple(lines), fictitious)


_NEAREST = ("nearest_parcel_m", "nearest_farm_m")


def action_result(
    title: str,
    figures: dict[str, Any],
    sites: pd.DataFrame,
    catalogue: Catalogue,
    assumptions: str = "",
) -> ActionResult:
    """What a simulation changed, before and after.

    Parameters
    ----------
    title : str
        Name of the action in the reader's language.
    figures : dict
        Figures of ``simulate_changes``: ``emission_change_t_per_year`` and
        ``population_mean_change_ug_m3`` (``{low, central, high}``), ``population_mean_before_ug_m3``,
        ``largest_decrease_ug_m3``, ``sites``, ``sites_improved``.
    sites : DataFrame
        Its table of sites: ``kind, no2_before_ug_m3, change_{low,central,high}_ug_m3``.
    catalogue : Catalogue
        Language.
    assumptions : str
        Parameters of the action in words (:func:`assumption_words`), printed with its result.
    """
    text = _Speaker(catalogue)
    rows = [_row(text("action_population"), figures["population_mean_before_ug_m3"], _people(figures))]
    schools = sites[sites["kind"].isin(SCHOOL_KINDS) & sites["no2_before_ug_m3"].notna()]
    if len(schools):
        change = _interval({level: float(schools[f"change_{level}_ug_m3"].mean()) for level in _LEVELS})
        label = text("action_sites", group=text("group_schools"))
        rows.append(_row(label, float(schools["no2_before_ug_m3"].mean()), change))
    kept = tuple(row for row in rows if np.isfinite(row.before))
    return ActionResult(
        title, _action_sentence(figures, catalogue), kept, f"{assumptions} {text('action_note')}".strip()
    )


def assumption_words(
    spec: AlgorithmSpec, params: dict[str, Any], catalogue: Catalogue, example: bool = False
) -> str:
    """Say with which numbers an action was run: « Hypothèses de l’utilisateur : part concernée 50 % ; … ».

    Parameters
    ----------
    spec : AlgorithmSpec
        Labels and units.
    params : dict
        Parameters of the run record (plain JSON values).
    catalogue : Catalogue
        Language.
    example : bool
        The numbers were chosen by the program to show what an action does, not by a user.
    """
    parts = []
    for parameter in spec.parameters:
        value = params.get(parameter.name)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            number = catalogue.quantity(float(value), parameter.unit, 0 if float(value).is_integer() else 1)
            parts.append(f"{catalogue.text(parameter.label)} {number}")
    key = "assumptions_example" if example else "assumptions_user"
    return _Speaker(catalogue)(key, list=" ; ".join(parts).lower()) if parts else ""


def _action_sentence(figures: dict[str, Any], catalogue: Catalogue) -> str:
    text = _Speaker(catalogue)
    emission = _interval(figures["emission_change_t_per_year"])
    change = catalogue.number(emission.central)
    improved = text(
        "action_sites_improved",
        improved=catalogue.number(figures["sites_improved"]),
        total=catalogue.number(figures["sites"]),
        largest=catalogue.number(figures["largest_decrease_ug_m3"]["central"], 2),
    )
    return f"{text('action_emission', change=change, bounds=text.bounds(emission, 0))} {improved}"


def _people(figures: dict[str, Any]) -> Interval:
    return _interval(figures["population_mean_change_ug_m3"])


def _row(label: str, before: float, change: Interval) -> BeforeAfter:
    return BeforeAfter(label, before, before + change.central, "µg/m³", change, 2)


def _interval(levels: dict[str, float]) -> Interval:
    return Interval(*(float(levels[level]) for level in _LEVELS))


class _Speaker:
    """Texts of the ``reporting.briefing`` keys."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def __call__(self, key: str, **params: Any) -> str:
        return self._catalogue.text(Text(f"reporting.briefing.{key}", params))

    def bounds(self, interval: Interval, decimals: int) -> str:
        """``de 10 à 14``."""
        low, high = sorted((interval.low, interval.high))
        numbers = {
            "low": self._catalogue.number(low, decimals),
            "high": self._catalogue.number(high, decimals),
        }
        return self("interval", **numbers)
