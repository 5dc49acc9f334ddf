# SPDX-License-Identifier: GPL-2.0-only
"""The judge against fixtures: one good run, and every way to spoil it.

Each test starts from the same passing run and changes one thing, so that a
judge that passes everything, or nothing, fails here.
"""

from __future__ import annotations

import unittest
from dataclasses import replace

from percpu_vm.judge import judge, patterns
from percpu_vm.vm import plan, qemu
from percpu_vm.model.targets import AllowedSkip
from percpu_vm.judge.verdict import Kind, Verdict

NONCE = "0123456789abcdef"
PLAN = plan.Plan(
    (
        plan.LOAD,
        plan.Step(plan.Kind.KTAP, "guest-tests", "guest-tests"),
        plan.Step(plan.Kind.TEXT, "report", "pcpu report", plan.REPORT),
        plan.UNLOAD,
    ),
    NONCE,
)
RESULTS = f"""\
KTAP version 1
1..4
# percpu-scope start {NONCE}
# percpu start 1024
# taint start 12288
# boot seconds 1.50
ok 1 load
  KTAP version 1
  1..3
  ok 1 Abi.Sizes
  # said before the second
  ok 2 Address.Identity
  ok 3 Conservation.Task
ok 2 guest-tests
# text report|kernel 6.1
# json report {{"verdict":"pass"}}
ok 3 report
ok 4 unload
# dmesg [    1.40] percpu-scope: start {NONCE}
# dmesg [    1.80] percpu_scope: loading out-of-tree module taints kernel.
# percpu end 1100
# taint end 12288
# percpu-scope end {NONCE}
"""
CONSOLE = f"""\
[    0.10] mtrr: your CPUs had inconsistent fixed MTRR settings
[    1.40] percpu-scope: start {NONCE}
[    1.80] percpu_scope: loading out-of-tree module taints kernel.
[    5.00] reboot: Power down
"""
EXITED = qemu.Outcome(qemu.Ending.EXITED, 0, 6.0, 2.0, 0.0)
PATTERNS = patterns.load()


def verdict_of(
    results: str = RESULTS,
    console: str = CONSOLE,
    outcome: qemu.Outcome = EXITED,
    skips: tuple[AllowedSkip, ...] = (),
    known: patterns.Patterns = PATTERNS,
    log: str = "",
    emulated_x86: bool = True,
) -> Verdict:
    evidence = judge.Evidence(console, results, log, outcome, emulated_x86)
    return judge.judge(evidence, PLAN, skips, known, "a-target", cpus=2)


