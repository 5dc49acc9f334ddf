# SPDX-License-Identifier: GPL-2.0-only
"""`run` and `check`: which targets, in which order, and what is printed.

What is printed here is for people; matrix.py and detectors.py print their own tables.
"""

from __future__ import annotations

import json
import time
from typing import Any

from . import choice, hosttests, runs
from ..host import paths
from ..model import targets
from ..vm import guest
from ..host.errors import EXIT_FAILURE, ScopeError
from ..host.locks import write_atomically
from ..judge.verdict import Kind, Verdict, worst


def _verdict_line(judged: runs.Judged) -> str:
    document, verdict = judged.document, judged.verdict
    booted = document["boot_seconds"]
    parts = [
        f"{judged.target.name}: {verdict.kind.value.upper()}",
        f"Linux {document['kernel']} ({document['kernel_version']})",
        f"{document['cpus']} CPUs",
        str(document["accelerator"]),
        f"loaded after {booted:.1f} s" if booted is not None else "never loaded",
        f"{document['seconds']:.1f} s in all",
    ]
    return ", ".join(parts)


def _explain(judged: runs.Judged) -> None:
    """What to know even of a pass; why it is none, with the first bad lines."""
    for remark in judged.verdict.remarks():
        print(f"    {remark}")
    if judged.verdict.kind is Kind.PASS:
        return
    for reason in judged.verdict.reasons[:20]:
        print(f"    {reason}")
    if len(judged.verdict.reasons) > 20:
        print(f"    … and {len(judged.verdict.reasons) - 20} more")
    for line in judged.verdict.bad_lines:
        print(f"    | {line}")
    for test in judged.verdict.tests:
        if test.status == "failed" and test.message:
            print(f"    {test.suite}: {test.name}")
            for line in test.message.splitlines()[:20]:
                print(f"      # {line}")


def _broken(target: targets.Target, error: ScopeError) -> dict[str, Any]:
    """What report.json says of a target that never came to boot."""
    build_failed = error.exit_code == EXIT_FAILURE
    kind = Kind.TEST_FAILURE if build_failed else Kind.INFRASTRUCTURE
    return {"target": target.name, "verdict": kind.value, "reasons": [str(error)]}


def _report_of(judged: runs.Judged) -> Any:
    try:
        return json.loads(judged.results.json.get("report", "null"))
    except ValueError:
        return None


def run(wanted: list[str]) -> int:
    """Boot, report, judge; one document for all in build/run/report.json."""
    started = time.monotonic()
    report = paths.BUILD / "run" / "report.json"
    report.unlink(missing_ok=True)  # yesterday's, if this is interrupted
    documents: list[dict[str, Any]] = []
    lines: list[str] = []

    def show(line: str) -> None:
        if line.startswith("# text report|"):
            print(line.partition("|")[2], flush=True)

    for target in choice.choose(wanted):
        print(f"== {target.name}: {target.summary}", flush=True)
        try:
            prepared = guest.prepare(target, runs.run_programs(target))
            judged = runs.boot_and_judge(prepared, "run", runs.run_plan, runs.RUN_LIMITS, show)
        except ScopeError as error:
            documents.append(_broken(target, error))
            lines.append(f"{target.name}: {documents[-1]['verdict'].upper()}, nothing was booted")
            print(f"{error}\n{lines[-1]}\n", flush=True)
            continue
        documents.append({**judged.document, "report": _report_of(judged)})
        lines.append(_verdict_line(judged))
        print(lines[-1])
        _explain(judged)
        print(flush=True)
    whole = worst(Kind(document["verdict"]) for document in documents)
    everything = {
        "verdict": whole.value,
        "seconds": round(time.monotonic() - started, 3),
        "targets": documents,
    }
    write_atomically(report, json.dumps(everything, indent=2) + "\n")
    good = sum(document["verdict"] == "pass" for document in documents)
    print(f"{whole.value.upper()}: {good} of {len(documents)} targets pass ({report})")
    return whole.exit_code


