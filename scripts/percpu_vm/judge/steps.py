# SPDX-License-Identifier: GPL-2.0-only
"""What the plan's steps and their tests reported, held against the plan. Pure."""

from __future__ import annotations

import fnmatch
import json
import re
from collections.abc import Mapping, Sequence

from . import ktap
from ..model.plan import Kind as StepKind
from ..model.plan import Plan
from ..model.targets import AllowedSkip
from .verdict import TestResult

# Of a step's tests: below that nothing is known of the kernel, whatever was allowed to skip.
_LEAST_SHARE_PASSED = 0.5


def _is_allowed(test: ktap.Test, allowed: Sequence[AllowedSkip]) -> bool:
    return any(
        fnmatch.fnmatchcase(test.name, skip.test) and re.search(skip.says, test.reason)
        for skip in allowed
    )


def _judge_share(step: str, group: ktap.Group, reasons: list[str], tests: list[TestResult]) -> None:
    skipped = sum(test.skipped for test in group.tests)
    if skipped == 0 or len(group.tests) - skipped >= len(group.tests) * _LEAST_SHARE_PASSED:
        return
    how = "every test" if skipped == len(group.tests) else f"{skipped} of {len(group.tests)} tests"
    reasons.append(f"{step}: {how} skipped, so too little was tested")
    tests.append(TestResult(step, "(too many skips)", "failed"))


def _judge_nested(
    step: str,
    group: ktap.Group | None,
    allowed: Sequence[AllowedSkip],
    reasons: list[str],
    tests: list[TestResult],
) -> None:
    if group is None:
        reasons.append(f"{step}: no test reported")
        tests.append(TestResult(step, "(no test reported)", "missing"))
        return
    reasons += [f"{step}: {problem}" for problem in group.problems()]
    for test in group.tests:
        message = "\n".join(test.diagnostics)
        if not test.ok:
            reasons.append(f"{step}: {test.name} failed")
            tests.append(TestResult(step, test.name, "failed", message))
        elif not test.skipped:
            tests.append(TestResult(step, test.name, "passed"))
        elif _is_allowed(test, allowed):
            tests.append(TestResult(step, test.name, "skipped", test.reason))
        else:
            reasons.append(f"{step}: {test.name} skipped, which is not allowed: {test.reason}")
            tests.append(TestResult(step, test.name, "failed", f"skipped: {test.reason}"))
    _judge_share(step, group, reasons, tests)
    # A test has crashed until it reports.
    for number in range(len(group.tests), group.planned or 0):
        tests.append(TestResult(step, f"(test {number + 1})", "missing", "did not report"))


def judge_steps(
    plan: Plan, results: ktap.Results, allowed: Sequence[AllowedSkip]
) -> tuple[list[str], list[TestResult]]:
    reasons: list[str] = []
    tests: list[TestResult] = []
    if results.steps.planned != len(plan.steps):
        reasons.append(f"the guest planned {results.steps.planned} steps, not {len(plan.steps)}")
    reported = {test.number: test for test in results.steps.tests}
    if len(reported) != len(results.steps.tests):
        reasons.append("a step reported twice")
    for number, step in enumerate(plan.steps, start=1):
        found = reported.get(number)
        if found is None or found.name != step.name:
            reasons.append(f"step {step.name} did not report")
            if results.unfinished is not None and number == len(reported) + 1:
                _judge_nested(step.name, results.unfinished, allowed, reasons, tests)
            tests.append(TestResult("steps", step.name, "missing", "did not report"))
            continue
        if not found.ok or found.skipped:
            status = results.exits.get(step.name, "unknown")
            reasons.append(f"step {step.name} failed, exit status {status}")
        # A step of tests is its tests; only its failure is one of its own.
        if step.kind is StepKind.KTAP:
            before = len(reasons)
            _judge_nested(step.name, results.nested.get(step.name), allowed, reasons, tests)
            if not found.ok and len(reasons) == before:
                message = "\n".join(found.diagnostics)
                tests.append(TestResult("steps", step.name, "failed", message))
        else:
            status_word = "passed" if found.ok and not found.skipped else "failed"
            tests.append(TestResult("steps", step.name, status_word))
        if step.json:
            reasons += _judge_document(step.name, results.json.get(step.name))
    return reasons, tests


def _judge_document(name: str, text: str | None) -> list[str]:
    if text is None:
        return [f"step {name} left no JSON document"]
    try:
        document = json.loads(text)
    except ValueError as error:
        return [f"step {name} left a broken JSON document: {error}"]
    if not isinstance(document, dict) or document.get("verdict") != "pass":
        return [f"step {name}: its document does not say pass"]
    return []


def judge_numbers(
    results: ktap.Results, remembered: Mapping[str, int]
) -> tuple[list[str], list[str]]:
    """(reasons, notes) of how many tests each step had, held against what there once were.

    The plan of a program is its own word: a suite that is not linked any more leaves none.
    """
    reasons, notes = [], []
    for step, count in remembered.items():
        group = results.nested.get(step)
        if group is None:  # told already: the step did not report, or had no tests
            continue
        now = len(group.tests)
        if now < count:
            reasons.append(
                f"{step}: {now} tests, and there were {count}. If they have gone for good: "
                "scripts/percpu-scope remember-tests"
            )
        elif now > count:
            notes.append(f"{step}: {now} tests, {now - count} more than remembered")
    return reasons, notes
