"""Choosing files: the dialogs of the system, which users know and which see their drives."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QStandardPaths, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget


def choose_to_open(window: QWidget, title: str, folder: Path, kinds: str) -> Path | None:
    """Ask for a file to open; ``kinds`` like ``"Projets (*.aqah)"``."""
    path, _ = QFileDialog.getOpenFileName(window, title, str(folder), kinds)
    return Path(path) if path else None


def choose_to_save(window: QWidget, title: str, proposed: Path, kinds: str, ending: str) -> Path | None:
    """Ask where to save; the answer always ends in ``ending`` (``".aqah"``)."""
    path, _ = QFileDialog.getSaveFileName(window, title, str(proposed), kinds)
    if not path:
        return None
    chosen = Path(path)
    return chosen if chosen.suffix.lower() == ending else chosen.with_name(chosen.name + ending)


def choose_folder(window: QWidget, title: str, folder: Path) -> Path | None:
    """Ask for a folder."""
    path = QFileDialog.getExistingDirectory(window, title, str(folder))
    return Path(path) if path else None


def documents_folder(wanted: str) -> Path:
    """The folder the user set, else the documents folder of the system."""
    if wanted and Path(wanted).is_dir():
        return Path(wanted)
    location = QStandardPaths.StandardLocation.DocumentsLocation
    return Path(QStandardPaths.writableLocation(location) or Path.home())


def show_folder(path: Path) -> bool:
    """Open the file manager of the system on the folder of a file (or on a folder)."""
    folder = path if path.is_dir() else path.parent
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def file_name_of(words: str) -> str:
    """A file name made of some words: what systems refuse becomes a hyphen."""
    kept = "".join(c if c not in '<>:"/\\|?*' and c.isprintable() else "-" for c in words)
    return kept.strip(" .")[:120] or "aqah"
