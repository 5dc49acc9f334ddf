# SPDX-License-Identifier: GPL-2.0-only
"""What may differ between two outputs of one command: the one place that says so.

Compared is what is left. Add a rule here if `make check-docs` fails on what only time,
the machine or a kernel's update changed; never one that hides what a page promises.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

# Stands for what was masked.
MASK = "#"


@dataclass(frozen=True)
class Phrase:
    """Text, wherever it is. `\\1` and so on keep what is to be compared."""

    why: str
    pattern: str
    kept: str = MASK
    # A regular expression of the commands concerned.
    command: str = ""


@dataclass(frozen=True)
class Columns:
    """Cells of tables, by their column's head."""

    why: str
    command: str
    # Regular expressions, of the whole head. A number, `-` for none, is masked.
    numbers: tuple[str, ...] = ()
    # Whatever is there is masked.
    anything: tuple[str, ...] = field(default=())


PHRASES = (
    Phrase("addresses, and patterns of bits", r"\b0x[0-9a-f]{8,}\b", "0x#"),
    Phrase("a kernel's release", r"\b\d+\.\d+\.\d+(\+deb\d+)?-[\w.-]*\w"),
    Phrase("times", r"\b\d+\.\d+ s\b", "# s"),
    Phrase("how many of how many", r"\b\d+ of \d+\b", "# of #"),
    Phrase("what the machine emulates with", r"^(accelerator) .*", r"\1 #", "pcpu report"),
    Phrase("variables of a kernel", r"\b\d+ variables\b", "# variables", "pcpu doctor"),
    Phrase(
        "sizes of a kernel's section",
        r"^(variables|bytes|used|shared lines|straddlers)  .*",
        r"\1 #",
        "pcpu var map",
    ),
)

COLUMNS = (
    Columns(
        "how much is done depends on time",
        "pcpu (report|hammer)",
        numbers=(
            "issued",
            "counted",
            "updates/s per CPU",
            "updates",
            "reads",
            "changed",
            "retries",
            "starved",
            "torn",
            "skewed",
        ),
    ),
    Columns(
        "how often a control was hit depends on time",
        "pcpu (report|control run)",
        anything=("observed", "the right way beside it"),
    ),
    Columns(
        "what nothing is promised of may tear, or not; a broken promise fails the command",
        "pcpu report",
        anything=("finding",),
    ),
    Columns("places in a kernel's section", "pcpu var list", numbers=("offset", "size")),
    Columns(
        "places in a kernel's section",
        "pcpu var map",
        numbers=("offset", "size", "start", "line"),
    ),
    Columns("values of the running kernel", "pcpu var read [^>]*$", numbers=(r"cpu\d+",)),
    Columns(
        "rates of the running kernel",
        "pcpu var watch",
        numbers=(r"cpu\d+/s", "sum", "per second", "max/mean"),
    ),
    Columns("how often something was called", "pcpu count-calls", numbers=("calls",)),
)

_NUMBER = re.compile(r"-|0x\S+|-?\d[\d.]*[kMGTPE]?")


def _mask_phrases(text: str, command: str, phrases: Sequence[Phrase]) -> str:
    for phrase in phrases:
        if re.search(phrase.command, command):
            text = re.sub(phrase.pattern, phrase.kept, text, flags=re.MULTILINE)
    return text


def _is_one_of(head: str, patterns: tuple[str, ...]) -> bool:
    return any(re.fullmatch(pattern, head) for pattern in patterns)


def _mask_columns(lines: list[list[str]], rules: list[Columns]) -> None:
    """Cells below heads that a rule names, as far as rows have as many cells as the heads."""
    heads: list[str] = []
    for cells in lines:
        if len(cells) > 1 and any(
            _is_one_of(cell, rule.numbers + rule.anything) for rule in rules for cell in cells
        ):
            heads = list(cells)
        elif len(cells) != len(heads):
            heads = []
        for at, head in enumerate(heads if cells != heads else []):
            for rule in rules:
                if _is_one_of(head, rule.anything) or (
                    _is_one_of(head, rule.numbers) and _NUMBER.fullmatch(cells[at])
                ):
                    cells[at] = MASK


def masked(
    text: str,
    command: str,
    phrases: Sequence[Phrase] = PHRASES,
    columns: Sequence[Columns] = COLUMNS,
) -> str:
    """What of an output is compared. How wide columns are depends on what was masked."""
    lines = _mask_phrases(text, command, phrases).splitlines()
    rows = [re.split(r" {2,}", line.strip()) for line in lines]
    _mask_columns(rows, [rule for rule in columns if re.search(rule.command, command)])
    return "\n".join(re.sub(r"^-{4,}$", "----", "  ".join(cells)) for cells in rows)
