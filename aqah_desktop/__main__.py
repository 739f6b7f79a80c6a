"""``aqah`` and ``python -m aqah_desktop``: the window for ``run`` with a display, else the command line.

Nothing heavy is imported before it is known which of the two is wanted: the window must be painted at once.
"""

from __future__ import annotations

import os
import sys


def has_display() -> bool:
    """Whether a window can be shown to somebody."""
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    if platform in ("offscreen", "minimal"):
        return False
    if sys.platform in ("win32", "darwin") or platform:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def main() -> None:
    """Entry point of the program."""
    arguments = sys.argv[1:]
    if getattr(sys, "frozen", False):
        from aqah_desktop.processing.children import run_as_child

        answer = run_as_child(arguments)
        if answer is not None:
            sys.exit(answer)
    if arguments[:1] and arguments[0].lower().endswith(".aqah"):
        arguments = ["run", *arguments]  # a double click on a project
    asks_window = arguments[:1] == ["run"] and not {"--help", "--headless"} & set(arguments)
    if asks_window and (has_display() or "--until" in arguments):
        from aqah_desktop.app import window_main

        sys.exit(window_main(arguments[1:]))
    from aqah_desktop.cli import main as command_line

    command_line()


if __name__ == "__main__":
    main()
