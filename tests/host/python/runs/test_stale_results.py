# SPDX-License-Identifier: GPL-2.0-only
"""A run that is interrupted leaves no results, not those of the run before."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path
from unittest import mock

from percpu_vm.fetch.emulator import Emulator
from percpu_vm.host import paths
from percpu_vm.runs import verbs
from percpu_vm.model import plan
from percpu_vm.vm import guest, qemu


class StaleResultsTest(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = Path(temporary.name)
        patch = mock.patch.object(paths, "BUILD", self.root)
        patch.start()
        self.addCleanup(patch.stop)

    def test_of_a_boot(self) -> None:
        folder = paths.run_folder("a-target", "check")
        folder.mkdir(parents=True)
        for name in guest.RECORDS:
            (folder / name).write_text("pass", encoding="utf-8")
        target = mock.Mock()
        target.name = "a-target"
        prepared = mock.Mock(target=target, emulator=Emulator(("/q",), (), ""))
        with (
            mock.patch.dict("os.environ", {"XDG_CACHE_HOME": str(self.root / "cache")}),
            mock.patch("percpu_vm.vm.accelerator.choose", lambda *_: qemu.TCG),
            mock.patch.object(guest, "_pack", side_effect=KeyboardInterrupt),
            self.assertRaises(KeyboardInterrupt),
        ):
            limits = qemu.Limits(boot=1, silence=1, whole=1)
            guest.boot(prepared, "check", lambda _: plan.make(), limits)
        self.assertEqual([name for name in guest.RECORDS if (folder / name).exists()], [])

    def test_of_make_run(self) -> None:
        report = self.root / "run/report.json"
        report.parent.mkdir()
        report.write_text('{"verdict": "pass"}', encoding="utf-8")
        with (
            mock.patch("percpu_vm.runs.choice.choose", side_effect=KeyboardInterrupt),
            self.assertRaises(KeyboardInterrupt),
        ):
            verbs.run([])
        self.assertFalse(report.exists())
