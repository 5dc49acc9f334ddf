# SPDX-License-Identifier: GPL-2.0-only
"""Which targets a command is about: TARGET=, KERNEL= or the default ones; and which rows
of the matrix, where a variation has a name, too: TARGET+VARIATION."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ..build import tree_kernel
from ..model import targets, variations
from ..host.errors import EXIT_USAGE, ScopeError
from ..model.variations import Variation

OWN_KERNEL = "own-kernel"  # what KERNEL= is called in results


def choose(wanted: list[str]) -> list[targets.Target]:
    tree = os.environ.get("KERNEL", "")
    others = [name for name in wanted if name != OWN_KERNEL]
    if not tree:
        if len(others) != len(wanted):
            raise ScopeError(f"{OWN_KERNEL}: KERNEL does not say where it is", EXIT_USAGE)
        return targets.choose(wanted)
    if others:
        raise ScopeError(f"KERNEL={tree} and {others[0]}: one of them, not both", EXIT_USAGE)
    return [tree_kernel.target(Path(tree))]


@dataclass(frozen=True)
class Chosen:
    """Rows of one target: its own, and those of its variations."""

    target: targets.Target
    itself: bool
    variations: tuple[Variation, ...]

    def names(self) -> dict[str, str]:
        """The rows, in order, each with what it is."""
        itself = {self.target.name: self.target.summary} if self.itself else {}
        return itself | {variation.full_name: variation.name for variation in self.variations}


def _whole(target: targets.Target) -> Chosen:
    return Chosen(target, True, tuple(variations.of(target)))


def everything() -> list[Chosen]:
    return [_whole(target) for target in targets.load_all()]


def _named(whole: Chosen, wanted: list[str]) -> Chosen:
    """What is wanted of it: all if it is named itself."""
    names = [name for name in wanted if name.partition("+")[0] == whole.target.name]
    for name in names:
        if name not in whole.names():
            known = "\n  ".join(whole.names())
            raise ScopeError(f"no variation is called {name!r}. There are:\n  {known}", EXIT_USAGE)
    if whole.target.name in wanted:
        return whole
    return Chosen(whole.target, False, tuple(v for v in whole.variations if v.full_name in names))


def choose_rows(wanted: list[str]) -> list[Chosen]:
    """All, or the targets named, each with its variations, or variations by themselves."""
    if not wanted and not os.environ.get("KERNEL"):
        return everything()
    bases = list(dict.fromkeys(name.partition("+")[0] for name in wanted))
    whole = [_whole(target) for target in choose(bases)]
    return [_named(one, wanted) for one in whole] if wanted else whole
