"""Universal kriging of annual means: external drift, averaged observations, fitted variogram.

The field is ``Z(x) = f(x)·β + S(x) + N(x)``: known drift functions ``f`` with unknown coefficients
``β``, a spatially correlated part ``S`` with covariance ``sill · ρ(h / range)``, and a micro-scale
part ``N`` of variance ``nugget``, independent between positions (what distinguishes two sites that
the model cannot tell apart). An observation is a weighted average of ``Z`` over positions plus its own
measurement error. Prediction is the best linear unbiased one; the nugget and the errors are
filtered, so that a map has no spike at a station, and the nugget stays in the standard deviation.

Sources: Cressie, *Statistics for Spatial Data* (1993), §3.4 (universal kriging), §5.4 (averages);
Patterson & Thompson, Biometrika 58 (1971) 545, doi:10.1093/biomet/58.3.545 (restricted likelihood).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve, solve_triangular
from scipy.optimize import minimize
from scipy.spatial.distance import cdist

from aqah_desktop.errors import BadInputError

Floats = npt.NDArray[np.float64]

#: Targets predicted at once: bounds memory to some tens of MB for a hundred observations.
BLOCK = 32_768
_JITTER = 1e-10


@dataclass(frozen=True)
class Points:
    """Positions and the drift functions there.

    Parameters
    ----------
    x_m, y_m : (p,) float
        Coordinates in a metric CRS, m.
    drift : (p, k) float
        Drift functions at the positions; the first column is usually ones.
    """

    x_m: Floats
    y_m: Floats
    drift: Floats

    def take(self, rows: npt.NDArray[np.intp] | slice) -> Points:
        """Return the chosen positions."""
        return Points(self.x_m[rows], self.y_m[rows], self.drift[rows])

    @property
    def coordinates(self) -> Floats:
        """``(p, 2)`` coordinates, m."""
        return np.column_stack([self.x_m, self.y_m])


@dataclass(frozen=True)
class Observations:
    """Measured values, each the weighted average of the field over some positions.

    Parameters
    ----------
    points : Points
        The ``p`` distinct positions.
    weights : (n, p) float
        Row ``i`` gives the weights of observation ``i``; a row sums to one.
    values : (n,) float
        Observed values, in any unit.
    error_std : (n,) float
        Standard deviation of the measurement (and averaging) error, same unit, ≥ 0.
    """

    points: Points
    weights: Floats
    values: Floats
    error_std: Floats

    def __post_init__(self) -> None:
        n, p = self.weights.shape
        if len(self.values) != n or len(self.error_std) != n or len(self.points.x_m) != p:
            raise BadInputError("mapping.observations_shape", observations=n, positions=p)
        if not np.allclose(self.weights.sum(axis=1), 1.0) or (self.error_std < 0).any():
            raise BadInputError("mapping.observations_weights")
        if not (np.isfinite(self.values).all() and np.isfinite(self.points.drift).all()):
            raise BadInputError("mapping.observations_not_finite")

    @staticmethod
    def at_points(points: Points, values: Floats, error_std: Floats | float = 0.0) -> Observations:
        """Return observations made one at each position."""
        n = len(values)
        errors = np.broadcast_to(np.asarray(error_std, dtype=float), (n,)).copy()
        return Observations(points, np.eye(n), np.asarray(values, dtype=float), errors)

    def take(self, rows: npt.NDArray[np.intp]) -> Observations:
        """Return some of the observations, with only the positions they use."""
        weights = self.weights[rows]
        used = np.flatnonzero(weights.any(axis=0))
        return Observations(self.points.take(used), weights[:, used], self.values[rows], self.error_std[rows])

    @property
    def drift(self) -> Floats:
        """``(n, k)`` drift functions averaged as the observations are."""
        return np.asarray(self.weights @ self.points.drift)


@dataclass(frozen=True)
class Variogram:
    """Covariance of the field.

    Parameters
    ----------
    model : str
        ``"exponential"``: ``ρ = exp(−h/range)`` (95 % of the sill at 3 ranges) or ``"spherical"``:
        ``ρ = 1 − 1.5 h/range + 0.5 (h/range)³`` up to the range, 0 beyond.
    sill : float
        Variance of the correlated part, (unit of the field)².
    range_m : float
        Range parameter, m, > 0.
    nugget : float
        Variance of the micro-scale part, (unit of the field)².
    """

    model: str
    sill: float
    range_m: float
    nugget: float

    def correlation(self, distance_m: Floats) -> Floats:
        """Return ``ρ(h)``, 1 at distance 0, never negative."""
        return _correlation(self.model, distance_m / self.range_m)


@dataclass(frozen=True)
class VariogramPrior:
    """What is believed before the fit: log-normal around a centre, cut off at bounds.

    With twenty sites the likelihood hardly tells a range from another; these keep it plausible.
    ``sill`` and ``nugget`` are shares of the variance left by an ordinary least-squares drift.
    """

    range_m: float = 50_000.0
    range_log_std: float = 0.7
    range_bounds_m: tuple[float, float] = (5_000.0, 200_000.0)
    sill_share: float = 0.5
    nugget_share: float = 0.5
    share_log_std: float = 1.0
    share_bounds: tuple[float, float] = (0.01, 5.0)


@dataclass(frozen=True)
class Prediction:
    """Mean and standard deviation at the targets, ``(m,)`` float64, unit of the field."""

    mean: Floats
    std: Floats


def fit_variogram(
    observations: Observations, model: str = "exponential", prior: VariogramPrior | None = None
) -> Variogram:
    """Fit sill, range and nugget by restricted maximum likelihood with log-normal priors.

    Maximises ``−½ (log|K| + log|FᵀK⁻¹F| + yᵀPy)`` plus the log prior, with its exact gradient, from
    three starting ranges.

    Parameters
    ----------
    observations : Observations
        At least one more observation than drift functions.
    model : str
        ``"exponential"`` or ``"spherical"``.
    prior : VariogramPrior, optional
        Centre, width and bounds of each parameter.

    Raises
    ------
    BadInputError
        Too few observations for the drift, or drift functions that are not independent.
    """
    prior = prior or VariogramPrior()
    n, k = observations.drift.shape
    if n <= k or np.linalg.matrix_rank(observations.drift) < k:
        raise BadInputError("mapping.drift_not_supported", observations=n, functions=k)
    scale = _residual_variance(observations)
    centre = np.log([prior.sill_share * scale, prior.range_m, prior.nugget_share * scale])
    width = np.array([prior.share_log_std, prior.range_log_std, prior.share_log_std])
    shares = np.log(np.array(prior.share_bounds) * scale)
    bounds = [tuple(shares), tuple(np.log(prior.range_bounds_m)), tuple(shares)]

    def objective(theta: Floats) -> tuple[float, Floats]:
        value, gradient = restricted_deviance(observations, model, theta)
        pull = (theta - centre) / width
        return value + float(pull @ pull), gradient + 2 * pull / width

    starts = [centre + np.array([0.0, shift, 0.0]) for shift in (-1.0, 0.0, 1.0)]
    fits = [
        minimize(objective, start, jac=True, method="L-BFGS-B", bounds=bounds,
                 options={"ftol": 1e-15, "gtol": 1e-9, "maxiter": 500})
        for start in starts
    ]  # fmt: skip
    best = min(fits, key=lambda fit: float(fit.fun))
    sill, range_m, nugget = (float(v) for v in np.exp(best.x))
    return Variogram(model, sill, range_m, nugget)


def restricted_deviance(observations: Observations, model: str, theta: Floats) -> tuple[float, Floats]:
    """Return −2 × the restricted log-likelihood (without constant) and its gradient.

    ``theta`` is ``log(sill), log(range_m), log(nugget)``. Gradient ``tr(P ∂K) − yᵀP ∂K P y``.
    """
    sill, range_m, nugget = np.exp(theta)
    A, F, y = observations.weights, observations.drift, observations.values
    distance = cdist(observations.points.coordinates, observations.points.coordinates) / range_m
    structured = sill * A @ _correlation(model, distance) @ A.T
    micro = nugget * A @ A.T
    stretch = sill * A @ (distance * _minus_slope(model, distance)) @ A.T
    K = structured + micro + np.diag(observations.error_std**2)
    K[np.diag_indices_from(K)] += _JITTER * (sill + nugget)
    factor = cho_factor(K, lower=True)
    KF = cho_solve(factor, F)
    information = F.T @ KF
    P = cho_solve(factor, np.eye(len(y))) - KF @ np.linalg.solve(information, KF.T)
    Py = P @ y
    deviance = 2 * np.log(np.diag(factor[0])).sum() + np.linalg.slogdet(information)[1] + y @ Py
    slopes = [np.sum(P * D) - Py @ D @ Py for D in (structured, stretch, micro)]
    return float(deviance), np.array(slopes)


def krige(
    observations: Observations, variogram: Variogram, targets: Points, *, with_nugget: bool = True
) -> Prediction:
    """Predict the field at the targets by universal kriging.

    Parameters
    ----------
    observations : Observations
        ``n`` observations; the drift functions are the same as those of ``targets``.
    variogram : Variogram
        Covariance, given or fitted.
    targets : Points
        ``m`` targets.
    with_nugget : bool
        Whether the standard deviation is that of a new site's value (default) or of the smooth
        field. The mean is the same.

    Returns
    -------
    Prediction
        Mean and standard deviation; the mean never includes the micro-scale part of a site.

    Raises
    ------
    BadInputError
        Too few observations for the drift, or drift functions that are not independent.
    """
    system = _System.build(observations, variogram)
    mean, std = np.empty(len(targets.x_m)), np.empty(len(targets.x_m))
    extra = variogram.nugget if with_nugget else 0.0
    for start in range(0, len(mean), BLOCK):
        block = slice(start, start + BLOCK)
        mean[block], variance = system.predict(targets.take(block))
        std[block] = np.sqrt(np.maximum(variance, 0.0) + extra)
    return Prediction(mean, std)


def kriging_weights(observations: Observations, variogram: Variogram, targets: Points) -> Floats:
    """Return the ``(m, n)`` weights whose product with the values is the kriged mean.

    They reproduce the drift exactly: ``weights @ F = f(target)``; with a constant drift each row sums
    to one.
    """
    system = _System.build(observations, variogram)
    c0 = system.covariance(targets)
    KF = cho_solve((system.lower, True), system.F)
    simple = cho_solve((system.lower, True), c0.T).T
    return np.asarray(simple + (targets.drift - c0 @ KF) @ np.linalg.solve(system.information, KF.T))


@dataclass(frozen=True)
class _System:
    """The factorised kriging equations of one set of observations."""

    observations: Observations
    variogram: Variogram
    F: Floats
    lower: Floats
    information: Floats
    beta: Floats
    residual: Floats

    @staticmethod
    def build(observations: Observations, variogram: Variogram) -> _System:
        A, F = observations.weights, observations.drift
        n, k = F.shape
        if n < k or np.linalg.matrix_rank(F) < k:
            raise BadInputError("mapping.drift_not_supported", observations=n, functions=k)
        xy = observations.points.coordinates
        C = variogram.sill * variogram.correlation(cdist(xy, xy))
        C[np.diag_indices_from(C)] += variogram.nugget + _JITTER * (variogram.sill + variogram.nugget)
        K = A @ C @ A.T + np.diag(observations.error_std**2)
        try:
            lower = np.asarray(np.linalg.cholesky(K), dtype=np.float64)
        except np.linalg.LinAlgError as error:
            raise BadInputError("mapping.no_variance") from error
        KF = cho_solve((lower, True), F)
        information = F.T @ KF
        beta = np.linalg.solve(information, KF.T @ observations.values)
        residual = cho_solve((lower, True), observations.values - F @ beta)
        return _System(observations, variogram, F, lower, information, beta, residual)

    def covariance(self, targets: Points) -> Floats:
        """``(m, n)`` covariance between the smooth field at the targets and the observations."""
        distance = cdist(targets.coordinates, self.observations.points.coordinates)
        rho = self.variogram.correlation(distance)
        return np.asarray(self.variogram.sill * rho @ self.observations.weights.T)

    def predict(self, targets: Points) -> tuple[Floats, Floats]:
        """Mean and variance of the smooth field."""
        c0 = self.covariance(targets)
        half = solve_triangular(self.lower, c0.T, lower=True)
        gap = targets.drift.T - solve_triangular(self.lower, self.F, lower=True).T @ half
        spread = np.einsum("km,km->m", gap, np.linalg.solve(self.information, gap))
        mean = targets.drift @ self.beta + c0 @ self.residual
        return mean, self.variogram.sill - np.einsum("nm,nm->m", half, half) + spread


def _correlation(model: str, scaled: Floats) -> Floats:
    if model == "exponential":
        return np.exp(-scaled)
    if model == "spherical":
        inside = np.minimum(scaled, 1.0)
        return 1.0 - 1.5 * inside + 0.5 * inside**3
    raise BadInputError("mapping.unknown_variogram", model=model)


def _minus_slope(model: str, scaled: Floats) -> Floats:
    """``−dρ/d(h/range)``."""
    if model == "exponential":
        return np.exp(-scaled)
    return 1.5 * (1.0 - np.minimum(scaled, 1.0) ** 2)


def _residual_variance(observations: Observations) -> float:
    F, y = observations.drift, observations.values
    residual = y - F @ np.linalg.lstsq(F, y, rcond=None)[0]
    variance = float(residual @ residual) / (len(y) - F.shape[1])
    # A drift that fits perfectly still leaves the measurement error.
    floor = float(np.mean(observations.error_std**2)) + 1e-12 * float(y @ y)
    return variance if variance > floor else floor or 1e-300
