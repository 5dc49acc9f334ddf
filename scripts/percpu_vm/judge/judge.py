# SPDX-License-Identifier: GPL-2.0-only
"""The judge: a pure function from what a boot left behind to a verdict.

It starts from failure and has to be convinced: every step and test reported, the end
token of this very boot, no bad line from the kernel's first on, no taint, no warning that
the kernel counted. No file is read here and nothing is printed, so fixtures can be judged
like real runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from . import klog, ktap, state, steps
from .patterns import Found, KnownHarmless, Patterns
from ..model.outcome import GIVEN_UP, POWERED_OFF, Ending, Outcome
from ..model.plan import Plan
from ..model.targets import AllowedSkip
from .verdict import Excused, Kind, Verdict

# How much of a splat is quoted.
_QUOTED_LINES = 24


@dataclass(frozen=True)
class Evidence:
    console: str
    results: str
    qemu_log: str
    outcome: Outcome


@dataclass(frozen=True)
class Rules:
    """What a target is judged by."""

    patterns: Patterns
    target: str
    cpus: int
    allowed_skips: tuple[AllowedSkip, ...] = ()
    # Tests of each step, as many as there once were.
    remembered: Mapping[str, int] | None = None


class _Logs:
    """What the kernel said, on the console and in dmesg.

    Each is judged as a whole: one may have lines that the other lost, and a report must
    not be pieced together of both.
    """

    def __init__(self, evidence: Evidence, results: ktap.Results, rules: Rules) -> None:
        self.console, self.dmesg = klog.read(evidence.console, results.dmesg)
        self._found = [
            (log, rules.patterns.find(log.messages, rules.target))
            for log in (self.console, self.dmesg)
        ]

    def first(self, kind: str) -> tuple[klog.Log, Found] | None:
        """The first log with bad lines of a kind, and all that was found in it."""
        return next(((log, found) for log, found in self._found if found.at[kind]), None)

    def excused(self) -> tuple[Excused, ...]:
        """How often each exception was used: what both logs have is counted once."""
        used: dict[KnownHarmless, int] = {}
        for _, found in self._found:
            for known, count in found.excused.items():
                used[known] = max(used.get(known, 0), count)
        return tuple(
            Excused(known.pattern.pattern, known.reason, count, known.counted)
            for known, count in used.items()
        )

    def unseen(self) -> list[str]:
        """Why not all that the kernel said can have been seen, of a boot that ended well."""
        if not self.dmesg.lines:
            return ["the guest sent nothing of the kernel's log: nobody saw what it said"]
        if self.console.dropped_some and not self.dmesg.is_whole:
            return ["the console dropped messages and dmesg wrapped: nobody saw some of them"]
        return []

    def notes(self) -> list[str]:
        if self.dmesg.lines and not self.dmesg.is_whole:
            return ["dmesg wrapped: judged by what is left of it, and by the console"]
        return []


def _quote(log: klog.Log, bad: Sequence[int]) -> tuple[str, ...]:
    return log.lines[bad[0] : bad[0] + _QUOTED_LINES] if bad else ()


def _worst_line(logs: _Logs) -> tuple[Kind, str, tuple[str, ...]] | None:
    """(panic or splat, the line, what is quoted); None if no line says so."""
    panic = logs.first("panic")
    if panic:
        log, found = panic
        # The panic's line comes last; what led to it is quoted.
        bad = sorted({*found.at["panic"], *found.at["splat"]})
        return Kind.PANIC, log.lines[found.at["panic"][0]].strip(), _quote(log, bad)
    splat = logs.first("splat")
    if splat:
        log, found = splat
        return Kind.SPLAT, log.lines[found.at["splat"][0]].strip(), _quote(log, found.at["splat"])
    return None


def _why_it_hung(outcome: Outcome) -> str:
    if outcome.ending is Ending.SILENT:
        return f"no progress for {outcome.silent_seconds:.0f} s"
    if outcome.ending is Ending.NOT_LOADED:
        return f"the module was not loaded after {outcome.seconds:.0f} s"
    return f"not done after {outcome.seconds:.0f} s"


def _not_booted(evidence: Evidence, logs: _Logs) -> tuple[Kind, str, tuple[str, ...]]:
    """Of a guest that never started its plan."""
    outcome = evidence.outcome
    if outcome.exit_status:
        log = evidence.qemu_log.strip()
        return Kind.INFRASTRUCTURE, f"QEMU ended with {outcome.exit_status}: {log}", ()
    worst = _worst_line(logs)
    quote = worst[2] if worst else logs.console.lines[-_QUOTED_LINES:]
    how = "QEMU ended" if outcome.ending is Ending.EXITED else f"after {outcome.seconds:.0f} s"
    return Kind.BOOT_FAILURE, f"the guest never started its plan ({how})", quote


def _badly_ended(evidence: Evidence, logs: _Logs) -> tuple[Kind, str, tuple[str, ...]] | None:
    """Of a machine that did not stop because its guest switched it off."""
    outcome = evidence.outcome
    tail = logs.console.lines[-_QUOTED_LINES:]
    if outcome.ending is not Ending.EXITED:
        return Kind.HANG, _why_it_hung(outcome), tail
    if outcome.exit_status:
        log = evidence.qemu_log.strip()
        return Kind.INFRASTRUCTURE, f"QEMU ended with {outcome.exit_status}: {log}", ()
    if outcome.shutdown in GIVEN_UP:
        why = f"the guest's machine was reset ({outcome.shutdown}): a panic, whatever was said of it"
        return Kind.PANIC, why, tail
    if outcome.shutdown != POWERED_OFF:
        why = outcome.shutdown or "its monitor does not say why"
        return Kind.INFRASTRUCTURE, f"QEMU ended, and not because the guest did: {why}", ()
    return None


def judge(evidence: Evidence, plan: Plan, rules: Rules) -> Verdict:
    results = ktap.parse(evidence.results)
    reasons, tests = steps.judge_steps(plan, results, rules.allowed_skips)
    logs = _Logs(evidence, results, rules)
    fewer, notes = steps.judge_numbers(results, rules.remembered or {})
    reasons += fewer
    excused = logs.excused()

    def verdict(kind: Kind, why: Sequence[str] = (), quote: tuple[str, ...] = ()) -> Verdict:
        said = tuple([*logs.notes(), *notes])
        return Verdict(kind, (*why, *reasons), quote, tuple(tests), excused, said)

    if evidence.outcome.ending is Ending.NOT_STARTED:
        return verdict(Kind.INFRASTRUCTURE, [f"QEMU did not start: {evidence.qemu_log.strip()}"])
    if results.starts != [plan.nonce]:
        if results.starts and not evidence.outcome.exit_status:
            return verdict(Kind.TEST_FAILURE, ["the start token is not that of this boot"])
        kind, why, quote = _not_booted(evidence, logs)
        return verdict(kind, [why], quote)
    worst, ended = _worst_line(logs), _badly_ended(evidence, logs)
    if worst and ended and ended[0] is Kind.PANIC and worst[0] is not Kind.PANIC:
        # It died of what it complained of.
        return verdict(Kind.PANIC, [ended[1], worst[1]], worst[2])
    if end := worst or ended:
        kind, why, quote = end
        return verdict(kind, [why], quote)
    unknown, wrong = state.judge_taint(results, plan)
    counted = sum(known.lines for known in excused if known.counted)
    wrong += state.judge_counts(results, counted)
    if wrong:
        # No line says it, or none that is known; the kernel knows all the same.
        return verdict(Kind.SPLAT, wrong)
    if results.ends != [plan.nonce]:
        reasons.insert(0, "the guest ended without its end token")
    reasons += [*logs.unseen(), *unknown, *state.judge_percpu(results, rules.cpus)]
    process = logs.first("process")
    if process:
        log, found = process
        line = log.lines[found.at["process"][0]].strip()
        reasons.append(f"a program died of its own fault: {line}")
    return verdict(Kind.TEST_FAILURE if reasons else Kind.PASS)
