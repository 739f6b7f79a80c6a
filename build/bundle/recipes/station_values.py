"""Annual means of stations, apart from percentiles and from the months of the lockdown year."""

from __future__ import annotations

import numpy as np
import pandas as pd
from framework import Product, Workspace
from recipes._figures import number, whole, with_titles
from recipes._records import french, products

from aqah_desktop.records import Confidence

ID = "station_values"
REQUIRES = ("stations",)

MEANS = {"NO2": "no2", "PM10": "pm10", "PM2.5": "pm25"}
#: What is not an annual mean in µg/m³: pollutant as written → pollutant, statistic.
OTHERS = {
    "PM10_P90.4": ("pm10", "p90.4_of_daily_means"),
    "O3_P93.2": ("o3", "p93.2_of_daily_maximum_8h_means"),
    "SO2_4th_daily": ("so2", "4th_highest_daily_mean"),
    "BaP": ("bap", "annual_mean"),
}
#: Automatic gauges were not corrected for the semi-volatile part before: the series are never joined.
PM_METHOD_YEAR = 2007
COVID_YEAR = "2019-08/2020-07"
LOCKDOWN_MONTHS = ("2020-03", "2020-04", "2020-05", "2020-06")
#: The page gives a value for a town without naming which of its stations measured it.
STATION_NOT_NAMED = "is not named in the page read"
#: Part of a copied note → what it means for the value.
METRIC_NOTES = {
    "estimate: P90": (
        "estimé d'après le centile 90,4 des moyennes journalières",
        "estimated from the 90.4th percentile of daily means",
    ),
    "year not written": (
        "année déduite par comparaison avec les moyennes de villes de l'OMS",
        "year deduced by comparison with the city means of the WHO",
    ),
    "rounded to 1": ("arrondi à 1 µg/m³", "rounded to 1 µg/m³"),
}
PM_NOTE = (
    "avant 2007 : jauges non corrigées de la fraction semi-volatile, non comparable à la suite",
    "before 2007: gauges not corrected for the semi-volatile part, not comparable with later years",
)


def build(work: Workspace) -> list[Product]:
    """Make the tables of stations."""
    rows = with_titles(work, work.read_csv("station_annual.csv"))
    rows = rows[rows["station_code"] != ""]
    named = rows[~rows["note"].str.contains(STATION_NOT_NAMED)]
    means = annual_means(named[named["pollutant"].isin(MEANS) & named["year"].ne(COVID_YEAR)])
    others = other_values(named[named["pollutant"].isin(OTHERS)])
    covid = covid_year(rows[rows["year"] == COVID_YEAR])
    contents = {
        "station_annual_means": means,
        "station_other_values": others,
        "station_monthly_means": monthly_means(with_titles(work, work.read_csv("station_monthly.csv"))),
        "station_covid_year_means": covid,
    }
    check_counts(work, len(rows), contents)
    check_stations(work, work.product("stations").content, *contents.values())
    left_out = rows.loc[rows["note"].str.contains(STATION_NOT_NAMED), ["station_code", "pollutant", "year"]]
    evidence = {"values_left_out_because_the_station_is_not_named": left_out.to_dict("records")}
    return products(work, contents, {"station_values": evidence | summary(means)})


def annual_means(rows: pd.DataFrame) -> pd.DataFrame:
    """Annual means in µg/m³, one per station, pollutant and year."""
    pollutant, year = rows["pollutant"].map(MEANS), whole(rows["year"])
    particles = pollutant.str.startswith("pm").astype(bool)
    before = particles & year.lt(PM_METHOD_YEAR).astype(bool)
    notes = [_metric_note(note, old) for note, old in zip(rows["note"], before, strict=True)]
    table = pd.DataFrame({
        "station_code": rows["station_code"],
        "pollutant": pollutant,
        "year": year,
        "value_ug_m3": number(rows["value"]),
        "statistic": "annual_mean",
        "derived": rows["confidence"].eq(Confidence.DERIVED),
        "error_percent": number(rows["note"].str.extract(r"error about (\d+) %", expand=False)),
        "coverage_percent": number(rows["note"].str.extract(r"data coverage ([\d.]+) %", expand=False)),
        "pm_method": np.where(particles, np.where(before, "before_2007", "from_2007"), None),
        "metric_note_fr": [fr for fr, _ in notes],
        "metric_note_en": [en for _, en in notes],
        "confidence": rows["confidence"],
        "source": rows["source"],
    })  # fmt: skip
    return table.sort_values(["pollutant", "year", "station_code"], ignore_index=True)


