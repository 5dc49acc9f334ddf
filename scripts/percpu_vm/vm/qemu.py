# SPDX-License-Identifier: GPL-2.0-only
"""QEMU's command for a target, and running it under limits.

Watches files grow and says how the run ended; what that means is the judge's.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .monitor import Monitor
from ..fetch.emulator import Emulator
from ..host import process
from ..model.machine import Machine, megabytes
from ..model.outcome import Ending, Outcome
from ..model.targets import Target

# A guest under emulation is slow, not stuck: raise every stall limit of the kernel well
# above its default. All of them report within this time, before our own limits end it.
STALL_SECONDS = 80
_COMMON_ARGUMENTS = (
    "panic=-1",  # at once; -no-reboot turns it into an exit
    "printk.devkmsg=on",
    "log_buf_len=1M",
    f"rcupdate.rcu_cpu_stall_timeout={STALL_SECONDS}",
    f"watchdog_thresh={STALL_SECONDS // 2}",  # soft lockups are told after twice that
    # Looked for as often, and told when it is older.
    f"sysctl.kernel.hung_task_timeout_secs={STALL_SECONDS // 2}",
    # A busy serial console causes stalls of itself: warnings and worse only.
    # dmesg is read at the end as well.
    "loglevel=5",
    "random.trust_cpu=on",
)
_POLL_SECONDS = 0.02


@dataclass(frozen=True)
class Accelerator:
    name: str  # tcg, kvm or tcg-one-instruction
    words: str  # what QEMU is told
    options: tuple[str, ...] = ()  # of QEMU's, beside -accel

    def describe(self) -> str:
        return self.words


TCG = Accelerator("tcg", "tcg,thread=multi")
KVM = Accelerator("kvm", "kvm")


# A translation block for each instruction: interrupts then come between any two, as on
# a real machine.
ONE_INSTRUCTION = Accelerator("tcg-one-instruction", f"{TCG.words},one-insn-per-tb=on")


def _topology(size: Machine) -> str:
    """A socket for each node: what shares a cache is on one, or the kernel warns of it."""
    sockets = f",sockets={size.nodes}" if size.nodes > 1 and not size.cpus % size.nodes else ""
    return f"{size.cpus}{sockets}"


def _numa(size: Machine) -> list[str]:
    """QEMU's words for several NUMA nodes: memory and CPUs in equal parts."""
    if size.nodes == 1:
        return []
    words: list[str] = []
    part = megabytes(size.memory) // size.nodes
    for node in range(size.nodes):
        first, end = (size.cpus * n // size.nodes for n in (node, node + 1))
        cpus = f",cpus={first}-{end - 1}" if end > first else ""
        words += ["-object", f"memory-backend-ram,id=node{node},size={part}M"]
        words += ["-numa", f"node,nodeid={node},memdev=node{node}{cpus}"]
    return words


def command(
    target: Target,
    emulator: Emulator,
    size: Machine,
    kernel: Path,
    initramfs: Path | None,
    accelerator: Accelerator,
    serial: tuple[str, ...],
    arguments: tuple[str, ...] = (),
) -> list[str]:
    many = target.many if target.many and size.cpus >= target.many.cpus else None
    append = [f"console={target.console}", *_COMMON_ARGUMENTS, *target.arguments]
    append += [*(many.arguments if many else ()), *size.arguments, *arguments]
    processor = target.cpu_kvm if accelerator.name == "kvm" else target.cpu_tcg
    words = [
        *emulator.words,
        "-nodefaults",
        "-no-user-config",
        "-display", "none",
        "-no-reboot",
        "-machine", many.machine if many else target.machine,
        "-accel", accelerator.words, *accelerator.options,
        "-cpu", processor + (many.cpu_features if many else ""),
        "-smp", _topology(size),
        "-m", size.memory,
        "-kernel", str(kernel),
        "-append", " ".join(append),
    ]  # fmt: skip
    words += _numa(size)
    for device in many.devices if many else ():
        words += ["-device", device]
    if initramfs is not None:
        words += ["-initrd", str(initramfs)]
    console, *results = serial
    words += ["-serial", console]
    for port in results:
        words += _results_port(target, port)
    return words


def _results_port(target: Target, port: str) -> list[str]:
    if not target.results_device:
        return ["-serial", port]
    kind, _, path = port.partition(":")
    # In an option's value a comma ends the field.
    backend = f"{kind},id=results,path={path.replace(',', ',,')}"
    return ["-chardev", backend, "-device", f"{target.results_device},chardev=results"]


def replay_script(words: list[str], emulator: Emulator) -> str:
    """The command as a script, for whoever wants to see it again."""
    lines = " \\\n\t".join(shlex.quote(word) for word in words)
    settings = "".join(f"export {n}={shlex.quote(v)}\n" for n, v in emulator.environment)
    return f"#!/bin/sh\n# The exact command of this run.\n{settings}exec {lines}\n"


@dataclass(frozen=True)
class Limits:
    """Seconds. `boot` until the module is loaded; the others scale with how long that took."""

    boot: float
    silence: float
    whole: float
    nominal_boot: float = 3.0
    # A kernel with detectors boots nearly as fast as another, and works far slower.
    least: float = 1.0
    # A boot that was held up once must not make a hang of an hour.
    most: float = 8.0
    # Of silence once the kernel has said that something is stuck; None: the same as before.
    stuck: float | None = None

    def scale(self, boot_seconds: float | None) -> float:
        slower = (boot_seconds or self.nominal_boot) / self.nominal_boot
        return min(max(self.least, slower), self.most)

    def silence_when(self, stuck: bool, scale: float) -> float:
        """What is stuck has failed already: nothing is lost by not waiting longer."""
        if not stuck:
            return self.silence * scale
        return self.silence if self.stuck is None else self.stuck


# Sources: check_hung_task() in kernel/hung_task.c, watchdog_timer_fn() in kernel/watchdog.c,
# kernel/rcu/tree_stall.h, tree_exp.h and tasks.h.
_STUCK = re.compile(r" blocked for more than |soft lockup - CPU#|detected (expedited )?stall")


class _Tail:
    """What was added to a file since last time, in whole lines."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.position = 0
        self.rest = b""

    def lines(self) -> list[str]:
        try:
            with open(self.path, "rb") as stream:
                stream.seek(self.position)
                data = stream.read()
        except FileNotFoundError:
            return []
        self.position += len(data)
        *whole, self.rest = (self.rest + data).split(b"\n")
        return [line.decode("utf-8", "replace").rstrip("\r") for line in whole]


def run(
    words: list[str],
    folder: Path,
    limits: Limits,
    emulator: Emulator,
    on_line: Callable[[str], None] = lambda line: None,
    loaded: str = "# boot seconds ",
) -> Outcome:
    """Run QEMU to an end or a limit. console.log and results.log grow in `folder`."""
    with Monitor() as monitor:
        return _watch(words, monitor, folder, limits, emulator, on_line, loaded)


def _watch(
    words: list[str],
    monitor: Monitor,
    folder: Path,
    limits: Limits,
    emulator: Emulator,
    on_line: Callable[[str], None],
    loaded: str,
) -> Outcome:
    results, console = _Tail(folder / "results.log"), _Tail(folder / "console.log")
    for tail in (results, console):
        tail.path.unlink(missing_ok=True)
    started = progress = time.monotonic()
    boot_seconds: float | None = None
    stuck = False
    ending = Ending.EXITED
    with open(folder / "qemu.log", "w", encoding="utf-8") as log:
        try:
            guard = process.bound(
                [*words, *monitor.words()],
                log,
                environment=emulator.in_environment(),
                descriptors=(monitor.descriptor,),
            )
            with guard as child:
                while True:
                    # Asked before reading, so that nothing written last is missed.
                    over = child.poll() is not None
                    now = time.monotonic()
                    grown = console.position
                    was_stuck = stuck
                    stuck = stuck or any(_STUCK.search(line) for line in console.lines())
                    lines = results.lines()
                    monitor.listen()
                    # That a task or a CPU is still stuck is told again and again, and is no progress.
                    if lines or (console.position != grown and not was_stuck):
                        progress = now
                    for line in lines:
                        if boot_seconds is None and line.startswith(loaded):
                            boot_seconds = now - started
                        on_line(line)
                    if over:
                        break
                    scale = limits.scale(boot_seconds)
                    if boot_seconds is None:
                        if now - started > limits.boot:
                            ending = Ending.NOT_LOADED
                            break
                    elif now - progress > limits.silence_when(stuck, scale):
                        ending = Ending.SILENT
                        break
                    if now - started > limits.whole * scale:
                        ending = Ending.TOO_LONG
                        break
                    try:
                        child.wait(_POLL_SECONDS)
                    except subprocess.TimeoutExpired:
                        pass
        except OSError as error:
            log.write(f"{error}\n")
            return Outcome(Ending.NOT_STARTED, None, 0.0, None, 0.0)
    end = time.monotonic()
    status = child.returncode if ending is Ending.EXITED else None
    return Outcome(
        ending, status, end - started, boot_seconds, end - progress, monitor.shutdown()
    )
