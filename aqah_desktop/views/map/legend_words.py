"""What the legend says about the layers shown: read from them, never from the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from aqah_desktop.models.layer_records import dataset_of, standing_of
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.records import Layer
from aqah_desktop.reporting import words
from aqah_desktop.reporting.style import WEAK_RELATIVE_STD, Mark, symbol_for
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.map.contents import LayerContent
from aqah_desktop.views.map.drawings import scale_of
from aqah_desktop.views.map.legend import LegendContent, LegendRow
from aqah_desktop.views.map.outlines import Extent
from aqah_desktop.views.map.scene import ArraySource, Drawing, PointDrawing

#: Around the territory, whether there is ground without value is looked for this far: share of its size.
_AROUND = 0.15
#: Cells looked at along each side of the territory.
_LOOKS = 96


@dataclass(frozen=True, eq=False)
class Shown:
    """What the map shows: layers from the top down, what they hold, what is drawn of them."""

    entries: tuple[LayerEntry, ...]
    contents: dict[str, LayerContent]
    drawings: tuple[Drawing, ...]
    surface: LayerEntry | None
    marks: dict[str, tuple[Mark, ...]]
    extent: Extent


class LegendWords:
    """Writes titles and the legend in the reader's language."""

    def __init__(self, context: ViewContext) -> None:
        self._context = context

    def title(self, surface: LayerEntry | None) -> str:
        """Heading of the map."""
        if surface is None:
            return self._context.t("window.no_surface")
        title = self._context.t(surface.layer.title)
        return words.map_title(title, surface.layer.measure, self._context.catalogue)

    def standing(self, entry: LayerEntry | None) -> tuple[str, str]:
        """Quality and source of a layer."""
        if entry is None:
            return "", ""
        pack = self._context.services.pack
        standing = standing_of(entry, self._context.project.state, pack)
        dataset = dataset_of(entry, pack)
        source = dataset.origin.attribution if dataset is not None else ""
        if standing is None:
            return self._context.t("window.no_record"), source
        return words.standing_words(standing, self._context.catalogue), source

    def legend(self, shown: Shown) -> LegendContent:
        """Everything the legend says."""
        t, entry = self._context.t, shown.surface
        classes = self._classes(shown)
        kinds = self._kinds(shown, bool(classes))
        if entry is None:
            return LegendContent(t("window.legend"), rows_title=t("window.legend_sites"), rows=kinds)
        measure, content = entry.layer.measure, shown.contents.get(entry.id)
        return LegendContent(
            words.legend_title(t(entry.layer.title), measure, self._context.catalogue),
            scale=scale_of(measure, content),
            marks=self._mark_words(entry.layer, shown),
            cells=self._cells(content, shown.extent),
            rows_title=t("window.legend_sites") if kinds else "",
            rows=kinds,
            classes=classes,
            quality=self.standing(entry)[0],
        )

    def _mark_words(self, layer: Layer, shown: Shown) -> tuple[tuple[float, str], ...]:
        measure = layer.measure
        if measure is None or measure.pollutant is None or measure.statistic != "annual_mean":
            return ()
        marks = shown.marks.get(measure.pollutant.value, ())
        return tuple((m.value, self._context.t(f"reporting.framework.{m.framework}")) for m in marks)

    def _cells(self, content: LayerContent | None, extent: Extent) -> tuple[LegendRow, ...]:
        """Rows of what the colours do not say: ground without value, weak confidence."""
        if content is None or not isinstance(content.raster, ArraySource):
            return ()
        theme, t = self._context.theme.tokens, self._context.t
        rows = []
        if np.isnan(_looked_at(content.raster, extent)).any():
            rows.append(LegendRow(t("reporting.legend.no_data"), theme.colour("no_data"), "swatch"))
        if content.weak is not None and np.nan_to_num(_looked_at(content.weak, extent)).any():
            percent = round(100 * WEAK_RELATIVE_STD)
            text = t("reporting.legend.weak", percent=percent)
            rows.append(LegendRow(text, theme.colour("wash"), "hatched"))
        return tuple(rows)

    def _classes(self, shown: Shown) -> tuple[LegendRow, ...]:
        """Colours of the points in the territory, lowest class first."""
        entry = shown.surface
        measure = entry.layer.measure if entry is not None else None
        if measure is None or measure.pollutant is None:
            return ()
        marks = shown.marks.get(measure.pollutant.value, ())
        present: dict[int, LegendRow] = {}
        distinct = tuple({m.value: m for m in marks}.values())
        names = words.class_names(distinct, measure.unit, self._context.catalogue)
        for drawing in shown.drawings:
            if not isinstance(drawing, PointDrawing) or len(drawing.palette) < 2:
                continue
            for index in np.unique(drawing.classes[_within(drawing, shown.extent)]).tolist():
                text = names[index] if index >= 0 else self._context.t("reporting.legend.no_data")
                colour = drawing.palette[index] if index >= 0 else drawing.no_value
                present[index] = LegendRow(text, colour)
        return tuple(present[index] for index in sorted(present))

    def _kinds(self, shown: Shown, classed: bool) -> tuple[LegendRow, ...]:
        rows, theme = [], self._context.theme.tokens
        for entry in shown.entries:
            content = shown.contents.get(entry.id)
            if not entry.visible or content is None or content.points is None:
                continue
            kinds = sorted(set(content.points.kinds)) if any(content.points.kinds) else [entry.layer.role]
            for kind in kinds:
                key = f"reporting.kind.{kind}"
                known = self._context.catalogue.has(key)
                text = self._context.t(key) if known else self._context.t(entry.layer.title)
                token = "paper" if classed and entry.layer.role == "sites" else "accent"
                rows.append(LegendRow(text, theme.colour(token), symbol_for(kind).shape))
        return tuple(dict.fromkeys(rows))


def _looked_at(source: ArraySource, extent: Extent) -> np.ndarray:
    """Values spread over the territory and a little around it, NaN off the grid."""
    from aqah_desktop.reporting.resampling import resample

    x0, y0, x1, y1 = extent
    dx, dy = (x1 - x0) * _AROUND, (y1 - y0) * _AROUND
    around = (x0 - dx, y0 - dy, x1 + dx, y1 + dy)
    return resample(source.values, source.grid, around, (_LOOKS, _LOOKS), smooth=False)


def _within(drawing: PointDrawing, extent: Extent) -> np.ndarray:
    x, y = drawing.x, drawing.y
    inside: np.ndarray = (x >= extent[0]) & (x <= extent[2]) & (y >= extent[1]) & (y <= extent[3])
    return inside
