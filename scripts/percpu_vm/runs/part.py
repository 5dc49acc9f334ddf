# SPDX-License-Identifier: GPL-2.0-only
"""Part of `make check`: some tests, in one target's guest or on this machine, up to the
first that fails.

`scripts/percpu-scope check-part` says what came of it as one JSON document, for
programs that ask again and again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from . import hosttests, runs
from ..host import paths
from ..host.errors import EXIT_FAILURE, ScopeError
from ..judge.verdict import Kind
from ..model import targets, variations

HOST = "host"
NOT_BUILT = "not-built"
_PURPOSE = "part"
_SAID_LINES = 30
# Any part of the host's tests is done in a few.
_HOST_SECONDS = 60
# No test of a guest that is as fast as others is silent for so long. Of what is stuck no more
# is to come: who plants faults one after another does not wait for it.
_LIMITS = replace(runs.RUN_LIMITS, silence=60, stuck=5)
_SANITIZER = re.compile(r"SUMMARY: \w+Sanitizer: |.+: runtime error: ")


@dataclass(frozen=True)
class Part:
    """What came of it: a verdict's name, or that nothing could be built."""

    verdict: str
    tests: dict[str, str] = field(default_factory=dict)  # name → passed, failed, skipped, missing
    said: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        return EXIT_FAILURE if self.verdict == NOT_BUILT else Kind(self.verdict).exit_code

    def named(self, *statuses: str) -> list[str]:
        return [name for name, status in self.tests.items() if status in statuses]

    def document(self) -> dict[str, Any]:
        return {"verdict": self.verdict, "tests": self.tests, "said": self.said}


def parse(document: dict[str, Any]) -> Part:
    return Part(document["verdict"], dict(document["tests"]), list(document["said"]))


def said_of(output: str) -> list[str]:
    """What a program said at last. First what tells most of why it ended: a sanitizer's own sum,
    behind which come long tables, or its very last word."""
    lines = output.replace(f"{paths.REPOSITORY}/", "").splitlines()
    sums = [line for line in lines if _SANITIZER.match(line)]
    return [*(sums or lines[-1:]), *lines[-_SAID_LINES:]]


def _on_host(tests: str) -> Part:
    arguments = (f"--gtest_filter={tests}", runs.FIRST_FAILURE)
    status, output, report = hosttests.run_cpp(*arguments, seconds=_HOST_SECONDS)
    said = said_of(output)
    if not report.is_file():
        return Part(Kind.TEST_FAILURE.value, {}, said)
    results = hosttests.cpp_results(report)
    is_good = not status and results and "failed" not in results.values()
    return Part((Kind.PASS if is_good else Kind.TEST_FAILURE).value, results, said)


def _in_guest(name: str, tests: str, kunit: bool) -> Part:
    variation = variations.called(name)
    target = targets.load(variation.target if variation else name)
    prepared = runs.prepare_tests(target)
    if variation:
        prepared = replace(prepared, machine=variation.machine(prepared.machine))
    judged = runs.boot_and_judge(
        prepared,
        _PURPOSE,
        lambda _: runs.part_plan(target, prepared.machine, tests, kunit),
        replace(_LIMITS, least=target.slow),
        one_instruction=variation is not None and variation.one_instruction,
        extra_skips=variations.skips_with(target, prepared.machine),
    )
    verdict = judged.verdict
    said = [*verdict.reasons, *verdict.bad_lines][:_SAID_LINES]
    return Part(verdict.kind.value, {test.name: test.status for test in verdict.tests}, said)


def check(on: str, tests: str, kunit: bool = False) -> Part:
    try:
        return _on_host(tests) if on == HOST else _in_guest(on, tests, kunit)
    except ScopeError as error:
        kind = NOT_BUILT if error.exit_code == EXIT_FAILURE else Kind.INFRASTRUCTURE.value
        return Part(kind, {}, str(error).splitlines())
