#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Every tracked file that can carry a licence line carries the right one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
ORDINARY = "GPL-2.0-only"
# Programs of any licence may use the ABI.
ABI = "GPL-2.0-only WITH Linux-syscall-note"
# Texts of licences are licences themselves; JSON has no comments, and what kernels
# printed is left as it was.
EXEMPT = ("COPYING", "LICENSES/", "LICENSE", "tests/host/boots/")
EXEMPT_SUFFIXES = (".json",)


def wanted(name: str) -> str:
    return ABI if name.startswith("kmod/uapi/") else ORDINARY


def problem(name: str, text: str) -> str:
    """What is wrong with the licence line of a file, or ''."""
    # After an interpreter line, perhaps a coding line.
    for line in text.splitlines()[:4]:
        _, marker, rest = line.partition("SPDX-" + "License-Identifier:")
        if marker:
            found = rest.replace("*/", "").replace("-->", "").strip()
            return "" if found == wanted(name) else f"says {found}, not {wanted(name)}"
    return "has no SPDX line among its first four"


def main() -> int:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    bad = 0
    for name in filter(None, listed.stdout.split("\0")):
        path = REPOSITORY / name
        if name.startswith(EXEMPT) or name.endswith(EXEMPT_SUFFIXES) or not path.is_file():
            continue
        found = problem(name, path.read_text(encoding="utf-8", errors="replace"))
        if found:
            bad += 1
            print(f"{name} {found}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
