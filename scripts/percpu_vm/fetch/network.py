# SPDX-License-Identifier: GPL-2.0-only
"""Whether the mirror can be reached, found out once a command and said once.

Without this each target of a matrix would wait for the same time-outs again.
"""

from __future__ import annotations

import re

from ..host.errors import ScopeError
from .fetched import say

# What apt's methods say when there is no way to a mirror; not what a mirror answers.
_UNREACHABLE = re.compile(
    r"Could not resolve|Could not connect|Connection timed out|connection timed out|"
    r"Temporary failure resolving|Network is unreachable|No route to host|Unable to connect"
)
_down = ""


def is_unreachable(message: str) -> bool:
    return bool(_UNREACHABLE.search(message))


def note_failure(message: str) -> None:
    """Remember that there is no network, if that is what the message of a tool says."""
    global _down
    if _down or not is_unreachable(message):
        return
    lines = [line.strip() for line in message.splitlines() if _UNREACHABLE.search(line)]
    _down = lines[0] if lines else message
    say(f"note: no network, going on with what the cache has ({_down})")


def is_down() -> bool:
    return bool(_down)


def demand() -> None:
    """Fail at once where a download would only wait for the same time-out."""
    if _down:
        raise ScopeError("there is no network, and the cache does not have it")


def forget() -> None:
    """For tests: as at a command's start."""
    global _down
    _down = ""
