# SPDX-License-Identifier: GPL-2.0-only
"""The matrix as a table for people, Markdown, HTML, JUnit and KTAP. Rows in, text out."""

from __future__ import annotations

import html as markup
from collections.abc import Sequence
from xml.etree import ElementTree

from .matrix_rows import Count, Row, suite_of
from .records import xml_text
from ..judge.verdict import Kind

_STYLE = """
body { font-family: sans-serif; margin: 2em }
table { border-collapse: collapse; margin-bottom: 2em }
th, td { border: 1px solid #999; padding: .2em .5em; text-align: left }
td.number { text-align: right; font-variant-numeric: tabular-nums }
th.suite { writing-mode: vertical-rl; font-weight: normal }
.pass { background: #dfd } .fail { background: #fdd } .none { background: #eee }
"""


Cell = Count | str | None


_CLASS_OF_VERDICT = {
    kind.value: ' class="pass"' if kind is Kind.PASS else ' class="fail"' for kind in Kind
}


def _cell(cell: Cell) -> str:
    if cell is None:
        return "-"
    if isinstance(cell, str):
        return cell
    return f"{cell.passed}/{cell.failed}/{cell.skipped}"


def _columns(rows: Sequence[Row], suites: bool) -> list[str]:
    found = [row.suites if suites else row.programs for row in rows]
    return sorted({name for counts in found for name in counts})


def line(row: Row) -> str:
    total = row.total
    return (
        f"{row.name}: {row.verdict.upper()}, {total.passed} passed · {total.failed} failed · "
        f"{total.skipped} skipped, {row.seconds:.0f} s, {row.accelerator or 'not booted'}"
    )


def _table(rows: Sequence[Row]) -> list[list[Cell]]:
    """Targets × programs, heads first."""
    programs = _columns(rows, suites=False)
    table: list[list[Cell]] = [
        ["target", "kernel", "cpus", *programs, "verdict", "seconds", "accelerator"]
    ]
    for row in rows:
        cells = [row.programs.get(program) for program in programs]
        tail = [row.verdict, f"{row.seconds:.0f}", row.accelerator or None]
        table.append([row.name, row.kernel or None, str(row.cpus or "-"), *cells, *tail])
    return table


def _suite_table(rows: Sequence[Row]) -> list[list[Cell]]:
    suites = _columns(rows, suites=True)
    table: list[list[Cell]] = [["target", *suites]]
    table += [[row.name, *(row.suites.get(suite) for suite in suites)] for row in rows]
    return table


def text(rows: Sequence[Row]) -> str:
    """Targets × programs as passed/failed/skipped, aligned."""
    table = [[_cell(cell) for cell in cells] for cells in _table(rows)]
    widths = [max(len(cells[column]) for cells in table) for column in range(len(table[0]))]
    lines = ["  ".join(c.ljust(w) for c, w in zip(cells, widths)).rstrip() for cells in table]
    return "\n".join([*lines, "passed/failed/skipped for each program"]) + "\n"


def skips(rows: Sequence[Row]) -> str:
    """Each reason once, with how many tests it kept on which targets."""
    found: dict[str, dict[str, int]] = {}
    for row in rows:
        for reason in row.skips.values():
            counts = found.setdefault(reason, {})
            counts[row.name] = counts.get(row.name, 0) + 1
    lines = [
        f"  {sum(counts.values())}: {reason} ({', '.join(sorted(counts))})"
        for reason, counts in sorted(found.items(), key=lambda item: -sum(item[1].values()))
    ]
    return "\n".join(["skipped, as the targets' files allow:", *lines]) + "\n" if lines else ""


def _reasons(row: Row, suite: str) -> str:
    return "; ".join(sorted({why for test, why in row.skips.items() if suite_of(test) == suite}))


def markdown(rows: Sequence[Row]) -> str:
    """For the documentation: one line for each target, programs added up."""
    heads = ("target", "kernel", "passed", "failed", "skipped", "verdict", "seconds", "commit")
    lines = [f"| {' | '.join(heads)} |", "|---|---|--:|--:|--:|---|--:|---|"]
    for row in rows:
        total = row.total
        lines.append(
            f"| {row.name} | {row.kernel or '–'} | {total.passed} | {total.failed} | "
            f"{total.skipped} | {row.verdict} | {row.seconds:.0f} | {row.commit} |"
        )
    return "\n".join(lines)


