# SPDX-License-Identifier: GPL-2.0-only
"""The judge: a pure function from what a boot left behind to a verdict.

It starts from failure and has to be convinced: every step and test reported,
the end token of this very boot, no bad line, no new taint. No file is read
here and nothing is printed, so fixtures can be judged like real runs.
"""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from . import emulator, ktap
from .patterns import Patterns
from ..vm.plan import Kind as StepKind
from ..vm.plan import Plan
from ..vm.qemu import Ending, Outcome
from ..model.targets import AllowedSkip
from .verdict import Kind, TestResult, Verdict

# How much of a splat is quoted.
_QUOTED_LINES = 24
_DROPPED = "printk messages dropped"
# The allocator keeps some pages of chunks that were emptied, on each CPU, and other
# parts of the kernel come to use some.
_PERCPU_SLACK_KB = 512
_PERCPU_SLACK_KB_EACH = 64


@dataclass(frozen=True)
class Evidence:
    console: str
    results: str
    qemu_log: str
    outcome: Outcome
    # By QEMU of x86, whose faults emulator.py knows.
    emulated_x86: bool = False


def start_marker(nonce: str) -> str:
    """What guest/init writes into the kernel's log before the first step."""
    return f"percpu-scope: start {nonce}"


def _split(lines: Sequence[str], nonce: str) -> tuple[list[str], list[str] | None]:
    """(before the start marker, behind it); None without one: nobody knows what is missing."""
    marker = start_marker(nonce)
    at = next((n for n, line in enumerate(lines) if marker in line), None)
    return (list(lines), None) if at is None else (list(lines[:at]), list(lines[at + 1 :]))


@dataclass(frozen=True)
class _Logs:
    """What the kernel said since the start marker: on the console, and in dmesg.

    Each is judged as a whole: one may have lines that the other lost, and a report must
    not be pieced together of both.
    """

    texts: tuple[list[str], ...]
    patterns: Patterns
    target: str

    def first(self, kind: str) -> tuple[list[str], list[int]]:
        """The first text with bad lines of a kind, and where they are."""
        for text in self.texts:
            found = self.patterns.find(kind, text, self.target)
            if found:
                return text, found
        return [], []


def _quote(lines: Sequence[str], bad: Sequence[int]) -> tuple[str, ...]:
    return tuple(lines[bad[0] : bad[0] + _QUOTED_LINES]) if bad else ()


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
        elif any(fnmatch.fnmatchcase(test.name, skip.test) for skip in allowed):
            tests.append(TestResult(step, test.name, "skipped", test.reason))
        else:
            reasons.append(f"{step}: {test.name} skipped, which is not allowed: {test.reason}")
            tests.append(TestResult(step, test.name, "failed", f"skipped: {test.reason}"))
    if group.tests and all(test.skipped for test in group.tests):
        reasons.append(f"{step}: every test skipped, so nothing was tested")
        tests.append(TestResult(step, "(nothing but skips)", "failed"))
    # A test has crashed until it reports.
    for number in range(len(group.tests), group.planned or 0):
        tests.append(TestResult(step, f"(test {number + 1})", "missing", "did not report"))


