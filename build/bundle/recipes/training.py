"""The training set: an invented farm, its fields, a hamlet and a school, drawn by us.

Coordinates in ``sources/training_*.csv`` are metres from the middle of the commune, before a turn.
A road runs along ``y = 0`` and a lane along ``x = 150``: fields lie between them, houses along them.
"""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely
from framework import Product, Workspace
from recipes._figures import CRS, number
from recipes._records import products
from shapely import affinity

ID = "training"
REQUIRES = ("communes",)

#: A large and sparsely peopled commune of the CC des Hauts de Flandre lends its place.
COMMUNE = "59463"
FARM_ID = "fictif-ferme-1"
LABEL = "fictif — jeu d’entraînement"
TURN_DEG = 12.0
#: Axes of the road and of the lane, local metres, and half width of road and verge.
ROADS = shapely.MultiLineString([[(-1100, 0), (1000, 0)], [(150, -300), (150, 620)]])
VERGE_M = 10.0
KINDS = {"house": "fictitious_house", "school": "fictitious_school"}
DISTANCES_M = (5, 10, 20, 50)


def build(work: Workspace) -> list[Product]:
    """Make farm, parcels and houses."""
    communes = work.product("communes").content.set_index("commune_code")
    outline, epci_code = communes.geometry[COMMUNE], communes["epci_code"][COMMUNE]
    # The middle of the largest circle inside the outline, at the far end of the radius returned.
    middle = shapely.Point(shapely.maximum_inscribed_circle(outline).coords[0])
    crops = work.read_csv("rpg_crop_codes.csv").set_index("code")["label"]
    parcels = draw_parcels(work.read_csv("training_parcels.csv"), crops, middle)
    placed = draw_points(work.read_csv("training_points.csv"), middle).assign(
        commune_code=COMMUNE, epci_code=epci_code, label=LABEL
    )
    farm, houses = farm_points(placed), house_points(placed)
    drawn = pd.concat([farm.geometry, parcels.geometry, houses.geometry])
    near_road_m = float(drawn.distance(_put(ROADS, middle)).min())
    work.check("nothing stands on a road", near_road_m >= VERGE_M, near_road_m)
    work.check("all lies inside one commune", drawn.within(outline).all())
    evidence = check(work, farm, parcels, houses)
    contents = {"training_farm": farm, "training_parcels": parcels, "training_houses": houses}
    return products(work, contents, {"training": evidence})


def draw_parcels(rows: pd.DataFrame, crops: pd.Series, middle: shapely.Point) -> gpd.GeoDataFrame:
    """Parcels with an invented crop under the codes of the parcel register."""
    outlines = [
        shapely.Polygon([tuple(map(float, corner.split())) for corner in outline.split(";")])
        for outline in rows["outline_m"]
    ]
    geometry = gpd.GeoSeries([_put(shape, middle) for shape in outlines], crs=CRS)
    return gpd.GeoDataFrame({
        "parcel_id": "fictif-parcelle-" + rows["parcel_no"].str.zfill(2),
        "farm_id": FARM_ID,
        "crop_code": rows["crop_code"],
        "crop_label": rows["crop_code"].map(crops) + f" ({LABEL})",
        "area_ha": (geometry.area / 1e4).round(2),
        "label": LABEL,
    }, geometry=geometry, crs=CRS)  # fmt: skip


def draw_points(rows: pd.DataFrame, middle: shapely.Point) -> gpd.GeoDataFrame:
    """Houses, school and farm buildings as points."""
    local = shapely.points(number(rows["x_m"]), number(rows["y_m"]))
    return gpd.GeoDataFrame(rows[["kind", "name"]], geometry=[_put(p, middle) for p in local], crs=CRS)


def farm_points(placed: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Headquarters and buildings; the headquarters bear the id the parcels name."""
    farm = placed[~placed["kind"].isin(KINDS)].reset_index(drop=True)
    building = farm["kind"].eq("building").cumsum()
    suffix = building.map("-batiment-{}".format).where(farm["kind"].eq("building"), "")
    activity = f"polyculture-élevage ({LABEL})"
    return farm.assign(farm_id=FARM_ID + suffix, activity=activity, position_quality="drawn")


def house_points(placed: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Houses and school in the columns of sites; their kinds are never those of real sites."""
    houses = placed[placed["kind"].isin(KINDS)].reset_index(drop=True)
    order = houses.groupby("kind").cumcount() + 1
    kind = houses["kind"].map({"house": "maison", "school": "ecole"})
    return houses.assign(
        site_id="fictif-" + kind + "-" + order.map("{:02d}".format),
        kind=houses["kind"].map(KINDS),
        status=None,
        pupils=pd.array([None] * len(houses), dtype="Int64"),
        position_quality="drawn",
        placed=True,
        source=LABEL,
    )


def check(
    work: Workspace,
    farm: gpd.GeoDataFrame,
    parcels: gpd.GeoDataFrame,
    houses: gpd.GeoDataFrame,
) -> dict[str, object]:
    """Prove a plausible drawing that nothing can take for real."""
    counts = {"parcels": len(parcels), "houses": int(houses["kind"].eq("fictitious_house").sum())}
    work.check("12 parcels and 20 houses", counts == {"parcels": 12, "houses": 20}, counts)
    work.check("parcels are valid", parcels.geometry.is_valid.all())
    union_ha = parcels.geometry.union_all().area / 1e4
    total_ha = float(parcels.geometry.area.sum() / 1e4)
    work.check("parcels do not overlap", abs(union_ha - total_ha) < 1e-6, round(total_ha, 2))
    known = parcels["crop_label"].notna().all()
    work.check("every crop code has a label", known, sorted(parcels["crop_code"].unique()))
    fields = parcels.geometry.union_all()
    to_field_m = houses.geometry.distance(fields)
    work.check("no house stands in a field", to_field_m.min() > 1, round(float(to_field_m.min()), 1))
    named = [
        frame["label"].eq(LABEL).all() and frame.iloc[:, 0].notna().all() for frame in (farm, parcels, houses)
    ]
    work.check("every record is marked as fictitious", all(named), LABEL)
    school = houses["kind"].eq("fictitious_school")
    return {
        "fields_ha": round(total_ha, 1),
        "houses_within_m_of_a_field": {str(d): int((to_field_m[~school] <= d).sum()) for d in DISTANCES_M},
        "school_to_field_m": round(float(to_field_m[school].iloc[0]), 1),
    }


def _put(shape: shapely.Geometry, middle: shapely.Point) -> shapely.Geometry:
    """Turn a local drawing, move it to the commune and round to 0.1 m."""
    moved = affinity.translate(affinity.rotate(shape, TURN_DEG, origin=(0, 0)), middle.x, middle.y)
    return shapely.transform(moved, lambda xy: xy.round(1))
