# SPDX-License-Identifier: GPL-2.0-only
"""Which mutants were killed when they were last tried, and by what: tests/mutants/killed.json,
which `scripts/percpu-scope mutants --record` writes.

To try all takes hours. What was killed once must be killed again, so that continuous
integration may choose among these; of others it is not known. Names of mutants that are no
more, since the source was changed, mean nothing, and go when the next is written down.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path

from .mutants import FOLDER, Mutant
from ..host.errors import EXIT_USAGE, ScopeError
from ..host.locks import write_if_changed

FILE = FOLDER / "killed.json"


class Among(Enum):
    """Which mutants are chosen from."""

    ALL = "all"
    KILLED = "killed"
    # Neither killed yet, nor known to survive.
    NEW = "new"


def parse(origin: str, text: str) -> dict[str, str]:
    """Name → the test or the complaint that killed it."""
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise ScopeError(f"{origin}: {error}", EXIT_USAGE) from error
    if not isinstance(found, dict) or not all(isinstance(by, str) and by for by in found.values()):
        raise ScopeError(f"{origin}: is no object of names and what killed each", EXIT_USAGE)
    return found


def load(path: Path = FILE) -> dict[str, str]:
    return parse(path.name, path.read_text(encoding="utf-8"))


def among(
    known: Sequence[Mutant], which: Among, killed: Mapping[str, str], survivors: Mapping[str, str]
) -> list[Mutant]:
    if which is Among.KILLED:
        return [mutant for mutant in known if mutant.name in killed]
    if which is Among.NEW:
        return [m for m in known if m.name not in killed and m.name not in survivors]
    return list(known)


def write(known: Sequence[Mutant], came: Mapping[str, str | None], path: Path = FILE) -> None:
    """Take over what came of some: what killed each, or None. Others stay, unless they are no more."""
    names = {mutant.name for mutant in known}
    both: dict[str, str | None] = {**load(path), **came}
    killed = {name: by for name, by in both.items() if by is not None and name in names}
    write_if_changed(path, json.dumps(killed, indent=2, sort_keys=True) + "\n")
