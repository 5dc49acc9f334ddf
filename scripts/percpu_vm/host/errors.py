# SPDX-License-Identifier: GPL-2.0-only
"""The one exception that ends a command with a message instead of a traceback.

No printing here: the entry point prints, so that messages look alike.
"""

from __future__ import annotations

# Exit codes of scripts/percpu-scope. 0 and 1 mean what they mean everywhere;
# each verdict that is not a pass has its own (see verdict.py), so that a CI
# system can tell a broken test from a broken machine.
EXIT_FAILURE = 1
EXIT_USAGE = 2
EXIT_INFRASTRUCTURE = 16
EXIT_INTERRUPTED = 130


class ScopeError(Exception):
    """Something a person can put right: what failed, and what to do about it."""

    def __init__(self, message: str, exit_code: int = EXIT_INFRASTRUCTURE) -> None:
        super().__init__(message)
        self.exit_code = exit_code
