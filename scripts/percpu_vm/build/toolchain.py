# SPDX-License-Identifier: GPL-2.0-only
"""Which compilers and binutils are for which architecture, by the prefix of their names.

Those of this machine have none, and serve its 32-bit sibling as well. A module is
compiled by the compiler that its kernel was, a program by the default one here.
"""

from __future__ import annotations

import re
import shutil
import struct

from ..host import hostpackages
from ..host.architecture import host_architecture

# Debian's architecture → what GNU calls it, which is what cross compilers are called by.
_TRIPLES = {
    "amd64": "x86_64-linux-gnu",
    "i386": "i686-linux-gnu",
    "arm64": "aarch64-linux-gnu",
    "armhf": "arm-linux-gnueabihf",
}
# What compilers without a prefix make and processors run, beside the host's own. Of
# arm64's processors not all run armhf.
_SIBLINGS = {"amd64": ("i386",)}
# e_machine of ELF.
_MACHINES = {3: "i386", 40: "armhf", 62: "amd64", 183: "arm64"}
_VERSIONED = re.compile(r'CONFIG_CC_VERSION_TEXT="(?:[\w-]+-)?(gcc-\d+) ')


def is_foreign(arch: str) -> bool:
    """Can this machine's processors not run it?"""
    host = host_architecture()
    return arch != host and arch not in _SIBLINGS.get(host, ())


def prefix(arch: str) -> str:
    """CROSS_COMPILE for Debian's `arch`; empty if no cross compiler is needed."""
    return f"{_TRIPLES[arch]}-" if is_foreign(arch) and arch in _TRIPLES else ""


def prefix_for(elf: bytes) -> str:
    """The same for what is in a file: other architectures' binutils do not know it."""
    if elf[:4] != b"\x7fELF" or len(elf) < 20:
        return ""
    (machine,) = struct.unpack_from("<H", elf, 18)
    arch = _MACHINES.get(machine)
    return prefix(arch) if arch else ""


def compiler_of(config: str) -> str:
    """The compiler of the kernel with this .config, by Debian's name of it; '' if it is
    none of Debian's, which always has its version in its name."""
    found = _VERSIONED.search(config)
    return found[1] if found else ""


def install(compiler: str, arch: str) -> None:
    """Have a compiler of kernels and modules, such as gcc-12, for `arch`."""
    if compiler and shutil.which(prefix(arch) + compiler) is None:
        package = f"{compiler}-{_TRIPLES[arch]}" if prefix(arch) else compiler
        hostpackages.install_packages([package.replace("_", "-")])
