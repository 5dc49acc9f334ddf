# SPDX-License-Identifier: GPL-2.0-only
"""What generated blocks show of a guest: commands, all of a target's in one boot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from .blocks import Block
from ..model import plan, targets
from ..model.machine import Machine
from ..host.errors import ScopeError
from ..vm import guest, qemu

_LIMITS = qemu.Limits(boot=120, silence=120, whole=300)


@dataclass(frozen=True)
class Output:
    text: str
    passed: bool


def _run_in(target: targets.Target, commands: Sequence[str]) -> dict[str, Output]:
    names = {f"block{i}": command for i, command in enumerate(commands)}
    lines: defaultdict[str, list[str]] = defaultdict(list)
    passed: set[str] = set()

    def collect(line: str) -> None:
        if line.startswith("# text block"):
            name, _, text = line.removeprefix("# text ").partition("|")
            lines[name].append(text)
        elif line.startswith("ok "):
            passed.add(line.split()[2])

    def make_plan(accelerator: qemu.Accelerator) -> plan.Plan:
        # Only the host knows what the guest runs on; a command that asks is told.
        told = {n: c.replace("{accelerator}", accelerator.describe()) for n, c in names.items()}
        steps = [plan.Step(plan.Kind.TEXT, name, command) for name, command in told.items()]
        return plan.make(plan.LOAD, *steps)

    # Of the target's own machine, whatever VM_CPUS and its like say.
    own = Machine(target.cpus, target.memory)
    prepared = replace(guest.prepare(target, [guest.Program("pcpu", target.arch)]), machine=own)
    boot, _ = guest.boot(prepared, "docs", make_plan, _LIMITS, collect)
    if passed.isdisjoint(names):
        raise ScopeError(f"{target.name}: no command ended well; {boot.folder} says why")
    return {
        command: Output("\n".join(lines[name]), name in passed) for name, command in names.items()
    }


def outputs(blocks: Iterable[Block]) -> Mapping[tuple[str, str], Output]:
    """Target and command → what it printed. Commands run in the order of the blocks."""
    by_target: defaultdict[str, list[str]] = defaultdict(list)
    for block in blocks:
        by_target[block.source].append(block.argument)
    found: dict[tuple[str, str], Output] = {}
    for name, commands in by_target.items():
        (target,) = targets.choose([name])
        for command, output in _run_in(target, list(dict.fromkeys(commands))).items():
            found[name, command] = output
    return found