def torture(wanted: list[str], minutes: int, arguments: str) -> int:
    """Random jobs in each target, for so many minutes each."""
    kinds: list[Kind] = []

    def show(line: str) -> None:
        if line.startswith("# text torture|"):
            print(line.partition("|")[2], flush=True)

    for target in choice.choose(wanted):
        print(f"== {target.name}: {minutes} min", flush=True)
        try:
            judged = runs.boot_and_judge(
                guest.prepare(target, runs.run_programs(target)),
                "torture",
                lambda _: runs.torture_plan(minutes, arguments),
                runs.torture_limits(minutes),
                show,
            )
        except ScopeError as error:
            kinds.append(Kind(_broken(target, error)["verdict"]))
            print(f"{target.name}: {kinds[-1].value.upper()}, nothing was booted\n{error}\n")
            continue
        kinds.append(judged.verdict.kind)
        print(_verdict_line(judged))
        _explain(judged)
    return worst(kinds).exit_code


def _check_target(target: targets.Target) -> tuple[hosttests.Tally, Kind]:
    try:
        boots = runs.check_boots(runs.prepare_check(target))
    except ScopeError as error:
        document = _broken(target, error)
        print(f"{target.name}: {document['verdict'].upper()}, nothing was booted\n{error}")
        return hosttests.Tally(target.name, 0, 1, 0, str(error)), Kind(document["verdict"])
    for judged in boots:
        print(_verdict_line(judged))
        for line in skip_lines(judged.verdict):
            print(f"    {line}")
        _explain(judged)
    verdicts = [judged.verdict for judged in boots]
    tally = hosttests.Tally(
        target.name,
        sum(verdict.passed for verdict in verdicts),
        sum(verdict.failed for verdict in verdicts),
        sum(verdict.skipped for verdict in verdicts),
        failures=tuple(line for verdict in verdicts for line in failures_of(verdict)),
    )
    return tally, worst(verdict.kind for verdict in verdicts)


def skip_lines(verdict: Verdict) -> list[str]:
    """A line for each reason: the names alone would fill a screen."""
    by_reason: dict[str, list[str]] = {}
    for test in verdict.tests:
        if test.status == "skipped":
            by_reason.setdefault(test.message, []).append(test.name)
    return [
        f"skipped, as allowed: {reason}: {', '.join(names)}" for reason, names in by_reason.items()
    ]


def failures_of(verdict: Verdict) -> list[str]:
    """A line for each test that failed, else for what made this boot no pass."""
    if verdict.kind is Kind.PASS:
        return []
    failed = [test for test in verdict.tests if test.status in ("failed", "missing")]
    if not failed:
        return [f"{verdict.kind.value}: {reason}" for reason in verdict.reasons[:5]]
    return [
        f"{test.name}: {test.status}: {' | '.join(test.message.splitlines()[:8])}" for test in failed
    ]


def check(wanted: list[str], host: bool) -> int:
    """Every test: the host's, then each target's. A failure stops nothing."""
    tallies: list[hosttests.Tally] = []
    kinds: list[Kind] = []

    def note(tally: hosttests.Tally) -> None:
        tallies.append(tally)
        if tally.output:
            print(tally.output.rstrip())
        counted = f"{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped"
        # Not the form of the last line: there is to be one of that.
        print(f"  {tally.name}: {counted.replace(', ', ' · ')}", flush=True)

    if host:
        for tests in (hosttests.python, hosttests.cpp, hosttests.fuzz):
            print(f"== host tests: {tests.__name__}", flush=True)
            note(tests())
            kinds.append(Kind.TEST_FAILURE if tallies[-1].failed else Kind.PASS)
    for target in choice.choose(wanted):
        print(f"== {target.name}: {target.summary}", flush=True)
        tally, kind = _check_target(target)
        note(tally)
        kinds.append(kind)
    passed, failed = sum(t.passed for t in tallies), sum(t.failed for t in tallies)
    whole = worst(kinds)
    for line in (line for tally in tallies for line in tally.failure_lines()):
        print(line)
    # One number can hide a verdict, so the status comes from both.
    print(f"{passed} passed, {failed} failed, {sum(t.skipped for t in tallies)} skipped", flush=True)
    return whole.exit_code or (EXIT_FAILURE if failed else 0)
