# SPDX-License-Identifier: GPL-2.0-only
"""KVM if it proves itself, else TCG.

That /dev/kvm opens proves nothing: on some nested hosts the firmware runs and
the kernel then hangs. The proof is the real kernel's first line.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import platform
import time
from pathlib import Path

from . import qemu
from ..build import toolchain
from ..host import paths, process
from ..host.errors import EXIT_USAGE, ScopeError
from ..fetch.emulator import Emulator
from ..fetch.fetched import Fetched, say
from ..host.locks import write_atomically
from ..model.machine import machine
from ..model.targets import Target

PROBE_SECONDS = 8.0
_NO_EXPIRES_SECONDS = 24 * 3600
_DEVICE = "/dev/kvm"
# First printk of every kernel.
_PROOF = b"Linux version "


def _key(target: Target, fetched: Fetched, emulator: Emulator) -> str:
    """What the answer depends on: this kernel, this QEMU, that kernel."""
    device = os.stat(_DEVICE)
    parts = [platform.release(), emulator.version, str(fetched.image), fetched.image_version]
    parts += [target.cpu_kvm, target.machine, str(device.st_rdev)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


def _probe(target: Target, fetched: Fetched, emulator: Emulator, folder: Path) -> bool:
    """Boot the kernel without a file system: it prints its first line or KVM is no good."""
    console = folder / "kvm-probe.log"
    console.unlink(missing_ok=True)
    early = (f"earlyprintk=serial,{target.console},115200", "loglevel=8")
    words = qemu.command(
        target,
        emulator,
        machine(target),
        fetched.image,
        None,
        qemu.KVM,
        (f"file:{console}",),
        early,
    )
    deadline = time.monotonic() + PROBE_SECONDS
    with open(folder / "kvm-probe.qemu.log", "w", encoding="utf-8") as log:
        with process.bound(words, log, environment=emulator.in_environment()) as child:
            while time.monotonic() < deadline:
                over = child.poll() is not None
                if console.is_file() and _PROOF in console.read_bytes():
                    return True
                if over:
                    return False
                time.sleep(0.05)
    return False


def _kept_answer(answer: Path) -> bool | None:
    """What was found before; None if nothing was, or only a "no" of more than a day ago.

    A host that was busy for the seconds of the probe would else be slow for ever.
    """
    try:
        works = bool(json.loads(answer.read_text(encoding="utf-8"))["kvm"])
        age = time.time() - answer.stat().st_mtime
    except (OSError, ValueError, KeyError):
        return None
    return works if works or 0 <= age < _NO_EXPIRES_SECONDS else None


@functools.cache
def _say_once(text: str) -> None:
    say(text)


def choose(target: Target, fetched: Fetched, emulator: Emulator) -> qemu.Accelerator:
    """The accelerator for a target; VM_ACCEL forces it, a probe's answer is cached.

    The caller holds the lock on VMs: the probe is one.
    """
    forced = os.environ.get("VM_ACCEL", "")
    if forced:
        known = {"tcg": qemu.TCG, "kvm": qemu.KVM}
        if forced not in known:
            raise ScopeError(f"VM_ACCEL={forced}: either kvm or tcg", EXIT_USAGE)
        return known[forced]
    if toolchain.is_foreign(target.arch) or not os.path.exists(_DEVICE):
        return qemu.TCG
    if not os.access(_DEVICE, os.R_OK | os.W_OK):
        # Not cached: joining the group kvm changes it.
        _say_once(
            f"note: emulating, which is many times slower: {_DEVICE} is there, and not for this "
            "user; as root: usermod -a -G kvm USER, then log in again"
        )
        return qemu.TCG
    folder = paths.cache() / "accelerator"
    answer = folder / f"{target.name}-{_key(target, fetched, emulator)}.json"
    works = _kept_answer(answer)
    if works is None:
        folder.mkdir(parents=True, exist_ok=True)
        say("trying KVM …")
        works = _probe(target, fetched, emulator, folder)
        write_atomically(answer, json.dumps({"kvm": works, "target": target.name}) + "\n")
        say("KVM works" if works else "KVM does not boot this kernel, using TCG")
    elif not works:
        _say_once("note: emulating: KVM did not boot this kernel within the last day (VM_ACCEL=kvm insists)")
    return qemu.KVM if works else qemu.TCG
