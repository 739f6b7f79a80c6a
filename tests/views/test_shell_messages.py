"""Cards and panel of messages; what nobody caught ends in a calm message and the journal, never on screen."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt, qCritical, qWarning
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QToolButton

from aqah_desktop.errors import AqahError, StorageError
from aqah_desktop.models.eventlog import log_file, read_log
from aqah_desktop.views.shell import notifications
from aqah_desktop.views.shell.catching import Catcher, UnexpectedError
from aqah_desktop.views.workbench import Workbench

FULL = StorageError("storage.disk_full", path="/home/claire/été.aqah", reason="")


def words(widget) -> str:
    return "\n".join(w.text() for w in widget.findChildren(QLabel))


def test_an_error_says_what_why_and_what_to_do(mel: Workbench) -> None:
    mel.context.notifications.error(FULL)
    (toast,) = mel.frame.toasts.toasts
    text = mel.context.catalogue.error(FULL)
    assert toast.isVisible()
    for part in (text.message, text.cause, text.remedy):
        assert part in words(toast)
        assert part in toast.accessibleName()
    window, foot = mel.window, mel.foot
    corner = toast.mapTo(window, toast.rect().bottomRight())
    assert corner.x() < window.width()
    assert corner.y() < window.height() - foot.height()
    assert toast.width() <= 380


def test_the_same_message_again_is_counted_not_repeated(mel: Workbench) -> None:
    for _ in range(3):
        mel.context.notifications.error(FULL)
    (toast,) = mel.frame.toasts.toasts
    assert "3 fois" in words(toast)
    assert len(mel.context.notifications.items) == 1


def test_at_most_three_cards_and_each_has_its_cross(mel: Workbench, qtbot) -> None:
    for number in range(5):
        mel.context.notifications.tell("shell.saved", "success", name=str(number))
    toasts = mel.frame.toasts.toasts
    assert [t.item.text.params["name"] for t in toasts] == ["2", "3", "4"]
    QTest.mouseClick(toasts[1].findChild(QToolButton), Qt.MouseButton.LeftButton)
    assert [t.item.text.params["name"] for t in mel.frame.toasts.toasts] == ["2", "4"]


def test_cards_leave_by_themselves_but_not_while_they_are_read(
    mel: Workbench, qtbot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(notifications.SHOWN_S, "success", 0.2)
    mel.context.notifications.tell("shell.saved", "success", name="a")
    (toast,) = mel.frame.toasts.toasts
    toast.enterEvent(None)  # the mouse is on it
    qtbot.wait(400)
    assert mel.frame.toasts.toasts == (toast,)
    toast.leaveEvent(None)
    qtbot.waitUntil(lambda: mel.frame.toasts.toasts == (), timeout=3000)
    assert not mel.frame.toasts.isVisible()


def test_the_panel_keeps_everything_and_the_bell_counts_what_was_not_read(mel: Workbench, qtbot) -> None:
    mel.context.notifications.tell("shell.saved", "success", name="a")
    assert mel.frame.bell.unread == 0
    mel.context.notifications.error(FULL)
    assert mel.frame.bell.unread == 1
    assert "1" in mel.frame.bell.accessibleName()
    QTest.mouseClick(mel.frame.bell, Qt.MouseButton.LeftButton)
    sheet = mel.frame.shell.sheet("messages")
    assert sheet is not None
    assert mel.frame.bell.unread == 0
    shown = words(sheet.body)
    error, saved = mel.context.catalogue.error(FULL).message, "« a »".replace(" ", "\u00a0")
    assert shown.index(error) < shown.index(saved)
    mel.context.notifications.tell("shell.saved", "success", name="b")
    qtbot.waitUntil(lambda: "b" in words(sheet.body))
    QTest.keyClick(mel.window.focusWidget(), Qt.Key.Key_Escape)
    assert mel.frame.shell.sheet("messages") is None


def test_an_empty_panel_says_what_will_be_there(bench: Workbench) -> None:
    bench.context.actions.action("help.messages").trigger()
    sheet = bench.frame.shell.sheet("messages")
    assert sheet is not None
    assert "Aucun message" in words(sheet.body)


# --------------------------------------------------------------------------- what nobody caught


@pytest.fixture
def interpreter(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[type[BaseException]]]:
    """What reaches the interpreter's own hooks; the journal is in the folder of this test."""
    logger = logging.getLogger("aqah_desktop")
    kept = list(logger.handlers)
    for handler in kept:
        logger.removeHandler(handler)
    reached: list[type[BaseException]] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, *_: reached.append(kind))
    monkeypatch.setattr(threading, "excepthook", lambda arguments: reached.append(arguments.exc_type))
    yield reached
    for handler in list(logger.handlers):
        logger.removeHandler(handler)
        handler.close()
    for handler in kept:
        logger.addHandler(handler)


