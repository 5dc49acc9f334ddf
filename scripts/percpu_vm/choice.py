# SPDX-License-Identifier: GPL-2.0-only
"""Which targets a command is about: TARGET=, KERNEL= or the default ones."""

from __future__ import annotations

import os
from pathlib import Path

from . import targets, tree_kernel
from .errors import EXIT_USAGE, ScopeError

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
