# SPDX-License-Identifier: GPL-2.0-only
"""A kernel's source, unpacked: the newest package that a target's pattern names."""

from __future__ import annotations

import time

from ..host.architecture import host_architecture
from ..host.command import run
from ..host.errors import ScopeError
from ..model.targets import SourceKernel, Target
from . import apt, busybox, store
from .decision import Decision, decide
from .fetched import Package, say

_ROLES = ("source", "busybox")


def _unpack(package: Package, apt_of_source: apt.PrivateApt) -> None:
    packages = store.packages()
    if packages.has(package.folder()):
        return
    with packages.draft(package.folder()) as draft:
        apt_of_source.unpack(package, draft, only=["./usr/src/linux-source-*.tar.xz"])
        archives = list((draft / "usr/src").glob("linux-source-*.tar.xz"))
        if len(archives) != 1:
            raise ScopeError(f"{package.name} has {len(archives)} archives of a source, not one")
        say(f"unpacking {archives[0].name}")
        unxz = "--use-compress-program=xz -T0"
        run(["tar", "-x", "-C", draft, unxz, "--strip-components=1", "-f", archives[0]])
        archives[0].unlink()


def folders(decision: Decision) -> list[str]:
    """What of the store the target needs."""
    return [decision.one(role).folder() for role in _ROLES]


def resolve(target: Target, kernel: SourceKernel, refresh: bool = False) -> Decision:
    """Its packages, `source` and `busybox`, unpacked in the store."""
    packages = store.packages()

    def ask() -> Decision:
        say(f"asking the mirror for {kernel.package} in {kernel.suite}")
        sources, all_sources = apt.ask(kernel.suite, [host_architecture()])
        binaries, all_binaries = apt.for_target(target.suite, target.arch)
        # For all architectures; apt files it under its own.
        source = sources.package(sources.newest(kernel.package), host_architecture())
        box = binaries.package(busybox.PACKAGE, target.arch)
        _unpack(source, sources)
        busybox.unpack(box, binaries)
        whole = all_sources and all_binaries
        return Decision({"source": (source,), "busybox": (box,)}, time.time(), whole)

    def is_here(decision: Decision) -> bool:
        return all(packages.has(name) for name in folders(decision))

    return decide(target.name, _ROLES, is_here, ask, refresh)
