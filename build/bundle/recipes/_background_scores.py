"""Every model held out by site, the choice between them, and what the record says of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from aqah_desktop.records import Interval, Pollutant
from aqah_desktop.science import scores
from aqah_desktop.science.background import (
    MODELS,
    ORDINARY_KRIGING,
    PLAIN_MEAN,
    SHAPE_KRIGING,
    Model,
    SiteValues,
    hold_out,
    simplest_good_model,
)
from aqah_desktop.science.kriging import Prediction, Variogram

SEED = 20190713
CANDIDATES = tuple(model for model in MODELS if model.correlated)
#: Shown when a score would rest on too few sites.
NOT_ASSESSABLE = str(scores.NotAssessable(0))


@dataclass(frozen=True)
class Trial:
    """One pollutant and year: its sites and every model's held-out predictions."""

    pollutant: Pollutant
    year: int
    sites: SiteValues
    table: pd.DataFrame
    left_out: list[str]
    held_out: dict[str, Prediction]

    @classmethod
    def run(
        cls, pollutant: Pollutant, year: int, sites: SiteValues, table: pd.DataFrame, left_out: list[str]
    ) -> Trial:
        """Hold out every site, for every model the number of sites allows."""
        few = len(np.unique(sites.sites())) < scores.MINIMUM_SITES
        models = [m for m in MODELS if not (few and m.terms)]
        held_out = {model.id: hold_out(model, sites) for model in models}
        return cls(pollutant, year, sites, table, left_out, held_out)

    @property
    def all_sites(self) -> np.ndarray:
        """Rows of every observation used."""
        return np.arange(len(self.table))

    @property
    def background_sites(self) -> np.ndarray:
        """Rows that are background alone: not the city means with a traffic station inside."""
        return np.flatnonzero((self.table["kind"] != "mixed").to_numpy())

    @property
    def assessable(self) -> bool:
        """Whether there are enough observations to compare models."""
        return not isinstance(self.score(PLAIN_MEAN.id, self.all_sites), scores.NotAssessable)

    def squared_errors(self, model_id: str) -> np.ndarray:
        """Held-out squared errors, (µg/m³)²."""
        return np.asarray((self.held_out[model_id].mean - self.sites.values) ** 2)

    def score(self, model_id: str, rows: np.ndarray) -> scores.Scores | scores.NotAssessable:
        """Scores of one model on some of the observations."""
        found = self.held_out[model_id]
        return scores.score(
            self.sites.values[rows], found.mean[rows], sites=self.sites.sites()[rows],
            pollutant=self.pollutant, std=np.hypot(found.std, self.sites.error_std)[rows],
        )  # fmt: skip

    def skill(self, model_id: str, baseline: str, rows: np.ndarray) -> Interval | scores.NotAssessable:
        """Skill over a baseline with its 90 % site-bootstrap interval."""
        values = self.sites.values[rows]
        mean, base = (self.held_out[name].mean[rows] for name in (model_id, baseline))
        return scores.site_bootstrap(
            lambda drawn: scores.skill(values[drawn], mean[drawn], base[drawn]),
            self.sites.sites()[rows], seed=SEED,
        )  # fmt: skip

    def rmse_interval(self, model_id: str, rows: np.ndarray) -> Interval | scores.NotAssessable:
        """RMSE with its 90 % site-bootstrap interval, µg/m³."""
        values, mean = self.sites.values[rows], self.held_out[model_id].mean[rows]
        return scores.site_bootstrap(
            lambda drawn: scores.rmse(values[drawn], mean[drawn]), self.sites.sites()[rows], seed=SEED
        )


def choose(trials: list[Trial]) -> dict[int, Model]:
    """One model per year of a pollutant.

    Where sites suffice, the simplest candidate within 5 % of the least error over those years;
    elsewhere, the regional shape with kriged residuals: fewer than ten sites support no coefficient.
    """
    judged = [trial for trial in trials if trial.assessable]
    errors = {model.id: [trial.squared_errors(model.id) for trial in judged] for model in CANDIDATES}
    best = simplest_good_model(CANDIDATES, errors)
    return {trial.year: best if trial.assessable else SHAPE_KRIGING for trial in trials}


