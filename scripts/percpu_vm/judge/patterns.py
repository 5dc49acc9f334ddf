# SPDX-License-Identifier: GPL-2.0-only
"""Bad lines and their exceptions: reading scripts/data/judge/ and finding them in text."""

from __future__ import annotations

import fnmatch
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..host import paths
from ..host.errors import EXIT_USAGE, ScopeError


# Of the kernel's log, with its time.
_BLANK = re.compile(r"^(\[[ \d.]+\](\[ *\w+\])?)?\s*$")


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

    def covers(self, lines: Sequence[str], number: int, target: str) -> bool:
        """Is this the line, on this target, and the report from it on without `unless`?"""
        if not self.pattern.search(lines[number]):
            return False
        if not any(fnmatch.fnmatch(target, wanted) for wanted in self.targets):
            return False
        if self.unless is None or self.until is None:
            return True
        passed_over = False
        for line in lines[number:]:
            if self.until.search(line):
                return True
            if _BLANK.search(line):
                passed_over = False
            elif self.beyond is not None and self.beyond.search(line):
                passed_over = True
            elif self.unless.search(line) and not passed_over:
                return False
        return False  # cut short: nobody knows what it would have said


@dataclass(frozen=True)
class Patterns:
    panic: tuple[re.Pattern[str], ...]
    splat: tuple[re.Pattern[str], ...]
    exceptions: tuple[KnownHarmless, ...]

    def find(self, kind: str, lines: Sequence[str], target: str) -> list[int]:
        """Indexes of bad lines; `kind` is panic or splat."""
        wanted = self.panic if kind == "panic" else self.splat
        return [
            number
            for number, line in enumerate(lines)
            if any(p.search(line) for p in wanted)
            and not any(known.covers(lines, number, target) for known in self.exceptions)
        ]


def parse(patterns: str, exceptions: str) -> Patterns:
    try:
        bad = tomllib.loads(patterns)
        known = tomllib.loads(exceptions)
        found = []
        for item in known["exception"]:
            if not str(item["reason"]).strip():
                raise ScopeError(f"exception {item['pattern']} has no reason", EXIT_USAGE)
            if ("unless" in item) != ("until" in item):
                raise ScopeError(f"exception {item['pattern']}: unless needs until", EXIT_USAGE)
            found.append(
                KnownHarmless(
                    re.compile(item["pattern"]),
                    item["reason"],
                    tuple(item.get("targets", ["*"])),
                    re.compile(item["unless"]) if "unless" in item else None,
                    re.compile(item["until"]) if "until" in item else None,
                    re.compile(item["beyond"]) if "beyond" in item else None,
                )
            )
        return Patterns(
            tuple(re.compile(text) for text in bad["panic"]),
            tuple(re.compile(text) for text in bad["splat"]),
            tuple(found),
        )
    except (tomllib.TOMLDecodeError, re.error, KeyError, TypeError) as error:
        raise ScopeError(f"scripts/data/judge: {error!r}", EXIT_USAGE) from error


def load(folder: Path = paths.JUDGE_DATA) -> Patterns:
    return parse(
        (folder / "patterns.toml").read_text(encoding="utf-8"),
        (folder / "exceptions.toml").read_text(encoding="utf-8"),
    )
