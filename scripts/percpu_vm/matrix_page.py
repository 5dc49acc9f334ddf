# SPDX-License-Identifier: GPL-2.0-only
"""The matrix as a table for people, Markdown, HTML, JUnit and KTAP. Rows in, text out."""

from __future__ import annotations

import html as markup
from collections.abc import Sequence
from xml.etree import ElementTree

from .matrix_rows import Count, Row
from .records import xml_text

_STYLE = """
body { font-family: sans-serif; margin: 2em }
table { border-collapse: collapse; margin-bottom: 2em }
th, td { border: 1px solid #999; padding: .2em .5em; text-align: left }
td.number { text-align: right; font-variant-numeric: tabular-nums }
th.suite { writing-mode: vertical-rl; font-weight: normal }
.pass { background: #dfd } .fail { background: #fdd } .none { background: #eee }
"""


def _cell(count: Count | None) -> str:
    if count is None:
        return "-"
    return f"{count.passed}/{count.failed}/{count.skipped}"


def _columns(rows: Sequence[Row], suites: bool) -> list[str]:
    found = [row.suites if suites else row.programs for row in rows]
    return sorted({name for counts in found for name in counts})


def line(row: Row) -> str:
    total = row.total
    return (
        f"{row.name}: {row.verdict.upper()}, {total.passed} passed · {total.failed} failed · "
        f"{total.skipped} skipped, {row.seconds:.0f} s, {row.accelerator or 'not booted'}"
    )


def _table(rows: Sequence[Row]) -> list[list[str]]:
    programs = _columns(rows, suites=False)
    table = [["target", "kernel", "cpus", *programs, "verdict", "seconds", "accelerator"]]
    for row in rows:
        cells = [_cell(row.programs.get(program)) for program in programs]
        tail = [row.verdict, f"{row.seconds:.0f}", row.accelerator or "-"]
        table.append([row.name, row.kernel or "-", str(row.cpus or "-"), *cells, *tail])
    return table


def text(rows: Sequence[Row]) -> str:
    """Targets × programs as passed/failed/skipped, aligned."""
    table = _table(rows)
    widths = [max(len(cells[column]) for cells in table) for column in range(len(table[0]))]
    lines = ["  ".join(c.ljust(w) for c, w in zip(cells, widths)).rstrip() for cells in table]
    return "\n".join([*lines, "passed/failed/skipped for each program"]) + "\n"


def markdown(rows: Sequence[Row]) -> str:
    """For the README: one line for each target, programs added up."""
    heads = ("target", "kernel", "passed", "failed", "skipped", "verdict", "seconds", "commit")
    lines = [f"| {' | '.join(heads)} |", "|---|---|--:|--:|--:|---|--:|---|"]
    for row in rows:
        total = row.total
        lines.append(
            f"| {row.name} | {row.kernel or '–'} | {total.passed} | {total.failed} | "
            f"{total.skipped} | {row.verdict} | {row.seconds:.0f} | {row.commit} |"
        )
    return "\n".join(lines)


def _html_cell(count: Count | None) -> str:
    if count is None:
        return '<td class="none"></td>'
    kind = "fail" if count.failed else "pass"
    return f'<td class="number {kind}">{_cell(count)}</td>'


def html(rows: Sequence[Row]) -> str:
    """One page that opens from disk: targets × suites, then what failed and what skipped."""
    suites = _columns(rows, suites=True)
    heads = "".join(f'<th class="suite">{markup.escape(suite)}</th>' for suite in suites)
    body = []
    for row in rows:
        kind = "pass" if row.verdict == "pass" else "fail"
        cells = "".join(_html_cell(row.suites.get(suite)) for suite in suites)
        body.append(
            f'<tr><th title="{markup.escape(row.summary)}">{markup.escape(row.name)}</th>'
            f"<td>{markup.escape(row.kernel)}</td>"
            f'<td class="{kind}">{row.verdict}</td>{_html_cell(row.total)}'
            f'<td class="number">{row.seconds:.0f}</td>'
            f"<td>{markup.escape(row.accelerator)}</td><td>{markup.escape(row.when)}</td>"
            f"<td>{markup.escape(row.commit)}</td>{cells}</tr>"
        )
    notes = []
    for row in rows:
        bad = [*(f"booted again: {why}" for why in row.again), *row.reasons, *(f"| {bad_line}" for bad_line in row.bad_lines)]
        if bad:
            quoted = markup.escape("\n".join(bad))
            notes.append(f"<h2>{markup.escape(row.name)}</h2><pre>{quoted}</pre>")
    skips = []
    for row in rows:
        for test, reason in sorted(row.skips.items()):
            words = (row.name, test, reason)
            skips.append("<tr>" + "".join(f"<td>{markup.escape(w)}</td>" for w in words) + "</tr>")
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f"<title>percpu-scope: matrix</title><style>{_STYLE}</style></head><body>\n"
        "<h1>percpu-scope: matrix</h1><p>passed/failed/skipped</p>\n"
        "<table><tr><th>target</th><th>kernel</th><th>verdict</th><th>all</th><th>seconds</th>"
        f"<th>accelerator</th><th>when</th><th>commit</th>{heads}</tr>\n" + "\n".join(body) + "\n</table>\n" + "\n".join(notes)
        + "<h2>Skipped, as the target's file allows</h2>\n<table>"
        "<tr><th>target</th><th>test</th><th>reason</th></tr>\n"
        + "\n".join(skips)
        + "</table>\n</body></html>\n"
    )


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
                ElementTree.SubElement(case, "skipped", message=f"{count.skipped} skipped")
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
            lines.append(f"  {word} {inner} {suite}" + (" # SKIP" if skipped else ""))
        said = [*(f"booted again: {why}" for why in row.again), *row.reasons]
        lines += [f"# {reason}" for reason in "\n".join(said).splitlines()]
        lines.append(f"{'ok' if row.verdict == 'pass' else 'not ok'} {number} {row.name}")
    return "\n".join(lines) + "\n"
