"""Limit, target and guideline values, and index classes, with an id and two labels per row."""

from __future__ import annotations

from typing import Any

import pandas as pd
from framework import Product, Workspace
from recipes._figures import in_words, number, with_titles
from recipes._records import french, products

from aqah_desktop.records import Confidence

ID = "thresholds"
REQUIRES: tuple[str, ...] = ()

#: Pollutant as written → how a label writes it.
SYMBOLS = {"NO2": "NO₂", "NOx": "NOₓ", "SO2": "SO₂", "O3": "O₃", "NH3": "NH₃"}
#: µg/m³ per stated unit; percentages have none.
TO_UG_M3 = {"µg/m3": 1.0, "mg/m3": 1000.0, "ng/m3": 0.001}
#: Annual values everything else compares with, µg/m³.
ANNUAL = {
    "eu_2008_no2_annual": 40.0,
    "eu_2008_pm10_annual": 40.0,
    "eu_2008_pm25_annual": 25.0,
    "eu_2030_no2_annual": 20.0,
    "eu_2030_pm10_annual": 20.0,
    "eu_2030_pm25_annual": 10.0,
    "who_2021_no2_annual": 10.0,
    "who_2021_pm10_annual": 15.0,
    "who_2021_pm25_annual": 5.0,
}


def build(work: Workspace) -> list[Product]:
    """Make the table of thresholds."""
    rows = with_titles(work, work.read_csv("thresholds.csv"))
    table = name_rows(rows, work.read_csv("threshold_words.csv"))
    check(work, table)
    return products(work, {"thresholds": table})


def name_rows(rows: pd.DataFrame, words: pd.DataFrame) -> pd.DataFrame:
    """Add id, kind, value in µg/m³ and labels; ``words`` says how each framework, period… is called."""
    meaning = {(row.list, row.words): row for row in words.itertuples()}
    named = pd.DataFrame([_names(row, meaning) for row in rows.itertuples()], index=rows.index)
    table = rows.assign(
        statistic_source=rows["statistic"],
        value=number(rows["value"]),
        value_ug_m3=(number(rows["value"]) * rows["unit"].map(TO_UG_M3)).round(6),
        to_be_verified=rows["confidence"].eq(Confidence.RECALLED),
        **{name: named[name] for name in named},
    )
    may_be_empty = ("allowed_exceedances", "class_name", "colour", "note")
    return table.assign(**{name: in_words(rows[name]) for name in may_be_empty})


def check(work: Workspace, table: pd.DataFrame) -> None:
    """Prove ids, the annual values, and that nothing recalled passes for read."""
    repeated = sorted(table.loc[table["id"].duplicated(), "id"])
    work.check("threshold ids are unique", not repeated, repeated)
    values = table.set_index("id")["value_ug_m3"]
    found = {key: float(values[key]) for key in ANNUAL if key in values.index}
    work.check("annual values of NO2, PM10 and PM2.5", found == ANNUAL, found)
    recalled = int(table["to_be_verified"].sum())
    work.check("42 recalled rows are marked to be verified", recalled == 42, recalled)


def _names(row: Any, meaning: dict[tuple[str, str], Any]) -> dict[str, str]:
    framework, period = meaning["framework", row.framework], meaning["period", row.averaging_period]
    # The bounds of an index class follow its name after " (inclusive); lower bound > …".
    statistic = meaning["statistic", row.statistic.split(" (inclusive)")[0]]
    year = row.applies_from[:4] if statistic.kind == "ceiling" else ""
    pollutant = row.pollutant.replace(".", "").lower()
    symbol = SYMBOLS.get(row.pollutant, row.pollutant)
    ids = (framework.id, pollutant, period.id, year or statistic.id)
    year = f" ({year})" if year else ""
    return {
        "id": "_".join(word for word in ids if word),
        "pollutant": pollutant,
        "averaging_period": period.id,
        "kind": statistic.kind,
        "statistic": f"{period.id} {statistic.en}",
        "label_fr": french(
            f"{framework.fr} – {symbol.replace('.', ',')}, {period.fr} : {statistic.fr}{year}"
        ),
        "label_en": f"{framework.en} – {symbol}, {period.en}: {statistic.en}{year}",
    }
