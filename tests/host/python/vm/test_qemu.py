# SPDX-License-Identifier: GPL-2.0-only
"""QEMU: its command, the limits of a run, and that nothing of it is left behind."""

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

from percpu_vm.host import paths
from percpu_vm.fetch.emulator import Emulator
from percpu_vm.model import outcome as endings
from percpu_vm.model import targets
from percpu_vm.model.machine import Machine, machine
from percpu_vm.model.outcome import Outcome
from percpu_vm.vm import qemu
from percpu_vm.host.errors import ScopeError

from model.test_targets import MINIMAL


EMULATOR = Emulator(("/q",), (("QEMU_MODULE_DIR", "/mod ules"),), "QEMU emulator version 10.0.2")


class RunTest(unittest.TestCase):
    """qemu.run with a shell in QEMU's place: what counts is what grows and when."""

    LIMITS = qemu.Limits(boot=1.0, silence=0.4, whole=2.0)

    def run_shell(self, script: str, limits: qemu.Limits = LIMITS) -> tuple[Outcome, list[str]]:
        lines: list[str] = []
        with tempfile.TemporaryDirectory() as folder:
            words = ["sh", "-c", f"cd {folder}; {script}"]
            outcome = qemu.run(words, Path(folder), limits, EMULATOR, lines.append)
        return outcome, lines

    def test_lines_arrive_and_boot_is_timed(self) -> None:
        outcome, lines = self.run_shell("echo a >>results.log; echo '# boot seconds 1' >>results.log")
        self.assertEqual(outcome.ending, endings.Ending.EXITED)
        self.assertEqual(outcome.exit_status, 0)
        self.assertEqual(lines, ["a", "# boot seconds 1"])
        self.assertIsNotNone(outcome.boot_seconds)

    def test_silence_during_boot(self) -> None:
        outcome, _ = self.run_shell("sleep 30")
        self.assertEqual(outcome.ending, endings.Ending.NOT_LOADED)
        self.assertLess(outcome.seconds, 5)

    def test_silence_after_boot(self) -> None:
        outcome, _ = self.run_shell("echo '# boot seconds 1' >>results.log; sleep 30")
        self.assertEqual(outcome.ending, endings.Ending.SILENT)

    def test_what_stays_stuck_is_no_progress(self) -> None:
        for said in (
            "rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
            "rcu: INFO: rcu_preempt self-detected stall on CPU",
            "rcu: INFO: rcu_preempt detected expedited stalls on CPUs/tasks: {",
            "INFO: rcu_tasks detected stalls on tasks:",
            "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [x:1]",
            "INFO: task x:1 blocked for more than 40 seconds.",
        ):
            script = (
                "echo '# boot seconds 1' >>results.log; "
                f"while :; do echo '{said}' >>console.log; sleep 0.1; done"
            )
            self.assertEqual(self.run_shell(script)[0].ending, endings.Ending.SILENT, said)
        # Who was stuck and goes on is waited for.
        script = f"{script.split('while')[0]} echo '{said}' >>console.log; " + (
            "for i in 1 2 3 4 5 6 7 8; do echo x >>results.log; sleep 0.1; done"
        )
        self.assertEqual(self.run_shell(script)[0].ending, endings.Ending.EXITED)

    def test_who_boots_slowly_and_is_stuck_is_not_waited_for_longer(self) -> None:
        limits = qemu.Limits(boot=5.0, silence=0.4, whole=60.0, nominal_boot=0.1)
        script = "sleep 1; echo '# boot seconds 1' >>results.log; {}sleep 30"
        stuck = "echo 'watchdog: BUG: soft lockup - CPU#0 stuck for 22s!' >>console.log; "
        self.assertLess(self.run_shell(script.format(stuck), limits)[0].seconds, 3)
        self.assertGreater(self.run_shell(script.format(""), limits)[0].seconds, 4)

    def test_what_is_stuck_has_a_limit_of_its_own(self) -> None:
        limits = qemu.Limits(boot=60, silence=10, whole=100)
        self.assertEqual([limits.silence_when(False, 3.0), limits.silence_when(True, 3.0)], [30.0, 10.0])
        limits = qemu.Limits(boot=60, silence=10, whole=100, stuck=2)
        self.assertEqual([limits.silence_when(False, 3.0), limits.silence_when(True, 3.0)], [30.0, 2.0])

    def test_noise_without_end(self) -> None:
        script = "echo '# boot seconds 1' >>results.log; while :; do echo x >>results.log; sleep 0.1; done"
        outcome, _ = self.run_shell(script)
        self.assertEqual(outcome.ending, endings.Ending.TOO_LONG)

    def test_limits_grow_with_a_slow_boot(self) -> None:
        limits = qemu.Limits(boot=60, silence=10, whole=100)
        self.assertEqual(limits.scale(None), 1.0)
        self.assertEqual(limits.scale(0.5), 1.0)
        self.assertEqual(limits.scale(9.0), 3.0)
        self.assertEqual(limits.scale(100.0), limits.most)
        slow = qemu.Limits(boot=60, silence=10, whole=100, least=4)
        self.assertEqual([slow.scale(None), slow.scale(9.0), slow.scale(15.0)], [4.0, 4.0, 5.0])

    # What QEMU does with what it inherits: its number is behind "fd=" in the words.
    QEMU = """fd=$(expr "$*" : '.*fd=\\([0-9]*\\)'); say() { eval "echo '$1' >&$fd"; }; """

    def run_qemu(self, script: str) -> Outcome:
        with tempfile.TemporaryDirectory() as folder:
            return qemu.run(["sh", "-c", self.QEMU + script, "qemu"], Path(folder), self.LIMITS, EMULATOR)

    def test_why_the_machine_stopped(self) -> None:
        event = '{"event": "SHUTDOWN", "data": {"guest": true, "reason": "%s"}}'
        for reason in ("guest-shutdown", "guest-reset"):
            with self.subTest(reason=reason):
                first = (event % reason).replace('"', '\\"')
                later = (event % "host-signal").replace('"', '\\"')
                script = f'say "{{}}"; say "no json"; say "{first}"; say "{later}"'
                self.assertEqual(self.run_qemu(script).shutdown, reason)

    def test_monitor_that_says_nothing(self) -> None:
        self.assertEqual(self.run_qemu("true").shutdown, "")

    def test_monitor_is_asked_to_talk(self) -> None:
        self.assertEqual(self.run_qemu('eval "read line <&$fd"; case "$line" in *qmp_capabilities*) ;; *) exit 9; esac').exit_status, 0)

    def test_program_that_is_not_there(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            outcome = qemu.run(["/nonexistent/qemu"], Path(folder), self.LIMITS, EMULATOR)
        self.assertEqual(outcome.ending, endings.Ending.NOT_STARTED)


class NothingLeftBehindTest(unittest.TestCase):
    """However the parent ends, the child in QEMU's place is gone."""

    PARENT = """
import subprocess, sys, time
from percpu_vm.host import process
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


class QemuCommandTest(unittest.TestCase):
    def command(self, accelerator: qemu.Accelerator) -> list[str]:
        target = targets.parse("x", MINIMAL)
        return qemu.command(target, EMULATOR, Machine(2, "1G"), Path("/k"), Path("/i"), accelerator, ("file:/c",))

    def test_cpu_follows_the_accelerator(self) -> None:
        tcg, kvm = self.command(qemu.TCG), self.command(qemu.KVM)
        self.assertEqual(tcg[tcg.index("-cpu") + 1], "max")
        self.assertEqual(kvm[kvm.index("-cpu") + 1], "host")

    def test_results_port_where_the_machine_has_one_serial_port(self) -> None:
        text = MINIMAL.replace("arguments", 'results_device = "pci-serial"\narguments')
        target, size = targets.parse("x", text), Machine(2, "1G")
        ports = ("file:/c", "file:/with,comma")
        words = qemu.command(target, EMULATOR, size, Path("/k"), Path("/i"), qemu.TCG, ports)
        self.assertEqual(words.count("-serial"), 1)
        self.assertIn("file,id=results,path=/with,,comma", words)
        self.assertIn("pci-serial,chardev=results", words)
        # The probe and the shell have no results.
        words = qemu.command(target, EMULATOR, size, Path("/k"), None, qemu.TCG, ports[:1])
        self.assertNotIn("-device", words)

    def test_one_instruction_in_each_block(self) -> None:
        words = self.command(qemu.ONE_INSTRUCTION)
        self.assertIn("tcg,thread=multi,one-insn-per-tb=on", words)
        self.assertEqual(words[words.index("-cpu") + 1], "max")

    def test_a_panic_ends_the_run(self) -> None:
        words = self.command(qemu.TCG)
        self.assertIn("-no-reboot", words)
        self.assertIn("panic=-1", words[words.index("-append") + 1].split())

    def test_replay_script_is_the_command(self) -> None:
        words = ["sh", "-c", 'printf "%s," "$0" "$1" "$QEMU_MODULE_DIR"', "a b", "c'd"]
        done = subprocess.run(
            ["sh", "-c", qemu.replay_script(words, EMULATOR)], capture_output=True, text=True, check=True
        )
        self.assertEqual(done.stdout, "a b,c'd,/mod ules,")

    def test_overrides_are_checked(self) -> None:
        target = targets.parse("x", MINIMAL)
        wrong = [("VM_CPUS", "two"), ("VM_CPUS", "0"), ("VM_MEM", "lots")]
        wrong += [("VM_NODES", "0"), ("VM_NODES", "3")]
        for name, value in wrong:
            with self.subTest(value=value), unittest.mock.patch.dict(os.environ, {name: value}):
                with self.assertRaises(ScopeError):
                    machine(target)
        with unittest.mock.patch.dict(os.environ, {"VM_CPUS": "4", "VM_MEM": "512M"}):
            self.assertEqual(machine(target), Machine(4, "512M"))
        with unittest.mock.patch.dict(os.environ, {"VM_NODES": "2", "VM_ARGS": "a=1 b"}):
            self.assertEqual(machine(target), Machine(2, "1G", 2, ("a=1", "b")))

    def numa(self, size: Machine) -> list[str]:
        words = qemu.command(
            targets.parse("x", MINIMAL), EMULATOR, size, Path("/k"), None, qemu.TCG, ("mon:stdio",)
        )
        return [w for w in words if w in ("-object", "-numa") or w.startswith(("memory-", "node,"))]

    def test_nodes_part_memory_and_cpus(self) -> None:
        words = self.numa(Machine(3, "1G", nodes=2))
        self.assertEqual(
            words[1::2],
            [
                "memory-backend-ram,id=node0,size=512M",
                "node,nodeid=0,memdev=node0,cpus=0-0",
                "memory-backend-ram,id=node1,size=512M",
                "node,nodeid=1,memdev=node1,cpus=1-2",
            ],
        )
        self.assertEqual(self.numa(Machine(2, "1G")), [])

    def test_nodes_have_sockets_of_their_own(self) -> None:
        for size, topology in (
            (Machine(4, "1G", nodes=2), "4,sockets=2"),
            (Machine(3, "1G", nodes=2), "3"),
            (Machine(4, "1G"), "4"),
        ):
            words = qemu.command(
                targets.parse("x", MINIMAL), EMULATOR, size, Path("/k"), None, qemu.TCG, ("mon:stdio",)
            )
            self.assertEqual(words[words.index("-smp") + 1], topology)


if __name__ == "__main__":
    unittest.main()
