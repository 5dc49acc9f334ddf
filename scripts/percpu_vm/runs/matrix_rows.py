# SPDX-License-Identifier: GPL-2.0-only
"""A row of the matrix: the boots of one target added up. Nothing is run or written here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .runs import Judged
from ..judge.verdict import Kind, Verdict, worst


@dataclass
class Count:
    passed: int = 0
    failed: int = 0
    skipped: int = 0


@dataclass
class Row:
    """A target, or a variation of one, with all its boots added up."""

    name: str
    summary: str
    kernel: str = ""
    accelerator: str = ""
    cpus: int = 0
    # Of what was checked, and when: rows of other runs may stand beside it.
    commit: str = ""
    when: str = ""
    verdict: str = Kind.INFRASTRUCTURE.value
    seconds: float = 0.0
    total: Count = field(default_factory=Count)
    # By program and by suite of GoogleTest; what is no suite's (a splat, a step) is in total.
    programs: dict[str, Count] = field(default_factory=dict)
    suites: dict[str, Count] = field(default_factory=dict)
    skips: dict[str, str] = field(default_factory=dict)
    # What was excused, and what else one should know of a pass.
    remarks: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    bad_lines: list[str] = field(default_factory=list)


def suite_of(test: str) -> str:
    """"Prefix/Suite.Test/0" is of "Suite"."""
    return test.partition(".")[0].rpartition("/")[2]


def _add_tests(row: Row, verdict: Verdict) -> None:
    for test in verdict.tests:
        word = test.status if test.status in ("passed", "skipped") else "failed"
        counts = [row.programs.setdefault(test.suite, Count())]
        if "." in test.name:
            counts.append(row.suites.setdefault(suite_of(test.name), Count()))
        for count in counts:
            setattr(count, word, getattr(count, word) + 1)
        if test.status == "skipped":
            row.skips[test.name] = test.message
    row.total.passed += verdict.passed
    row.total.failed += verdict.failed
    row.total.skipped += verdict.skipped


def row_of(name: str, summary: str, boots: Sequence[Judged], seconds: float) -> Row:
    row = Row(name, summary, seconds=round(seconds, 1))
    for judged in boots:
        document = judged.document
        # The common boot comes first; others may be emulated in another way.
        row.kernel, row.cpus = document["kernel"], document["cpus"]
        row.accelerator = row.accelerator or document["accelerator"]
        row.remarks += judged.verdict.remarks()
        row.reasons += judged.verdict.reasons
        row.bad_lines += judged.verdict.bad_lines
        _add_tests(row, judged.verdict)
    row.verdict = worst(judged.verdict.kind for judged in boots).value
    return row


def target_of(row: Row) -> str:
    return row.name.partition("+")[0]


def rows_in(document: dict[str, Any]) -> list[Row]:
    """The rows of a matrix.json."""

    def counts(of: dict[str, Any]) -> dict[str, Count]:
        return {name: Count(**count) for name, count in of.items()}

    rows = []
    for fields in document["rows"]:
        row = Row(**fields)
        row.total = Count(**fields["total"])
        row.programs, row.suites = counts(fields["programs"]), counts(fields["suites"])
        rows.append(row)
    return rows
