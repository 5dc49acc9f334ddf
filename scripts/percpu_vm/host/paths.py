# SPDX-License-Identifier: GPL-2.0-only
"""Where things lie: the repository, its build folder, the user's cache.

Names only; nothing is created or read here.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from .errors import EXIT_USAGE, ScopeError

REPOSITORY = Path(__file__).resolve().parents[3]
SCRIPTS = REPOSITORY / "scripts"
DATA = SCRIPTS / "data"
TARGETS = DATA / "targets"
VARIATIONS = DATA / "variations.toml"
LIBRARIES = DATA / "libraries.toml"
TEST_NUMBERS = DATA / "tests.toml"
KERNEL_FRAGMENTS = DATA / "kernels"
JUDGE_DATA = DATA / "judge"
SETUP = SCRIPTS / "setup.sh"
GUEST_INIT = SCRIPTS / "guest" / "init"
GUEST_STEPS = SCRIPTS / "guest"
KMOD = REPOSITORY / "kmod"
USERSPACE = REPOSITORY / "userspace"
HOST_TESTS = REPOSITORY / "tests" / "host" / "python"
BUILD = REPOSITORY / "build"
MODULE_NAME = "percpu_scope"


def cache() -> Path:
    """The cache folder. Kernels survive `make clean` here."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification says that a relative path is to be ignored.
    root = Path(base) if base.startswith("/") else Path.home() / ".cache"
    return root / "percpu-scope"


def check() -> None:
    """Fail at once where Kbuild would only after everything was fetched (setup.sh does too)."""
    for path in (REPOSITORY, cache()):
        if re.search(r"[\s:]", str(path)):
            raise ScopeError(
                f"{path}: kernel modules cannot be built below a path with blanks or colons; "
                "move the clone, or set XDG_CACHE_HOME to another folder",
                EXIT_USAGE,
            )


def module_build(target: str) -> Path:
    return BUILD / "kmod" / target


def user_build(arch: str) -> Path:
    return BUILD / "user" / arch


def run_folder(target: str, purpose: str) -> Path:
    return BUILD / "runs" / target / purpose
