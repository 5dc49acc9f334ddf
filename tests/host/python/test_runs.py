# SPDX-License-Identifier: GPL-2.0-only
"""A boot that was lost to the emulator is kept, told and done again, and not for ever."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path
from unittest import mock

from percpu_vm.host import paths
from percpu_vm.model.machine import Machine
from percpu_vm.runs import runs
from percpu_vm.vm import guest, qemu
from percpu_vm.judge.verdict import Kind

import test_emulator
from test_judge import CONSOLE, EXITED, PLAN, RESULTS

FAULT = CONSOLE.replace("[    5.00]", "\n".join((*test_emulator.EmulatorTest.REPORT, "[    5.00]")))


class EmulatorFaultTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name) / "check"

    def boot_with(self, *consoles: str) -> runs.Judged:
        left = list(consoles)

        def boot(*_: object, **__: object) -> tuple[guest.Boot, object]:
            self.folder.mkdir()
            (self.folder / "console.log").write_text(left.pop(0), encoding="utf-8")
            (self.folder / "results.log").write_text(RESULTS, encoding="utf-8")
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
        self.assertEqual(left, [])
        return judged

    def test_a_good_boot_is_the_only_one(self) -> None:
        judged = self.boot_with(CONSOLE)
        self.assertEqual(judged.verdict.kind, Kind.PASS)
        self.assertEqual(judged.document["emulator_faults"], [])

    def test_boots_again_and_keeps_the_first(self) -> None:
        judged = self.boot_with(FAULT, CONSOLE)
        self.assertEqual(judged.verdict.kind, Kind.PASS)
        [told] = judged.document["emulator_faults"]
        kept = self.folder.with_name("check.emulator-fault-1")
        self.assertIn(str(kept), told)
        self.assertEqual((kept / "console.log").read_text(encoding="utf-8"), FAULT)

    def test_a_failure_after_it_is_a_failure(self) -> None:
        bad = CONSOLE.replace("[    5.00]", "[    4.00] BUG: at x\n[    5.00]")
        self.assertEqual(self.boot_with(FAULT, bad).verdict.kind, Kind.SPLAT)

    def test_gives_up(self) -> None:
        judged = self.boot_with(FAULT, FAULT, FAULT)
        self.assertEqual(judged.verdict.kind, Kind.INFRASTRUCTURE)
        self.assertEqual(len(judged.document["emulator_faults"]), runs.EMULATOR_FAULTS)


if __name__ == "__main__":
    unittest.main()
