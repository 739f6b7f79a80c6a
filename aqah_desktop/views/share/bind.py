"""Binds *Partager*: briefing, picture of the map, GeoPackage, print, copy."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QSize
from PySide6.QtGui import QGuiApplication, QImage

from aqah_desktop.errors import AqahError
from aqah_desktop.models import sharing
from aqah_desktop.models.latest import RunKind, parameters_of
from aqah_desktop.models.sharing import BriefingOrder, GeoPackageExport, Stop, Tell
from aqah_desktop.records import Text
from aqah_desktop.reporting import words
from aqah_desktop.reporting.maprequest import MapPage
from aqah_desktop.views.share.panel import Offer, Option, SharePanel
from aqah_desktop.views.share.printing import PrintPanel
from aqah_desktop.views.share.shown import Shown, ShownMap, freeze
from aqah_desktop.views.shell import files
from aqah_desktop.views.shell.centre import Shell

if TYPE_CHECKING:
    from aqah_desktop.models.services import Finished
    from aqah_desktop.views.workbench import Workbench

_SHEET = QSize(620, 580)
#: Pages are drawn at twice the pixels of a screen: legible when projected or printed.
_SHARPNESS = 2.0
#: Landscape A4.
_PAGE = (1600, 1131)


class Sharing(QObject):
    """The sheets of the menu *Partager*."""

    def __init__(self, workbench: Workbench, shell: Shell) -> None:
        super().__init__(workbench)
        self._bench, self._shell, self._context = workbench, shell, workbench.context
        actions = self._context.actions
        for action_id, offer in (
            ("share.briefing", self.briefing),
            ("share.map_image", self.picture),
            ("share.geopackage", self.geopackage),
        ):
            actions.bind(action_id, partial(self._open, action_id, offer))
        actions.bind("share.print", self._open_print)
        actions.bind("map.copy", self.copy)

    # ------------------------------------------------------------------ offers

    def briefing(self) -> Offer:
        """The one-page note."""
        t, state = self._context.t, self._context.project.state
        place = {"territory": state.territory, "pollutant": state.pollutant.value, "year": state.year}
        sites = self._own_map(self._bench.latest.matching(RunKind.SITES, **place))
        farms = self._own_map(self._bench.latest.matching(RunKind.FARMS, **place))
        action = self._bench.latest.matching(RunKind.ACTION, territory=state.territory)
        symbol = words.pollutant_symbol(state.pollutant, self._context.catalogue)
        computed = "share.briefing_sites_ready" if sites is not None else "share.briefing_sites_later"
        options = [Option("farms", t("share.briefing_farms"), farms is not None)]
        if action is not None:
            title = t(self._context.services.algorithm(action.record.algorithm_id).spec.title)
            options.append(Option("action", t("share.briefing_action", title=title), chosen=True))

        def write(path: Path, chosen: frozenset[str], tell: Tell, stop: Stop) -> Path:
            order = BriefingOrder(
                state.territory,
                state.pollutant.value,
                state.year,
                sites=sites,
                farms=(farms if farms is not None else True) if "farms" in chosen else None,
                action=action if "action" in chosen else None,
            )
            return sharing.write_briefing(self._context.services, order, path, tell, stop)

        return Offer(
            t("share.write_briefing"),
            (
                t("share.briefing_map", pollutant=symbol, year=state.year),
                t(computed),
                t("share.briefing_sources"),
            ),
            self._path("share.briefing_file", ".pdf"),
            f"{t('share.kind_pdf')} (*.pdf)",
            write,
            tuple(options),
        )

    def picture(self) -> Offer:
        """The map as it is shown."""
        t, shown = self._context.t, self.shown()

        def write(path: Path, _chosen: frozenset[str], tell: Tell, stop: Stop) -> Path:
            tell(0.2, Text("share.drawing"))
            return sharing.write_picture(self.draw(shown), path, stop)

        return Offer(
            t("share.write_picture"),
            (t("share.picture_map"), t("share.picture_words"), t("share.picture_size")),
            self._path("share.picture_file", ".png"),
            f"{t('share.kind_png')} (*.png)",
            write,
        )

    def geopackage(self) -> Offer:
        """Layers and results for QGIS."""
        t, state = self._context.t, self._context.project.state
        catalogue = self._context.catalogue
        export = GeoPackageExport(
            self._context.services.pack, self._bench.frames, self._bench.keeper.reading, catalogue
        )
        entries = export.entries(state)
        own = sum(1 for entry in entries if entry.origin == "project")
        contents = [t("share.geopackage_layers", count=len(entries) - own)]
        if own:
            contents.append(t("share.geopackage_results", count=own))
        contents.append(t("share.geopackage_sources"))

        def write(path: Path, _chosen: frozenset[str], tell: Tell, stop: Stop) -> Path:
            return export.write(state, path, tell, stop)

        return Offer(
            t("share.write_geopackage"),
            tuple(contents),
            self._path("share.geopackage_file", ".gpkg"),
            "GeoPackage (*.gpkg)",
            write,
        )

    # ------------------------------------------------------------------ pictures

    def shown(self) -> Shown:
        """What the map shows now."""
        return freeze(self._bench.map_page, self._context.project.state)

    def draw(self, shown: Shown, page: MapPage | None = None) -> bytes:
        """PNG of what was shown. Usable from any thread.

        Raises
        ------
        AqahError
            A layer cannot be read.
        """
        from aqah_desktop.reporting.mapimage import render_map

        page = page or MapPage(*_PAGE, pixel_ratio=_SHARPNESS, language=self._context.catalogue.language)
        return render_map(ShownMap(self._context.services, self._bench.frames, page).request(shown))

    def copy(self) -> None:
        """Put the map with title, legend and sources on the clipboard."""
        shown = self.shown()

        def done(data: bytes) -> None:
            QGuiApplication.clipboard().setImage(QImage.fromData(data))
            self._context.notifications.tell("share.copied", "success")

        self._context.notifications.tell("share.copying")
        self._context.dispatcher.submit(lambda _: self.draw(shown), done, self._on_failed, "copy")

    # ------------------------------------------------------------------ parts

    def _open(self, name: str, offer: Any) -> None:
        title = self._context.actions.action(name).text().replace("&", "").rstrip("…")
        self._shell.open_sheet(name, title, lambda: SharePanel(self._context, offer()), _SHEET)

    def _open_print(self) -> None:
        shown = self.shown()
        title = self._context.actions.action("share.print").text().replace("&", "").rstrip("…")
        self._shell.open_sheet(
            "share.print",
            title,
            lambda: PrintPanel(self._context, lambda page: self.draw(shown, page)),
            QSize(860, 620),
        )

    def _path(self, key: str, ending: str) -> Path:
        state = self._context.project.state
        territory = self._context.services.pack.territory(state.territory).name
        name = self._context.t(
            key, territory=territory, pollutant=state.pollutant.value.upper(), year=state.year
        )
        folder = files.documents_folder(self._context.settings.values.exports_folder)
        return folder / f"{files.file_name_of(name)}{ending}"

    def _own_map(self, finished: Finished | None) -> Finished | None:
        """A run on a map of the pack: the note speaks of that map."""
        if finished is None or parameters_of(finished).get("raster"):
            return None
        return finished

    def _on_failed(self, error: Exception) -> None:
        if not isinstance(error, AqahError):
            raise error
        self._context.notifications.error(error)
