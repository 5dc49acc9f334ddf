# SPDX-License-Identifier: GPL-2.0-only
"""Bad lines and their exceptions: reading scripts/data/judge/ and finding them in what
the kernel said (klog.py), from which the time has been taken."""

from __future__ import annotations

import fnmatch
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..host import paths
from ..host.errors import EXIT_USAGE, ScopeError

# Worst first. `process` is a program's own fault, of which the kernel only tells.
KINDS = ("panic", "splat", "process")
# How far above a line the title of its report can be: a stack and its registers.
_REPORT_LINES = 80


@dataclass(frozen=True)
class KnownHarmless:
    pattern: re.Pattern[str]
    reason: str
    targets: tuple[str, ...] = ("*",)
    # What must not be in the report, and what its last line has.
    unless: re.Pattern[str] | None = None
    until: re.Pattern[str] | None = None
    # From such a line to the next blank one it may be: there stands who was interrupted.
    beyond: re.Pattern[str] | None = None
    # The nearest of the lines above that opens a report is such a one.
    below: re.Pattern[str] | None = None
    # The kernel counts such a report among its warnings.
    counted: bool = False

    def covers(self, messages: Sequence[str], number: int, target: str) -> bool:
        """Is this the line, on this target, below its title, and the report without `unless`?"""
        if not self.pattern.search(messages[number]):
            return False
        if not any(fnmatch.fnmatch(target, wanted) for wanted in self.targets):
            return False
        if self.below is not None and not self._is_below(messages, number):
            return False
        if self.unless is None or self.until is None:
            return True
        passed_over = False
        for line in messages[number:]:
            if self.until.search(line):
                return True
            if not line.strip():
                passed_over = False
            elif self.beyond is not None and self.beyond.search(line):
                passed_over = True
            elif self.unless.search(line) and not passed_over:
                return False
        return False  # cut short: nobody knows what it would have said

    def _is_below(self, messages: Sequence[str], number: int) -> bool:
        assert self.below is not None
        for line in reversed(messages[max(0, number - _REPORT_LINES) : number]):
            if self.below.search(line):
                return True
            if self.pattern.search(line):  # another report of the kind lies between
                return False
        return False


@dataclass
class Found:
    """Where a log has bad lines, by kind, and how many lines each exception covered."""

    at: dict[str, list[int]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    excused: dict[KnownHarmless, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Patterns:
    bad: Mapping[str, tuple[re.Pattern[str], ...]]
    exceptions: tuple[KnownHarmless, ...]

    def kind_of(self, message: str) -> str | None:
        """The worst kind that a line is of, exceptions aside."""
        for kind in KINDS:
            if any(pattern.search(message) for pattern in self.bad[kind]):
                return kind
        return None

    def find(self, messages: Sequence[str], target: str) -> Found:
        found = Found()
        for number, message in enumerate(messages):
            kind = self.kind_of(message)
            if kind is None:
                continue
            covering = (known for known in self.exceptions if known.covers(messages, number, target))
            known = next(covering, None)
            if known is None:
                found.at[kind].append(number)
            else:
                found.excused[known] = found.excused.get(known, 0) + 1
        return found

    def without(self, kind: str, pattern: re.Pattern[str]) -> Patterns:
        """The same, one pattern fewer: what tests ask whether it was needed."""
        left = tuple(other for other in self.bad[kind] if other is not pattern)
        return Patterns({**self.bad, kind: left}, self.exceptions)


_OPTIONAL = ("unless", "until", "beyond", "below")


def _exception(item: Mapping[str, Any]) -> KnownHarmless:
    left = set(item) - {"pattern", "reason", "targets", "counted", *_OPTIONAL}
    if left:
        raise ScopeError(f"exception {item['pattern']}: no field is called {left}", EXIT_USAGE)
    if not str(item["reason"]).strip():
        raise ScopeError(f"exception {item['pattern']} has no reason", EXIT_USAGE)
    if ("unless" in item) != ("until" in item):
        raise ScopeError(f"exception {item['pattern']}: unless needs until", EXIT_USAGE)
    if "beyond" in item and "unless" not in item:
        raise ScopeError(f"exception {item['pattern']}: beyond needs unless", EXIT_USAGE)
    compiled = {name: re.compile(item[name]) for name in _OPTIONAL if name in item}
    targets = tuple(item.get("targets", ["*"]))
    counted = bool(item.get("counted", False))
    return KnownHarmless(
        re.compile(item["pattern"]), item["reason"], targets, counted=counted, **compiled
    )


def _compiled(kind: str, texts: Iterable[str]) -> tuple[re.Pattern[str], ...]:
    listed = list(texts)
    if not listed or not all(listed):
        # Nothing would match, or everything: either is a slip of whoever edits the file.
        raise ScopeError(f"patterns.toml: {kind} is empty, or has an empty pattern", EXIT_USAGE)
    if len(set(listed)) != len(listed):
        raise ScopeError(f"patterns.toml: {kind} has a pattern twice", EXIT_USAGE)
    return tuple(re.compile(text) for text in listed)


def parse(patterns: str, exceptions: str) -> Patterns:
    try:
        bad = tomllib.loads(patterns)
        if left := set(bad) - set(KINDS):
            raise ScopeError(f"patterns.toml: no kind is called {left}", EXIT_USAGE)
        return Patterns(
            {kind: _compiled(kind, bad[kind]) for kind in KINDS},
            tuple(_exception(item) for item in tomllib.loads(exceptions).get("exception", [])),
        )
    except (tomllib.TOMLDecodeError, re.error, KeyError, TypeError) as error:
        raise ScopeError(f"scripts/data/judge: {error!r}", EXIT_USAGE) from error


def load(folder: Path = paths.JUDGE_DATA) -> Patterns:
    return parse(
        (folder / "patterns.toml").read_text(encoding="utf-8"),
        (folder / "exceptions.toml").read_text(encoding="utf-8"),
    )
