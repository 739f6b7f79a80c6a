"""Records to plain JSON data and back, by their type hints.

A library does this as well, but importing it takes longer than opening a pack: the window, every
command and every child process read records before anything else.
"""

from __future__ import annotations

import dataclasses
import sys
import types
from collections.abc import Callable
from datetime import date
from enum import Enum
from functools import cache
from pathlib import PurePath
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

_LARGEST = sys.float_info.max
#: Makes one value from plain data.
Builder = Callable[[Any], Any]


class MismatchError(Exception):
    """Data that are not of the wanted type: ``place`` (path of keys) and ``reason``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.keys: list[str] = []

    @property
    def place(self) -> str:
        """Where, e.g. ``"3.measure.unit"``; ``"-"`` for the whole."""
        return ".".join(reversed(self.keys)) or "-"


def to_plain(value: Any) -> Any:
    """Return a record, or lists and dictionaries of records, as plain JSON data.

    Raises
    ------
    TypeError
        A value JSON has no form for.
    """
    if value is None or isinstance(value, (bool, str, int, float)):
        return value.value if isinstance(value, Enum) else value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(to_plain(key)): to_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in value]
    return _rare_to_plain(value)


def _rare_to_plain(value: Any) -> Any:
    if isinstance(value, (set, frozenset)):
        return sorted(to_plain(item) for item in value)
    if isinstance(value, Enum):
        return to_plain(value.value)
    if isinstance(value, PurePath):
        return value.as_posix()
    if isinstance(value, date):
        return value.isoformat()
    if hasattr(value, "tolist"):  # numbers and arrays of numpy
        return to_plain(value.tolist())
    raise TypeError(f"{type(value).__name__} has no JSON form")


def build(kind: Any, data: Any) -> Any:
    """Make a value of type ``kind`` from plain JSON data.

    Types are exact (``"12"`` is no number, ``1`` is no boolean) but an integer is a number; fields a
    newer program added are ignored.

    Raises
    ------
    MismatchError
        Wrong type, missing field, unknown word of an enumeration.
    """
    return _builder(kind)(data)


@cache
def _builder(kind: Any) -> Builder:
    """What makes a value of ``kind``; prepared once, used for thousands of records."""
    origin = get_origin(kind)
    if dataclasses.is_dataclass(kind):
        return _record_builder(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _word_builder(kind)
    if origin in (Union, types.UnionType):
        return _union_builder(get_args(kind))
    if origin in (list, tuple, dict):
        return _CONTAINERS[origin](get_args(kind))
    return _scalar_builder(kind)


def _record_builder(kind: Any) -> Builder:
    hints = get_type_hints(kind)
    nothing = dataclasses.MISSING
    fields = [
        (
            field.name,
            _builder(hints[field.name]),
            field.default is nothing and field.default_factory is nothing,
        )
        for field in dataclasses.fields(kind)
        if field.init
    ]

    def make(data: Any) -> Any:
        if type(data) is not dict:
            raise _mismatch(data, "an object")
        values = {}
        for name, builder, required in fields:
            if name in data:
                values[name] = _at(name, builder, data[name])
            elif required:
                raise MismatchError(f"missing field {name}")
        return kind(**values)

    return make


def _list_builder(args: tuple[Any, ...]) -> Builder:
    builder = _builder(args[0])

    def make(data: Any) -> Any:
        if type(data) is not list:
            raise _mismatch(data, "a list")
        return [_at(place, builder, item) for place, item in enumerate(data)]

    return make


def _tuple_builder(args: tuple[Any, ...]) -> Builder:
    if len(args) == 2 and args[1] is Ellipsis:
        items = _list_builder(args[:1])
        return lambda data: tuple(items(data))
    builders = [_builder(hint) for hint in args]

    def make(data: Any) -> Any:
        if type(data) is not list or len(data) != len(builders):
            raise _mismatch(data, f"{len(builders)} values")
        return tuple(_at(place, builders[place], item) for place, item in enumerate(data))

    return make


def _dict_builder(args: tuple[Any, ...]) -> Builder:
    key_builder, item_builder = _builder(args[0]), _builder(args[1])

    def make(data: Any) -> Any:
        if type(data) is not dict:
            raise _mismatch(data, "an object")
        return {key_builder(key): _at(key, item_builder, item) for key, item in data.items()}

    return make


_CONTAINERS: dict[Any, Callable[[tuple[Any, ...]], Builder]] = {
    list: _list_builder,
    tuple: _tuple_builder,
    dict: _dict_builder,
}


def _union_builder(kinds: tuple[Any, ...]) -> Builder:
    """The first kind that fits; the reason of the one that came furthest when none does."""
    builders = [_builder(kind) for kind in kinds]

    def make(data: Any) -> Any:
        best: MismatchError | None = None
        for builder in builders:
            try:
                return builder(data)
            except MismatchError as error:
                if best is None or len(error.keys) > len(best.keys):
                    best = error
        raise best or MismatchError("no type fits")

    return make


def _word_builder(kind: type[Enum]) -> Builder:
    def make(data: Any) -> Any:
        try:
            return kind(data)
        except ValueError as error:
            words = [member.value for member in kind]
            raise MismatchError(f"{data!r:.80} is not one of {words}") from error

    return make


def _scalar_builder(kind: Any) -> Builder:
    if kind is Any:
        return lambda data: data
    if get_origin(kind) is Literal:
        words = get_args(kind)
        return lambda data: data if data in words else _refuse(data, f"one of {list(words)}")
    if kind is float:
        return _number
    exact = types.NoneType if kind is None else kind
    return lambda data: data if type(data) is exact else _refuse(data, getattr(exact, "__name__", str(exact)))


def _number(data: Any) -> float:
    if type(data) not in (int, float) or not -_LARGEST <= data <= _LARGEST:  # also NaN
        raise _mismatch(data, "a finite number")
    return float(data)


def _refuse(data: Any, wanted: str) -> Any:
    raise _mismatch(data, wanted)


def _mismatch(data: Any, wanted: str) -> MismatchError:
    return MismatchError(f"{type(data).__name__} instead of {wanted}")


def _at(key: str | int, builder: Builder, data: Any) -> Any:
    """Build what stands under ``key``, noting the key should it fail."""
    try:
        return builder(data)
    except MismatchError as error:
        error.keys.append(str(key))
        raise
