# SPDX-License-Identifier: GPL-2.0-only
"""The machine a guest is given: the target's, or what VM_CPUS, VM_MEM, VM_NODES and VM_ARGS say."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from ..host.errors import EXIT_USAGE, ScopeError
from .targets import Target

# The most that any kernel here is configured for (CONFIG_MAXSMP); QEMU's machines have
# bounds of their own, and say so.
_MOST_CPUS = 8192
_MOST_NODES = 16


@dataclass(frozen=True)
class Machine:
    cpus: int
    memory: str
    nodes: int = 1
    arguments: tuple[str, ...] = ()  # of the kernel, beyond the target's own

    @property
    def possible_cpus(self) -> int:
        """CPUs that the kernel will count: all of QEMU's, unless it is told otherwise."""
        return 1 if "nosmp" in self.arguments else self.cpus


def megabytes(memory: str) -> int:
    return int(memory[:-1]) * 1024 if memory.endswith("G") else int(memory.rstrip("M"))


def _number(name: str, default: int, largest: int, what: str) -> int:
    text = os.environ.get(name) or str(default)
    if not text.isdigit() or not 1 <= int(text) <= largest:
        raise ScopeError(f"{name}={text}: not a number of {what} from 1 to {largest}", EXIT_USAGE)
    return int(text)


def is_by_hand() -> bool:
    """The environment asks for another machine than the target's."""
    return any(os.environ.get(name) for name in ("VM_CPUS", "VM_MEM", "VM_NODES", "VM_ARGS"))


def machine(target: Target) -> Machine:
    cpus = _number("VM_CPUS", target.cpus, _MOST_CPUS, "CPUs")
    nodes = _number("VM_NODES", 1, _MOST_NODES, "NUMA nodes")
    memory = os.environ.get("VM_MEM") or target.memory
    if not re.fullmatch(r"\d+[MG]?", memory):
        raise ScopeError(f"VM_MEM={memory}: not an amount of memory such as 512M", EXIT_USAGE)
    if megabytes(memory) % nodes:
        raise ScopeError(f"VM_MEM={memory}: cannot be parted among {nodes} nodes", EXIT_USAGE)
    return Machine(cpus, memory, nodes, tuple(os.environ.get("VM_ARGS", "").split()))
