# SPDX-License-Identifier: GPL-2.0-only
"""The matrix: rows added up, and the same rows in every form."""

from __future__ import annotations

import json
import re
import tempfile
import unittest
from dataclasses import asdict
from html.parser import HTMLParser
from pathlib import Path
from unittest import mock
from xml.etree import ElementTree

from percpu_vm.host import paths
from percpu_vm.model.machine import Machine
from percpu_vm.judge import ktap
from percpu_vm.model import targets, variations
from percpu_vm.runs import choice, matrix, matrix_page
from percpu_vm.vm import qemu
from percpu_vm.host.errors import ScopeError
from percpu_vm.runs.matrix_rows import Count, Row, row_of, rows_in, suite_of
from percpu_vm.runs.runs import Judged
from percpu_vm.judge.verdict import Kind, TestResult, Verdict


def judged(kind: Kind, *tests: TestResult) -> Judged:
    document = {"kernel": "6.1.0", "accelerator": "tcg", "cpus": 2}
    verdict = Verdict(kind, ("it <broke>",) if kind is not Kind.PASS else (), (), tests)
    return Judged(mock.Mock(), verdict, document, ktap.Results())


ROWS = [
    row_of(
        "good",
        "a kernel",
        [
            judged(
                Kind.PASS,
                TestResult("guest-tests", "Device.Opens", "passed"),
                TestResult("guest-tests", "All/Matrix.Conserves/3", "passed"),
                TestResult("guest-tests", "Controls.no_syncp", "skipped", "64-bit"),
            ),
            judged(Kind.PASS, TestResult("lockdown", "Locked.Down", "passed")),
        ],
        12.3,
    ),
    row_of(
        "bad",
        "another",
        [judged(Kind.SPLAT, TestResult("guest-tests", "Device.Opens", "failed"))],
        3.0,
    ),
]


class RowTest(unittest.TestCase):
    def test_suite_of(self) -> None:
        self.assertEqual(suite_of("Device.Opens"), "Device")
        self.assertEqual(suite_of("All/Matrix.Conserves/3"), "Matrix")

    def test_adds_up(self) -> None:
        good, bad = ROWS
        self.assertEqual(good.total, Count(3, 0, 1))
        self.assertEqual(good.programs, {"guest-tests": Count(2, 0, 1), "lockdown": Count(1, 0, 0)})
        self.assertEqual(good.suites["Matrix"], Count(1, 0, 0))
        self.assertEqual(good.skips, {"Controls.no_syncp": "64-bit"})
        self.assertEqual((good.verdict, bad.verdict), ("pass", "splat"))

    def test_come_back_from_their_document(self) -> None:
        document = json.loads(json.dumps({"rows": [asdict(row) for row in ROWS]}))
        self.assertEqual(rows_in(document), ROWS)

    def test_a_splat_alone_is_a_failure(self) -> None:
        row = row_of("x", "", [judged(Kind.SPLAT, TestResult("t", "A.B", "passed"))], 1.0)
        self.assertEqual(row.total, Count(1, 1, 0))


