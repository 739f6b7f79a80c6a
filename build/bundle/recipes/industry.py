"""Declared industrial sites, published figures of the largest ones, and the farms of the same register."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
from framework import Product, Workspace
from recipes._figures import (
    CRS,
    TERRITORIES,
    check_codes,
    communes_at,
    distance_to_commune,
    in_words,
    inside_region,
    number,
    points,
    with_titles,
)
from recipes._records import products

ID = "industry"
REQUIRES = ("communes",)

#: A register point farther than this from a known position of the site is called suspect, m.
SUSPECT_M = 1_000.0
#: The register's address of the steelworks lies in the town, the works several kilometres west.
STEELWORKS = "7000956"
#: Legal forms that only farms may take, at the start of a name.
FARM_FORMS = r"^(?:EARL|SCEA|GAEC)\b"
FARM_ACTIVITY = "exploitation déclarée au registre des émissions (espèce et polluant non précisés)"
ACTIVITIES = {
    "integrated steelworks": "aciérie intégrée",
    "refinery (stopped since)": "raffinerie (arrêtée depuis)",
    "steam cracker / polyethylene": "vapocraqueur, polyéthylène",
    "primary aluminium smelter, 300 000 t/yr, 264 pots": "aluminerie primaire, 300 000 t/an, 264 cuves",
}
#: What a figure is, when it is not an emission of a year.
FIGURE_KINDS = {"limit": "permit_limit", "production": "production"}


def build(work: Workspace) -> list[Product]:
    """Make the layer of sites, the table of figures and the layer of farms."""
    communes = work.product("communes").content
    register = with_titles(work, work.read_csv("industry_register.csv"))
    published = with_titles(work, work.read_csv("industry_figures.csv"))
    sites = place_sites(register, published, communes)
    figures = published_figures(published)
    farms = register_farms(with_titles(work, work.read_csv("farms.csv")), sites)
    check_sites(work, sites, figures)
    check_farms(work, farms, communes)
    contents = {"industrial_sites": sites, "industrial_figures": figures, "farms": farms}
    return products(work, contents, {"industrial_sites": summary(sites)})


def place_sites(
    register: pd.DataFrame, published: pd.DataFrame, communes: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Sites of the register where their address was geocoded, with what is doubtful about it."""
    sites = points(register.sort_values("facility_id", ignore_index=True))
    found = communes_at(sites, communes)
    same_point = sites.groupby(sites.geometry.to_wkb())["facility_id"].transform("size")
    recalled = points(published[published["confidence"].eq("recalled")]).set_index("facility_id").geometry
    better = gpd.GeoSeries(sites["facility_id"].map(recalled), index=sites.index, crs=CRS)
    away_m = sites.geometry.distance(better, align=False).round(-2)
    return sites.drop(columns="position_note").assign(
        name=sites["name"].str.replace(r"\s+", " ", regex=True),
        commune_code=found["commune_code"],
        epci_code=found["epci_code"],
        in_territory=found["epci_code"].isin(TERRITORIES),
        sites_at_this_point=same_point,
        position_suspect=sites["position_note"].eq("misplaced") | away_m.gt(SUSPECT_M),
        distance_to_recalled_position_m=away_m,
        recalled_x_m=better.x.round(-2),
        recalled_y_m=better.y.round(-2),
        position_quality=same_point.gt(1).map({True: "shared_address", False: "geocoded_address"}),
        is_farm=sites["name"].str.contains(FARM_FORMS),
        to_be_verified=True,
    )


def published_figures(published: pd.DataFrame) -> pd.DataFrame:
    """Figures of the largest sites; a permit limit is not an emission."""
    rows = published[published["value"] != ""]
    kind = rows["pollutant"].map(FIGURE_KINDS).fillna(rows["year"].map(FIGURE_KINDS)).fillna("emission")
    return pd.DataFrame({
        "facility_id": in_words(rows["facility_id"]),
        "name": rows["name"],
        "activity_fr": rows["activity"].map(ACTIVITIES),
        "activity_en": rows["activity"],
        "figure_kind": kind,
        "pollutant": rows["pollutant"],
        "year": rows["year"],
        "value": number(rows["value"]),
        "unit": rows["unit"],
        "confidence": rows["confidence"],
        "source": rows["source"],
        "note": in_words(rows["note"]),
    }).reset_index(drop=True)  # fmt: skip


