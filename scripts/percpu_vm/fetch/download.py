# SPDX-License-Identifier: GPL-2.0-only
"""How far a download is, as one line for people. Looks at a folder that grows."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

_TERMINAL_SECONDS = 0.5
# In a log a line each time; most downloads are over before the first.
_LOG_SECONDS = 10.0


def megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size < 10e6 else f"{size / 1e6:.0f} MB"


def line(what: str, done: int, size: int) -> str:
    return f"fetching {what}: {megabytes(min(done, size))} of {megabytes(size)}"


def _bytes_in(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        # apt renames what it has finished.
        with contextlib.suppress(FileNotFoundError):
            total += path.stat().st_size if path.is_file() else 0
    return total


@contextlib.contextmanager
def shown(what: str, size: int, folder: Path, stream: TextIO | None = None) -> Iterator[None]:
    """Tell how much of `size` bytes is in `folder` while the block runs."""
    out = stream or sys.stderr
    rewrites = out.isatty()
    out.write(f"fetching {what} ({megabytes(size)})" + ("" if rewrites else "\n"))
    out.flush()
    done = threading.Event()

    def tell() -> None:
        while not done.wait(_TERMINAL_SECONDS if rewrites else _LOG_SECONDS):
            text = line(what, _bytes_in(folder), size)
            out.write(f"\r\033[K{text}" if rewrites else f"{text}\n")
            out.flush()

    teller = threading.Thread(target=tell, daemon=True)
    started = time.monotonic()
    teller.start()
    try:
        yield
    finally:
        done.set()
        teller.join()
        if rewrites:
            seconds = time.monotonic() - started
            out.write(f"\r\033[Kfetching {what}: {megabytes(size)} in {seconds:.0f} s\n")
            out.flush()
