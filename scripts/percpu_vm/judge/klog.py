# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's log, as the console and dmesg have it: which of the lines are the kernel's
own, and what was lost. Text in, data out, no judgement.

A process writes into the same log through /dev/kmsg. What it wrote is told by its facility,
which the kernel never lets be its own (0) and which `dmesg -r` has before each line. On the
console a line has none: there it is the process's if dmesg has it as that.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_PRIORITY = re.compile(r"<(\d+)>(.*)")
# The time, and with CONFIG_PRINTK_CALLER who it was. What a program wrote to the terminal
# may stand before it.
_STAMP = re.compile(r"\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? ?")
# The first lines of every kernel have it.
_FIRST = "Linux version "
_FIRST_LINES = 4
_DROPPED = re.compile(r"\*\* \d+ printk messages dropped \*\*")


def message(line: str) -> str:
    """What the kernel said, without when."""
    stamp = _STAMP.search(line)
    return line[stamp.end() :] if stamp else line


@dataclass(frozen=True)
class Log:
    """What is left of the kernel's log on one way out of the guest."""

    lines: tuple[str, ...]

    @property
    def messages(self) -> list[str]:
        return [message(line) for line in self.lines]

    @property
    def is_whole(self) -> bool:
        return any(_FIRST in line for line in self.lines[:_FIRST_LINES])

    @property
    def dropped_some(self) -> bool:
        return any(_DROPPED.search(line) for line in self.lines)


def _split_raw(raw: str) -> tuple[bool, str]:
    """(the kernel's own, the line): without a priority nobody else is known to have said it."""
    found = _PRIORITY.fullmatch(raw)
    return (int(found[1]) >> 3 == 0, found[2]) if found else (True, raw)


def read(console: str, raw_dmesg: Sequence[str]) -> tuple[Log, Log]:
    """(the console, dmesg), each with the kernel's own lines only."""
    split = [_split_raw(raw) for raw in raw_dmesg]
    of_processes = {line for own, line in split if not own}
    shown = [line.rstrip("\r") for line in console.splitlines()]
    if any(_STAMP.search(line) for line in shown):
        # What has no time was written to the terminal, and is not the kernel's.
        shown = [line for line in shown if _STAMP.search(line)]
    return (
        Log(tuple(line for line in shown if line not in of_processes)),
        Log(tuple(line for own, line in split if own)),
    )