@pytest.fixture
def told(bench: Workbench, interpreter: list[type[BaseException]]) -> Iterator[list[AqahError]]:
    """Everything the catcher told; its hooks are given back afterwards."""
    heard: list[AqahError] = []
    before = sys.excepthook, threading.excepthook
    catcher = Catcher(lambda error: (heard.append(error), bench.context.dispatcher.call(_show(bench, error))))
    yield heard
    catcher.remove()
    assert (sys.excepthook, threading.excepthook) == before


def _show(bench: Workbench, error: AqahError):
    return lambda: bench.context.notifications.error(error)


def _raise(error: Exception) -> None:
    raise error


def test_an_exception_of_the_interpreter(bench: Workbench, qtbot, told: list[AqahError]) -> None:
    try:
        _raise(ZeroDivisionError("secret detail"))
    except ZeroDivisionError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    qtbot.waitUntil(lambda: bool(bench.frame.toasts.toasts), timeout=5000)
    assert isinstance(told[0], UnexpectedError)
    shown = words(bench.frame.toasts.toasts[0])
    assert "secret detail" not in shown
    assert "Traceback" not in shown
    assert "ZeroDivisionError: secret detail" in read_log()
    assert "Traceback" in read_log()
    bench.context.actions.action("help.journal").trigger()
    panel = bench.frame.shell.sheet("help.journal").body
    assert "secret detail" in panel.text.toPlainText()
    assert str(log_file()) in words(panel)


def test_an_exception_of_a_thread(bench: Workbench, qtbot, told: list[AqahError]) -> None:
    thread = threading.Thread(target=_raise, args=(KeyError("in a thread"),))
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: bool(bench.frame.toasts.toasts), timeout=5000)
    assert told[0].params["kind"] == "KeyError"
    assert "in a thread" in read_log()


def test_an_error_with_words_of_its_own_keeps_them(bench: Workbench, told: list[AqahError]) -> None:
    sys.excepthook(type(FULL), FULL, None)
    assert told == [FULL]


def test_messages_of_qt_are_written_down_and_only_serious_ones_are_told(
    bench: Workbench, told: list[AqahError]
) -> None:
    qWarning("a plugin of Qt does not support something")
    assert told == []
    qCritical("the screen went away")
    assert [error.params["kind"] for error in told] == ["Qt"]
    assert "the screen went away" in read_log()


def test_a_failure_while_telling_goes_to_the_interpreter(interpreter: list[type[BaseException]]) -> None:
    def broken(_error: AqahError) -> None:
        sys.excepthook(ValueError, ValueError("while telling"), None)

    catcher = Catcher(broken)
    try:
        sys.excepthook(RuntimeError, RuntimeError("first"), None)
    finally:
        catcher.remove()
    assert "first" in read_log()
    assert interpreter == [ValueError]


def test_stopping_the_program_is_not_an_error(
    told: list[AqahError], interpreter: list[type[BaseException]]
) -> None:
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert told == []
    assert interpreter == [KeyboardInterrupt]
