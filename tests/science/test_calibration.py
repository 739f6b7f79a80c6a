"""The factor: found when stations tell, the prior when they do not."""

from __future__ import annotations

import numpy as np
import pytest

from aqah_desktop.errors import BadInputError
from aqah_desktop.science.calibration import Prior, fit_factor

PRIOR = Prior(median=0.9, log_sd=0.6, other_ratio=0.6, other_ratio_sd=0.1)


def _stations(factor: float, noise: float, n: int = 40) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    field = rng.uniform(2, 40, n)
    return field, 15 + factor * 1.6 * field + rng.normal(0, noise, n)


def test_known_factor_is_found_and_the_prior_forgotten() -> None:
    fit = fit_factor(*_stations(0.4, 0.5), PRIOR)
    assert fit.posterior.central == pytest.approx(0.4, rel=0.08)
    assert fit.posterior.low < 0.4 < fit.posterior.high
    assert fit.learnt > 0.9
    assert fit.background_ug_m3 == pytest.approx(15, abs=1)
    assert fit.slope == pytest.approx(0.64, rel=0.03)


def test_noise_leaves_the_prior() -> None:
    fit = fit_factor(*_stations(0.5, 5_000.0), PRIOR)
    assert fit.learnt < 0.02
    assert fit.posterior.central == pytest.approx(fit.prior.central, rel=0.02)
    assert fit.prior.central == pytest.approx(0.9, rel=1e-3)
    assert fit.prior.high / fit.prior.central == pytest.approx(np.exp(1.96 * 0.6), rel=0.01)


def test_an_uncertain_share_of_other_sectors_widens_the_answer() -> None:
    data = _stations(0.5, 0.5)
    sure = fit_factor(*data, Prior(0.9, 0.6, 0.6, 0.01)).posterior
    unsure = fit_factor(*data, Prior(0.9, 0.6, 0.6, 0.3)).posterior
    assert unsure.high - unsure.low > 2 * (sure.high - sure.low)


@pytest.mark.parametrize("case", ["few", "flat", "missing"])
def test_data_that_cannot_tell_are_refused(case: str) -> None:
    field, observed = _stations(0.5, 1.0)
    if case == "few":
        field, observed = field[:9], observed[:9]
    elif case == "flat":
        field = np.full_like(field, 3.0)
    else:
        observed[0] = np.nan
    with pytest.raises(BadInputError, match="calibration"):
        fit_factor(field, observed, PRIOR)
