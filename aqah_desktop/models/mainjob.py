"""The whole job once, without a window: see who is exposed, try one action, take everything away."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from aqah_desktop.models import document, opening, tasks
from aqah_desktop.models.state import ProjectState
from aqah_desktop.records import Pollutant, Territory
from aqah_desktop.storage.atomic import make_folder, write_bytes
from aqah_desktop.storage.project_file import ProjectFile

if TYPE_CHECKING:
    from aqah_desktop.models.services import Finished, Services
    from aqah_desktop.processing.runner import Listener

POLLUTANT = "no2"
ACTION = "aqah.action.low_emission_zone"
#: An example chosen by us, said to be one wherever its result is shown: all communes of the territory,
#: half of road NOx emitted by the vehicles concerned, cut by 20 to 40 %.
EXAMPLE: dict[str, Any] = {
    "share_concerned_percent": 50,
    "reduction_low_percent": 20,
    "reduction_central_percent": 30,
    "reduction_high_percent": 40,
}


def main_job(
    services: Services, territory_code: str, folder: Path, listener: Listener | None = None
) -> list[Path]:
    """Do the main job on a territory and write map, tables, briefing and project to ``folder``.

    Everything is computed before the first file is written, and the project is locked first: what can
    fail for a reason other than the disk fails with the folder untouched.

    Returns
    -------
    list of Path
        Files written, in order.

    Raises
    ------
    AqahError
        From any step; no file is half written.
    """
    territory = services.pack.territory(territory_code)
    make_folder(folder)
    year = tasks.moment(services, POLLUTANT, None)
    layer = services.pack.concentration(POLLUTANT, year)
    where = {"territory": territory.code}
    with ProjectFile.create(folder / "projet.aqah", overwrite=True) as project:
        sites = tasks.expose(services, territory.code, POLLUTANT, year, listener)
        farms = services.run("aqah.exposure.farms", {**where, "pollutant": POLLUTANT, "year": year}, listener)
        action = services.run(ACTION, {**where, **EXAMPLE}, listener)
        note = tasks.briefing(services, territory.code, sites, farms, action, example=True)
        picture = folder / f"carte_{POLLUTANT}_{year}.png"
        tasks.write_map(services, territory.code, layer.id, picture)
        written = [picture]
        written += tasks.write_table(services, sites, "sites", folder / "exposition.csv")
        written += tasks.write_table(services, sites, "sites", folder / "exposition.xlsx")
        written += tasks.write_all(services, action, folder / "zone_a_faibles_emissions")
        write_bytes(folder / "note.pdf", note)
        _save_project(services, project, year, territory, (sites, farms, action))
        return [*written, folder / "note.pdf", project.path]


def _save_project(
    services: Services, file: ProjectFile, year: int, territory: Territory, runs: tuple[Finished, ...]
) -> None:
    entries = opening.opening_layers(services.pack, POLLUTANT, year)
    for finished in runs:
        entries = document.keep_results(file, finished, services.catalogue) + entries
    state = ProjectState(
        territory=territory.code,
        pollutant=Pollutant(POLLUTANT),
        year=year,
        layers=entries,
        runs=tuple(finished.record for finished in runs),
        extent=territory.extent,
    )
    document.write_state(file, state, services.pack)
    file.save()
