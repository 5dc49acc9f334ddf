# SPDX-License-Identifier: GPL-2.0-only
"""`make mutants`: each is planted in a copy of the repository, and the part of the checks
that must notice it is run there.

Before any, the same checks must pass without one: else a failure would tell nothing.
"""

from __future__ import annotations

import fnmatch
import json
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from . import mutants, record, tree
from .mutants import Checks, Mutant
from ..host import paths
from ..host.errors import EXIT_FAILURE, EXIT_INFRASTRUCTURE, ScopeError
from ..host.locks import lock, write_atomically
from ..judge.verdict import Kind
from ..runs import part
from ..runs.part import Part

RESULTS = paths.BUILD / "mutants" / "mutants.json"
GOAL_PERCENT = 95
_KILLERS = (Kind.TEST_FAILURE, Kind.SPLAT, Kind.PANIC, Kind.HANG)
# What a compiler says of a promise that the sources themselves make.
_PROMISE = re.compile(r"static assertion failed|static_assert failed|__compiletime_assert_|BUILD_BUG")
# What says nothing of why: that the step failed as well, and what therefore never ran.
_DULL = re.compile(r"cut here|^step |^guest-tests: .* skipped, which is not allowed")
# When the kernel said it, which is another time tomorrow.
_STAMP = re.compile(r"^\[ *\d+\.\d+\] ?")


class Fate(Enum):
    KILLED = "killed"
    SURVIVED = "survived"
    # It does not compile, or the machine failed: nothing was found out of the checks.
    UNTRIED = "untried"


@dataclass(frozen=True)
class Tried:
    mutant: Mutant
    fate: Fate
    by: str
    seconds: float
    known: str = ""  # why it was to survive


def judge(came: Part) -> tuple[Fate, str]:
    """What a run with a mutant says of it."""
    if came.verdict == part.NOT_BUILT:
        for line in came.said:
            if _PROMISE.search(line):
                return Fate.KILLED, f"the build: {line.strip()}"
        errors = [line.strip() for line in came.said if "error:" in line]
        return Fate.UNTRIED, f"it does not compile: {(errors or came.said or ['?'])[0]}"
    kind = Kind(came.verdict)
    if kind is Kind.PASS:
        return Fate.SURVIVED, "nothing"
    if kind not in _KILLERS:
        return Fate.UNTRIED, f"{kind.value}: {(came.said or ['?'])[0]}"
    # A test says more than the step that it is of; the first ended the others. Of one that
    # did not report, only the number is known, and what was said of the program tells more.
    names = [name for name in came.named("failed", "missing") if not name.startswith("(")]
    failed = sorted(names, key=lambda name: "." not in name)
    if kind is Kind.TEST_FAILURE and failed:
        return Fate.KILLED, failed[0]
    telling = [_STAMP.sub("", line).strip() for line in came.said if not _DULL.search(line)]
    return Fate.KILLED, f"{kind.value}: {(telling or ['?'])[0]}"


def ask(checks: Checks) -> Part:
    """Run checks in the copy, whatever is planted there now."""
    words = ["check-part", checks.on, "--tests", checks.tests]
    status, output = tree.ask([*words, "--kunit"] if checks.kunit else words)
    last = (output.strip().splitlines() or [""])[-1]
    try:
        return part.parse(json.loads(last))
    except (json.JSONDecodeError, KeyError, TypeError):
        said = [f"check-part ended with {status}", *output.splitlines()[-10:]]
        return Part(Kind.INFRASTRUCTURE.value, {}, said)


def joined(all_checks: Sequence[Checks]) -> Checks:
    """All that several ask of one place."""
    filters = dict.fromkeys(one for checks in all_checks for one in checks.filters)
    kunit = any(checks.kunit for checks in all_checks)
    return Checks(all_checks[0].on, ":".join(filters), kunit)


def control_complaint(checks: Checks, came: Part) -> str:
    """Why checks without a mutant tell nothing of those with one; empty if they do."""
    if came.verdict != Kind.PASS.value:
        return "\n".join([f"they end in {came.verdict} without any mutant", *came.said])
    passed = came.named("passed")
    for one in checks.filters:
        if not any(fnmatch.fnmatchcase(name, one) for name in passed):
            return f"no test that passes is called {one}"
    return ""


def _try(mutant: Mutant, source: str, known: str, tries: int) -> Tried:
    """A fault that only shows when two CPUs meet is looked for more than once."""
    started = time.monotonic()
    tree.plant(mutant.file, mutant.planted(source))
    try:
        for _ in range(tries):
            fate, by = judge(ask(mutant.checks))
            if fate is not Fate.SURVIVED:
                break
    finally:
        tree.plant(mutant.file, source)
    return Tried(mutant, fate, by, time.monotonic() - started, known)


