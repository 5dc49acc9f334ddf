# SPDX-License-Identifier: GPL-2.0-only
"""How many tests each program had on each target when that was last written down:
scripts/data/tests.toml, which `scripts/percpu-scope remember-tests` writes.

A program's plan is its own word: a suite that is not linked any more leaves a shorter
one, and everything in it passes.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path

from ..host import paths
from ..host.errors import EXIT_FAILURE, EXIT_USAGE, ScopeError
from ..host.locks import write_if_changed
from ..model import targets
from ..model.machine import is_by_hand

_HEAD = """\
# SPDX-License-Identifier: GPL-2.0-only
#
# Tests of each program, by target and boot. Fewer than here is a failure; more is told.
# Written by `scripts/percpu-scope remember-tests`, of the last boots that passed.
"""
# Boots whose tests are always the same; of a detector or a command there are none.
_PURPOSES = ("check", "check-", "check+")

Numbers = dict[str, dict[str, int]]


def key(target: str, purpose: str) -> str:
    return f"{target} {purpose}"


def expected(target: str, purpose: str) -> dict[str, int]:
    """By step; nothing of a machine or a kernel that is not the target's own."""
    return {} if is_by_hand() else load().get(key(target, purpose), {})


def parse(text: str) -> Numbers:
    try:
        found = tomllib.loads(text)
        if not all(isinstance(n, int) for steps in found.values() for n in steps.values()):
            raise TypeError("a number of tests is no number")
        return found
    except (tomllib.TOMLDecodeError, AttributeError, TypeError) as error:
        raise ScopeError(f"{paths.TEST_NUMBERS.name}: {error}", EXIT_USAGE) from error


def load(path: Path = paths.TEST_NUMBERS) -> Numbers:
    return parse(path.read_text(encoding="utf-8"))


def render(numbers: Mapping[str, Mapping[str, int]]) -> str:
    parts = [_HEAD]
    for name, steps in sorted(numbers.items()):
        lines = [f"{json.dumps(step)} = {count}\n" for step, count in sorted(steps.items())]
        parts.append(f"[{json.dumps(name)}]\n{''.join(lines)}")
    return "\n".join(parts)


def of_last_boots(runs: Path) -> Numbers:
    """What the boots that lie there had, as far as they passed but for these numbers."""
    found: Numbers = {}
    for path in sorted(runs.glob("*/*/verdict.json")):
        purpose = path.parent.name
        if purpose != "check" and not purpose.startswith(_PURPOSES[1:]):
            continue
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["by_hand"] or document["target"] not in targets.names():
            continue
        only_fewer = all("remember-tests" in reason for reason in document["reasons"])
        if document["tests"] and (document["verdict"] == "pass" or only_fewer):
            found[key(document["target"], purpose)] = document["tests"]
    return found


def remember(runs: Path = paths.BUILD / "runs", path: Path = paths.TEST_NUMBERS) -> list[str]:
    """Write down what the last boots had; returns a line for each change."""
    old = load(path)
    new = of_last_boots(runs)
    if not new:
        raise ScopeError("no check has passed here: make check first", EXIT_FAILURE)
    changes = []
    for name, steps in sorted(new.items()):
        for step, count in sorted(steps.items()):
            before = old.get(name, {}).get(step)
            if before != count:
                changes.append(f"{name}, {step}: {count}, {before or 'none'} before")
    write_if_changed(path, render({**old, **new}).encode())
    return changes
