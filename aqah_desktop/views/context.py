"""What every view receives: services, project, theme, texts, actions. Nothing here is process-wide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aqah_desktop.messages import Catalogue
from aqah_desktop.models.notifications import Notifications
from aqah_desktop.models.project import Project
from aqah_desktop.models.settings import Settings
from aqah_desktop.records import LocalText, Text

if TYPE_CHECKING:
    from aqah_desktop.models.services import Services
    from aqah_desktop.views.actions import ActionCentre
    from aqah_desktop.views.qt_dispatch import Dispatcher
    from aqah_desktop.views.theme import ThemeManager


@dataclass(frozen=True, eq=False)
class ViewContext:
    """Handed down from the window to its panels."""

    services: Services
    project: Project
    settings: Settings
    dispatcher: Dispatcher
    theme: ThemeManager
    actions: ActionCentre
    notifications: Notifications
    catalogue: Catalogue

    def t(self, key: str | Text | LocalText, /, **params: Any) -> str:
        """Text of a key, a program text or a data text in the reader's language."""
        if isinstance(key, LocalText):
            return key.in_language(self.catalogue.language)
        return self.catalogue.text(key, **params)
