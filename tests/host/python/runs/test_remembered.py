# SPDX-License-Identifier: GPL-2.0-only
"""How many tests there once were: read, written, and taken of boots that passed."""

from __future__ import annotations

import json
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from percpu_vm.host import paths
from percpu_vm.host.errors import ScopeError
from percpu_vm.runs import remembered


A, B = "debian-6.1-cloud-amd64", "debian-6.1-686-pae-i386"
C, D = "debian-6.1-amd64", "debian-6.1-cloud-arm64"


class RememberedTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.runs = Path(folder.name) / "runs"
        self.file = Path(folder.name) / "tests.toml"
        self.file.write_text(remembered.render({f"{B} check": {"guest-tests": 7}}), encoding="utf-8")

    def boot(
        self,
        target: str,
        purpose: str,
        tests: int,
        verdict: str = "pass",
        reasons: tuple[str, ...] = (),
        by_hand: bool = False,
    ) -> None:
        folder = self.runs / target / purpose
        folder.mkdir(parents=True)
        document = {
            "target": target,
            "verdict": verdict,
            "reasons": reasons,
            "tests": {"guest-tests": tests},
            "by_hand": by_hand,
        }
        (folder / "verdict.json").write_text(json.dumps(document), encoding="utf-8")

    def test_the_file_is_valid(self) -> None:
        text = paths.TEST_NUMBERS.read_text(encoding="utf-8")
        self.assertEqual(remembered.render(remembered.load()), text)

    def test_boots_that_passed_are_remembered_and_the_others_left(self) -> None:
        self.boot(A, "check", 3)
        self.boot(A, "check-lockdown", 2)
        self.boot(A, "check+1-cpu", 1)
        self.boot(A, "exec", 9)
        self.boot(A, "detector-warning", 9)
        self.boot(C, "check", 9, "test-failure", ("A.B failed",))
        self.boot(D, "check", 9, by_hand=True)
        self.boot("own-kernel", "check", 9)
        changes = remembered.remember(self.runs, self.file)
        self.assertEqual(len(changes), 3)
        expected = {
            f"{A} check": {"guest-tests": 3},
            f"{A} check-lockdown": {"guest-tests": 2},
            f"{A} check+1-cpu": {"guest-tests": 1},
            f"{B} check": {"guest-tests": 7},
        }
        self.assertEqual(remembered.load(self.file), expected)

    def test_a_drop_can_be_remembered(self) -> None:
        why = "guest-tests: 5 tests, and there were 7. If they have gone for good: … remember-tests"
        self.boot(B, "check", 5, "test-failure", (why,))
        self.assertEqual(remembered.remember(self.runs, self.file), [f"{B} check, guest-tests: 5, 7 before"])

    def test_another_machine_is_not_held_to_it(self) -> None:
        with mock.patch.object(remembered, "load", lambda: {f"{A} check": {"x": 1}}):
            self.assertEqual(remembered.expected(A, "check"), {"x": 1})
            self.assertEqual(remembered.expected(A, "run"), {})
            with mock.patch.dict(os.environ, {"VM_CPUS": "1"}):
                self.assertEqual(remembered.expected(A, "check"), {})

    def test_nothing_to_remember(self) -> None:
        with self.assertRaisesRegex(ScopeError, "no check has passed here"):
            remembered.remember(self.runs, self.file)

    def test_mistakes_are_told(self) -> None:
        for text in ("x", "[a]\nb = 'c'", "a = 1"):
            with self.subTest(text=text), self.assertRaisesRegex(ScopeError, "tests.toml"):
                remembered.parse(text)


if __name__ == "__main__":
    unittest.main()
