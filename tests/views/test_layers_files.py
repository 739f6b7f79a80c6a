"""Files of the user on the map: dropped, asked about, refused; gone, changed, huge, foreign."""

from __future__ import annotations

import os
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import rasterio.shutil
import shapely
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from rasterio.transform import from_bounds, from_origin

from aqah_desktop.models.commands import BACKGROUND, ChangeLayer
from aqah_desktop.models.state import LayerEntry
from aqah_desktop.records import LayerStatus
from aqah_desktop.views.layers.adding import AddLayerPanel, DropZone
from aqah_desktop.views.workbench import Workbench

LILLE = (704_000.0, 7_059_000.0)
WAIT = 20000


def places(crs: str | None = "EPSG:2154", x: float = LILLE[0], y: float = LILLE[1], count: int = 5):
    points = [shapely.Point(x + 300 * i, y + 200 * i) for i in range(count)]
    return gpd.GeoDataFrame({"name": [f"n{i}" for i in range(count)]}, geometry=points, crs=crs)


def own(bench: Workbench) -> list[LayerEntry]:
    return [e for e in bench.context.project.state.layers if e.path is not None]


def drop(bench: Workbench, *paths: Path) -> None:
    bench.window.files_dropped.emit(list(paths))


def add(bench: Workbench, qtbot, path: Path) -> LayerEntry:
    """Drop a file that raises no question and wait until it is drawn."""
    before = len(own(bench))
    drop(bench, path)
    qtbot.waitUntil(lambda: len(own(bench)) == before + 1, timeout=WAIT)
    entry = next(e for e in own(bench) if e.path == path)
    qtbot.waitUntil(lambda: bench.map_page.content(entry.id) is not None, timeout=WAIT)
    return entry


def repaint(bench: Workbench, qtbot) -> None:
    with qtbot.waitSignal(bench.map_page.canvas.painted, timeout=WAIT):
        bench.map_page.canvas.repaint_scene()


def open_in_sheet(bench: Workbench, qtbot, path: Path, background: bool = False) -> AddLayerPanel:
    panel = bench.layers.add(background)
    panel.open_files([path])
    qtbot.waitUntil(lambda: panel.form() is not None or panel._problem.isVisible(), timeout=WAIT)
    return panel


def told(bench: Workbench, key: str) -> int:
    return sum(i.times for i in bench.context.notifications.items if i.text is not None and i.text.key == key)


# --------------------------------------------------------------------------- adding


def test_a_dropped_file_without_questions_is_on_the_map_with_its_undo(
    mel: Workbench, qtbot, tmp_path: Path
) -> None:
    path = tmp_path / "crèches.gpkg"
    places().to_file(path)
    entry = add(mel, qtbot, path)
    assert entry.layer.title.fr == "crèches"
    assert mel.layers.panel.chosen() is entry
    assert len(mel.map_page.content(entry.id).points.x) == 5
    assert told(mel, "layer_panel.added") == 1
    mel.context.project.undo()
    assert own(mel) == []
    mel.context.project.redo()
    qtbot.waitUntil(lambda: mel.map_page.content(entry.id) is not None, timeout=WAIT)


