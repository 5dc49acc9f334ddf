# SPDX-License-Identifier: GPL-2.0-only
"""Packages that only some targets need: setup.sh installs them when one is used.

What everyone needs the Makefile asks setup.sh for, before there is a Python.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable

from . import paths
from .command import ENVIRONMENT
from .errors import EXIT_INFRASTRUCTURE, ScopeError


def install(purposes: Iterable[str]) -> None:
    """Install what is missing for purposes of scripts/packages."""
    wanted = list(dict.fromkeys(purposes))
    if not wanted:
        return
    # It may ask for sudo's password, so the terminal stays its own.
    done = subprocess.run([paths.SETUP, *wanted], env=ENVIRONMENT, check=False)
    if done.returncode:
        raise ScopeError(f"packages for {' and '.join(wanted)} are missing", EXIT_INFRASTRUCTURE)
