# SPDX-License-Identifier: GPL-2.0-only
"""Faults of QEMU's own that a guest can die of, told from faults of the guest's kernel.

QEMU 7.2 does not bring its idea of the flags up to date before cmpxchg8b and
cmpxchg16b. When two interrupts come right before and right after one, the flags saved
by the second are what some compare left behind: a pointer, say. Returning from it sets
TF (a debug trap) or DF (string instructions run backward). SLUB's fast path
has that instruction, and a guest on a busy host dies of it before its tests are done.
64-bit guests are told to do without it, 32-bit ones check their caches, which avoids it
(targets/common/): what is left is not the pointers that make flags dangerous.

    popfl; addl %edi, %ecx; movl $0, %ecx; cmpxchg8b (%esi); pushfl   # pushes %edi | ZF

No processor saves such flags: some of the register's bits are always zero, and one is
always set. What could still write them is a kernel that spoils its own stack; so a
report of a sanitizer's, or one of an instruction in a module, is never excused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_EFLAGS = re.compile(r"\bEFLAGS: ([0-9a-f]{8,16})\b")
_NOT_EXCUSED = re.compile(r"\b(K[ACM]SAN|UBSAN)\b|\b[RE]IP: .*\[\w+\]")
_END_OF_REPORT = re.compile(r"---\[ end (trace|Kernel panic)")
# CF, PF, AF, ZF, SF, TF, IF, DF, OF, IOPL, NT, RF, VM, AC, VIF, VIP, ID.
_FLAGS = 0x003F7FD5
_ALWAYS_SET = 0x2
# A report with its registers, its stack and the registers it interrupted.
_REPORT_LINES = 80


def impossible_flags(report: Sequence[str]) -> str:
    """The first EFLAGS in the report that no processor saves; "" if there are none.

    `report` starts with the first bad line. Later reports are not looked at: what
    happened first may have destroyed the stack that they print.
    """
    found = ""
    for line in report[:_REPORT_LINES]:
        if _NOT_EXCUSED.search(line):
            return ""
        for text in _EFLAGS.findall(line):
            value = int(text, 16)
            if value & ~(_FLAGS | _ALWAYS_SET) or not value & _ALWAYS_SET:
                found = found or str(text)
        if _END_OF_REPORT.search(line):
            break
    return found
