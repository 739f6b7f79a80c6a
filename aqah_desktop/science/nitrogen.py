r"""NO2 from total NOx in annual means, and back.

Everything is composed in NOx and NO2 is computed last, on the **total**: a change of NOx gives
``ΔNO2 = f(NOx + ΔNOx) - f(NOx)``. NOx is counted as NO2, µg/m³.

Two forms, both increasing, never above NOx:

* :class:`EmpiricalRelation` (the default): ``NO2 = NOx (A / (NOx + B) + C)`` after Romberg et al.
  (1996), with the constants fitted on annual means of German stations 2000-2006 by Bächlin and
  Bösinger (2008). Being fitted on annual means, it carries the fact that high NOx and low ozone come
  together. Valid for background air and about 3 to 200 µg/m³ NOx, Central and Western Europe.
* :class:`OxidantRelation`: the photostationary form of Düring et al. (2011) for air that had time to
  react, ``(NOx - NO2)(OX - NO2) = R NO2`` with ``OX = OX₀ + p NOx``, p the share emitted as NO2. With
  annual means it ignores that co-variation and gives an upper bound of how NO2 follows NOx.

Sources: constants A, B, C as quoted in the uEMEP model (metno/uEMEP, ``uEMEP_chemistry_NO2.f90``:
"Bächlin and Bösinger (2008) 29 35 0.217", "GRAL 30 35 0.18"); I. Düring et al., Meteorol. Z. 20, 67-73,
2011, doi:10.1127/0941-2948/2011/0491.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from aqah_desktop.errors import BadInputError

#: µg/m³ of NO2 in 1 ppb at 20 °C and 1013 hPa, the convention of EU Directive 2008/50.
NO2_UG_M3_PER_PPB = 1.9125


class Relation(Protocol):
    """An increasing relation between annual means of NOx and NO2, and its inverse."""

    @property
    def name(self) -> str:
        """Name kept with results."""
        ...

    def no2(self, nox_ug_m3: np.ndarray) -> np.ndarray:
        """NO2 from NOx, µg/m³."""
        ...

    def nox(self, no2_ug_m3: np.ndarray) -> np.ndarray:
        """NOx from NO2, µg/m³."""
        ...


@dataclass(frozen=True)
class EmpiricalRelation:
    """``NO2 = NOx (A / (NOx + B) + C)``, never above NOx; ``A``, ``B`` in µg/m³."""

    name: str
    A: float
    B: float
    C: float

    def no2(self, nox_ug_m3: np.ndarray) -> np.ndarray:
        """NO2 from NOx, µg/m³. Below 2 µg/m³ the published form exceeds NOx and is capped."""
        published = nox_ug_m3 * (self.A / (nox_ug_m3 + self.B) + self.C)
        return np.asarray(np.minimum(nox_ug_m3, published))

    def nox(self, no2_ug_m3: np.ndarray) -> np.ndarray:
        """NOx from NO2, µg/m³: the positive root of ``C x² + (A + B C - y) x - B y = 0``."""
        linear = self.A + self.B * self.C - no2_ug_m3
        return np.asarray(np.maximum(no2_ug_m3, _positive_root(self.C, linear, self.B * no2_ug_m3)))


@dataclass(frozen=True)
class OxidantRelation:
    """Photostationary state on the total oxidant ``OX = O3 + NO2``, ppb.

    Attributes
    ----------
    oxidant_ppb : float
        ``OX₀``, where NOx is nil. 33: O3 + NO2 measured at Halluin and Lille Fives, Aug 2019-Jul 2020
        (32.8 and 34.8 ppb, 9 and 11 months), and 32.6 to 33.2 in the EMEP base case over the region.
    primary_share : float
        Share of NOx emitted as NO2, see :func:`primary_no2_share`.
    equilibrium_ppb : float
        ``R = [O3][NO]/[NO2]`` of annual means: 3.9 in the same base case (3.1 to 5.8).
    """

    name: str
    oxidant_ppb: float
    primary_share: float
    equilibrium_ppb: float

    def no2(self, nox_ug_m3: np.ndarray) -> np.ndarray:
        """NO2 from NOx, µg/m³."""
        x = nox_ug_m3 / NO2_UG_M3_PER_PPB
        oxidant = self.oxidant_ppb + self.primary_share * x
        total = oxidant + x + self.equilibrium_ppb
        n = 2 * oxidant * x / (total + np.sqrt(total**2 - 4 * oxidant * x))
        return np.asarray(n * NO2_UG_M3_PER_PPB)

    def nox(self, no2_ug_m3: np.ndarray) -> np.ndarray:
        """NOx from NO2, µg/m³: the positive root of the same equation, read in NOx."""
        n = no2_ug_m3 / NO2_UG_M3_PER_PPB
        p = self.primary_share
        linear = self.oxidant_ppb - n * (1 + p)
        constant = n * (self.oxidant_ppb - n + self.equilibrium_ppb)
        return _positive_root(p, linear, constant) * NO2_UG_M3_PER_PPB


def primary_no2_share(year: int) -> float:
    """Share of road NOx emitted as NO2.

    0.086 in 2000 and 0.124 in 2004 at 45 European roadside stations (AEA for the European Commission,
    *Recent trends and projections of primary NO2 emissions in Europe*, 2009); steady since about 2010
    and "up to a factor of two" under the 0.32 of projections (Grange et al., Nature Geoscience 10,
    914-918, 2017): 0.16 is used from 2010, linear in between, constant before 2000.
    """
    return float(np.interp(year, [2000, 2004, 2010], [0.086, 0.124, 0.16]))


BAECHLIN_2008 = EmpiricalRelation("baechlin_2008", A=29.0, B=35.0, C=0.217)
GRAL = EmpiricalRelation("gral", A=30.0, B=35.0, C=0.18)
DEFAULT_RELATION: Relation = BAECHLIN_2008


def photostationary(year: int) -> OxidantRelation:
    """Oxidant relation of a year, for comparison with the empirical one."""
    return OxidantRelation(
        "photostationary", oxidant_ppb=33.0, primary_share=primary_no2_share(year), equilibrium_ppb=3.9
    )


def no2_from_nox(nox_ug_m3: np.ndarray, relation: Relation = DEFAULT_RELATION) -> np.ndarray:
    """Annual mean NO2 from annual mean total NOx, both µg/m³ as NO2; NaN stays NaN.

    Raises
    ------
    BadInputError
        A concentration is negative or infinite.
    """
    return relation.no2(_usable(nox_ug_m3))


def nox_from_no2(no2_ug_m3: np.ndarray, relation: Relation = DEFAULT_RELATION) -> np.ndarray:
    """Annual mean total NOx that goes with an annual mean NO2; inverse of :func:`no2_from_nox`.

    Raises
    ------
    BadInputError
        A concentration is negative or infinite.
    """
    return relation.nox(_usable(no2_ug_m3))


def _positive_root(a: float, b: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Positive root of ``a x² + b x = c`` (a > 0); no digits are lost for either sign of b."""
    root = np.sqrt(b**2 + 4 * a * c)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(b > 0, 2 * c / (b + root), (root - b) / (2 * a)))


def _usable(values: np.ndarray) -> np.ndarray:
    array = np.asarray(values, dtype=float)
    if np.isinf(array).any() or (array < 0).any():
        raise BadInputError("simulation.unusable_concentrations")
    return array
