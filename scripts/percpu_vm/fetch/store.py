# SPDX-License-Identifier: GPL-2.0-only
"""Unpacked packages in the cache: a folder is whole or it is not there."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..host import paths
from ..host.locks import write_atomically

_COMPLETE = ".complete"
DRAFTS = ".unpacking.*"


class Store:
    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, name: str) -> Path:
        return self.root / name

    def has(self, name: str) -> bool:
        """Whether it is there; asking notes that somebody wants it (cache.py shows when last)."""
        complete = self.folder(name) / _COMPLETE
        if not complete.is_file():
            return False
        with contextlib.suppress(OSError):  # a cache that may only be read
            os.utime(complete)
        return True

    def last_wanted(self, name: str) -> float:
        """Seconds since 1970."""
        return (self.folder(name) / _COMPLETE).stat().st_mtime

    @contextlib.contextmanager
    def draft(self, name: str) -> Iterator[Path]:
        """A folder to fill, which becomes `name` when the block is left without an error.

        The caller holds the lock on fetching.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        # Left over from a run that was killed.
        for stale in self.root.glob(DRAFTS):
            shutil.rmtree(stale, ignore_errors=True)
        draft = Path(tempfile.mkdtemp(dir=self.root, prefix=DRAFTS.rstrip("*")))
        try:
            yield draft
            draft.chmod(0o755)
            write_atomically(draft / _COMPLETE, "")
            shutil.rmtree(self.folder(name), ignore_errors=True)
            draft.rename(self.folder(name))
        except BaseException:
            # On a full disk what is half unpacked would keep it full.
            shutil.rmtree(draft, ignore_errors=True)
            raise


def packages() -> Store:
    return Store(paths.cache() / "packages")
