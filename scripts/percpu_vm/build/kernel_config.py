# SPDX-License-Identifier: GPL-2.0-only
"""Fragments of kernel configurations: joined, and held against what came of them.

Text in, text out. Kconfig drops an option whose dependencies are not met without
a word, so what was asked for is compared with the final .config.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ..host.errors import EXIT_USAGE, ScopeError

_SET = re.compile(r"(CONFIG_\w+)=(.+)")
_UNSET = re.compile(r"# (CONFIG_\w+) is not set")
NO = "n"


def _assignment(line: str) -> tuple[str, str] | None:
    unset = _UNSET.fullmatch(line)
    if unset:
        return unset.group(1), NO
    found = _SET.fullmatch(line)
    return (found.group(1), found.group(2)) if found else None


def options(text: str) -> dict[str, str]:
    """What a .config says; comments say nothing, but "# … is not set" does."""
    return dict(filter(None, (_assignment(line.strip()) for line in text.splitlines())))


def join(fragments: Iterable[tuple[str, str]]) -> dict[str, str]:
    """All fragments, (name, text), as one: what comes later wins."""
    joined: dict[str, str] = {}
    for name, text in fragments:
        for number, line in enumerate(text.splitlines(), start=1):
            found = _assignment(line.strip())
            if found:
                joined[found[0]] = found[1]
            elif line.strip() and not line.startswith("# ") and line.strip() != "#":
                raise ScopeError(f"{name}:{number}: not an option of a kernel: {line}", EXIT_USAGE)
    return joined


def render(asked: Mapping[str, str]) -> str:
    """As Kconfig reads it."""
    return "".join(
        f"# {name} is not set\n" if value == NO else f"{name}={value}\n"
        for name, value in asked.items()
    )


def differences(asked: Mapping[str, str], final: Mapping[str, str]) -> list[str]:
    """What was asked for and did not come, one line each."""
    return [
        f"{name}={value} became {final.get(name, 'n (its dependencies are not met, or it is unknown)')}"
        for name, value in asked.items()
        if final.get(name, NO) != value
    ]
