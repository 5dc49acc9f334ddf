# SPDX-License-Identifier: GPL-2.0-only
"""The terminal this runs on, as it was before a program changed it."""

from __future__ import annotations

import contextlib
import sys
import termios
from collections.abc import Iterator


@contextlib.contextmanager
def restored() -> Iterator[None]:
    """Put the terminal's modes back when the block is left: QEMU makes it raw, and one
    that is killed leaves it so."""
    try:
        descriptor = sys.stdin.fileno()
        modes = termios.tcgetattr(descriptor)
    except (OSError, ValueError, termios.error):  # none, or not a terminal
        yield
        return
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, modes)
