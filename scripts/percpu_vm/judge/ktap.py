# SPDX-License-Identifier: GPL-2.0-only
"""Reading what came out of the results port. Text in, data out, no judgement.

KTAP with one level of nesting (a step holds its program's tests) and comment
lines of our own:

    # percpu-scope start|end <nonce>   # taint start|end <n>
    # percpu start|end <kB>            # kernel checks-signatures|runs-kunit
    # warn_count start|end <n>         # oops_count start|end <n>
    # boot seconds <s>                 # exit <status> <step>
    # json <name> {...}                # text <name>|<line>
    # dmesg <<priority>><line>
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_PLAN = re.compile(r"1\.\.(\d+)")
_RESULT = re.compile(r"(not ok|ok) (\d+) (?:- )?(\S[^#]*?)\s*(?:# ?(SKIP|TODO)\b\s*(.*))?")
_COUNTERS = ("taint", "warn_count", "oops_count", "percpu")
_COMMENT = re.compile(
    rf"# (percpu-scope|{'|'.join(_COUNTERS)}|kernel|exit|json|text|dmesg) ?(.*)"
)


@dataclass
class Test:
    number: int
    name: str
    ok: bool
    skipped: bool = False
    reason: str = ""
    diagnostics: list[str] = field(default_factory=list)


@dataclass
class Group:
    """A plan and what was reported under it."""

    planned: int | None = None
    tests: list[Test] = field(default_factory=list)

    def problems(self) -> list[str]:
        """Why this cannot be trusted, even if every line in it says ok."""
        if self.planned is None:
            return ["it announced no plan"]
        found = []
        if self.planned == 0:
            found.append("its plan is empty")
        numbers = [test.number for test in self.tests]
        if len(numbers) < self.planned:
            found.append(f"{self.planned - len(numbers)} of {self.planned} tests did not report")
        elif len(numbers) > self.planned:
            found.append(f"{len(numbers)} tests reported, {self.planned} were planned")
        elif numbers != list(range(1, self.planned + 1)):
            found.append("its tests are not numbered in order")
        names = [test.name for test in self.tests]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            found.append(f"reported twice: {', '.join(repeated)}")
        return found


@dataclass
class Results:
    steps: Group = field(default_factory=Group)
    # Tests of a step's program, by the step's name.
    nested: dict[str, Group] = field(default_factory=dict)
    starts: list[str] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    # What the kernel counts, at the start and at the end, by its name: taint, warn_count,
    # oops_count, and "Percpu:" of /proc/meminfo in kB.
    counters: dict[str, dict[str, int]] = field(default_factory=dict)
    # What of it bears on what loading a module adds: checks-signatures, runs-kunit.
    kernel: set[str] = field(default_factory=set)
    exits: dict[str, int] = field(default_factory=dict)
    json: dict[str, str] = field(default_factory=dict)
    texts: dict[str, list[str]] = field(default_factory=dict)
    dmesg: list[str] = field(default_factory=list)
    # Tests of a step that never came to its end.
    unfinished: Group | None = None


def _number(text: str) -> int:
    # What does not parse must not look like anything that was agreed on.
    return int(text) if text.isdigit() else -1


def _comment(results: Results, kind: str, rest: str) -> None:
    first, _, second = rest.partition(" ")
    if kind == "percpu-scope" and first in ("start", "end"):
        (results.starts if first == "start" else results.ends).append(second)
    elif kind in _COUNTERS:
        results.counters.setdefault(kind, {})[first] = _number(second)
    elif kind == "kernel":
        results.kernel.add(rest)
    elif kind == "exit":
        results.exits[second] = _number(first)
    elif kind == "json":
        results.json[first] = second
    elif kind == "text":
        name, _, line = rest.partition("|")
        results.texts.setdefault(name, []).append(line)
    elif kind == "dmesg":
        results.dmesg.append(rest)


def _take(group: Group, line: str, diagnostics: list[str]) -> Test | None:
    plan = _PLAN.fullmatch(line)
    if plan:
        # A second plan would let a program rewrite what it promised.
        group.planned = int(plan.group(1)) if group.planned is None else -1
        return None
    result = _RESULT.fullmatch(line)
    if not result:
        return None
    test = Test(
        number=int(result.group(2)),
        name=result.group(3),
        ok=result.group(1) == "ok",
        skipped=result.group(4) == "SKIP",
        reason=result.group(5) or "",
        diagnostics=list(diagnostics),
    )
    group.tests.append(test)
    return test


def parse(text: str) -> Results:
    results = Results()
    inner: Group | None = None
    diagnostics: list[str] = []
    for raw in text.splitlines():
        line = raw.rstrip("\r")
        if line.startswith("  "):
            body = line[2:]
            inner = inner or Group()
            if body.startswith("#"):
                diagnostics.append(body[1:].strip())
            elif _take(inner, body, diagnostics):
                diagnostics = []
            continue
        comment = _COMMENT.fullmatch(line)
        if comment:
            _comment(results, comment.group(1), comment.group(2))
            continue
        step = _take(results.steps, line, [])
        if step and inner is not None:
            # What was said after the last test belongs to the step.
            step.diagnostics = diagnostics
            results.nested[step.name] = inner
            inner, diagnostics = None, []
    results.unfinished = inner
    return results
