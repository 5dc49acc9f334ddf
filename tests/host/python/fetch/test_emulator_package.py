# SPDX-License-Identifier: GPL-2.0-only
"""Which QEMU runs: this machine's own if it is new enough, else one unpacked in the cache."""

from __future__ import annotations

import tempfile
import unittest
from pathlib import Path
from unittest import mock

from percpu_vm.fetch import emulator
from percpu_vm.host import hostpackages
from percpu_vm.host.errors import ScopeError


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


class FindTest(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = Path(temporary.name)
        self.addCleanup(emulator.find.cache_clear)
        emulator.find.cache_clear()

    def find(self, candidate: str) -> emulator.Emulator:
        """With a `qemu` on the PATH that may be there, and a package that apt would install."""
        unpacked = emulator.Emulator(("unpacked",), (), "")
        with (
            mock.patch.dict("os.environ", {"PATH": str(self.root)}),
            mock.patch("shutil.which", self.which),
            mock.patch.object(hostpackages, "candidate", lambda _: candidate),
            mock.patch.object(hostpackages, "install_packages", self.install),
            mock.patch.object(emulator, "_unpacked", lambda *_: unpacked),
        ):
            return emulator.find("qemu", "package-of-qemu")

    def which(self, program: str) -> str | None:
        path = self.root / program
        return str(path) if path.is_file() else None

    def install(self, names: list[str]) -> None:
        self.assertEqual(names, ["package-of-qemu"])
        self.version("10.0.13")

    def version(self, text: str) -> None:
        script(self.root / "qemu", f"echo 'QEMU emulator version {text} (Debian 1:{text}+ds-1)'")

    def test_the_machine_s_own(self) -> None:
        self.version("11.1.3")
        self.assertEqual(self.find("").words, (str(self.root / "qemu"),))

    def test_one_that_is_too_old_is_left_alone(self) -> None:
        self.version("7.2.22")
        self.assertEqual(self.find("7.2+dfsg-7+deb12u18").words, ("unpacked",))
        self.version("9.2.0")
        emulator.find.cache_clear()
        self.assertEqual(self.find("").words, ("unpacked",))

    def test_the_release_s_own_is_installed_where_it_is_new_enough(self) -> None:
        self.assertEqual(self.find("10.0.13+ds-0+deb13u1").words, (str(self.root / "qemu"),))

    def test_nothing_is_installed_of_a_release_that_is_too_old(self) -> None:
        with mock.patch.object(self, "install", side_effect=AssertionError):
            self.assertEqual(self.find("8.2.2+ds-0ubuntu1").words, ("unpacked",))


class FolderTest(unittest.TestCase):
    def test_runs_by_its_own_loader_and_libraries(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            # The loader says what it would run, as the program would its version.
            script(root / "lib/x-linux-gnu/ld-linux-x.so.2", "echo 'QEMU emulator version 10.0.2'")
            found = emulator.in_folder(root, "qemu-system-x")
            self.assertEqual(found.words[0], str(root / "lib/x-linux-gnu/ld-linux-x.so.2"))
            self.assertIn(str(root / "usr/bin/qemu-system-x"), found.words)
            self.assertIn(str(root / "usr/share/seabios"), found.words)
            module_folder = str(root / "usr/lib/x-linux-gnu/qemu")
            self.assertEqual(found.in_environment()["QEMU_MODULE_DIR"], module_folder)

    def test_one_that_is_too_old_is_refused(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            script(Path(folder) / "lib/x/ld-linux-x.so.2", "echo 'QEMU emulator version 9.0.1'")
            with self.assertRaisesRegex(ScopeError, "10.0 is the least"):
                emulator.in_folder(Path(folder), "qemu-system-x")

    def test_a_folder_without_a_loader(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            with self.assertRaisesRegex(ScopeError, "no dynamic loader"):
                emulator.in_folder(Path(folder), "qemu-system-x")
