# SPDX-License-Identifier: GPL-2.0-only
"""Packages that only some targets need: setup.sh installs them when one is used.

What everyone needs the Makefile asks setup.sh for, before there is a Python.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable

from . import paths
from .command import ENVIRONMENT, run
from .errors import EXIT_INFRASTRUCTURE, ScopeError

_CANDIDATE = re.compile(r"^  Candidate: (?:\d+:)?(\S+)$", re.MULTILINE)


def _setup(words: list[str], what: str) -> None:
    if not words:
        return
    # It may ask for sudo's password, so the terminal stays its own.
    done = subprocess.run([paths.SETUP, *words], env=ENVIRONMENT, check=False)
    if done.returncode:
        raise ScopeError(f"{what} missing", EXIT_INFRASTRUCTURE)


def install(purposes: Iterable[str]) -> None:
    """Install what is missing for purposes of scripts/data/packages."""
    wanted = list(dict.fromkeys(purposes))
    _setup(wanted, f"packages for {' and '.join(wanted)} are")


def install_packages(names: Iterable[str]) -> None:
    """Install packages by their names, which some data of a target's gives."""
    wanted = list(names)
    _setup([f"package={name}" for name in wanted], f"{' and '.join(wanted)}: packages are")


def candidate(package: str) -> str:
    """The version of a package, without its epoch, that apt would install here; '' if none."""
    found = _CANDIDATE.search(run(["apt-cache", "policy", package]))
    return "" if found is None or found[1] == "(none)" else found[1]
