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


def run(
    arguments: Sequence[str | Path],
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    exit_code: int = EXIT_INFRASTRUCTURE,
) -> str:
    """Run a tool to its end and return what it printed; fail with its message."""
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
        )
    except FileNotFoundError as error:
        raise ScopeError(f"{words[0]} is not installed (make setup installs it)") from error
    if done.returncode:
        raise ScopeError(
            f"{shlex.join(words)}\nended with {done.returncode}:\n{done.stdout.rstrip()}", exit_code
        )
    return done.stdout
