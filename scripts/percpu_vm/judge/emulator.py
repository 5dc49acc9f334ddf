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

QEMU before 8.1 also translates code without locking its page: what another CPU writes
meanwhile is missed, and the old code executed for good. A kernel that patches itself then
stops at a breakpoint that it has taken away long since. That the breakpoint is not there
shows in the report, which quotes the code: no processor stops at one that is not.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_EFLAGS = re.compile(r"\bEFLAGS: ([0-9a-f]{8,16})\b")
_NOT_EXCUSED = re.compile(r"\b(K[ACM]SAN|UBSAN)\b|\b[RE]IP: .*\[\w+\]")
# What begins a report that shows registers.
_OPENS = re.compile(r"\[ cut here \]|\bOops\b|\bBUG: (unable|kernel)|double fault|general protection")
_END_OF_REPORT = re.compile(r"---\[ end (trace|Kernel panic)")
# CF, PF, AF, ZF, SF, TF, IF, DF, OF, IOPL, NT, RF, VM, AC, VIF, VIP, ID.
_FLAGS = 0x003F7FD5
_ALWAYS_SET = 0x2
# A report with its registers, its stack and the registers it interrupted.
_REPORT_LINES = 80
_BREAKPOINT = re.compile(r"\b[Oo]ops: int3\b|\bint3: 0000 ")
# The instruction pointer stands behind the breakpoint, <> around the byte it points to.
_CODE = re.compile(r"\bCode: .*\b([0-9a-f]{2}) <[0-9a-f]{2}>")


def _impossible_flags(report: Sequence[str]) -> str:
    found, registers = "", False
    for line in report[:_REPORT_LINES]:
        # What happened first may have destroyed the stack that a second report prints.
        if registers and _OPENS.search(line):
            break
        if _NOT_EXCUSED.search(line):
            return ""
        for text in _EFLAGS.findall(line):
            registers = True
            value = int(text, 16)
            if value & ~(_FLAGS | _ALWAYS_SET) or not value & _ALWAYS_SET:
                found = found or str(text)
        if _END_OF_REPORT.search(line):
            break
    return f"no processor saves flags of {found}" if found else ""


def _breakpoint_that_is_not_there(report: Sequence[str]) -> str:
    if not _BREAKPOINT.search(report[0]):
        return ""
    for line in report[1:_REPORT_LINES]:
        if code := _CODE.search(line):
            byte = code[1]
            return "" if byte == "cc" else f"no processor takes {byte} for a breakpoint"
        if _OPENS.search(line) or _END_OF_REPORT.search(line):
            break
    return ""


def fault(report: Sequence[str]) -> str:
    """What no processor does, of the report that starts with the first bad line; or ""."""
    if not report or not _OPENS.search(report[0]) and not _BREAKPOINT.search(report[0]):
        return ""
    return _impossible_flags(report) or _breakpoint_that_is_not_there(report)