def test_a_real_drag_of_a_file_onto_the_map(mel: Workbench, qtbot, tmp_path: Path) -> None:
    path = tmp_path / "zones.gpkg"
    places().to_file(path)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    viewport = mel.map_page.canvas.viewport()
    place = QPoint(300, 200)
    enter = QDragEnterEvent(
        place, Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    QApplication.sendEvent(viewport, enter)
    assert enter.isAccepted()
    target = viewport
    while target is not None and not target.acceptDrops():
        target = target.parentWidget()
    assert target is mel.window, "nothing between the map and the window takes the drop"
    event = QDropEvent(
        QPointF(place),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(mel.window, event)
    qtbot.waitUntil(lambda: len(own(mel)) == 1, timeout=WAIT)


def test_a_missing_system_is_asked_with_the_likely_one_chosen(mel: Workbench, qtbot, tmp_path: Path) -> None:
    path = tmp_path / "anciens.shp"
    places(None, 652_000, 2_627_000).to_file(path)
    drop(mel, path)
    qtbot.waitUntil(lambda: mel.frame.shell.sheet("add_layer") is not None, timeout=WAIT)
    panel = mel.frame.shell.sheet("add_layer").body
    qtbot.waitUntil(lambda: panel.form() is not None, timeout=WAIT)
    form = panel.form()
    assert "EPSG:27572" in form.system.currentText()
    assert "dans la région" in form.system.currentText()
    assert form._notice.isVisible()
    QTest.keyClick(form.title, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(own(mel)) == 1, timeout=WAIT)
    qtbot.waitUntil(lambda: mel.frame.shell.sheet("add_layer") is None, timeout=WAIT)
    entry = own(mel)[0]
    qtbot.waitUntil(lambda: mel.map_page.content(entry.id) is not None, timeout=WAIT)
    assert 690_000 < float(mel.map_page.content(entry.id).points.x[0]) < 720_000


def test_a_wrong_system_is_replaced_on_request(mel: Workbench, qtbot, tmp_path: Path) -> None:
    path = tmp_path / "faux.gpkg"
    places("EPSG:27572").to_file(path)
    panel = open_in_sheet(mel, qtbot, path)
    form = panel.form()
    assert "EPSG:2154" in form.system.currentText()
    form.confirm()
    qtbot.waitUntil(lambda: len(own(mel)) == 1, timeout=WAIT)
    entry = own(mel)[0]
    qtbot.waitUntil(lambda: mel.map_page.content(entry.id) is not None, timeout=WAIT)
    assert float(mel.map_page.content(entry.id).points.x[0]) == pytest.approx(LILLE[0])


def test_a_typed_system_that_does_not_exist_is_refused_in_place(
    mel: Workbench, qtbot, tmp_path: Path
) -> None:
    path = tmp_path / "sans.shp"
    places(None).to_file(path)
    panel = open_in_sheet(mel, qtbot, path)
    form = panel.form()
    form.system.setCurrentIndex(form.system.count() - 1)
    assert form.code.isVisible()
    form.code.setText("EPSG:99999999")
    form.confirm()
    qtbot.waitUntil(form._problem.isVisible, timeout=WAIT)
    assert "EPSG:99999999" in form._problem_text.text()
    assert own(mel) == []
    form.code.setText("epsg:2154")
    form.confirm()
    qtbot.waitUntil(lambda: len(own(mel)) == 1, timeout=WAIT)


def test_the_table_is_chosen_among_several(mel: Workbench, qtbot, tmp_path: Path) -> None:
    path = tmp_path / "deux.gpkg"
    places().to_file(path, layer="un")
    places(count=9).to_file(path, layer="deux", mode="a")
    form = open_in_sheet(mel, qtbot, path).form()
    assert form.content.count() == 2
    form.content.setCurrentIndex(1)
    assert form.title.text() == "deux"
    form.confirm()
    qtbot.waitUntil(lambda: len(own(mel)) == 1, timeout=WAIT)
    entry = own(mel)[0]
    qtbot.waitUntil(lambda: mel.map_page.content(entry.id) is not None, timeout=WAIT)
    assert len(mel.map_page.content(entry.id).points.x) == 9


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("lettre.txt", b"Bonjour", "ne peut pas être ouvert"),
        ("vide.gpkg", b"", "vide"),
        ("lien.xml", b"<GDAL_WMS><ServerUrl>http://x</ServerUrl></GDAL_WMS>", "refusé"),
    ],
)
def test_a_foreign_file_is_refused_with_its_remedy(
    mel: Workbench, qtbot, tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    panel = open_in_sheet(mel, qtbot, path)
    assert panel.form() is None
    assert words in panel._problem.accessibleName()
    assert len(panel._problem.accessibleName().splitlines()) == 3
    assert own(mel) == []


def test_several_files_are_asked_one_after_the_other(mel: Workbench, qtbot, tmp_path: Path) -> None:
    for name in ("a", "b"):
        places(None).to_file(tmp_path / f"{name}.shp")
    drop(mel, tmp_path / "a.shp", tmp_path / "a.dbf", tmp_path / "b.shp", tmp_path / "b.shx")
    qtbot.waitUntil(lambda: mel.frame.shell.sheet("add_layer") is not None, timeout=WAIT)
    panel = mel.frame.shell.sheet("add_layer").body
    for name in ("a", "b"):
        qtbot.waitUntil(
            lambda: panel.form() is not None and panel.form().title.text() == name,  # noqa: B023
            timeout=WAIT,
        )
        panel.form().confirm()
    qtbot.waitUntil(lambda: len(own(mel)) == 2, timeout=WAIT)


def test_the_drop_zone_takes_files(mel: Workbench, qtbot, tmp_path: Path) -> None:
    path = tmp_path / "zones.gpkg"
    places().to_file(path)
    panel = mel.layers.add()
    zone = panel.findChild(DropZone)
    zone.dropped.emit([path])
    qtbot.waitUntil(lambda: panel.form() is not None, timeout=WAIT)
    panel.form().another.click()
    assert panel.form() is None


def test_closing_the_sheet_while_a_file_is_read_adds_nothing(mel: Workbench, qtbot, tmp_path: Path) -> None:
    path = tmp_path / "zones.gpkg"
    places().to_file(path)
    panel = mel.layers.add()
    panel.open_files([path])
    mel.frame.shell.close_sheet("add_layer")
    qtbot.waitUntil(lambda: not mel.context.dispatcher.busy(), timeout=WAIT)
    form = open_in_sheet(mel, qtbot, path).form()
    form.confirm()
    mel.frame.shell.close_sheet("add_layer")
    qtbot.waitUntil(lambda: not mel.context.dispatcher.busy(), timeout=WAIT)
    QTest.qWait(100)
    assert own(mel) == []


# --------------------------------------------------------------------------- backgrounds


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A red picture of 30 × 30 km around Lille in Web Mercator."""
    from rasterio.warp import transform_bounds

    box = transform_bounds("EPSG:2154", "EPSG:3857", 689_000, 7_044_000, 719_000, 7_074_000)
    path = tmp_path / "photo.tif"
    options = {
        "driver": "GTiff", "height": 600, "width": 600, "count": 3, "dtype": "uint8", "crs": "EPSG:3857",
        "transform": from_bounds(*box, 600, 600), "photometric": "RGB",
    }  # fmt: skip
    values = np.zeros((3, 600, 600), "uint8")
    values[0] = 250
    with rasterio.open(path, "w", **options) as target:
        target.write(values)
    return path


def reddest(bench: Workbench) -> int:
    """Red minus blue at the middle of the map, where only a background can be red."""
    image = bench.map_page.canvas.picture()
    colour = image.pixelColor(image.width() // 2 + 60, image.height() // 2 + 40)
    return colour.red() - colour.blue()


@pytest.mark.parametrize("kind", ["tif", "gpkg", "mbtiles", "vrt"])
def test_local_pictures_are_drawn_below_everything(
    mel: Workbench, qtbot, tmp_path: Path, photo: Path, kind: str
) -> None:
    path = photo.with_suffix(f".{kind}")
    if kind in ("gpkg", "mbtiles"):
        driver = {"gpkg": "GPKG", "mbtiles": "MBTiles"}[kind]
        with rasterio.Env(GDAL_SKIP=""), rasterio.open(photo) as source:
            if driver not in rasterio.Env().drivers():
                pytest.skip(f"this GDAL cannot write {driver}")
            rasterio.shutil.copy(source, path, driver=driver)
    elif kind == "vrt":
        path.write_text(
            '<VRTDataset rasterXSize="600" rasterYSize="600"><VRTRasterBand dataType="Byte" band="1">'
            '<SimpleSource><SourceFilename relativeToVRT="1">photo.tif</SourceFilename></SimpleSource>'
            "</VRTRasterBand></VRTDataset>"
        )
    mel.context.project.do(ChangeLayer("no2_2019", visible=False))
    repaint(mel, qtbot)
    before = reddest(mel)
    entry = add(mel, qtbot, path)
    assert entry.layer.role == BACKGROUND
    assert mel.context.project.state.layers[-1].id == entry.id
    mel.map_page.canvas.zoom_to((*LILLE, LILLE[0] + 3000, LILLE[1] + 3000))
    repaint(mel, qtbot)
    qtbot.waitUntil(lambda: reddest(mel) > before + 60, timeout=WAIT)
    assert mel.map_page.surface_entry() is None, "a picture has no values"


def test_a_hidden_background_is_explained(mel: Workbench, qtbot, photo: Path) -> None:
    add(mel, qtbot, photo)
    assert told(mel, "layer_panel.added_below") == 1


# --------------------------------------------------------------------------- files that go and change


def test_a_file_that_vanishes_is_told_once_and_the_map_goes_on(mel: Workbench, qtbot, tmp_path: Path) -> None:
    path = tmp_path / "ici.gpkg"
    places().to_file(path)
    entry = add(mel, qtbot, path)
    watch = mel.layers.watch
    away = path.with_suffix(".away")
    path.rename(away)
    qtbot.waitUntil(lambda: watch.status(entry) is LayerStatus.MISSING, timeout=WAIT)
    for _ in range(3):
        mel.layers.guard.look_now()
        QTest.qWait(50)
    qtbot.waitUntil(lambda: not mel.context.dispatcher.busy(), timeout=WAIT)
    assert told(mel, "layer_panel.gone") == 1
    assert mel.layers.panel.selected._find.isVisible()
    repaint(mel, qtbot)
    away.rename(path)
    qtbot.waitUntil(lambda: watch.status(entry) is LayerStatus.OK, timeout=WAIT)
    qtbot.waitUntil(lambda: mel.map_page.content(entry.id) is not None, timeout=WAIT)
    assert told(mel, "layer_panel.back") == 1
    assert not mel.context.project.dirty or own(mel), "nothing of this is a change of the project"


def test_a_raster_that_vanishes_while_shown(mel: Workbench, qtbot, tmp_path: Path) -> None:
    path = raster(tmp_path / "valeurs.tif", np.linspace(0, 40, 3600, dtype="float32").reshape(60, 60))
    entry = add(mel, qtbot, path)
    repaint(mel, qtbot)
    path.unlink()
    mel.map_page.canvas.pan_by(0.2, 0.1)
    qtbot.waitUntil(lambda: mel.layers.watch.status(entry) is LayerStatus.MISSING, timeout=WAIT)
    repaint(mel, qtbot)
    assert mel.map_page.canvas.picture() is not None


def test_a_file_that_changes_is_stale_until_it_is_read_again(mel: Workbench, qtbot, tmp_path: Path) -> None:
    path = tmp_path / "ici.gpkg"
    places().to_file(path)
    entry = add(mel, qtbot, path)
    places(count=8).to_file(path)
    os.utime(path, ns=(1, 2_000_000_000_000_000_000))
    watch = mel.layers.watch
    qtbot.waitUntil(lambda: watch.status(entry) is LayerStatus.STALE, timeout=WAIT)
    assert told(mel, "layer_panel.changed") == 1
    assert len(mel.map_page.content(entry.id).points.x) == 5, "the map still shows what was read"
    mel.layers.panel.tree.choose(entry.id)
    QTest.mouseClick(mel.layers.panel.selected._reread, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(mel.map_page.content(entry.id).points.x) == 8, timeout=WAIT)
    assert watch.status(own(mel)[0]) is LayerStatus.OK
    assert own(mel)[0].file.dataset.coverage.resolution.fr == "8 objets"


def test_a_damaged_file_fails_once_and_can_be_found_elsewhere(mel: Workbench, qtbot, tmp_path: Path) -> None:
    path, other = tmp_path / "ici.gpkg", tmp_path / "ailleurs.gpkg"
    places().to_file(path)
    places(count=7).to_file(other, layer="ici")
    entry = add(mel, qtbot, path)
    path.write_bytes(b"SQLite format 3\x00 cut")
    mel.layers.guard.read_again(entry.id)
    qtbot.waitUntil(lambda: mel.context.notifications.items[-1].level == "error", timeout=WAIT)
    assert mel.map_page.content(entry.id) is not None, "what was read stays on the map"
    mel.layers.guard.read_again(entry.id, other)
    qtbot.waitUntil(lambda: own(mel)[0].path == other, timeout=WAIT)
    qtbot.waitUntil(lambda: mel.map_page.content(entry.id) is not None, timeout=WAIT)
    mel.context.project.undo()
    assert own(mel)[0].path == path


# --------------------------------------------------------------------------- large and odd


def raster(path: Path, values: np.ndarray, **profile: object) -> Path:
    options = {
        "driver": "GTiff", "height": values.shape[0], "width": values.shape[1], "count": 1,
        "dtype": str(values.dtype), "crs": "EPSG:2154",
        "transform": from_origin(690_000, 7_074_000, 500, 500),
        **profile,
    }  # fmt: skip
    with rasterio.open(path, "w", **options) as target:
        target.write(values, 1)
    return path


def test_a_raster_without_values_is_refused(mel: Workbench, qtbot, tmp_path: Path) -> None:
    path = raster(tmp_path / "nan.tif", np.full((60, 60), np.nan, "float32"))
    panel = open_in_sheet(mel, qtbot, path)
    assert "aucune valeur" in panel._problem.accessibleName()


def test_a_raster_that_loses_its_values_while_shown(mel: Workbench, qtbot, tmp_path: Path) -> None:
    path = raster(tmp_path / "v.tif", np.full((60, 60), 20, "float32"))
    add(mel, qtbot, path)
    raster(path, np.full((60, 60), np.nan, "float32"))
    mel.map_page.canvas.zoom_by(0.8)
    repaint(mel, qtbot)
    assert mel.map_page.canvas.picture() is not None


def test_a_raster_larger_than_memory_is_shown_coarsely_and_says_so(
    mel: Workbench, qtbot, tmp_path: Path
) -> None:
    path = tmp_path / "immense.tif"
    options = {
        "driver": "GTiff", "height": 100_000, "width": 100_000, "count": 1, "dtype": "float32",
        "crs": "EPSG:2154", "transform": from_origin(600_000, 7_110_000, 2, 2), "tiled": True,
        "blockxsize": 512, "blockysize": 512, "sparse_ok": True, "nodata": -9999.0, "BIGTIFF": "YES",
    }  # fmt: skip
    with rasterio.open(path, "w", **options) as target:
        target.write(
            np.full((512, 512), 9, "float32"), 1, window=rasterio.windows.Window(51200, 25600, 512, 512)
        )
    panel = open_in_sheet(mel, qtbot, path)
    assert panel.form()._notice.isVisible()
    panel.form().confirm()
    qtbot.waitUntil(lambda: len(own(mel)) == 1, timeout=WAIT)
    entry = own(mel)[0]
    qtbot.waitUntil(lambda: mel.map_page.content(entry.id) is not None, timeout=60000)
    mel.map_page.canvas.zoom_to(entry.layer.shape.grid.extent)
    source = mel.map_page.content(entry.id).raster
    qtbot.waitUntil(lambda: mel.layers.panel._notes.get(entry.id, "") != "", timeout=60000)
    # An overview is made meanwhile, and the note goes.
    qtbot.waitUntil(lambda: source._overview is not None, timeout=120000)
    assert np.nanmax(source._overview.values) == 9
    qtbot.waitUntil(lambda: not source.coarse, timeout=60000)
    mel.map_page.canvas.zoom_to((702_000, 7_057_500, 703_500, 7_059_000))
    qtbot.waitUntil(lambda: not source.coarse, timeout=60000)
    qtbot.waitUntil(lambda: mel.layers.panel._notes.get(entry.id) == "", timeout=60000)


def test_two_hundred_thousand_points(mel: Workbench, qtbot, tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    x, y = random.normal(LILLE[0], 9000, 200_000), random.normal(LILLE[1], 9000, 200_000)
    path = tmp_path / "points.gpkg"
    gpd.GeoDataFrame({"v": np.arange(200_000)}, geometry=gpd.points_from_xy(x, y), crs=2154).to_file(path)
    entry = add(mel, qtbot, path)
    assert len(mel.map_page.content(entry.id).points.x) == 200_000
    repaint(mel, qtbot)


def test_a_column_with_thousands_of_values_makes_no_endless_legend(
    mel: Workbench, qtbot, tmp_path: Path
) -> None:
    points = [shapely.Point(LILLE[0] + 300 * (i % 70), LILLE[1] + 300 * (i // 70)) for i in range(5000)]
    frame = gpd.GeoDataFrame({"name": "n"}, geometry=points, crs="EPSG:2154", index=range(5000))
    frame["kind"] = [f"catégorie {i}" for i in range(5000)]
    path = tmp_path / "categories.gpkg"
    frame.to_file(path)
    before = len(mel.map_page.legend.findChildren(object))
    add(mel, qtbot, path)
    repaint(mel, qtbot)
    assert len(mel.map_page.legend.findChildren(object)) < before + 40


@pytest.mark.parametrize("name", ["مدارس الشمال", "北方的学校", "Школы — αβγ", "a" * 200])
def test_titles_in_any_script(mel: Workbench, qtbot, tmp_path: Path, name: str) -> None:
    path = tmp_path / f"{name[:60]}.gpkg"
    frame = places()
    frame["name"] = name
    frame.to_file(path, layer="t")
    entry = add(mel, qtbot, path)
    assert mel.layers.panel.model.index_of(entry.id).data() == name[:60]
    mel.layers.panel.grab()
    mel.layers.show_properties()
    assert name[:60] in mel.frame.shell.sheet("layer").body.text.toPlainText()
    mel.frame.shell.close_sheet("layer")


def test_mixed_geometries_are_all_drawn(mel: Workbench, qtbot, tmp_path: Path) -> None:
    shapes = [shapely.Point(LILLE), shapely.box(LILLE[0], LILLE[1], LILLE[0] + 900, LILLE[1] + 900),
              shapely.LineString([LILLE, (LILLE[0] + 5000, LILLE[1])])]  # fmt: skip
    path = tmp_path / "mixte.geojson"
    gpd.GeoDataFrame({"name": list("abc")}, geometry=shapes, crs=2154).to_crs(4326).to_file(path)
    content = mel.map_page.content(add(mel, qtbot, path).id)
    assert len(content.points.x) == 1
    assert len(content.outlines) == 2


def test_a_raster_in_another_system_is_where_it_belongs(mel: Workbench, qtbot, tmp_path: Path) -> None:
    path = tmp_path / "degres.tif"
    options = {
        "driver": "GTiff", "height": 50, "width": 80, "count": 1, "dtype": "float32", "crs": "EPSG:4326",
        "transform": from_origin(2.9, 50.8, 0.005, 0.006),
    }  # fmt: skip
    values = np.zeros((50, 80), "float32")
    values[:, 40:] = 30
    with rasterio.open(path, "w", **options) as target:
        target.write(values, 1)
    source = mel.map_page.content(add(mel, qtbot, path).id).raster
    read, grid = source.read((695_000, 7_040_000, 725_000, 7_070_000), (300, 300))
    from pyproj import Transformer

    to_work = Transformer.from_crs("EPSG:4326", "EPSG:2154", always_xy=True)
    for lon, wanted in ((3.05, 0.0), (3.15, 30.0)):
        x, y = to_work.transform(lon, 50.65)
        column, line = int((x - grid.x_min) / grid.cell_m), int((grid.y_max - y) / grid.cell_m)
        assert read[line, column] == wanted


def test_the_value_of_a_user_raster_is_told_under_the_mouse(mel: Workbench, qtbot, tmp_path: Path) -> None:
    path = raster(tmp_path / "v.tif", np.full((60, 60), 12.5, "float32"))
    entry = add(mel, qtbot, path)
    repaint(mel, qtbot)
    qtbot.waitUntil(lambda: mel.map_page.content(entry.id).raster.shown() is not None, timeout=WAIT)
    value = mel.map_page.value_at(*LILLE)
    assert value is not None
    assert value.central == 12.5
    with qtbot.waitSignal(mel.map_page.hovered, timeout=WAIT) as caught:
        mel.map_page.canvas.hovered.emit(*LILLE)
    assert caught.args[2] == "12,5"
