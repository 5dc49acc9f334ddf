# SPDX-License-Identifier: GPL-2.0-only
"""What one boot ended in, and what each ending is worth as an exit status."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum


class Kind(Enum):
    PASS = "pass"
    TEST_FAILURE = "test-failure"
    SPLAT = "splat"
    PANIC = "panic"
    HANG = "hang"
    BOOT_FAILURE = "boot-failure"
    INFRASTRUCTURE = "infrastructure"

    @property
    def exit_code(self) -> int:
        return _EXIT_CODES[self]


# 2 is a wrong command line. Later in the list is worse.
_EXIT_CODES = {
    Kind.PASS: 0,
    Kind.TEST_FAILURE: 1,
    Kind.SPLAT: 10,
    Kind.HANG: 12,
    Kind.PANIC: 11,
    Kind.BOOT_FAILURE: 13,
    Kind.INFRASTRUCTURE: 16,
}


@dataclass(frozen=True)
class TestResult:
    suite: str
    name: str
    status: str  # passed, failed, skipped, missing
    message: str = ""


@dataclass(frozen=True)
class Excused:
    """An exception that was used, and for how many lines."""

    pattern: str
    reason: str
    lines: int
    counted: bool  # by the kernel, among its warnings


@dataclass(frozen=True)
class Verdict:
    kind: Kind
    reasons: tuple[str, ...] = ()
    bad_lines: tuple[str, ...] = ()
    tests: tuple[TestResult, ...] = field(default=())
    # What was found and passed over, and what else one should know of a pass.
    excused: tuple[Excused, ...] = ()
    notes: tuple[str, ...] = ()

    def remarks(self) -> list[str]:
        """Both, for people."""
        said = [f"excused, {e.lines} times: {e.pattern}: {e.reason}" for e in self.excused]
        return [*said, *self.notes]

    def count(self, *statuses: str) -> int:
        return sum(test.status in statuses for test in self.tests)

    @property
    def passed(self) -> int:
        return self.count("passed")

    @property
    def skipped(self) -> int:
        return self.count("skipped")

    @property
    def failed(self) -> int:
        """At least one for whatever is not a pass: a splat is no test, but it counts."""
        found = self.count("failed", "missing")
        return max(found, 0 if self.kind is Kind.PASS else 1)


def worst(kinds: Iterable[Kind]) -> Kind:
    """The verdict for a whole run; without any boot there is nothing to pass."""
    order = list(_EXIT_CODES)
    return max(kinds, key=order.index, default=Kind.INFRASTRUCTURE)
