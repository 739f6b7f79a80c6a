"""The annual values sites are compared with: one per framework, from the pack's table only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from aqah_desktop.records import Confidence, Threshold
from aqah_desktop.storage.pack import Pack

#: Name in columns and figures → how the table of thresholds calls the framework and its annual value.
FRAMEWORKS = {
    "who_2021": ("WHO 2021", "annual guideline"),
    "eu_2030": ("EU 2024/2881", "annual limit value"),
    "eu_2008": ("EU 2008/50", "annual limit value"),
}
_READ = (Confidence.PUBLISHED, Confidence.DERIVED)


@dataclass(frozen=True, slots=True)
class Limit:
    """The annual value of a framework for one pollutant; ``verified`` when it was read in its source."""

    framework: str
    value_ug_m3: float
    verified: bool
    threshold: Threshold


def annual_limits(pack: Pack, pollutant: str) -> dict[str, Limit]:
    """Return the value of each framework that has one for ``pollutant``, by framework."""
    found = {}
    for threshold in pack.thresholds(pollutant):
        for framework, (words, statistic) in FRAMEWORKS.items():
            if threshold.framework.startswith(words) and threshold.statistic == statistic:
                verified = threshold.confidence in _READ
                found[framework] = Limit(framework, threshold.value_ug_m3, verified, threshold)
    return {framework: found[framework] for framework in FRAMEWORKS if framework in found}


def exceeded(values: npt.ArrayLike, limit: Limit | None) -> pd.Series:
    """Whether each value is above the limit; missing where the value or the limit is."""
    numbers = pd.Series(np.asarray(values, dtype="float64"))
    if limit is None:
        return pd.Series(pd.NA, index=numbers.index, dtype="boolean")
    return (numbers > limit.value_ug_m3).astype("boolean").mask(numbers.isna())


def undecided(values: npt.ArrayLike, std: npt.ArrayLike, limit: Limit | None) -> pd.Series:
    """Whether the limit lies within one standard deviation of the value; missing without one."""
    numbers, margins = pd.Series(np.asarray(values, dtype="float64")), pd.Series(np.asarray(std, "float64"))
    if limit is None:
        return pd.Series(pd.NA, index=numbers.index, dtype="boolean")
    near = ((numbers - limit.value_ug_m3).abs() <= margins).astype("boolean")
    return near.mask(numbers.isna() | margins.isna())
