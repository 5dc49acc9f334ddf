# SPDX-License-Identifier: GPL-2.0-only
"""The guest's busybox: Debian's static one, of the guest's architecture."""

from __future__ import annotations

import time
from pathlib import Path

from . import apt, store
from .decision import Decision, decide
from .fetched import Package

PACKAGE = "busybox-static"


def file_in(folder: Path) -> Path:
    candidates = [folder / "bin/busybox", folder / "usr/bin/busybox"]
    return next((path for path in candidates if path.is_file()), candidates[0])


def unpack(package: Package, source: apt.PrivateApt) -> None:
    """Into the store, unless it is there. The caller holds the lock on fetching."""
    packages = store.packages()
    if not packages.has(package.folder()):
        with packages.draft(package.folder()) as draft:
            source.unpack(package, draft)


def fetch(suite: str, arch: str) -> Path:
    """For a kernel that is from no package."""
    packages = store.packages()

    def ask() -> Decision:
        source, whole = apt.for_target(suite, arch)
        package = source.package(PACKAGE, arch)
        unpack(package, source)
        return Decision({"busybox": (package,)}, time.time(), whole)

    decision = decide(
        f"busybox-{suite}-{arch}",
        ("busybox",),
        lambda known: packages.has(known.one("busybox").folder()),
        ask,
    )
    return file_in(packages.folder(decision.one("busybox").folder()))
