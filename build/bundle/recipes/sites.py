"""Schools, hospitals, care homes and the project's social centres: five layers with the same columns."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
from framework import Product, Workspace
from recipes._figures import (
    TERRITORIES,
    check_codes,
    distance_to_commune,
    in_words,
    inside_region,
    points,
    whole,
    with_titles,
)
from recipes._records import products

ID = "sites"
REQUIRES = ("communes",)

#: Layer → kinds it holds, rows, rows with a position.
LAYERS = {
    "ecoles": (("ecole",), 756, 654),
    "colleges_lycees": (("college", "lycee"), 326, 326),
    "hospitals": (("hospital",), 119, 119),
    "ehpad": (("ehpad",), 121, 121),
    "social_centres": (("social_centre",), 9, 9),
}
STATUS = {
    "Public": "public",
    "public": "public",
    "Privé": "private",
    "private": "private",
    "Privé sous contrat": "private",
    "Privé commercial": "private_commercial",
    "Privé non lucratif (associatif)": "private_non_profit",
}
#: Beginning of what the source says of a position → our word.
POSITION_QUALITY = {
    "Parfaite": "good",
    "good": "good",
    "site": "good",
    "Correcte": "medium",
    "medium": "medium",
    "Moyenne": "medium",
    "Mauvaise": "poor",
    "low": "poor",
    "address or street": "address_or_street",
    "geocoded address": "not_stated",
    "not stated": "not_stated",
    "none": "none",
    "commune centre": "commune_centre",
}
PUPILS_SCOPE = {"ecole": "elementary_classes_only", "college": "all_classes"}
#: Outlines are simplified: a position farther than this from its commune is an error, m.
ELSEWHERE_M = 300.0
#: The Region's list of lycées also holds the regional boarding schools it runs, which are first-level
#: schools: the ministry's row keeps the id, the other is kept under an id of its own.
IN_TWO_FILES = ("0590382V", "0591613H")
OISE = ("200067965", "200068047", "246000707")
NO_NAME = "(nom non publié)"


def build(work: Workspace) -> list[Product]:
    """Make the five layers."""
    communes = work.product("communes").content
    listed = with_titles(work, work.read_csv("sites.csv"))
    centres = with_titles(work, work.read_csv("social_centres.csv"))
    sites = points(describe(pd.concat([listed, centre_rows(centres, communes)]).fillna("")))
    sites = resolve_ids(work, sites).sort_values("site_id", ignore_index=True)
    check(work, sites, communes)
    contents = {layer: sites[sites["kind"].isin(kinds)] for layer, (kinds, _, _) in LAYERS.items()}
    evidence = {layer: summary(rows, communes) for layer, rows in contents.items()}
    evidence["ecoles"]["unplaced_by_territory"] = _unplaced(contents["ecoles"])
    return products(work, contents, evidence)


def centre_rows(centres: pd.DataFrame, communes: gpd.GeoDataFrame) -> pd.DataFrame:
    """Social centres in the columns of the other sites; all of it is to be verified."""
    epci = communes.set_index("commune_code")["epci_code"]
    return pd.DataFrame({
        "site_id": "centre-social-" + centres["centre_no"],
        "kind": "social_centre",
        "name": centres["name"].where(centres["name"] != "", NO_NAME),
        "commune_code": centres["commune_code"],
        "epci_code": centres["commune_code"].map(epci),
        "lon": centres["lon"],
        "lat": centres["lat"],
        "position_quality": "commune centre, recalled",
        "confidence": centres["coord_confidence"],
        "source": centres["source"],
    })  # fmt: skip


def describe(rows: pd.DataFrame) -> pd.DataFrame:
    """Our words for status and position quality; pupils as numbers with the classes they count."""
    rows = rows.reset_index(drop=True)
    quality = rows["position_quality"].map(_position_quality)
    pupils = whole(rows["pupils"])
    return rows.drop(columns="sector").assign(
        status=in_words(rows["sector"].map(STATUS).fillna("")),
        facility_type=in_words(rows["facility_type"]),
        pupils=pupils,
        pupils_scope=rows["kind"].map(PUPILS_SCOPE).where(pupils.notna(), None),
        position_quality=quality,
        position_note=rows["position_quality"],
        placed=rows["lon"].ne("") & rows["lat"].ne(""),
        to_be_verified=rows["confidence"].eq("recalled"),
    )


def resolve_ids(work: Workspace, sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give each row its own id; ``duplicate_of`` names the row that is the same place."""
    repeated = sites["site_id"].duplicated(keep=False)
    second = repeated & sites["kind"].ne("ecole")
    first = sites[repeated & sites["kind"].eq("ecole")].set_index("site_id")
    found = tuple(sorted(sites.loc[second, "site_id"]))
    work.check("two ids stand in two files, as an école and a lycée", found == IN_TWO_FILES, found)
    twins = gpd.GeoSeries(sites.loc[second, "site_id"].map(first.geometry), crs=sites.crs)
    apart = sites[second].distance(twins).round(0)
    boarding = sites.loc[second, "name"].str.startswith("Erpd").all()
    work.check("they are one place and a boarding school", apart.max() < 100 and boarding, apart.tolist())
    same = sites["site_id"].where(second, None).astype(object)
    own = sites["site_id"].where(~second, sites["site_id"] + "-" + sites["kind"])
    return sites.assign(site_id=own, duplicate_of=same)


