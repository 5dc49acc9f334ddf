# SPDX-License-Identifier: GPL-2.0-only
"""How far a long build is and when it will be done, as one line for people.

Counts what make prints. Knows no kernel.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable
from typing import TextIO

# Kbuild's short form of a command: what it does, and to which file.
_COMPILED = re.compile(r"  (?:CC|AS)\b")
# On a terminal the line is rewritten; a log gets a new one each time.
_TERMINAL_SECONDS = 0.5
_LOG_SECONDS = 10.0


def is_step(line: str) -> bool:
    return bool(_COMPILED.match(line))


def remaining(seconds: float) -> str:
    """A time to go in words no more exact than it is known."""
    if seconds < 60:
        return "less than a minute"
    return f"about {round(seconds / 60)} min"


class Progress:
    """Counts steps towards a number that is known about."""

    def __init__(
        self,
        what: str,
        expected: int,
        done: int = 0,
        stream: TextIO | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.what = what
        self.expected = max(1, expected)
        # Of an earlier run: they count, but not for the pace.
        self.before = self.done = done
        self.stream = stream or sys.stderr
        self.clock = clock
        self.started = clock()
        self.shown = float("-inf")
        self.rewrites = self.stream.isatty()

    def line(self) -> str:
        made = self.done - self.before
        text = f"{self.what}: {self.done} of about {max(self.expected, self.done)} files"
        if self.done >= self.expected:
            return f"{text}, linking"
        if made == 0:
            return text
        pace = (self.clock() - self.started) / made
        return f"{text}, {remaining(pace * (self.expected - self.done))} left"

    def _show(self) -> None:
        self.shown = self.clock()
        self.stream.write(f"\r\033[K{self.line()}" if self.rewrites else f"{self.line()}\n")
        self.stream.flush()

    def take(self, line: str) -> None:
        """One line of make's output."""
        self.done += is_step(line)
        wait = _TERMINAL_SECONDS if self.rewrites else _LOG_SECONDS
        if self.clock() - self.shown >= wait:
            self._show()

    def end(self, outcome: str) -> None:
        took = self.clock() - self.started
        start = "\r\033[K" if self.rewrites else ""
        self.stream.write(f"{start}{self.what}: {outcome} after {took / 60:.1f} min\n")
        self.stream.flush()
