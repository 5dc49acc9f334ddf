# SPDX-License-Identifier: GPL-2.0-only
"""What a run leaves behind: KTAP read and written, JUnit, the worst of verdicts."""

from __future__ import annotations

import unittest
from xml.etree import ElementTree

from percpu_vm.judge import ktap
from percpu_vm.runs import records
from percpu_vm.judge.verdict import Kind, TestResult, Verdict, worst


class KtapTest(unittest.TestCase):
    def test_names_with_slashes_and_dashes(self) -> None:
        parsed = ktap.parse("KTAP version 1\n1..1\n  1..2\n  ok 1 - A/B.C/0\n  ok 2 D\nok 1 x\n")
        self.assertEqual([t.name for t in parsed.nested["x"].tests], ["A/B.C/0", "D"])

    def test_comments(self) -> None:
        parsed = ktap.parse('# json a {"b": 1}\n# text a|x|y\n# text a|\n# exit 3 a\n')
        self.assertEqual(parsed.json, {"a": '{"b": 1}'})
        self.assertEqual(parsed.texts, {"a": ["x|y", ""]})
        self.assertEqual(parsed.exits, {"a": 3})

    def test_noise_is_no_result(self) -> None:
        parsed = ktap.parse("ok\nok x\nok 1\nnotok 1 a\n ok 1 a\nxok 1 a\n")
        self.assertEqual(parsed.steps.tests, [])

    def test_taint_that_is_no_number_is_not_zero(self) -> None:
        self.assertEqual(ktap.parse("# taint start x\n").counters, {"taint": {"start": -1}})


class RecordsTest(unittest.TestCase):
    def test_junit_shows_the_verdict_even_if_all_tests_passed(self) -> None:
        verdict = Verdict(Kind.SPLAT, ("a splat",), ("WARNING",), (TestResult("s", "t", "passed"),))
        root = ElementTree.fromstring(records.junit("x", verdict, 1.0))
        self.assertEqual(len(root.findall(".//failure")), 1)

    def test_junit_survives_control_characters(self) -> None:
        verdict = Verdict(Kind.TEST_FAILURE, tests=(TestResult("s", "t", "failed", "\x1b[1m\0"),))
        self.assertIsNotNone(ElementTree.fromstring(records.junit("x", verdict, 1.0)))

    def test_ktap_keeps_results_only(self) -> None:
        text = 'KTAP version 1\r\n1..1\n# text r|x\n# json r {}\n# dmesg y\nok 1 a\n'
        passed = records.ktap(text, Verdict(Kind.PASS))
        self.assertEqual(passed, "KTAP version 1\n1..2\nok 1 a\nok 2 verdict pass\n")

    def test_ktap_shows_the_verdict_even_if_all_tests_passed(self) -> None:
        splat = Verdict(Kind.SPLAT, ("a splat",), ("WARNING",))
        text = records.ktap("KTAP version 1\n1..1\n  1..1\n  ok 1 t\nok 1 a\n", splat)
        self.assertIn("# a splat\n# WARNING\nnot ok 2 verdict splat\n", text)
        self.assertEqual(ktap.parse(text).steps.problems(), [])

    def test_ktap_of_a_guest_that_said_nothing(self) -> None:
        text = records.ktap("", Verdict(Kind.BOOT_FAILURE, ("it is silent",)))
        self.assertEqual(text, "KTAP version 1\n1..1\n# it is silent\nnot ok 1 verdict boot-failure\n")

    def test_ktap_of_a_step_that_never_ended(self) -> None:
        cut = "KTAP version 1\n1..3\nok 1 load\n  1..9\n  ok 1 A.B\n"
        text = records.ktap(cut, Verdict(Kind.HANG, ("no progress",)))
        self.assertEqual(
            text, "KTAP version 1\n1..4\nok 1 load\n# no progress\nnot ok 4 verdict hang\n"
        )
        self.assertEqual(ktap.parse(text).nested, {})
        before_the_plan = records.ktap("KTAP version 1\n# x\n", Verdict(Kind.HANG))
        self.assertEqual(before_the_plan, "KTAP version 1\n1..1\n# x\nnot ok 1 verdict hang\n")

    def test_worst(self) -> None:
        self.assertEqual(worst([Kind.PASS, Kind.SPLAT, Kind.TEST_FAILURE]), Kind.SPLAT)
        self.assertEqual(worst([Kind.PASS, Kind.PASS]), Kind.PASS)
        self.assertNotEqual(worst([]), Kind.PASS)


if __name__ == "__main__":
    unittest.main()
