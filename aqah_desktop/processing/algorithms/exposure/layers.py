"""Which layers of the pack an exposure run reads: its record and its sources name these and no other."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from aqah_desktop.errors import AqahError
from aqah_desktop.processing.algorithms.exposure import names
from aqah_desktop.processing.contract import Params

if TYPE_CHECKING:
    from aqah_desktop.storage.pack import Pack


def layers_of_map(params: Params, pack: Pack) -> tuple[str, ...]:
    """The concentration map and its standard deviation; none when the user brings a raster."""
    if params.get("raster") is not None or params.get("year") is None:
        return ()
    with contextlib.suppress(AqahError):  # said by the check of the run
        layer = pack.concentration(str(params["pollutant"]), params["year"])
        return (layer.id, layer.uncertainty) if layer.uncertainty else (layer.id,)
    return ()


def layers_of_sites(params: Params, pack: Pack) -> tuple[str, ...]:
    """Where the sites come from; a user's file needs the communes alone, to name where it lies."""
    if params.get("sites_file") is not None:
        return ("communes",)
    if params.get("dataset") == "training":
        return (names.TRAINING_SITES,)
    if params.get("sites_layer"):
        return (str(params["sites_layer"]),)
    return tuple(layer.id for layer in pack.site_layers())


def layers_of_land(params: Params) -> tuple[str, ...]:
    """Where farms and parcels come from."""
    if params.get("dataset") == "training":
        return (names.TRAINING_FARM, names.TRAINING_PARCELS)
    return (names.FARMS,)
