# SPDX-License-Identifier: GPL-2.0-only
"""How a run of QEMU ended, before anything is read into it. Data only: vm/qemu.py fills
it in, the judge reads it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Ending(Enum):
    EXITED = "exited"
    SILENT = "silent"  # no progress for too long
    NOT_LOADED = "not-loaded"  # the module, within the limit on booting
    TOO_LONG = "too-long"  # the limit on the whole run
    NOT_STARTED = "not-started"


@dataclass(frozen=True)
class Outcome:
    ending: Ending
    exit_status: int | None
    seconds: float
    boot_seconds: float | None
    silent_seconds: float
    # Why the machine stopped, as QEMU's monitor names it; "" if it did not say.
    shutdown: str = ""


# What a guest does that is done; and what only a kernel does that has given up, or a
# processor that could not go on.
POWERED_OFF = "guest-shutdown"
GIVEN_UP = ("guest-reset", "guest-panic")
