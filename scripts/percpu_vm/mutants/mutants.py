# SPDX-License-Identifier: GPL-2.0-only
"""The mutants that there are: tests/mutants/ becomes Mutants. Reading only.

rooms.toml      which checks must kill what is planted in a file, and which rules make
                mutants of it. A room with `functions` (patterns of their names) is asked
                first: what other functions hold is the other rooms'
survivors.toml  those that no check kills, each with its reason
other *.toml    mutants chosen by hand:

    name      its own
    file      where, below kmod/ or userspace/
    function  in whose body the text stands; without it, anywhere in the file. So short
              a text can be the only one, and stays it when other functions change
    replace   the text: it must stand there once
    with      what stands there instead
    why       what the fault is
    on        `host`, or the target (or its variation) in whose guest it must be killed; else the file's
    tests     GoogleTest's filter of the tests that must kill it; else the file's
    kunit     whether the module's own tests are run, too
"""

from __future__ import annotations

import fnmatch
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from . import rules, sources
from ..host import paths
from ..host.errors import EXIT_USAGE, ScopeError
from ..model import targets, variations
from ..model.tables import Table, read_toml

FOLDER = paths.REPOSITORY / "tests" / "mutants"
_ROOMS, _SURVIVORS = "rooms.toml", "survivors.toml"
HOST = "host"


@dataclass(frozen=True)
class Checks:
    """The part of all checks that must kill a mutant."""

    on: str
    tests: str
    kunit: bool = False

    @property
    def filters(self) -> tuple[str, ...]:
        return tuple(self.tests.split(":")) if self.tests else ()


@dataclass(frozen=True)
class Room:
    files: tuple[str, ...]
    checks: Checks
    rules: tuple[str, ...]
    functions: tuple[str, ...] = ()

    def has(self, function: str) -> bool:
        patterns = self.functions or ("*",)
        return any(fnmatch.fnmatchcase(function, pattern) for pattern in patterns)


@dataclass(frozen=True)
class Mutant:
    name: str
    file: str
    why: str
    checks: Checks
    start: int
    end: int
    text: str  # what stands there instead
    line: int

    def planted(self, source: str) -> str:
        return source[: self.start] + self.text + source[self.end :]


def _checks(row: Table, default: Checks | None) -> Checks:
    checks = Checks(
        row.take("on", str, default.on if default else None),
        row.take("tests", str, default.tests if default else None),
        row.take("kunit", bool, default.kunit if default else False),
    )
    places = [HOST, *targets.names(), *(one.full_name for one in variations.load())]
    if checks.on not in places:
        raise row.fail("on", f"is neither {HOST} nor a target or its variation: {checks.on}")
    # A filter that leaves out cannot be joined with another's.
    if "-" in checks.tests or not all(checks.filters):
        raise row.fail("tests", f"is no list of patterns: {checks.tests!r}")
    if checks.kunit and checks.on == HOST:
        raise row.fail("kunit", "needs a kernel")
    if not checks.tests and not checks.kunit:
        raise row.fail("tests", "is empty")
    return checks


def parse_rooms(origin: str, text: str) -> list[Room]:
    top = Table(origin, "", read_toml(origin, text))
    found = []
    for row in top.tables("room"):
        room = Room(
            row.strings("files"), _checks(row, None), row.strings("rules", optional=True),
            row.strings("functions", optional=True),
        )  # fmt: skip
        row.done()
        for rule in room.rules:
            if rule not in rules.RULES:
                raise row.fail("rules", f"has {rule!r}; there are {', '.join(rules.RULES)}")
        found.append(room)
    top.done()
    return found


def _all(source: str, text: str, start: int, end: int) -> list[int]:
    """Where a text begins between two places."""
    pattern = re.compile(re.escape(text))
    return [found.start() for found in pattern.finditer(source, start, end)] if text else []


def _place(row: Table, source: str) -> tuple[int, int, str]:
    """Where the text stands; it has to be there exactly once."""
    name = row.take("name", str)
    function, text, instead = (
        row.take("function", str, ""), row.take("replace", str), row.take("with", str)
    )  # fmt: skip
    bodies = [(0, len(source))]
    if function:
        # More than one: overloads, or one for each side of an #if.
        named = [body for body in sources.functions(source) if body.name == function]
        bodies = [(body.start, body.end) for body in named]
        if not bodies:
            raise row.fail("function", f"of {name}: there is none called {function!r}")
    places = [at for start, end in bodies for at in _all(source, text, start, end)]
    if len(places) != 1:
        raise row.fail("replace", f"of {name} stands there {len(places)} times, not once: {text!r}")
    if text == instead:
        raise row.fail("with", f"of {name} is what is there already")
    return places[0], places[0] + len(text), instead


