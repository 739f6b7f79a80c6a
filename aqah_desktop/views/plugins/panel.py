"""The plugins there are: what they bring, which are broken and why, a switch for each."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QCheckBox, QFrame, QVBoxLayout, QWidget

from aqah_desktop.errors import AqahError
from aqah_desktop.views.context import ViewContext
from aqah_desktop.views.shell import files
from aqah_desktop.views.shell.centre import Shell
from aqah_desktop.views.widgets import button, clear, column, label, row

if TYPE_CHECKING:
    from aqah_desktop.plugins.loader import Plugin, PluginFailure, PluginSet


class PluginsPanel(QWidget):
    """One card for each plugin; a switch counts from the next start on."""

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self._context = context
        t = context.t
        layout = column(self, margins=24, spacing=12)
        layout.addWidget(label(t("addons.text"), "soft", wrap=True))
        self._waits = label(t("addons.restart"), "strong", wrap=True)
        self._waits.setVisible(False)
        layout.addWidget(self._waits)
        self._cards = QVBoxLayout()
        self._cards.setSpacing(12)
        layout.addLayout(self._cards)
        layout.addStretch(1)
        layout.addLayout(row(None, button(t("addons.open_folder"), self._open_folder)))
        self._cards.addWidget(label(t("addons.looking"), "soft"))
        services = context.services
        context.dispatcher.submit(lambda _: services.plugins, self._show, key=f"plugins.{id(self)}")
        self._closed = False

    def close_panel(self) -> None:
        """The list is no longer wanted."""
        self._closed = True

    # ------------------------------------------------------------------ cards

    def _show(self, found: PluginSet) -> None:
        if self._closed:
            return
        clear(self._cards)
        for failure in found.failures:
            self._cards.addWidget(self._failure_card(failure))
        for plugin in found.plugins:
            self._cards.addWidget(self._card(plugin))
        for plugin_id in found.disabled:
            self._cards.addWidget(self._disabled_card(plugin_id))
        if not (found.plugins or found.failures or found.disabled):
            self._cards.addWidget(label(self._context.t("addons.none"), "soft", wrap=True))

    def _card(self, plugin: Plugin) -> QFrame:
        t, manifest = self._context.t, plugin.manifest
        card, layout = _frame("outlined")
        title = self._context.t(manifest.title)
        layout.addLayout(row(label(title, "heading", wrap=True), self._switch(plugin.id, title, on=True)))
        origin = t(f"addons.origin_{plugin.origin.value}")
        facts = [t("addons.version", version=manifest.version), manifest.author, manifest.licence, origin]
        layout.addWidget(label(" · ".join(fact for fact in facts if fact), "note", wrap=True))
        layout.addWidget(label(t(f"addons.kind_{manifest.kind}"), "note", wrap=True))
        return card

    def _disabled_card(self, plugin_id: str) -> QFrame:
        card, layout = _frame("outlined")
        layout.addLayout(
            row(label(plugin_id, "heading", wrap=True), self._switch(plugin_id, plugin_id, on=False))
        )
        layout.addWidget(label(self._context.t("addons.switched_off"), "note", wrap=True))
        return card

    def _failure_card(self, failure: PluginFailure) -> QFrame:
        t = self._context.t
        card, layout = _frame("danger")
        words = self._context.catalogue.error(failure.error)
        layout.addWidget(label(t("addons.broken", name=failure.id), "heading", wrap=True))
        for text, role in ((words.message, "strong"), (words.cause, ""), (words.remedy, "")):
            layout.addWidget(label(text, role, wrap=True))
        details = label(f"{t('addons.folder')} {failure.folder}\n{failure.error}", "note", wrap=True)
        details.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        details.setVisible(False)
        off = button(t("addons.switch_off"), partial(self._set, failure.id, False))
        off.clicked.connect(lambda: off.setEnabled(False))
        more = button(t("addons.details"), lambda: details.setVisible(not details.isVisible()), "link")
        for widget in (off, more):
            widget.setAccessibleName(f"{widget.text()} — {failure.id}")
        layout.addLayout(row(off, more, None))
        layout.addWidget(details)
        return card

    def _switch(self, plugin_id: str, title: str, on: bool) -> QCheckBox:
        box = QCheckBox(self._context.t("addons.on"))
        box.setAccessibleName(f"{self._context.t('addons.on')} — {title}")
        box.setChecked(on)
        box.toggled.connect(partial(self._set, plugin_id))
        return box

    # ------------------------------------------------------------------ acts

    def _set(self, plugin_id: str, on: bool) -> None:
        from aqah_desktop.plugins.settings import set_enabled, settings_file

        try:
            set_enabled(settings_file(), plugin_id, on)
        except AqahError as error:
            self._context.notifications.error(error)
            return
        self._waits.setVisible(True)

    def _open_folder(self) -> None:
        from aqah_desktop.plugins.settings import user_plugins_folder

        folder: Path = user_plugins_folder()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            from aqah_desktop.storage.atomic import storage_error

            self._context.notifications.error(storage_error(error, folder, writing=True))
            return
        files.show_folder(folder)


def bind_plugins(shell: Shell) -> None:
    """Bind *Extensions installées*."""
    context = shell.context

    def show() -> None:
        shell.open_sheet("plugins", context.t("addons.title"), lambda: PluginsPanel(context), QSize(640, 600))

    context.actions.bind("plugins.list", show)


def _frame(name: str) -> tuple[QFrame, QVBoxLayout]:
    frame = QFrame()
    frame.setObjectName(name)
    return frame, column(frame, margins=16, spacing=6)
