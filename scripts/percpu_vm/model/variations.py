# SPDX-License-Identifier: GPL-2.0-only
"""Variations of a target: scripts/data/variations.toml becomes Variations. Reading only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ..host import paths
from ..host.errors import EXIT_USAGE, ScopeError
from .machine import Machine
from .tables import Table, read_toml
from .targets import AllowedSkip, Target, allowed_skips


@dataclass(frozen=True)
class Variation:
    name: str
    target: str
    cpus: int  # 0: as the target has it
    nodes: int
    arguments: tuple[str, ...]
    one_instruction: bool
    tests: str
    skips: tuple[AllowedSkip, ...]

    @property
    def full_name(self) -> str:
        return f"{self.target}+{self.name}"

    def machine(self, usual: Machine) -> Machine:
        return Machine(
            self.cpus or usual.cpus, usual.memory, self.nodes, usual.arguments + self.arguments
        )


def parse(origin: str, text: str) -> list[Variation]:
    top = Table(origin, "", read_toml(origin, text))
    found = []
    for row in top.tables("variation"):
        found.append(
            Variation(
                name=row.take("name", str),
                target=row.take("target", str),
                cpus=row.take("cpus", int, 0),
                nodes=row.take("nodes", int, 1),
                arguments=row.strings("arguments", optional=True),
                one_instruction=row.take("one_instruction", bool, False),
                tests=row.take("tests", str),
                skips=allowed_skips(row, "skips", optional=True),
            )
        )
        row.done()
    top.done()
    names = [variation.full_name for variation in found]
    if len(set(names)) != len(names):
        raise ScopeError(f"{origin}: two variations have the same name", EXIT_USAGE)
    return found


def load(path: Path = paths.VARIATIONS) -> list[Variation]:
    return parse(path.name, path.read_text(encoding="utf-8"))


def of(target: Target, path: Path = paths.VARIATIONS) -> list[Variation]:
    return [variation for variation in load(path) if variation.target == target.name]


def called(full_name: str) -> Variation | None:
    """The one of that name; None if it is a target's own, which has no plus sign."""
    if "+" not in full_name:
        return None
    for variation in load():
        if variation.full_name == full_name:
            return variation
    raise ScopeError(f"there is no variation {full_name}", EXIT_USAGE)


def skips_with(target: Target, machine: Machine) -> tuple[AllowedSkip, ...]:
    """What variations may skip whose kernel arguments are given by hand, as VM_ARGS."""
    return tuple(
        skip
        for variation in of(target)
        if variation.arguments and set(variation.arguments) <= set(machine.arguments)
        for skip in variation.skips
    )
