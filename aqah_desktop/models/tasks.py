"""The tasks users come for, each in one call: tables, maps, briefings, everything a run returned."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aqah_desktop.errors import BadInputError
from aqah_desktop.models.opening import nearest_year, years_of
from aqah_desktop.storage import atomic
from aqah_desktop.storage.atomic import write_bytes

if TYPE_CHECKING:
    from aqah_desktop.models.services import Finished, Services
    from aqah_desktop.processing.runner import Listener
    from aqah_desktop.reporting.exports import ResultExporter

TABLE_ENDINGS = (".csv", ".xlsx")
#: Sites the briefing and the map show unless told otherwise.
SITE_KINDS = ("ecole", "college", "lycee", "hospital", "ehpad")


def exporter(services: Services, finished: Finished) -> ResultExporter:
    """Exporter of a run, in the language of the services."""
    from aqah_desktop.reporting.exports import ResultExporter

    spec = services.algorithm(finished.record.algorithm_id).spec
    return ResultExporter(finished.results, finished.record, finished.datasets, spec, services.catalogue)


def check_target(path: Path, endings: tuple[str, ...]) -> None:
    """Check before the work that a file can be written there and that its ending says what it will be.

    Raises
    ------
    BadInputError
        ``models.file_ending``.
    StorageError
        ``storage.missing_folder``, ``storage.is_a_folder``.
    """
    if path.suffix.lower() not in endings:
        raise BadInputError("models.file_ending", path=str(path), endings=endings)
    try:
        atomic.check_target(path)
    except OSError as error:
        raise atomic.storage_error(error, path, writing=True) from error


def write_table(
    services: Services, finished: Finished, table: str, path: Path, *, excel: bool = False
) -> list[Path]:
    """Write one table of a run as CSV or, by its ending, XLSX; return every file written.

    Raises
    ------
    BadInputError
        ``models.file_ending`` for another ending.
    StorageError
        When the file cannot be written.
    """
    check_target(path, TABLE_ENDINGS)
    if path.suffix.lower() == ".xlsx":
        return [exporter(services, finished).write_xlsx(path)]
    return exporter(services, finished).write_csv(path, table, excel=excel)


def write_all(services: Services, finished: Finished, folder: Path) -> list[Path]:
    """Write every output of a run: tables, layers, rasters, its record, and a map of each change."""
    written = exporter(services, finished).write_all(folder)
    territory = _territory_of(finished)
    if territory is None:
        return written
    from aqah_desktop.reporting.mapcontent import MapComposer
    from aqah_desktop.reporting.mapimage import render_map
    from aqah_desktop.reporting.maprequest import MapPage

    page = MapPage(language=services.catalogue.language)
    composer = MapComposer(services.pack, services.pack.territory(territory), page)
    for name, raster in finished.results.rasters.items():
        if name.endswith("central"):
            request = composer.result(raster, finished.results.standing, tuple(finished.record.inputs))
            target = folder / f"{name}.png"
            write_bytes(target, render_map(request))
            written.append(target)
    return written


def write_map(services: Services, territory: str, layer: str, path: Path) -> None:
    """Write the map of one layer of the pack as PNG."""
    check_target(path, (".png",))
    from aqah_desktop.reporting.mapcontent import MapComposer
    from aqah_desktop.reporting.mapimage import render_map
    from aqah_desktop.reporting.maprequest import MapPage

    page = MapPage(language=services.catalogue.language)
    request = MapComposer(services.pack, services.pack.territory(territory), page).layer(layer)
    write_bytes(path, render_map(request))


def moment(services: Services, pollutant: str, year: int | None) -> int:
    """Return the year asked for, or the latest one mapped.

    Raises
    ------
    UnknownItemError
        For a pollutant without map.
    """
    if year is not None:
        return year
    years = years_of(services.pack, pollutant)
    if not years:
        services.pack.concentration(pollutant, 0)
    return nearest_year(services.pack, pollutant, max(years))


def expose(
    services: Services, territory: str, pollutant: str, year: int, listener: Listener | None = None
) -> Finished:
    """Exposure of the usual sites of a territory."""
    given: dict[str, Any] = {
        "territory": territory,
        "pollutant": pollutant,
        "year": year,
        "kinds": ",".join(SITE_KINDS),
    }
    return services.run("aqah.exposure.sites", given, listener)


def write_briefing(
    services: Services,
    territory: str,
    pollutant: str,
    year: int | None,
    path: Path,
    listener: Listener | None = None,
) -> None:
    """Write the one-page briefing of a territory as PDF."""
    check_target(path, (".pdf",))
    finished = expose(services, territory, pollutant, moment(services, pollutant, year), listener)
    write_bytes(path, briefing(services, territory, finished))


def briefing(
    services: Services,
    territory: str,
    sites: Finished,
    farms: Finished | None = None,
    action: Finished | None = None,
    *,
    example: bool = False,
) -> bytes:
    """Return the PDF of a briefing made of runs that are done.

    ``example`` says that the action's numbers were chosen by the program, not by the user.
    """
    from datetime import date

    from aqah_desktop.reporting.briefing import build_briefing
    from aqah_desktop.reporting.callouts import action_result, assumption_words, farm_callout
    from aqah_desktop.reporting.content import BriefingWriter

    catalogue = services.catalogue
    callouts, result = [], None
    if farms is not None:
        tables = {name: table.frame for name, table in farms.results.tables.items()}
        callouts.append(farm_callout(tables, farms.results.standing, catalogue))
    if action is not None:
        spec = services.algorithm(action.record.algorithm_id).spec
        words = assumption_words(spec, json.loads(action.record.parameters), catalogue, example)
        table = action.results.tables["sites"].frame
        result = action_result(catalogue.text(spec.title), action.results.figures, table, catalogue, words)
    writer = BriefingWriter(
        services.pack,
        services.pack.territory(territory),
        date.fromisoformat(sites.record.started[:10]),
        catalogue.language,
    )
    content = writer.content(
        sites.results.tables["sites"].frame,
        callouts=callouts,
        action=result,
        standing=sites.results.standing,
        population=sites.results.figures.get("population"),
    )
    return build_briefing(content)


def _territory_of(finished: Finished) -> str | None:
    given = json.loads(finished.record.parameters).get("territory")
    return str(given) if given else None
