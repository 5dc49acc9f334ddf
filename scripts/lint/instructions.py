#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What the compiler and the linker made of the module, read back with binutils.

 - All per-CPU data is in the one section that the module loader takes.
 - A control's load and store are separate instructions, or it breaks nothing.
 - On x86-64 this_cpu_inc() is one instruction, or nothing here is new.

For x86; other architectures' modules are only checked for their sections.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from percpu_vm import paths, targets  # noqa: E402

PERCPU_SECTION = ".data..percpu"
VARIANTS = ("plain", "first", "shared_aligned", "aligned", "page_aligned", "read_mostly")

# How each control is broken, as instructions: a new one must be added here.
#  window: a load, the window, a store; no read-modify-write in between
#  halves: plain stores; on 32-bit two for each field
#  atomic: its instructions are right, what they are used for is not
CONTROLS = {
    "control_no_syncp": "halves",
    "control_read_write": "window",
    "control_read_write_preemptible": "window",
    "control_this_cpu_read_write": "window",
    "control_irqsave_read_write": "window",
    "control_no_irqsave": "atomic",
    "control_shared_syncp": "halves",
    "control_remote_increment": "window",
    "control_remote_fold": "window",
    "control_add_above_32_bits": "atomic",
}

_FUNCTION = re.compile(r"^[0-9a-f]+ <(\w+)>:$")
_INSTRUCTION = re.compile(r"^\s+[0-9a-f]+:\t(?:lock )?(\w+)\s*(.*?)(?:\s+#.*)?$")
_RELOCATION = re.compile(r"^\s+[0-9a-f]+: R_\w+\t(\S+)")
_READ_MODIFY_WRITE = re.compile(r"^(inc|dec|add|adc|sub|sbb|or|and|xor|not|neg|xadd|xchg|cmpxchg)")
_MEMORY = re.compile(r"(%[c-g]s:)?(-?0x[0-9a-f]+)?\([^)]*\)|%[c-g]s:\S+|^0x[0-9a-f]+$")


@dataclass
class Instruction:
    mnemonic: str
    operands: list[str]
    symbol: str = ""  # of its relocation

    def _is_memory(self, place: int) -> bool:
        return bool(self.operands) and bool(_MEMORY.search(self.operands[place]))

    def of_counter(self) -> bool:
        """Of a copy in memory: not of the stack, nor of the kernel's own variables."""
        of_kernel = self.symbol.startswith(("__preempt_count", "this_cpu_off", "cpu_number"))
        return not of_kernel and not any("%esp" in o or "%rsp" in o for o in self.operands)

    def reads_modifies_writes(self) -> bool:
        return bool(
            _READ_MODIFY_WRITE.match(self.mnemonic) and self._is_memory(-1) and self.of_counter()
        )

    def loads(self) -> bool:
        return self.mnemonic.startswith("mov") and self._is_memory(0) and self.of_counter()

    def stores(self) -> bool:
        return self.mnemonic.startswith("mov") and self._is_memory(-1) and self.of_counter()

    def calls(self, symbol: str) -> bool:
        return self.mnemonic == "call" and self.symbol.startswith(symbol)


def _operands(text: str) -> list[str]:
    """Split at the commas that are not within parentheses."""
    return [part.strip() for part in re.split(r",(?![^(]*\))", text) if part.strip()]


def parse(disassembly: str) -> dict[str, list[Instruction]]:
    """The functions of `objdump -dr --no-show-raw-insn`."""
    functions: dict[str, list[Instruction]] = {}
    current: list[Instruction] = []
    for line in disassembly.splitlines():
        if match := _FUNCTION.match(line):
            current = functions.setdefault(match[1], [])
        elif match := _RELOCATION.match(line):
            if current:
                current[-1].symbol = match[1]
        elif match := _INSTRUCTION.match(line):
            current.append(Instruction(match[1], _operands(match[2])))
    return functions


def _window_problem(code: list[Instruction]) -> str:
    at = [i for i, instruction in enumerate(code) if instruction.calls("pscope_window")]
    if not at:
        return "has no window"
    before, after = code[: at[0]], code[at[0] + 1 :]
    loads = [i for i, instruction in enumerate(before) if instruction.loads()]
    stores = [i for i, instruction in enumerate(after) if instruction.stores()]
    if not loads or not stores:
        return "has no load before its window, or no store after it"
    between = before[loads[-1] + 1 :] + after[: stores[0]]
    if any(i.reads_modifies_writes() for i in between):
        return "reads, modifies and writes in one instruction between its load and its store"
    return ""


def _halves_problem(code: list[Instruction], bits: int) -> str:
    stores = sum(instruction.stores() for instruction in code)
    wanted = 4 * 64 // bits
    return "" if stores >= wanted else f"has {stores} stores, not {wanted}"


def control_problems(functions: dict[str, list[Instruction]], bits: int) -> Iterator[str]:
    for name in sorted(n for n in functions if n.startswith("control_")):
        if name not in CONTROLS:
            yield f"{name} is not in the table of controls in scripts/lint/instructions.py"
        elif CONTROLS[name] == "window" and (problem := _window_problem(functions[name])):
            yield f"{name} {problem}"
        elif CONTROLS[name] == "halves" and (problem := _halves_problem(functions[name], bits)):
            yield f"{name} {problem}"
    for name in CONTROLS:
        if name not in functions:
            yield f"{name} is no function of its own: is it noinline?"


def one_instruction_problems(functions: dict[str, list[Instruction]]) -> Iterator[str]:
    code = functions.get("update_this_cpu_inc", [])
    percpu = [i for i in code if any("%gs:" in operand for operand in i.operands)]
    if len(percpu) != 1 or percpu[0].mnemonic != "incq":
        found = "; ".join(f"{i.mnemonic} {','.join(i.operands)}" for i in percpu) or "nothing"
        yield f"this_cpu_inc() is not one incq of %gs: but {found}"


def section_problems(sections: str, symbols: str) -> Iterator[str]:
    """Of `readelf -SW` and `readelf -sW`."""
    found = re.findall(r"\[ *(\d+)\] (\.data\.\.percpu\S*)", sections)
    if [name for _, name in found] != [PERCPU_SECTION]:
        yield f"per-CPU sections are {[name for _, name in found]}, not just {PERCPU_SECTION}"
        return
    for variant in VARIANTS:
        match = re.search(rf"\s(\w+) pscope_{variant}$", symbols, re.MULTILINE)
        if not match or match[1] != found[0][0]:
            yield f"the {variant} counter is not in {PERCPU_SECTION}"


def _read(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def problems(module: Path, bits: int) -> list[str]:
    found = list(
        section_problems(_read("readelf", "-SW", str(module)), _read("readelf", "-sW", str(module)))
    )
    header = _read("readelf", "-hW", str(module))
    if "X86-64" in header or "80386" in header:
        functions = parse(_read("objdump", "-dr", "--no-show-raw-insn", str(module)))
        found += control_problems(functions, bits)
        if bits == 64:
            found += one_instruction_problems(functions)
    return found


def main() -> int:
    bad = 0
    for target in targets.choose([]):
        module = paths.module_build(target.name + ".lint") / f"{paths.MODULE_NAME}.ko"
        bits = 64 if "ELF64" in _read("readelf", "-hW", str(module)) else 32
        for problem in problems(module, bits):
            print(f"{target.name}: {problem}")
            bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
