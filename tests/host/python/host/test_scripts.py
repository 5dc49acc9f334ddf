# SPDX-License-Identifier: GPL-2.0-only
"""The scripts' other parts: plans, cpio, host tests, locks, packages."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import unittest
import unittest.mock
from pathlib import Path

from percpu_vm.build import kbuild, toolchain
from percpu_vm.host import hostpackages, locks, paths
from percpu_vm.model import plan, targets
from percpu_vm.runs import hosttests
from percpu_vm.vm import cpio
from percpu_vm.host.errors import ScopeError


class PlanTest(unittest.TestCase):
    def test_nonces_differ(self) -> None:
        self.assertNotEqual(plan.make().nonce, plan.make().nonce)

    def test_rendered_for_the_guest(self) -> None:
        made = plan.make(plan.LOAD, plan.Step(plan.Kind.TEXT, "report", "x", "/tmp/r"))
        self.assertEqual(made.render(), "load load -\ntext report /tmp/r\n")

    def test_names_are_checked(self) -> None:
        with self.assertRaises(ValueError):
            plan.make(plan.LOAD, plan.LOAD)
        with self.assertRaises(ValueError):
            plan.make(plan.Step(plan.Kind.TEXT, "a b"))


class CpioTest(unittest.TestCase):
    def archive(self) -> cpio.Archive:
        archive = cpio.Archive()
        archive.file("bin/tool", b"hello", 0o755)
        archive.link("bin/sh", "tool")
        archive.character_device("dev/console", 5, 1)
        return archive

    def test_same_input_same_bytes(self) -> None:
        self.assertEqual(self.archive().render(), self.archive().render())

    def test_parents_come_first(self) -> None:
        data = self.archive().render()
        self.assertLess(data.index(b"bin\0"), data.index(b"bin/sh\0"))

    def test_aligned_and_terminated(self) -> None:
        data = self.archive().render()
        self.assertEqual(len(data) % 4, 0)
        self.assertIn(b"TRAILER!!!\0", data)
        start = 0
        for _ in range(6):
            self.assertEqual(data[start : start + 6], b"070701")
            name, size = int(data[start + 94 : start + 102], 16), int(data[start + 54 : start + 62], 16)
            start = (start + 110 + name + 3) // 4 * 4
            start = (start + size + 3) // 4 * 4
        self.assertEqual(start, len(data))

    def test_bad_names(self) -> None:
        for name in ("", "/", "a/../b"):
            with self.subTest(name=name), self.assertRaises(ValueError):
                cpio.Archive().file(name, b"")

    def test_no_name_twice(self) -> None:
        archive = self.archive()
        with self.assertRaises(ValueError):
            archive.file("bin/tool", b"other")

    def test_cpio_reads_it(self) -> None:
        done = subprocess.run(
            ["cpio", "-t", "--quiet"], input=self.archive().render(), capture_output=True, check=True
        )
        self.assertEqual(
            done.stdout.decode().split(), ["bin", "bin/sh", "bin/tool", "dev", "dev/console"]
        )


class MirrorTest(unittest.TestCase):
    def test_copies_updates_and_removes(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            source, copy = Path(folder, "source"), Path(folder, "copy")
            (source / "sub").mkdir(parents=True)
            copy.mkdir()
            (source / "a.c").write_text("1", encoding="utf-8")
            (source / "sub/b.h").write_text("2", encoding="utf-8")
            kbuild.mirror(source, copy)
            before = (copy / "a.c").stat().st_mtime_ns
            (copy / "a.o").write_text("object", encoding="utf-8")
            (copy / "stale.c").write_text("old", encoding="utf-8")
            (source / "sub/b.h").write_text("3", encoding="utf-8")
            kbuild.mirror(source, copy)
            self.assertEqual((copy / "a.c").stat().st_mtime_ns, before)
            self.assertEqual((copy / "sub/b.h").read_text(encoding="utf-8"), "3")
            self.assertTrue((copy / "a.o").exists())
            self.assertFalse((copy / "stale.c").exists())


class TallyTest(unittest.TestCase):
    def test_unittest_summary(self) -> None:
        text = "Ran 10 tests in 0.1s\n\nFAILED (failures=1, errors=2, skipped=3)\n"
        tally = hosttests.python_tally(1, text)
        self.assertEqual((tally.passed, tally.failed, tally.skipped), (4, 3, 3))

    def test_success(self) -> None:
        tally = hosttests.python_tally(0, "Ran 2 tests in 0.1s\n\nOK\n")
        self.assertEqual((tally.passed, tally.failed), (2, 0))

    def test_silence_and_nothing_run_are_failures(self) -> None:
        for text in ("", "Ran 0 tests in 0.0s\n\nOK\n", "Ran 2 tests in 0.1s\n"):
            with self.subTest(text=text):
                self.assertEqual(hosttests.python_tally(0, text).failed, 1)

    def test_bad_status_beats_good_words(self) -> None:
        self.assertEqual(hosttests.python_tally(1, "Ran 2 tests in 0.1s\n\nOK\n").failed, 1)


class HostEnvironmentTest(unittest.TestCase):
    def test_a_choice_of_kernel_and_machine_is_not_passed_on(self) -> None:
        asked = {"KERNEL": "/nonexistent", "VM_CPUS": "8", "PATH": os.environ["PATH"]}
        script = "import json; from percpu_vm.runs import hosttests; print(json.dumps(hosttests._run(['env'], {})))"
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={**asked, "PYTHONPATH": str(paths.SCRIPTS)},
            capture_output=True,
            text=True,
            check=True,
        )
        self.assertIn("PATH=", done.stdout)
        self.assertNotIn("KERNEL=", done.stdout)
        self.assertNotIn("VM_CPUS=", done.stdout)


class FuzzTest(unittest.TestCase):
    DONE = "#2\tINITED\nDone 5000 runs in 3 second(s)\n"

    def test_runs_to_the_end(self) -> None:
        self.assertEqual(hosttests.fuzz_complaint("btf", 0, self.DONE), "")

    def test_crash_and_silence_are_failures(self) -> None:
        for status, output in ((77, self.DONE), (0, ""), (0, "Done 0 runs in 3 second(s)\n")):
            with self.subTest(status=status, output=output):
                self.assertNotEqual(hosttests.fuzz_complaint("btf", status, output), "")

    def test_planted_defect_is_to_be_found(self) -> None:
        found = "ERROR: AddressSanitizer: heap-buffer-overflow"
        self.assertEqual(hosttests.fuzz_complaint("planted", 1, found), "")
        for status, output in ((0, self.DONE), (1, ""), (0, found)):
            with self.subTest(status=status, output=output):
                self.assertNotEqual(hosttests.fuzz_complaint("planted", status, output), "")

    def test_targets_are_the_programs_own(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            program = Path(folder, "host-fuzz")
            for script, names in (
                ('[ "$1" = --list ] && echo btf && echo planted', ["btf", "planted"]),
                ("echo btf", []),  # nothing would prove that a defect is found
                ("echo planted", []),
                ("echo btf; echo planted; exit 2", []),
                ("", []),
            ):
                with self.subTest(script=script):
                    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
                    program.chmod(0o755)
                    self.assertEqual(hosttests.fuzz_targets(program)[1], names)


class LocksTest(unittest.TestCase):
    def test_unchanged_files_are_left_alone(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "x")
            self.assertTrue(locks.write_if_changed(path, "1"))
            self.assertFalse(locks.write_if_changed(path, "1"))
            self.assertTrue(locks.write_if_changed(path, "2"))
            self.assertEqual([p.name for p in Path(folder).iterdir()], ["x"])

    def test_second_holder_waits(self) -> None:
        script = (
            "import sys\nfrom pathlib import Path\nfrom percpu_vm.host import locks\n"
            "with locks.lock(Path(sys.argv[1]), 'here'): print('mine', flush=True)\n"
        )
        environment = {**os.environ, "PYTHONPATH": str(paths.SCRIPTS)}
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "lock")
            with locks.lock(path, "here"):
                child = subprocess.Popen(
                    [sys.executable, "-c", script, path],
                    env=environment,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
                assert child.stderr is not None
                self.assertIn("waiting", child.stderr.readline())
                self.assertIsNone(child.poll())
            output, _ = child.communicate(timeout=10)
            self.assertEqual(output, "mine\n")


class ToolchainTest(unittest.TestCase):
    def elf(self, machine: int) -> bytes:
        return b"\x7fELF\x02\x01\x01".ljust(18, b"\0") + machine.to_bytes(2, "little")

    def test_on_amd64(self) -> None:
        with unittest.mock.patch("percpu_vm.build.toolchain.host_architecture", lambda: "amd64"):
            for arch, prefix in (("amd64", ""), ("i386", ""), ("arm64", "aarch64-linux-gnu-")):
                self.assertEqual(toolchain.prefix(arch), prefix)
            self.assertEqual(toolchain.prefix_for(self.elf(40)), "arm-linux-gnueabihf-")
            self.assertEqual(toolchain.prefix_for(self.elf(62)), "")
            self.assertEqual(toolchain.prefix_for(b"#!/bin/sh"), "")

    def test_a_machine_is_not_foreign_to_itself(self) -> None:
        with unittest.mock.patch("percpu_vm.build.toolchain.host_architecture", lambda: "arm64"):
            self.assertFalse(toolchain.is_foreign("arm64"))
            self.assertEqual(toolchain.prefix_for(self.elf(183)), "")


class HostPackagesTest(unittest.TestCase):
    def test_setup_is_asked_for_the_purposes_only(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            script, log = Path(folder) / "setup.sh", Path(folder) / "log"
            script.write_text(f'#!/bin/sh\necho "$*" >>{log}\n[ "$1" != bad ]\n', encoding="utf-8")
            script.chmod(0o755)
            with unittest.mock.patch("percpu_vm.host.paths.SETUP", script):
                hostpackages.install([])
                hostpackages.install(["arm64", "kernel", "arm64"])
                self.assertEqual(log.read_text(encoding="utf-8"), "arm64 kernel\n")
                with self.assertRaisesRegex(ScopeError, "packages for bad are missing"):
                    hostpackages.install(["bad"])

    def test_every_purpose_of_a_target_is_in_the_list(self) -> None:
        lines = (paths.DATA / "packages").read_text(encoding="utf-8").splitlines()
        known = {line.split()[0] for line in lines if line and not line.startswith("#")}
        for target in targets.load_all():
            self.assertLessEqual(set(target.packages), known, target.name)


class InitTest(unittest.TestCase):
    def test_start_marker_is_what_init_writes(self) -> None:
        # Two languages, one marker: without it nothing would ever be judged.
        init = paths.GUEST_INIT.read_text(encoding="utf-8")
        self.assertIn('echo "<3>percpu-scope: start $nonce" >/dev/kmsg', init)


if __name__ == "__main__":
    unittest.main()
