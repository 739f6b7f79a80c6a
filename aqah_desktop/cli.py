"""The command line: the same work as the window, without a window. Wiring only.

Exit codes: 0 done, 2 wrong use or bad input, 1 failure.
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from aqah_desktop import __version__
from aqah_desktop.console import Console
from aqah_desktop.errors import AqahError
from aqah_desktop.messages import Catalogue

LANGUAGE = os.environ.get("AQAH_LANGUAGE", "fr")
_CATALOGUE = Catalogue(LANGUAGE)
_t = _CATALOGUE.text

app = typer.Typer(
    name="aqah", help=_t("cli.help"), no_args_is_help=True, add_completion=False, rich_markup_mode=None,
    pretty_exceptions_enable=False,
)  # fmt: skip
plugin_app = typer.Typer(help=_t("cli.plugin.help"), no_args_is_help=True, rich_markup_mode=None)
app.add_typer(plugin_app, name="plugin")

Json = Annotated[bool, typer.Option("--json", help=_t("cli.option.json"))]
PackPath = Annotated[Path | None, typer.Option("--pack", help=_t("cli.option.pack"))]
TerritoryCode = Annotated[str, typer.Option("--territory", help=_t("cli.option.territory"))]
OutFile = Annotated[Path, typer.Option("--out", help=_t("cli.option.out_file"))]
OutFolder = Annotated[Path, typer.Option("--out", help=_t("cli.option.out_folder"))]


def _console(as_json: bool) -> Console:
    return Console(_CATALOGUE, as_json)


def _services(pack: Path | None) -> Any:
    from aqah_desktop.models.services import open_services

    return open_services(pack, LANGUAGE)


@app.command("territories", help=_t("cli.territories.help"))
def territories(
    every: Annotated[bool, typer.Option("--all", help=_t("cli.territories.all"))] = False,
    json: Json = False,
    pack: PackPath = None,
) -> None:
    """List the territories one can open."""
    from aqah_desktop.models import listings

    columns = [
        ("code", "cli.column.code"),
        ("name", "cli.column.name"),
        ("population", "cli.column.population"),
    ]
    rows = listings.territories(_services(pack).pack, every)
    _console(json).table(rows, [*columns, ("communes", "cli.column.communes")])


@app.command("layers", help=_t("cli.layers.help"))
def layers(
    territory: Annotated[str | None, typer.Option("--territory", help=_t("cli.option.territory"))] = None,
    json: Json = False,
    pack: PackPath = None,
) -> None:
    """List the layers of the pack, with quality and source."""
    from aqah_desktop.models import listings

    columns = [("id", "cli.column.id"), ("title", "cli.column.title"), ("quality", "cli.column.quality")]
    rows = listings.layers(_services(pack).pack, territory, _CATALOGUE)
    _console(json).table(rows, [*columns, ("publisher", "cli.column.publisher")])


@app.command("exposure", help=_t("cli.exposure.help"))
def exposure(
    territory: TerritoryCode,
    pollutant: Annotated[str, typer.Option("--pollutant", help=_t("cli.option.pollutant"))],
    out: OutFile,
    year: Annotated[int | None, typer.Option("--year", help=_t("cli.option.year"))] = None,
    sites: Annotated[str | None, typer.Option("--sites", help=_t("cli.exposure.sites"))] = None,
    raster: Annotated[Path | None, typer.Option("--raster", help=_t("cli.exposure.raster"))] = None,
    sites_file: Annotated[
        Path | None, typer.Option("--sites-file", help=_t("cli.exposure.sites_file"))
    ] = None,
    radius: Annotated[float, typer.Option("--radius", help=_t("cli.exposure.radius"))] = 200.0,
    assume_crs: Annotated[str | None, typer.Option("--crs", help=_t("cli.exposure.crs"))] = None,
    excel: Annotated[bool, typer.Option("--excel", help=_t("cli.exposure.excel"))] = False,
    json: Json = False,
    pack: PackPath = None,
) -> None:
    """Write the exposure of sites as a table (CSV, or XLSX by the ending of ``--out``)."""
    from aqah_desktop.models import tasks

    console, services = _console(json), _services(pack)
    tasks.check_target(out, tasks.TABLE_ENDINGS)
    if sites is None and sites_file is None:
        sites = ",".join(tasks.SITE_KINDS)
    if raster is None:
        year = tasks.moment(services, pollutant, year)
    given = {
        "territory": territory, "pollutant": pollutant, "year": year, "kinds": sites, "raster": raster,
        "sites_file": sites_file, "radius_m": radius, "assume_crs": assume_crs,
    }  # fmt: skip
    try:
        given = {name: value for name, value in given.items() if value is not None}
        finished = services.run("aqah.exposure.sites", given, console.follow)
        files = tasks.write_table(services, finished, "sites", out, excel=excel)
        console.say("cli.written")
        console.files(files, figures=finished.results.figures)
        console.notes(finished.results.notes)
    finally:
        services.close()


@app.command("simulate", help=_t("cli.simulate.help"))
def simulate(
    algorithm: Annotated[str, typer.Argument(help=_t("cli.simulate.algorithm"))],
    out: OutFolder,
    territory: Annotated[str | None, typer.Option("--territory", help=_t("cli.option.territory"))] = None,
    param: Annotated[list[str] | None, typer.Option("--param", help=_t("cli.simulate.param"))] = None,
    json: Json = False,
    pack: PackPath = None,
) -> None:
    """Run an algorithm or an action and write everything it returns to a folder."""
    from aqah_desktop.models import tasks
    from aqah_desktop.processing.params import parse_assignments

    console, services = _console(json), _services(pack)
    try:
        given: dict[str, Any] = parse_assignments(param or [])
        if territory is not None:
            given["territory"] = territory
        finished = services.run(algorithm, given, console.follow)
        files = tasks.write_all(services, finished, out)
        console.say("cli.written")
        console.files(files, figures=finished.results.figures)
        console.notes(finished.results.notes)
    finally:
        services.close()


@app.command("algorithms", help=_t("cli.algorithms.help"))
def algorithms(json: Json = False, pack: PackPath = None) -> None:
    """List every algorithm and action with its parameters."""
    from aqah_desktop.models import listings

    console, rows = _console(json), listings.algorithms(_services(pack))
    if json:
        console.json(rows)
        return
    for row in rows:
        print(f"{row['id']} — {row['title']}")
        for name, words in row["parameters"].items():
            print(f"    {name}: {words}")


@app.command("map", help=_t("cli.map.help"))
def map_image(
    territory: TerritoryCode,
    layer: Annotated[str, typer.Option("--layer", help=_t("cli.map.layer"))],
    out: OutFile,
    json: Json = False,
    pack: PackPath = None,
) -> None:
    """Write a map of one layer as a PNG picture."""
    from aqah_desktop.models import tasks

    console, services = _console(json), _services(pack)
    tasks.write_map(services, territory, layer, out)
    console.say("cli.written")
    console.files([out])


@app.command("brief", help=_t("cli.brief.help"))
def brief(
    territory: TerritoryCode,
    out: OutFile,
    pollutant: Annotated[str, typer.Option("--pollutant", help=_t("cli.option.pollutant"))] = "no2",
    year: Annotated[int | None, typer.Option("--year", help=_t("cli.option.year"))] = None,
    json: Json = False,
    pack: PackPath = None,
) -> None:
    """Write the one-page briefing of a territory as PDF."""
    from aqah_desktop.models import tasks

    console, services = _console(json), _services(pack)
    try:
        tasks.write_briefing(services, territory, pollutant, year, out, console.follow)
        console.say("cli.written")
        console.files([out])
    finally:
        services.close()


@plugin_app.command("list", help=_t("cli.plugin.list_help"))
def plugin_list(json: Json = False, pack: PackPath = None) -> None:
    """List the plugins found, the broken ones too."""
    from aqah_desktop.models import listings

    rows = listings.plugins(_services(pack))
    names = ("id", "title", "version", "origin", "status")
    console = _console(json)
    console.table(rows, [(name, f"cli.column.{name}") for name in names])
    for row in rows:
        if row["status"] == "failed":
            console.say("cli.note", text=f"{row['id']}: {row['cause']} {row['remedy']} {row['disable']}")


@plugin_app.command("check", help=_t("cli.plugin.check_help"))
def plugin_check(
    folder: Annotated[Path, typer.Argument(help=_t("cli.plugin.folder"))], json: Json = False
) -> None:
    """Give a verdict on a plugin folder that its author can act on."""
    from aqah_desktop.models import listings

    good, rows = listings.plugin_verdict(folder, _CATALOGUE)
    console = _console(json)
    console.table(rows, [("level", "cli.column.level"), ("text", "cli.column.text")])
    console.say("cli.plugin.good" if good else "cli.plugin.bad")
    if not good:
        raise typer.Exit(2)


@app.command("doctor", help=_t("cli.doctor.help"))
def doctor(json: Json = False, pack: PackPath = None) -> None:
    """Verify pack, libraries, isolation of plugins; 2 when something is wrong."""
    from aqah_desktop.models import doctor as checks

    rows = checks.examine(pack, LANGUAGE)
    _console(json).table(
        rows, [("what", "cli.column.what"), ("status", "cli.column.status"), ("detail", "cli.column.detail")]
    )
    if any(row["status"] == "error" for row in rows):
        raise typer.Exit(2)


@app.command("run", help=_t("cli.run.help"))
def run(
    out: Annotated[Path, typer.Option("--out", help=_t("cli.option.out_folder"))] = Path("out/run"),
    territory: Annotated[str, typer.Option("--territory", help=_t("cli.option.territory"))] = "200093201",
    headless: Annotated[bool, typer.Option("--headless", help=_t("cli.run.headless"))] = False,  # noqa: ARG001
    json: Json = False,
    pack: PackPath = None,
) -> None:
    """Do the main job once, without a window: picture, tables, briefing, project.

    With a display (and without ``--headless``) the window opens before this is reached.
    """
    from aqah_desktop.models import mainjob

    console, services = _console(json), _services(pack)
    try:
        console.say("cli.run.start", name=services.pack.territory(territory).name)
        files = mainjob.main_job(services, territory, out, console.follow)
        console.say("cli.run.done", folder=str(out.resolve()))
        console.files(files)
    finally:
        services.close()


def _version(wanted: bool) -> None:
    if wanted:
        print(f"AQAH Desktop {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help=_t("cli.option.version"))
    ] = False,
) -> None:
    """Options of every command."""


def _write_utf8() -> None:
    """Redirected output is UTF-8 everywhere: the code pages of Windows lack many of our characters."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="replace")


def main() -> None:
    """Entry point: never a traceback."""
    from aqah_desktop.models.eventlog import record_failure, start_logging

    _write_utf8()
    start_logging()
    try:
        app()
    except AqahError as error:
        _console("--json" in sys.argv).error(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print(_t("cli.interrupted"), file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:
        # The reader of our output left (`| head`): nothing to say, nothing failed.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
        sys.exit(0)
    except Exception as error:
        path = record_failure(error)
        print(_t("cli.unexpected", path=str(path)), file=sys.stderr)
        sys.exit(1)
