# SPDX-License-Identifier: GPL-2.0-only
"""What a guest is to do: a list of steps, fixed before it boots.

The judge holds the guest to this list, so a step that silently does not happen
is a failure. Text only; initramfs.py packs it, guest/init carries it out.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from enum import Enum

# Where things lie in the guest.
MODULE = "/lib/percpu_scope/percpu_scope.ko"
STOCK_MODULES = "/lib/percpu_scope/stock"
REPORT = "/tmp/report.json"


class Kind(Enum):
    LOAD = "load"  # load the module
    UNLOAD = "unload"  # take it out again
    KTAP = "ktap"  # a program that reports each of its tests in KTAP
    TEXT = "text"  # a program whose output is for people


@dataclass(frozen=True)
class Step:
    kind: Kind
    name: str
    command: str = ""
    # A file the step leaves in the guest: one JSON document, sent under `name`.
    json: str = ""


@dataclass(frozen=True)
class Plan:
    steps: tuple[Step, ...]
    nonce: str

    def render(self) -> str:
        """One line per step for guest/init: kind, name, JSON file or '-'."""
        return "".join(f"{s.kind.value} {s.name} {s.json or '-'}\n" for s in self.steps)


def make(*steps: Step) -> Plan:
    names = [step.name for step in steps]
    if len(set(names)) != len(names):
        raise ValueError(f"two steps have the same name: {names}")
    for step in steps:
        if not step.name.replace("-", "").replace("_", "").isalnum():
            raise ValueError(f"not a name of a step: {step.name!r}")
    # Nobody but this boot's guest can know it.
    return Plan(tuple(steps), secrets.token_hex(8))


LOAD = Step(Kind.LOAD, "load")
UNLOAD = Step(Kind.UNLOAD, "unload")
