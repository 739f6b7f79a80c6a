"""Taking work away: briefing, map picture, GeoPackage, print."""