def _html_cell(cell: Cell) -> str:
    if cell is None:
        return '<td class="none"></td>'
    if isinstance(cell, str):
        kind = _CLASS_OF_VERDICT.get(cell, "")
        return f"<td{kind}>{markup.escape(cell)}</td>"
    return f'<td class="number {"fail" if cell.failed else "pass"}">{_cell(cell)}</td>'


def _html_table(table: Sequence[Sequence[Cell]], head_class: str = "") -> str:
    heads = "".join(f"<th{head_class}>{markup.escape(_cell(head))}</th>" for head in table[0])
    lines = ["<tr>" + "".join(map(_html_cell, cells)) + "</tr>" for cells in table[1:]]
    return "\n".join([f"<table><tr>{heads}</tr>", *lines, "</table>"])


def html(rows: Sequence[Row]) -> str:
    """One page that opens from disk: the same table as text, when and of which commit each
    row is; targets × suites; then what failed and what skipped."""
    tails: list[list[Cell]] = [["all", "when", "commit"]]
    tails += [[row.total, row.when, row.commit] for row in rows]
    table = [[*cells, *tail] for cells, tail in zip(_table(rows), tails)]
    notes = []
    for row in rows:
        bad = [*row.remarks, *row.reasons, *(f"| {bad_line}" for bad_line in row.bad_lines)]
        if bad:
            quoted = markup.escape("\n".join(bad))
            notes.append(f"<h2>{markup.escape(row.name)}</h2><pre>{quoted}</pre>")
    skips: list[list[Cell]] = [["target", "test", "reason"]]
    for row in rows:
        skips += [[row.name, test, reason] for test, reason in sorted(row.skips.items())]
    parts = [
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>percpu-scope: matrix</title><style>{_STYLE}</style></head><body>",
        "<h1>percpu-scope: matrix</h1><p>passed/failed/skipped</p>",
        _html_table(table),
        *notes,
        "<h2>By suite</h2>",
        _html_table(_suite_table(rows), ' class="suite"'),
        "<h2>Skipped, as the target's file allows</h2>",
        _html_table(skips),
        "</body></html>",
    ]
    return "\n".join(parts) + "\n"


def junit(rows: Sequence[Row]) -> str:
    """A suite for each row; a case for each suite of GoogleTest, and one for the verdict."""
    top = ElementTree.Element("testsuites", name="matrix")
    for row in rows:
        failures = sum(count.failed > 0 for count in row.suites.values())
        node = ElementTree.SubElement(
            top,
            "testsuite",
            name=row.name,
            tests=str(len(row.suites) + 1),
            failures=str(failures + (row.verdict != "pass")),
            time=f"{row.seconds:.1f}",
        )
        for suite, count in sorted(row.suites.items()):
            case = ElementTree.SubElement(node, "testcase", classname=row.name, name=suite)
            if count.failed:
                ElementTree.SubElement(case, "failure", message=f"{count.failed} failed")
            elif not count.passed:
                ElementTree.SubElement(case, "skipped", message=_reasons(row, suite))
        case = ElementTree.SubElement(node, "testcase", classname=row.name, name="verdict")
        if row.verdict != "pass":
            fault = ElementTree.SubElement(case, "failure", message=row.verdict)
            fault.text = xml_text("\n".join([*row.reasons, *row.bad_lines]))
    ElementTree.indent(top)
    return ElementTree.tostring(top, encoding="unicode", xml_declaration=True) + "\n"


def ktap(rows: Sequence[Row]) -> str:
    """A test for each row, with a nested one for each suite of GoogleTest."""
    lines = ["KTAP version 1", f"1..{len(rows)}"]
    for number, row in enumerate(rows, start=1):
        suites = sorted(row.suites.items())
        if suites:
            lines += ["  KTAP version 1", f"  1..{len(suites)}"]
        for inner, (suite, count) in enumerate(suites, start=1):
            word = "not ok" if count.failed else "ok"
            skipped = not count.passed and not count.failed and count.skipped
            lines.append(f"  {word} {inner} {suite}" + (f" # SKIP {_reasons(row, suite)}" if skipped else ""))
        said = [*row.remarks, *row.reasons]
        lines += [f"# {reason}" for reason in "\n".join(said).splitlines()]
        lines.append(f"{'ok' if row.verdict == 'pass' else 'not ok'} {number} {row.name}")
    return "\n".join(lines) + "\n"
