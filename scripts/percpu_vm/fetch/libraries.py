# SPDX-License-Identifier: GPL-2.0-only
"""Static libraries that are not this machine's own, unpacked below the cache.

The programs bring libbpf and what it needs along. For this machine's architecture
Debian's packages are installed. Those of others cannot be installed beside them, and
some releases' own do not link (scripts/data/libraries.toml): these are unpacked, of
the same Debian release as the compiler. Headers are the same for all.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..host import paths
from ..host.architecture import host_architecture
from ..host.errors import ScopeError
from ..model.tables import Table, read_toml
from . import apt, store
from .decision import Decision, decide
from .fetched import Package

_FIRST = "libbpf-dev"
# The compiler has its own C library for each architecture.
_LIBRARY = re.compile(r"(?!libc6-dev|linux-libc-dev).*-dev$")


@dataclass(frozen=True)
class Release:
    suite: str
    instead: Mapping[str, str]  # package → release


def parse(origin: str, text: str) -> dict[str, Release]:
    top = Table(origin, "", read_toml(origin, text))
    found = {}
    for row in top.tables("release"):
        others = row.table("instead")
        release = Release(row.take("suite", str), {p: others.take(p, str) for p in [*others.values]})
        if not row.take("why", str).strip():
            raise row.fail("why", "is empty")
        row.done()
        found[release.suite] = release
    top.done()
    return found


def _closure(source: apt.PrivateApt, arch: str, release: Release) -> list[tuple[apt.PrivateApt, Package]]:
    """libbpf-dev and every -dev package that it depends on, each with where it is to be had:
    what a static library needs differs between releases, and packages say it."""
    others = {suite: apt.for_target(suite, arch)[0] for suite in set(release.instead.values())}
    found: dict[str, tuple[apt.PrivateApt, Package]] = {}
    wanted = [_FIRST]
    while wanted:
        name = wanted.pop()
        if name in found:
            continue
        where = others[release.instead[name]] if name in release.instead else source
        stanza = where.show(name, arch)
        found[name] = (where, Package(name, arch, stanza["Version"]))
        wanted += [needed for needed, _ in apt.dependencies(stanza) if _LIBRARY.match(needed)]
    return list(found.values())


def _folder(decision: Decision) -> str:
    return "_".join(["libraries", *(package.folder() for package in decision.packages["libraries"])])


def of(arch: str) -> Path | None:
    """The folder that stands for the root of `arch`; None if this machine's own serves."""
    suite = apt.own_suite()
    known = parse(paths.LIBRARIES.name, paths.LIBRARIES.read_text(encoding="utf-8"))
    release = known.get(suite, Release(suite, {}))
    if arch == host_architecture() and not release.instead:
        return None
    if not suite:
        raise ScopeError(
            f"programs for {arch} need this machine's own Debian release, and it is of none: "
            "its compiler and Debian's static libraries may not fit each other"
        )
    packages = store.packages()

    def ask() -> Decision:
        source, whole = apt.for_target(suite, arch)
        closure = _closure(source, arch, release)
        decision = Decision({"libraries": tuple(p for _, p in closure)}, time.time(), whole)
        if not packages.has(_folder(decision)):
            with packages.draft(_folder(decision)) as draft:
                for where, package in closure:
                    where.unpack(package, draft)
        return decision

    decision = decide(
        f"libraries-{suite}-{arch}",
        ("libraries",),
        lambda known: packages.has(_folder(known)),
        ask,
    )
    return packages.folder(_folder(decision))