def check(work: Workspace, sites: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> None:
    """Prove counts, codes, and that nothing unplaced was put anywhere."""
    for layer, (kinds, rows, placed) in LAYERS.items():
        here = sites[sites["kind"].isin(kinds)]
        counts = (len(here), int(here["placed"].sum()))
        work.check(f"{layer}: {rows} rows, {placed} placed", counts == (rows, placed), counts)
    work.check("ids are unique", sites["site_id"].is_unique, sites["site_id"].nunique())
    work.check("placed means a position, and the reverse", (sites.geometry.notna() == sites["placed"]).all())
    work.check("positions inside the region", inside_region(sites))
    oise = sites[sites["kind"].eq("ecole") & sites["epci_code"].isin(OISE)]
    work.check("no école of the Oise territories is placed", not oise["placed"].any(), len(oise))
    farthest_m = distance_to_commune(sites, communes).max()
    work.check("positions agree with the commune named", farthest_m < ELSEWHERE_M, float(farthest_m))
    check_codes(work, sites, "commune_code", 5)
    epci = sites["commune_code"].map(communes.set_index("commune_code")["epci_code"])
    other = sorted(sites.loc[epci.ne(sites["epci_code"]), "site_id"])
    work.check("every site is in the EPCI of its commune", not other, other)
    work.check("every EPCI is a territory", set(sites["epci_code"]) == set(TERRITORIES))
    mails = sorted(sites.loc[sites["name"].str.contains("@"), "site_id"])
    work.check("no name holds an address of a person", not mails, mails)


def summary(sites: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> dict[str, object]:
    """Counts and doubts a reader of the record should know."""
    away_m = distance_to_commune(sites, communes)
    outside = sites.assign(away_m=away_m)[away_m > 0].sort_values("away_m", ascending=False)
    return {
        "rows": len(sites),
        "placed": int(sites["placed"].sum()),
        "pupils_known": int(sites["pupils"].notna().sum()),
        "position_quality": sites["position_quality"].value_counts().sort_index().to_dict(),
        "outside_the_outline_of_their_commune": [
            {"site_id": row.site_id, "commune_code": row.commune_code, "distance_m": row.away_m}
            for row in outside.itertuples()
        ],
        "same_place_as_a_row_of_another_layer": sites["duplicate_of"].dropna().tolist(),
        "probably_closed": sorted(sites.loc[sites["position_note"].str.contains("closed"), "site_id"]),
    }


def _unplaced(ecoles: gpd.GeoDataFrame) -> dict[str, int]:
    counts = ecoles[~ecoles["placed"]].groupby("epci_code").size()
    return {code: int(n) for code, n in counts.items()}


def _position_quality(words: str) -> str:
    return next(ours for beginning, ours in POSITION_QUALITY.items() if words.startswith(beginning))
