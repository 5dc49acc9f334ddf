# SPDX-License-Identifier: GPL-2.0-only
"""Running a tool and saying clearly what went wrong when it does."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from .errors import EXIT_INFRASTRUCTURE, ScopeError

# Tools answer in English and sort alike everywhere.
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8", "LANGUAGE": "C"}


def without_make() -> dict[str, str]:
    """The environment for a make of its own: that of the Makefile above us is not its parent."""
    ours = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")
    return {name: value for name, value in ENVIRONMENT.items() if name not in ours}


def run(
    arguments: Sequence[str | Path],
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    exit_code: int = EXIT_INFRASTRUCTURE,
    timeout: float | None = None,
) -> str:
    """Run a tool to its end and return what it printed; fail with its message.

    `timeout`, in seconds, is for whatever waits for somebody else: a mirror, a device.
    """
    words = [str(word) for word in arguments]
    try:
        done = subprocess.run(
            words,
            cwd=cwd,
            env={**ENVIRONMENT, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired as error:
        said = error.stdout or ""
        said = (said if isinstance(said, str) else said.decode("utf-8", "replace")).rstrip()
        raise ScopeError(
            f"{shlex.join(words)}\nwas not done after {timeout:.0f} s\n{said}".rstrip(), exit_code
        ) from error
    except FileNotFoundError as error:
        raise ScopeError(f"{words[0]} is not installed (make setup installs it)") from error
    if done.returncode:
        raise ScopeError(
            f"{shlex.join(words)}\nended with {done.returncode}:\n{done.stdout.rstrip()}", exit_code
        )
    return done.stdout
