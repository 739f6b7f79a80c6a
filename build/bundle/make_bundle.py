"""Rebuild the bundled pack in ``data/``: ``python build/bundle/make_bundle.py [--only ID…] [--check]``."""

from __future__ import annotations

import argparse
import copy
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from framework import Product, Recipe, in_order, load_recipe, recipe_ids, run_recipe
from pack_state import PackState, read_product
from pack_writer import differences, write_pack
from packages import FOLDER, BundleError

DATA = FOLDER.parents[1] / "data"


class Builder:
    """One run: builds the wanted recipes, takes the products of the others from the pack on disk."""

    def __init__(self, folder: Path, only: list[str]) -> None:
        self.folder = folder
        self.old = PackState.read(folder)
        self.new = copy.deepcopy(self.old)
        self.recipes: dict[str, Recipe] = {}
        self.made: dict[str, Product] = {}
        self.wanted = self._wanted(only)

    def run(self) -> None:
        """Build the wanted recipes in order."""
        for recipe_id in {*self.new.recipes} - {*recipe_ids()} | {*self.wanted}:
            self.new.drop(recipe_id)
        for recipe_id in in_order(self.recipes):
            started = time.monotonic()
            products, work = run_recipe(self.recipes[recipe_id], self.find)
            finished = self.new.add(recipe_id, products, work)
            self.made |= {product.layer.id: product for product in finished}
            _say(f"{recipe_id}: {len(products)} layers, {len(work.checks)} checks", started)

    def find(self, layer_id: str) -> Product:
        """Return a product made in this run, else the one in the pack."""
        if layer_id in self.made:
            return self.made[layer_id]
        return read_product(self.folder, self.old, layer_id)

    def _wanted(self, only: list[str]) -> list[str]:
        """Asked recipes and those they require that the pack on disk does not hold."""
        wanted = list(only or recipe_ids())
        for recipe_id in wanted:  # grows while it is read
            self.recipes[recipe_id] = load_recipe(recipe_id)
            required = self.recipes[recipe_id].REQUIRES
            wanted += [r for r in required if r not in wanted and r not in self.old.recipes]
        return wanted


def main(arguments: list[str] | None = None) -> int:
    """Run; 0 = done (or nothing differs), 1 = differences found by ``--check``, 2 = cannot build."""
    parser = argparse.ArgumentParser(description="Rebuild the bundled pack in data/.")
    parser.add_argument("--only", nargs="+", default=[], metavar="RECIPE", help="build these recipes only")
    parser.add_argument("--check", action="store_true", help="build and compare, write nothing")
    parser.add_argument("--data", type=Path, default=DATA, help="pack folder (default: data/)")
    options = parser.parse_args(arguments)
    try:
        builder = Builder(options.data, options.only)
        builder.run()
    except BundleError as error:
        print(error, file=sys.stderr)
        return 2
    if options.check:
        found = differences(options.data, builder.old, builder.new)
        print("\n".join(found) or "the pack on disk is what the recipes make")
        return 1 if found else 0
    changed = write_pack(options.data, builder.old, builder.new, builder.made)
    print("written: " + (", ".join(changed) or "nothing, no content changed"))
    return 0


def _say(message: str, started: float) -> None:
    print(f"{message} ({time.monotonic() - started:.1f} s)", flush=True)


if __name__ == "__main__":
    sys.exit(main())
