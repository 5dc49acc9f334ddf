# SPDX-License-Identifier: GPL-2.0-only
"""QEMU: this machine's own if it is new enough, else one unpacked below the cache.

Before 8.1 QEMU gives wrong flags after cmpxchg8b and cmpxchg16b and may execute what
another CPU has patched meanwhile, before 10.0 it splits ldrd and strd: guests die, and
proofs fail, of faults that no processor has. The one that is unpacked brings its own
libraries and C library, so that it runs on a host of any release.
"""

from __future__ import annotations

import functools
import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from ..host import hostpackages
from ..host.architecture import host_architecture
from ..host.command import ENVIRONMENT, run
from ..host.errors import ScopeError
from . import apt, store
from .decision import Decision, decide

LEAST = (10, 0)
# The oldest release with such a QEMU, which is in its backports.
_SUITE = "bookworm"
_BACKPORTS = "bookworm-backports"
_VERSION = re.compile(r"QEMU emulator version (\d+)\.(\d+)")
# Where Debian puts what QEMU loads: firmware, boot ROMs of devices.
_DATA = ("usr/share/qemu", "usr/share/seabios", "usr/lib/ipxe/qemu")
# Most of what is unpacked, and nothing that runs.
_DROPPED = ("usr/share/doc", "usr/share/man", "usr/share/locale")


@dataclass(frozen=True)
class Emulator:
    """How to start a QEMU: the first words of its command, and what it finds in its environment."""

    words: tuple[str, ...]
    environment: tuple[tuple[str, str], ...]
    version: str  # the first line of --version

    def in_environment(self) -> dict[str, str]:
        return {**ENVIRONMENT, **dict(self.environment)}


def _version_of(line: str) -> tuple[int, int]:
    found = _VERSION.match(line)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _installed(program: str) -> Emulator | None:
    path = shutil.which(program)
    if path is None:
        return None
    line = run([path, "--version"]).splitlines()[0]
    return Emulator((path,), (), line) if _version_of(line) >= LEAST else None


def _loader(root: Path) -> Path:
    found = sorted(root.glob("lib/*/ld-linux-*.so.*")) + sorted(root.glob("usr/lib/*/ld-linux-*.so.*"))
    if not found:
        raise ScopeError(f"{root} has no dynamic loader: remove the folder, and run this again")
    return found[0]


def in_folder(root: Path, program: str) -> Emulator:
    """The QEMU unpacked in `root`."""
    loader = _loader(root)
    triple = loader.parent.name
    libraries = [root / "lib" / triple, root / "usr/lib" / triple]
    words = [loader, "--library-path", ":".join(str(path) for path in libraries), root / "usr/bin" / program]
    started = tuple(str(word) for word in words)
    data = tuple(word for folder in _DATA for word in ("-L", str(root / folder)))
    line = run([*started, "--version"]).splitlines()[0]
    if _version_of(line) < LEAST:
        raise ScopeError(f"{_BACKPORTS} has {line}, and {LEAST[0]}.{LEAST[1]} is the least that serves")
    modules = str(root / "usr/lib" / triple / "qemu")
    return Emulator((*started, *data), (("QEMU_MODULE_DIR", modules),), line)


def _unpacked(program: str, package: str) -> Emulator:
    packages = store.packages()

    def ask() -> Decision:
        source, whole = apt.ask(_SUITE, [host_architecture()], _BACKPORTS)
        # apt prefers no backport by itself: ask the suite that has nothing else.
        backports, _ = apt.ask(_BACKPORTS, [host_architecture()])
        newest = backports.package(package, host_architecture())
        if not packages.has(newest.folder()):
            with packages.draft(newest.folder()) as draft:
                source.unpack_with_dependencies(package, _BACKPORTS, draft)
                for name in _DROPPED:
                    shutil.rmtree(draft / name, ignore_errors=True)
        return Decision({"emulator": (newest,)}, time.time(), whole)

    decision = decide(
        f"emulator-{package}",
        ("emulator",),
        lambda known: packages.has(known.one("emulator").folder()),
        ask,
    )
    return in_folder(packages.folder(decision.one("emulator").folder()), program)


def _is_new_enough(version: str) -> bool:
    """A package's version, without its epoch."""
    numbers = re.match(r"(\d+)\.(\d+)", version)
    return numbers is not None and (int(numbers[1]), int(numbers[2])) >= LEAST


@functools.cache
def find(program: str, package: str) -> Emulator:
    """The QEMU to run: `program` of Debian's `package`, in version 10 or newer."""
    found = _installed(program)
    if found is None and _is_new_enough(hostpackages.candidate(package)):
        hostpackages.install_packages([package])
        found = _installed(program)
    return found or _unpacked(program, package)
