# SPDX-License-Identifier: GPL-2.0-only
"""The build gates on the module's instructions and sections, on what binutils print."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "scripts" / "lint"))

import instructions  # noqa: E402
from instruction_sets import X86, Arm, Instruction, parse  # noqa: E402

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
0000000000001120 <update_u64_this_cpu_inc>:
    1129:\tlea    -0x1(%rsi),%rax
    1132:\tincq   %gs:(%rdx)
    1136:\tsub    $0x1,%rax
00000000000017f0 <update_symbol_this_cpu_inc>:
    17fe:\tincq   %gs:0x0(%rip)        # 1806 <update_symbol_this_cpu_inc+0x16>
\t\t\t1802: R_X86_64_PC32\tpscope_by_symbol-0x4
    1806:\tsub    $0x1,%rax
"""


ARM64_WINDOW = """
00000000000060b0 <control_read_write>:
    60bc:\tstp\tx29, x30, [sp, #-48]!
    60c8:\tldr\tx22, [x0, #96]
    60d8:\tmrs\tx21, tpidr_el1
    60dc:\tldr\tx19, [x22, x21]
    60e0:\tbl\t3190 <pscope_window>
\t\t\t60e0: R_AARCH64_CALL26\tpscope_window
    60e4:\tadd\tx19, x19, #0x1
    60e8:\tstr\tx19, [x22, x21]
    60f8:\tldp\tx19, x20, [sp, #16]
    6108:\tret
"""
ARMHF_WINDOW = """
000056d8 <control_read_write>:
    56d8:\tpush\t{r3, r4, r5, r6, r7, r8, r9, sl, fp, lr}
    56e8:\tldr\tsl, [r0, #68]\t@ 0x44
    56fc:\tldrd\tr4, [sl, r7]
    5700:\tbl\t2c20 <pscope_window>
\t\t\t5700: R_ARM_CALL\tpscope_window
    5704:\tadds\tr8, r4, #1
    570c:\tstrd\tr8, [sl, r7]
"""
# Shortened: of each field's two halves, one.
ARMHF_PLAIN = """
00001658 <{name}>:
    1678:\tmrc\t15, 0, r1, cr13, cr0, {{4}}
    1680:\tldr\tr3, [r0, r1]
    1684:\tadds\tr3, r3, #1
    168c:\tstr\tr3, [r0, r1]
"""
PLAIN = "".join(ARMHF_PLAIN.format(name=f"update_u64_{n}") for n in ("__this_cpu_inc", "get_cpu_var"))


class Window(unittest.TestCase):
    def problem(self, disassembly: str, kind: type[Instruction] = X86) -> str:
        return instructions._window_problem(
            parse(disassembly, kind)["control_read_write"]
        )

    def test_arm_of_either_width_is_good(self) -> None:
        self.assertEqual(self.problem(ARM64_WINDOW, Arm), "")
        self.assertEqual(self.problem(ARMHF_WINDOW, Arm), "")

    def test_arm_without_a_store_is_not(self) -> None:
        # What is stored on the stack is none.
        for store in ("str\tx19, [sp, #8]", "ldr\tx19, [x22]"):
            spoiled = ARM64_WINDOW.replace("str\tx19, [x22, x21]", store)
            self.assertIn("no store", self.problem(spoiled, Arm))

    def test_arm_that_adds_in_memory_is_not(self) -> None:
        for atomic in ("stadd\tx1, [x22]", "stxr\tw4, x5, [x22]"):
            spoiled = ARM64_WINDOW.replace("add\tx19, x19, #0x1", atomic)
            self.assertIn("one instruction", self.problem(spoiled, Arm))

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
        functions = parse(
            GOOD_WINDOW.replace("control_read_write>", "control_new>"), X86
        )
        found = list(instructions.control_problems(functions, 64))
        self.assertTrue(any("control_new is not in the table" in line for line in found))
        self.assertTrue(any("control_read_write is no function" in line for line in found))


class OneInstruction(unittest.TestCase):
    def problems(self, disassembly: str) -> list[str]:
        return list(instructions.one_instruction_problems(parse(disassembly, X86)))

    def test_incq_is_good(self) -> None:
        self.assertEqual(self.problems(GOOD_INC), [])

    def test_two_are_not(self) -> None:
        two = GOOD_INC.replace(
            "incq   %gs:(%rdx)",
            "mov    %gs:(%rdx),%rax\n    1140:\tmov    %rax,%gs:(%rdx)",
        )
        self.assertEqual(len(self.problems(two)), 1)

    def test_none_is_not(self) -> None:
        # Neither of the two, nor the symbol.
        self.assertEqual(len(self.problems("")), 3)

    def test_a_variable_in_a_register_is_not_reached_by_its_symbol(self) -> None:
        by_register = GOOD_INC.replace("%gs:0x0(%rip)", "%gs:(%rdx)").replace(
            "R_X86_64_PC32\tpscope_by_symbol", "R_X86_64_PC32\tother"
        )
        self.assertEqual(
            self.problems(by_register),
            ["update_symbol_this_cpu_inc has no instruction with pscope_by_symbol in it"],
        )


class OnArm(unittest.TestCase):
    def test_exclusive_store_or_lse_is_good(self) -> None:
        for atomic in ("stxr\tw4, x5, [x0]", "stadd\tx3, [x0]"):
            code = PLAIN + f"0000 <update_u64_this_cpu_inc>:\n    1c40:\t{atomic}\n"
            found = instructions.exclusive_problems(parse(code, Arm))
            self.assertEqual(list(found), [])
        code = PLAIN + "0000 <update_u64_this_cpu_inc>:\n    1c40:\tstr\tx5, [x0]\n"
        found = instructions.exclusive_problems(parse(code, Arm))
        self.assertEqual(len(list(found)), 1)

    def test_interrupts_are_off(self) -> None:
        code = PLAIN + "0000 <update_u64_this_cpu_inc>:\n    15bc:\tcpsid\ti\n"
        found = instructions.interrupts_off_problems(parse(code, Arm))
        self.assertEqual(list(found), [])
        found = instructions.interrupts_off_problems(parse(PLAIN, Arm))
        self.assertEqual(len(list(found)), 1)

    def test_plain_c_that_is_one_instruction_is_no_control(self) -> None:
        spoiled = PLAIN.replace("str\tr3, [r0, r1]", "stadd\tr3, [r0]")
        found = list(instructions.plain_c_problems(parse(spoiled, Arm)))
        self.assertEqual(len(found), 2)
        # A function that is not there proves nothing.
        self.assertEqual(len(list(instructions.plain_c_problems({}))), 2)


class Machines(unittest.TestCase):
    def test_known(self) -> None:
        for name, bits in (("AArch64", 64), ("ARM", 32), ("Intel 80386", 32)):
            header = f"  Class:     ELF\n  Machine:                           {name}\n"
            self.assertEqual(instructions.machine_of(header).bits, bits)

    def test_unknown(self) -> None:
        with self.assertRaisesRegex(SystemExit, "RISC-V"):
            instructions.machine_of("  Machine:     RISC-V\n")


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