def register_farms(listed: pd.DataFrame, sites: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The farms listed, and those of the register known by a legal form only farms may take."""
    farms = points(listed.drop(columns="activity")).assign(basis="listed")
    others = sites[sites["is_farm"] & ~("irep-" + sites["facility_id"]).isin(farms["farm_id"])]
    added = others[["name", "commune_code", "epci_code", "confidence", "source", "geometry"]].assign(
        farm_id="irep-" + others["facility_id"],
        kind="declared_installation",
        basis="legal_form",
        confidence="derived",
    )
    both = gpd.GeoDataFrame(pd.concat([farms, added]), geometry="geometry", crs=CRS)
    return both.sort_values("farm_id", ignore_index=True).assign(
        activity=FARM_ACTIVITY,
        position_quality="geocoded_address",
        in_territory=both.sort_values("farm_id", ignore_index=True)["epci_code"].isin(TERRITORIES),
    )


def check_sites(work: Workspace, sites: gpd.GeoDataFrame, figures: pd.DataFrame) -> None:
    """Prove counts and that the known traps are marked."""
    work.check("317 sites, each once", len(sites) == sites["facility_id"].nunique() == 317, len(sites))
    work.check("positions inside the region", inside_region(sites))
    shared = sites[sites["sites_at_this_point"] > 1]
    counts = [len(shared), int(shared.geometry.nunique()), int(sites["sites_at_this_point"].max())]
    work.check("146 sites share 50 points", counts[:2] == [146, 50], counts)
    suspect = sites.loc[sites["position_suspect"], "facility_id"].tolist()
    away = sites.set_index("facility_id")["distance_to_recalled_position_m"]
    near = STEELWORKS in suspect and 6_500 < away[STEELWORKS] < 8_000
    work.check("the steelworks, about 7 km off, are marked", near, {"suspect": suspect})
    check_codes(work, sites, "commune_code", 5)
    kinds = figures["figure_kind"].value_counts().sort_index().to_dict()
    wanted = {"emission": 9, "permit_limit": 3, "production": 1}
    work.check("limits and production are not emissions", kinds == wanted, kinds)
    work.check("every activity is translated", figures["activity_fr"].notna().all())


def check_farms(work: Workspace, farms: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> None:
    """Prove the farms: three listed in a territory, those added outside or marked."""
    listed = farms[farms["basis"] == "listed"]
    work.check("3 listed farms", len(listed) == 3 and listed["in_territory"].all(), len(listed))
    away_m = distance_to_commune(farms, communes)
    work.check("farms stand in their commune", away_m.max() < 300, away_m.tolist())
    added = farms.loc[farms["basis"] == "legal_form", ["farm_id", "epci_code"]].to_dict("records")
    work.check("one farm of the register is added, outside the territories", len(added) == 1, added)


def summary(sites: gpd.GeoDataFrame) -> dict[str, object]:
    """What a reader of the record should know."""
    by_territory = sites[sites["in_territory"]].groupby("epci_code").size()
    elsewhere = sites["listed_for_epci"].ne(sites["epci_code"])
    return {
        "sites_by_territory": {code: int(n) for code, n in by_territory.items()},
        "outside_the_territories": int((~sites["in_territory"]).sum()),
        "in_another_epci_than_listed": int(elsewhere.sum()),
        "sites_sharing_a_point": int(sites["sites_at_this_point"].gt(1).sum()),
        "suspect_positions": sites.loc[sites["position_suspect"], "facility_id"].tolist(),
        "outside_the_region_outlines": sites.loc[sites["commune_code"].isna(), "facility_id"].tolist(),
    }
