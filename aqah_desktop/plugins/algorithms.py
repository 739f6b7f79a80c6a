"""An algorithm plugin as an algorithm: rasters in as arrays, rasters and tables out, all checked."""

from __future__ import annotations

import dataclasses
import math
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aqah_desktop.errors import PluginError
from aqah_desktop.plugins.hosting import HostedPlugin, communes_of
from aqah_desktop.plugins.isolation import ask, scratch_folder
from aqah_desktop.plugins.texts import LocalisingFeedback
from aqah_desktop.processing.contract import Context, Feedback, Params, RasterResult, Results, TableResult
from aqah_desktop.processing.places import resolve_places, territory_of
from aqah_desktop.records import (
    Grid,
    LocalText,
    Measure,
    Method,
    Output,
    Quality,
    Standing,
    Statistic,
    Territory,
    Text,
)
from aqah_desktop.storage.records_json import to_plain

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

_MOST_ROWS = 200_000
_PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "integer": (int,),
    "real": (int, float),
    "boolean": (bool,),
    "date": (str,),
}


class HostedAlgorithm(HostedPlugin):
    """An algorithm plugin; ``spec.inputs`` names the raster layers it is given, cut to the territory."""

    def run(self, params: Params, context: Context, feedback: Feedback) -> Results:
        """Hand the layers over, run the child, read and check what it left.

        Raises
        ------
        PluginError
            The plugin failed, or an output is missing, undeclared, of the wrong shape or type.
        """
        territory = territory_of(params, context.pack)
        given = self._given(resolve_places(self.spec, params, context.pack))
        with scratch_folder() as scratch:
            data = self._context(context, territory)
            grids = self._hand_over(data, context, territory, scratch)
            speaking = LocalisingFeedback(feedback, self.texts)
            answer = ask(self.plugin, "run", scratch=scratch, feedback=speaking, params=given, context=data)
            return self._read(answer.get("outputs"), context, grids, scratch)

    # ------------------------------------------------------------------ parts

    def _context(self, context: Context, territory: Territory) -> dict[str, Any]:
        return {
            "territory_code": territory.code,
            "territory_name": territory.name,
            "communes": communes_of(context.pack, territory),
            "layers": {},
            "seed": context.seed,
            "language": context.language,
        }

    def _hand_over(
        self, data: dict[str, Any], context: Context, territory: Territory, scratch: Path
    ) -> dict[str, Grid]:
        import numpy as np

        grids: dict[str, Grid] = {}
        for number, layer_id in enumerate(self.spec.inputs):
            with context.pack.open_raster(layer_id) as raster:
                values, grids[layer_id] = raster.read(territory.extent)
            file = f"input-{number:03d}.npy"
            np.save(scratch / file, values, allow_pickle=False)
            measure = context.pack.layer(layer_id).measure
            unit = measure.unit if measure else ""
            data["layers"][layer_id] = {"file": file, "grid": to_plain(grids[layer_id]), "unit": unit}
        return grids

    def _read(self, outputs: Any, context: Context, grids: dict[str, Grid], scratch: Path) -> Results:
        declared = {output.name: output for output in self.spec.outputs}
        if not isinstance(outputs, list) or not all(isinstance(o, dict) for o in outputs):
            raise self._wrong("outputs", outputs, "[…]")
        found = {str(o.get("name")): o for o in outputs}
        if set(found) != set(declared) or len(found) != len(outputs):
            raise self._wrong("outputs", ", ".join(sorted(found)), ", ".join(sorted(declared)))
        rasters, tables = {}, {}
        for name, output in declared.items():
            if output.kind == "raster":
                values, grid = self._raster(output, found[name], grids, scratch)
                measure = _measure(output, context.pack.layer(str(found[name]["layer"])).measure)
                title = self.texts.localise(Text(output.label))
                rasters[name] = RasterResult(values, grid, measure, title)
            else:
                tables[name] = self._table(output, found[name])
        return Results(standing=self._standing(context), rasters=rasters, tables=tables)

    def _standing(self, context: Context) -> Standing:
        title = self.plugin.manifest.title
        limits = LocalText(
            fr=f"Calculé par l’extension « {title.fr} » ({self.plugin.manifest.author}).",
            en=f"Computed by the plugin “{title.en}” ({self.plugin.manifest.author}).",
        )
        inputs = [context.pack.dataset_of(layer_id).standing for layer_id in self.spec.inputs]
        # What code of others computed is never better than exploratory.
        own = Standing(Quality.EXPLORATORY, Method.MODELLED)
        return Standing.worst([*inputs, own], Method.MODELLED, limits)

    def _raster(
        self, output: Output, data: dict[str, Any], grids: dict[str, Grid], scratch: Path
    ) -> tuple[np.ndarray, Grid]:
        grid = grids.get(str(data.get("layer")))
        if grid is None:
            raise self._wrong(f"{output.name}.layer", data.get("layer"), ", ".join(grids))
        return self._array(output.name, data, scratch, (grid.ny, grid.nx)), grid

    def _array(self, name: str, data: dict[str, Any], scratch: Path, shape: tuple[int, int]) -> np.ndarray:
        import numpy as np

        file = scratch / Path(str(data.get("file"))).name
        try:
            if not stat.S_ISREG(file.lstat().st_mode):
                raise ValueError("a link or a pipe")  # the one leads elsewhere, the other never ends
            # Mapped, not read: a header may announce more than there is.
            values = np.load(file, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise self._wrong(f"{name}.values", str(error), ".npy") from error
        if values.shape != shape:
            raise self._wrong(f"{name}.values", str(values.shape), str(shape))
        if values.dtype.kind not in "fiu":
            raise self._wrong(f"{name}.values", str(values.dtype), "float32")
        result: np.ndarray = values.astype("float32")
        if np.isinf(result).any() or np.isnan(result).all():
            raise self._wrong(
                f"{name}.values", "inf / NaN", "finite numbers, NaN only where there is no data"
            )
        return result

    def _table(self, output: Output, data: dict[str, Any]) -> TableResult:
        import pandas as pd

        columns = data.get("columns")
        names = [field.name for field in output.fields]
        if not isinstance(columns, dict) or list(columns) != names:
            given = list(columns) if isinstance(columns, dict) else columns
            raise self._wrong(f"{output.name}.columns", given, ", ".join(names))
        lengths = {len(values) if isinstance(values, list) else -1 for values in columns.values()}
        if len(lengths) != 1 or not 0 <= max(lengths) <= _MOST_ROWS:
            raise self._wrong(
                f"{output.name}.columns", sorted(lengths), f"equally long lists, ≤ {_MOST_ROWS}"
            )
        frame: pd.DataFrame = pd.DataFrame(
            {f.name: self._column(output, f, columns[f.name]) for f in output.fields}
        )
        return TableResult(frame, self.texts.localise(Text(output.label)))

    def _column(self, output: Output, field: Any, values: list[Any]) -> list[Any]:
        kind = _PYTHON_TYPES[field.type]
        for value in values:
            wrong_type = not isinstance(value, kind) or (isinstance(value, bool) and field.type != "boolean")
            infinite = isinstance(value, float) and math.isinf(value)
            if value is not None and (wrong_type or infinite):
                raise self._wrong(f"{output.name}.{field.name}", value, field.type)
        return values

    def _wrong(self, where: str, value: Any, expected: str) -> PluginError:
        return PluginError(
            "plugins.wrong_value",
            plugin=self.plugin.id,
            where=where,
            value=str(value)[:200],
            expected=expected,
        )


def _measure(output: Output, of_layer: Measure | None) -> Measure:
    """What the numbers mean: as declared, else as in the layer they were made from."""
    if of_layer is None:
        return Measure(output.unit, output.statistic or Statistic.ANNUAL_MEAN)
    unit, statistic = output.unit or of_layer.unit, output.statistic or of_layer.statistic
    return dataclasses.replace(of_layer, unit=unit, statistic=statistic)
