"""A territory pack: records read at once, tables and rasters when they are asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from aqah_desktop.errors import IntegrityError, UnknownItemError
from aqah_desktop.locations import data_folder
from aqah_desktop.records import (
    Confidence,
    Dataset,
    Layer,
    Pollutant,
    Problem,
    Quality,
    RasterShape,
    Territory,
    TerritoryKind,
    Text,
    Threshold,
)
from aqah_desktop.storage.atomic import storage_error
from aqah_desktop.storage.pack_manifest import Manifest, SignatureState, read_manifest, signature_state
from aqah_desktop.storage.records_json import from_json

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from aqah_desktop.storage.rasters import RasterFile


class Pack:
    """An open pack. Nothing but JSON is read until a layer is asked for.

    Attributes
    ----------
    folder : Path
        Folder of the pack.
    manifest : Manifest
        Identity, version and members.
    datasets, layers, territories : dict
        Records by id or code.
    """

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        datasets: dict[str, Dataset],
        layers: dict[str, Layer],
        territories: dict[str, Territory],
    ) -> None:
        self.folder = folder
        self.manifest = manifest
        self.datasets = datasets
        self.layers = layers
        self.territories = territories
        #: Members whose hash was compared: name → size and time of change seen then.
        self._compared: dict[str, tuple[int, int]] = {}

    @classmethod
    def open(cls, path: Path | None = None) -> Pack:
        """Open the bundled pack, a pack folder or an ``*.aqahpack`` file.

        Raises
        ------
        StorageError
            Missing or not a pack.
        IntegrityError
            Truncated, altered or made by a newer program.
        """
        folder = data_folder() if path is None else Path(path)
        if folder.is_file():
            from aqah_desktop.storage.pack_archive import unpack

            folder = unpack(folder)
        manifest = read_manifest(folder)
        datasets = from_json(list[Dataset], _read(folder, "datasets.json", manifest))
        layers = from_json(list[Layer], _read(folder, "layers.json", manifest))
        territories = from_json(list[Territory], _read(folder, "territories.json", manifest))
        return cls(
            folder,
            manifest,
            {record.id: record for record in datasets},
            {record.id: record for record in layers},
            {record.code: record for record in territories},
        )

    # ------------------------------------------------------------------ records

    def territory(self, code: str) -> Territory:
        """Return an EPCI, department or region by its code.

        Raises
        ------
        UnknownItemError
            ``storage.unknown_territory``, with the codes of the project's territories.
        """
        if code in self.territories:
            return self.territories[code]
        known = [t.code for t in self.territories.values() if t.aqah or t.kind is not TerritoryKind.EPCI]
        raise UnknownItemError("storage.unknown_territory", code=code, known=sorted(known))

    def layer(self, layer_id: str) -> Layer:
        """Return the record of a layer.

        Raises
        ------
        UnknownItemError
            ``storage.unknown_layer``.
        """
        if layer_id in self.layers:
            return self.layers[layer_id]
        raise UnknownItemError("storage.unknown_layer", layer=layer_id, known=sorted(self.layers))

    def dataset_of(self, layer_id: str) -> Dataset:
        """Return the dataset a layer comes from.

        Raises
        ------
        UnknownItemError
            ``storage.unknown_layer``, ``storage.unknown_dataset``.
        """
        dataset_id = self.layer(layer_id).dataset_id
        if dataset_id in self.datasets:
            return self.datasets[dataset_id]
        raise UnknownItemError("storage.unknown_dataset", dataset=dataset_id, layer=layer_id)

    def concentration(self, pollutant: str, year: int) -> Layer:
        """Return the annual-mean concentration layer of a pollutant and year.

        Raises
        ------
        UnknownItemError
            ``storage.no_concentration_pollutant`` or ``storage.no_concentration_year``, with what
            there is.
        """
        found: dict[str, dict[int, Layer]] = {}
        for layer in self.layers.values():
            measure = layer.measure
            if layer.role == "concentration" and measure and measure.pollutant and measure.years:
                found.setdefault(measure.pollutant.value, {})[measure.years[1]] = layer
        years = found.get(str(pollutant))
        if years is None:
            raise UnknownItemError(
                "storage.no_concentration_pollutant", pollutant=str(pollutant), known=sorted(found)
            )
        if year not in years:
            raise UnknownItemError(
                "storage.no_concentration_year",
                pollutant=str(pollutant),
                year=str(year),
                known=[str(known) for known in sorted(years)],
            )
        return years[year]

    # ------------------------------------------------------------------ content

    def read_vector(self, layer_id: str, territory: Territory | None = None) -> gpd.GeoDataFrame:
        """Read a vector layer, of one territory when given.

        Rows are chosen by ``commune_code`` when the layer has it, else by whether they meet the
        territory's communes. Rows without geometry are kept.

        Raises
        ------
        UnknownItemError, StorageError
            Unknown layer; unreadable file.
        """
        from aqah_desktop.storage.pack_reading import read_layer

        return read_layer(self, self.layer(layer_id), territory)

    def read_table(self, layer_id: str) -> pd.DataFrame:
        """Read the columns of a table or vector layer, without geometry.

        Raises
        ------
        UnknownItemError, StorageError
            Unknown layer; unreadable file.
        """
        from aqah_desktop.storage.vectors import read_attributes

        layer = self.layer(layer_id)
        return read_attributes(self.member(layer.source.member), layer.source.table or layer.id)

    def open_raster(self, layer_id: str) -> RasterFile:
        """Open a raster layer.

        Raises
        ------
        UnknownItemError
            ``storage.unknown_layer``, ``storage.not_a_raster``.
        StorageError
            Missing or damaged file.
        """
        from aqah_desktop.storage.rasters import open_raster

        layer = self.layer(layer_id)
        if not isinstance(layer.shape, RasterShape):
            raise UnknownItemError("storage.not_a_raster", layer=layer_id)
        return open_raster(self.member(layer.source.member))

    def site_layers(self) -> list[Layer]:
        """Return the layers of real sites: what is fictitious is never mixed with them."""
        return [
            layer
            for layer in self.layers.values()
            if layer.role == "sites" and self.dataset_of(layer.id).standing.quality is not Quality.FICTITIOUS
        ]

    def sites(self, kinds: Iterable[str], territory: Territory | None = None) -> gpd.GeoDataFrame:
        """Read the sites of some kinds (``ecole``, ``college``, ``hospital``…) from every sites layer.

        Unplaced sites are rows with ``placed`` false and no geometry. Fictitious layers are left out.

        Raises
        ------
        UnknownItemError
            ``storage.unknown_site_kind``, with the kinds there are.
        """
        from aqah_desktop.storage.pack_reading import read_sites

        return read_sites(self, list(kinds), territory)

    def thresholds(self, pollutant: str) -> list[Threshold]:
        """Return the annual values of every framework for a pollutant."""
        from aqah_desktop.storage.small_tables import read_rows

        layer = self.layer("thresholds")
        rows = read_rows(self.member(layer.source.member), layer.source.table or layer.id)
        return [
            Threshold(
                id=str(row["id"]),
                framework=str(row["framework"]),
                pollutant=Pollutant(row["pollutant"]),
                statistic=str(row["statistic"]),
                value_ug_m3=float(str(row["value_ug_m3"])),
                applies_from=str(row["applies_from"] or ""),
                confidence=Confidence(str(row["confidence"])),
                source=str(row["source"] or ""),
            )
            for row in rows
            if row["pollutant"] == str(pollutant) and str(row["statistic"]).startswith("annual")
        ]

    # ------------------------------------------------------------------ integrity

    def member(self, name: str) -> Path:
        """Return the path of a file of the pack, unaltered: its hash is compared at the first use.

        Raises
        ------
        IntegrityError
            ``storage.pack_member_missing``, ``storage.pack_member_altered``,
            ``storage.pack_foreign_path``.
        """
        path = (self.folder / name).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            raise IntegrityError("storage.pack_foreign_path", member=name, path=str(self.folder))
        if not path.is_file():
            raise IntegrityError("storage.pack_member_missing", member=name, path=str(self.folder))
        self._compare(name, path)
        return path

    def _compare(self, name: str, path: Path) -> None:
        """Compare a file with the manifest, again only when it was touched since."""
        facts = path.stat()
        seen = (facts.st_size, facts.st_mtime_ns)
        listed = self.manifest.members.get(name)
        if listed is None or self._compared.get(name) == seen:
            return
        from aqah_desktop.storage.pack_archive import file_sha256

        if facts.st_size != listed.bytes or file_sha256(path) != listed.sha256:
            raise IntegrityError("storage.pack_member_altered", member=name, path=str(self.folder))
        self._compared[name] = seen

    @property
    def bundled(self) -> bool:
        """Whether this is the pack that came with the program."""
        return self.folder.resolve() == data_folder().resolve()

    def signature(self, trusted_keys: Mapping[str, str] | None = None) -> SignatureState:
        """Return what the signature is worth; ``trusted_keys``: public key (hex) → who holds it."""
        return signature_state(self.folder, trusted_keys)

    def verify(self, trusted_keys: Mapping[str, str] | None = None) -> list[Problem]:
        """Compare every file with the manifest, and the manifest with its signature.

        Returns
        -------
        list of Problem
            Empty when the pack is whole, unaltered and, unless it came with the program, signed by a
            trusted key. A missing or unknown signature is a warning, anything else an error.
        """
        from aqah_desktop.storage.pack_archive import file_sha256

        problems = []
        for name, member in sorted(self.manifest.members.items()):
            path = self.folder / name
            if not path.is_file():
                problems.append(Problem(name, Text("storage.verify_missing", {"member": name})))
            elif path.stat().st_size != member.bytes or file_sha256(path) != member.sha256:
                problems.append(Problem(name, Text("storage.verify_altered", {"member": name})))
        state = self.signature(trusted_keys)
        if state is SignatureState.INVALID:
            problems.append(Problem("", Text("storage.verify_bad_signature")))
        elif state is not SignatureState.TRUSTED and not self.bundled:
            problems.append(Problem("", Text(f"storage.verify_{state.value}"), "warning"))
        return problems


def _read(folder: Path, name: str, manifest: Manifest) -> bytes:
    """Read a list of records, which must be the one the manifest names."""
    path = folder / name
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise IntegrityError("storage.pack_member_missing", member=name, path=str(folder)) from error
    except OSError as error:
        raise storage_error(error, path) from error
    member = manifest.members.get(name)
    if member is None or hashlib.sha256(data).hexdigest() != member.sha256:
        raise IntegrityError("storage.pack_member_altered", member=name, path=str(folder))
    return data