class JudgeTest(unittest.TestCase):
    def expect(self, kind: Kind, reason: str, verdict: Verdict) -> None:
        self.assertEqual(verdict.kind, kind, verdict.reasons)
        self.assertIn(reason, "\n".join(verdict.reasons))
        self.assertGreater(verdict.failed, 0)
        self.assertNotEqual(verdict.kind.exit_code, 0)

    def spoiled(self, old: str, new: str) -> str:
        self.assertIn(old, RESULTS)
        return RESULTS.replace(old, new, 1)

    def test_good_run_passes(self) -> None:
        verdict = verdict_of()
        self.assertEqual(verdict.kind, Kind.PASS, verdict.reasons)
        # Three tests, and the steps load, report and unload.
        self.assertEqual((verdict.passed, verdict.failed, verdict.skipped), (6, 0, 0))

    def test_carriage_returns_change_nothing(self) -> None:
        results, console = RESULTS.replace("\n", "\r\n"), CONSOLE.replace("\n", "\r\n")
        self.assertEqual(verdict_of(results, console).kind, Kind.PASS)

    def test_missing_end_token(self) -> None:
        results = self.spoiled(f"# percpu-scope end {NONCE}\n", "")
        self.expect(Kind.TEST_FAILURE, "without its end token", verdict_of(results))

    def test_end_token_of_another_boot(self) -> None:
        results = self.spoiled(f"end {NONCE}", "end ffffffffffffffff")
        self.expect(Kind.TEST_FAILURE, "without its end token", verdict_of(results))

    def test_start_token_of_another_boot(self) -> None:
        results = self.spoiled(f"start {NONCE}", "start ffffffffffffffff")
        self.expect(Kind.TEST_FAILURE, "not that of this boot", verdict_of(results))

    def test_failed_test_with_its_message(self) -> None:
        verdict = verdict_of(self.spoiled("  ok 2 Address", "  not ok 2 Address"))
        self.expect(Kind.TEST_FAILURE, "Address.Identity failed", verdict)
        (failed,) = [test for test in verdict.tests if test.status == "failed"]
        self.assertEqual(failed.message, "said before the second")

    def test_missing_test(self) -> None:
        verdict = verdict_of(self.spoiled("  ok 3 Conservation.Task\n", ""))
        self.expect(Kind.TEST_FAILURE, "1 of 3 tests did not report", verdict)
        self.assertEqual(verdict.count("missing"), 1)

    def test_truncated_nested_plan(self) -> None:
        cut = RESULTS[: RESULTS.index("  ok 2 Address")]
        verdict = verdict_of(cut)
        self.expect(Kind.TEST_FAILURE, "step guest-tests did not report", verdict)
        self.assertIn("2 of 3 tests did not report", "\n".join(verdict.reasons))

    def test_no_nested_plan(self) -> None:
        self.expect(
            Kind.TEST_FAILURE, "announced no plan", verdict_of(self.spoiled("  1..3\n", ""))
        )

    def test_empty_nested_plan(self) -> None:
        lines = [line for line in RESULTS.splitlines() if not line.startswith("  ok")]
        results = "\n".join(lines).replace("  1..3", "  1..0")
        self.expect(Kind.TEST_FAILURE, "plan is empty", verdict_of(results))

    def test_more_tests_than_planned(self) -> None:
        results = self.spoiled("  ok 3 Cons", "  ok 3 Extra.One\n  ok 4 Cons")
        self.expect(Kind.TEST_FAILURE, "4 tests reported, 3 were planned", verdict_of(results))

    def test_a_test_reported_twice(self) -> None:
        results = self.spoiled("ok 3 Conservation.Task", "ok 3 Abi.Sizes")
        self.expect(Kind.TEST_FAILURE, "reported twice: Abi.Sizes", verdict_of(results))

    def test_two_plans(self) -> None:
        results = self.spoiled("  1..3\n", "  1..9\n  1..3\n")
        self.assertEqual(verdict_of(results).kind, Kind.TEST_FAILURE)

    def test_step_that_did_not_report(self) -> None:
        self.expect(
            Kind.TEST_FAILURE, "step unload did not report", verdict_of(self.spoiled("ok 4 unload\n", ""))
        )

    def test_fewer_steps_than_agreed(self) -> None:
        results = self.spoiled("1..4", "1..3").replace("ok 4 unload\n", "")
        self.expect(Kind.TEST_FAILURE, "planned 3 steps, not 4", verdict_of(results))

    def test_failed_step_with_its_status(self) -> None:
        results = self.spoiled("ok 4 unload", "# exit 16 unload\nnot ok 4 unload")
        self.expect(Kind.TEST_FAILURE, "step unload failed, exit status 16", verdict_of(results))

    def test_program_that_crashed_after_its_last_test(self) -> None:
        results = self.spoiled("ok 2 guest-tests", "# exit 139 guest-tests\nnot ok 2 guest-tests")
        self.expect(Kind.TEST_FAILURE, "exit status 139", verdict_of(results))

    def test_missing_document(self) -> None:
        results = self.spoiled('# json report {"verdict":"pass"}\n', "")
        self.expect(Kind.TEST_FAILURE, "left no JSON document", verdict_of(results))

    def test_broken_document(self) -> None:
        results = self.spoiled('{"verdict":"pass"}', '{"verdict":"pa')
        self.expect(Kind.TEST_FAILURE, "broken JSON document", verdict_of(results))

    def test_document_that_says_fail(self) -> None:
        results = self.spoiled('{"verdict":"pass"}', '{"verdict":"fail"}')
        self.expect(Kind.TEST_FAILURE, "does not say pass", verdict_of(results))

    def test_taint_that_grew(self) -> None:
        results = self.spoiled("taint end 12288", "taint end 12800")
        self.expect(Kind.TEST_FAILURE, "taint grew from 12288 to 12800", verdict_of(results))

    def test_percpu_memory_that_grew(self) -> None:
        results = self.spoiled("percpu end 1100", "percpu end 3100")
        self.expect(Kind.TEST_FAILURE, "grew from 1024 kB to 3100 kB", verdict_of(results))

    def test_percpu_memory_not_told(self) -> None:
        for line in ("# percpu start 1024\n", "# percpu end 1100\n"):
            with self.subTest(line=line):
                self.expect(Kind.TEST_FAILURE, "memory the kernel held", verdict_of(self.spoiled(line, "")))

    def test_taint_not_told(self) -> None:
        for line in ("# taint start 12288\n", "# taint end 12288\n"):
            with self.subTest(line=line):
                self.expect(Kind.TEST_FAILURE, "taint is not known", verdict_of(self.spoiled(line, "")))

    def test_skip_not_allowed(self) -> None:
        results = self.spoiled("Abi.Sizes", "Abi.Sizes # SKIP no time")
        self.expect(Kind.TEST_FAILURE, "which is not allowed: no time", verdict_of(results))

    def test_nothing_but_skips(self) -> None:
        results = RESULTS
        for test in ("Abi.Sizes", "Address.Identity", "Conservation.Task"):
            results = results.replace(test, f"{test} # SKIP x")
        verdict = verdict_of(results, skips=(AllowedSkip("*", "all of them"),))
        self.expect(Kind.TEST_FAILURE, "every test skipped", verdict)

    def test_skip_allowed(self) -> None:
        results = self.spoiled("Abi.Sizes", "Abi.Sizes # SKIP no time")
        verdict = verdict_of(results, skips=(AllowedSkip("Abi.*", "known"),))
        self.assertEqual(verdict.kind, Kind.PASS, verdict.reasons)
        self.assertEqual((verdict.passed, verdict.skipped), (5, 1))

    def test_skip_of_another_test_is_not_allowed(self) -> None:
        results = self.spoiled("Abi.Sizes", "Abi.Sizes # SKIP no time")
        verdict = verdict_of(results, skips=(AllowedSkip("Address.*", "known"),))
        self.expect(Kind.TEST_FAILURE, "not allowed", verdict)

    def test_skipped_step_is_a_failure(self) -> None:
        results = self.spoiled("ok 4 unload", "ok 4 unload # SKIP later")
        self.expect(Kind.TEST_FAILURE, "step unload failed", verdict_of(results))

    def test_exit_zero_and_silence(self) -> None:
        self.expect(Kind.BOOT_FAILURE, "never started its plan", verdict_of("", "SeaBIOS\n"))

    def test_exit_zero_right_after_the_start(self) -> None:
        head = RESULTS[: RESULTS.index("ok 1 load")]
        self.expect(Kind.TEST_FAILURE, "without its end token", verdict_of(head))


