"""Frozen records shared by every room: what a dataset, a layer, an algorithm and a run *are*.

Plain data: no file, no array, no widget. They are written as JSON by
:mod:`aqah_desktop.storage.records_json` and never carry an import path.
"""

from aqah_desktop.records.data import (
    Coverage,
    Dataset,
    FieldSchema,
    Grid,
    Layer,
    LayerStatus,
    Lineage,
    Measure,
    Origin,
    RasterShape,
    Source,
    Territory,
    TerritoryKind,
    Threshold,
    VectorShape,
)
from aqah_desktop.records.trust import Confidence, Flag, Interval, Method, Quality, Standing
from aqah_desktop.records.words import LocalText, Pollutant, Sector, Statistic, Text
from aqah_desktop.records.work import (
    AlgorithmSpec,
    EmissionChange,
    Outcome,
    Output,
    Parameter,
    Place,
    Problem,
    ReceptorChange,
    RunLimits,
    RunRecord,
)

__all__ = [
    "AlgorithmSpec",
    "Confidence",
    "Coverage",
    "Dataset",
    "EmissionChange",
    "FieldSchema",
    "Flag",
    "Grid",
    "Interval",
    "Layer",
    "LayerStatus",
    "Lineage",
    "LocalText",
    "Measure",
    "Method",
    "Origin",
    "Outcome",
    "Output",
    "Parameter",
    "Place",
    "Pollutant",
    "Problem",
    "Quality",
    "RasterShape",
    "ReceptorChange",
    "RunLimits",
    "RunRecord",
    "Sector",
    "Source",
    "Standing",
    "Statistic",
    "Territory",
    "TerritoryKind",
    "Text",
    "Threshold",
    "VectorShape",
]
