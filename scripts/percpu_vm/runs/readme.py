# SPDX-License-Identifier: GPL-2.0-only
"""The README's examples: what stands in them is what a real run printed.

A block opens with `<!-- generated: SOURCE: ARGUMENT -->` and ends with
`<!-- end -->`. SOURCE is a target, and ARGUMENT a command for its guest's
shell; or SOURCE is `file`, and ARGUMENT a file of which the part between
`[README` and `README]` is shown; or SOURCE is `matrix`, and its table is that of
the last `make matrix`, left as it is if there was none. `{accelerator}` in a command
is what the guest runs on. Nothing else of the README is touched.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from . import matrix, matrix_page, matrix_rows
from ..model import targets
from ..vm import guest, plan, qemu
from ..host.errors import ScopeError
from ..host.locks import write_atomically
from ..host.paths import REPOSITORY

_BLOCK = re.compile(
    r"(?P<head><!-- generated: (?P<source>[\w.-]+): (?P<argument>.*?) -->\n)"
    r".*?(?P<end><!-- end -->)",
    re.DOTALL,
)
_LIMITS = qemu.Limits(boot=120, silence=120, whole=300)


@dataclass(frozen=True)
class Block:
    source: str
    argument: str


def blocks(text: str) -> list[Block]:
    return [Block(m["source"], m["argument"]) for m in _BLOCK.finditer(text)]


def replace(text: str, output: Callable[[Block], str | None]) -> str:
    """The text with each block's content made anew, or left where there is none."""

    def fill(match: re.Match[str]) -> str:
        block = Block(match["source"], match["argument"])
        language = "cpp" if block.source == "file" else "text"
        made = output(block)
        if made is None:
            return match[0]
        shown = "\n".join(line.rstrip() for line in made.splitlines())
        if shown.startswith("|"):  # A table of Markdown is to be seen as one.
            return f"{match['head']}\n{shown}\n\n{match['end']}"
        return f"{match['head']}```{language}\n{shown}\n```\n{match['end']}"

    return _BLOCK.sub(fill, text)


def excerpt(text: str) -> str:
    """The lines between the two that hold `[README` and `README]`."""
    lines = text.splitlines()
    try:
        first = next(i for i, line in enumerate(lines) if "[README" in line)
        last = next(i for i, line in enumerate(lines) if "README]" in line)
    except StopIteration:
        raise ScopeError("no part between [README and README]") from None
    return textwrap.dedent("\n".join(lines[first + 1 : last]))


def _run_in(target: targets.Target, commands: list[str]) -> dict[str, str]:
    """What each command prints, all of them in one boot."""
    names = {f"block{i}": command for i, command in enumerate(commands)}
    lines: dict[str, list[str]] = {name: [] for name in names}
    passed: set[str] = set()

    def collect(line: str) -> None:
        if line.startswith("# text block"):
            name, _, text = line.removeprefix("# text ").partition("|")
            lines[name].append(text)
        elif line.startswith("ok "):
            passed.add(line.split()[2])

    def make_plan(accelerator: qemu.Accelerator) -> plan.Plan:
        # Only the host knows it; the guest is told.
        told = {n: c.replace("{accelerator}", accelerator.describe()) for n, c in names.items()}
        steps = [plan.Step(plan.Kind.TEXT, name, command) for name, command in told.items()]
        return plan.make(plan.LOAD, *steps)

    prepared = guest.prepare(target, [guest.Program("pcpu", target.arch)])
    guest.boot(prepared, "readme", make_plan, _LIMITS, collect)
    for name, command in names.items():
        if name not in passed:
            raise ScopeError(f"{target.name}: failed: {command}\n" + "\n".join(lines[name]))
    return {command: "\n".join(lines[name]) for name, command in names.items()}


def _last_matrix() -> str | None:
    path = matrix.FOLDER / "matrix.json"
    if not path.is_file():
        return None
    return matrix_page.markdown(matrix_rows.rows_in(json.loads(path.read_text(encoding="utf-8"))))


def update(path: Path = REPOSITORY / "README.md") -> bool:
    """True if anything changed."""
    text = path.read_text(encoding="utf-8")
    by_source: defaultdict[str, list[str]] = defaultdict(list)
    for block in blocks(text):
        by_source[block.source].append(block.argument)
    outputs: dict[Block, str | None] = {}
    for source, arguments in by_source.items():
        if source == "matrix":
            found: Mapping[str, str | None] = dict.fromkeys(arguments, _last_matrix())
        elif source == "file":
            found = {a: excerpt((REPOSITORY / a).read_text(encoding="utf-8")) for a in arguments}
        else:
            (target,) = targets.choose([source])
            found = _run_in(target, list(dict.fromkeys(arguments)))
        outputs.update({Block(source, argument): found[argument] for argument in arguments})
    new = replace(text, outputs.__getitem__)
    write_atomically(path, new)
    return new != text
