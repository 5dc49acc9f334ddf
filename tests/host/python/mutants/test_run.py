# SPDX-License-Identifier: GPL-2.0-only
"""Mutants that are tried: the copy, what the checks' answers mean, and what is written down.
None is planted here."""

from __future__ import annotations

import subprocess
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path
from unittest import mock

from percpu_vm.host import paths
from percpu_vm.host.errors import EXIT_INFRASTRUCTURE, ScopeError
from percpu_vm.judge.verdict import Kind
from percpu_vm.mutants import record, run, tree
from percpu_vm.mutants.mutants import Checks, Mutant
from percpu_vm.mutants.record import Among
from percpu_vm.runs import part
from percpu_vm.runs.part import Part


class SaidTest(unittest.TestCase):
    def test_a_sanitizers_sum_comes_first(self) -> None:
        place = f"{paths.REPOSITORY}/userspace/x.cpp:1:2"
        for sum_ in (f"SUMMARY: AddressSanitizer: heap-buffer-overflow {place} in f",
                     f"{place}: runtime error: shift exponent 64 is too large"):  # fmt: skip
            said = part.said_of("\n".join(["[ RUN      ] A.b", sum_, *["Shadow bytes"] * 99]))
            self.assertEqual(said[0], sum_.replace(f"{paths.REPOSITORY}/", ""))
        # Without one, its last word: it crashed, or was never done.
        self.assertEqual(part.said_of("one\nnot done after 60 s")[0], "not done after 60 s")
        self.assertEqual(part.said_of(""), [])


