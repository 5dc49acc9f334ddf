# SPDX-License-Identifier: GPL-2.0-only
"""How the machine stopped, and what that says of a boot."""

from __future__ import annotations

import unittest
from dataclasses import replace

from percpu_vm.judge.verdict import Kind
from percpu_vm.model import outcome

from judge.test_judge import CONSOLE, EXITED, RESULTS, Case, verdict_of


class EndingTest(Case):
    def test_hang(self) -> None:
        cut = RESULTS[: RESULTS.index("  ok 3 Cons")]
        for ending in (outcome.Ending.SILENT, outcome.Ending.TOO_LONG):
            with self.subTest(ending=ending):
                ended = replace(EXITED, ending=ending, exit_status=None)
                self.assertEqual(verdict_of(cut, ended=ended).kind, Kind.HANG)

    def test_hang_after_everything_was_said(self) -> None:
        ended = replace(EXITED, ending=outcome.Ending.SILENT, exit_status=None)
        self.assertEqual(verdict_of(ended=ended).kind, Kind.HANG)

    def test_hang_because_of_a_splat_is_a_splat(self) -> None:
        ended = replace(EXITED, ending=outcome.Ending.SILENT, exit_status=None)
        console = CONSOLE + "[    6.00] BUG: kernel NULL pointer dereference\n"
        self.assertEqual(verdict_of(console=console, ended=ended).kind, Kind.SPLAT)

    def test_hang_during_boot(self) -> None:
        ended = replace(EXITED, ending=outcome.Ending.SILENT, exit_status=None)
        verdict = verdict_of("", "Booting from ROM..\n", ended)
        self.assertEqual(verdict.kind, Kind.BOOT_FAILURE)
        self.assertIn("Booting from ROM..", verdict.bad_lines)

    def test_qemu_that_did_not_start(self) -> None:
        ended = outcome.Outcome(outcome.Ending.NOT_STARTED, None, 0.0, None, 0.0)
        verdict = verdict_of("", "", ended, log="no such file")
        self.assertEqual(verdict.kind, Kind.INFRASTRUCTURE)
        self.assertIn("no such file", verdict.reasons[0])

    def test_qemu_that_refused_its_command(self) -> None:
        verdict = verdict_of("", "", replace(EXITED, exit_status=1), log="bad -cpu")
        self.assertEqual(verdict.kind, Kind.INFRASTRUCTURE)

    def test_qemu_that_crashed_after_a_complete_run(self) -> None:
        verdict = verdict_of(ended=replace(EXITED, exit_status=-11))
        self.assertEqual(verdict.kind, Kind.INFRASTRUCTURE)

    def test_reset_without_a_word_is_a_panic(self) -> None:
        for how in outcome.GIVEN_UP:
            with self.subTest(how=how):
                self.expect(Kind.PANIC, "was reset", verdict_of(ended=replace(EXITED, shutdown=how)))

    def test_reset_after_a_splat_is_a_panic_of_it(self) -> None:
        line = "BUG: kernel NULL pointer dereference"
        console = CONSOLE + f"[    6.00] {line}\n"
        verdict = verdict_of(console=console, ended=replace(EXITED, shutdown="guest-reset"))
        self.expect(Kind.PANIC, line, verdict)
        self.assertIn(line, verdict.bad_lines[0])

    def test_end_that_the_guest_did_not_make(self) -> None:
        for how in ("", "host-signal", "host-qmp-quit"):
            with self.subTest(how=how):
                verdict = verdict_of(ended=replace(EXITED, shutdown=how))
                self.expect(Kind.INFRASTRUCTURE, "not because the guest did", verdict)

    def test_every_verdict_has_its_own_exit_code(self) -> None:
        codes = [kind.exit_code for kind in Kind]
        self.assertEqual(len(set(codes)), len(codes))
        self.assertEqual([kind for kind in Kind if kind.exit_code == 0], [Kind.PASS])
        self.assertNotIn(2, codes)


if __name__ == "__main__":
    unittest.main()
