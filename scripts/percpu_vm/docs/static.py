# SPDX-License-Identifier: GPL-2.0-only
"""What generated blocks show without a guest: files of the repository as tables.

Each source is a function of the block, in SOURCES. The same repository gives the same text.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence

from .blocks import Block
from ..host import paths
from ..host.command import ENVIRONMENT, run
from ..host.errors import EXIT_FAILURE, ScopeError
from ..judge.verdict import Kind
from ..mutants import mutants, record
from ..model import targets, variations
from ..runs import choice, detectors, matrix, matrix_page, matrix_rows


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def excerpt(text: str) -> str:
    """The lines between the two that hold `[docs` and `docs]`."""
    lines = text.splitlines()
    try:
        first = next(i for i, line in enumerate(lines) if "[docs" in line)
        last = next(i for i, line in enumerate(lines) if "docs]" in line)
    except StopIteration:
        raise ScopeError("no part between [docs and docs]", EXIT_FAILURE) from None
    return textwrap.dedent("\n".join(lines[first + 1 : last]))


def _file(block: Block) -> str:
    return excerpt((paths.REPOSITORY / block.argument).read_text(encoding="utf-8"))


def _make_help(_: Block) -> str:
    # An outer make's variables are not to change what this one says.
    bare = {name: "" for name in ENVIRONMENT if name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    return run(["make", "--no-print-directory", "help"], paths.REPOSITORY, bare)


def _origin(target: targets.Target) -> str:
    kernel = target.kernel
    if isinstance(kernel, targets.SourceKernel):
        return f"`{kernel.package}`, built here"
    return f"`{kernel.metapackage}`" if isinstance(kernel, targets.PackagedKernel) else kernel.tree


def _targets(_: Block) -> str:
    return table(
        ("target", "kernel", "package", "default on"),
        (
            (f"`{target.name}`", target.summary, _origin(target), ", ".join(target.default_on))
            for target in targets.load_all()
        ),
    )


def _variations(_: Block) -> str:
    def machine(variation: variations.Variation) -> str:
        parts = [f"{variation.cpus} CPUs" if variation.cpus > 1 else "1 CPU"] * bool(variation.cpus)
        parts += [f"{variation.nodes} nodes"] * (variation.nodes > 1)
        parts += [f"`{argument}`" for argument in variation.arguments]
        parts += ["interrupts between any two instructions"] * variation.one_instruction
        return ", ".join(parts)

    found = [v for target in targets.load_all() for v in variations.of(target)]
    return table(("variation", "machine"), ((f"`{v.full_name}`", machine(v)) for v in found))


def packages(text: str) -> dict[str, list[str]]:
    """Purpose → packages, of the text of scripts/data/packages."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        words = line.split()
        if words and not words[0].startswith("#"):
            only = f" (on {words[2].replace(',', ', ')})" if len(words) > 2 else ""
            found.setdefault(words[0], []).append(words[1].replace("|", " or ") + only)
    return found


def _packages(_: Block) -> str:
    listed = packages((paths.DATA / "packages").read_text(encoding="utf-8"))
    return table(
        ("for", "packages"), ((f"`{what}`", ", ".join(names)) for what, names in listed.items())
    )


def _verdicts(_: Block) -> str:
    return table(("verdict", "exit code"), ((kind.value, str(kind.exit_code)) for kind in Kind))


def _detectors(_: Block) -> str:
    planted: dict[Kind, list[str]] = {}
    for detector in detectors.choose([detectors.USUAL]):
        planted.setdefault(detector.verdict, []).append(detector.name)
    return table(
        ("must end in", "planted"),
        ((kind.value, ", ".join(planted[kind])) for kind in Kind if kind in planted),
    )


def _mutants(_: Block) -> str:
    known = mutants.load()
    reasons = mutants.survivors(known)
    places = {mutant.name: mutant for mutant in known}
    rows = ((f"`{name}`", places[name].why, reason) for name, reason in reasons.items())
    return table(("mutant", "what it does", "why it survives"), rows)


def _mutants_tried(_: Block) -> str:
    known = mutants.load()
    killed, survivors = record.load(), mutants.survivors(known)
    rooms: dict[str, list[mutants.Mutant]] = {}
    for mutant in known:
        # kmod/ itself, kmod/kinds/, userspace/lib/, …
        rooms.setdefault("/".join(mutant.file.split("/")[:-1][:2]), []).append(mutant)

    def row(name: str, of: Sequence[mutants.Mutant]) -> tuple[str, ...]:
        counts = [len(record.among(of, which, killed, survivors)) for which in record.Among]
        return (name, *map(str, counts))

    rows = [row(f"`{name}/`", rooms[name]) for name in sorted(rooms)]
    return table(("of", *(which.value for which in record.Among)), [*rows, row("all of them", known)])


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def matrix_table(now: str, measured: str, names: Sequence[str]) -> str:
    """A row for each name: as measured, else as it stands, else that it was never checked."""
    heads, rule, *_ = matrix_page.markdown([]).splitlines()
    rows: dict[str, str] = {}
    for line in [*now.splitlines(), *measured.splitlines()]:
        if line.startswith("|") and len(_cells(line)) == len(_cells(heads)):
            rows[_cells(line)[0]] = line
    missing = " |" * (len(_cells(heads)) - 1)
    return "\n".join([heads, rule, *(rows.get(name, f"| {name} |{missing}") for name in names)])


def _row_names() -> list[str]:
    return [name for chosen in choice.everything() for name in chosen.names()]


def _matrix(block: Block) -> str:
    return matrix_table(block.content, "", _row_names())


def matrix_with_last_run(block: Block) -> str:
    """As the block is filled; it is compared without a run, which takes an hour."""
    path = matrix.FOLDER / "matrix.json"
    if not path.is_file():
        return _matrix(block)
    document = json.loads(path.read_text(encoding="utf-8"))
    measured = matrix_page.markdown(matrix_rows.rows_in(document))
    return matrix_table(block.content, measured, _row_names())


SOURCES: Mapping[str, Callable[[Block], str]] = {
    "detectors": _detectors,
    "file": _file,
    "make-help": _make_help,
    "matrix": _matrix,
    "mutants": _mutants,
    "mutants-tried": _mutants_tried,
    "packages": _packages,
    "targets": _targets,
    "variations": _variations,
    "verdicts": _verdicts,
}