class Sources:
    """Files of the repository, each read once."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._texts: dict[str, str] = {}

    def of(self, file: str) -> str:
        if not file.startswith(("kmod/", "userspace/")) or ".." in file:
            raise ScopeError(f"{file}: mutants are of kmod/ and userspace/ alone", EXIT_USAGE)
        if file not in self._texts:
            path = self._root / file
            if not path.is_file():
                raise ScopeError(f"{file}: a mutant is of a file that is not there", EXIT_USAGE)
            self._texts[file] = path.read_text(encoding="utf-8")
        return self._texts[file]


def parse(origin: str, text: str, rooms: Sequence[Room], files: Sources) -> list[Mutant]:
    top = Table(origin, "", read_toml(origin, text))
    checks_of = {file: room.checks for room in rooms for file in room.files if not room.functions}
    found = []
    for row in top.tables("mutant"):
        name, file = str(row.values.get("name", "")), row.take("file", str)
        source = files.of(file)
        why = row.take("why", str)
        checks = _checks(row, checks_of.get(file))
        start, end, instead = _place(row, source)
        row.done()
        line = source.count("\n", 0, start) + 1
        found.append(Mutant(name, file, why, checks, start, end, instead, line))
    top.done()
    return found


def made_by_rule(rooms: Sequence[Room], files: Sources) -> list[Mutant]:
    found: dict[str, Mutant] = {}
    for room in sorted(rooms, key=lambda room: not room.functions):
        for file in room.files:
            source = files.of(file)
            for made in (one for rule in room.rules for one in rules.made(source, rule)):
                name = f"{file}:{made.name}"
                if not room.has(made.function) or name in found:
                    continue
                line = source.count("\n", 0, made.start) + 1
                old = source[made.start : made.end].strip()
                why = f"`{' '.join(old.split())}` is `{made.text.strip()}`"
                found[name] = Mutant(
                    name, file, why, room.checks, made.start, made.end, made.text, line
                )
    return list(found.values())


def load(folder: Path = FOLDER, root: Path = paths.REPOSITORY) -> list[Mutant]:
    """All: those chosen by hand, then those made by rule."""
    files = Sources(root)
    rooms = parse_rooms(_ROOMS, (folder / _ROOMS).read_text(encoding="utf-8"))
    found = []
    for path in sorted(folder.glob("*.toml")):
        if path.name not in (_ROOMS, _SURVIVORS):
            found += parse(path.name, path.read_text(encoding="utf-8"), rooms, files)
    found += made_by_rule(rooms, files)
    names = [mutant.name for mutant in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ScopeError(f"two mutants are called {twice[0]}", EXIT_USAGE)
    return found


def parse_survivors(origin: str, text: str, known: Sequence[Mutant]) -> dict[str, str]:
    """Name → why nothing kills it."""
    top = Table(origin, "", read_toml(origin, text))
    found: dict[str, str] = {}
    names = {mutant.name for mutant in known}
    for row in top.tables("survivor", optional=True):
        name, reason = row.take("name", str), row.take("reason", str)
        row.done()
        if name not in names or name in found:
            raise row.fail("name", f"is that of no mutant, or for the second time: {name}")
        if not reason.strip():
            raise row.fail("reason", f"of {name} is empty")
        found[name] = reason
    top.done()
    return found


def survivors(known: Sequence[Mutant], folder: Path = FOLDER) -> Mapping[str, str]:
    return parse_survivors(_SURVIVORS, (folder / _SURVIVORS).read_text(encoding="utf-8"), known)


def choose(known: Sequence[Mutant], names: Sequence[str], number: int, seed: int) -> list[Mutant]:
    """Those named (a file's name stands for all in it), or all; of them so many at random."""
    for name in names:
        if not any(name in (mutant.name, mutant.file) for mutant in known):
            raise ScopeError(f"no mutant, and no file of any, is called {name!r}", EXIT_USAGE)
    wanted = [m for m in known if not names or m.name in names or m.file in names]
    if 0 < number < len(wanted):
        wanted = random.Random(seed).sample(wanted, number)
    # What is of one file comes together: the least is built anew.
    return sorted(wanted, key=lambda mutant: (mutant.checks.on, mutant.file, mutant.start))
