"""Whatever a plugin does: it is contained, the error says which one and what to do, work goes on."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from aqah_desktop.errors import JobCancelledError, PluginError
from aqah_desktop.locations import bundled_plugins_folder
from aqah_desktop.messages import LANGUAGES, Catalogue
from aqah_desktop.plugins.actions import HostedAction
from aqah_desktop.plugins.hosting import host_algorithm
from aqah_desktop.plugins.isolation import containment_level
from aqah_desktop.plugins.loader import load
from aqah_desktop.processing.contract import Context, Feedback

Hosted = Callable[..., HostedAction]
PARAMS = {"territory": "200000001"}

#: Plugin → the error it must become.
EXPECTED = {
    "raises": "plugins.raised",
    "exits": "plugins.exited",
    "vanishes": "plugins.exited",
    "crashes": "plugins.exited",
    "eats_memory": "plugins.out_of_memory",
    "prints_endlessly": "plugins.printed_too_much",
    "writes_huge_file": "plugins.wrote_too_much",
    "writes_many_files": "plugins.wrote_too_much",
    "speaks_garbage": "plugins.spoke_garbage",
    "forges_result": "plugins.wrong_value",
    "returns_number": "plugins.wrong_result",
    "returns_strangers": "plugins.wrong_result",
    "returns_nan": "plugins.wrong_value",
    "returns_too_much": "plugins.wrong_value",
    "returns_nowhere": "plugins.wrong_value",
    "below_nothing": "plugins.wrong_value",
    "imports_inside_late": "plugins.raised",
}


def _assert_understandable(error: PluginError, plugin: str) -> None:
    for language in LANGUAGES:
        text = Catalogue(language).error(error)
        assert plugin in text.message, text
        assert text.cause and text.remedy
        if error.key != "plugins.wrong_value":
            assert "extensions.json" in text.remedy  # where it is switched off
        assert "{" not in text.as_lines() and f"{error.key}." not in text.as_lines()


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests that run at the same time make scratch folders of their own elsewhere."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def _scratch_folders() -> set[str]:
    return {p.name for p in Path(tempfile.gettempdir()).glob("aqah-plugin-*")}


@pytest.mark.parametrize("module", sorted(EXPECTED))
def test_misbehaviour_becomes_an_error_that_names_the_plugin(
    module: str, hosted: Hosted, context: Context
) -> None:
    before = _scratch_folders()
    plugin = hosted(module)
    started = time.monotonic()
    with pytest.raises(PluginError) as caught:
        plugin.changes(PARAMS, context, Feedback())
    assert time.monotonic() - started < 15
    assert caught.value.key == EXPECTED[module]
    _assert_understandable(caught.value, plugin.plugin.id)
    assert _scratch_folders() - before == set()


@pytest.mark.parametrize("module", ["hangs", "spins"])
def test_time_limit(module: str, hosted: Hosted, context: Context) -> None:
    plugin = hosted(module, seconds=0.8)
    started = time.monotonic()
    with pytest.raises(PluginError, match="too_slow"):
        plugin.changes(PARAMS, context, Feedback())
    assert time.monotonic() - started < 0.8 + 2.0


class _CancelAfter(Feedback):
    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def cancelled(self) -> bool:
        return time.monotonic() > self._end


@pytest.mark.parametrize("module", ["hangs", "spins", "prints_endlessly", "eats_memory"])
def test_cancel_stops_a_deaf_plugin_within_two_seconds(module: str, hosted: Hosted, context: Context) -> None:
    plugin = hosted(module)
    _ = plugin.spec
    started = time.monotonic()
    with pytest.raises((JobCancelledError, PluginError)):
        plugin.changes(PARAMS, context, _CancelAfter(0.3))
    assert time.monotonic() - started < 0.3 + 2.0


def test_the_program_is_usable_after_every_misbehaviour(hosted: Hosted, context: Context) -> None:
    for module in ("crashes", "exits", "speaks_garbage"):
        with pytest.raises(PluginError):
            hosted(module).changes(PARAMS, context, Feedback())
    zone = host_algorithm(load(bundled_plugins_folder() / "aqah_action_low_emission_zone"))
    assert isinstance(zone, HostedAction)
    percents = {f"reduction_{n}_percent": v for n, v in (("low", 10.0), ("central", 20.0), ("high", 30.0))}
    params = {**PARAMS, **percents, "share_concerned_percent": 50.0, "years": None}
    params["perimeter"] = {"communes": ["59001"]}
    answer = zone.changes(params, context, Feedback())
    assert answer.emission_changes[0].factor.central == pytest.approx(-0.10)


# ----------------------------------------------------------------------------- refused by the system


@pytest.mark.skipif(not containment_level().processes, reason="this system does not refuse processes")
@pytest.mark.parametrize("module", ["starts_processes", "kills_host"])
def test_no_process_is_started_or_killed(module: str, hosted: Hosted, context: Context) -> None:
    with pytest.raises(PluginError, match="PermissionError"):
        hosted(module).changes(PARAMS, context, Feedback())


@pytest.mark.skipif(not containment_level().network, reason="this system does not refuse the network")
def test_no_socket_can_be_made(hosted: Hosted, context: Context) -> None:
    with pytest.raises(PluginError, match="PermissionError"):
        hosted("opens_socket").changes(PARAMS, context, Feedback())


@pytest.mark.skipif(not containment_level().files, reason="this system does not restrict files")
def test_nothing_is_written_outside_the_scratch_folder(hosted: Hosted, context: Context) -> None:
    left = Path(__file__).parents[2] / "aqah_desktop" / "left_by_a_plugin.txt"
    try:
        with pytest.raises(PluginError, match="PermissionError"):
            hosted("writes_outside").changes(PARAMS, context, Feedback())
        assert not left.exists()
    finally:
        left.unlink(missing_ok=True)


@pytest.mark.skipif(os.name == "nt", reason="Windows ends them with the Job Object")
def test_what_a_child_started_ends_with_it(tmp_path: Path) -> None:
    """Without the filter, as on a system that has none: the whole process group is killed."""
    from aqah_desktop.processing.children import Caps, Child

    code = (
        "import subprocess, sys, time\n"
        "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        'print(\'{"type": "pid", "pid": %d}\' % p.pid, flush=True); time.sleep(60)\n'
    )
    import sys

    child = Child([sys.executable, "-c", code], tmp_path, Caps())
    message = None
    while message is None:
        message = child.receive(5)
    child.stop(cooperate_s=0.0)
    deadline = time.monotonic() + 5
    while _alive(message["pid"]) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _alive(message["pid"])


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"
