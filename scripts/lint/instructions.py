#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What the compiler and the linker made of the module, read back with binutils.

 - All per-CPU data is in the one section that the module loader takes.
 - A control's load and store are separate instructions, or it breaks nothing.
 - this_cpu_inc() is what the architecture is said to make of it, or nothing here is new.
 - On ARM plain C loads and stores, or there is nothing that this_cpu_inc() does better.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from instruction_sets import X86, Arm, Instruction, parse  # noqa: E402
from percpu_vm.build import toolchain  # noqa: E402
from percpu_vm.host import paths  # noqa: E402
from percpu_vm.model import targets  # noqa: E402

PERCPU_SECTION = ".data..percpu"
# Of the one counter that is updated by its symbol.
SYMBOL = "pscope_by_symbol"
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
    "control_clear": "atomic",
    "control_migrate_disable": "window",
    "control_bh_read_write": "window",
    "control_hoisted_pointer": "window",
    "control_cached_cpu": "window",
    "control_bh_among_tasks": "window",
    "control_lost_carry": "atomic",
    "control_read_exactly": "atomic",
}

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


Functions = dict[str, list[Instruction]]


def one_instruction_problems(functions: Functions) -> Iterator[str]:
    for name in ("update_u64_this_cpu_inc", "update_symbol_this_cpu_inc"):
        code = functions.get(name, [])
        percpu = [i for i in code if any("%gs:" in operand for operand in i.operands)]
        if len(percpu) != 1 or percpu[0].mnemonic != "incq":
            found = "; ".join(f"{i.mnemonic} {','.join(i.operands)}" for i in percpu) or "nothing"
            yield f"{name} is not one incq of %gs: but {found}"
    yield from symbol_problems(functions)


def symbol_problems(functions: Functions) -> Iterator[str]:
    """A variable reached by its symbol is in the instruction, not in a register."""
    code = functions.get("update_symbol_this_cpu_inc", [])
    if not any(SYMBOL in i.symbol for i in code if any("%gs:" in o for o in i.operands)):
        yield f"update_symbol_this_cpu_inc has no instruction with {SYMBOL} in it"


def exclusive_problems(functions: Functions) -> Iterator[str]:
    # Patched to one instruction of LSE where the processor has that.
    if not any(i.reads_modifies_writes() for i in functions.get("update_u64_this_cpu_inc", [])):
        yield "this_cpu_inc() has neither an exclusive store nor an instruction of LSE"
    yield from plain_c_problems(functions)


def interrupts_off_problems(functions: Functions) -> Iterator[str]:
    if not any(i.mnemonic == "cpsid" for i in functions.get("update_u64_this_cpu_inc", [])):
        yield "this_cpu_inc() does not turn interrupts off"
    yield from plain_c_problems(functions)


def plain_c_problems(functions: Functions) -> Iterator[str]:
    """What control 4 is: a window, if one of no instructions."""
    for name in ("update_u64___this_cpu_inc", "update_u64_get_cpu_var"):
        code = functions.get(name, [])
        loads, stores = any(i.loads() for i in code), any(i.stores() for i in code)
        if not loads or not stores or any(i.reads_modifies_writes() for i in code):
            yield f"{name} does not load and store in instructions of their own"


@dataclass(frozen=True)
class Machine:
    """What is checked of a module for it."""

    instructions: type[Instruction]
    bits: int
    extra: Callable[[Functions], Iterator[str]]


# By what readelf calls the machine.
MACHINES = {
    "Advanced Micro Devices X86-64": Machine(X86, 64, one_instruction_problems),
    "Intel 80386": Machine(X86, 32, lambda functions: iter(())),
    "AArch64": Machine(Arm, 64, exclusive_problems),
    "ARM": Machine(Arm, 32, interrupts_off_problems),
}


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


def machine_of(header: str) -> Machine:
    """Of `readelf -hW`."""
    match = re.search(r"^ *Machine: *(.*?) *$", header, re.MULTILINE)
    if not match or match[1] not in MACHINES:
        raise SystemExit(f"nothing is known of instructions for {match and match[1]}")
    return MACHINES[match[1]]


def problems(module: Path) -> list[str]:
    machine = machine_of(_read("readelf", "-hW", str(module)))
    found = list(
        section_problems(_read("readelf", "-SW", str(module)), _read("readelf", "-sW", str(module)))
    )
    objdump = f"{toolchain.prefix_for(module.read_bytes())}objdump"
    code = _read(objdump, "-dr", "--no-show-raw-insn", str(module))
    functions = parse(code, machine.instructions)
    found += control_problems(functions, machine.bits)
    found += machine.extra(functions)
    return found


def main() -> int:
    bad = 0
    for target in targets.choose(sys.argv[1:]):
        module = paths.module_build(target.name + ".lint") / f"{paths.MODULE_NAME}.ko"
        for problem in problems(module):
            print(f"{target.name}: {problem}")
            bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
