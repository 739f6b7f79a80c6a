"""What is known of the layers of a project: their dataset record, their standing, where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aqah_desktop.models.state import LayerEntry, ProjectState
from aqah_desktop.records import Dataset, RasterShape, Standing

if TYPE_CHECKING:
    from aqah_desktop.storage.pack import Pack

Extent = tuple[float, float, float, float]


def dataset_of(entry: LayerEntry, pack: Pack) -> Dataset | None:
    """Dataset record of a layer: of the user's file, else of the pack."""
    if entry.file is not None:
        return entry.file.dataset
    return pack.datasets.get(entry.layer.dataset_id)


def standing_of(entry: LayerEntry, state: ProjectState, pack: Pack) -> Standing | None:
    """How far a layer can be trusted: of its run when it is a result, else of its dataset."""
    if entry.layer.run_id:
        for run in state.runs:
            if run.id == entry.layer.run_id and run.standing is not None:
                return run.standing
    dataset = dataset_of(entry, pack)
    return dataset.standing if dataset is not None else None


def extent_of(entry: LayerEntry) -> Extent | None:
    """Extent of a layer in EPSG:2154, m; ``None`` for tables and empty layers."""
    shape = entry.layer.shape
    if isinstance(shape, RasterShape):
        return shape.grid.extent
    if shape.geometry_type == "None" or shape.extent[2] < shape.extent[0] or not any(shape.extent):
        return None
    return shape.extent
