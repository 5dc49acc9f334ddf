# SPDX-License-Identifier: GPL-2.0-only
"""The guest's whole file system: busybox, the module, the programs, the plan.

Left uncompressed: under emulation unpacking costs more than reading.
"""

from __future__ import annotations

import lzma
from collections.abc import Mapping, Sequence
from pathlib import Path

from ..host import paths
from .cpio import Archive
from ..model.plan import MODULE, STOCK_MODULES, Plan

# The tests drop to `nobody` to see what ordinary users may do.
_PASSWD = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n"
_GROUP = "root:x:0:\nnogroup:x:65534:\n"
_PROFILE = "PS1='percpu-scope:\\w# '\n"


def _plain_module(path: Path) -> tuple[str, bytes]:
    """Name and bytes as the kernel takes them: newer kernels' packages have them compressed."""
    if path.suffix == ".xz":
        return path.stem, lzma.decompress(path.read_bytes())
    return path.name, path.read_bytes()


def pack(
    busybox: Path,
    module: Path,
    stock_modules: Sequence[Path],
    programs: Mapping[str, Path],
    plan: Plan,
    settings: Mapping[str, str],
    texts: Mapping[str, str],
    extra: Sequence[Path] = (),
) -> bytes:
    """The archive. `programs`: name in /bin → file; `texts`: name below our /etc → text."""
    archive = Archive()
    for folder in ("bin", "dev", "etc", "lib", "proc", "root", "sbin", "sys", "tmp"):
        archive.folder(folder)
    # Until devtmpfs is mounted, init's output needs it.
    archive.character_device("dev/console", 5, 1)
    archive.file("bin/busybox", busybox.read_bytes(), 0o755)
    archive.link("bin/sh", "busybox")
    archive.file("init", paths.GUEST_INIT.read_bytes(), 0o755)
    archive.file("etc/passwd", _PASSWD.encode())
    archive.file("etc/group", _GROUP.encode())
    archive.file("etc/profile", _PROFILE.encode())
    archive.file(MODULE, module.read_bytes())
    archive.folder(STOCK_MODULES)
    for path in stock_modules:
        name, content = _plain_module(path)
        archive.file(f"{STOCK_MODULES}/{name}", content)
    for name, program in programs.items():
        archive.file(f"bin/{name}", program.read_bytes(), 0o755)
    for path in extra:
        archive.file(f"root/{path.name}", path.read_bytes(), 0o755)
    etc = "etc/percpu-scope"
    archive.folder(f"{etc}/steps")
    archive.file(f"{etc}/plan", plan.render().encode())
    lines = [f"{name}={value}\n" for name, value in {**settings, "nonce": plan.nonce}.items()]
    archive.file(f"{etc}/settings", "".join(lines).encode())
    for name, text in texts.items():
        archive.file(f"{etc}/{name}", text.encode())
    for step in plan.steps:
        if step.command:
            archive.file(f"{etc}/steps/{step.name}", f"{step.command}\n".encode())
    return archive.render()
