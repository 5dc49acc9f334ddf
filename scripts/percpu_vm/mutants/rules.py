# SPDX-License-Identifier: GPL-2.0-only
"""Faults of whole classes, made from the sources by rule: the same sources give the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from .sources import blanked, functions

Change = Callable[[re.Match[str]], str]


@dataclass(frozen=True)
class Rule:
    """What is looked for in the code of functions, and what it becomes."""

    pattern: re.Pattern[str]
    change: Change


@dataclass(frozen=True)
class Made:
    """A fault made by a rule: its name is its own within the file."""

    name: str
    function: str
    start: int
    end: int
    text: str


def _call(*names: str) -> re.Pattern[str]:
    """A statement that is a call of one of them."""
    return re.compile(rf"(?<![\w.>=(] )\b(?:{'|'.join(names)})\([^;]*\);")


def _swap(words: Mapping[str, str]) -> Change:
    return lambda found: words[found.group()]


def _drop(_: re.Match[str]) -> str:
    return ";"


RULES: Mapping[str, Rule] = {
    # A section, a lock or an exclusion that is begun and never ended.
    "unended": Rule(
        _call(
            "u64_stats_update_end(?:_irqrestore)?", "write_seqcount_end", "put_cpu(?:_ptr|_var)?",
            "preempt_enable", "local_irq_restore", "local_bh_enable",
            "local_unlock(?:_irqrestore)?", "mutex_unlock", "up_read", "up_write",
            "rcu_read_unlock", "cpus_read_unlock", "(?:raw_)?spin_unlock_irqrestore",
        ),
        _drop,
    ),  # fmt: skip
    # A reference or memory that is kept.
    "kept": Rule(
        _call("pscope_counter_put", "kref_put", "kfree", "kvfree", "free_percpu", "kfree_rcu"), _drop
    ),
    # What must be in order, or whole, and is not.
    "unordered": Rule(
        re.compile(r"\bsmp_[rw]?mb\(\);|\bsmp_store_release\(&|\bsmp_load_acquire\(&"),
        lambda found: {
            "smp_store_release(&": "WRITE_ONCE(",
            "smp_load_acquire(&": "READ_ONCE(",
        }.get(found.group(), ";"),
    ),
    "bound": Rule(
        re.compile(r"(?<= )(?:<=|>=|<|>)(?= )"),
        _swap({"<": "<=", "<=": "<", ">": ">=", ">=": ">"}),
    ),
    # But for memory: none is short in a guest, and what is then done is chosen by hand.
    "lost-error": Rule(re.compile(r"(?<=\breturn )-E(?!NOMEM)[A-Z]+(?=;)"), lambda _: "0"),
    "unrefused": Rule(re.compile(r"(?<=\bret = )-E(?!NOMEM)[A-Z]+(?=;)"), lambda _: "0"),
    "wrong-cpu": Rule(re.compile(r"(?<=, )cpu(?=\))"), lambda _: "0"),
    "negated": Rule(re.compile(r"(?<=\bif \()!(?=\w+\))"), lambda _: ""),
    "either": Rule(re.compile(r"&&|\|\|"), _swap({"&&": "||", "||": "&&"})),
    "answer": Rule(
        re.compile(r"(?<=\breturn )(?:true|false)(?=;)"), _swap({"true": "false", "false": "true"})
    ),
    "unthrown": Rule(re.compile(r"(?<![:?] )\bthrow [^;]*;"), _drop),
    "off-by-one": Rule(re.compile(r" [+-] 1\b(?![\d.])"), lambda _: ""),
}


def made(text: str, rule: str) -> Iterator[Made]:
    """All that a rule makes of a file; the second of a function is told apart by a number."""
    code = blanked(text)
    how = RULES[rule]
    seen: dict[str, int] = {}
    for function in functions(text):
        for found in how.pattern.finditer(code, function.start, function.end):
            seen[function.name] = number = seen.get(function.name, 0) + 1
            name = f"{function.name}:{rule}" + (f"-{number}" if number > 1 else "")
            yield Made(name, function.name, found.start(), found.end(), how.change(found))
