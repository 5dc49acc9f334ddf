# SPDX-License-Identifier: GPL-2.0-only
"""What may stand in patterns.toml and exceptions.toml, and the exception for KCSAN."""

from __future__ import annotations

import unittest

from percpu_vm.host.errors import ScopeError
from percpu_vm.judge import patterns

GOOD = "panic = ['a']\nsplat = ['b']\nprocess = ['c']\n"
ENTRY = "[[exception]]\npattern = 'x'\nreason = 'because'\n"
PATTERNS = patterns.load()

# The frame of an interrupt's entry, as each architecture names it.
ENTRIES = {
    "amd64": "asm_sysvec_apic_timer_interrupt+0x1a/0x20",
    "i386": "asm_common_interrupt+0x1a/0x20",
    "arm64": "el1h_64_irq+0x64/0x68",
    "arm64, 7.x": "el1_interrupt+0x34/0x54",
    "arm": "__irq_svc+0x8c/0xd0",
    "riscv": "handle_exception+0x14a/0x156",
    "s390": "ext_int_handler+0xb6/0xe8",
    "powerpc": "decrementer_common_virt+0x214/0x220",
    "mips": "handle_int+0x15c/0x168",
    "loongarch": "handle_vint+0x10/0x38",
}
OURS = (
    "hammer+0x8d/0x1a0 [percpu_scope]",
    # CONFIG_STACKTRACE_BUILD_ID, and built in.
    "hammer+0x8d/0x1a0 [percpu_scope 0123456789abcdef0123456789abcdef01234567]",
    "pscope_hammer+0x8d/0x1a0",
)


class FileTest(unittest.TestCase):
    def test_mistakes_are_told(self) -> None:
        for message, bad, known in (
            ("panic is empty", GOOD.replace("['a']", "[]"), ""),
            ("splat is empty", GOOD.replace("['b']", "[]"), ""),
            ("process is empty", GOOD.replace("['c']", "['']"), ""),
            ("KeyError", GOOD.replace("splat", "#"), ""),
            ("splat has a pattern twice", GOOD.replace("['b']", "['b', 'b']"), ""),
            ("no kind is called", GOOD + "worse = ['d']", ""),
            ("unterminated", GOOD.replace("['b']", "['(b']"), ""),
            ("has no reason", GOOD, ENTRY.replace("because", " ")),
            ("no field is called", GOOD, ENTRY + "untill = 'y'"),
            ("unless needs until", GOOD, ENTRY + "unless = 'y'"),
            ("unless needs until", GOOD, ENTRY + "until = 'y'"),
            ("beyond needs unless", GOOD, ENTRY + "beyond = 'y'"),
        ):
            with self.subTest(message=message), self.assertRaisesRegex(ScopeError, message):
                patterns.parse(bad, known)

    def test_worst_kind_of_a_line(self) -> None:
        known = patterns.parse("panic = ['a']\nsplat = ['.']\nprocess = ['.']", "")
        self.assertEqual([known.kind_of("a"), known.kind_of("b")], ["panic", "splat"])
        self.assertIsNone(patterns.parse(GOOD, "").kind_of("z"))


class KcsanTest(unittest.TestCase):
    """A race of the kernel's own is excused, one that a function of ours takes part in is not."""

    def is_excused(self, *frames: str) -> bool:
        report = [
            "BUG: KCSAN: data-race in tick_sched_do_timer / tick_do_update_jiffies64",
            "",
            "write to 0xffffffff8b2c3d40 of 8 bytes by interrupt on cpu 0:",
            " tick_do_update_jiffies64+0x112/0x1b0",
            *(f" {frame}" for frame in frames),
            "",
            "value changed: 0x1 -> 0x2",
            "Reported by Kernel Concurrency Sanitizer on:",
        ]
        found = PATTERNS.find(report, "a-target")
        return not found.at["splat"] and bool(found.excused)

    def test_of_the_kernels_own(self) -> None:
        self.assertTrue(self.is_excused("update_process_times+0x1/0x2"))

    def test_of_ours(self) -> None:
        for ours in OURS:
            with self.subTest(ours=ours):
                self.assertFalse(self.is_excused(ours))

    def test_ours_was_only_interrupted(self) -> None:
        for architecture, entry in ENTRIES.items():
            for ours in OURS:
                with self.subTest(architecture=architecture, ours=ours):
                    self.assertTrue(self.is_excused("irq_exit+0x1/0x2", entry, ours))
                    self.assertFalse(self.is_excused(ours, entry, "do_syscall_64+0x1/0x2"))

    def test_ours_in_what_interrupted(self) -> None:
        self.assertFalse(self.is_excused(ENTRIES["amd64"], OURS[0], "", " other side", OURS[0]))


if __name__ == "__main__":
    unittest.main()
