# SPDX-License-Identifier: GPL-2.0-only
"""The command line of scripts/percpu-scope: parse, call, print."""

from __future__ import annotations

import argparse
import io
import sys
import time
from pathlib import Path

from . import guests, mutants
from ..build import btf, kbuild
from ..build.obtain import obtain
from ..docs import pages
from ..fetch import cache
from ..fetch.download import megabytes
from ..host import hostpackages, paths
from ..host.architecture import host_architecture
from ..model import targets
from ..runs import choice, detectors, hosts, in_tree, matrix, remembered, runs, verbs
from ..vm import guest
from ..host.errors import EXIT_FAILURE, EXIT_INFRASTRUCTURE, EXIT_INTERRUPTED, ScopeError


def _targets(_: argparse.Namespace) -> int:
    for target in targets.load_all():
        mark = "*" if target.is_default_on(host_architecture()) else " "
        print(f"{mark} {target.name:<32} {target.summary}")
    print(f"\n* built and booted on {host_architecture()} when no TARGET is given")
    return 0


def _fetch(options: argparse.Namespace) -> int:
    for target in choice.choose(options.target):
        hostpackages.install(target.packages)
        found = obtain(target, refresh=options.refresh)
        print(f"{target.name}\n  image    {found.image}\n  headers  {found.headers}")
        print(f"  busybox  {found.busybox}")
    return 0


def _cache(options: argparse.Namespace) -> int:
    root, names = paths.cache(), targets.names()
    gone = cache.prune(names) if options.prune else []
    for entry in gone:
        print(f"removed {entry.path.relative_to(root)} ({megabytes(entry.size)})")
    kept = cache.entries(names)
    for entry in kept:
        days = int((time.time() - entry.used) / 86400)
        mark = "" if entry.needed else "  not needed any more: make cache-prune"
        print(f"{megabytes(entry.size):>9}  {days:>4} d  {entry.path.relative_to(root)}{mark}")
    print(f"{megabytes(sum(entry.size for entry in kept)):>9}  in {root}")
    return 0


def _build_module(options: argparse.Namespace) -> int:
    for target in choice.choose(options.target):
        hostpackages.install(target.packages)
        extra = [word for word in options.make.split(" ") if word]
        module, output = kbuild.build_module(
            target, obtain(target), purpose=options.purpose, extra=extra
        )
        print(output, end="")
        print(module)
    return 0


def _mirror(options: argparse.Namespace) -> int:
    kbuild.mirror(options.source, options.copy)
    return 0


def _embed_btf(options: argparse.Namespace) -> int:
    btf.embed(options.module, options.base)
    return 0


def _build(options: argparse.Namespace) -> int:
    """Everything a boot of the targets needs, and nothing else."""
    for target in choice.choose(options.target):
        prepared = guest.prepare(target, runs.run_programs(target))
        for path in (prepared.module, *prepared.programs.values()):
            print(path.relative_to(paths.REPOSITORY))
    return 0


def _run(options: argparse.Namespace) -> int:
    return verbs.run(options.target)


def _check(options: argparse.Namespace) -> int:
    return verbs.check(options.target, options.host)


def _matrix(options: argparse.Namespace) -> int:
    return matrix.run(options.target)


def _remember_tests(_: argparse.Namespace) -> int:
    changes = remembered.remember()
    for change in changes:
        print(change)
    print(f"{len(changes)} numbers changed")
    return 0


def _check_detectors(options: argparse.Namespace) -> int:
    return detectors.run(options.detector, options.record)


def _check_in_tree(_: argparse.Namespace) -> int:
    hostpackages.install(["kernel"])
    return in_tree.run()


def _check_hosts(options: argparse.Namespace) -> int:
    return hosts.run(options.host, [word for word in options.commands.split(",") if word])


def _torture(options: argparse.Namespace) -> int:
    return verbs.torture(options.target, options.minutes, options.arguments)


