"""What there is: territories, layers, plugins, as plain rows for the command line and the window."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from aqah_desktop.messages import Catalogue
from aqah_desktop.records import Layer, Territory, TerritoryKind, VectorShape

if TYPE_CHECKING:
    from aqah_desktop.models.services import Services
    from aqah_desktop.storage.pack import Pack


def territories(pack: Pack, every: bool = False) -> list[dict[str, Any]]:
    """The seven territories, departments and the region; every EPCI with ``every``."""
    chosen = [t for t in pack.territories.values() if every or t.aqah or t.kind is not TerritoryKind.EPCI]
    chosen.sort(key=lambda t: (not t.aqah, t.kind.value, t.name))
    return [
        {
            "code": t.code,
            "name": t.name,
            "kind": t.kind.value,
            "population": t.population,
            "communes": len(t.commune_codes),
            "aqah": t.aqah,
        }
        for t in chosen
    ]


def layers(pack: Pack, territory: str | None, catalogue: Catalogue) -> list[dict[str, Any]]:
    """Layers of the pack (that cover a territory), with what must be known of each."""
    from aqah_desktop.reporting.words import standing_words

    place = pack.territory(territory) if territory is not None else None
    rows = []
    for layer in pack.layers.values():
        if place is not None and not _meets(layer, place):
            continue
        dataset = pack.dataset_of(layer.id)
        measure = layer.measure
        rows.append(
            {
                "id": layer.id,
                "title": layer.title.in_language(catalogue.language),
                "role": layer.role,
                "unit": measure.unit if measure else "",
                "pollutant": measure.pollutant if measure else None,
                "years": list(measure.years) if measure and measure.years else None,
                "quality": standing_words(dataset.standing, catalogue),
                "publisher": dataset.origin.publisher,
                "licence": dataset.origin.licence,
                "content_hash": layer.content_hash,
            }
        )
    return rows


def algorithms(services: Services) -> list[dict[str, Any]]:
    """Every algorithm and action, with what each of its parameters takes."""
    from aqah_desktop.processing.values import allowed_range

    _ = services.plugins
    catalogue, rows = services.catalogue, []
    for algorithm in services.registry.all():
        spec = algorithm.spec
        parameters = {
            p.name: " · ".join(
                part
                for part in (
                    catalogue.text(p.label),
                    p.unit,
                    allowed_range(p),
                    catalogue.text("cli.algorithms.required") if p.required else "",
                )
                if part
            )
            for p in spec.parameters
        }
        rows.append({"id": spec.id, "title": catalogue.text(spec.title), "parameters": parameters})
    return rows


def plugins(services: Services) -> list[dict[str, Any]]:
    """Plugins found, then the broken and the disabled ones."""
    found, catalogue = services.plugins, services.catalogue
    rows: list[dict[str, Any]] = [
        {
            "id": p.id,
            "title": p.manifest.title.in_language(catalogue.language),
            "kind": p.manifest.kind,
            "version": p.manifest.version,
            "algorithms": list(p.manifest.algorithms),
            "origin": p.origin.value,
            "status": "ok",
        }
        for p in found.plugins
    ]
    rows += [
        {
            "id": f.id,
            "title": catalogue.error(f.error).message,
            "origin": f.origin.value,
            "status": "failed",
            "cause": catalogue.error(f.error).cause,
            "remedy": catalogue.error(f.error).remedy,
            "disable": catalogue.text("plugins.how_to_disable", plugin=f.id, settings=f.settings),
        }
        for f in found.failures
    ]
    rows += [{"id": name, "status": "disabled"} for name in found.disabled]
    return rows


def plugin_verdict(folder: Path, catalogue: Catalogue) -> tuple[bool, list[dict[str, Any]]]:
    """Whether a plugin folder is good, and every finding its author can act on."""
    from aqah_desktop.plugins.check import check_plugin

    verdict = check_plugin(folder)
    rows = []
    for step in verdict.steps:
        found = [catalogue.text(text) for text in step.details]
        if step.error is not None:
            found.append(catalogue.error(step.error).as_lines().replace("\n", " "))
        rows.append({"level": step.level, "text": " — ".join([catalogue.text(step.title), *found])})
    return verdict.accepted, rows


def _meets(layer: Layer, territory: Territory) -> bool:
    """Whether the extents of a layer and a territory meet (a table without place is about all of them)."""
    shape = layer.shape
    if isinstance(shape, VectorShape) and shape.geometry_type in ("None", ""):
        return True
    own = shape.extent if isinstance(shape, VectorShape) else shape.grid.extent
    other = territory.extent
    return own[0] <= other[2] and own[2] >= other[0] and own[1] <= other[3] and own[3] >= other[1]