class OthersTest(unittest.TestCase):
    """Rows of targets that are not run this time."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        for name, value in (("FOLDER", self.folder), ("_commit", lambda: "abc")):
            patch = mock.patch.object(matrix, name, value)
            patch.start()
            self.addCleanup(patch.stop)
        self.first = "debian-6.1-cloud-amd64"
        self.varied = f"{self.first}+1-cpu"
        self.second = "debian-6.1-rt-amd64"
        self.rows = [Row(self.first, "one"), Row(self.varied, "a variation"), Row(self.second, "two")]

    def left(self, wanted: list[str]) -> list[str]:
        return [row.name for row in matrix._others(wanted)]

    def put(self, *more: Row) -> None:
        document = {"rows": [asdict(row) for row in [*self.rows, *more]]}
        (self.folder / "matrix.json").write_text(json.dumps(document), encoding="utf-8")

    def test_stay_unless_they_are_run_again(self) -> None:
        self.assertEqual(self.left([self.first]), [])
        self.put(Row("gone", "no target"), Row(f"{self.first}+gone", "no variation"))
        self.assertEqual(self.left([self.first, self.varied]), [self.second])
        self.assertEqual(self.left([self.second]), [self.first, self.varied])
        self.assertEqual(self.left([row.name for row in self.rows]), [])

    def test_a_variation_alone_leaves_its_target(self) -> None:
        self.put()
        again = matrix._Matrix([Row(self.varied, "a variation")])
        again.add(Row(self.varied, "a variation"))
        found = [(row.name, row.commit) for row in again.everything()]
        self.assertEqual(found, [(self.first, ""), (self.varied, "abc"), (self.second, "")])

    def test_what_has_not_come_yet_is_there(self) -> None:
        self.put()
        planned = [Row(self.first, "one"), Row(self.varied, "a variation", reasons=["not run yet"])]
        again = matrix._Matrix(planned)
        again.add(Row(self.first, "one"))
        found = [(row.name, row.commit, row.reasons) for row in again.everything()]
        self.assertEqual(
            found,
            [(self.first, "abc", []), (self.varied, "", ["not run yet"]), (self.second, "", [])],
        )

    def test_rows_are_chosen_by_name(self) -> None:
        everything = {name for one in choice.choose_rows([]) for name in one.names()}
        self.assertLessEqual({self.first, self.varied, self.second}, everything)
        for wanted, names in (
            ([self.second], [self.second]),
            ([self.varied], [self.varied]),
            ([f"{self.first}+8-cpus", self.varied], [self.varied, f"{self.first}+8-cpus"]),
        ):
            with self.subTest(wanted=wanted):
                chosen = choice.choose_rows(wanted)
                self.assertEqual([name for one in chosen for name in one.names()], names)
        (whole,) = choice.choose_rows([self.first])
        self.assertIn(self.varied, whole.names())
        with self.assertRaisesRegex(ScopeError, "(?s)no variation is called .*1-cpu"):
            choice.choose_rows([self.first, f"{self.first}+2-cpus"])

    def test_of_another_version_are_forgotten(self) -> None:
        for text in ("", "[]", '{"rows": [{"name": "x", "colour": 1}]}'):
            (self.folder / "matrix.json").write_text(text, encoding="utf-8")
            self.assertEqual(self.left([self.first]), [])


class PageTest(unittest.TestCase):
    def test_text(self) -> None:
        lines = matrix_page.text(ROWS).splitlines()
        self.assertRegex(lines[0], r"^target +kernel +cpus +guest-tests +lockdown +verdict")
        self.assertRegex(lines[1], r"^good +6\.1\.0 +2 +2/0/1 +1/0/0 +pass +12 +tcg$")
        self.assertRegex(lines[2], r"^bad +6\.1\.0 +2 +0/1/0 +- +splat +3 +tcg$")

    def test_junit(self) -> None:
        tree = ElementTree.fromstring(matrix_page.junit(ROWS))
        self.assertEqual([node.get("failures") for node in tree], ["0", "2"])
        failure = tree.find("testsuite[@name='bad']/testcase[@name='verdict']/failure")
        assert failure is not None
        self.assertIn("<broke>", failure.text or "")

    def test_ktap_is_read_by_our_own_reader(self) -> None:
        read = ktap.parse(matrix_page.ktap(ROWS))
        self.assertEqual(read.steps.problems(), [])
        self.assertEqual([test.ok for test in read.steps.tests], [True, False])
        self.assertTrue(read.nested["good"].tests[0].skipped)
        self.assertEqual(read.nested["good"].problems(), [])

    def test_html(self) -> None:
        page = matrix_page.html(ROWS)
        HTMLParser().feed(page)
        self.assertIn("it &lt;broke&gt;", page)
        self.assertNotIn("http", page)  # opens from disk

    def test_html_has_the_table_of_the_text(self) -> None:
        page = matrix_page.html(ROWS)
        table = page[: page.index("</table>")]
        for line in matrix_page.text(ROWS).splitlines()[:-1]:
            for cell in line.split("  "):
                if cell.strip() not in ("", "-"):
                    self.assertIn(f">{cell.strip()}<", table)

    def test_skips_have_their_reasons(self) -> None:
        self.assertIn("  1: 64-bit (good)\n", matrix_page.skips(ROWS))
        self.assertEqual(matrix_page.skips(ROWS[1:]), "")
        self.assertIn(" Controls # SKIP 64-bit\n", matrix_page.ktap(ROWS))
        self.assertIn('<skipped message="64-bit" />', matrix_page.junit(ROWS))

    def test_markdown(self) -> None:
        self.assertIn("| good | 6.1.0 | 3 | 0 | 1 | pass |", matrix_page.markdown(ROWS))

    def test_a_row_that_never_booted(self) -> None:
        row = Row("none", "", reasons=["no kernel"])
        for form in (matrix_page.text, matrix_page.html, matrix_page.junit, matrix_page.ktap):
            self.assertIn("none", form([row]))


class VariationTest(unittest.TestCase):
    def test_every_one_is_of_a_target(self) -> None:
        known = {target.name for target in targets.load_all()}
        text = paths.VARIATIONS.read_text(encoding="utf-8")
        found = variations.parse("variations.toml", text)
        self.assertLessEqual({variation.target for variation in found}, known)
        self.assertGreaterEqual(len(found), 8)

    def test_what_each_must_show_is_a_test(self) -> None:
        # GoogleTest passes over a name in a filter that nothing has.
        folder = paths.REPOSITORY / "tests" / "guest"
        source = "".join(path.read_text(encoding="utf-8") for path in folder.rglob("*_test.cpp"))
        tests = {f"{suite}.{name}" for suite, name in re.findall(r"TEST(?:_F)?\((\w+), (\w+)\)", source)}
        text = paths.VARIATIONS.read_text(encoding="utf-8")
        shown = set()
        for variation in variations.parse("variations.toml", text):
            names = variation.tests.split(":")
            exact = {name for name in names if "*" not in name}
            self.assertLessEqual(exact, tests, variation.name)
            if not exact and not variation.one_instruction:
                self.assertIn("Machine.*", names, variation.name)
            shown |= exact
        # And each is shown somewhere.
        self.assertEqual({name for name in tests if name.startswith("Variation.")} - shown, set())

    def test_machine(self) -> None:
        text = json.dumps("x")
        (one,) = variations.parse(
            "v", f'[[variation]]\nname={text}\ntarget="t"\ntests="*"\ncpus=8\narguments=["a"]\n'
        )
        self.assertEqual(
            one.machine(Machine(2, "1G", arguments=("b",))),
            Machine(8, "1G", 1, ("b", "a")),
        )

    def test_by_hand(self) -> None:
        # VM_ARGS= asks for what a variation does: then the same may be skipped.
        target = targets.load("debian-6.1-cloud-amd64")
        by_hand = variations.skips_with(target, Machine(2, "1G", 1, ("quiet", "preempt=none")))
        self.assertEqual([skip.test for skip in by_hand], ["Controls.read_write_preemptible"])
        self.assertEqual(variations.skips_with(target, Machine(2, "1G")), ())
        self.assertEqual(Machine(2, "1G", arguments=("nosmp",)).possible_cpus, 1)

    def test_called(self) -> None:
        self.assertIsNone(variations.called("debian-6.1-cloud-amd64"))
        one = variations.called("debian-6.1-686-pae-i386+one-instruction")
        assert one is not None
        self.assertTrue(one.one_instruction)
        with self.assertRaisesRegex(ScopeError, "no variation debian-6.1-cloud-amd64.moon"):
            variations.called("debian-6.1-cloud-amd64+moon")

    def test_errors_name_the_field(self) -> None:
        head = '[[variation]]\nname="x"\ntarget="t"\ntests="*"\n'
        for message, text in (
            ("cpu is not a field", head + "cpu=1\n"),
            ("same name", head + head),
            ("reason is missing", head + 'skips=[{test="A"}]\n'),
        ):
            with self.subTest(message=message), self.assertRaisesRegex(ScopeError, message):
                variations.parse("v.toml", text)
