"""The algorithms the program knows, by stable id, whoever brought them."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from aqah_desktop.errors import BadInputError, UnknownItemError
from aqah_desktop.processing.contract import Algorithm

#: Where an algorithm comes from when nobody says otherwise: the program itself.
CORE = "core"


def near_matches(word: str, known: Iterable[str], *, count: int = 3) -> list[str]:
    """Return the known words most like ``word``; the first few known ones when none is alike.

    Parameters
    ----------
    word : str
        What was written.
    known : iterable of str
        What exists.
    count : int
        How many to return at most.
    """
    names = sorted(known)
    folded = {name.casefold(): name for name in names}
    close = difflib.get_close_matches(word.casefold(), folded, n=count, cutoff=0.5)
    return [folded[name] for name in close] or names[:count]


@dataclass(frozen=True, slots=True)
class Entry:
    """One registered algorithm: ``origin`` is ``"core"`` or the id of the plugin that brought it."""

    id: str
    family: str
    origin: str
    algorithm: Algorithm


class Registry:
    """Algorithms by id. Nothing here is process-wide: ``Services`` holds one."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}

    def add(
        self,
        algorithm: Algorithm,
        origin: str = CORE,
        *,
        algorithm_id: str | None = None,
        family: str | None = None,
    ) -> Callable[[], None]:
        """Register an algorithm and return what takes it out again.

        Parameters
        ----------
        algorithm : Algorithm
            What to register.
        origin : str
            ``"core"``, or the id of the plugin.
        algorithm_id, family : str, optional
            Read from ``algorithm.spec`` when absent. A plugin gives them from its manifest, so that
            listing does not start its code.

        Raises
        ------
        BadInputError
            ``processing.registered_twice``: the id is taken; the first one stays.
        """
        name = algorithm_id or algorithm.spec.id
        taken = self._entries.get(name)
        if taken is not None:
            raise BadInputError(
                "processing.registered_twice", algorithm=name, origin=origin, first=taken.origin
            )
        entry = Entry(name, family or _family_of(name, algorithm, algorithm_id), origin, algorithm)
        self._entries[name] = entry

        def dispose() -> None:
            # A later holder of the same id must survive a late disposer of the earlier one.
            if self._entries.get(name) is entry:
                del self._entries[name]

        return dispose

    def entry(self, algorithm_id: str) -> Entry:
        """Return the entry of ``algorithm_id``.

        Raises
        ------
        UnknownItemError
            ``processing.unknown_algorithm``, with the nearest ids.
        """
        found = self._entries.get(algorithm_id)
        if found is None:
            near = near_matches(algorithm_id, self._entries)
            raise UnknownItemError("processing.unknown_algorithm", algorithm=algorithm_id, near=near)
        return found

    def get(self, algorithm_id: str) -> Algorithm:
        """Return the algorithm of this id; raises as :meth:`entry`."""
        return self.entry(algorithm_id).algorithm

    def all(self) -> tuple[Algorithm, ...]:
        """Return every algorithm, by id."""
        return tuple(entry.algorithm for entry in self.entries())

    def entries(self) -> tuple[Entry, ...]:
        """Return every entry, by id; reads no specification, so starts no plugin."""
        return tuple(self._entries[name] for name in sorted(self._entries))

    def families(self) -> dict[str, tuple[Entry, ...]]:
        """Return the entries by family, families and ids in alphabetical order."""
        names = sorted({entry.family for entry in self._entries.values()})
        return {name: tuple(e for e in self.entries() if e.family == name) for name in names}


def _family_of(name: str, algorithm: Algorithm, given_id: str | None) -> str:
    if given_id is None and algorithm.spec.family:
        return algorithm.spec.family
    parts = name.split(".")
    return parts[1] if len(parts) > 2 else parts[0]
