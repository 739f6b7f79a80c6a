"""What a plugin returned, checked value by value before anything of the program uses it."""

from __future__ import annotations

import math
from collections.abc import Collection
from datetime import date
from typing import Any

from aqah_desktop.errors import AqahError, PluginError
from aqah_desktop.plugin_api import LegalStatus, Reference
from aqah_desktop.records import (
    AlgorithmSpec,
    EmissionChange,
    Interval,
    Place,
    Pollutant,
    Problem,
    ReceptorChange,
    Sector,
)
from aqah_desktop.storage.records_json import from_plain

_MOST_CHANGES = 5000
_MOST_ROWS = 500
_LONGEST_WKT = 2 * 1024**2
_YEARS = (1990, 2100)


class Checker:
    """Reads the answers of one plugin; everything wrong becomes a ``plugins.wrong_value`` with its place.

    Parameters
    ----------
    plugin_id : str
        For messages.
    communes : collection of str
        Codes that exist.
    """

    def __init__(self, plugin_id: str, communes: Collection[str] = ()) -> None:
        self._plugin, self._communes = plugin_id, frozenset(communes)

    def spec(self, data: Any, expected_id: str) -> AlgorithmSpec:
        """Return the declaration a plugin gave of itself."""
        spec: AlgorithmSpec = self._record(AlgorithmSpec, data, "spec")
        if spec.id != expected_id:
            raise self._wrong("spec.id", spec.id, expected_id)
        names = [parameter.name for parameter in spec.parameters]
        if len(names) != len(set(names)):
            raise self._wrong("spec.parameters", ", ".join(names), "distinct names")
        return spec

    def problems(self, data: Any) -> list[Problem]:
        """Return the problems a plugin found."""
        return [
            self._record(Problem, item, f"problems[{i}]")
            for i, item in enumerate(self._list(data, "problems"))
        ]

    def references(self, data: Any) -> list[Reference]:
        """Return the published effects a plugin shows."""
        items = self._list(data, "references")
        return [self._record(Reference, item, f"references[{i}]") for i, item in enumerate(items)]

    def legal_status(self, data: Any) -> LegalStatus | None:
        """Return the state of the law, if the plugin gives it."""
        if data is None:
            return None
        status: LegalStatus = self._record(LegalStatus, data, "legal_status")
        try:
            date.fromisoformat(status.as_of)
        except ValueError:
            raise self._wrong("legal_status.as_of", status.as_of, "YYYY-MM-DD") from None
        return status

    def emission_changes(self, data: Any) -> tuple[EmissionChange, ...]:
        """Return emission changes: known sector, pollutant and place, finite ordered factors ≥ −1."""
        items = self._list(data, "emission_changes", _MOST_CHANGES)
        return tuple(self._emission_change(item, f"emission_changes[{i}]") for i, item in enumerate(items))

    def receptor_changes(self, data: Any) -> tuple[ReceptorChange, ...]:
        """Return receptor changes: site ids, known pollutant, finite ordered factors ≥ −1."""
        items = self._list(data, "receptor_changes", _MOST_CHANGES)
        return tuple(self._receptor_change(item, f"receptor_changes[{i}]") for i, item in enumerate(items))

    # ------------------------------------------------------------------ parts

    def _emission_change(self, data: Any, where: str) -> EmissionChange:
        fields = self._dict(data, where)
        return EmissionChange(
            sector=Sector(self._one_of(fields, "sector", [s.value for s in Sector], where)),
            pollutant=self._pollutant(fields, where),
            place=self._place(fields.get("place"), f"{where}.place"),
            years=self._years(fields.get("years"), f"{where}.years"),
            factor=self._factor(fields.get("factor"), f"{where}.factor"),
        )

    def _receptor_change(self, data: Any, where: str) -> ReceptorChange:
        fields = self._dict(data, where)
        sites = self._list(fields.get("sites"), f"{where}.sites", _MOST_CHANGES)
        for site in sites:
            if not isinstance(site, str) or not site:
                raise self._wrong(f"{where}.sites", site, "site_id")
        return ReceptorChange(
            sites=tuple(sites),
            pollutant=self._pollutant(fields, where),
            factor=self._factor(fields.get("factor"), f"{where}.factor"),
        )

    def _pollutant(self, fields: dict[str, Any], where: str) -> Pollutant:
        return Pollutant(self._one_of(fields, "pollutant", [p.value for p in Pollutant], where))

    def _one_of(self, fields: dict[str, Any], name: str, known: list[str], where: str) -> str:
        value = fields.get(name)
        if value not in known:
            raise self._wrong(f"{where}.{name}", value, " / ".join(known))
        return str(value)

    def _factor(self, data: Any, where: str) -> Interval:
        fields = self._dict(data, where)
        low, central, high = (self._number(fields.get(n), f"{where}.{n}") for n in ("low", "central", "high"))
        for name, value in (("low", low), ("central", central), ("high", high)):
            if value < -1:
                raise self._wrong(f"{where}.{name}", value, "≥ −1 (−1 = −100 %)")
        ordered = min(low, high) <= central <= max(low, high) and abs(low) <= abs(high)
        if not ordered:
            raise self._wrong(where, f"{low:g} / {central:g} / {high:g}", "|low| ≤ |central| ≤ |high|")
        level = fields.get("level")
        return Interval(low, central, high, None if level is None else self._number(level, f"{where}.level"))

    def _number(self, value: Any, where: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self._wrong(where, value, "a finite number")
        return float(value)

    def _years(self, data: Any, where: str) -> tuple[int, int]:
        years = self._list(data, where, 2)
        whole = all(isinstance(y, int) and not isinstance(y, bool) for y in years)
        if len(years) != 2 or not whole or not _YEARS[0] <= years[0] <= years[1] <= _YEARS[1]:
            raise self._wrong(where, years, f"[first, last], {_YEARS[0]} … {_YEARS[1]}")
        return years[0], years[1]

    def _place(self, data: Any, where: str) -> Place:
        fields = self._dict(data, where)
        codes = self._list(fields.get("communes", []), f"{where}.communes", _MOST_CHANGES)
        wkt = fields.get("polygon_wkt", "")
        if bool(codes) == bool(wkt):
            raise self._wrong(where, fields, "communes or polygon_wkt")
        for code in codes:
            if code not in self._communes:
                raise self._wrong(f"{where}.communes", code, "commune code")
        if wkt:
            self._check_polygon(wkt, f"{where}.polygon_wkt")
        return Place(tuple(codes), wkt)

    def _check_polygon(self, wkt: Any, where: str) -> None:
        import shapely

        if not isinstance(wkt, str) or len(wkt) > _LONGEST_WKT:
            raise self._wrong(where, wkt, "POLYGON((x y, …)), EPSG:2154")
        shape = shapely.from_wkt(wkt, on_invalid="ignore")
        if (
            shape is None
            or shape.geom_type not in ("Polygon", "MultiPolygon")
            or shape.is_empty
            or not shape.is_valid
        ):
            raise self._wrong(where, wkt, "POLYGON((x y, …)), EPSG:2154")

    def _record(self, kind: Any, data: Any, where: str) -> Any:
        try:
            return from_plain(kind, data)
        except AqahError as error:
            reason = f"{error.params.get('place', '')} {error.params.get('reason', '')}".strip()
            raise self._wrong(where, reason, kind.__name__) from error

    def _dict(self, data: Any, where: str) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise self._wrong(where, data, "{…}")
        return data

    def _list(self, data: Any, where: str, most: int = _MOST_ROWS) -> list[Any]:
        if not isinstance(data, list):
            raise self._wrong(where, data, "[…]")
        if len(data) > most:
            raise self._wrong(where, len(data), f"≤ {most}")
        return data

    def _wrong(self, where: str, value: Any, expected: str) -> PluginError:
        return PluginError(
            "plugins.wrong_value", plugin=self._plugin, where=where, value=str(value)[:200], expected=expected
        )
