# SPDX-License-Identifier: GPL-2.0-only
"""`make matrix`: every target and every variation, one after the other, one table.

With TARGET= only these run, a variation alone as TARGET+VARIATION, and the other rows stay
as the last run left them.
Runs; what a row adds up is matrix_rows.py's, how the table looks matrix_page.py's.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict

from . import choice, matrix_page, runs
from ..host import command, paths
from .choice import Chosen
from ..host.errors import EXIT_FAILURE, ScopeError
from ..host.locks import lock, write_atomically
from .matrix_rows import Count, Row, row_of, rows_in, target_of
from ..judge.verdict import Kind, worst

FOLDER = paths.BUILD / "matrix"


def _failed(name: str, summary: str, error: ScopeError | OSError, seconds: float) -> Row:
    is_failure = isinstance(error, ScopeError) and error.exit_code == EXIT_FAILURE
    kind = Kind.TEST_FAILURE if is_failure else Kind.INFRASTRUCTURE
    row = Row(name, summary, verdict=kind.value, seconds=round(seconds, 1))
    row.total.failed = 1
    row.reasons.append(str(error))
    return row


def _commit() -> str:
    """What is checked, as git names it; not every copy is a clone, or has git."""
    try:
        return command.run(["git", "describe", "--always", "--dirty"], cwd=paths.REPOSITORY).strip()
    except ScopeError:
        return "unknown"


def _others(wanted: list[str]) -> list[Row]:
    """What earlier runs left of rows that this one leaves out."""
    path = FOLDER / "matrix.json"
    if not path.is_file():
        return []
    try:
        rows = rows_in(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError):  # of another version
        return []
    known = {name for chosen in choice.everything() for name in chosen.names()}
    return [row for row in rows if row.name in known and row.name not in wanted]


def _planned(chosen: list[Chosen]) -> list[Row]:
    named = [item for one in chosen for item in one.names().items()]
    return [Row(name, summary, reasons=["not run yet"]) for name, summary in named]


class _Matrix:
    """Rows as they come, and those that were there."""

    def __init__(self, planned: list[Row]) -> None:
        self.planned = planned
        self.rows: list[Row] = []
        self.commit = _commit()

    def everything(self) -> list[Row]:
        # A run that is cut short is not to look whole.
        done = {row.name for row in self.rows}
        missing = [row for row in self.planned if row.name not in done]
        # Read anew: another run may have added some meanwhile.
        others = _others([row.name for row in self.planned])
        # Of one target in the order of the files, whoever ran first.
        order = {row.name: number for number, row in enumerate(_planned(choice.everything()))}
        rows = [*others, *self.rows, *missing]
        return sorted(rows, key=lambda row: (target_of(row), order.get(row.name, 0)))

    def add(self, row: Row) -> None:
        row.commit = self.commit
        row.when = time.strftime("%Y-%m-%d %H:%M", time.gmtime())
        self.rows.append(row)
        print(matrix_page.line(row), flush=True)
        for remark in row.remarks:
            print(f"    {remark}", flush=True)
        for reason in row.reasons[:10]:
            print(f"    {reason}", flush=True)
        for bad in row.bad_lines[:10]:
            print(f"    | {bad}", flush=True)
        self.write()

    def write(self) -> None:
        """After every row: a run that is cut short leaves what it has."""
        with lock(FOLDER / "matrix.lock", "writing the matrix"):
            self._write(self.everything())

    def _write(self, rows: list[Row]) -> None:
        whole = worst(Kind(row.verdict) for row in rows)
        document = {"verdict": whole.value, "rows": [asdict(row) for row in rows]}
        FOLDER.mkdir(parents=True, exist_ok=True)
        write_atomically(FOLDER / "matrix.json", json.dumps(document, indent=2) + "\n")
        write_atomically(FOLDER / "junit.xml", matrix_page.junit(rows))
        write_atomically(FOLDER / "results.ktap", matrix_page.ktap(rows))
        write_atomically(FOLDER / "index.html", matrix_page.html(rows))


def _target_rows(matrix: _Matrix, chosen: Chosen) -> None:
    started = time.monotonic()
    target = chosen.target
    try:
        prepared = runs.prepare_check(target)
        boots = runs.check_boots(prepared) if chosen.itself else []
    except (ScopeError, OSError) as error:
        # The first of what was to come; nothing of the rest was run, and they say so.
        name, summary = next(iter(chosen.names().items()))
        matrix.add(_failed(name, summary, error, time.monotonic() - started))
        return
    if chosen.itself:
        matrix.add(row_of(target.name, target.summary, boots, time.monotonic() - started))
    for variation in chosen.variations:
        started = time.monotonic()
        try:
            boots = [runs.variation_boot(prepared, variation)]
        except (ScopeError, OSError) as error:
            seconds = time.monotonic() - started
            matrix.add(_failed(variation.full_name, variation.name, error, seconds))
            continue
        seconds = time.monotonic() - started
        matrix.add(row_of(variation.full_name, variation.name, boots, seconds))


def run(wanted: list[str]) -> int:
    chosen = choice.choose_rows(wanted)
    matrix = _Matrix(_planned(chosen))
    matrix.write()
    for one in chosen:
        print(f"== {one.target.name}: {one.target.summary}", flush=True)
        _target_rows(matrix, one)
    print()
    print(matrix_page.text(matrix.rows), end="")
    print(matrix_page.skips(matrix.rows), end="")
    whole = worst(Kind(row.verdict) for row in matrix.rows)
    good = sum(row.verdict == Kind.PASS.value for row in matrix.rows)
    print(f"\n{whole.value.upper()}: {good} of {len(matrix.rows)} pass ({FOLDER / 'index.html'})")
    total = Count()
    for row in matrix.rows:
        total.passed += row.total.passed
        total.failed += row.total.failed
        total.skipped += row.total.skipped
    print(f"{total.passed} passed, {total.failed} failed, {total.skipped} skipped")
    return whole.exit_code
