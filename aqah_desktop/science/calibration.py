r"""One factor between a dispersed emission field and what background stations show.

.. math:: NOx_i = B + a\,(1 + q)\,F_i + \varepsilon_i

``F`` is the dispersed field of one sector, ``q`` the emission of the other sectors of the same
spatial shape over it, ``B`` a background common to all stations, ``a`` the factor sought. Stations
see only the product ``a (1 + q)``; a lognormal prior on ``a`` carries what is known without them, a
normal one on ``q`` what inventories say. The answer is the posterior of ``a``, on a grid, with
``ε`` Student-t of the residual degrees of freedom.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import stats

from aqah_desktop.errors import BadInputError
from aqah_desktop.records import Interval

#: Fewer stations say nothing: "non évaluable" (the rule of every score of this program).
MINIMUM_STATIONS = 10
_GRID = np.geomspace(1e-3, 1e2, 4001)


@dataclass(frozen=True)
class Prior:
    """What is known before the stations: median and log standard deviation of ``a``; ``q``."""

    median: float
    log_sd: float
    other_ratio: float
    other_ratio_sd: float


@dataclass(frozen=True)
class FactorFit:
    """Posterior of the factor, beside its prior, and the regression behind it.

    ``slope`` ± ``slope_se`` is the least-squares estimate of ``a (1 + q)``; ``learnt`` is the share of
    the prior's log variance the stations removed (near 0: "a priori").
    """

    prior: Interval
    posterior: Interval
    slope: float
    slope_se: float
    background_ug_m3: float
    rmse_ug_m3: float
    r2: float
    learnt: float
    n: int


def fit_factor(field_ug_m3: np.ndarray, observed_ug_m3: np.ndarray, prior: Prior) -> FactorFit:
    """Posterior median and 95 % interval of the factor of a dispersed field.

    Parameters
    ----------
    field_ug_m3, observed_ug_m3 : (n,)
        Dispersed field and total NOx at background stations, one row per site, same year.
    prior : Prior

    Raises
    ------
    BadInputError
        Fewer than ten stations, values missing, or a field that does not vary.
    """
    x, y = np.asarray(field_ug_m3, dtype=float), np.asarray(observed_ug_m3, dtype=float)
    if x.shape != y.shape or x.size < MINIMUM_STATIONS or not np.isfinite([x, y]).all() or np.ptp(x) == 0:
        raise BadInputError("simulation.calibration", n=int(x.size), minimum=MINIMUM_STATIONS)
    line = stats.linregress(x, y)
    residual = y - line.intercept - line.slope * x
    degrees = x.size - 2
    q = np.linspace(-2, 2, 41) * prior.other_ratio_sd + prior.other_ratio
    weight = stats.norm.pdf(q, prior.other_ratio, max(prior.other_ratio_sd, 1e-9))
    slopes = _GRID[:, None] * (1 + q[None, :])
    likelihood = stats.t.pdf((slopes - line.slope) / line.stderr, degrees) @ (weight / weight.sum())
    # Density in ln a on a grid even in ln a: a lognormal prior is a normal there.
    before = stats.norm.pdf(np.log(_GRID), np.log(prior.median), prior.log_sd)
    after = before * likelihood
    return FactorFit(
        prior=_interval(before),
        posterior=_interval(after),
        slope=float(line.slope),
        slope_se=float(line.stderr),
        background_ug_m3=float(line.intercept),
        rmse_ug_m3=float(np.sqrt((residual**2).sum() / degrees)),
        r2=float(line.rvalue**2),
        learnt=float(1 - _log_variance(after) / _log_variance(before)),
        n=int(x.size),
    )


def _interval(density: np.ndarray) -> Interval:
    cumulated = (np.cumsum(density) - density / 2) / density.sum()
    low, central, high = np.interp([0.025, 0.5, 0.975], cumulated, _GRID)
    return Interval(float(low), float(central), float(high), 95.0)


def _log_variance(density: np.ndarray) -> float:
    weight = density / density.sum()
    mean = float(weight @ np.log(_GRID))
    return float(weight @ (np.log(_GRID) - mean) ** 2)
