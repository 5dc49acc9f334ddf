# SPDX-License-Identifier: GPL-2.0-only
"""A boot is made once and judged once, and its document has what the judge found."""

from __future__ import annotations

import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from percpu_vm.host import paths
from percpu_vm.judge.verdict import Kind, TestResult, Verdict
from percpu_vm.model.machine import Machine
from percpu_vm.runs import hosttests, runs, verbs
from percpu_vm.vm import guest, qemu

from judge.test_judge import CONSOLE, EXITED, PLAN, RESULTS
from judge.test_judge_log import console_with


class LinesTest(unittest.TestCase):
    """What the end of `make check` says, when all before it was cut off."""

    def test_a_line_for_each_failure_with_what_it_said(self) -> None:
        tests = (
            TestResult("guest-tests", "A.b", "failed", "a.cpp:3\n1 is not 2"),
            TestResult("guest-tests", "A.c", "passed"),
            TestResult("guest-tests", "A.d", "missing"),
        )
        lines = verbs.failures_of(Verdict(Kind.TEST_FAILURE, ("two failed",), tests=tests))
        self.assertEqual(lines, ["A.b: failed: a.cpp:3 | 1 is not 2", "A.d: missing: "])
        tally = hosttests.Tally("i386", 1, 2, 0, failures=tuple(lines))
        self.assertEqual(tally.failure_lines()[0], "failed: i386: A.b: failed: a.cpp:3 | 1 is not 2")

    def test_what_is_no_test_is_told_by_the_verdict(self) -> None:
        verdict = Verdict(Kind.SPLAT, ("the kernel complained",))
        self.assertEqual(verbs.failures_of(verdict), ["splat: the kernel complained"])
        self.assertEqual(verbs.failures_of(Verdict(Kind.PASS)), [])

    def test_a_failure_without_a_name_is_told_by_its_last_line(self) -> None:
        self.assertEqual(
            hosttests.Tally("host C++", 0, 1, 0, "a\nno compiler\n").failure_lines(),
            ["failed: host C++: no compiler"],
        )
        self.assertEqual(hosttests.Tally("fuzz", 3, 0, 0).failure_lines(), [])
        text = "FAIL: test_x (a.B)\nRan 2 tests in 1s\n\nFAILED (failures=1)\n"
        told = hosttests.python_tally(1, text).failure_lines()
        self.assertEqual(told, ["failed: host Python: test_x (a.B)"])

    def test_skips_with_one_reason_take_one_line(self) -> None:
        tests = tuple(TestResult("s", f"A.{n}", "skipped", "no BTF") for n in range(3))
        lines = verbs.skip_lines(Verdict(Kind.PASS, tests=tests))
        self.assertEqual(lines, ["skipped, as allowed: no BTF: A.0, A.1, A.2"])


class BootTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name) / "check"

    def boot_with(self, console: str, results: str = RESULTS) -> runs.Judged:
        boots = []

        def boot(*_: object, **__: object) -> tuple[guest.Boot, object]:
            boots.append(1)
            self.folder.mkdir(exist_ok=True)
            (self.folder / "console.log").write_text(console, encoding="utf-8")
            (self.folder / "results.log").write_text(results, encoding="utf-8")
            return guest.Boot(self.folder, EXITED, qemu.TCG), PLAN

        target = mock.Mock(allowed_skips=(), arch="i386")
        target.name = "a-target"
        fetched = mock.Mock(release="6.1", image_version="6.1-1", image=Path("vmlinuz"))
        prepared = guest.Prepared(
            target, Machine(2, "512M", 1, ()), fetched, mock.Mock(), Path("x.ko")
        )
        run_folder = lambda *_: self.folder  # noqa: E731
        with mock.patch.object(guest, "boot", boot), mock.patch.object(
            paths, "run_folder", run_folder
        ):
            judged = runs.boot_and_judge(prepared, "check", lambda _: PLAN, runs.RUN_LIMITS)
        self.assertEqual(boots, [1])
        written = json.loads((self.folder / "verdict.json").read_text(encoding="utf-8"))
        self.assertEqual(written, judged.document)
        return judged

    def test_a_good_boot(self) -> None:
        document = self.boot_with(CONSOLE).document
        self.assertEqual((document["verdict"], document["excused"], document["notes"]), ("pass", [], []))
        self.assertEqual(document["tests"], {"guest-tests": 3})

    def test_what_only_an_emulator_could_do_is_a_fault_all_the_same(self) -> None:
        # Flags that no processor saves: once excused, and booted again.
        lines = ("BUG: unable to handle page fault for address: 0", "RSP: 0 EFLAGS: fffffe46")
        self.assertEqual(self.boot_with(console_with(*lines)).verdict.kind, Kind.SPLAT)

    def test_what_was_excused_is_in_the_document(self) -> None:
        noise = "WARNING: can't access registers at asm_sysvec_apic_timer_interrupt+0x1a/0x20"
        [excused] = self.boot_with(console_with(noise)).document["excused"]
        self.assertEqual(excused["lines"], 1)
        self.assertIn("unwinder", excused["reason"])

    def test_that_dmesg_wrapped_is_in_the_document(self) -> None:
        wrapped = "".join(line for line in RESULTS.splitlines(keepends=True) if "Linux version" not in line)
        [note] = self.boot_with(CONSOLE, wrapped).document["notes"]
        self.assertIn("dmesg wrapped", note)


if __name__ == "__main__":
    unittest.main()