def line(tried: Tried) -> str:
    mutant = tried.mutant
    place = f"{mutant.file}:{mutant.line}"
    words = [f"{tried.fate.value:8}  {mutant.name} ({place}, {mutant.checks.on}, {tried.seconds:.0f} s)"]
    if tried.fate is Fate.SURVIVED:
        words.append(f"as it must: {tried.known}" if tried.known else f"UNKNOWN: {mutant.why}")
    else:
        words.append(f"by {tried.by}" if tried.fate is Fate.KILLED else tried.by)
        if tried.known and tried.fate is Fate.KILLED:
            words.append("though it stands in survivors.toml")
    return ": ".join(words)


def _keep(tried: Sequence[Tried]) -> None:
    document = [
        {
            "mutant": one.mutant.name,
            "place": f"{one.mutant.file}:{one.mutant.line}",
            "on": one.mutant.checks.on,
            "fate": one.fate.value,
            "by": one.by,
            "seconds": round(one.seconds, 1),
        }
        for one in tried
    ]
    write_atomically(RESULTS, json.dumps(document, indent=2) + "\n")


def killers(tried: Sequence[Tried]) -> dict[str, str | None]:
    """What killed each, or None; nothing of those that were not tried after all."""
    return {
        one.mutant.name: one.by if one.fate is Fate.KILLED else None
        for one in tried
        if one.fate is not Fate.UNTRIED
    }


def summary(tried: Sequence[Tried]) -> tuple[str, int]:
    """The last lines, and the exit status."""
    killed = sum(one.fate is Fate.KILLED for one in tried)
    survived = [one for one in tried if one.fate is Fate.SURVIVED]
    known = sum(bool(one.known) for one in survived)
    untried = len(tried) - killed - len(survived)
    judged = killed + len(survived)
    percent = 100 * killed / judged if judged else 0
    text = (
        f"{killed} killed, {len(survived)} survived ({known} of them known to), "
        f"{untried} untried: {percent:.0f} % killed, {GOAL_PERCENT} % wanted of all\n"
        f"{killed} passed, {len(survived) - known + untried} failed, {known} skipped"
    )
    if untried:
        return text, EXIT_INFRASTRUCTURE
    return text, EXIT_FAILURE if len(survived) > known else 0


def listed(known: Sequence[Mutant], survivors: Mapping[str, str]) -> str:
    lines = [
        f"{mutant.name} ({mutant.file}:{mutant.line}): {mutant.why}"
        + (f"; survives: {survivors[mutant.name]}" if mutant.name in survivors else "")
        for mutant in known
    ]
    return "\n".join([*lines, f"{len(known)} mutants"])


@dataclass(frozen=True)
class Options:
    """Names of mutants or files, or none for all; of these so many at random, or 0 for all."""

    names: Sequence[str] = ()
    among: record.Among = record.Among.ALL
    on: Sequence[str] = ()  # where they must be killed, or none for everywhere
    number: int = 0
    seed: int | None = None
    tries: int = 1  # of its checks, before a mutant has survived
    only_list: bool = False
    record: bool = False


def run(options: Options) -> int:
    known = mutants.load()
    survivors = mutants.survivors(known)
    seed = secrets.randbelow(10**6) if options.seed is None else options.seed
    named = mutants.choose(known, options.names, 0, seed)
    there = record.among(named, options.among, record.load(), survivors)
    there = [mutant for mutant in there if not options.on or mutant.checks.on in options.on]
    chosen = mutants.choose(there, (), options.number, seed)
    if options.only_list:
        print(listed(chosen, survivors))
        return 0
    if 0 < options.number < len(there):
        print(f"{len(chosen)} of {len(there)} at random: SEED={seed}", flush=True)
    tried: list[Tried] = []
    with lock(tree.FOLDER.with_name("tree.lock"), "with its mutants"):
        tree.refresh()
        for on in dict.fromkeys(mutant.checks.on for mutant in chosen):
            here = [mutant for mutant in chosen if mutant.checks.on == on]
            checks = joined([mutant.checks for mutant in here])
            print(f"== {on}: {len(here)} mutants; first the same checks without any", flush=True)
            if complaint := control_complaint(checks, ask(checks)):
                raise ScopeError(f"the checks of {on} tell nothing of mutants: {complaint}")
            for mutant in here:
                source = (paths.REPOSITORY / mutant.file).read_text(encoding="utf-8")
                tried.append(_try(mutant, source, survivors.get(mutant.name, ""), options.tries))
                print(line(tried[-1]), flush=True)
                _keep(tried)
                if options.record:
                    record.write(known, killers(tried))
    text, status = summary(tried)
    print(text)
    return status
