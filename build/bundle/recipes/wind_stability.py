"""Joint frequency of wind sector, speed, Pasquill class and season, typical year of Uccle."""

from __future__ import annotations

import math

import pandas as pd
from framework import Product, Workspace
from recipes._figures import number, whole, worst_confidence
from recipes._records import products

ID = "wind_stability"
REQUIRES: tuple[str, ...] = ()

HOURS_PER_YEAR = 8760
#: Speed standing for the open class above 7 m/s in the mean given as evidence, m/s.
OPEN_CLASS_M_S = 8.0


def build(work: Workspace) -> list[Product]:
    """Make the table; the share is computed again from the hours, so that it sums to one."""
    rows = work.read_csv("wind_stability_uccle.csv")
    table = frequencies(rows)
    check(work, rows, table)
    return products(work, {"wind_stability": table}, {"wind_stability": summary(table)})


def frequencies(rows: pd.DataFrame) -> pd.DataFrame:
    """Hours as shares of the year and speed classes as bounds (none above 7 m/s)."""
    bounds = rows["speed_class_m_s"].str.extract(r"^(?P<low>\d+)(?:-(?P<high>\d+)|\+)$")
    hours = whole(rows["hours"])
    return pd.DataFrame({
        "season": rows["season"],
        "sector": rows["sector"],
        "sector_centre_deg": number(rows["sector_centre_deg"]),
        "speed_class": rows["speed_class_m_s"],
        "speed_low_m_s": number(bounds["low"]),
        "speed_high_m_s": number(bounds["high"]),
        "stability": rows["stability_pasquill"],
        "hours": hours,
        "frequency": hours.astype("float64") / HOURS_PER_YEAR,
    })  # fmt: skip


def summary(table: pd.DataFrame) -> dict[str, float]:
    """What the limits of the record rest on: mean speed and weight of the prevailing sectors."""
    high = table["speed_high_m_s"].fillna(2 * OPEN_CLASS_M_S - table["speed_low_m_s"])
    speed = (table["speed_low_m_s"] + high) / 2
    prevailing = table["sector"].isin(["WSW", "W"])
    return {
        "mean_speed_from_class_centres_m_s": round(float((speed * table["frequency"]).sum()), 2),
        "share_wsw_and_w": round(float(table.loc[prevailing, "frequency"].sum()), 3),
        "share_below_1_m_s": round(float(table.loc[table["speed_low_m_s"] == 0, "frequency"].sum()), 3),
        "share_stable_e_f": round(
            float(table.loc[table["stability"].isin(["E", "F"]), "frequency"].sum()), 3
        ),
    }


def check(work: Workspace, rows: pd.DataFrame, table: pd.DataFrame) -> None:
    """Prove that the table is one whole year, each case once."""
    total = math.fsum(table["frequency"])
    work.check("shares of the year sum to 1", abs(total - 1.0) < 1e-12, total)
    hours = int(table["hours"].sum())
    work.check("8,760 hours", hours == HOURS_PER_YEAR, hours)
    case = ["season", "sector", "speed_class", "stability"]
    work.check("each case once", not table.duplicated(case).any(), int(table.duplicated(case).sum()))
    sectors = table.groupby("sector")["sector_centre_deg"].unique()
    steps = sorted(float(centre[0]) for centre in sectors if len(centre) == 1)
    work.check("16 sectors of 22.5°", steps == [22.5 * k for k in range(16)], steps)
    work.check("every speed class has bounds", table["speed_low_m_s"].notna().all())
    work.check("the figures are derived, as the record says", worst_confidence(rows) == "derived")