class BadLinesTest(unittest.TestCase):
    SPLATS = (
        # As ARM says it.
        "Call trace:",
        " unwind_backtrace from show_stack+0x20/0x24",
        "Internal error: Oops - undefined instruction: 0 [#1] SMP ARM",
        "Unhandled fault: alignment exception (0x001) at 0x00000001",
        "------------[ cut here ]------------",
        "WARNING: CPU: 1 PID: 77 at kmod/hammer.c:12 hammer+0x1/0x2 [percpu_scope]",
        "WARNING: possible circular locking dependency detected",
        "WARNING: suspicious RCU usage",
        "BUG: unable to handle page fault for address: 0000000000001000",
        "BUG: sleeping function called from invalid context at mm/slab.h:1",
        "BUG: scheduling while atomic: pcpu/77/0x00000002",
        "kernel BUG at mm/percpu.c:1!",
        "BUG: KASAN: use-after-free in x+0x1/0x2",
        "UBSAN: shift-out-of-bounds in x.c:1:2",
        "INFO: task pcpu:77 blocked for more than 120 seconds.",
        "rcu: INFO: rcu_preempt self-detected stall on CPU",
        "watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [pcpu:77]",
        "refcount_t: underflow; use-after-free.",
        "percpu ref (x) <= 0 (-1) after switching to atomic",
        "general protection fault, probably for non-canonical address 0x1: 0000 [#1]",
        "percpu: allocation failed, size=8 align=8 atomic=0, alloc from reserved chunk failed",
        "list_del corruption. prev->next should be x, but was y.",
    )
    HARMLESS = (
        "percpu_scope: loading out-of-tree module taints kernel.",
        "clocksource: tsc: mask: 0xffffffffffffffff max_cycles: 0x25",
        "random: crng init done",
        "hrtimer: interrupt took 1000000 ns",
        "percpu_scope: loaded, 15 counters",
    )

    def test_splat_on_the_console(self) -> None:
        for line in self.SPLATS:
            with self.subTest(line=line):
                console = CONSOLE.replace("[    5.00]", f"[    3.00] {line}\n[    5.00]")
                verdict = verdict_of(console=console)
                self.assertEqual(verdict.kind, Kind.SPLAT, verdict.reasons)
                self.assertIn(line, verdict.bad_lines[0])
                self.assertGreater(verdict.failed, 0)

    def test_splat_only_in_dmesg(self) -> None:
        for line in self.SPLATS:
            with self.subTest(line=line):
                results = RESULTS.replace("# taint end", f"# dmesg [    3.00] {line}\n# taint end")
                self.assertEqual(verdict_of(results).kind, Kind.SPLAT)

    def test_harmless_lines(self) -> None:
        for line in self.HARMLESS:
            with self.subTest(line=line):
                console = CONSOLE.replace("[    5.00]", f"[    3.00] {line}\n[    5.00]")
                self.assertEqual(verdict_of(console=console).kind, Kind.PASS)

    def test_unseen_log_is_no_pass(self) -> None:
        marker = f"percpu-scope: start {NONCE}"
        blind = RESULTS.replace(f"# dmesg [    1.40] {marker}\n", "")
        for console in ("", CONSOLE.replace(marker, "percpu-sc"), CONSOLE.replace(NONCE, "other")):
            verdict = verdict_of(blind, console)
            self.assertEqual(verdict.kind, Kind.TEST_FAILURE)
            self.assertIn("nobody saw", verdict.reasons[0])
            # Either of the two is enough.
            self.assertEqual(verdict_of(RESULTS, console).kind, Kind.PASS)
        self.assertEqual(verdict_of(blind).kind, Kind.PASS)

    def test_console_and_dmesg_are_judged_apart(self) -> None:
        # The console lost the module's frame, dmesg has it: a report is no mixture.
        entry = (
            '[[exception]]\npattern = "BUG: race"\nreason = "a test"\n'
            "unless = ' \\[ours\\]'\nuntil = 'end of it'"
        )
        known = patterns.parse('splat = ["BUG: "]\npanic = []', entry)
        spoiled = "[    3.00] BUG: race\n[    3.00] end of it\n"
        console = CONSOLE.replace("[    5.00]", f"{spoiled}[    5.00]")
        whole = "".join(
            f"# dmesg [    3.00] {line}\n" for line in ("BUG: race", " f+0x1/0x2 [ours]", "end of it")
        )
        results = RESULTS.replace("# percpu end", f"{whole}# percpu end")
        self.assertEqual(verdict_of(results, console, known=known).kind, Kind.SPLAT)

    def test_splat_before_the_start_marker_is_not_ours(self) -> None:
        console = CONSOLE.replace("[    1.40]", "[    1.00] WARNING: CPU: 0 PID: 1 at x\n[    1.40]")
        self.assertEqual(verdict_of(console=console).kind, Kind.PASS)

    def test_exception_covers_its_line_and_target_only(self) -> None:
        line = "[    3.00] WARNING: CPU: 0 PID: 9 at known.c:1"
        console = CONSOLE.replace("[    5.00]", f"{line}\n[    5.00]")
        text = 'splat = ["WARNING: CPU"]\npanic = []'
        entry = '[[exception]]\npattern = "at known.c"\nreason = "a test"\ntargets = ["%s"]'
        good = patterns.parse(text, entry % "a-*")
        self.assertEqual(verdict_of(console=console, known=good).kind, Kind.PASS)
        other = patterns.parse(text, entry % "b-*")
        self.assertEqual(verdict_of(console=console, known=other).kind, Kind.SPLAT)
        unknown = console.replace("known.c", "other.c")
        self.assertEqual(verdict_of(console=unknown, known=good).kind, Kind.SPLAT)

    def test_exception_that_looks_at_the_whole_report(self) -> None:
        entry = (
            '[[exception]]\npattern = "BUG: race"\nreason = "a test"\n'
            "unless = ' \\[ours\\]'\nuntil = 'end of it'"
        )
        known = patterns.parse('splat = ["BUG: "]\npanic = []', entry)
        for kind, lines in (
            (Kind.PASS, ("BUG: race", " kernel_function+0x1/0x2", "end of it", " other+0x1 [ours]")),
            (Kind.SPLAT, ("BUG: race", " function+0x1/0x2 [ours]", "end of it")),
            (Kind.SPLAT, ("BUG: race in function [ours]", "end of it")),
            (Kind.SPLAT, ("BUG: race", " kernel_function+0x1/0x2")),
            (Kind.SPLAT, ("BUG: other", " kernel_function+0x1/0x2", "end of it")),
        ):
            with self.subTest(lines=lines):
                text = "".join(f"[    3.00] {line}\n" for line in lines)
                console = CONSOLE.replace("[    5.00]", f"{text}[    5.00]")
                self.assertEqual(verdict_of(console=console, known=known).kind, kind)
        with self.assertRaisesRegex(Exception, "unless needs until"):
            patterns.parse("splat = []\npanic = []", entry.replace("until =", "targets = [] #"))

    def test_exception_passes_over_who_was_interrupted(self) -> None:
        entry = (
            '[[exception]]\npattern = "BUG: race"\nreason = "a test"\n'
            "unless = ' \\[ours\\]'\nuntil = 'end of it'\nbeyond = ' asm_sysvec'"
        )
        known = patterns.parse('splat = ["BUG: "]\npanic = []', entry)
        interrupted = (" timer+0x1/0x2", " asm_sysvec_timer+0x1", " ours+0x1/0x2 [ours]")
        for kind, lines in (
            (Kind.PASS, ("BUG: race", *interrupted, "", " kernel+0x1/0x2", "end of it")),
            (Kind.SPLAT, ("BUG: race", *interrupted, "", " ours+0x1/0x2 [ours]", "end of it")),
            (Kind.SPLAT, ("BUG: race", " ours+0x1/0x2 [ours]", " asm_sysvec_timer+0x1", "end of it")),
        ):
            with self.subTest(lines=lines):
                text = "".join(f"[    3.00] {line}\n" for line in lines)
                console = CONSOLE.replace("[    5.00]", f"{text}[    5.00]")
                self.assertEqual(verdict_of(console=console, known=known).kind, kind)

    def test_messages_that_nobody_saw(self) -> None:
        marker = f"percpu-scope: start {NONCE}"
        blind = RESULTS.replace(f"# dmesg [    1.40] {marker}\n", "")
        lost = "[    3.00] ** 4711 printk messages dropped **\n"
        console = CONSOLE.replace("[    5.00]", f"{lost}[    5.00]")
        self.assertEqual(verdict_of(blind, console).kind, Kind.TEST_FAILURE)
        self.assertEqual(verdict_of(RESULTS, console).kind, Kind.PASS)

    def test_titles_of_reports(self) -> None:
        for line in (
            "WARNING: bad unlock balance detected!",
            "BUG kmalloc-64 (Tainted: G           O): Poison overwritten",
            "[    3.00] WARNING: possible recursive locking detected",
        ):
            with self.subTest(line=line):
                console = CONSOLE.replace("[    5.00]", f"{line}\n[    5.00]")
                self.assertEqual(verdict_of(console=console).kind, Kind.SPLAT)

    def test_exception_without_reason_is_refused(self) -> None:
        with self.assertRaisesRegex(Exception, "no reason"):
            patterns.parse("splat = []\npanic = []", '[[exception]]\npattern = "x"\nreason = " "')

    def test_panic_though_qemu_exits_zero(self) -> None:
        line = "Kernel panic - not syncing: Fatal exception"
        console = CONSOLE.replace("[    5.00] reboot: Power down", f"[    5.00] {line}")
        cut = RESULTS[: RESULTS.index("ok 3 report")]
        verdict = verdict_of(cut, console)
        self.assertEqual(verdict.kind, Kind.PANIC)
        self.assertIn(line, verdict.reasons[0])

    def test_panic_during_boot(self) -> None:
        console = "[    0.50] Kernel panic - not syncing: VFS: Unable to mount root fs\n"
        verdict = verdict_of("", console)
        self.assertEqual(verdict.kind, Kind.BOOT_FAILURE)
        self.assertIn("VFS", verdict.bad_lines[0])


