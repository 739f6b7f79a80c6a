"""Columns of the exposure tables: name, type, label in both languages, unit."""

from __future__ import annotations

from typing import Literal

from aqah_desktop.records import FieldSchema, LocalText

Kind = Literal["text", "integer", "real", "boolean", "date"]


def _field(name: str, kind: Kind, fr: str, en: str, unit: str = "") -> FieldSchema:
    return FieldSchema(name, kind, LocalText(fr, en), unit)


_ID = _field("site_id", "text", "Identifiant", "Identifier")
_NAME = _field("name", "text", "Nom", "Name")
_KIND = _field("kind", "text", "Type de site", "Kind of site")
_COMMUNE = _field("commune_code", "text", "Code de la commune", "Commune code")
_LON = _field("lon", "real", "Longitude", "Longitude", "°")
_LAT = _field("lat", "real", "Latitude", "Latitude", "°")
_POLLUTANT = _field("pollutant", "text", "Polluant", "Pollutant")
_YEAR = _field("year", "integer", "Année", "Year")
_VALUE = _field("value_ug_m3", "real", "Moyenne annuelle", "Annual mean", "µg/m³")
_STD = _field("std_ug_m3", "real", "Écart type de la carte", "Standard deviation of the map", "µg/m³")
_QUALITY = _field("quality", "text", "Qualité", "Quality")
_STATUS = _field("status", "text", "État de la lecture", "State of the reading")
_SITES_STATUS = _field("sites_status", "text", "Sites alentour", "Sites around")
_UNKNOWN_KINDS = _field(
    "unknown_kinds", "text", "Types inconnus ou non placés ici", "Kinds unknown or unplaced here"
)
_PUPILS = _field("pupils", "integer", "Élèves connus", "Known pupils")

SITE_COLUMNS = (
    _ID,
    _NAME,
    _KIND,
    _COMMUNE,
    _LON,
    _LAT,
    _POLLUTANT,
    _YEAR,
    _VALUE,
    _STD,
    _field("radius_mean_ug_m3", "real", "Moyenne dans le rayon", "Mean within the radius", "µg/m³"),
    _QUALITY,
    _field("who_2021_exceeded", "boolean", "Au-dessus de l’OMS 2021", "Above WHO 2021"),
    _field("eu_2030_exceeded", "boolean", "Au-dessus de l’UE 2030", "Above EU 2030"),
    _field("rank", "integer", "Rang", "Rank"),
    _field("eu_2008_exceeded", "boolean", "Au-dessus de l’UE 2008", "Above EU 2008"),
    _field("who_2021_uncertain", "boolean", "OMS 2021 : à moins d’un écart type", "WHO 2021: within one std"),
    _field("eu_2030_uncertain", "boolean", "UE 2030 : à moins d’un écart type", "EU 2030: within one std"),
    _field("eu_2008_uncertain", "boolean", "UE 2008 : à moins d’un écart type", "EU 2008: within one std"),
    _field("thresholds_to_verify", "text", "Seuils à vérifier", "Thresholds to be verified"),
    _PUPILS,
    _field("position_quality", "text", "Qualité de la position", "Quality of the position"),
    _STATUS,
)

KIND_COLUMNS = (
    _KIND,
    _field("sites", "integer", "Sites", "Sites"),
    _field("with_value", "integer", "Sites avec une valeur", "Sites with a value"),
    _field("mean_ug_m3", "real", "Moyenne", "Mean", "µg/m³"),
    _field("median_ug_m3", "real", "Médiane", "Median", "µg/m³"),
    _field("max_ug_m3", "real", "Maximum", "Maximum", "µg/m³"),
    _field("who_2021_exceeded", "integer", "Sites au-dessus de l’OMS 2021", "Sites above WHO 2021"),
    _field("eu_2030_exceeded", "integer", "Sites au-dessus de l’UE 2030", "Sites above EU 2030"),
    _field("eu_2008_exceeded", "integer", "Sites au-dessus de l’UE 2008", "Sites above EU 2008"),
    _field("pupils", "integer", "Élèves connus", "Known pupils"),
)

#: Columns of the other tables that do not depend on the radii and kinds of the run.
PARCEL_COLUMNS = (
    _field("parcel_id", "text", "Parcelle", "Parcel"),
    _field("farm_id", "text", "Exploitation", "Farm"),
    _field("crop_code", "text", "Code culture", "Crop code"),
    _field("crop_label", "text", "Culture", "Crop"),
    _field("area_ha", "real", "Surface dessinée", "Drawn area", "ha"),
    _POLLUTANT,
    _YEAR,
    _field("mean_ug_m3", "real", "Moyenne pondérée par la surface", "Area-weighted mean", "µg/m³"),
    _field("max_ug_m3", "real", "Maximum", "Maximum", "µg/m³"),
    _field("covered_share", "real", "Part couverte par la carte", "Share covered by the map"),
    _field("nearest_site_m", "real", "Distance à un site", "Distance to a site", "m"),
    _field("nearest_site_id", "text", "Site le plus proche", "Nearest site"),
    _SITES_STATUS,
    _UNKNOWN_KINDS,
    _field("geometry_repaired", "boolean", "Contour réparé", "Outline repaired"),
    _QUALITY,
    _STATUS,
)
FARM_COLUMNS = (
    _field("farm_id", "text", "Exploitation", "Farm"),
    _KIND,
    _NAME,
    _COMMUNE,
    _LON,
    _LAT,
    _POLLUTANT,
    _YEAR,
    _VALUE,
    _STD,
    _field("nearest_site_m", "real", "Distance à un site", "Distance to a site", "m"),
    _field("nearest_site_id", "text", "Site le plus proche", "Nearest site"),
    _SITES_STATUS,
    _UNKNOWN_KINDS,
    _QUALITY,
    _STATUS,
)
NEAR_SITE_COLUMNS = (
    _ID,
    _NAME,
    _KIND,
    _COMMUNE,
    _LON,
    _LAT,
    _PUPILS,
    _POLLUTANT,
    _YEAR,
    _VALUE,
    _STD,
    _field("nearest_parcel_m", "real", "Distance à une parcelle", "Distance to a parcel", "m"),
    _field("nearest_farm_m", "real", "Distance à une exploitation", "Distance to a farm", "m"),
    _QUALITY,
    _STATUS,
)
