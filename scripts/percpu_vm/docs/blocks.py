# SPDX-License-Identifier: GPL-2.0-only
"""Generated blocks of the documentation: found, and filled. Text in, text out.

A block opens with `<!-- generated: SOURCE: ARGUMENT -->`, or without an argument, and ends
with `<!-- end -->`. SOURCE is one of static.py, or a target; ARGUMENT is then a command
for its guest's shell (live.py). Both begin a line; nothing else of a page is touched.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ..host.errors import EXIT_FAILURE, ScopeError

_BLOCK = re.compile(
    r"^(?P<head><!-- generated: (?P<source>[\w.-]+)(?:: (?P<argument>[^\n]*?))? -->\n)"
    r"(?P<content>(?:(?!^<!-- generated).)*?)^(?P<end><!-- end -->)",
    re.DOTALL | re.MULTILINE,
)
_MARK = re.compile(r"^<!-- (?:generated\b|end -->)", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    source: str
    argument: str
    # What stands there now, without fence and blank lines around it.
    content: str = ""

    def __str__(self) -> str:
        return f"{self.source}: {self.argument}" if self.argument else self.source


def _bare(content: str) -> str:
    fenced = re.fullmatch(r"```\w*\n(.*?)\n?```\n", content, re.DOTALL)
    return fenced[1] if fenced else content.strip("\n")


def _block(match: re.Match[str]) -> Block:
    return Block(match["source"], match["argument"] or "", _bare(match["content"]))


def blocks(text: str) -> list[Block]:
    found = list(_BLOCK.finditer(text))
    if len(_MARK.findall(text)) != 2 * len(found):
        raise ScopeError("a generated block does not begin, or does not end", EXIT_FAILURE)
    return [_block(match) for match in found]


def trimmed(text: str) -> str:
    """As a page has it: no blanks at the ends of lines, no blank lines at the end."""
    return "\n".join(line.rstrip() for line in text.splitlines()).rstrip("\n")


def replace(text: str, output: Callable[[Block], str]) -> str:
    """The text with each block's content made anew."""

    def fill(match: re.Match[str]) -> str:
        block = _block(match)
        shown = trimmed(output(block))
        if shown.startswith("|"):  # A table of Markdown is to be seen as one.
            return f"{match['head']}\n{shown}\n\n{match['end']}"
        language = "cpp" if block.argument.endswith(".cpp") else "text"
        return f"{match['head']}```{language}\n{shown}\n```\n{match['end']}"

    return _BLOCK.sub(fill, text)
