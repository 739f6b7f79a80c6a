"""The first-party action: its arithmetic, what it shows beside, what it refuses, and the whole chain once."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from babel.messages.pofile import read_po

from aqah_desktop.locations import bundled_plugins_folder
from aqah_desktop.messages import LANGUAGES, Catalogue
from aqah_desktop.plugins.actions import ActionAnswer, HostedAction
from aqah_desktop.plugins.check import check_plugin
from aqah_desktop.plugins.loader import PluginOrigin, load
from aqah_desktop.processing.contract import Context, Feedback
from aqah_desktop.processing.job import Job, JobState, Lane, RunRequest
from aqah_desktop.processing.params import parse_params
from aqah_desktop.processing.runner import Runner
from aqah_desktop.records import Interval, Place, Pollutant, RunLimits, Sector
from aqah_desktop.storage.pack import Pack

FOLDER = bundled_plugins_folder() / "aqah_action_low_emission_zone"
GIVEN: dict[str, Any] = {
    "territory": "200000001",
    "share_concerned_percent": "30 %",
    "reduction_low_percent": "20",
    "reduction_central_percent": "60",
    "reduction_high_percent": "80",
}


@pytest.fixture(scope="module")
def zone() -> HostedAction:
    return HostedAction(load(FOLDER, PluginOrigin.BUNDLED))


def _changes(zone: HostedAction, context: Context, **given: Any) -> ActionAnswer:
    return zone.changes(parse_params(zone.spec, {**GIVEN, **given}), context, Feedback())


def test_factor_is_share_times_reduction(zone: HostedAction, context: Context) -> None:
    [change] = _changes(zone, context, perimeter="59001", years="2025-2030").emission_changes
    assert (change.sector, change.pollutant) == (Sector.ROAD, Pollutant.NOX)
    assert change.place == Place(communes=("59001",)) and change.years == (2025, 2030)
    assert dataclasses.astuple(change.factor)[:3] == pytest.approx((-0.06, -0.18, -0.24))
    assert change.factor.level is None


@pytest.mark.parametrize(
    ("share", "high", "expected"), [("100", "100", -1.0), ("0", "80", 0.0), ("50", "60", -0.3)]
)
def test_limits_of_the_arithmetic(
    zone: HostedAction, context: Context, share: str, high: str, expected: float
) -> None:
    answer = _changes(zone, context, share_concerned_percent=share, reduction_high_percent=high)
    assert answer.emission_changes[0].factor.high == pytest.approx(expected)


def test_by_default_the_whole_territory_in_the_base_year(zone: HostedAction, context: Context) -> None:
    [change] = _changes(zone, context).emission_changes
    assert change.place.communes == ("59001", "59002") and change.years == (2018, 2018)


def test_a_perimeter_drawn_in_a_file(zone: HostedAction, context: Context, tmp_path: Path) -> None:
    path = tmp_path / "zone.geojson"
    square = shapely.box(704_000, 7_055_000, 707_000, 7_057_000)
    gpd.GeoDataFrame(geometry=[square], crs="EPSG:2154").to_crs(4326).to_file(path, driver="GeoJSON")
    [change] = _changes(zone, context, perimeter=f"@{path}").emission_changes
    assert shapely.from_wkt(change.place.polygon_wkt).area == pytest.approx(6e6, rel=2e-3)


def test_the_assumptions_have_no_default_and_say_whose_they_are(zone: HostedAction) -> None:
    french = Catalogue("fr", extra=[FOLDER / "locales"])
    for parameter in zone.spec.parameters:
        if parameter.name.endswith("_percent"):
            assert parameter.required and parameter.default is None and parameter.reference == ""
            assert french.text(parameter.help).startswith("Hypothèse de l’utilisateur")


def test_published_rows_are_shown_with_what_they_are_worth(zone: HostedAction, context: Context) -> None:
    territory = context.pack.territory("200000001")
    references, status = zone.references(context, territory)
    worth = {r.effect.id: (r.usable, r.caveat.params["text"]["en"].split(":")[0]) for r in references}
    assert worth["zone_1"][0] is True
    assert worth["zone_2"] == (False, "Effect on concentrations")
    assert worth["zone_3"] == (False, "Indirect source, to be verified")
    assert worth["zone_4"] == (False, "Another pollutant")
    assert references[0].effect.central == -14.0 and references[0].effect.low is None
    assert status is not None and status.to_be_verified and status.as_of == "2026-01-26"


@pytest.mark.parametrize(
    ("given", "parameter", "severity"),
    [
        ({"reduction_central_percent": "90"}, "reduction_central_percent", "error"),
        ({"reduction_low_percent": "70"}, "reduction_central_percent", "error"),
        ({"share_concerned_percent": "0"}, "share_concerned_percent", "warning"),
        ({"share_concerned_percent": "0.3"}, "share_concerned_percent", "warning"),
        ({"territory": "999"}, "territory", "error"),
        ({"perimeter": "75056"}, "perimeter", "error"),
    ],
)
def test_check_explains(
    zone: HostedAction, context: Context, given: dict[str, str], parameter: str, severity: str
) -> None:
    [problem] = zone.check(parse_params(zone.spec, {**GIVEN, **given}), context)
    assert (problem.parameter, problem.severity) == (parameter, severity)
    for language in LANGUAGES:
        text = Catalogue(language).text(problem.text)
        assert text != problem.text.key and "{" not in text


def test_communes_of_another_territory_are_refused(zone: HostedAction, context: Context, pack: Pack) -> None:
    west = dataclasses.replace(pack.territory("200000001"), code="200000002", commune_codes=("59001",))
    both = Pack(pack.folder, pack.manifest, pack.datasets, pack.layers, {**pack.territories, west.code: west})
    params = parse_params(zone.spec, {**GIVEN, "territory": west.code, "perimeter": "59001,59002"})
    [problem] = zone.check(params, Context(both))
    assert problem.parameter == "perimeter" and "59002" in Catalogue("fr").text(problem.text)


def test_the_whole_chain_through_the_runner(zone: HostedAction, context: Context) -> None:
    """Child, composition, dispersion, exposure: what the command line and the window start."""
    runner, seen = Runner(), []
    try:
        params = parse_params(zone.spec, GIVEN)
        job = runner.run(
            RunRequest(zone, params, context), lambda j, change: seen.append((change, j.fraction))
        )
    finally:
        runner.close()
    assert job.lane is Lane.PLUGIN and job.state is JobState.DONE, job.error
    results = job.value()
    delta = results.rasters["delta_no2_central"].values
    assert np.nanmin(delta) < -0.05 and np.nanmax(delta) <= 0
    assert results.emission_changes[0].factor == Interval(
        pytest.approx(-0.06),
        pytest.approx(-0.18),
        pytest.approx(-0.24),  # type: ignore[arg-type]
    )
    assert [row["effect"]["id"] for row in results.figures["published_effects"]] == [
        f"zone_{n}" for n in range(1, 5)
    ]
    shown = results.tables["published_effects"].frame.set_index("effect_id")
    assert shown["usable"].to_dict() == {"zone_1": True, "zone_2": False, "zone_3": False, "zone_4": False}
    assert shown.loc["zone_2", "caveat"].startswith("Effet sur les concentrations")
    catalogues = [Catalogue(language) for language in LANGUAGES]
    notes = {c.language: " ".join(c.text(note) for note in results.notes) for c in catalogues}
    assert "Cadre légal au 26/01/2026, à vérifier" in notes["fr"]
    assert "2026-01-26" in notes["en"] and "to be verified" in notes["en"]
    assert not [note for note in results.notes if note.key == "plugins.note_receptors"]
    assert {"road_nox_2018", "no2_2019", "action_effects"} <= set(zone.spec.inputs)
    assert [m.level for m in job.messages] == ["log", "warn"]
    assert "18" in catalogues[0].text(job.messages[0].text)
    fractions = [fraction for change, fraction in seen if change == "progress"]
    assert len(fractions) >= 2 and fractions == sorted(fractions)
    assert job.record is not None and job.record.limits == RunLimits(30.0, 512, 4)
    assert '"share_concerned_percent":30.0' in job.record.parameters


def test_cancel_during_the_run_leaves_nothing(zone: HostedAction, context: Context) -> None:
    runner = Runner()
    try:

        def stop(job: Job, change: str) -> None:
            if change == "progress":
                runner.cancel(job)

        job = runner.run(RunRequest(zone, parse_params(zone.spec, GIVEN), context), stop)
    finally:
        runner.close()
    assert job.state is JobState.CANCELLED and job.results is None


def test_texts_of_the_plugin_are_whole() -> None:
    texts = {}
    for language in LANGUAGES:
        path = FOLDER / "locales" / language / "LC_MESSAGES" / "low_emission_zone.po"
        with path.open("rb") as stream:
            texts[language] = {str(m.id): str(m.string) for m in read_po(stream) if m.id}
    assert set(texts["fr"]) == set(texts["en"])
    assert all(text.strip() for language in texts.values() for text in language.values())


def test_the_plugin_passes_the_check_given_to_authors() -> None:
    verdict = check_plugin(FOLDER)
    assert verdict.accepted and verdict.plugin_id == "aqah-action-low-emission-zone"
    assert [step.title.key for step in verdict.steps if step.level == "advice"] == ["plugins.check_hashes"]
