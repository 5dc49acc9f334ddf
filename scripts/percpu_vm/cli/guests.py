# SPDX-License-Identifier: GPL-2.0-only
"""Verbs that give a guest to a person: one command in it, or its console."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..host.errors import EXIT_FAILURE
from ..model import plan
from ..runs import choice
from ..vm import guest, qemu


def _programs(options: argparse.Namespace, arch: str) -> list[guest.Program]:
    return [guest.Program(name, arch) for name in options.programs.split(",") if name]


def _exec(options: argparse.Namespace) -> int:
    """Boot, load, run one command, print its output as it comes, power off."""
    (target,) = choice.choose([options.target])
    prepared = guest.prepare(target, _programs(options, target.arch))
    command = plan.Step(plan.Kind.TEXT, "exec", options.command)
    ended, passed = [], []

    def show(line: str) -> None:
        if line.startswith("# text exec|"):
            print(line.partition("|")[2], flush=True)
        elif line.startswith("# exit "):
            print(f"exit status {line.split()[2]} of {line.split()[3]}", file=sys.stderr)
        elif line.startswith("# percpu-scope end "):
            ended.append(line)
        elif line.startswith("ok "):
            passed.append(line)

    steps = (plan.LOAD, command) if options.load else (command,)
    boot, _ = guest.boot(
        prepared,
        "exec",
        lambda _: plan.make(*steps),
        qemu.Limits(boot=120, silence=options.limit, whole=options.limit),
        show,
        [Path(name) for name in options.file],
    )
    if not ended or options.console:
        print(f"console ({boot.folder / 'console.log'}):", file=sys.stderr)
        text = (boot.folder / "console.log").read_text("utf-8", "replace")
        print(text[-8000:], file=sys.stderr)
    if options.dmesg:
        for line in (boot.folder / "results.log").read_text("utf-8", "replace").splitlines():
            if line.startswith("# dmesg "):
                print(line, file=sys.stderr)
    print(
        f"{target.name}: {boot.accelerator.describe()}, loaded after "
        f"{boot.outcome.boot_seconds or 0:.2f} s, {boot.outcome.seconds:.2f} s in all",
        file=sys.stderr,
    )
    return 0 if ended and len(passed) == len(steps) else EXIT_FAILURE


def _shell(options: argparse.Namespace) -> int:
    target = choice.choose([options.target] if options.target else [])[0]
    prepared = guest.prepare(target, _programs(options, target.arch))
    extra = [Path(name) for name in options.file]
    status = guest.shell(prepared, plan.make(), extra)
    return EXIT_FAILURE if status else 0


def add(words: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = words.add_parser("exec", help="boot, load the module, run one command, power off")
    verb.add_argument("target")
    verb.add_argument("command", help="for the guest's busybox sh")
    verb.add_argument("--programs", default="pcpu", metavar="A,B", help="to build and pack")
    verb.add_argument("--file", action="append", default=[], help="to put into the guest's /root")
    verb.add_argument("--no-load", dest="load", action="store_false", help="leave the module out")
    verb.add_argument("--console", action="store_true", help="show the console afterwards")
    verb.add_argument("--dmesg", action="store_true", help="show the kernel's messages afterwards")
    verb.add_argument("--limit", type=float, default=120, metavar="SECONDS")
    verb.set_defaults(call=_exec)

    verb = words.add_parser("shell", help="a guest with its console on this terminal")
    verb.add_argument("target", nargs="?", default="")
    verb.add_argument("--programs", default="pcpu", metavar="A,B")
    verb.add_argument("--file", action="append", default=[], help="to put into the guest's /root")
    verb.set_defaults(call=_shell)
