"""Census figures of farming by territory, with the holes written as rows."""

from __future__ import annotations

from itertools import product
from typing import Any

import pandas as pd
from framework import Product, Workspace
from recipes._figures import TERRITORIES, in_words, number, whole, with_titles
from recipes._records import products

ID = "agriculture"
REQUIRES: tuple[str, ...] = ()

#: What every territory should have, and the years of the agricultural census.
EXPECTED = ("farms", "sau", "mean_sau", "standard_output", "livestock_units", "labour")
CENSUS_YEARS = (2010, 2020)
#: Expected too, once: no public figure was found for any territory.
CROPS = "crop_areas"
KNOWN_TERRITORIES = ("200040954", "200044618", "245900428")


def build(work: Workspace) -> list[Product]:
    """Make the table."""
    rows = with_titles(work, work.read_csv("agriculture.csv"))
    words = work.read_csv("agriculture_words.csv")
    meaning = {(row.list, row.words): row for row in words.itertuples()}
    found = read_figures(rows, meaning)
    names = {row.id: row for row in words.itertuples() if row.list == "indicator"}
    table = pd.concat([found, holes(found, names)], ignore_index=True)
    order = ["scope", "place", "indicator", "year", "value"]
    table = table.sort_values(order, ignore_index=True, na_position="last")
    evidence = check(work, rows, table)
    return products(work, {"agriculture": table}, {"agriculture": evidence})


def read_figures(rows: pd.DataFrame, meaning: dict[tuple[str, str], Any]) -> pd.DataFrame:
    """Figures found; words such as "about 800" stay words, their number is not made exact."""
    indicator = [meaning["indicator", name] for name in rows["indicator"]]
    place = [meaning["place", name] for name in rows["geography"]]
    code = pd.Series([row.id for row in place], index=rows.index)
    return pd.DataFrame({
        "scope": [row.fr for row in place],
        "territory_code": in_words(code),
        "place": [TERRITORIES.get(row.id, name) for row, name in zip(place, rows["geography"], strict=True)],
        "indicator": [row.id for row in indicator],
        "label_fr": [row.fr for row in indicator],
        "label_en": [row.en for row in indicator],
        "year": whole(rows["year"]),
        "value": number(rows["value"]),
        "value_text": rows["value"].where(number(rows["value"]).isna(), None),
        "unit": [row.unit for row in indicator],
        "missing": False,
        "confidence": rows["confidence"],
        "source": rows["source"],
        "note": in_words(rows["note"]),
    })  # fmt: skip


def holes(found: pd.DataFrame, names: dict[str, Any]) -> pd.DataFrame:
    """Return one row for each figure a territory should have and has not."""
    here = found[found["scope"].eq("territory") & found["value"].notna()]
    known = set(zip(here["territory_code"], here["indicator"], here["year"].tolist(), strict=True))
    wanted = [*product(TERRITORIES, EXPECTED, CENSUS_YEARS), *product(TERRITORIES, [CROPS], [2020])]
    rows = [
        {
            "scope": "territory",
            "territory_code": code,
            "place": TERRITORIES[code],
            "indicator": indicator,
            "label_fr": names[indicator].fr,
            "label_en": names[indicator].en,
            "year": year,
            "unit": names[indicator].unit,
            "missing": True,
        }
        for code, indicator, year in wanted
        if (code, indicator, year) not in known
    ]
    table = pd.DataFrame(rows).reindex(columns=found.columns)
    return table.astype({"year": "Int64", "value": "float64"})


def check(work: Workspace, rows: pd.DataFrame, table: pd.DataFrame) -> dict[str, object]:
    """Prove that nothing was lost or filled in."""
    there, gone = table[~table["missing"]], table[table["missing"]]
    work.check("205 figures", len(rows) == len(there) == 205, len(there))
    figure = there["value"].notna() ^ there["value_text"].notna()
    work.check("every figure is a number or words, not both", figure.all())
    empty = gone["value"].isna().all() and gone["value_text"].isna().all() and gone["source"].isna().all()
    work.check("a hole holds nothing", empty, len(gone))
    complete = [
        code
        for code in sorted(TERRITORIES)
        if not gone[gone["territory_code"].eq(code) & gone["indicator"].ne(CROPS)].size
    ]
    work.check("three territories have the whole census", complete == list(KNOWN_TERRITORIES), complete)
    area = there.pivot_table(index="place", columns=["indicator", "year"], values="value")
    ratio = (area["sau", 2020] / area["farms", 2020] / area["mean_sau", 2020]).dropna()
    extremes = [len(ratio), round(float(ratio.min()), 3), round(float(ratio.max()), 3)]
    work.check("area / farms is the mean area", ratio.between(0.99, 1.01).all(), extremes)
    return {
        "territories_with_the_census": complete,
        "missing_figures": {code: int(n) for code, n in gone.groupby("territory_code").size().items()},
        "neighbours": sorted(there.loc[there["scope"].eq("neighbour"), "place"].unique()),
    }
