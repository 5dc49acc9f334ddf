# SPDX-License-Identifier: GPL-2.0-only
"""Bad lines and their exceptions: reading scripts/judge/ and finding them in text."""

from __future__ import annotations

import fnmatch
import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from . import paths
from .errors import EXIT_USAGE, ScopeError


@dataclass(frozen=True)
class KnownHarmless:
    pattern: re.Pattern[str]
    reason: str
    targets: tuple[str, ...] = ("*",)


@dataclass(frozen=True)
class Patterns:
    panic: tuple[re.Pattern[str], ...]
    splat: tuple[re.Pattern[str], ...]
    exceptions: tuple[KnownHarmless, ...]

    def _harmless(self, line: str, target: str) -> bool:
        return any(
            known.pattern.search(line) and any(fnmatch.fnmatch(target, t) for t in known.targets)
            for known in self.exceptions
        )

    def find(self, kind: str, lines: Sequence[str], target: str) -> list[int]:
        """Indexes of bad lines; `kind` is panic or splat."""
        wanted = self.panic if kind == "panic" else self.splat
        return [
            number
            for number, line in enumerate(lines)
            if any(p.search(line) for p in wanted) and not self._harmless(line, target)
        ]


def parse(patterns: str, exceptions: str) -> Patterns:
    try:
        bad = tomllib.loads(patterns)
        known = tomllib.loads(exceptions)
        found = []
        for item in known["exception"]:
            if not str(item["reason"]).strip():
                raise ScopeError(f"exception {item['pattern']} has no reason", EXIT_USAGE)
            goal = tuple(item.get("targets", ["*"]))
            found.append(KnownHarmless(re.compile(item["pattern"]), item["reason"], goal))
        return Patterns(
            tuple(re.compile(text) for text in bad["panic"]),
            tuple(re.compile(text) for text in bad["splat"]),
            tuple(found),
        )
    except (tomllib.TOMLDecodeError, re.error, KeyError, TypeError) as error:
        raise ScopeError(f"scripts/judge: {error!r}", EXIT_USAGE) from error


def load(folder: Path = paths.JUDGE_DATA) -> Patterns:
    return parse(
        (folder / "patterns.toml").read_text(encoding="utf-8"),
        (folder / "exceptions.toml").read_text(encoding="utf-8"),
    )
