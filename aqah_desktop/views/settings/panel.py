"""Settings: each is kept as soon as it is changed; what waits for the next start says so."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QGridLayout,
    QRadioButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from aqah_desktop.locations import UserFolders, user_folders
from aqah_desktop.messages import LANGUAGES
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.shell import files
from aqah_desktop.views.shell.centre import Shell
from aqah_desktop.views.widgets import ElidedLabel, button, column, label, row, rule

#: Proposed amounts of memory, MB.
MEMORY_MB = (256, 512, 1024, 2048, 4096, 8192)


class SettingsPanel(QWidget):
    """Language, look, folders, coordinates, memory, where the program keeps its own things."""

    def __init__(self, context: ViewContext, folders: UserFolders | None = None) -> None:
        super().__init__()
        self._context, self._folders = context, folders or user_folders()
        self._layout = column(self, margins=24, spacing=12)
        for problem in context.settings.problems:
            self._layout.addWidget(label(context.t(problem), "note", wrap=True))
        self._add_language()
        self._add_theme()
        self._layout.addWidget(rule())
        self._paths: dict[str, ElidedLabel] = {}
        self._add_folder("projects_folder")
        self._add_folder("exports_folder")
        self._layout.addWidget(rule())
        self._add_coordinates()
        self._add_memory()
        self._layout.addWidget(rule())
        self._add_places()
        self._layout.addStretch(1)
        context.settings.changed.connect(self._on_changed)

    def close_panel(self) -> None:
        """Stop following the settings."""
        self._context.settings.changed.disconnect(self._on_changed)

    # ------------------------------------------------------------------ rows

    def _add_language(self) -> None:
        t, settings = self._context.t, self._context.settings
        self.language = QComboBox()
        self.language.setAccessibleName(t("preferences.language"))
        for code in LANGUAGES:
            self.language.addItem(t(f"preferences.language_{code}"), code)
        self.language.setCurrentIndex(self.language.findData(settings.values.language))
        self.restart = label("", "note", wrap=True)
        self.language.activated.connect(lambda i: settings.set("language", self.language.itemData(i)))
        self._line("language", self.language, self.restart)
        self._say_restart()

    def _add_theme(self) -> None:
        t, values = self._context.t, self._context.settings.values
        self.themes = QButtonGroup(self)
        holder = QWidget()
        line = row(spacing=16)
        for number, name in enumerate(("light", "dark")):
            choice = QRadioButton(t(f"preferences.theme_{name}"))
            choice.setChecked(name == self._context.theme.name)
            self.themes.addButton(choice, number)
            line.addWidget(choice)
        line.addStretch(1)
        holder.setLayout(line)
        dark = self._context.actions.action("view.dark")
        self.themes.idClicked.connect(lambda number: dark.setChecked(number == 1))
        self._line("theme", holder)
        self.calm = QCheckBox(t("preferences.reduced_motion"))
        self.calm.setChecked(values.reduced_motion)
        self.calm.toggled.connect(lambda on: self._context.settings.set("reduced_motion", on))
        self._line("", self.calm)

    def _add_folder(self, name: str) -> None:
        t = self._context.t
        shown = self._paths[name] = ElidedLabel("note", path=True)
        shown.setMinimumWidth(160)
        choose = button(t("preferences.choose_folder"), partial(self._choose_folder, name))
        choose.setAccessibleName(f"{t(f'preferences.{name}')} — {t('preferences.choose_folder')}")
        usual = button(t("preferences.usual_folder"), partial(self._context.settings.set, name, ""), "link")
        usual.setAccessibleName(f"{t(f'preferences.{name}')} — {t('preferences.usual_folder')}")
        holder = QWidget()
        line = row(shown, choose, usual)
        line.setStretch(0, 1)
        holder.setLayout(line)
        self._line(name, holder)
        self._show_folder(name)

    def _add_coordinates(self) -> None:
        self.coordinates = label(self._context.settings.values.coordinates_crs, "note")
        action = self._context.actions.action("map.crs")
        holder = QWidget()
        holder.setLayout(
            row(self.coordinates, None, button(self._context.t("preferences.change"), action.trigger))
        )
        self._line("coordinates", holder)

    def _add_memory(self) -> None:
        t, values = self._context.t, self._context.settings.values
        self.memory = QSlider(Qt.Orientation.Horizontal)
        self.memory.setRange(0, len(MEMORY_MB) - 1)
        nearest = min(range(len(MEMORY_MB)), key=lambda i: abs(MEMORY_MB[i] - values.memory_mb))
        self.memory.setValue(nearest)
        self.memory.setAccessibleName(t("preferences.memory"))
        self.memory_words = label("", "strong")
        self.memory.valueChanged.connect(lambda i: self._context.settings.set("memory_mb", MEMORY_MB[i]))
        holder = QWidget()
        line = row(self.memory, self.memory_words)
        line.setStretch(0, 1)
        holder.setLayout(line)
        self._line("memory", holder, label(t("preferences.memory_note"), "note", wrap=True))
        self._say_memory()

    def _add_places(self) -> None:
        t, folders = self._context.t, self._folders
        self._layout.addWidget(label(t("preferences.own_folders"), "strong"))
        words = t("preferences.portable" if folders.portable else "preferences.not_portable")
        self._layout.addWidget(label(words, "note", wrap=True))
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setColumnStretch(1, 1)
        for number, name in enumerate(("settings", "data", "logs")):
            path: Path = getattr(folders, name)
            shown = ElidedLabel("note", path=True)
            shown.setText(str(path))
            opens = button(t("preferences.open_folder"), partial(files.show_folder, path), "link")
            opens.setAccessibleName(f"{t(f'preferences.folder_{name}')} — {t('preferences.open_folder')}")
            opens.setEnabled(path.is_dir())
            grid.addWidget(label(t(f"preferences.folder_{name}"), "note"), number, 0)
            grid.addWidget(shown, number, 1)
            grid.addWidget(opens, number, 2)
        self._layout.addLayout(grid)

    def _line(self, name: str, widget: QWidget, below: QWidget | None = None) -> None:
        """A title on the left, what is set on the right, a word below it."""
        title = label(self._context.t(f"preferences.{name}") if name else "", "strong", wrap=True)
        title.setFixedWidth(180)
        right = QVBoxLayout()
        right.setSpacing(4)
        right.addWidget(widget)
        if below is not None:
            right.addWidget(below)
        line = row(spacing=16)
        line.addWidget(title, 0, Qt.AlignmentFlag.AlignVCenter)
        line.addLayout(right, 1)
        self._layout.addLayout(line)

    # ------------------------------------------------------------------ following

    def _choose_folder(self, name: str) -> None:
        now = files.documents_folder(getattr(self._context.settings.values, name))
        path = files.choose_folder(self.window(), self._context.t(f"preferences.{name}"), now)
        if path is not None:
            self._context.settings.set(name, str(path))

    def _on_changed(self, name: str, _value: object) -> None:
        if name in self._paths:
            self._show_folder(name)
        elif name == "language":
            self._say_restart()
        elif name == "memory_mb":
            self._say_memory()
        elif name == "coordinates_crs":
            self.coordinates.setText(self._context.settings.values.coordinates_crs)

    def _show_folder(self, name: str) -> None:
        kept = getattr(self._context.settings.values, name)
        usual = str(files.documents_folder(""))
        self._paths[name].setText(kept or self._context.t("preferences.usual", folder=usual))

    def _say_restart(self) -> None:
        waits = self._context.settings.values.language != self._context.catalogue.language
        self.restart.setText(self._context.t("preferences.restart") if waits else "")
        self.restart.setVisible(waits)

    def _say_memory(self) -> None:
        value = self._context.settings.values.memory_mb
        unit = self._context.t("preferences.megabytes")
        self.memory_words.setText(self._context.catalogue.quantity(value, unit, 0))


def bind_settings(shell: Shell) -> None:
    """Bind *Réglages*; the theme in force shows in its menu entry."""
    dark = shell.context.actions.action("view.dark")
    dark.blockSignals(True)
    dark.setChecked(shell.context.theme.name == "dark")
    dark.blockSignals(False)
    shell.context.actions.bind(
        "settings.open",
        lambda: shell.open_sheet(
            "settings", shell.context.t("preferences.title"), lambda: SettingsPanel(shell.context)
        ),
    )
