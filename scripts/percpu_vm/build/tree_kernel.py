# SPDX-License-Identifier: GPL-2.0-only
"""A kernel that someone else built: KERNEL=/path/to/build-tree in place of a target.

The tree is only read; what is written beside an image elsewhere goes to the cache.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from dataclasses import replace
from pathlib import Path

from ..fetch import busybox
from ..fetch.fetched import Fetched, say
from ..host import paths
from ..host.errors import EXIT_USAGE, ScopeError
from ..host.locks import lock, write_if_changed
from ..model.targets import Target, TreeKernel, from_fields
from . import kernel_config

# What .config says of the architecture → the bases of its targets, and the image.
_ARCHITECTURES = (
    ("CONFIG_X86_64", ("x86", "amd64", "64-bit"), "arch/x86/boot/bzImage"),
    ("CONFIG_X86_32", ("x86", "i386"), "arch/x86/boot/bzImage"),
    ("CONFIG_ARM64", ("arm-virt", "arm64", "64-bit"), "arch/arm64/boot/Image"),
    ("CONFIG_ARM", ("arm-virt", "armhf"), "arch/arm/boot/zImage"),
)
# Detectors that slow everything down, and how much, as in the files of targets that have
# them; and what runs 32-bit programs on a 64-bit kernel, by Debian's name of it.
_SLOW = {"CONFIG_KCSAN": 8, "CONFIG_KASAN": 4, "CONFIG_PROVE_LOCKING": 4}
_COMPAT = {"amd64": "CONFIG_IA32_EMULATION", "arm64": "CONFIG_COMPAT"}
# What is built in may be off until the kernel is told; why KASAN has no five levels is
# said in the file of the target that is built with it.
_ARGUMENTS = {
    "kmemleak=on": ("CONFIG_DEBUG_KMEMLEAK",),
    "kunit.enable=1": ("CONFIG_KUNIT",),
    "ia32_emulation=on": ("CONFIG_IA32_EMULATION",),
    "no5lvl": ("CONFIG_X86_64", "CONFIG_KASAN"),
    # Or the first report, of whatever, is the last.
    "kasan_multi_shot": ("CONFIG_KASAN",),
}
# Of the fragment that our own kernels start from, what others need not have.
_OPTIONAL = ("CONFIG_LOCALVERSION", "CONFIG_CC_OPTIMIZE_FOR_PERFORMANCE", "CONFIG_PERCPU_STATS")
_BUSYBOX_SUITE = "bookworm"
_KEPT_SECONDS = 24 * 3600


def _options(tree: Path) -> dict[str, str]:
    config = tree / ".config"
    if not config.is_file():
        raise ScopeError(f"KERNEL={tree}: no .config is there; name a kernel's build tree", EXIT_USAGE)
    return kernel_config.options(config.read_text(encoding="utf-8"))


def _architecture(tree: Path, options: dict[str, str]) -> tuple[tuple[str, ...], str]:
    for option, bases, image in _ARCHITECTURES:
        if options.get(option) == "y":
            return bases, image
    known = ", ".join(option for option, _, _ in _ARCHITECTURES)
    raise ScopeError(f"KERNEL={tree}: its .config has none of {known}", EXIT_USAGE)


def _has(options: dict[str, str], *names: str) -> bool:
    return all(options.get(name) == "y" for name in names)


def target(tree: Path) -> Target:
    """A target for the kernel in `tree`, with what its configuration tells."""
    tree = tree.resolve()
    options = _options(tree)
    bases, _ = _architecture(tree, options)
    parsed = from_fields(
        "own-kernel",
        {
            "base": list(bases),
            "summary": f"the kernel built in {tree}",
            "get": {"tree": str(tree), "suite": _BUSYBOX_SUITE},
            "check": {
                "slow": max([1, *(slow for name, slow in _SLOW.items() if _has(options, name))]),
                "kmemleak": _has(options, "CONFIG_DEBUG_KMEMLEAK"),
            },
            "boot": {
                "arguments": [word for word, names in _ARGUMENTS.items() if _has(options, *names)]
            },
            "build": {"kunit": _has(options, "CONFIG_KUNIT", "CONFIG_KUNIT_DEBUGFS")},
            "skips": {
                "allowed": [
                    {
                        "test": "*",
                        "reason": "nothing says what a kernel of one's own should have",
                        "says": ".",
                    }
                ]
            },
        },
    )
    runs_32_bit = _has(options, _COMPAT.get(parsed.arch, ""))
    return parsed if runs_32_bit else replace(parsed, extra_steps=())


def _warn(options: dict[str, str], arch: str) -> None:
    asked = kernel_config.join(
        [("guest.config", (paths.KERNEL_FRAGMENTS / "guest.config").read_text(encoding="utf-8"))]
    )
    missing = [
        name
        for name, value in asked.items()
        if name not in _OPTIONAL and options.get(name, kernel_config.NO) not in (value, "m")
    ]
    if missing:
        say(f"note: tests may fail or skip, the kernel is without {', '.join(missing)}")
    if arch in _COMPAT and not _has(options, _COMPAT[arch]):
        say(f"note: 32-bit programs are not tested, the kernel is without {_COMPAT[arch]}")


def _forget_old(folder: Path) -> None:
    """Images that no run used for a day: another run may boot a younger one just now."""
    for older in folder.glob("*"):
        if time.time() - older.stat().st_mtime > _KEPT_SECONDS:
            shutil.rmtree(older, ignore_errors=True)


def fetch(target: Target, kernel: TreeKernel) -> Fetched:
    tree = Path(kernel.tree)
    options = _options(tree)
    _, image_name = _architecture(tree, options)
    image, release_file = tree / image_name, tree / "include/config/kernel.release"
    for needed in (image, release_file, tree / "Module.symvers"):
        if not needed.is_file():
            raise ScopeError(f"KERNEL={tree}: {needed} is missing; build the kernel first")
    _warn(options, target.arch)
    release = release_file.read_text(encoding="utf-8").strip()
    content = image.read_bytes()
    key = hashlib.sha256(content).hexdigest()[:12]
    boot = paths.cache() / "kernels" / "own" / key
    with lock(paths.cache() / "fetch.lock", "fetching"):
        _forget_old(boot.parent)
        boot.mkdir(parents=True, exist_ok=True)
        os.utime(boot)
    write_if_changed(boot / f"vmlinuz-{release}", content)
    write_if_changed(boot / f"config-{release}", (tree / ".config").read_bytes())
    return Fetched(
        release=release,
        image=boot / f"vmlinuz-{release}",
        image_version=key,
        headers=tree,
        busybox=busybox.fetch(_BUSYBOX_SUITE, target.arch),
    )
