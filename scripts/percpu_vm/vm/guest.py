# SPDX-License-Identifier: GPL-2.0-only
"""One boot of a target: build what it needs, pack it, run QEMU, keep everything.

Brings the other modules together; decides nothing about good or bad.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from . import accelerator, initramfs, qemu
from ..build import kbuild, userspace
from ..build.obtain import obtain
from ..fetch.emulator import Emulator
from ..fetch.emulator import find as find_emulator
from ..fetch.fetched import Fetched
from ..host import hostpackages, paths, process, terminal
from ..host.locks import lock, write_atomically
from ..model.machine import Machine, machine
from ..model.outcome import Outcome
from ..model.plan import Plan
from ..model.targets import Target


# What records.py makes of a boot, beside what QEMU writes.
RECORDS = ("verdict.json", "junit.xml", "results.ktap")


@dataclass(frozen=True)
class Program:
    name: str
    arch: str
    packed_as: str = ""


@dataclass(frozen=True)
class Prepared:
    """A target with everything built."""

    target: Target
    machine: Machine
    fetched: Fetched
    emulator: Emulator
    module: Path
    programs: Mapping[str, Path] = field(default_factory=dict)
    # Name below the guest's /etc/percpu-scope → what stands there.
    texts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Boot:
    folder: Path
    outcome: Outcome
    accelerator: qemu.Accelerator


def build_programs(programs: Sequence[Program]) -> dict[str, Path]:
    """Build once per architecture; name in the guest's /bin → file."""
    packed: dict[str, Path] = {}
    for arch in dict.fromkeys(program.arch for program in programs):
        names = list(dict.fromkeys(p.name for p in programs if p.arch == arch))
        built = userspace.build_guest(arch, names)
        for program in programs:
            if program.arch == arch:
                packed[program.packed_as or program.name] = built[program.name]
    return packed


def prepare(target: Target, programs: Sequence[Program]) -> Prepared:
    hostpackages.install(target.packages)
    fetched = obtain(target)
    module, _ = kbuild.build_module(target, fetched)
    emulator = find_emulator(target.qemu, target.qemu_package)
    return Prepared(
        target, machine(target), fetched, emulator, module, build_programs(programs)
    )


@contextlib.contextmanager
def only_vm() -> Iterator[None]:
    """One VM at a time: two on few cores starve each other's timers."""
    with lock(paths.cache() / "vm.lock", "with its VM"):
        yield


def _pack(
    prepared: Prepared,
    folder: Path,
    plan: Plan,
    mode: str,
    chosen: qemu.Accelerator,
    texts: Mapping[str, str],
    extra: Sequence[Path],
) -> Path:
    archive = initramfs.pack(
        prepared.fetched.busybox,
        prepared.module,
        prepared.fetched.modules,
        prepared.programs,
        plan,
        {"results": prepared.target.results, "mode": mode, "accelerator": chosen.name},
        texts,
        extra,
    )
    path = folder / "initramfs.cpio"
    write_atomically(path, archive)
    return path


def boot(
    prepared: Prepared,
    purpose: str,
    make_plan: Callable[[qemu.Accelerator], Plan],
    limits: qemu.Limits,
    on_line: Callable[[str], None] = lambda line: None,
    extra: Sequence[Path] = (),
    kernel_arguments: tuple[str, ...] = (),
    one_instruction: bool = False,
) -> tuple[Boot, Plan]:
    """Boot with a plan. The plan may depend on the accelerator, known only now."""
    target = prepared.target
    folder = paths.run_folder(target.name, purpose)
    folder.mkdir(parents=True, exist_ok=True)
    # What a run that is cut short leaves must not be the verdict of the one before.
    for name in RECORDS:
        (folder / name).unlink(missing_ok=True)
    with only_vm():
        if one_instruction:
            chosen = qemu.ONE_INSTRUCTION
        else:
            chosen = accelerator.choose(target, prepared.fetched, prepared.emulator)
        plan = make_plan(chosen)
        archive = _pack(prepared, folder, plan, "plan", chosen, prepared.texts, extra)
        ports = (f"file:{folder / 'console.log'}", f"file:{folder / 'results.log'}")
        words = qemu.command(
            target,
            prepared.emulator,
            prepared.machine,
            prepared.fetched.image,
            archive,
            chosen,
            ports,
            kernel_arguments,
        )
        write_atomically(folder / "qemu.sh", qemu.replay_script(words, prepared.emulator))
        outcome = qemu.run(words, folder, limits, prepared.emulator, on_line)
    return Boot(folder, outcome, chosen), plan


def _terminal_size() -> str:
    """Arguments for the guest's stty; a serial line does not know its window."""
    try:
        size = os.get_terminal_size()
    except OSError:
        return ""
    return f"cols {size.columns} rows {size.lines}\n" if size.columns and size.lines else ""


def shell(prepared: Prepared, plan: Plan, extra: Sequence[Path] = ()) -> int:
    """A guest with its console on this terminal; returns QEMU's exit status."""
    target = prepared.target
    folder = paths.run_folder(target.name, "shell")
    folder.mkdir(parents=True, exist_ok=True)
    welcome = (
        f"\npercpu-scope on {prepared.fetched.release} ({target.arch}). The module is loaded;\n"
        "try: pcpu info, pcpu counter list, ls /sys/kernel/debug/percpu_scope\n"
        "`exit` or Ctrl-A X leaves.\n"
    )
    texts = {"welcome": welcome, "terminal": _terminal_size()}
    with only_vm():
        chosen = accelerator.choose(target, prepared.fetched, prepared.emulator)
        archive = _pack(prepared, folder, plan, "shell", chosen, texts, extra)
        words = qemu.command(
            target,
            prepared.emulator,
            prepared.machine,
            prepared.fetched.image,
            archive,
            chosen,
            ("mon:stdio",),
            ("quiet",),
        )
        write_atomically(folder / "qemu.sh", qemu.replay_script(words, prepared.emulator))
        environment = prepared.emulator.in_environment()
        with (
            terminal.restored(),
            process.bound(words, None, own_terminal=True, environment=environment) as child,
        ):
            return child.wait()
