# SPDX-License-Identifier: GPL-2.0-only
"""What bpftool says of a kernel's per-CPU variables: what `pcpu var list` is held against.

It runs on the host, on the BTF in the kernel's image: the guest has no libraries for it.
"""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

from . import btf
from ..host.command import run
from ..fetch.fetched import Fetched
from ..host.locks import write_atomically

# A line of bpftool's own words per variable: type_id=1 offset=64 size=8 (VAR 'x').
GUEST_FILE = "bpftool-variables"
_SECTION = "DATASEC '.data..percpu'"


def variables_of(dump: str) -> str:
    """The lines below the per-CPU section in what `bpftool btf dump` prints."""
    # Without SMP there is no such section, and nothing below it.
    _, _, below = dump.partition(_SECTION)
    lines = itertools.takewhile(lambda line: line.startswith("\t"), below.splitlines()[1:])
    return "".join(f"{line.strip()}\n" for line in lines)


def variables(fetched: Fetched) -> str | None:
    """None for a kernel without BTF."""
    base = btf.of_kernel(fetched)
    if base is None:
        return None
    kept = base.with_suffix(".bpftool")
    if not kept.is_file():
        # Not on every user's PATH.
        program = shutil.which("bpftool") or "/usr/sbin/bpftool"
        words: list[str | Path] = [program, "btf", "dump", "file", base, "format", "raw"]
        write_atomically(kept, variables_of(run(words)))
    return kept.read_text(encoding="utf-8")
