# SPDX-License-Identifier: GPL-2.0-only
"""Faults of the emulator's, told from those of the guest's kernel."""

from __future__ import annotations

import unittest

from percpu_vm.judge.verdict import Kind, Verdict

from test_judge import CONSOLE, verdict_of


class EmulatorTest(unittest.TestCase):
    """A guest that QEMU's cmpxchg8b gave flags that no processor has."""

    # As a guest of Debian's 6.1 686-pae died of it; shortened.
    REPORT = (
        "------------[ cut here ]------------",
        "WARNING: CPU: 1 PID: 1 at arch/x86/kernel/traps.c:1005 exc_debug+0x1d0/0x250",
        "EIP: exc_debug+0x1d0/0x250",
        "DS: 007b ES: 007b FS: 00d8 GS: 0033 SS: 0068 EFLAGS: 00010046",
        "Call Trace:",
        "EIP: kmem_cache_alloc+0xce/0x3e0",
        "ESI: d0e8ca80 EDI: c1111840 EBP: c1a63d54 ESP: c1a63d34",
        "DS: 007b ES: 007b FS: 00d8 GS: 0033 SS: 0068 EFLAGS: c1b8afc2",
        " alloc_pid+0x45/0x360",
        "---[ end trace 0000000000000000 ]---",
    )

    # As one of Debian's 6.12 cloud-amd64 did, right behind `cmpxchg16b %gs:(%rsi)`.
    REPORT_64 = (
        "traps: PANIC: double fault, error_code: 0x0",
        "Oops: double fault: 0000 [#1] PREEMPT SMP NOPTI",
        "RIP: 0010:kmem_cache_alloc_node_noprof+0xe0/0x330",
        "RSP: 0018:ff452c9ac0443a60 EFLAGS: c3934242",
        "RAX: ff33056fc3934200 RBX: 0000000000000000 RCX: 0000000000c0c001",
        "Call Trace:",
        "RSP: 002b:00007ffd5eb38d28 EFLAGS: 00000202 ORIG_RAX: 00000000000001b3",
        "---[ end trace 0000000000000000 ]---",
        "Kernel panic - not syncing: Fatal exception in interrupt",
    )

    def verdict(self, report: tuple[str, ...]) -> Verdict:
        lines = "".join(f"[    3.00] {line}\n" for line in report)
        return verdict_of(console=CONSOLE.replace("[    5.00]", f"{lines}[    5.00]"))

    def test_impossible_flags(self) -> None:
        verdict = self.verdict(self.REPORT)
        self.assertTrue(verdict.emulator_fault)
        self.assertEqual(verdict.kind, Kind.INFRASTRUCTURE)
        self.assertIn("c1b8afc2", verdict.reasons[0])

    def test_of_a_64_bit_guest(self) -> None:
        self.assertTrue(self.verdict(self.REPORT_64).emulator_fault)
        honest = tuple(line.replace("c3934242", "00010242") for line in self.REPORT_64)
        self.assertEqual(self.verdict(honest).kind, Kind.PANIC)

    def test_flags_that_a_processor_saves(self) -> None:
        # The second has every flag there is; the third is a 64-bit kernel's.
        for flags in ("00000102", "003f7fd7", "0000000000000246"):
            report = tuple(line.replace("c1b8afc2", flags) for line in self.REPORT)
            with self.subTest(flags=flags):
                self.assertFalse(self.verdict(report).emulator_fault)
                self.assertEqual(self.verdict(report).kind, Kind.SPLAT)

    def test_each_bit_that_is_always_the_same(self) -> None:
        for flags in ("00000244", "0000024e", "00000262", "00008246", "00400246", "ffff8880123456c2"):
            report = tuple(line.replace("c1b8afc2", flags) for line in self.REPORT)
            with self.subTest(flags=flags):
                self.assertTrue(self.verdict(report).emulator_fault)

    def test_only_the_first_report_is_believed(self) -> None:
        honest = tuple(line.replace("c1b8afc2", "00000246") for line in self.REPORT)
        self.assertEqual(self.verdict((*honest, *self.REPORT)).kind, Kind.SPLAT)

    def test_only_qemu_of_x86_is_excused(self) -> None:
        lines = "".join(f"[    3.00] {line}\n" for line in self.REPORT)
        console = CONSOLE.replace("[    5.00]", f"{lines}[    5.00]")
        self.assertEqual(verdict_of(console=console, emulated_x86=False).kind, Kind.SPLAT)

    def test_neither_sanitizers_nor_modules_are_excused(self) -> None:
        for old, new in (
            (self.REPORT[1], "BUG: KASAN: stack-out-of-bounds in hammer+0x1/0x2 [percpu_scope]"),
            ("kmem_cache_alloc+0xce/0x3e0", "hammer+0x1/0x2 [percpu_scope]"),
        ):
            report = tuple(line.replace(old, new) for line in self.REPORT)
            self.assertEqual(self.verdict(report).kind, Kind.SPLAT)

    # As a guest of a 6.12 for 32-bit x86 died of it, when a kprobe had just gone.
    BREAKPOINT = (
        "Oops: int3: 0000 [#1] PREEMPT SMP",
        "EIP: pscope_window+0x1/0x18 [percpu_scope]",
        "Code: 90 66 90 66 90 b8 <08> 00 00 00 8d b4 26 00 00 00 00 f3 90 48 75 fb c3 66",
        "DS: 007b ES: 007b FS: 00d8 GS: 0033 SS: 0068 EFLAGS: 00000206",
        "Call Trace:",
        "---[ end trace 0000000000000000 ]---",
        "Kernel panic - not syncing: Fatal exception in interrupt",
    )

    def test_a_breakpoint_that_is_not_there(self) -> None:
        verdict = self.verdict(self.BREAKPOINT)
        self.assertTrue(verdict.emulator_fault)
        self.assertIn("takes b8 for a breakpoint", verdict.reasons[0])

    def test_a_breakpoint_that_is_there(self) -> None:
        for old, new in (("b8 <08>", "cc <08>"), ("b8 <08>", "b8 08"), ("int3", "divide error")):
            report = tuple(line.replace(old, new) for line in self.BREAKPOINT)
            self.assertEqual(self.verdict(report).kind, Kind.PANIC, new)

    def test_other_reports_before_it_are_believed(self) -> None:
        for first in (
            "BUG: sleeping function called from invalid context at x.c:1",
            "WARNING: possible circular locking dependency detected",
            "INFO: task x:1 blocked for more than 40 seconds.",
        ):
            for report in (self.REPORT, self.BREAKPOINT):
                with self.subTest(first=first):
                    self.assertFalse(self.verdict((first, *report)).emulator_fault)

    def test_flags_without_a_bad_line_mean_nothing(self) -> None:
        self.assertEqual(self.verdict((self.REPORT[7],)).kind, Kind.PASS)


if __name__ == "__main__":
    unittest.main()
