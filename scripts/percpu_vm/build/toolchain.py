# SPDX-License-Identifier: GPL-2.0-only
"""Which compilers and binutils are for which architecture, by the prefix of their names.

Those of this machine have none, and serve its 32-bit sibling as well.
"""

from __future__ import annotations

import struct

from ..fetch.apt import host_architecture

# What comes in scripts/packages under the architecture's own name.
_PREFIXES = {"arm64": "aarch64-linux-gnu-", "armhf": "arm-linux-gnueabihf-"}
# e_machine of ELF.
_ARCHITECTURES = {40: "armhf", 183: "arm64"}


def prefix(arch: str) -> str:
    """CROSS_COMPILE for Debian's `arch`; empty if no cross compiler is needed."""
    return "" if arch == host_architecture() else _PREFIXES.get(arch, "")


def is_foreign(arch: str) -> bool:
    """Can this machine's processors not run it?"""
    return bool(prefix(arch))


def prefix_for(elf: bytes) -> str:
    """The same for what is in a file: other architectures' binutils do not know it."""
    if elf[:4] != b"\x7fELF" or len(elf) < 20:
        return ""
    (machine,) = struct.unpack_from("<H", elf, 18)
    arch = _ARCHITECTURES.get(machine)
    return prefix(arch) if arch else ""
