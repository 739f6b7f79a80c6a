"""Commands since the last save survive a crash, whatever the last line looks like."""

from __future__ import annotations

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aqah_desktop.errors import BadInputError, StorageError
from aqah_desktop.storage.journal import Journal, journal_path, read_journal

ENTRIES = [{"what": "do", "command": {"name": "add_layer", "id": "é"}}, {"what": "undo"}, {"n": 3}]


def write(path: Path, entries: list[dict[str, object]]) -> None:
    journal = Journal(path)
    for entry in entries:
        journal.append(entry)
    journal.close()


def test_entries_come_back_in_order_also_over_two_sessions(tmp_path: Path) -> None:
    path = journal_path(tmp_path / "étude.aqah")
    assert path.name == "étude.aqah.journal"
    assert read_journal(path).entries == []
    write(path, ENTRIES[:2])
    write(path, ENTRIES[2:])
    content = read_journal(path)
    assert (content.entries, content.torn) == (ENTRIES, False)
    Journal(path).clear()
    assert not path.exists()
    Journal(path).clear()


def test_every_cut_leaves_the_entries_before_it(tmp_path: Path) -> None:
    path = tmp_path / "j"
    write(path, ENTRIES)
    data = path.read_bytes()
    ends = [i + 1 for i, byte in enumerate(data) if byte == 10]
    for cut in range(len(data) + 1):
        path.write_bytes(data[:cut])
        content = read_journal(path)
        whole = sum(end <= cut for end in ends)
        assert content.entries == ENTRIES[:whole]
        assert content.torn is (cut not in (0, *ends))


def test_work_goes_on_after_a_torn_line(tmp_path: Path) -> None:
    path = tmp_path / "j"
    write(path, ENTRIES[:2])
    path.write_bytes(path.read_bytes()[:-5])
    write(path, ENTRIES[2:])
    content = read_journal(path)
    assert (content.entries, content.torn) == ([ENTRIES[0], ENTRIES[2]], False)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 120), st.integers(1, 255))
def test_an_altered_byte_ends_what_is_read(
    tmp_path_factory: pytest.TempPathFactory, at: int, flip: int
) -> None:
    path = tmp_path_factory.mktemp("journal") / "j"
    write(path, ENTRIES)
    data = bytearray(path.read_bytes())
    at %= len(data)
    data[at] ^= flip
    path.write_bytes(bytes(data))
    content = read_journal(path)
    untouched = bytes(data[:at]).count(b"\n")
    assert content.entries[:untouched] == ENTRIES[:untouched]
    assert len(content.entries) <= len(ENTRIES)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_without_a_crash(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.mktemp("journal") / "j"
    path.write_bytes(data)
    assert read_journal(path).entries == []


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInputError):
        Journal(tmp_path / "j").append({"x": object()})
    with pytest.raises(StorageError) as caught:
        Journal(tmp_path / "absent" / "j").append({})
    assert caught.value.key == "storage.missing_folder"
    (tmp_path / "folder").mkdir()
    with pytest.raises(StorageError) as caught:
        read_journal(tmp_path / "folder")
    assert caught.value.key == "storage.is_folder"


@pytest.mark.skipif(sys.platform == "win32", reason="kill -9")
def test_what_was_appended_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "j"
    program = textwrap.dedent(
        """
        import sys, time
        from pathlib import Path
        from aqah_desktop.storage.journal import Journal
        journal = Journal(Path(sys.argv[1]))
        for number in range(20):
            journal.append({"n": number})
        print("ready", flush=True)
        time.sleep(60)
        """
    )
    with subprocess.Popen([sys.executable, "-c", program, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"ready"
        process.send_signal(signal.SIGKILL)
    assert [entry["n"] for entry in read_journal(path).entries] == list(range(20))
