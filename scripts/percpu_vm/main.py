# SPDX-License-Identifier: GPL-2.0-only
"""The command line of scripts/percpu-scope: parse, call, print."""

from __future__ import annotations

import argparse
import sys

from . import fetch, kbuild, targets
from .errors import EXIT_INTERRUPTED, ScopeError


def _targets(_: argparse.Namespace) -> int:
    for target in targets.load_all():
        mark = "*" if target.default else " "
        print(f"{mark} {target.name:<32} {target.summary}")
    print("\n* built and booted when no TARGET is given")
    return 0


def _fetch(options: argparse.Namespace) -> int:
    for target in targets.choose(options.target):
        found = fetch.fetch(target, refresh=options.refresh)
        print(f"{target.name}\n  image    {found.image}\n  headers  {found.headers}")
        print(f"  busybox  {found.busybox}")
    return 0


def _build_module(options: argparse.Namespace) -> int:
    for target in targets.choose(options.target):
        extra = [word for word in options.make.split(" ") if word]
        module, output = kbuild.build_module(
            target, fetch.fetch(target), purpose="adhoc" if extra else "", extra=extra
        )
        print(output, end="")
        print(module)
    return 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="percpu-scope", description=__doc__)
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")

    verb = verbs.add_parser("targets", help="list the targets")
    verb.set_defaults(call=_targets)

    verb = verbs.add_parser("fetch", help="get kernels, headers and busybox into the cache")
    verb.add_argument("target", nargs="*")
    verb.add_argument("--refresh", action="store_true", help="ask the mirror now")
    verb.set_defaults(call=_fetch)

    verb = verbs.add_parser("build-module", help="build the module for targets")
    verb.add_argument("target", nargs="*")
    verb.add_argument("--make", default="", metavar="ARGS", help="for Kbuild, e.g. 'W=1 C=1'")
    verb.set_defaults(call=_build_module)
    return top


def main(arguments: list[str]) -> int:
    options = parser().parse_args(arguments)
    try:
        result: int = options.call(options)
        return result
    except ScopeError as error:
        print(f"percpu-scope: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("percpu-scope: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
