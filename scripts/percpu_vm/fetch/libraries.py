# SPDX-License-Identifier: GPL-2.0-only
"""Static libraries of a foreign architecture, unpacked below the cache.

The programs bring libbpf and what it needs along. For this machine's own
architecture Debian's packages are installed; those of others cannot be installed
beside them, so the same packages, of the same Debian release as the compiler, are
unpacked. Headers are the same for all.
"""

from __future__ import annotations

import re
import time
from pathlib import Path

from ..host.architecture import host_architecture
from ..host.errors import ScopeError
from . import apt, store
from .decision import Decision, decide
from .fetched import Package

_FIRST = "libbpf-dev"
# The compiler has its own C library for each architecture.
_LIBRARY = re.compile(r"(?!libc6-dev|linux-libc-dev).*-dev$")


def _closure(source: apt.PrivateApt, arch: str) -> tuple[Package, ...]:
    """libbpf-dev and every -dev package that it depends on: what a static library needs
    differs between releases (libelf's of Debian 13 wants libzstd's), and packages say it."""
    found: dict[str, Package] = {}
    wanted = [_FIRST]
    while wanted:
        name = wanted.pop()
        if name in found:
            continue
        stanza = source.show(name, arch)
        found[name] = Package(name, arch, stanza["Version"])
        wanted += [needed for needed, _ in apt.dependencies(stanza) if _LIBRARY.match(needed)]
    return tuple(found.values())


def _folder(decision: Decision) -> str:
    return "_".join(["libraries", *(package.folder() for package in decision.packages["libraries"])])


def foreign(arch: str) -> Path | None:
    """The folder that stands for the root of `arch`; None if that is this machine's."""
    if arch == host_architecture():
        return None
    suite = apt.own_suite()
    if not suite:
        raise ScopeError(
            f"programs for {arch} need this machine's own Debian release, and it is of none: "
            "its compiler and Debian's static libraries may not fit each other"
        )
    packages = store.packages()

    def ask() -> Decision:
        source, whole = apt.for_target(suite, arch)
        decision = Decision({"libraries": _closure(source, arch)}, time.time(), whole)
        if not packages.has(_folder(decision)):
            with packages.draft(_folder(decision)) as draft:
                for package in decision.packages["libraries"]:
                    source.unpack(package, draft)
        return decision

    decision = decide(
        f"libraries-{suite}-{arch}",
        ("libraries",),
        lambda known: packages.has(_folder(known)),
        ask,
    )
    return packages.folder(_folder(decision))