class RecordTest(unittest.TestCase):
    KNOWN = [Mutant(name, "kmod/x.c", "", Checks("host", "*"), 0, 0, "", 1) for name in "abc"]

    def test_what_is_chosen_from(self) -> None:
        def names(which: Among) -> str:
            return "".join(one.name for one in record.among(self.KNOWN, which, {"a": "T.t"}, {"c": "why"}))

        self.assertEqual(names(Among.ALL), "abc")
        self.assertEqual(names(Among.KILLED), "a")
        self.assertEqual(names(Among.NEW), "b")

    def test_what_came_is_taken_over_and_the_rest_stays(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "killed.json"
            path.write_text('{"a": "T.t", "b": "T.t", "gone": "T.t"}', encoding="utf-8")
            record.write(self.KNOWN, {"b": None, "c": "panic: x"}, path)
            self.assertEqual(record.load(path), {"a": "T.t", "c": "panic: x"})

    def test_what_is_no_record_is_refused(self) -> None:
        for text in ("", "[]", '{"a": 1}', '{"a": ""}'):
            with self.assertRaisesRegex(ScopeError, "k.json"):
                record.parse("k.json", text)


class ChoiceTest(unittest.TestCase):
    def test_where_they_are_to_be_killed(self) -> None:
        known = [
            Mutant(on, "kmod/x.c", "", Checks(on, "*"), 0, 0, "", 1) for on in ("host", "old", "new")
        ]
        with (
            mock.patch("percpu_vm.mutants.mutants.load", return_value=known),
            mock.patch("percpu_vm.mutants.mutants.survivors", return_value={}),
            mock.patch("percpu_vm.mutants.record.load", return_value={}),
            mock.patch("builtins.print") as said,
        ):
            for on, wanted in ((("host", "old"), "host old"), ((), "host new old")):
                self.assertEqual(run.run(run.Options(on=on, only_list=True)), 0)
                lines = said.call_args.args[0].splitlines()[:-1]
                self.assertEqual(" ".join(line.split()[0] for line in lines), wanted)


class TreeTest(unittest.TestCase):
    def test_warnings_are_no_errors_in_the_copy(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            scripts = Path(name) / "scripts"
            scripts.mkdir()
            asking = "import os, sys\nprint(os.environ.get('CI'), sys.argv[1])\n"
            (scripts / "percpu-scope").write_text(asking, encoding="utf-8")
            with mock.patch.dict("os.environ", {"CI": "true"}):
                self.assertEqual(tree.ask(["x"], Path(name)), (0, "None x\n"))

    def test_the_copy_follows(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            root, copy = Path(name) / "root", Path(name) / "copy"
            (root / "kmod").mkdir(parents=True)
            subprocess.run(["git", "init", "-q", root], check=True)
            (root / ".gitignore").write_text("build/\n", encoding="utf-8")
            (root / "kmod" / "a.c").write_text("a", encoding="utf-8")
            (root / "run").write_text("b", encoding="utf-8")
            (root / "run").chmod(0o755)
            tree.refresh(root, copy)
            self.assertEqual(tree.names(root), [".gitignore", "kmod/a.c", "run"])
            self.assertTrue((copy / "run").stat().st_mode & 0o100)
            (copy / "build").mkdir()
            (copy / "build" / "kept").write_text("c", encoding="utf-8")
            (copy / "stale").write_text("d", encoding="utf-8")
            tree.plant("kmod/a.c", "planted", copy)
            before = (copy / "run").stat().st_mtime_ns
            tree.refresh(root, copy)
            self.assertEqual((copy / "kmod" / "a.c").read_text(encoding="utf-8"), "a")
            self.assertEqual((copy / "run").stat().st_mtime_ns, before)
            self.assertTrue((copy / "build" / "kept").exists())
            self.assertFalse((copy / "stale").exists())


class TriesTest(unittest.TestCase):
    def test_what_shows_by_chance_is_looked_for_again(self) -> None:
        mutant = Mutant("m", "kmod/x.c", "", Checks("host", "*"), 0, 0, "", 1)
        passed, failed = Part("pass", {"A.b": "passed"}), Part("test-failure", {"A.b": "failed"})
        for tries, fate in ((1, run.Fate.SURVIVED), (2, run.Fate.SURVIVED), (3, run.Fate.KILLED)):
            with mock.patch.object(tree, "plant") as plant:
                with mock.patch.object(run, "ask", side_effect=[passed, passed, failed]):
                    self.assertIs(run._try(mutant, "source", "", tries).fate, fate)
            self.assertEqual(plant.call_args.args, ("kmod/x.c", "source"))


class JudgeTest(unittest.TestCase):
    def fate(self, verdict: str, *said: str, **tests: str) -> tuple[run.Fate, str]:
        named = {name.replace("_", "."): status for name, status in tests.items()}
        return run.judge(Part(verdict, named, list(said)))

    def test_killed_by_a_test(self) -> None:
        self.assertEqual(
            self.fate("test-failure", steps="failed", A_b="failed", A_c="passed"),
            (run.Fate.KILLED, "A.b"),
        )

    def test_killed_by_the_kernel(self) -> None:
        for kind in (Kind.SPLAT, Kind.PANIC, Kind.HANG):
            dull = ("step guest-tests failed, exit status 1", "---[ cut here ]---")
            fate, by = self.fate(kind.value, *dull, "[   17.123456] BUG: x", A_b="failed")
            self.assertEqual((fate, by), (run.Fate.KILLED, f"{kind.value}: BUG: x"))

    def test_killed_by_an_end_before_its_time(self) -> None:
        self.assertEqual(
            self.fate("test-failure", "not done after 60 s", "[ RUN      ] A.b"),
            (run.Fate.KILLED, "test-failure: not done after 60 s"),
        )

    def test_the_number_of_a_test_is_no_name(self) -> None:
        fate, by = run.judge(Part("test-failure", {"(test 43)": "missing"}, ["guest-tests: killed"]))
        self.assertEqual((fate, by), (run.Fate.KILLED, "test-failure: guest-tests: killed"))

    def test_survived(self) -> None:
        self.assertEqual(self.fate("pass", A_b="passed")[0], run.Fate.SURVIVED)

    def test_the_machine_kills_nothing(self) -> None:
        for kind in (Kind.INFRASTRUCTURE, Kind.BOOT_FAILURE):
            self.assertEqual(self.fate(kind.value, "no room")[0], run.Fate.UNTRIED)

    def test_what_does_not_compile_is_no_mutant(self) -> None:
        fate, why = self.fate(part.NOT_BUILT, "building x failed:", "a.c:3: error: expected ';'")
        self.assertEqual((fate, "expected ';'" in why), (run.Fate.UNTRIED, True))
        fate, why = self.fate(part.NOT_BUILT, "a.c:3: error: static assertion failed: size")
        self.assertEqual((fate, why.startswith("the build:")), (run.Fate.KILLED, True))

    def test_control(self) -> None:
        checks = Checks("host", "A.*:B.c")
        good = Part("pass", {"A.x": "passed", "B.c": "passed"})
        self.assertEqual(run.control_complaint(checks, good), "")
        self.assertIn("called B.c", run.control_complaint(checks, Part("pass", {"A.x": "passed", "B.c": "skipped"})))
        self.assertIn("end in splat", run.control_complaint(checks, replace(good, verdict="splat")))
        both = run.joined([checks, Checks("host", "B.c:C.*", True)])
        self.assertEqual(both, Checks("host", "A.*:B.c:C.*", True))

    def test_summary(self) -> None:
        mutant = Mutant("m", "kmod/a.c", "w", Checks("host", "*"), 0, 0, "", 1)
        killed = run.Tried(mutant, run.Fate.KILLED, "A.b", 1)
        known = run.Tried(mutant, run.Fate.SURVIVED, "nothing", 1, "seen by lockdep alone")
        unknown, untried = replace(known, known=""), replace(killed, fate=run.Fate.UNTRIED)
        text, status = run.summary([killed, known])
        self.assertEqual((text.splitlines()[-1], status), ("1 passed, 0 failed, 1 skipped", 0))
        text, status = run.summary([killed, known, unknown])
        self.assertEqual((text.splitlines()[-1], status), ("1 passed, 1 failed, 1 skipped", 1))
        self.assertEqual(run.summary([killed, untried])[1], EXIT_INFRASTRUCTURE)
        self.assertIn("UNKNOWN: w", run.line(unknown))
        self.assertIn("as it must: seen by lockdep", run.line(known))


class PartTest(unittest.TestCase):
    def test_document(self) -> None:
        one = Part("pass", {"A.b": "passed"}, ["x"])
        self.assertEqual(part.parse(one.document()), one)
        self.assertEqual([Part("pass").exit_code, Part("splat").exit_code], [0, 10])
        self.assertEqual(Part(part.NOT_BUILT).exit_code, 1)


if __name__ == "__main__":
    unittest.main()
