# SPDX-License-Identifier: GPL-2.0-only
"""Tables of TOML, read so that what is missing, unknown or of another type is an error that
names file and field. What the fields mean is not known here."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any, TypeVar

from ..host.errors import EXIT_USAGE, ScopeError

T = TypeVar("T")


def read_toml(origin: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ScopeError(f"{origin}: {error}", EXIT_USAGE) from error


class Table:
    """A TOML table that is emptied as it is read, so that leftovers are errors."""

    def __init__(self, origin: str, name: str, values: Mapping[str, Any]) -> None:
        self.origin = origin
        self.name = name
        self.values = dict(values)

    def fail(self, key: str, what: str) -> ScopeError:
        place = f"{self.name}.{key}" if self.name else key
        return ScopeError(f"{self.origin}: {place} {what}", EXIT_USAGE)

    def take(self, key: str, kind: type[T], default: T | None = None) -> T:
        if key not in self.values:
            if default is None:
                raise self.fail(key, "is missing")
            return default
        value = self.values.pop(key)
        # bool is an int to Python, but not to whoever writes a target.
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.fail(key, f"is not of type {kind.__name__}")
        return value

    def table(self, key: str, optional: bool = False) -> Table:
        value = self.take(key, dict, {} if optional else None)
        return Table(self.origin, f"{self.name}.{key}" if self.name else key, value)

    def strings(self, key: str, optional: bool = False) -> tuple[str, ...]:
        value = self.take(key, list, [] if optional else None)
        if not all(isinstance(item, str) for item in value):
            raise self.fail(key, "has an entry that is not a string")
        return tuple(value)

    def tables(self, key: str, optional: bool = False) -> list[Table]:
        value = self.take(key, list, [] if optional else None)
        if not all(isinstance(item, dict) for item in value):
            raise self.fail(key, "has an entry that is not a table")
        return [Table(self.origin, f"{self.name}.{key}[{n}]", item) for n, item in enumerate(value)]

    def done(self) -> None:
        for key in self.values:
            raise self.fail(key, "is not a field there is")
