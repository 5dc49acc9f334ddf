# SPDX-License-Identifier: GPL-2.0-only
"""The pages of the documentation: their generated blocks made anew, or compared.

`make docs` writes them; `make check-docs` compares all, a host test those that need no guest.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from . import blocks, live, masks, static
from .blocks import Block
from ..host.errors import EXIT_FAILURE, ScopeError
from ..host.locks import write_atomically
from ..host.paths import REPOSITORY

FOLDER = REPOSITORY / "docs"


def pages() -> list[Path]:
    return [REPOSITORY / "README.md", *sorted(FOLDER.rglob("*.md"))]


@dataclass(frozen=True)
class Placed:
    """A block and its page."""

    page: Path
    block: Block

    def __str__(self) -> str:
        return f"{self.page.relative_to(REPOSITORY)}: {self.block}"


def placed() -> list[Placed]:
    found = []
    for page in pages():
        try:
            found += [Placed(page, b) for b in blocks.blocks(page.read_text(encoding="utf-8"))]
        except ScopeError as error:
            raise ScopeError(f"{page.relative_to(REPOSITORY)}: {error}", EXIT_FAILURE) from None
    return found


def _is_live(block: Block) -> bool:
    return block.source not in static.SOURCES


def update() -> list[Path]:
    """Fill every block; return the pages that changed."""
    printed = live.outputs(one.block for one in placed() if _is_live(one.block))
    for (target, command), output in printed.items():
        if not output.passed:
            raise ScopeError(f"{target}: failed: {command}\n{output.text}", EXIT_FAILURE)

    def content(block: Block) -> str:
        if _is_live(block):
            return printed[block.source, block.argument].text
        if block.source == "matrix":
            return static.matrix_with_last_run(block)
        return static.SOURCES[block.source](block)

    changed = []
    for page in pages():
        text = page.read_text(encoding="utf-8")
        new = blocks.replace(text, content)
        if new != text:
            write_atomically(page, new)
            changed.append(page)
    return changed


def _difference(stands: str, made: str) -> str:
    """A diff, or nothing if the two are the same."""
    lines = difflib.unified_diff(
        blocks.trimmed(stands).splitlines(),
        blocks.trimmed(made).splitlines(),
        "as it stands",
        "as it is made now",
        lineterm="",
    )
    return "\n".join(lines)


def static_problem(block: Block) -> str:
    """Why a block that needs no guest is not what it is to be; or nothing."""
    try:
        return _difference(block.content, static.SOURCES[block.source](block))
    except (ScopeError, OSError) as error:
        return str(error)


def live_problem(block: Block, output: live.Output) -> str:
    if not output.passed:
        return f"the command failed:\n{output.text}"
    stands, made = (masks.masked(text, block.argument) for text in (block.content, output.text))
    return _difference(stands, made)


def stale(of: Iterable[Placed], problem: Callable[[Block], str]) -> Iterator[tuple[Placed, str]]:
    for one in of:
        if found := problem(one.block):
            yield one, found


def check() -> int:
    """Compare every block; print what is stale, then the sum as tests have it."""
    everything = placed()
    printed = live.outputs(one.block for one in everything if _is_live(one.block))

    def problem(block: Block) -> str:
        if _is_live(block):
            return live_problem(block, printed[block.source, block.argument])
        return static_problem(block)

    failed = 0
    for one, found in stale(everything, problem):
        failed += 1
        print(f"STALE: {one}\n{found}\nfailed: {one}: stale")
    if failed:
        print("make docs makes them anew; what may differ says scripts/percpu_vm/docs/masks.py")
    print(f"{len(everything) - failed} passed, {failed} failed, 0 skipped", flush=True)
    return EXIT_FAILURE if failed or not everything else 0


def stale_without_a_guest() -> dict[str, str]:
    """Place of each stale block → diff, of those that need no guest."""
    found = [one for one in placed() if not _is_live(one.block)]
    return {str(one): why for one, why in stale(found, static_problem)}
