"""From a pack, a territory and a layer (or a result) to what the map page shows."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from aqah_desktop.errors import BadInputError
from aqah_desktop.messages import Catalogue
from aqah_desktop.records import (
    Dataset,
    Layer,
    Measure,
    RasterShape,
    Standing,
    Statistic,
    Territory,
    TerritoryKind,
    Text,
    VectorShape,
)
from aqah_desktop.reporting import words
from aqah_desktop.reporting.mapdraw import fit_extent
from aqah_desktop.reporting.maprequest import (
    Basemap,
    Extent,
    MapPage,
    MapRequest,
    MapTexts,
    Outlines,
    PlaceName,
    Surface,
    Symbols,
)
from aqah_desktop.reporting.style import (
    LINES,
    WEAK_RELATIVE_STD,
    FillStyle,
    LineStyle,
    Mark,
    scale_for,
    site_scale,
    threshold_marks,
)

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from aqah_desktop.processing.contract import RasterResult
    from aqah_desktop.storage.pack import Pack

#: Kinds of sites drawn over a concentration map.
SITE_KINDS = ("ecole", "college", "lycee", "hospital", "ehpad")

#: Above this number of communes their outlines would fill the map: the EPCI are drawn instead.
_MANY_COMMUNES = 450

_POINT_ROLES = {"stations": "station", "industry": "industry", "farms": "farm", "places": "place"}


class MapComposer:
    """Makes map requests for one territory.

    Parameters
    ----------
    pack : Pack
        Open pack.
    territory : Territory
        Place the maps show.
    page : MapPage, optional
        Size, theme and language.
    """

    def __init__(self, pack: Pack, territory: Territory, page: MapPage | None = None) -> None:
        self.pack, self.territory = pack, territory
        self.page = page or MapPage()
        self.catalogue = Catalogue(self.page.language)

    # ------------------------------------------------------------------ what to show

    def layer(self, layer_id: str, site_kinds: Sequence[str] = SITE_KINDS) -> MapRequest:
        """Map of a layer of the pack; a concentration map also shows sites of ``site_kinds``.

        Raises
        ------
        UnknownItemError
            ``storage.unknown_layer``.
        BadInputError
            ``reporting.layer_not_mappable`` for a table, ``reporting.layer_empty_here`` when nothing of
            the layer lies in the territory.
        """
        layer = self.pack.layer(layer_id)
        title = layer.title.in_language(self.page.language)
        if not isinstance(layer.shape, RasterShape):
            return self._vector_map(layer, title)
        surface = self._layer_surface(layer)
        symbols, sources = None, [self.pack.dataset_of(layer_id)]
        if layer.role == "concentration" and site_kinds:
            sites = self.pack.sites(site_kinds, self.territory)
            sites = sites[sites.geometry.notna()]
            symbols = self._sites(layer, sites, surface.marks)
            sources += words.datasets_of(self.pack, sites["layer_id"].unique())
        dataset = sources[0]
        texts = self._texts(title, layer.measure, dataset.standing, sources, layer, layer.shape.grid.cell_m)
        return MapRequest(texts, self._basemap, surface, (), symbols, self.page)

    def result(self, raster: RasterResult, standing: Standing, inputs: Sequence[str] = ()) -> MapRequest:
        """Map of a computed raster; ``inputs`` are the layer ids it was made from (for the sources)."""
        values = raster.values.astype(np.float32, copy=False)
        if not np.isfinite(values).any():
            raise BadInputError("reporting.layer_empty_here", territory=self.territory.name)
        scale = scale_for(raster.measure, values)
        legend = words.legend_title(self.catalogue.text(raster.title), raster.measure, self.catalogue)
        surface = Surface(values, raster.grid, scale, legend, self._marks(raster.measure))
        datasets = words.datasets_of(self.pack, inputs)
        title, cell_m = self.catalogue.text(raster.title), raster.grid.cell_m
        texts = self._texts(title, raster.measure, standing, datasets, cell_m=cell_m)
        return MapRequest(texts, self._basemap, surface, (), None, self.page)

    def shown(
        self,
        title: str,
        measure: Measure | None,
        standing: Standing,
        datasets: Sequence[Dataset],
        layer: Layer | None = None,
    ) -> MapRequest:
        """Map with its ground and words only: what a window shows is put on it by ``dataclasses.replace``."""
        texts = self._texts(title, measure, standing, datasets, layer)
        return MapRequest(texts, self._basemap, None, (), None, self.page)

    # ------------------------------------------------------------------ rasters

    def _layer_surface(self, layer: Layer) -> Surface:
        with self.pack.open_raster(layer.id) as raster:
            values, grid = raster.read(self._window, self._most_cells)
        if not np.isfinite(values).any():
            raise BadInputError("reporting.layer_empty_here", territory=self.territory.name)
        weak = self._weak(layer, values)
        return Surface(
            values,
            grid,
            scale_for(layer.measure, values),
            words.legend_title(layer.title.in_language(self.page.language), layer.measure, self.catalogue),
            self._marks(layer.measure),
            # Counts belong to their cell: nothing lies between two of them.
            smooth=layer.measure is None or layer.measure.statistic is not Statistic.COUNT,
            weak=weak,
            weak_text=self._text("legend.weak", percent=round(100 * WEAK_RELATIVE_STD)),
        )

    def _weak(self, layer: Layer, values: np.ndarray) -> np.ndarray | None:
        """Cells whose standard deviation is large beside the value; None where there is none."""
        if layer.role != "concentration" or layer.uncertainty not in self.pack.layers:
            return None
        with self.pack.open_raster(layer.uncertainty) as raster:
            std, _ = raster.read(self._window, self._most_cells)
        if std.shape != values.shape:
            return None
        with np.errstate(invalid="ignore"):
            weak: np.ndarray = std > WEAK_RELATIVE_STD * values
        return weak if weak.any() else None

    def _marks(self, measure: Measure | None) -> tuple[Mark, ...]:
        if measure is None or measure.pollutant is None or measure.statistic is not Statistic.ANNUAL_MEAN:
            return ()
        pollutant = measure.pollutant.value
        return threshold_marks(self.pack.thresholds(pollutant), pollutant)

    # ------------------------------------------------------------------ points

    def _sites(self, layer: Layer, frame: gpd.GeoDataFrame, marks: tuple[Mark, ...]) -> Symbols | None:
        """Sites with the value of the map under them."""
        if frame.empty:
            return None
        with self.pack.open_raster(layer.id) as raster:
            values = raster.sample(frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy())
        unit = layer.measure.unit if layer.measure else ""
        return Symbols(
            frame.geometry.x.to_numpy(),
            frame.geometry.y.to_numpy(),
            tuple(frame["kind"]),
            self._kind_names(frame["kind"].unique()),
            values,
            site_scale(marks),
            words.class_names(marks, unit, self.catalogue),
        )

    def _kind_names(self, kinds: Sequence[str]) -> dict[str, str]:
        names = {}
        for kind in kinds:
            key = f"reporting.kind.{kind}"
            names[kind] = self.catalogue.text(key) if self.catalogue.has(key) else str(kind)
        return names

    # ------------------------------------------------------------------ vector layers

    def _vector_map(self, layer: Layer, title: str) -> MapRequest:
        if getattr(layer.shape, "geometry_type", "None") == "None":
            raise BadInputError("reporting.layer_not_mappable", layer=layer.id)
        frame = self.pack.read_vector(layer.id, self.territory)
        frame = frame[frame.geometry.notna()]
        frame, legend = self._trusted(frame, title)
        if frame.empty:
            raise BadInputError("reporting.layer_empty_here", territory=self.territory.name)
        dataset = self.pack.dataset_of(layer.id)
        texts = self._texts(title, layer.measure, dataset.standing, [dataset], layer)
        if (frame.geom_type == "Point").all():
            return MapRequest(texts, self._basemap, None, (), self._points(layer, frame, legend), self.page)
        style = LineStyle("accent", 1.6, 0.95)
        fill = FillStyle("accent", 0.16) if frame.geom_type.str.contains("Polygon").any() else None
        outlines = (Outlines(tuple(frame.geometry), style, fill, legend),)
        return MapRequest(texts, self._basemap, None, outlines, None, self.page)

    def _trusted(self, frame: gpd.GeoDataFrame, title: str) -> tuple[gpd.GeoDataFrame, str]:
        """Features whose position can be drawn, and the legend saying how many were left out."""
        if "position_suspect" not in frame:
            return frame, title
        # A point known to be kilometres off misleads more than a missing one.
        suspect = frame["position_suspect"].fillna(False).astype(bool)
        if not suspect.any():
            return frame, title
        return frame[~suspect], self._text("legend.suspect", title=title, count=int(suspect.sum()))

    def _points(self, layer: Layer, frame: gpd.GeoDataFrame, title: str) -> Symbols:
        fixed = _POINT_ROLES.get(layer.role)
        kinds = tuple(frame["kind"].astype(str)) if fixed is None and "kind" in frame else ()
        kinds = kinds or (fixed or "other",) * len(frame)
        names = {fixed or "other": title} if not fixed or len(set(kinds)) == 1 else {}
        names = names if set(kinds) <= set(names) else self._kind_names(sorted(set(kinds)))
        return Symbols(frame.geometry.x.to_numpy(), frame.geometry.y.to_numpy(), kinds, names)

    # ------------------------------------------------------------------ around

    @property
    def _window(self) -> Extent:
        """What is read: the view of a usual page and a good margin for other shapes of page."""
        return fit_extent(self.territory.extent, 1.45, 1.0, margin=0.3)

    @property
    def _most_cells(self) -> tuple[int, int]:
        """Rows and columns beyond which a raster is finer than the page shows."""
        ratio = 2 * max(self.page.pixel_ratio, 2.0)
        return round(self.page.height * ratio), round(self.page.width * ratio)

    @cached_property
    def _basemap(self) -> Basemap:
        communes = self.pack.read_vector("communes", self.territory)
        focus = communes.union_all()
        region = self.territory.kind is TerritoryKind.REGION
        land = self._around("land")
        return Basemap(
            self.territory.extent,
            focus,
            tuple(land.geometry) if land is not None else (),
            self._lines(fine=not region and len(communes) <= _MANY_COMMUNES),
            (*_commune_names(communes), *self._outside_names(focus)),
            self._known_ground(),
        )

    def _known_ground(self) -> Extent | None:
        """Extent of the layer that tells land from sea."""
        shape = self.pack.layers["land"].shape if "land" in self.pack.layers else None
        return shape.extent if isinstance(shape, VectorShape) else None

    def _lines(self, fine: bool) -> tuple[Outlines, ...]:
        wanted = ["rivers", "communes" if fine else "epci", "departments"]
        found = [(name, self._around(name)) for name in wanted]
        return tuple(
            Outlines(tuple(f.geometry), LINES[name]) for name, f in found if f is not None and len(f)
        )

    def _around(self, layer_id: str) -> gpd.GeoDataFrame | None:
        """Features of a layer in the window; None when the pack has no such layer."""
        from aqah_desktop.storage.vectors import read_vector

        if layer_id not in self.pack.layers:
            return None
        source = self.pack.layer(layer_id).source
        path = self.pack.member(source.member)
        frame = read_vector(path, source.table or layer_id, bbox=self._window, anywhere=True)
        return frame[frame.geometry.notna()]

    def _outside_names(self, focus: BaseGeometry) -> list[PlaceName]:
        """Towns around the territory, always after those of the territory."""
        places = self._around("places")
        if places is None or places.empty or "population" not in places:
            return []
        outside = places[~places.within(focus)]
        return [
            PlaceName(str(name), point.x, point.y, float(population) * 1e-9, inside=False)
            for name, point, population in zip(
                outside["name"], outside.geometry, outside["population"].fillna(0), strict=True
            )
        ]

    # ------------------------------------------------------------------ words

    def _text(self, key: str, **params: object) -> str:
        return self.catalogue.text(Text(f"reporting.{key}", dict(params)))

    def _texts(
        self,
        title: str,
        measure: Measure | None,
        standing: Standing,
        datasets: Sequence[Dataset],
        layer: Layer | None = None,
        cell_m: float | None = None,
    ) -> MapTexts:
        language = self.page.language
        limits = standing.limits.in_language(language)
        sources = [*datasets, *words.datasets_of(self.pack, ["communes"])]
        lines = words.attributions({d.id: d for d in sources}.values(), self.catalogue)
        attribution = self._text("map.sources", sources=" · ".join(lines))
        subtitle = [words.statistic_words(measure, self.catalogue).capitalize()]
        if cell_m is not None:
            subtitle.append(self._text("map.cell", cell=self.catalogue.number(cell_m)))
        elif datasets:
            subtitle.append(self._text("map.vintage", vintage=datasets[0].coverage.vintage))
        return MapTexts(
            overline=words.territory_words(self.territory, self.catalogue),
            title=words.map_title(title, measure, self.catalogue),
            subtitle=" · ".join(part for part in subtitle if part),
            quality=words.standing_words(standing, self.catalogue),
            notice=words.map_notice(layer, measure, self.catalogue),
            attribution="\n".join(part for part in (limits, attribution) if part),
            watermark=self._text("map.fictitious") if words.is_fictitious(standing) else "",
            tone=words.standing_tone(standing),
        )


def _commune_names(communes: gpd.GeoDataFrame) -> list[PlaceName]:
    population = communes["population"].fillna(0).to_numpy(float)
    largest = int(population.argmax()) if len(population) else -1
    points = communes.geometry.representative_point()
    return [
        PlaceName(str(name), float(x), float(y), float(people), strong=i == largest)
        for i, (name, x, y, people) in enumerate(
            zip(communes["name"], points.x, points.y, population, strict=True)
        )
    ]