class EndingTest(unittest.TestCase):
    def test_hang(self) -> None:
        cut = RESULTS[: RESULTS.index("  ok 3 Cons")]
        for ending in (qemu.Ending.SILENT, qemu.Ending.TOO_LONG):
            with self.subTest(ending=ending):
                outcome = replace(EXITED, ending=ending, exit_status=None)
                self.assertEqual(verdict_of(cut, outcome=outcome).kind, Kind.HANG)

    def test_hang_after_everything_was_said(self) -> None:
        outcome = replace(EXITED, ending=qemu.Ending.SILENT, exit_status=None)
        self.assertEqual(verdict_of(outcome=outcome).kind, Kind.HANG)

    def test_hang_because_of_a_splat_is_a_splat(self) -> None:
        outcome = replace(EXITED, ending=qemu.Ending.SILENT, exit_status=None)
        console = CONSOLE + "[    6.00] BUG: kernel NULL pointer dereference\n"
        self.assertEqual(verdict_of(console=console, outcome=outcome).kind, Kind.SPLAT)

    def test_hang_during_boot(self) -> None:
        outcome = replace(EXITED, ending=qemu.Ending.SILENT, exit_status=None)
        verdict = verdict_of("", "Booting from ROM..\n", outcome)
        self.assertEqual(verdict.kind, Kind.BOOT_FAILURE)
        self.assertIn("Booting from ROM..", verdict.bad_lines)

    def test_qemu_that_did_not_start(self) -> None:
        outcome = qemu.Outcome(qemu.Ending.NOT_STARTED, None, 0.0, None, 0.0)
        verdict = verdict_of("", "", outcome, log="no such file")
        self.assertEqual(verdict.kind, Kind.INFRASTRUCTURE)
        self.assertIn("no such file", verdict.reasons[0])

    def test_qemu_that_refused_its_command(self) -> None:
        verdict = verdict_of("", "", replace(EXITED, exit_status=1), log="bad -cpu")
        self.assertEqual(verdict.kind, Kind.INFRASTRUCTURE)

    def test_qemu_that_crashed_after_a_complete_run(self) -> None:
        verdict = verdict_of(outcome=replace(EXITED, exit_status=-11))
        self.assertEqual(verdict.kind, Kind.INFRASTRUCTURE)

    def test_every_verdict_has_its_own_exit_code(self) -> None:
        codes = [kind.exit_code for kind in Kind]
        self.assertEqual(len(set(codes)), len(codes))
        self.assertEqual([kind for kind in Kind if kind.exit_code == 0], [Kind.PASS])
        self.assertNotIn(2, codes)


if __name__ == "__main__":
    unittest.main()
