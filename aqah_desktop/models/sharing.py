"""Taking work away from the window: the runs a briefing needs, a project for other programs."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aqah_desktop.errors import BadInputError, JobCancelledError
from aqah_desktop.models import tasks
from aqah_desktop.models.layer_records import dataset_of, standing_of
from aqah_desktop.models.state import LayerEntry, ProjectState
from aqah_desktop.records import Layer, LocalText, RasterShape, Source, Text, VectorShape
from aqah_desktop.reporting.words import standing_words
from aqah_desktop.storage.atomic import write_bytes
from aqah_desktop.storage.project_file import ProjectFile

if TYPE_CHECKING:
    from aqah_desktop.messages import Catalogue
    from aqah_desktop.models.frames import FrameStore
    from aqah_desktop.models.services import Finished, Services
    from aqah_desktop.processing.job import Change, Job
    from aqah_desktop.storage.pack import Pack

#: Says how far the work is, from 0 to 1, and what is being done. Called from the working thread.
Tell = Callable[[float, Text], None]
#: Whether nobody wants the work any more.
Stop = Callable[[], bool]
Reading = Callable[[], "AbstractContextManager[ProjectFile | None]"]

_LOOK_EVERY_S = 0.1
#: Table of an export that says where each layer comes from.
_SOURCES = Layer(
    id="about_sources",
    dataset_id="",
    title=LocalText("Origine des couches", "Where the layers come from"),
    role="table",
    shape=VectorShape("None", "EPSG:2154", (0.0, 0.0, 0.0, 0.0)),
    source=Source("project", "about_sources"),
)
_FARMS = "aqah.exposure.farms"


@dataclass(frozen=True)
class BriefingOrder:
    """What a briefing is made of; a run that is not there yet is made.

    ``farms`` is a run, ``True`` to make one, ``None`` to leave farms out; ``action`` a run or ``None``.
    """

    territory: str
    pollutant: str
    year: int
    sites: Finished | None = None
    farms: Finished | bool | None = None
    action: Finished | None = None

    @property
    def missing(self) -> int:
        """Runs to be made."""
        return (self.sites is None) + (self.farms is True)


def run(services: Services, algorithm_id: str, given: Mapping[str, Any], tell: Tell, stop: Stop) -> Finished:
    """Run an algorithm and wait; ends within two seconds of ``stop`` saying so.

    Raises
    ------
    JobCancelledError
        It was stopped.
    AqahError
        Why it failed.
    """

    def heard(job: Job, change: Change) -> None:
        if change == "progress" and job.text is not None:
            tell(job.fraction, job.text)

    job, close = services.start(algorithm_id, given, heard)
    try:
        while not job.wait(_LOOK_EVERY_S):
            if stop():
                services.runner.cancel(job)
    finally:
        close()
    return services.finished(job)


def write_briefing(services: Services, order: BriefingOrder, path: Path, tell: Tell, stop: Stop) -> Path:
    """Make the runs that are missing, then write the one-page briefing.

    Raises
    ------
    JobCancelledError
        It was stopped; nothing was written.
    AqahError
        A run failed, or the file cannot be written.
    """
    place: dict[str, Any] = {"territory": order.territory, "pollutant": order.pollutant, "year": order.year}
    share = 0.8 / max(order.missing, 1)
    sites, done = order.sites, 0.0
    if sites is None:
        kinds = {"kinds": ",".join(tasks.SITE_KINDS)}
        sites = run(services, "aqah.exposure.sites", place | kinds, _part(tell, done, share), stop)
        done += share
    farms = order.farms
    if farms is True:
        farms = run(services, _FARMS, place, _part(tell, done, share), stop)
    tell(0.85, Text("share.writing_briefing"))
    document = tasks.briefing(services, order.territory, sites, farms or None, order.action)
    _check(stop)
    write_bytes(path, document)
    return path


def write_picture(picture: bytes, path: Path, stop: Stop) -> Path:
    """Write a picture that was drawn, unless it is no longer wanted."""
    _check(stop)
    write_bytes(path, picture)
    return path


class GeoPackageExport:
    """Writes visible layers and every result of the project to one GeoPackage, with where they come from.

    Parameters
    ----------
    pack : Pack
        Layers of the pack.
    frames : FrameStore
        Tables behind layers.
    reading : callable
        Gives the open project file, or None.
    catalogue : Catalogue
        Words of the table of sources.
    """

    def __init__(self, pack: Pack, frames: FrameStore, reading: Reading, catalogue: Catalogue) -> None:
        self._pack, self._frames, self._reading, self._catalogue = pack, frames, reading, catalogue

    def entries(self, state: ProjectState) -> list[LayerEntry]:
        """What will be written: results whether shown or not, other layers when they are shown."""
        return [e for e in state.layers if (e.origin == "project" or e.visible) and not self._is_foreign(e)]

    def write(self, state: ProjectState, path: Path, tell: Tell, stop: Stop) -> Path:
        """Write the file.

        Raises
        ------
        BadInputError
            ``share.nothing``: no layer to write.
        JobCancelledError
            It was stopped; nothing was written.
        AqahError
            A layer cannot be read, the file cannot be written.
        """
        entries = self.entries(state)
        if not entries:
            raise BadInputError("share.nothing")
        with (
            tempfile.TemporaryDirectory(prefix="aqah-export-") as folder,
            ProjectFile.create(Path(folder) / "export.aqah") as file,
        ):
            for number, entry in enumerate(entries):
                _check(stop)
                tell(0.8 * number / len(entries), Text("share.writing_layer", {"title": entry.layer.title}))
                self._add(file, entry, state)
            self._add_provenance(file, entries, state)
            _check(stop)
            tell(0.85, Text("share.writing_geopackage"))
            file.export_geopackage(path)
        return path

    # ------------------------------------------------------------------ parts

    @staticmethod
    def _is_foreign(entry: LayerEntry) -> bool:
        """A raster file of the user stays where it is: it would only be copied."""
        return entry.path is not None and isinstance(entry.layer.shape, RasterShape)

    def _add(self, file: ProjectFile, entry: LayerEntry, state: ProjectState) -> None:
        if isinstance(entry.layer.shape, RasterShape):
            self._add_raster(file, entry, state)
        else:
            frame = self._frames.frame(entry)
            codes = self._pack.territory(state.territory).commune_codes
            if entry.origin == "pack" and "commune_code" in frame.columns:
                frame = frame[frame["commune_code"].astype(str).isin(codes)]
            file.add_vector(entry.layer, frame)

    def _add_raster(self, file: ProjectFile, entry: LayerEntry, state: ProjectState) -> None:
        if entry.origin == "pack":
            extent = self._pack.territory(state.territory).extent
            with self._pack.open_raster(entry.id) as raster:
                values, grid = raster.read(extent)
        else:
            with self._reading() as own:
                if own is None:
                    return
                with own.open_raster(entry.id) as raster:
                    values, grid = raster.read()
        file.add_raster(entry.layer, values, grid)

    def _add_provenance(self, file: ProjectFile, entries: list[LayerEntry], state: ProjectState) -> None:
        """How results were made, and a table with source, licence and quality of every layer."""
        import pandas as pd

        made = {entry.layer.run_id for entry in entries}
        for record in state.runs:
            if record.id in made:
                file.add_run(record)
        rows = [self._source(entry, state) for entry in entries]
        file.add_vector(_SOURCES, pd.DataFrame(rows))

    def _source(self, entry: LayerEntry, state: ProjectState) -> dict[str, str]:
        dataset, standing = dataset_of(entry, self._pack), standing_of(entry, state, self._pack)
        language = self._catalogue.language
        return {
            "layer_id": entry.id,
            "title": entry.layer.title.in_language(language),
            "quality": standing_words(standing, self._catalogue) if standing is not None else "",
            "limits": standing.limits.in_language(language) if standing is not None else "",
            "dataset": dataset.title.in_language(language) if dataset is not None else "",
            "publisher": dataset.origin.publisher if dataset is not None else "",
            "attribution": dataset.origin.attribution if dataset is not None else "",
            "licence": dataset.origin.licence if dataset is not None else "",
        }


def _part(tell: Tell, start: float, share: float) -> Tell:
    return lambda fraction, text: tell(start + share * fraction, text)


def _check(stop: Stop) -> None:
    if stop():
        raise JobCancelledError("processing.cancelled")
