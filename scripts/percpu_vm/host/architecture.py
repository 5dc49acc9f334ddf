# SPDX-License-Identifier: GPL-2.0-only
"""What this machine is, in Debian's words: its architecture and its release."""

from __future__ import annotations

import functools
import platform

from .command import run


@functools.cache
def host_architecture() -> str:
    return run(["dpkg", "--print-architecture"]).strip()


def host_codename() -> str:
    """As /etc/os-release has it; '' if it does not say. Debian sid calls itself by the next release's name."""
    try:
        return platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    except OSError:
        return ""
