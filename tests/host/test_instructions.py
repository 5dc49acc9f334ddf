# SPDX-License-Identifier: GPL-2.0-only
"""The build gates on the module's instructions and sections, on what binutils print."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts" / "lint"))

import instructions  # noqa: E402

GOOD_WINDOW = """
0000000000004cf0 <control_read_write>:
    4d08:\tincl   %gs:0x0(%rip)        # 4d0f <control_read_write+0x1f>
\t\t\t4d0b: R_X86_64_PC32\t__preempt_count-0x4
    4d12:\tadd    %gs:0x0(%rip),%rbx        # 4d1a <control_read_write+0x2a>
\t\t\t4d16: R_X86_64_PC32\tthis_cpu_off-0x4
    4d1a:\tmov    (%rbx),%rbp
    4d1d:\tcall   4d22 <control_read_write+0x32>
\t\t\t4d1e: R_X86_64_PLT32\tpscope_window-0x4
    4d22:\tadd    $0x1,%rbp
    4d26:\tmov    %rbp,(%rbx)
"""
MERGED = GOOD_WINDOW.replace("mov    %rbp,(%rbx)", "add    $0x1,(%rbx)")
MERGED_BEFORE_STORE = GOOD_WINDOW.replace("add    $0x1,%rbp", "addq   $0x1,(%rbx)")
GOOD_INC = """
0000000000001120 <update_this_cpu_inc>:
    1129:\tlea    -0x1(%rsi),%rax
    1132:\tincq   %gs:(%rdx)
    1136:\tsub    $0x1,%rax
"""


class Window(unittest.TestCase):
    def problem(self, disassembly: str) -> str:
        return instructions._window_problem(
            instructions.parse(disassembly)["control_read_write"]
        )

    def test_load_window_store_is_good(self) -> None:
        self.assertEqual(self.problem(GOOD_WINDOW), "")

    def test_without_a_store_is_not(self) -> None:
        self.assertIn("no store", self.problem(MERGED))

    def test_read_modify_write_inside_is_not(self) -> None:
        self.assertIn("one instruction", self.problem(MERGED_BEFORE_STORE))

    def test_without_the_window_is_not(self) -> None:
        self.assertIn("no window", self.problem(GOOD_WINDOW.replace("pscope_window", "other")))


class Table(unittest.TestCase):
    def test_knows_every_control_and_misses_none(self) -> None:
        functions = instructions.parse(GOOD_WINDOW.replace("control_read_write>", "control_new>"))
        found = list(instructions.control_problems(functions, 64))
        self.assertTrue(any("control_new is not in the table" in line for line in found))
        self.assertTrue(any("control_read_write is no function" in line for line in found))


class OneInstruction(unittest.TestCase):
    def problems(self, disassembly: str) -> list[str]:
        return list(instructions.one_instruction_problems(instructions.parse(disassembly)))

    def test_incq_is_good(self) -> None:
        self.assertEqual(self.problems(GOOD_INC), [])

    def test_two_are_not(self) -> None:
        two = GOOD_INC.replace("incq   %gs:(%rdx)", "mov    %gs:(%rdx),%rax") + (
            "    1140:\tmov    %rax,%gs:(%rdx)\n"
        )
        self.assertEqual(len(self.problems(two)), 1)

    def test_none_is_not(self) -> None:
        self.assertEqual(len(self.problems("")), 1)


class Sections(unittest.TestCase):
    ONE = "  [22] .data..percpu     PROGBITS\n"
    SYMBOLS = "".join(
        f"    12: 0008     8 OBJECT  LOCAL  DEFAULT   22 pscope_{variant}\n"
        for variant in instructions.VARIANTS
    )

    def test_one_section_with_all_variants_is_good(self) -> None:
        self.assertEqual(list(instructions.section_problems(self.ONE, self.SYMBOLS)), [])

    def test_a_second_section_is_not(self) -> None:
        two = self.ONE + "  [23] .data..percpu..first     PROGBITS\n"
        self.assertEqual(len(list(instructions.section_problems(two, self.SYMBOLS))), 1)

    def test_a_variant_elsewhere_is_not(self) -> None:
        astray = self.SYMBOLS.replace("22 pscope_aligned", "23 pscope_aligned")
        found = list(instructions.section_problems(self.ONE, astray))
        self.assertEqual(found, ["the aligned counter is not in .data..percpu"])


if __name__ == "__main__":
    unittest.main()