def other_values(rows: pd.DataFrame) -> pd.DataFrame:
    """Percentiles, ranks and benzo(a)pyrene: each with its own statistic and unit."""
    kind = rows["pollutant"].map(OTHERS)
    table = pd.DataFrame({
        "station_code": rows["station_code"],
        "pollutant": kind.str[0],
        "year": whole(rows["year"]),
        "statistic": kind.str[1],
        "value": number(rows["value"]),
        "unit": rows["unit"],
        "coverage_percent": number(rows["note"].str.extract(r"data coverage ([\d.]+) %", expand=False)),
        "confidence": rows["confidence"],
        "source": rows["source"],
    })  # fmt: skip
    return table.sort_values(["pollutant", "year", "station_code"], ignore_index=True)


def covid_year(rows: pd.DataFrame) -> pd.DataFrame:
    """Means of August 2019 to July 2020, lockdown included: never an annual value."""
    months = rows["note"].str.extract(r"mean of (\d+) monthly means", expand=False)
    return pd.DataFrame({
        "station_code": rows["station_code"],
        "pollutant": rows["pollutant"].map(_pollutant),
        "first_month": "2019-08",
        "last_month": "2020-07",
        "months_with_data": whole(months),
        "value_ug_m3": number(rows["value"]),
        "confidence": rows["confidence"],
        "source": rows["source"],
    }).reset_index(drop=True)  # fmt: skip


def monthly_means(rows: pd.DataFrame) -> pd.DataFrame:
    """Monthly means, with the months of the spring 2020 lockdown marked."""
    return pd.DataFrame({
        "station_code": rows["station_code"],
        "pollutant": rows["pollutant"].map(_pollutant),
        "month": rows["month"],
        "value_ug_m3": number(rows["value"]),
        "lockdown": rows["month"].isin(LOCKDOWN_MONTHS),
        "confidence": rows["confidence"],
        "source": rows["source"],
    })  # fmt: skip


def summary(means: pd.DataFrame) -> dict[str, object]:
    """Rows by pollutant and year, for the record."""
    by_year = means.groupby(["pollutant", "year"]).size()
    no2 = means[means["pollutant"] == "no2"]
    return {
        "rows_by_pollutant_and_year": {
            pollutant: {str(year): int(n) for (_, year), n in part.items()}
            for pollutant, part in by_year.groupby(level=0)
        },
        "no2_stations": int(no2["station_code"].nunique()),
        "derived_rows": int(means["derived"].sum()),
    }


def check_counts(work: Workspace, rows: int, contents: dict[str, pd.DataFrame]) -> None:
    """Prove that every row went to exactly one table and that no percentile stands among the means."""
    means, others = contents["station_annual_means"], contents["station_other_values"]
    kept = len(means) + len(others) + len(contents["station_covid_year_means"])
    work.check("one row only is left out", rows - kept == 1, [rows, kept])
    counts = means["pollutant"].value_counts().sort_index().to_dict()
    work.check("means: NO2 539, PM10 177, PM2.5 77", counts == {"no2": 539, "pm10": 177, "pm25": 77}, counts)
    sizes = {name: len(table) for name, table in contents.items()}
    work.check("793, 697, 150 and 14 values", list(sizes.values()) == [793, 697, 150, 14], sizes)
    key = ["station_code", "pollutant", "year"]
    work.check("one mean per station, pollutant and year", not means.duplicated(key).any())
    derived = int(means.query("pollutant == 'pm10' and derived")["error_percent"].eq(5).sum())
    work.check("121 PM10 means are derived from percentiles, ±5 %", derived == 121, derived)
    plausible = means["value_ug_m3"].between(2, 120).all()
    work.check("means are plausible", plausible, means["value_ug_m3"].describe().round(2).to_dict())
    # A 90.4th percentile of daily means is 1.4 to 2.2 times the mean: none may pass for one.
    both = means.merge(others.query("statistic == 'p90.4_of_daily_means'"), on=key)
    ratio = both["value"] / both["value_ug_m3"]
    extremes = [len(both), round(float(ratio.min()), 2), round(float(ratio.max()), 2)]
    work.check("percentiles exceed the means they stand beside", ratio.between(1.2, 2.5).all(), extremes)


def check_stations(work: Workspace, stations: pd.DataFrame, *tables: pd.DataFrame) -> None:
    """Prove that every value has a known station."""
    used = set().union(*(table["station_code"] for table in tables))
    unknown = sorted(used - set(stations["station_code"]))
    work.check("every value has a station", not unknown, unknown)


def _metric_note(note: str, before_2007: bool) -> tuple[str | None, str | None]:
    found = [texts for words, texts in METRIC_NOTES.items() if words in note] + (
        [PM_NOTE] if before_2007 else []
    )
    if not found:
        return (None, None)
    return (french("\u00a0; ".join(fr for fr, _ in found)), "; ".join(en for _, en in found))


def _pollutant(name: str) -> str:
    return MEANS.get(name, name.lower())
