# SPDX-License-Identifier: GPL-2.0-only
"""KVM if it proves itself, else TCG.

That /dev/kvm opens proves nothing: on some nested hosts the firmware runs and
the kernel then hangs. The proof is the real kernel's first line.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
import time
from pathlib import Path

from . import qemu
from ..build import toolchain
from ..host import paths, process
from ..host.command import run
from ..host.errors import EXIT_USAGE, ScopeError
from ..fetch.fetch import Fetched
from ..host.locks import write_atomically
from ..model.targets import Target

PROBE_SECONDS = 8.0
# First printk of every kernel.
_PROOF = b"Linux version "


def _key(target: Target, fetched: Fetched) -> str:
    """What the answer depends on: this kernel, this QEMU, that kernel."""
    version = run([target.qemu, "--version"]).splitlines()[0]
    device = os.stat("/dev/kvm")
    parts = [platform.release(), version, str(fetched.image), fetched.image_version]
    parts += [target.cpu_kvm, target.machine, str(device.st_rdev)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _probe(target: Target, fetched: Fetched, folder: Path) -> bool:
    """Boot the kernel without a file system: it prints its first line or KVM is no good."""
    console = folder / "kvm-probe.log"
    console.unlink(missing_ok=True)
    early = (f"earlyprintk=serial,{target.console},115200", "loglevel=8")
    words = qemu.command(
        target, qemu.machine(target), fetched.image, None, qemu.KVM, (f"file:{console}",), early
    )
    deadline = time.monotonic() + PROBE_SECONDS
    with open(folder / "kvm-probe.qemu.log", "w", encoding="utf-8") as log:
        with process.bound(words, log) as child:
            while time.monotonic() < deadline:
                over = child.poll() is not None
                if console.is_file() and _PROOF in console.read_bytes():
                    return True
                if over:
                    return False
                time.sleep(0.05)
    return False


def one_instruction(target: Target) -> qemu.Accelerator:
    return qemu.one_instruction(run([target.qemu, "--version"]))


def choose(target: Target, fetched: Fetched) -> qemu.Accelerator:
    """The accelerator for a target; VM_ACCEL forces it, a probe's answer is cached.

    The caller holds the lock on VMs: the probe is one.
    """
    forced = os.environ.get("VM_ACCEL", "")
    if forced:
        known = {"tcg": qemu.TCG, "kvm": qemu.KVM}
        if forced not in known:
            raise ScopeError(f"VM_ACCEL={forced}: either kvm or tcg", EXIT_USAGE)
        return known[forced]
    if toolchain.is_foreign(target.arch):
        return qemu.TCG
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        # Not cached: joining the group kvm changes it.
        return qemu.TCG
    folder = paths.cache() / "accelerator"
    answer = folder / f"{target.name}-{_key(target, fetched)}.json"
    try:
        works = bool(json.loads(answer.read_text(encoding="utf-8"))["kvm"])
    except (OSError, ValueError, KeyError):
        folder.mkdir(parents=True, exist_ok=True)
        print("trying KVM …", file=sys.stderr, flush=True)
        works = _probe(target, fetched, folder)
        write_atomically(answer, json.dumps({"kvm": works, "target": target.name}) + "\n")
        print("KVM works" if works else "KVM does not boot this kernel, using TCG", file=sys.stderr)
    return qemu.KVM if works else qemu.TCG
