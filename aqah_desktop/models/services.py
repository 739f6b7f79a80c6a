"""What the window and the command line both work with: pack, algorithms, plugins, runner, texts.

Built once by the wiring (:mod:`aqah_desktop.app`, :mod:`aqah_desktop.cli`) and passed down; tests build
their own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aqah_desktop.errors import UnknownItemError
from aqah_desktop.messages import Catalogue
from aqah_desktop.processing.contract import OnlyStopping
from aqah_desktop.processing.registry import Registry
from aqah_desktop.records import Dataset, RunLimits, RunRecord
from aqah_desktop.storage.pack import Pack

if TYPE_CHECKING:
    from aqah_desktop.plugins.loader import PluginSet
    from aqah_desktop.processing.contract import Algorithm, Results
    from aqah_desktop.processing.job import Job, RunRequest
    from aqah_desktop.processing.runner import Listener, Runner


@dataclass(frozen=True)
class Finished:
    """A run that is done: what it returned, how it was made, the datasets it stems from."""

    results: Results
    record: RunRecord
    datasets: tuple[Dataset, ...]


class Services:
    """Pack, registry, plugins, runner and catalogue of one program.

    Parameters
    ----------
    pack : Pack
        The open pack.
    language : str
        ``"fr"`` or ``"en"``.
    """

    def __init__(self, pack: Pack, language: str = "fr") -> None:
        self.pack = pack
        self.registry = Registry()
        self._plugins: PluginSet | None = None
        self._plugins_lock = threading.RLock()
        self._runner: Runner | None = None
        self._closed = threading.Event()
        #: Given to every question put to a plugin outside a run; all of them end with the services.
        self.asking = OnlyStopping(self._closed.is_set)
        self._language = language
        self._catalogue = Catalogue(language)
        _register_core(self.registry)

    @property
    def plugins(self) -> PluginSet:
        """Plugins found; looked for at first use, from any thread; none is started."""
        with self._plugins_lock:
            if self._plugins is None:
                from aqah_desktop.plugins.loader import discover, register

                found = discover()
                _, failures = register(found, self.registry, self.asking)
                self._catalogue = Catalogue(self._language, extra=found.locales)
                self._plugins = replace(found, failures=(*found.failures, *failures))
            return self._plugins

    @property
    def catalogue(self) -> Catalogue:
        """Texts of the program, and of the plugins once they were looked for."""
        return self._catalogue

    @property
    def runner(self) -> Runner:
        """The runner; made at first use."""
        if self._runner is None:
            from aqah_desktop.processing.runner import Runner

            self._runner = Runner()
        return self._runner

    def algorithm(self, algorithm_id: str) -> Any:
        """Return an algorithm, bundled or of a plugin.

        Raises
        ------
        UnknownItemError
            ``processing.unknown_algorithm``.
        """
        try:
            return self.registry.get(algorithm_id)
        except UnknownItemError:
            _ = self.plugins
            return self.registry.get(algorithm_id)

    def start(
        self,
        algorithm_id: str,
        given: Mapping[str, Any],
        listener: Listener | None = None,
        limits: RunLimits | None = None,
    ) -> tuple[Job, Callable[[], None]]:
        """Start a run; return its job and what closes the files it was given.

        Raises
        ------
        AqahError
            For a wrong parameter or a file that cannot be opened; nothing was started.
        """
        request, close = self.request(algorithm_id, given, limits)
        return self.runner.start(request, listener), close

    def request(
        self, algorithm_id: str, given: Mapping[str, Any], limits: RunLimits | None = None
    ) -> tuple[RunRequest, Callable[[], None]]:
        """Return what a runner needs for a run, and what closes the files it was given.

        Raises
        ------
        AqahError
            As :meth:`start`.
        """
        from aqah_desktop.processing.contract import Context
        from aqah_desktop.processing.inputs import open_inputs
        from aqah_desktop.processing.job import RunRequest
        from aqah_desktop.processing.params import parse_params
        from aqah_desktop.processing.places import resolve_places

        algorithm = self.algorithm(algorithm_id)
        # A place given as a file is recorded as its polygon: the run can be repeated without the file.
        params = resolve_places(algorithm.spec, parse_params(algorithm.spec, given), self.pack)
        with ExitStack() as stack:
            inputs = stack.enter_context(open_inputs(algorithm.spec, params))
            context = Context(self.pack, inputs, language=self._language, asking=self.asking)
            request = RunRequest(
                algorithm,
                params,
                context,
                limits=limits,
                inputs=self._input_hashes(algorithm, params),
            )
            closing = stack.pop_all()
        return request, closing.close

    def run(self, algorithm_id: str, given: Mapping[str, Any], listener: Listener | None = None) -> Finished:
        """Run and wait.

        Raises
        ------
        AqahError
            What was wrong with the parameters or why the run failed.
        """
        job, close = self.start(algorithm_id, given, listener)
        try:
            job.wait()
        except KeyboardInterrupt:
            self.runner.cancel(job)
            raise
        finally:
            close()
        return self.finished(job)

    def finished(self, job: Job) -> Finished:
        """Return what a job that ended left behind.

        Raises
        ------
        AqahError
            Why it failed, or that it was cancelled.
        """
        results = job.value()
        assert job.record is not None
        ids = [name for name in job.record.inputs if name in self.pack.layers]
        datasets = {self.pack.dataset_of(name).id: self.pack.dataset_of(name) for name in ids}
        return Finished(results, job.record, tuple(datasets.values()))

    def jobs(self) -> tuple[Job, ...]:
        """Return the runs that have not ended."""
        return () if self._runner is None else self._runner.jobs()

    def stop_asking(self) -> None:
        """Say that no answer of a plugin is wanted any more, but for runs."""
        self._closed.set()

    def close(self) -> None:
        """Stop every question, every run and the child processes."""
        self._closed.set()
        if self._runner is not None:
            self._runner.close()

    def _input_hashes(self, algorithm: Algorithm, params: Mapping[str, Any]) -> dict[str, str]:
        """Content hashes of the layers a run reads and of the files it was given."""
        from aqah_desktop.processing.contract import layers_read

        wanted = {
            name: self.pack.layers[name].content_hash
            for name in layers_read(algorithm, dict(params), self.pack)
        }
        for name, value in params.items():
            if isinstance(value, Path) and value.is_file():
                from aqah_desktop.storage.pack_archive import file_sha256

                wanted[f"{name}:{value.name}"] = f"sha256:{file_sha256(value)}"
        return wanted


def _register_core(registry: Registry) -> None:
    from aqah_desktop.processing.algorithms.exposure.farms import FarmExposure
    from aqah_desktop.processing.algorithms.exposure.sites import SiteExposure

    registry.add(SiteExposure())
    registry.add(FarmExposure())


def open_services(pack: Path | None = None, language: str = "fr") -> Services:
    """Open the bundled pack (or another one) and build the services on it.

    Raises
    ------
    StorageError, IntegrityError
        When the pack cannot be used.
    """
    return Services(Pack.open(pack), language)
