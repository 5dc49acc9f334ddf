# SPDX-License-Identifier: GPL-2.0-only
"""The scripts' other parts: targets, plans, cpio, records, limits, locks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import unittest.mock
from pathlib import Path
from xml.etree import ElementTree

from percpu_vm import (
    cpio,
    hostpackages,
    hosttests,
    kbuild,
    ktap,
    locks,
    paths,
    plan,
    qemu,
    records,
    targets,
    toolchain,
)
from percpu_vm.errors import ScopeError
from percpu_vm.verdict import Kind, TestResult, Verdict, worst

MINIMAL = """
arch = "amd64"
summary = "a kernel"
[get]
metapackage = "linux-image-x"
suite = "bookworm"
[build]
kbuild_arch = "x86"
[boot]
qemu = "true"
machine = "q35"
cpu = { tcg = "max", kvm = "host" }
cpus = 2
memory = "1G"
console = "ttyS0"
results = "ttyS1"
arguments = []
[skips]
allowed = []
"""


class TargetTest(unittest.TestCase):
    def test_every_file_is_valid(self) -> None:
        self.assertGreaterEqual(len(targets.load_all()), 2)

    def test_one_cpu_allows_more_and_two_do_not(self) -> None:
        self.assertEqual(targets.skips_with(2), ())
        self.assertIn("Tear.*", [skip.test for skip in targets.skips_with(1)])

    def test_default_targets(self) -> None:
        chosen = [target.arch for target in targets.choose([])]
        self.assertEqual(chosen, ["amd64", "i386"])

    def test_minimal(self) -> None:
        target = targets.parse("x", MINIMAL)
        self.assertFalse(target.default)
        self.assertEqual(target.extra_steps, ())

    def test_unknown_name_lists_the_known(self) -> None:
        with self.assertRaisesRegex(ScopeError, "debian-6.1-cloud-amd64"):
            targets.load("nonsense")

    def test_a_path_is_no_name(self) -> None:
        with self.assertRaises(ScopeError):
            targets.load("../targets/debian-6.1-cloud-amd64")

    def test_errors_name_the_field(self) -> None:
        spoiled = [
            ("boot.qemu is missing", MINIMAL.replace('qemu = "true"', "")),
            ("boot.cpus is not of type int", MINIMAL.replace("cpus = 2", 'cpus = "2"')),
            ("boot.cpus is not of type int", MINIMAL.replace("cpus = 2", "cpus = true")),
            ("boot.cpus must be", MINIMAL.replace("cpus = 2", "cpus = 0")),
            ("get.suit is not a field", MINIMAL.replace("suite =", 'suit = "x"\nsuite =')),
            ("is not a string", MINIMAL.replace("arguments = []", "arguments = [1]")),
            ("no reason", MINIMAL.replace("allowed = []", 'allowed = [{test = "A.*", reason = ""}]')),
            ("reason is missing", MINIMAL.replace("allowed = []", 'allowed = [{test = "A.*"}]')),
            ("x.toml", MINIMAL + "["),
        ]
        for message, text in spoiled:
            with self.subTest(message=message):
                with self.assertRaisesRegex(ScopeError, message):
                    targets.parse("x", text)


class BaseTest(unittest.TestCase):
    def parse(self, text: str, **bases: str) -> targets.Target:
        with tempfile.TemporaryDirectory() as folder:
            for name, content in bases.items():
                (Path(folder) / f"{name}.toml").write_text(content, encoding="utf-8")
            return targets.parse("x", text, Path(folder))

    def test_lists_add_and_the_target_wins(self) -> None:
        target = self.parse(
            'base = ["first", "second"]\n' + MINIMAL.replace("arguments = []", 'arguments = ["c"]'),
            first='summary = "not this"\n[boot]\ncpus = 9\narguments = ["a"]\n',
            second='[boot]\narguments = ["b"]\n',
        )
        self.assertEqual(target.arguments, ("a", "b", "c"))
        self.assertEqual((target.summary, target.cpus), ("a kernel", 2))

    def test_unknown_base(self) -> None:
        for name in ("none", "../x"):
            with self.assertRaisesRegex(ScopeError, "there is no base"):
                self.parse(f'base = ["{name}"]\n' + MINIMAL)

    def test_fields_of_a_base_are_checked_too(self) -> None:
        with self.assertRaisesRegex(ScopeError, "boot.cpu_s is not a field"):
            self.parse('base = ["typo"]\n' + MINIMAL, typo="[boot]\ncpu_s = 1\n")


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
        self.assertEqual(ktap.parse("# taint start x\n").taints, {"start": -1})


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
        self.assertEqual(records.ktap(text), "KTAP version 1\n1..1\nok 1 a\n")

    def test_worst(self) -> None:
        self.assertEqual(worst([Kind.PASS, Kind.SPLAT, Kind.TEST_FAILURE]), Kind.SPLAT)
        self.assertEqual(worst([Kind.PASS, Kind.PASS]), Kind.PASS)
        self.assertNotEqual(worst([]), Kind.PASS)


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


class RunTest(unittest.TestCase):
    """qemu.run with a shell in QEMU's place: what counts is what grows and when."""

    LIMITS = qemu.Limits(boot=1.0, silence=0.4, whole=2.0)

    def run_shell(self, script: str, limits: qemu.Limits = LIMITS) -> tuple[qemu.Outcome, list[str]]:
        lines: list[str] = []
        with tempfile.TemporaryDirectory() as folder:
            words = ["sh", "-c", f"cd {folder}; {script}"]
            outcome = qemu.run(words, Path(folder), limits, lines.append)
        return outcome, lines

    def test_lines_arrive_and_boot_is_timed(self) -> None:
        outcome, lines = self.run_shell("echo a >>results.log; echo '# boot seconds 1' >>results.log")
        self.assertEqual(outcome.ending, qemu.Ending.EXITED)
        self.assertEqual(outcome.exit_status, 0)
        self.assertEqual(lines, ["a", "# boot seconds 1"])
        self.assertIsNotNone(outcome.boot_seconds)

    def test_silence_during_boot(self) -> None:
        outcome, _ = self.run_shell("sleep 30")
        self.assertEqual(outcome.ending, qemu.Ending.NOT_LOADED)
        self.assertLess(outcome.seconds, 5)

    def test_silence_after_boot(self) -> None:
        outcome, _ = self.run_shell("echo '# boot seconds 1' >>results.log; sleep 30")
        self.assertEqual(outcome.ending, qemu.Ending.SILENT)

    def test_noise_without_end(self) -> None:
        script = "echo '# boot seconds 1' >>results.log; while :; do echo x >>results.log; sleep 0.1; done"
        outcome, _ = self.run_shell(script)
        self.assertEqual(outcome.ending, qemu.Ending.TOO_LONG)

    def test_limits_grow_with_a_slow_boot(self) -> None:
        limits = qemu.Limits(boot=60, silence=10, whole=100)
        self.assertEqual(limits.scale(None), 1.0)
        self.assertEqual(limits.scale(0.5), 1.0)
        self.assertEqual(limits.scale(9.0), 3.0)
        self.assertEqual(limits.scale(100.0), limits.most)
        slow = qemu.Limits(boot=60, silence=10, whole=100, least=4)
        self.assertEqual([slow.scale(None), slow.scale(9.0), slow.scale(15.0)], [4.0, 4.0, 5.0])

    def test_program_that_is_not_there(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            outcome = qemu.run(["/nonexistent/qemu"], Path(folder), self.LIMITS)
        self.assertEqual(outcome.ending, qemu.Ending.NOT_STARTED)


class NothingLeftBehindTest(unittest.TestCase):
    """However the parent ends, the child in QEMU's place is gone."""

    PARENT = """
import subprocess, sys, time
from percpu_vm import process
with process.bound(["sleep", "60"], subprocess.DEVNULL) as child:
    print(child.pid, flush=True)
    time.sleep(60)
"""

    def ended_by(self, number: signal.Signals) -> bool:
        environment = {**os.environ, "PYTHONPATH": str(paths.SCRIPTS)}
        with subprocess.Popen(
            [sys.executable, "-c", self.PARENT],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as parent:
            assert parent.stdout is not None
            child = int(parent.stdout.readline())
            parent.send_signal(number)
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            try:
                state = Path(f"/proc/{child}/stat").read_text(encoding="utf-8")
            except FileNotFoundError:
                return True
            # Dead and not yet collected by whoever inherited it.
            if state.rpartition(")")[2].split()[0] == "Z":
                return True
            time.sleep(0.02)
        os.kill(child, signal.SIGKILL)
        return False

    def test_interrupt_term_and_kill(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            with self.subTest(signal=number.name):
                self.assertTrue(self.ended_by(number))


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
            "import sys\nfrom pathlib import Path\nfrom percpu_vm import locks\n"
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


class QemuCommandTest(unittest.TestCase):
    def command(self, accelerator: qemu.Accelerator) -> list[str]:
        target = targets.parse("x", MINIMAL)
        machine = qemu.Machine(2, "1G")
        return qemu.command(target, machine, Path("/k"), Path("/i"), accelerator, ("file:/c",))

    def test_cpu_follows_the_accelerator(self) -> None:
        tcg, kvm = self.command(qemu.TCG), self.command(qemu.KVM)
        self.assertEqual(tcg[tcg.index("-cpu") + 1], "max")
        self.assertEqual(kvm[kvm.index("-cpu") + 1], "host")

    def test_results_port_where_the_machine_has_one_serial_port(self) -> None:
        text = MINIMAL.replace("arguments", 'results_device = "pci-serial"\narguments')
        target, machine = targets.parse("x", text), qemu.Machine(2, "1G")
        ports = ("file:/c", "file:/with,comma")
        words = qemu.command(target, machine, Path("/k"), Path("/i"), qemu.TCG, ports)
        self.assertEqual(words.count("-serial"), 1)
        self.assertIn("file,id=results,path=/with,,comma", words)
        self.assertIn("pci-serial,chardev=results", words)
        # The probe and the shell have no results.
        words = qemu.command(target, machine, Path("/k"), None, qemu.TCG, ports[:1])
        self.assertNotIn("-device", words)

    def test_one_instruction_in_each_block(self) -> None:
        for version, wanted in (
            ("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)", "-singlestep"),
            ("QEMU emulator version 8.0.0", "-singlestep"),
            ("QEMU emulator version 8.1.0", "tcg,thread=multi,one-insn-per-tb=on"),
            ("QEMU emulator version 10.0.2 (Debian)", "tcg,thread=multi,one-insn-per-tb=on"),
        ):
            words = self.command(qemu.one_instruction(version))
            self.assertIn(wanted, words)
            self.assertEqual(words[words.index("-cpu") + 1], "max")

    def test_a_panic_ends_the_run(self) -> None:
        words = self.command(qemu.TCG)
        self.assertIn("-no-reboot", words)
        self.assertIn("panic=-1", words[words.index("-append") + 1].split())

    def test_replay_script_is_the_command(self) -> None:
        words = ["printf", "%s,", "a b", "c'd"]
        done = subprocess.run(
            ["sh", "-c", qemu.replay_script(words)], capture_output=True, text=True, check=True
        )
        self.assertEqual(done.stdout, "a b,c'd,")

    def test_overrides_are_checked(self) -> None:
        target = targets.parse("x", MINIMAL)
        wrong = [("VM_CPUS", "two"), ("VM_CPUS", "0"), ("VM_MEM", "lots")]
        wrong += [("VM_NODES", "0"), ("VM_NODES", "3")]
        for name, value in wrong:
            with self.subTest(value=value), unittest.mock.patch.dict(os.environ, {name: value}):
                with self.assertRaises(ScopeError):
                    qemu.machine(target)
        with unittest.mock.patch.dict(os.environ, {"VM_CPUS": "4", "VM_MEM": "512M"}):
            self.assertEqual(qemu.machine(target), qemu.Machine(4, "512M"))
        with unittest.mock.patch.dict(os.environ, {"VM_NODES": "2", "VM_ARGS": "a=1 b"}):
            self.assertEqual(qemu.machine(target), qemu.Machine(2, "1G", 2, ("a=1", "b")))

    def test_nodes_part_memory_and_cpus(self) -> None:
        words = qemu.Machine(3, "1G", nodes=2).numa()
        self.assertEqual(
            words[1::2],
            [
                "memory-backend-ram,id=node0,size=512M",
                "node,nodeid=0,memdev=node0,cpus=0-0",
                "memory-backend-ram,id=node1,size=512M",
                "node,nodeid=1,memdev=node1,cpus=1-2",
            ],
        )
        self.assertEqual(qemu.Machine(2, "1G").numa(), [])


class ToolchainTest(unittest.TestCase):
    def elf(self, machine: int) -> bytes:
        return b"\x7fELF\x02\x01\x01".ljust(18, b"\0") + machine.to_bytes(2, "little")

    def test_on_amd64(self) -> None:
        with unittest.mock.patch("percpu_vm.toolchain.host_architecture", lambda: "amd64"):
            for arch, prefix in (("amd64", ""), ("i386", ""), ("arm64", "aarch64-linux-gnu-")):
                self.assertEqual(toolchain.prefix(arch), prefix)
            self.assertEqual(toolchain.prefix_for(self.elf(40)), "arm-linux-gnueabihf-")
            self.assertEqual(toolchain.prefix_for(self.elf(62)), "")
            self.assertEqual(toolchain.prefix_for(b"#!/bin/sh"), "")

    def test_a_machine_is_not_foreign_to_itself(self) -> None:
        with unittest.mock.patch("percpu_vm.toolchain.host_architecture", lambda: "arm64"):
            self.assertFalse(toolchain.is_foreign("arm64"))
            self.assertEqual(toolchain.prefix_for(self.elf(183)), "")


class HostPackagesTest(unittest.TestCase):
    def test_setup_is_asked_for_the_purposes_only(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            script, log = Path(folder) / "setup.sh", Path(folder) / "log"
            script.write_text(f'#!/bin/sh\necho "$*" >>{log}\n[ "$1" != bad ]\n', encoding="utf-8")
            script.chmod(0o755)
            with unittest.mock.patch("percpu_vm.paths.SETUP", script):
                hostpackages.install([])
                hostpackages.install(["arm64", "kernel", "arm64"])
                self.assertEqual(log.read_text(encoding="utf-8"), "arm64 kernel\n")
                with self.assertRaisesRegex(ScopeError, "packages for bad are missing"):
                    hostpackages.install(["bad"])

    def test_every_purpose_of_a_target_is_in_the_list(self) -> None:
        lines = (paths.SCRIPTS / "packages").read_text(encoding="utf-8").splitlines()
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
