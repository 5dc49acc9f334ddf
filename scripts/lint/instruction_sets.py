# SPDX-License-Identifier: GPL-2.0-only
"""What objdump prints, as instructions that load, store and call. An instruction set each.

Knows mnemonics and operands; what a control's must be is instructions.py's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import ClassVar

_FUNCTION = re.compile(r"^[0-9a-f]+ <(\w+)>:$")
_RELOCATION = re.compile(r"^\s+[0-9a-f]+: R_\w+\t(\S+)")


@dataclass
class Instruction:
    mnemonic: str
    operands: list[str]
    symbol: str = ""  # of its relocation

    # One line of `objdump -d --no-show-raw-insn`: mnemonic, operands.
    LINE: ClassVar[re.Pattern[str]]
    # The commas between operands.
    COMMA: ClassVar[re.Pattern[str]]
    CALLS: ClassVar[frozenset[str]]

    def reads_modifies_writes(self) -> bool:
        """In one instruction, or as one."""
        raise NotImplementedError

    def loads(self) -> bool:
        raise NotImplementedError

    def stores(self) -> bool:
        raise NotImplementedError

    def calls(self, symbol: str) -> bool:
        return self.mnemonic in self.CALLS and self.symbol.startswith(symbol)


class X86(Instruction):
    LINE = re.compile(r"^\s+[0-9a-f]+:\t(?:lock )?(\w+)\s*(.*?)(?:\s+#.*)?$")
    COMMA = re.compile(r",(?![^(]*\))")
    CALLS = frozenset({"call"})

    _READ_MODIFY_WRITE = re.compile(
        r"^(inc|dec|add|adc|sub|sbb|or|and|xor|not|neg|xadd|xchg|cmpxchg)"
    )
    _MEMORY = re.compile(r"(%[c-g]s:)?(-?0x[0-9a-f]+)?\([^)]*\)|%[c-g]s:\S+|^0x[0-9a-f]+$")

    def _is_memory(self, place: int) -> bool:
        return bool(self.operands) and bool(self._MEMORY.search(self.operands[place]))

    def _of_counter(self) -> bool:
        """Of a copy in memory: not of the stack, nor of the kernel's own variables."""
        of_kernel = self.symbol.startswith(("__preempt_count", "this_cpu_off", "cpu_number"))
        return not of_kernel and not any("%esp" in o or "%rsp" in o for o in self.operands)

    def reads_modifies_writes(self) -> bool:
        return bool(
            self._READ_MODIFY_WRITE.match(self.mnemonic)
            and self._is_memory(-1)
            and self._of_counter()
        )

    def loads(self) -> bool:
        return self.mnemonic.startswith("mov") and self._is_memory(0) and self._of_counter()

    def stores(self) -> bool:
        return self.mnemonic.startswith("mov") and self._is_memory(-1) and self._of_counter()


class Arm(Instruction):
    """Of 32 bits and of 64: they name their loads and stores alike."""

    LINE = re.compile(r"^\s+[0-9a-f]+:\t([\w.]+)(?:\t(.*?))?(?:\s+(?://|@|;).*)?$")
    COMMA = re.compile(r",(?![^\[{]*[\]}])")
    CALLS = frozenset({"bl", "blx"})

    # Exclusive stores end what counts as one; LSE has it in one.
    _READ_MODIFY_WRITE = re.compile(r"^(stl?xr|strex|(ld|st)(add|clr|set|eor)|swp|cas)")
    _LOAD = re.compile(r"^ld(r|p|ur|m)(?!ex)")
    _STORE = re.compile(r"^st(r|p|ur|m)(?!ex)")
    _STACK = re.compile(r"\[(sp|x29|fp)\b|^(sp|r13)!?$")

    def _of_counter(self) -> bool:
        """Not of the stack."""
        return not any(self._STACK.search(operand) for operand in self.operands)

    def reads_modifies_writes(self) -> bool:
        return bool(self._READ_MODIFY_WRITE.match(self.mnemonic) and self._of_counter())

    def loads(self) -> bool:
        return bool(self._LOAD.match(self.mnemonic) and self._of_counter())

    def stores(self) -> bool:
        return bool(self._STORE.match(self.mnemonic) and self._of_counter())


def parse(disassembly: str, kind: type[Instruction]) -> dict[str, list[Instruction]]:
    """The functions of `objdump -dr --no-show-raw-insn`."""
    functions: dict[str, list[Instruction]] = {}
    current: list[Instruction] = []
    for line in disassembly.splitlines():
        if match := _FUNCTION.match(line):
            current = functions.setdefault(match[1], [])
        elif match := _RELOCATION.match(line):
            if current:
                current[-1].symbol = match[1]
        elif match := kind.LINE.match(line):
            operands = [part.strip() for part in kind.COMMA.split(match[2] or "") if part.strip()]
            current.append(kind(match[1], operands))
    return functions