def _docs(options: argparse.Namespace) -> int:
    if options.check:
        return pages.check()
    changed = [str(page.relative_to(paths.REPOSITORY)) for page in pages.update()]
    print(f"changed: {', '.join(changed)}" if changed else "every page is up to date")
    return 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="percpu-scope", description=__doc__)
    words = top.add_subparsers(dest="verb", required=True, metavar="VERB")

    verb = words.add_parser("targets", help="list the targets")
    verb.set_defaults(call=_targets)

    verb = words.add_parser("fetch", help="get kernels, headers and busybox into the cache")
    verb.add_argument("target", nargs="*")
    verb.add_argument("--refresh", action="store_true", help="ask the mirror now")
    verb.set_defaults(call=_fetch)

    verb = words.add_parser("cache", help="what is in the cache: size, days since it was used, name")
    verb.add_argument("--prune", action="store_true", help="remove what nothing needs any more")
    verb.set_defaults(call=_cache)

    verb = words.add_parser("build-module", help="build the module for targets")
    verb.add_argument("target", nargs="*")
    verb.add_argument("--purpose", default="", help="name of a build beside the ordinary one")
    verb.add_argument("--make", default="", metavar="ARGS", help="for Kbuild, e.g. 'W=1 C=1'")
    verb.set_defaults(call=_build_module)

    verb = words.add_parser("mirror", help="make a copy of sources that Kbuild may write into")
    verb.add_argument("source", type=Path)
    verb.add_argument("copy", type=Path)
    verb.set_defaults(call=_mirror)

    verb = words.add_parser("embed-btf", help="give a module BTF, split from a kernel's")
    verb.add_argument("module", type=Path)
    verb.add_argument("base", type=Path, help="a kernel's BTF, such as /sys/kernel/btf/vmlinux")
    verb.set_defaults(call=_embed_btf)

    verb = words.add_parser("build", help="build module and programs")
    verb.add_argument("target", nargs="*")
    verb.set_defaults(call=_build)

    verb = words.add_parser("run", help="boot targets, hammer, print the report")
    verb.add_argument("target", nargs="*")
    verb.set_defaults(call=_run)

    verb = words.add_parser("check", help="run every test")
    verb.add_argument("target", nargs="*")
    verb.add_argument("--no-host", dest="host", action="store_false", help="guests only")
    verb.set_defaults(call=_check)

    verb = words.add_parser("matrix", help="check all targets and variations, one table")
    verb.add_argument("target", nargs="*")
    verb.set_defaults(call=_matrix)

    verb = words.add_parser("remember-tests", help="write down how many tests the last checks had")
    verb.set_defaults(call=_remember_tests)

    verb = words.add_parser("check-detectors", help="plant faults that must be caught")
    verb.add_argument("detector", nargs="*")
    verb.add_argument(
        "--record", action="store_true", help="keep the boots for the judge's tests, in tests/host/boots"
    )
    verb.set_defaults(call=_check_detectors)

    verb = words.add_parser("check-in-tree", help="build the module as part of a kernel's sources, and boot it built in")
    verb.set_defaults(call=_check_in_tree)

    verb = words.add_parser("check-hosts", help="try the first commands on machines that newcomers have (as root)")
    verb.add_argument("host", nargs="*", help="of tests/hosts/hosts.toml; default all")
    verb.add_argument("--commands", default="", metavar="A,B", help="of make; default those of the host")
    verb.set_defaults(call=_check_hosts)

    verb = words.add_parser("torture", help="run random jobs in targets for long")
    verb.add_argument("target", nargs="*")
    verb.add_argument("--minutes", type=int, default=30, metavar="N", help="in each target")
    verb.add_argument("--arguments", default="", metavar="ARGS", help="for pcpu torture")
    verb.set_defaults(call=_torture)

    verb = words.add_parser("docs", help="make what README.md and docs/ show anew")
    verb.add_argument("--check", action="store_true", help="only say what is stale")
    verb.set_defaults(call=_docs)

    guests.add(words)
    mutants.add(words)
    return top


def main(arguments: list[str]) -> int:
    for stream in (sys.stdout, sys.stderr):
        # What a terminal of another encoding cannot show is no reason to fail.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    options = parser().parse_args(arguments)
    try:
        paths.check()
        result: int = options.call(options)
        return result
    except ScopeError as error:
        print(f"percpu-scope: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:  # no room, no permission: nothing was found out of the kernel
        print(f"percpu-scope: {error}", file=sys.stderr)
        return EXIT_INFRASTRUCTURE
    except KeyboardInterrupt:
        print("percpu-scope: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
