# SPDX-License-Identifier: GPL-2.0-only
"""What the kernel counts of itself: its taint, its warnings, its per-CPU memory. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from .ktap import Results
from ..model.plan import Kind as StepKind
from ..model.plan import Plan

# Documentation/admin-guide/tainted-kernels.rst, by bit.
_FLAGS = "PFSRMBUDAWCIOELKXTNJ"


def _bit(flag: str) -> int:
    return 1 << _FLAGS.index(flag)


_OUT_OF_TREE, _UNSIGNED = _bit("O"), _bit("E")
_KUNIT = _bit("N")
# Says how the kernel was built, and nothing of how it is.
_RANDOMIZED_LAYOUT = _bit("T")

# The allocator keeps some pages of chunks that were emptied, on each CPU, and other
# parts of the kernel come to use some.
_PERCPU_SLACK_KB = 512
_PERCPU_SLACK_KB_EACH = 64


def _named(taint: int) -> str:
    letters = [flag for bit, flag in enumerate(_FLAGS) if taint >> bit & 1]
    beyond = [str(bit) for bit in range(len(_FLAGS), taint.bit_length()) if taint >> bit & 1]
    return f"{taint} ({' '.join([*letters, *beyond])})"


def _pair(counter: Mapping[str, int]) -> tuple[int, int]:
    return counter.get("start", -1), counter.get("end", -1)


def _allowed_taint(results: Results, plan: Plan) -> tuple[int, int]:
    """(when it has booted, what may come)."""
    # Running a suite of KUnit's taints; what is built in has run before anybody looks.
    kunit = _KUNIT if "runs-kunit" in results.kernel else 0
    if not any(step.kind is StepKind.LOAD for step in plan.steps):
        return _RANDOMIZED_LAYOUT | kunit, 0
    loaded = _OUT_OF_TREE | (_UNSIGNED if "checks-signatures" in results.kernel else 0)
    return _RANDOMIZED_LAYOUT, loaded | kunit


def judge_taint(results: Results, plan: Plan) -> tuple[list[str], list[str]]:
    """(what is not known, what the kernel says was wrong)."""
    start, end = _pair(results.counters.get("taint", {}))
    at_start, later = _allowed_taint(results, plan)
    wrong = []
    if start > 0 and start & ~at_start:
        wrong.append(f"the kernel was tainted when it had booted: {_named(start & ~at_start)}")
    grown = end & ~(start | later) if start >= 0 and end >= 0 else 0
    if grown:
        wrong.append(f"the kernel's taint grew from {start} to {end}, by {_named(grown)}")
    return (["the kernel's taint is not known"] if start < 0 or end < 0 else []), wrong


def judge_counts(results: Results, excused: int) -> list[str]:
    """Warnings and oopses that the kernel has counted, from its first line on.

    An excused report of a detector's is counted by the kernel like any other.
    """
    wrong = []
    for name, what, known in (("warn_count", "warnings", excused), ("oops_count", "oopses", 0)):
        counter = results.counters.get(name)
        if counter is None:  # before 6.2
            continue
        start, end = _pair(counter)
        if max(start, end) > known or start < 0:
            wrong.append(f"the kernel counted {what}: {start} at the start, {end} at the end")
    return wrong


def percpu_slack_kb(cpus: int) -> int:
    return max(_PERCPU_SLACK_KB, cpus * _PERCPU_SLACK_KB_EACH)


def judge_percpu(results: Results, cpus: int) -> list[str]:
    start, end = _pair(results.counters.get("percpu", {}))
    if start < 0 or end < 0:
        return ["how much per-CPU memory the kernel held is not known"]
    if end - start <= percpu_slack_kb(cpus):
        return []
    return [f"per-CPU memory grew from {start} kB to {end} kB: something did not free its own"]
