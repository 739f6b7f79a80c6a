"""The child process of a plugin: what it gives up, what it is given, what it says on its way."""

from __future__ import annotations

import ctypes
import platform
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from aqah_desktop.errors import PluginError
from aqah_desktop.plugins import landlock, seccomp
from aqah_desktop.plugins.actions import HostedAction
from aqah_desktop.plugins.isolation import containment_level
from aqah_desktop.processing.children import (
    FROZEN_FLAG,
    Caps,
    Child,
    ChildFailure,
    child_command,
    child_environment,
    run_as_child,
)
from aqah_desktop.processing.contract import Context, Feedback
from aqah_desktop.processing.job_object import ExtendedLimits, limits
from aqah_desktop.records import Text

Hosted = Callable[..., HostedAction]
FROZEN_ARGUMENTS = (FROZEN_FLAG, "aqah_desktop.plugins.child")
PARAMS = {"territory": "200000001"}

TALKS = """
from aqah_desktop.plugin_api import ActionPlugin, AlgorithmSpec, Text

class Plugin(ActionPlugin):
    spec = AlgorithmSpec("hostile.action.talks", "1", "hostile.title", "hostile.summary", (), ())

    def run(self, params, context, feedback):
        feedback.log(Text("hostile.said"))
        for step in range(5):
            feedback.progress(step / 4)
            feedback.check()
        print("this must not disturb anything", flush=True)
        return []
"""


class Listening(Feedback):
    def __init__(self) -> None:
        self.logs: list[Text] = []
        self.fractions: list[float] = []

    def progress(self, fraction: float, text: Text | None = None) -> None:
        self.fractions.append(fraction)

    def log(self, text: Text) -> None:
        self.logs.append(text)


RECEPTORS = """
from aqah_desktop.plugin_api import ActionPlugin, AlgorithmSpec, Interval, Pollutant, ReceptorChange

class Plugin(ActionPlugin):
    spec = AlgorithmSpec("hostile.action.receptors", "1", "hostile.title", "hostile.summary", (), ())

    def run(self, params, context, feedback):
        return [ReceptorChange(("a",), Pollutant.NO2, Interval(-0.1, -0.2, -0.3))]
"""


def test_what_is_not_computed_yet_is_said(hosted: Hosted, context: Context) -> None:
    """A protection of sites is data of the contract that no figure holds: silence would pass for none."""
    results = hosted("receptors", RECEPTORS).run(PARAMS, context, Feedback())
    assert len(results.receptor_changes) == 1
    assert [note.params for note in results.notes if note.key == "plugins.note_receptors"] == [{"count": 1}]


def test_prints_do_not_disturb_and_progress_arrives(hosted: Hosted, context: Context) -> None:
    feedback = Listening()
    assert hosted("talks", TALKS).changes(PARAMS, context, feedback).emission_changes == ()
    assert feedback.fractions[-1] == 1.0
    assert [text.params["text"]["fr"] for text in feedback.logs] == ["hostile.said"]


def test_environment_is_reduced_and_points_to_the_scratch_folder(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_SECRET", "of the user")
    environment = child_environment(tmp_path)  # type: ignore[arg-type]
    assert "A_SECRET" not in environment and "PATH" not in environment
    assert {environment[name] for name in ("HOME", "TMPDIR", "TEMP", "TMP")} == {str(tmp_path)}


PROBE = """
import os, sys
from aqah_desktop.plugin_api import ActionPlugin, AlgorithmSpec

class Plugin(ActionPlugin):
    spec = AlgorithmSpec("hostile.action.probe", "1", "hostile.title", "hostile.summary", (), ())

    def run(self, params, context, feedback):
        raise RuntimeError({expression})
"""


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("os.environ.get('A_SECRET', 'nothing')", "nothing"),
        ("str(os.path.basename(os.getcwd()).startswith('aqah-plugin-'))", "True"),
        ("repr(sys.stdin.read())", "''"),
        ("repr(sorted({'numpy', 'pandas', 'geopandas', 'PySide6'} & set(sys.modules)))", "[]"),
        ("repr([c.name for c in context.communes])", "['Ouest', 'Est']"),
        ("str(context.base_year)", "2018"),
    ],
)
def test_what_a_plugin_sees(
    expression: str, expected: str, hosted: Hosted, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("A_SECRET", "of the user")
    with pytest.raises(PluginError) as caught:
        hosted("probe", PROBE.format(expression=expression)).changes(PARAMS, context, Feedback())
    assert caught.value.params["detail"] == f"RuntimeError: {expected}"


def test_containment_is_measured_not_assumed() -> None:
    level = containment_level()
    assert level.separate_process and level.time
    if sys.platform == "linux":
        assert level.memory
        assert level.files == (landlock.version() > 0)
    assert level.full == (level.memory and level.files and level.network and level.processes)


# ----------------------------------------------------------------------------- the pipe


def _child(code: str, folder: object, caps: Caps) -> Child:
    return Child([sys.executable, "-I", "-c", code], folder, caps)  # type: ignore[arg-type]


def _until_failure(child: Child) -> ChildFailure:
    with pytest.raises(ChildFailure) as caught:
        while True:
            child.receive(1)
    child.kill()
    return caught.value


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("print('x' * 5000, flush=True); import time; time.sleep(30)", "line"),
        ('\nwhile True: print(\'{"type": "log"}\', flush=True)', "total"),
        ("import sys\nwhile True: sys.stderr.write('x' * 1000)", "printed"),
        ("print('[1, 2]', flush=True); import time; time.sleep(30)", "garbage"),
        ("print('[' * 3000, flush=True); import time; time.sleep(30)", "garbage"),
        ('print(\'{"no": "type"}\', flush=True); import time; time.sleep(30)', "garbage"),
        ("raise SystemExit(7)", "exit"),
    ],
)
def test_caps_of_the_pipe(code: str, reason: str, tmp_path: object) -> None:
    failure = _until_failure(_child(code, tmp_path, Caps(line=4000, total=20_000, printed=10_000)))
    assert failure.reason == reason
    if reason == "exit":
        assert failure.detail == "7"


