# SPDX-License-Identifier: GPL-2.0-only
"""Verbs that plant mutants, and that run the part of the checks which each is to meet."""

from __future__ import annotations

import argparse
import json

from ..mutants import record, run
from ..runs import part


def _mutants(options: argparse.Namespace) -> int:
    return run.run(
        run.Options(
            names=options.mutant,
            among=record.Among(options.among),
            on=options.on,
            number=options.number,
            seed=options.seed,
            tries=options.tries,
            only_list=options.list,
            record=options.record,
        )
    )


def _check_part(options: argparse.Namespace) -> int:
    came = part.check(options.on, options.tests, options.kunit)
    print(json.dumps(came.document()))
    return came.exit_code


def add(words: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    verb = words.add_parser("mutants", help="plant small faults in a copy: the checks must kill them")
    verb.add_argument("mutant", nargs="*", help="a name, or a file for all that is in it; default all")
    verb.add_argument("--among", choices=[one.value for one in record.Among], default="all",
                      help="those killed before, or new: neither killed yet nor known to survive")
    verb.add_argument("--on", action="append", default=[], metavar="WHERE",
                      help=f"only those that must be killed there: a target, a variation or {part.HOST}")
    verb.add_argument("--number", type=int, default=0, metavar="N", help="so many at random")
    verb.add_argument("--seed", type=int, metavar="SEED", help="to choose the same again")
    verb.add_argument("--tries", type=int, choices=range(1, 10), default=1, metavar="1-9",
                      help="run its checks so often before it has survived")
    verb.add_argument("--list", action="store_true", help="only say which there are")
    verb.add_argument("--record", action="store_true", help="write down which were killed, and by what")
    verb.set_defaults(call=_mutants)

    verb = words.add_parser("check-part", help="run some tests; the last line says in JSON what came of them")
    verb.add_argument("on", help=f"a target, one of its variations, or {part.HOST}")
    verb.add_argument("--tests", default="", metavar="FILTER", help="of GoogleTest")
    verb.add_argument("--kunit", action="store_true", help="the module's own tests, too")
    verb.set_defaults(call=_check_part)
