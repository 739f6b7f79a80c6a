"""How well a map agrees with measurements it has not seen.

Scores are computed on sites held out: a site is left out with all its years, and sites closer than
500 m are one site, because a row-wise hold-out would let a site predict itself. Below ten sites
nothing is said: :class:`NotAssessable` is returned instead of a number.

Sources: R² and skill: Murphy, Mon. Wea. Rev. 116 (1988) 2417,
doi:10.1175/1520-0493(1988)116<2417:SSBOTM>2.0.CO;2. MQI: Janssen & Thunis, *FAIRMODE Guidance
Document on Modelling Quality Objectives and Benchmarking*, version 3.3, EUR 31068 EN (2022),
doi:10.2760/41988.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from aqah_desktop.errors import BadInputError
from aqah_desktop.records import Confidence, Interval, Pollutant

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

#: Fewer held-out sites than this say nothing about a map.
MINIMUM_SITES = 10
MERGE_DISTANCE_M = 500.0


@dataclass(frozen=True)
class NotAssessable:
    """The score that cannot be given, and why."""

    sites: int
    minimum: int = MINIMUM_SITES

    def __str__(self) -> str:
        return "not assessable"


@dataclass(frozen=True)
class MqiParameters:
    """Measurement uncertainty of an annual mean in the FAIRMODE indicator.

    ``U(O) = relative_u · sqrt((1 − α²)/n_p · O² + α² · reference² / n_np)``, expanded (95 %).

    Parameters
    ----------
    relative_u : float
        Relative expanded uncertainty at the reference value.
    reference_ug_m3 : float
        Reference value, µg/m³.
    alpha, n_p, n_np : float
        Share of the uncertainty not proportional to the concentration, and the two averaging
        numbers of the annual mean.
    """

    relative_u: float
    reference_ug_m3: float
    alpha: float
    n_p: float
    n_np: float


MQI_VERSION = "FAIRMODE guidance 3.x (as in pyaerocom, MET Norway; the guidance's own table was not read)"
#: Second-hand, hence flagged: version 2.1 had other values for PM10 and PM2.5.
MQI_CONFIDENCE = Confidence.SECONDARY
MQI_PARAMETERS = {
    Pollutant.NO2: MqiParameters(0.24, 200.0, 0.20, 5.2, 5.5),
    Pollutant.PM10: MqiParameters(0.28, 50.0, 0.25, 20.0, 1.5),
    Pollutant.PM25: MqiParameters(0.36, 25.0, 0.50, 20.0, 1.5),
}
_STRINGENCY = 2.0


@dataclass(frozen=True)
class Scores:
    """Scores of held-out predictions. Units: those of the values, except the dimensionless ones."""

    sites: int
    rows: int
    bias: float
    rmse: float
    r2: float
    r2_within_year: float
    mqi: float | None
    #: Root mean square of error / predicted standard deviation: 1 when the std is right.
    error_over_std: float | None = None


def bias(observed: Floats, predicted: Floats) -> float:
    """Mean of predicted − observed, unit of the values."""
    return float(np.mean(predicted - observed))


def rmse(observed: Floats, predicted: Floats) -> float:
    """Root mean square of predicted − observed, unit of the values, ≥ 0."""
    return float(np.sqrt(np.mean((predicted - observed) ** 2)))


def r2(observed: Floats, predicted: Floats) -> float:
    """``1 − SSE/SST``: 1 is perfect, 0 no better than the mean of the observations; may be < 0."""
    return 1.0 - _sum_of_squares(predicted - observed) / _sum_of_squares(observed - observed.mean())


def r2_within_year(observed: Floats, predicted: Floats, years: npt.ArrayLike) -> float:
    """``1 − SSE/SST`` with the mean of each year removed from SST: skill in space, not in time."""
    _, year = np.unique(np.asarray(years), return_inverse=True)
    means = np.bincount(year, observed) / np.bincount(year)
    return 1.0 - _sum_of_squares(predicted - observed) / _sum_of_squares(observed - means[year])


def skill(observed: Floats, predicted: Floats, baseline: Floats) -> float:
    """``1 − SSE/SSE of the baseline``: > 0 better than the baseline, 0 the same, < 0 worse."""
    return 1.0 - _sum_of_squares(predicted - observed) / _sum_of_squares(baseline - observed)


def annual_uncertainty(observed: Floats, parameters: MqiParameters) -> Floats:
    """Expanded measurement uncertainty of annual means, µg/m³."""
    p = parameters
    proportional = (1 - p.alpha**2) / p.n_p * observed**2
    constant = p.alpha**2 * p.reference_ug_m3**2 / p.n_np
    return np.asarray(p.relative_u * np.sqrt(proportional + constant))


def annual_mqi(observed: Floats, predicted: Floats, parameters: MqiParameters) -> float:
    """FAIRMODE annual modelling quality indicator of the whole: the 90 % rule.

    Each site has ``|M − O| / (2 U(O))``; the result is the 90th percentile of the sorted values with
    the guidance's interpolation. At most 1 fulfils the objective; a constant map often does.

    Parameters
    ----------
    observed, predicted : (n,) float
        Annual means, µg/m³, n ≥ 1.
    parameters : MqiParameters
        Those of the pollutant.
    """
    each = np.sort(np.abs(predicted - observed) / (_STRINGENCY * annual_uncertainty(observed, parameters)))
    position = 0.9 * len(each)
    below = int(np.floor(position))
    if below < 1:
        return float(each[0])
    if below >= len(each):
        return float(each[-1])
    return float(each[below - 1] + (each[below] - each[below - 1]) * (position - below))


def site_groups(x_m: Floats, y_m: Floats, merge_distance_m: float = MERGE_DISTANCE_M) -> Indices:
    """Number of the site each position belongs to; positions closer than the distance are one.

    Chains count: A–B and B–C close makes A, B and C one site. Numbers follow first appearance.
    """
    n = len(x_m)
    pairs = cKDTree(np.column_stack([x_m, y_m])).sparse_distance_matrix(
        cKDTree(np.column_stack([x_m, y_m])), merge_distance_m, output_type="coo_matrix"
    )
    pairs.data[:] = 1.0
    labels = connected_components(pairs, directed=False)[1]
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(first))
    return np.asarray(order[inverse].reshape(n), dtype=np.intp)


Predict = Callable[[Indices, Indices], tuple[Floats, Floats]]


def hold_out_by_site(sites: Indices, predict: Predict) -> tuple[Floats, Floats]:
    """Predict every row from the rows of all other sites.

    Parameters
    ----------
    sites : (n,) int
        Site number of each row (see :func:`site_groups`), the same over years.
    predict : callable
        ``predict(train_rows, test_rows) -> mean, std`` at the test rows.

    Returns
    -------
    mean, std : (n,) float64
        Held-out predictions.
    """
    mean, std = np.full(len(sites), np.nan), np.full(len(sites), np.nan)
    for site in np.unique(sites):
        test, train = np.flatnonzero(sites == site), np.flatnonzero(sites != site)
        mean[test], std[test] = predict(train, test)
    return mean, std


def score(
    observed: Floats,
    predicted: Floats,
    *,
    sites: Indices,
    years: npt.ArrayLike | None = None,
    pollutant: Pollutant | None = None,
    std: Floats | None = None,
) -> Scores | NotAssessable:
    """Score held-out predictions, or say that there are too few sites.

    Parameters
    ----------
    observed, predicted : (n,) float
        Values and their held-out predictions; all finite.
    sites : (n,) int
        Site numbers: at least :data:`MINIMUM_SITES` different ones.
    years : (n,), optional
        Year of each row (one year when not given).
    pollutant : Pollutant, optional
        Gives the MQI parameters; without them the MQI is ``None``.
    std : (n,) float, optional
        Predicted standard deviation, for ``error_over_std``.

    Raises
    ------
    BadInputError
        A value is missing or not finite.
    """
    if not (np.isfinite(observed).all() and np.isfinite(predicted).all()):
        raise BadInputError("mapping.scores_not_finite")
    count = len(np.unique(sites))
    if count < MINIMUM_SITES:
        return NotAssessable(count)
    parameters = MQI_PARAMETERS.get(pollutant) if pollutant else None
    ratio = None if std is None else float(np.sqrt(np.mean(((predicted - observed) / std) ** 2)))
    year = np.zeros(len(observed)) if years is None else years
    return Scores(
        sites=count,
        rows=len(observed),
        bias=bias(observed, predicted),
        rmse=rmse(observed, predicted),
        r2=r2(observed, predicted),
        r2_within_year=r2_within_year(observed, predicted, year),
        mqi=annual_mqi(observed, predicted, parameters) if parameters else None,
        error_over_std=ratio,
    )


def site_bootstrap(
    statistic: Callable[[Indices], float],
    sites: Indices,
    *,
    seed: int,
    draws: int = 2000,
    level: float = 90.0,
) -> Interval | NotAssessable:
    """Interval of a statistic when whole sites are drawn with replacement.

    Parameters
    ----------
    statistic : callable
        ``statistic(rows) -> float``; rows repeat when their site was drawn twice.
    sites : (n,) int
        Site number of each row.
    seed : int
        Seed of the draws: the same gives the same interval.
    draws : int
        Number of resamples.
    level : float
        Coverage, %.
    """
    numbers = np.unique(sites)
    if len(numbers) < MINIMUM_SITES:
        return NotAssessable(len(numbers))
    rows_of = [np.flatnonzero(sites == number) for number in numbers]
    rng = np.random.default_rng(seed)
    values = [
        statistic(np.concatenate([rows_of[i] for i in rng.integers(0, len(numbers), len(numbers))]))
        for _ in range(draws)
    ]
    low, high = np.percentile(values, [(100 - level) / 2, (100 + level) / 2])
    return Interval(float(low), statistic(np.arange(len(sites))), float(high), level)


def _sum_of_squares(values: Floats) -> float:
    return float(np.sum(np.square(values)))