def test_messages_before_a_sudden_end_still_arrive(tmp_path: object) -> None:
    code = 'import os\nfor n in range(50): print(\'{"type": "log", "n": %d}\' % n, flush=True)\nos._exit(1)'
    child = _child(code, tmp_path, Caps())
    seen = []
    with pytest.raises(ChildFailure):
        while True:
            message = child.receive(1)
            if message:
                seen.append(message["n"])
    child.kill()
    assert seen == list(range(50))


def test_a_frozen_program_starts_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert child_command("aqah_desktop.plugins.child") == [
        sys.executable,
        "--aqah-child",
        "aqah_desktop.plugins.child",
    ]


def test_the_entry_point_becomes_only_the_children_it_knows() -> None:
    assert run_as_child([]) is None and run_as_child(["doctor"]) is None
    assert run_as_child([FROZEN_FLAG]) == 2 and run_as_child([FROZEN_FLAG, "os"]) == 2


def test_as_frozen_the_program_serves_a_plugin(tmp_path: Path) -> None:
    """What a frozen program is started with, through its entry point function."""
    code = "import sys; from aqah_desktop.processing.children import run_as_child; run_as_child(sys.argv[1:])"
    child = Child([sys.executable, "-c", code, *FROZEN_ARGUMENTS], tmp_path, Caps())
    limits_of_run = {"seconds": 10, "memory_mb": 256, "output_mb": 8}
    child.send(
        {"op": "probe", "outside": str(tmp_path / "x"), "scratch": str(tmp_path), "limits": limits_of_run}
    )
    answer = None
    while answer is None:
        answer = child.receive(10)
    child.kill()
    assert answer["type"] == "result" and answer["refused"]["memory"]


# ----------------------------------------------------------------------------- what the systems are told


def test_filter_programs_are_well_formed() -> None:
    """Every jump of the filter lands inside it, and the last instruction allows."""
    for machine in ("x86_64", "aarch64"):
        code = seccomp.program(machine, 4242)
        assert code is not None and len(code) % 8 == 0 and len(code) // 8 < 4096
        instructions = [code[i : i + 8] for i in range(0, len(code), 8)]
        for number, instruction in enumerate(instructions):
            operation, on_true, on_false = (
                int.from_bytes(instruction[:2], "little"),
                instruction[2],
                instruction[3],
            )
            if operation & 0x07 == 0x05:
                assert number + 1 + max(on_true, on_false) < len(instructions)
        assert instructions[-1][4:] == (0x7FFF0000).to_bytes(4, "little")
    assert seccomp.program("riscv64", 1) is None


def test_job_object_structure_has_the_size_windows_expects() -> None:
    """Not run on Windows here: the sizes and flags of winnt.h are what can be checked."""
    if ctypes.sizeof(ctypes.c_void_p) == 8:
        assert ctypes.sizeof(ExtendedLimits) == 144
    wanted = limits(256)
    assert wanted.JobMemoryLimit == 256 * 1024**2
    assert wanted.BasicLimitInformation.LimitFlags == 0x2000 | 0x0400 | 0x0200
    assert limits(None).BasicLimitInformation.LimitFlags & 0x0200 == 0


def test_the_filter_is_in_force_only_where_it_is_written_for() -> None:
    known = platform.machine() in ("x86_64", "aarch64") and sys.platform == "linux"
    assert known or "seccomp" not in containment_level().mechanisms
