# SPDX-License-Identifier: GPL-2.0-only
"""Which versions of packages serve a purpose: asked of the mirror at most once a day.

One JSON file each below the cache's resolved/. Without a network, or with a mirror in
the middle of a sync, what was decided last serves as long as it is in the cache.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from ..host import paths
from ..host.errors import ScopeError
from ..host.locks import lock, write_atomically
from . import network
from .fetched import Package, say

ASK_AGAIN_SECONDS = 24 * 3600
# After an answer that was not whole.
ASK_AGAIN_SOON_SECONDS = 3600


@dataclass(frozen=True)
class Decision:
    """Packages by what they are for, decided at `checked` (seconds since 1970)."""

    packages: Mapping[str, tuple[Package, ...]]
    checked: float
    whole: bool  # the mirror answered in full

    def one(self, role: str) -> Package:
        (package,) = self.packages[role]
        return package

    def is_fresh(self) -> bool:
        kept = ASK_AGAIN_SECONDS if self.whole else ASK_AGAIN_SOON_SECONDS
        return 0 <= time.time() - self.checked < kept


def folder() -> Path:
    return paths.cache() / "resolved"


def load(path: Path) -> Decision | None:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        packages = {
            str(role): tuple(Package(**item) for item in items)
            for role, items in data["packages"].items()
        }
        return Decision(packages, float(data["checked"]), bool(data["whole"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def decide(
    name: str,
    roles: tuple[str, ...],
    is_here: Callable[[Decision], bool],
    ask: Callable[[], Decision],
    refresh: bool = False,
) -> Decision:
    """The decision called `name`, all of it in the cache: kept, or made and fetched by `ask`.

    Raises what `ask` raises if nothing in the cache can stand in for it.
    """
    path = folder() / f"{name}.json"

    def known() -> Decision | None:
        found = load(path)
        # Of another version of this program, or fetched into a cache that was emptied since.
        return found if found and set(roles) <= set(found.packages) and is_here(found) else None

    kept = known()
    if kept and kept.is_fresh() and not refresh:
        return kept
    with lock(paths.cache() / "fetch.lock", "fetching"):
        # Whoever held the lock may have done the work.
        kept = known()
        if kept and kept.is_fresh() and not refresh:
            return kept
        try:
            if kept and network.is_down():
                return kept
            made = ask()
        except ScopeError as error:
            if kept is None:
                raise
            if not network.is_down():  # that was said
                say(f"note: nothing newer of {name} is to be had, using what is cached: {error}")
            return kept
        write_atomically(path, json.dumps(asdict(made), indent=2) + "\n")
        return made
