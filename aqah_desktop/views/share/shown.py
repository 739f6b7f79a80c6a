"""What the map shows, as a page with title, legend and sources: same layers, same classes, same place.

Frozen on the GUI thread by :func:`freeze`, made into a request and drawn on another one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from aqah_desktop.models.layer_records import dataset_of, standing_of
from aqah_desktop.records import Dataset, Method, Quality, Standing, Statistic
from aqah_desktop.reporting import words
from aqah_desktop.reporting.maprequest import Extent, MapPage, MapRequest, Outlines, Surface, Symbols
from aqah_desktop.reporting.style import (
    WEAK_RELATIVE_STD,
    FillStyle,
    LineStyle,
    Mark,
    site_scale,
    threshold_marks,
)
from aqah_desktop.views.map.contents import LayerContent
from aqah_desktop.views.map.drawings import sample, scale_of
from aqah_desktop.views.map.scene import ArraySource

if TYPE_CHECKING:
    from aqah_desktop.models.frames import FrameStore
    from aqah_desktop.models.services import Services
    from aqah_desktop.models.state import LayerEntry, ProjectState
    from aqah_desktop.reporting.mapcontent import MapComposer
    from aqah_desktop.views.map.page import MapPage as MapView

#: Rows and columns read of a surface for a page.
_CELLS = (1600, 2200)
#: Layers every page draws as its ground.
_GROUND = frozenset({"communes", "epci", "departments", "territories", "coast", "land", "rivers", "places"})
#: Said of a map without any layer of its own: limits of communes.
_PLAIN = Standing(Quality.OFFICIAL, Method.DECLARED)


@dataclass(frozen=True, eq=False)
class Shown:
    """The map at one moment: nothing here changes any more."""

    state: ProjectState
    contents: dict[str, LayerContent]
    extent: Extent

    @property
    def entries(self) -> list[LayerEntry]:
        """Visible layers that were read, from the top down."""
        return [e for e in self.state.layers if e.visible and e.id in self.contents]

    @property
    def surface(self) -> LayerEntry | None:
        """The raster on top."""
        return next((e for e in self.entries if self.contents[e.id].raster is not None), None)


def freeze(view: MapView, state: ProjectState) -> Shown:
    """Take what the map shows now."""
    contents = {e.id: c for e in state.layers if e.visible and (c := view.content(e.id)) is not None}
    return Shown(state, contents, view.canvas.extent())


class ShownMap:
    """Makes the page of what is shown. Usable from any thread.

    Parameters
    ----------
    services, frames
        Pack, and the tables behind layers.
    page : MapPage
        Size and language.
    """

    def __init__(self, services: Services, frames: FrameStore, page: MapPage) -> None:
        self._pack, self._frames, self._page = services.pack, frames, page
        self._catalogue = services.catalogue

    def request(self, shown: Shown) -> MapRequest:
        """Return what :func:`aqah_desktop.reporting.mapimage.render_map` draws.

        Raises
        ------
        AqahError
            A layer cannot be read.
        """
        from aqah_desktop.reporting.mapcontent import MapComposer

        territory = replace(self._pack.territory(shown.state.territory), extent=shown.extent)
        bare = self._bare(MapComposer(self._pack, territory, self._page), shown)
        top = shown.surface
        marks = self._marks(top)
        return replace(
            bare,
            surface=self._surface(top, shown, marks) if top is not None else None,
            outlines=tuple(self._outlines(shown)),
            symbols=self._sites(shown, marks),
            points=tuple(self._points(shown)),
        )

    # ------------------------------------------------------------------ words

    def _bare(self, composer: MapComposer, shown: Shown) -> MapRequest:
        """The page with its words: of the raster on top, else of the first layer one came for."""
        own = [e for e in shown.entries if e.id not in _GROUND]
        subject = shown.surface or next(iter(own), None)
        datasets = self._datasets([*([subject] if subject else []), *own], shown)
        standing = self._standing(subject, own, shown)
        if subject is None:
            title = self._catalogue.text("share.plain_map")
            return composer.shown(title, None, standing, datasets)
        title = subject.layer.title.in_language(self._page.language)
        return composer.shown(title, subject.layer.measure, standing, datasets, subject.layer)

    def _standing(self, subject: LayerEntry | None, own: list[LayerEntry], shown: Shown) -> Standing:
        known = {e.id: s for e in own if (s := standing_of(e, shown.state, self._pack)) is not None}
        first = known.get(subject.id, _PLAIN) if subject is not None else _PLAIN
        if any(words.is_fictitious(standing) for standing in known.values()):
            # Invented data on a page taint all of it.
            return replace(first, quality=Quality.FICTITIOUS)
        return first

    def _datasets(self, entries: list[LayerEntry], shown: Shown) -> list[Dataset]:
        found: dict[str, Dataset] = {}
        for entry in entries:
            dataset = dataset_of(entry, self._pack)
            if dataset is not None:
                found.setdefault(dataset.id, dataset)
            for run in shown.state.runs:
                if entry.layer.run_id and run.id == entry.layer.run_id:
                    found.update({d.id: d for d in words.datasets_of(self._pack, run.inputs)})
        return list(found.values())

    # ------------------------------------------------------------------ raster

    def _marks(self, entry: LayerEntry | None) -> tuple[Mark, ...]:
        measure = entry.layer.measure if entry is not None else None
        if measure is None or measure.pollutant is None or measure.statistic is not Statistic.ANNUAL_MEAN:
            return ()
        return threshold_marks(self._pack.thresholds(measure.pollutant), measure.pollutant)

    def _surface(self, entry: LayerEntry, shown: Shown, marks: tuple[Mark, ...]) -> Surface | None:
        content = shown.contents[entry.id]
        assert content.raster is not None
        found = content.raster.read(_around(shown.extent), _CELLS)
        if found is None:
            return None
        measure, title = entry.layer.measure, entry.layer.title.in_language(self._page.language)
        weak = self._weak(content, shown)
        return Surface(
            *found,
            scale_of(measure, content),
            words.legend_title(title, measure, self._catalogue),
            marks,
            measure is not None and measure.statistic is not Statistic.COUNT,
            weak if weak is not None and weak.any() and weak.shape == found[0].shape else None,
            self._catalogue.text("reporting.legend.weak", percent=round(100 * WEAK_RELATIVE_STD)),
        )

    def _weak(self, content: LayerContent, shown: Shown) -> np.ndarray | None:
        if content.weak is None:
            return None
        found = content.weak.read(_around(shown.extent), _CELLS)
        return None if found is None else np.nan_to_num(found[0]) > 0.5

    # ------------------------------------------------------------------ points, lines, areas

    def _sites(self, shown: Shown, marks: tuple[Mark, ...]) -> Symbols | None:
        """Every visible layer of sites together, classed by the surface as on screen."""
        sites = [entry for entry in shown.entries if entry.layer.role == "sites"]
        parts = [(e, p) for e in sites if (p := shown.contents[e.id].points) is not None]
        if not parts:
            return None
        x = np.concatenate([p.x for _, p in parts])
        y = np.concatenate([p.y for _, p in parts])
        kinds = tuple(k or e.layer.role for e, p in parts for k in (p.kinds or ("",) * len(p.x)))
        values = self._values(shown, x, y) if marks else None
        unit = shown.surface.layer.measure.unit if values is not None and shown.surface else ""
        return Symbols(
            x,
            y,
            kinds,
            self._names(kinds, parts[0][0]),
            values,
            site_scale(marks) if values is not None else None,
            words.class_names(marks, unit, self._catalogue) if values is not None else (),
        )

    def _values(self, shown: Shown, x: np.ndarray, y: np.ndarray) -> np.ndarray | None:
        raster = shown.contents[shown.surface.id].raster if shown.surface is not None else None
        return sample(raster, x, y) if isinstance(raster, ArraySource) else None

    def _points(self, shown: Shown) -> Iterator[Symbols]:
        for entry in shown.entries:
            points = shown.contents[entry.id].points
            if points is None or entry.layer.role == "sites" or entry.id in _GROUND:
                continue
            kinds = tuple(kind or entry.layer.role for kind in (points.kinds or ("",) * len(points.x)))
            yield Symbols(points.x, points.y, kinds, self._names(kinds, entry))

    def _names(self, kinds: tuple[str, ...], entry: LayerEntry) -> dict[str, str]:
        """Words of each kind; a kind without words is called as its layer."""
        names = {}
        for kind in set(kinds):
            key = f"reporting.kind.{kind}"
            own = self._catalogue.text(key) if self._catalogue.has(key) else ""
            names[kind] = own or entry.layer.title.in_language(self._page.language)
        return names

    def _outlines(self, shown: Shown) -> Iterator[Outlines]:
        for entry in reversed(shown.entries):
            content = shown.contents[entry.id]
            if content.outlines is None or entry.id in _GROUND or not len(content.outlines):
                continue
            frame = self._frames.frame(entry)
            placed = frame[frame.geometry.notna() & ~frame.geometry.is_empty]
            placed = placed[~placed.geom_type.str.contains("Point")]
            areas = bool(placed.geom_type.str.contains("Polygon").any())
            yield Outlines(
                tuple(placed.geometry),
                LineStyle("accent", 1.6, 0.95 * entry.opacity),
                FillStyle("accent", 0.25 * entry.opacity) if areas else None,
                entry.layer.title.in_language(self._page.language),
            )


def _around(extent: Extent) -> Extent:
    """The view and what a page of another shape shows beside it."""
    width, height = extent[2] - extent[0], extent[3] - extent[1]
    margin = 0.6 * max(width, height)
    return (extent[0] - margin, extent[1] - margin, extent[2] + margin, extent[3] + margin)
