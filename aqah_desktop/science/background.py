"""Background concentration models compared on the same sites: what the maps of the pack are made with.

``C(x) = shape(x) + b0 + b1·g(population(x)) + S(x) + N(x)``, each part optional: ``shape`` is a regional
shape from elsewhere taken with coefficient one, ``g`` a function of the residents smoothed over 2 km,
``S`` and ``N`` the correlated and micro-scale residuals of :mod:`aqah_desktop.science.kriging`. With few
sites the simplest model that does no worse on sites held out is the right one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from aqah_desktop.errors import BadInputError
from aqah_desktop.science.kriging import (
    Observations,
    Points,
    Prediction,
    Variogram,
    VariogramPrior,
    fit_variogram,
    krige,
)
from aqah_desktop.science.scores import Indices, hold_out_by_site, site_groups

Floats = npt.NDArray[np.float64]

SQRT_POPULATION = "sqrt_population"
LOG_POPULATION = "log_population"
SHAPE = "shape"
#: Residents per km² added before the logarithm: empty land is no singularity.
_FLOOR_PER_KM2 = 100.0


@dataclass(frozen=True)
class Model:
    """One way to map the background.

    Parameters
    ----------
    id : str
        Name in records and tables.
    terms : tuple of str
        Covariates whose coefficient is fitted, beside the constant.
    shape : bool
        Whether the regional shape is taken off before and put back after.
    logarithmic : bool
        Whether the logarithm of the concentration is modelled (without a shape).
    correlated : bool
        Whether residuals are correlated in space; without, the model is a plain regression.
    """

    id: str
    terms: tuple[str, ...] = ()
    shape: bool = False
    logarithmic: bool = False
    correlated: bool = True


PLAIN_MEAN = Model("plain_mean", correlated=False)
ORDINARY_KRIGING = Model("ordinary_kriging")
SHAPE_KRIGING = Model("kriging_shape", shape=True)
#: Everything that is compared: two baselines, then models from the simplest to the least simple. The
#: shape costs no coefficient and keeps a plausible gradient where there is no site.
MODELS = (
    PLAIN_MEAN,
    Model("regression_sqrt_population", (SQRT_POPULATION,), correlated=False),
    SHAPE_KRIGING,
    ORDINARY_KRIGING,
    Model("kriging_sqrt_population_shape", (SQRT_POPULATION,), shape=True),
    Model("kriging_log_population_shape", (LOG_POPULATION,), shape=True),
    Model("kriging_sqrt_population", (SQRT_POPULATION,)),
    Model("kriging_log_population", (LOG_POPULATION,)),
    Model("lognormal_kriging_log_population", (LOG_POPULATION,), logarithmic=True),
)


@dataclass(frozen=True)
class Places:
    """Positions and their covariates.

    Parameters
    ----------
    x_m, y_m : (p,) float
        Coordinates, m.
    covariates : mapping of str to (p,) float
        ``sqrt_population``, ``log_population`` (see :func:`population_covariates`) and ``shape`` (µg/m³).
    """

    x_m: Floats
    y_m: Floats
    covariates: Mapping[str, Floats]


@dataclass(frozen=True)
class SiteValues:
    """Annual means of ``n`` observations over ``p`` places (see ``kriging.Observations``), µg/m³."""

    places: Places
    weights: Floats
    values: Floats
    error_std: Floats

    def sites(self) -> Indices:
        """Site number of each observation: those whose centres are closer than 500 m are one."""
        return site_groups(self.weights @ self.places.x_m, self.weights @ self.places.y_m)


def population_covariates(density_per_km2: Floats) -> dict[str, Floats]:
    """Functions of smoothed residents per km²: ``√d`` and ``log(d + 100)``."""
    density = np.asarray(density_per_km2, dtype=np.float64)
    return {SQRT_POPULATION: np.sqrt(density), LOG_POPULATION: np.log(density + _FLOOR_PER_KM2)}


def fit(model: Model, sites: SiteValues, prior: VariogramPrior | None = None) -> Variogram:
    """Fit the covariance of a model; a regression has only a nugget, its residual variance.

    Raises
    ------
    BadInputError
        Too few sites for the terms, or values that have no logarithm.
    """
    observations = _observations(model, sites)
    if model.correlated:
        return fit_variogram(observations, prior=prior)
    F, y = observations.drift, observations.values
    if len(y) <= F.shape[1]:
        raise BadInputError("mapping.drift_not_supported", observations=len(y), functions=F.shape[1])
    residual = y - F @ np.linalg.lstsq(F, y, rcond=None)[0]
    return Variogram("exponential", 0.0, 1.0, float(residual @ residual) / (len(y) - F.shape[1]))


def predict(model: Model, sites: SiteValues, targets: Places, variogram: Variogram) -> Prediction:
    """Annual mean of the background and its standard deviation at the targets, µg/m³.

    The standard deviation is that of a new background site: it includes the micro-scale part.
    """
    points = _points(model, targets)
    prediction = krige(_observations(model, sites), variogram, points)
    if model.logarithmic:
        return _from_log(prediction)
    if model.shape:
        return Prediction(prediction.mean + targets.covariates[SHAPE], prediction.std)
    return prediction


def hold_out(model: Model, sites: SiteValues) -> Prediction:
    """Predict each observation from the other sites, covariance fitted again every time."""

    def from_others(train: Indices, test: Indices) -> tuple[Floats, Floats]:
        others = _take(sites, train)
        prediction = predict(model, others, sites.places, fit(model, others))
        return sites.weights[test] @ prediction.mean, sites.weights[test] @ prediction.std

    return Prediction(*hold_out_by_site(sites.sites(), from_others))


def simplest_good_model(
    models: Sequence[Model], squared_errors: Mapping[str, Sequence[Floats]], tolerance: float = 0.05
) -> Model:
    """Choose the first model whose root mean square error over all the years is near the least one.

    The least error of many models on the same few sites is partly luck: a tolerance keeps the choice
    from turning on it.

    Parameters
    ----------
    models : sequence of Model
        Candidates, simplest first.
    squared_errors : mapping of str to sequence of (n,) float
        Model id → held-out squared errors, one array per year.
    tolerance : float
        Share of the least root mean square error a simpler model may lose.
    """
    totals = [float(sum(np.sum(errors) for errors in squared_errors[model.id])) for model in models]
    limit = min(totals) * (1 + tolerance) ** 2
    return next(model for model, total in zip(models, totals, strict=True) if total <= limit)


def _take(sites: SiteValues, rows: Indices) -> SiteValues:
    return SiteValues(sites.places, sites.weights[rows], sites.values[rows], sites.error_std[rows])


def _points(model: Model, places: Places) -> Points:
    columns = [np.ones(len(places.x_m)), *(places.covariates[term] for term in model.terms)]
    return Points(places.x_m, places.y_m, np.column_stack(columns))


def _observations(model: Model, sites: SiteValues) -> Observations:
    values, error = sites.values, sites.error_std
    if model.logarithmic:
        if (values <= 0).any():
            raise BadInputError("mapping.not_positive")
        values, error = np.log(values), error / values
    elif model.shape:
        values = values - sites.weights @ sites.places.covariates[SHAPE]
    if not model.correlated:
        error = np.zeros(len(values))
    return Observations(_points(model, sites.places), sites.weights, values, error)


def _from_log(prediction: Prediction) -> Prediction:
    """Mean and standard deviation of the log-normal with these moments of its logarithm."""
    variance = prediction.std**2
    mean = np.exp(prediction.mean + variance / 2)
    return Prediction(mean, mean * np.sqrt(np.expm1(variance)))
