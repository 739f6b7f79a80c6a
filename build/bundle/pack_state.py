"""The records of a pack: read from ``data/``, updated with what recipes made, hashed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import rasterio
from framework import Check, Product, RasterContent, Workspace
from packages import BundleError

from aqah_desktop.records import Dataset, Layer, RasterShape, Territory
from aqah_desktop.storage.records_json import (
    canonical_json,
    from_json,
    hash_array,
    hash_bytes,
    hash_frame,
    to_json,
    to_plain,
)

#: Decimals by which rasters are compared: two for stored hundredths, six for float32.
_DECIMALS = {None: 6, 0.01: 2}


@dataclass
class RecipeRecord:
    """What one recipe left in the pack."""

    layers: list[str]
    datasets: list[str]
    territories: bool
    sources: dict[str, str]
    checks: list[Check]


@dataclass
class PackState:
    """Every record of a pack, by id."""

    layers: dict[str, Layer] = field(default_factory=dict)
    datasets: dict[str, Dataset] = field(default_factory=dict)
    territories: dict[str, Territory] = field(default_factory=dict)
    recipes: dict[str, RecipeRecord] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> PackState:
        """Read the records of ``folder``; empty when there is no pack yet."""
        if not (folder / "checks.json").is_file():
            return cls()
        layers = from_json(list[Layer], (folder / "layers.json").read_bytes())
        datasets = from_json(list[Dataset], (folder / "datasets.json").read_bytes())
        territories = from_json(list[Territory], (folder / "territories.json").read_bytes())
        recipes = from_json(dict[str, RecipeRecord], (folder / "checks.json").read_bytes())
        return cls(
            {record.id: record for record in layers},
            {record.id: record for record in datasets},
            {record.code: record for record in territories},
            recipes,
        )

    def drop(self, recipe_id: str) -> None:
        """Forget what a recipe left, before it is run again or because it no longer exists."""
        record = self.recipes.pop(recipe_id, None)
        if record is None:
            return
        for layer_id in record.layers:
            self.layers.pop(layer_id, None)
        for dataset_id in record.datasets:
            self.datasets.pop(dataset_id, None)
        if record.territories:
            self.territories.clear()

    def add(self, recipe_id: str, products: list[Product], work: Workspace) -> list[Product]:
        """Record what a recipe made; return its products with hashes filled in.

        Raises
        ------
        BundleError
            A layer or dataset id belongs to another recipe, or one dataset is described twice.
        """
        finished = [_with_hash(product) for product in products]
        datasets = _datasets(finished, work)
        for known, new in ((self.layers, [p.layer.id for p in finished]), (self.datasets, list(datasets))):
            if taken := sorted(set(known) & set(new)):
                raise BundleError(f"recipe {recipe_id} makes {taken}, which another recipe makes too")
        self.layers |= {product.layer.id: product.layer for product in finished}
        self.datasets |= datasets
        self.territories |= {territory.code: territory for territory in work.territories}
        self.recipes[recipe_id] = RecipeRecord(
            sorted(p.layer.id for p in finished), sorted(datasets), bool(work.territories),
            dict(sorted(work.retrieved.items())), work.checks,
        )  # fmt: skip
        return [replace(product, dataset=datasets[product.dataset.id]) for product in finished]

    def documents(self) -> dict[str, str]:
        """File name → text of the JSON members, in a fixed order."""
        return {
            "layers.json": to_json([self.layers[key] for key in sorted(self.layers)], indent=1),
            "datasets.json": to_json([self.datasets[key] for key in sorted(self.datasets)], indent=1),
            "territories.json": to_json([self.territories[key] for key in sorted(self.territories)]) + "\n",
            "checks.json": to_json(
                {key: to_plain(self.recipes[key]) for key in sorted(self.recipes)}, indent=1
            ),
        }

    def vector_hashes(self) -> dict[str, str]:
        """Table → content hash of the layers that stand in ``vectors.gpkg``."""
        return {k: v.content_hash for k, v in self.layers.items() if not isinstance(v.shape, RasterShape)}


def stored(content: RasterContent) -> np.ndarray:
    """Values as they come back from the file: float32, rounded to the scale when there is one."""
    values = np.asarray(content.values, dtype="float32")
    if content.scale is None:
        return values
    return (np.rint(values.astype("float64") / content.scale) * content.scale).astype("float32")


def content_hash(content: Any) -> str:
    """Canonical hash of a layer's content."""
    if isinstance(content, RasterContent):
        return hash_array(stored(content), _DECIMALS[content.scale])
    return hash_frame(content)


def read_product(folder: Path, state: PackState, layer_id: str) -> Product:
    """Read a layer back from the pack on disk.

    Raises
    ------
    BundleError
        The pack has no such layer, or its content is not what its record says.
    """
    if layer_id not in state.layers:
        raise BundleError(f"the pack in {folder} has no layer {layer_id!r}: run its recipe first")
    layer = state.layers[layer_id]
    path = folder / layer.source.member
    if isinstance(layer.shape, RasterShape):
        content: Any = _read_raster(path, layer.shape)
    else:
        content = pyogrio.read_dataframe(path, layer=layer.source.table)
    if content_hash(content) != layer.content_hash:
        raise BundleError(f"{path}: {layer_id} is not what layers.json says; run the whole bundle again")
    return Product(layer, state.datasets[layer.dataset_id], content)


def _read_raster(path: Path, shape: RasterShape) -> RasterContent:
    with rasterio.open(path) as source:
        values = source.read(1, masked=True).astype("float64").filled(np.nan)
    scale = None if shape.dtype == "float32" else shape.scale
    return RasterContent((values * (scale or 1.0)).astype("float32"), shape.grid, scale)


def _with_hash(product: Product) -> Product:
    return replace(product, layer=replace(product.layer, content_hash=content_hash(product.content)))


def _datasets(products: list[Product], work: Workspace) -> dict[str, Dataset]:
    """One record per dataset, its lineage completed from what was read and made."""
    found: dict[str, Dataset] = {}
    for product in products:
        dataset = product.dataset
        if found.setdefault(dataset.id, dataset) != dataset:
            raise BundleError(f"dataset {dataset.id} is described in two ways by one recipe")
    return {key: _with_lineage(dataset, products, work) for key, dataset in found.items()}


def _with_lineage(dataset: Dataset, products: list[Product], work: Workspace) -> Dataset:
    hashes = {p.layer.id: p.layer.content_hash for p in products if p.dataset.id == dataset.id}
    lineage = replace(
        dataset.lineage,
        retrieval_hash=dataset.lineage.retrieval_hash or work.retrieval_hash(),
        product_hash=hash_bytes(canonical_json(hashes).encode("utf-8")),
    )
    return replace(dataset, lineage=lineage)


def as_table(state: PackState) -> list[dict[str, Any]]:
    """What must be cited, dataset by dataset, for ``licences/ATTRIBUTION.md``."""
    return [{"id": d.id, "title": d.title, **asdict(d.origin)} for _, d in sorted(state.datasets.items())]