def _judge_steps(
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


def _judge_taint(results: ktap.Results) -> list[str]:
    start, end = results.taints.get("start"), results.taints.get("end")
    if start is None or end is None or start < 0 or end < 0:
        return ["the kernel's taint is not known"]
    grown = end & ~start
    return [f"the kernel's taint grew from {start} to {end}"] if grown else []


def percpu_slack_kb(cpus: int) -> int:
    return max(_PERCPU_SLACK_KB, cpus * _PERCPU_SLACK_KB_EACH)


def _judge_percpu(results: ktap.Results, cpus: int) -> list[str]:
    start, end = results.percpu.get("start", -1), results.percpu.get("end", -1)
    if start < 0 or end < 0:
        return ["how much per-CPU memory the kernel held is not known"]
    if end - start <= percpu_slack_kb(cpus):
        return []
    return [f"per-CPU memory grew from {start} kB to {end} kB: something did not free its own"]


def judge(
    evidence: Evidence,
    plan: Plan,
    allowed_skips: Sequence[AllowedSkip],
    patterns: Patterns,
    target: str,
    cpus: int,
) -> Verdict:
    results = ktap.parse(evidence.results)
    outcome = evidence.outcome
    reasons, tests = _judge_steps(plan, results, allowed_skips)
    console = [line.rstrip("\r") for line in evidence.console.splitlines()]
    before, after = _split(console, plan.nonce)
    _, dmesg = _split(results.dmesg, plan.nonce)
    logs = _Logs(tuple(text for text in (after, dmesg) if text), patterns, target)

    def verdict(kind: Kind, *why: str, quote: tuple[str, ...] = ()) -> Verdict:
        return Verdict(kind, (*why, *reasons), quote, tuple(tests))

    if outcome.ending is Ending.NOT_STARTED:
        return verdict(Kind.INFRASTRUCTURE, f"QEMU did not start: {evidence.qemu_log.strip()}")
    started = results.starts == [plan.nonce]
    if not started:
        if outcome.exit_status:
            log = evidence.qemu_log.strip()
            return verdict(Kind.INFRASTRUCTURE, f"QEMU ended with {outcome.exit_status}: {log}")
        if results.starts:
            return verdict(Kind.TEST_FAILURE, "the start token is not that of this boot")
        bad = patterns.find("panic", before, target) or patterns.find("splat", before, target)
        quote = _quote(before, bad) or tuple(before[-_QUOTED_LINES:])
        how = "QEMU ended" if outcome.ending is Ending.EXITED else f"after {outcome.seconds:.0f} s"
        return verdict(Kind.BOOT_FAILURE, f"the guest never started its plan ({how})", quote=quote)
    if after is None and dmesg is None:
        reasons.insert(0, "neither console nor dmesg has the start marker: nobody saw what came after")
    # dmesg has what the console lost, unless it has lost its own beginning.
    if dmesg is None and any(_DROPPED in line for line in after or ()):
        reasons.insert(0, "the console dropped messages and dmesg wrapped: nobody saw some of them")
    text, panic = logs.first("panic")
    if not panic:
        text, _ = logs.first("splat")
    splat = patterns.find("splat", text, target)
    bad = sorted({*panic, *splat})
    fault = emulator.fault(text[bad[0] :]) if bad and evidence.emulated_x86 else ""
    if fault:
        why = f"the emulator's fault: {fault}"
        return replace(verdict(Kind.INFRASTRUCTURE, why, quote=_quote(text, bad)), emulator_fault=True)
    if panic:
        # The panic line comes last; what led to it is quoted.
        return verdict(Kind.PANIC, text[panic[0]].strip(), quote=_quote(text, bad))
    if splat:
        return verdict(Kind.SPLAT, text[splat[0]].strip(), quote=_quote(text, splat))
    if outcome.ending is not Ending.EXITED:
        tail = tuple((after or before)[-_QUOTED_LINES:])
        if outcome.ending is Ending.SILENT:
            why = f"no progress for {outcome.silent_seconds:.0f} s"
        elif outcome.ending is Ending.NOT_LOADED:
            why = f"the module was not loaded after {outcome.seconds:.0f} s"
        else:
            why = f"not done after {outcome.seconds:.0f} s"
        return verdict(Kind.HANG, why, quote=tail)
    if outcome.exit_status:
        log = evidence.qemu_log.strip()
        return verdict(Kind.INFRASTRUCTURE, f"QEMU ended with {outcome.exit_status}: {log}")
    if results.ends != [plan.nonce]:
        reasons.insert(0, "the guest ended without its end token")
    reasons += _judge_taint(results)
    reasons += _judge_percpu(results, cpus)
    return verdict(Kind.TEST_FAILURE if reasons else Kind.PASS)
