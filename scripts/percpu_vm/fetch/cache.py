# SPDX-License-Identifier: GPL-2.0-only
"""What is in the cache, what of it nothing needs any more, and removing that.

Kernels move on every other week, and each leaves an image, headers or a whole source
behind. What is removed here is fetched or built again if it is wanted after all.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..host import paths
from ..host.locks import lock
from . import decision, store

# Decisions that belong to no target.
_FOR_ALL = ("emulator-", "libraries-", "busybox-")
# Built by a recipe: its name, and a hash of all that it was built of.
_KERNEL = re.compile(r"(.+)-[0-9a-f]{12}")
# An index that nobody asked for in so long is of a release that is not used here.
_INDEX_DAYS = 30
_DAY = 24 * 3600


@dataclass(frozen=True)
class Entry:
    path: Path
    size: int  # bytes on the disk
    used: float  # when last, seconds since 1970
    needed: bool


def _size(path: Path) -> int:
    total = 0
    for one in [path, *path.rglob("*")]:
        with contextlib.suppress(FileNotFoundError):
            total += one.lstat().st_blocks * 512
    return total


def _entry(path: Path, stamp: Path, needed: bool) -> Entry:
    return Entry(path, _size(path), (stamp if stamp.exists() else path).stat().st_mtime, needed)


def _children(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _decisions(targets: Collection[str]) -> Iterator[tuple[Path, decision.Decision | None]]:
    """Those that still count; None for what is of no target any more, or unreadable."""
    for path in _children(decision.folder()):
        if path.suffix == ".json":
            counts = path.stem in targets or path.stem.startswith(_FOR_ALL)
            yield path, decision.load(path) if counts else None


def _packages(wanted: Collection[str]) -> Iterator[Entry]:
    for path in _children(store.packages().root):
        # A folder may hold a part of a package, or several of them, and is called by all.
        needed = any(name in path.name for name in wanted)
        yield _entry(path, path / ".complete", needed and not path.match(store.DRAFTS))


def _kernels(targets: Collection[str]) -> Iterator[Entry]:
    """The newest of each target; what was built in tree (in-tree-…) is of no target."""
    newest: dict[str, float] = {}
    found = []
    for path in _children(paths.cache() / "kernels"):
        match = _KERNEL.fullmatch(path.name)
        if match and path.is_dir():
            done = path / ".complete"
            when = done.stat().st_mtime if done.is_file() else 0.0
            found.append((path, match[1], when))
            newest[match[1]] = max(newest.get(match[1], 0.0), when)
    for path, name, when in found:
        known = name in targets or name.startswith("in-tree-")
        yield _entry(path, path / ".complete", known and when > 0 and when == newest[name])
    for path in _children(paths.cache() / "kernels" / "own"):
        yield _entry(path, path, time.time() - path.stat().st_mtime < _DAY)


def _indexes() -> Iterator[Entry]:
    for path in _children(paths.cache() / "apt"):
        lists = path / "state/lists"
        used = (lists if lists.is_dir() else path).stat().st_mtime
        yield _entry(path, lists, time.time() - used < _INDEX_DAYS * _DAY)


def _types(wanted: Collection[str], kernels: Collection[str]) -> Iterator[Entry]:
    """BTF taken out of an image: RELEASE_VERSION, where a kernel built here has +config.KEY."""
    for path in _children(paths.cache() / "btf"):
        # As Package.folder() writes it.
        version = path.stem.partition("_")[2].replace(":", "%3a")
        key = version.partition("+config.")[2]
        needed = any(key in name for name in kernels) if key else any(version in n for n in wanted)
        yield _entry(path, path, needed)


def entries(targets: Collection[str]) -> list[Entry]:
    """All that is in the cache, for the targets that there are."""
    found: list[Entry] = []
    wanted: set[str] = set()
    for path, decided in _decisions(targets):
        if decided is None:
            found.append(_entry(path, path, False))
        else:
            wanted |= {p.folder() for packages in decided.packages.values() for p in packages}
    found += _packages(wanted)
    kernels = list(_kernels(targets))
    found += kernels
    found += _types(wanted, [entry.path.name for entry in kernels if entry.needed])
    found += _indexes()
    return found


def prune(targets: Collection[str]) -> list[Entry]:
    """Remove what is not needed; returns it. Waits for a run that fetches or builds."""
    with (
        lock(paths.cache() / "fetch.lock", "fetching"),
        lock(paths.cache() / "kernels.lock", "building a kernel"),
    ):
        gone = [entry for entry in entries(targets) if not entry.needed]
        for entry in gone:
            if entry.path.is_dir():
                # A folder that was only half removed must not look whole.
                (entry.path / ".complete").unlink(missing_ok=True)
                shutil.rmtree(entry.path)
            else:
                entry.path.unlink()
    return gone
