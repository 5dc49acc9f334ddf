# SPDX-License-Identifier: GPL-2.0-only
"""KVM only if it proves itself, and for how long an answer is believed."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from percpu_vm.fetch.emulator import Emulator
from percpu_vm.host.errors import ScopeError
from percpu_vm.vm import accelerator, qemu

_DAY = 24 * 3600


class ChooseTest(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = Path(temporary.name)
        self.device = self.root / "kvm"
        self.device.touch()
        self.probes = 0
        self.works = False
        accelerator._say_once.cache_clear()

    def choose(self, forced: str = "", foreign: bool = False, allowed: bool = True) -> tuple[str, str]:
        """The accelerator's name and what was said."""
        target = mock.Mock(arch="amd64", cpu_kvm="host", machine="q35")
        target.name = "a-target"
        fetched = mock.Mock(image="/image", image_version="1")
        said = io.StringIO()
        with contextlib.ExitStack() as stack:
            enter = stack.enter_context
            enter(contextlib.redirect_stderr(said))
            enter(mock.patch.dict(os.environ, {"VM_ACCEL": forced, "XDG_CACHE_HOME": str(self.root)}))
            enter(mock.patch.object(accelerator, "_DEVICE", str(self.device)))
            enter(mock.patch("percpu_vm.build.toolchain.is_foreign", lambda _: foreign))
            enter(mock.patch.object(accelerator, "_probe", self.probe))
            # Root may do everything.
            enter(mock.patch("os.access", lambda *_: allowed))
            chosen = accelerator.choose(target, fetched, Emulator(("/q",), (), "version 10.0"))
        return chosen.name, said.getvalue()

    def probe(self, *_: object) -> bool:
        self.probes += 1
        return self.works

    def grow_older(self, seconds: float) -> None:
        (answer,) = (self.root / "percpu-scope/accelerator").glob("*.json")
        when = answer.stat().st_mtime - seconds
        os.utime(answer, (when, when))

    def test_a_yes_is_kept(self) -> None:
        self.works = True
        for _ in range(2):
            self.assertEqual(self.choose()[0], "kvm")
        self.grow_older(30 * _DAY)
        self.assertEqual(self.choose()[0], "kvm")
        self.assertEqual(self.probes, 1)

    def test_a_no_is_kept_for_a_day_and_said(self) -> None:
        self.assertEqual(self.choose()[0], "tcg")
        name, said = self.choose()
        self.assertEqual((name, self.probes), ("tcg", 1))
        self.assertIn("VM_ACCEL=kvm", said)
        # The host was busy for those seconds: now KVM works.
        self.works = True
        self.grow_older(_DAY + 60)
        self.assertEqual(self.choose()[0], "kvm")
        self.assertEqual(self.probes, 2)

    def test_a_device_for_others_is_said_once_and_not_tried(self) -> None:
        name, said = self.choose(allowed=False)
        self.assertEqual((name, self.probes), ("tcg", 0))
        self.assertIn("usermod -a -G kvm", said)
        self.assertEqual(self.choose(allowed=False)[1], "")

    def test_no_device_and_a_foreign_guest_are_silent(self) -> None:
        self.assertEqual(self.choose(foreign=True), ("tcg", ""))
        self.device.unlink()
        self.assertEqual(self.choose(), ("tcg", ""))
        self.assertEqual(self.probes, 0)

    def test_forced(self) -> None:
        self.assertEqual(self.choose(forced="kvm")[0], qemu.KVM.name)
        self.assertEqual(self.choose(forced="tcg")[0], qemu.TCG.name)
        with self.assertRaisesRegex(ScopeError, "either kvm or tcg"):
            self.choose(forced="hvf")
        self.assertEqual(self.probes, 0)
