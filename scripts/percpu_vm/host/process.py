# SPDX-License-Identifier: GPL-2.0-only
"""Child processes that cannot outlive this one, however it ends."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from typing import IO

_LIBC = ctypes.CDLL(None, use_errno=True)
_PR_SET_PDEATHSIG = 1
_GENTLE_SECONDS = 60.0


def _die_with_parent(parent: int, by: signal.Signals) -> None:
    # Runs between fork and exec. PDEATHSIG covers even a SIGKILL of this
    # program, which no `finally` does.
    _LIBC.prctl(_PR_SET_PDEATHSIG, by)
    if os.getppid() != parent:
        # The parent was gone before the kernel knew our wish.
        os._exit(1)


@contextlib.contextmanager
def bound(
    words: Sequence[str],
    output: IO[str] | int | None,
    own_terminal: bool = False,
    environment: Mapping[str, str] | None = None,
    gently: bool = False,
    descriptors: Sequence[int] = (),
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a process; it is dead when the block is left.

    `gently` is for those that have children of their own, and things to put away;
    `descriptors` are what it inherits beside the usual three.
    """
    parent = os.getpid()
    by = signal.SIGTERM if gently else signal.SIGKILL
    child = subprocess.Popen(
        words,
        stdin=None if own_terminal else subprocess.DEVNULL,
        stdout=None if own_terminal else output,
        stderr=None if own_terminal else subprocess.STDOUT if output == subprocess.PIPE else output,
        env=environment,
        pass_fds=descriptors,
        preexec_fn=lambda: _die_with_parent(parent, by),
    )
    try:
        yield child
    finally:
        if child.poll() is None:
            child.send_signal(by)
            try:
                child.wait(_GENTLE_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
        child.wait()
        if child.stdout is not None:
            child.stdout.close()