def evidence(trial: Trial, model: Model, variogram: Variogram) -> dict[str, Any]:
    """What the dataset record says of the map: scores, baselines, sites, model."""
    kinds = trial.table["kind"].value_counts()
    return {
        "observations": {
            "sites": len(np.unique(trial.sites.sites())),
            "stations": int(kinds.get("station", 0)),
            "city_means": int(kinds.get("city", 0)),
            "city_means_with_traffic_inside": int(kinds.get("mixed", 0)),
            "left_out": trial.left_out,
        },
        "model": model.id,
        "population_tried": trial.assessable,
        "covariance": {
            "model": variogram.model,
            "sill": round(variogram.sill, 3),
            "range_m": round(variogram.range_m, -2),
            "nugget": round(variogram.nugget, 3),
        },
        "held_out_by_site": full_scores(trial, model.id, trial.all_sites),
        "held_out_background_sites": full_scores(trial, model.id, trial.background_sites),
        "spatial_skill": spatial_skill(trial, model),
        "baselines": {
            m.id: full_scores(trial, m.id, trial.all_sites) for m in (PLAIN_MEAN, ORDINARY_KRIGING)
        },
        "rmse_of_every_model": {m.id: _rmse(trial, m.id) for m in MODELS if m.id in trial.held_out},
        "mqi_parameters": {
            "version": scores.MQI_VERSION,
            "confidence": scores.MQI_CONFIDENCE.value,
            "flag": "to-be-verified",
        },
        "sites": _site_rows(trial, model),
    }


def spatial_skill(trial: Trial, model: Model) -> str:
    """``shown`` when the whole 90 % interval of the skill over the plain mean is above zero.

    Judged on background sites alone.
    """
    found = trial.skill(model.id, PLAIN_MEAN.id, trial.background_sites)
    if isinstance(found, scores.NotAssessable):
        return NOT_ASSESSABLE
    return "shown" if found.low > 0 else "not shown"


def full_scores(trial: Trial, model_id: str, rows: np.ndarray) -> dict[str, Any]:
    """Scores, intervals and skill of one model, or how many sites there are and how many it takes."""
    found = trial.score(model_id, rows)
    if isinstance(found, scores.NotAssessable):
        names = ("bias", "rmse", "r2", "mqi", "rmse_plain_mean", "rmse_ordinary_kriging")
        return {"n": found.sites, "minimum": found.minimum} | dict.fromkeys(names, NOT_ASSESSABLE)
    return {
        "n": found.sites,
        "bias": _round(found.bias),
        "rmse": _round(found.rmse),
        "rmse_interval_90": _bounds(trial.rmse_interval(model_id, rows)),
        "r2": _round(found.r2),
        "mqi": _round(found.mqi),
        "error_over_std": _round(found.error_over_std),
    } | _against_baselines(trial, model_id, rows)


def _against_baselines(trial: Trial, model_id: str, rows: np.ndarray) -> dict[str, Any]:
    against: dict[str, Any] = {}
    for baseline in (PLAIN_MEAN.id, ORDINARY_KRIGING.id):
        values = trial.sites.values[rows]
        against[f"rmse_{baseline}"] = _round(scores.rmse(values, trial.held_out[baseline].mean[rows]))
        if baseline != model_id:
            skill = trial.skill(model_id, baseline, rows)
            against[f"skill_over_{baseline}"] = {
                "value": _round(skill.central),
                "interval_90": _bounds(skill),
            }
    return against


def _bounds(found: Interval) -> list[float]:
    return [_round(found.low), _round(found.high)]


def _rmse(trial: Trial, model_id: str) -> float | str:
    found = trial.score(model_id, trial.all_sites)
    return NOT_ASSESSABLE if isinstance(found, scores.NotAssessable) else _round(found.rmse)


def _round(value: float) -> float:
    """Eight decimals: far below meaning, enough to compute a score again and compare."""
    return round(float(value), 8) + 0.0


def _site_rows(trial: Trial, model: Model) -> list[dict[str, Any]]:
    """All that is needed to compute the hold-out again, and its predictions."""
    found = trial.held_out[model.id]
    rows: list[dict[str, Any]] = trial.table.to_dict("records")
    for i, row in enumerate(rows):
        row |= {name: float(values[i]) for name, values in trial.sites.places.covariates.items()}
        row |= {"held_out_ug_m3": _round(found.mean[i]), "held_out_std_ug_m3": _round(found.std[i])}
    return rows
