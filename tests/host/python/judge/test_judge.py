# SPDX-License-Identifier: GPL-2.0-only
"""The judge against fixtures: one good run, and every way to spoil it.

Each test starts from the same passing run and changes one thing, so that a
judge that passes everything, or nothing, fails here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import unittest

from percpu_vm.model import outcome, plan
from percpu_vm.host import paths
from percpu_vm.judge import judge, patterns
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
# taint start 0
# warn_count start 0
# oops_count start 0
# percpu start 1024
# kernel checks-signatures
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
# dmesg <5>[    0.00] Linux version 6.1.0 (debian-kernel@lists.debian.org) (gcc-12)
# dmesg <4>[    0.10] mtrr: your CPUs had inconsistent fixed MTRR settings
# dmesg <11>[    1.40] percpu-scope: start {NONCE}
# dmesg <4>[    1.80] percpu_scope: loading out-of-tree module taints kernel.
# taint end 12288
# warn_count end 0
# oops_count end 0
# percpu end 1100
# percpu-scope end {NONCE}
"""
CONSOLE = f"""\
[    0.10] mtrr: your CPUs had inconsistent fixed MTRR settings
[    1.40] percpu-scope: start {NONCE}
[    1.80] percpu_scope: loading out-of-tree module taints kernel.
[    5.00] reboot: Power down
"""
EXITED = outcome.Outcome(outcome.Ending.EXITED, 0, 6.0, 2.0, 0.0, "guest-shutdown")
PATTERNS = patterns.load()


def verdict_of(
    results: str = RESULTS,
    console: str = CONSOLE,
    ended: outcome.Outcome = EXITED,
    skips: tuple[AllowedSkip, ...] = (),
    known: patterns.Patterns = PATTERNS,
    log: str = "",
    planned: plan.Plan = PLAN,
    remembered: dict[str, int] | None = None,
) -> Verdict:
    evidence = judge.Evidence(console, results, log, ended)
    rules = judge.Rules(known, "a-target", 2, skips, remembered)
    return judge.judge(evidence, planned, rules)


class Case(unittest.TestCase):
    def expect(self, kind: Kind, reason: str, verdict: Verdict) -> None:
        self.assertEqual(verdict.kind, kind, verdict.reasons)
        self.assertIn(reason, "\n".join(verdict.reasons))
        self.assertGreater(verdict.failed, 0)
        self.assertNotEqual(verdict.kind.exit_code, 0)

    def spoiled(self, old: str, new: str) -> str:
        self.assertIn(old, RESULTS)
        return RESULTS.replace(old, new, 1)


class JudgeTest(Case):
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

    def test_percpu_memory_that_grew(self) -> None:
        results = self.spoiled("percpu end 1100", "percpu end 3100")
        self.expect(Kind.TEST_FAILURE, "grew from 1024 kB to 3100 kB", verdict_of(results))

    def test_percpu_memory_not_told(self) -> None:
        for line in ("# percpu start 1024\n", "# percpu end 1100\n"):
            with self.subTest(line=line):
                self.expect(Kind.TEST_FAILURE, "memory the kernel held", verdict_of(self.spoiled(line, "")))

    def test_skip_not_allowed(self) -> None:
        results = self.spoiled("Abi.Sizes", "Abi.Sizes # SKIP no time")
        self.expect(Kind.TEST_FAILURE, "which is not allowed: no time", verdict_of(results))

    def test_too_many_skips(self) -> None:
        results = RESULTS
        for test, kind, reason in (
            ("Abi.Sizes", Kind.PASS, ""),
            ("Address.Identity", Kind.TEST_FAILURE, "2 of 3 tests skipped, so too little"),
            ("Conservation.Task", Kind.TEST_FAILURE, "every test skipped, so too little"),
        ):
            results = results.replace(test, f"{test} # SKIP x")
            verdict = verdict_of(results, skips=(AllowedSkip("*", "all of them", "."),))
            self.assertEqual(verdict.kind, kind, verdict.reasons)
            self.assertIn(reason, "\n".join(verdict.reasons))

    def test_skip_for_another_reason_is_not_allowed(self) -> None:
        results = self.spoiled("Abi.Sizes", "Abi.Sizes # SKIP cannot open the device")
        for says, kind in (("has no BTF", Kind.TEST_FAILURE), ("cannot open", Kind.PASS)):
            verdict = verdict_of(results, skips=(AllowedSkip("Abi.*", "known", says),))
            self.assertEqual(verdict.kind, kind, verdict.reasons)

    def test_fewer_tests_than_remembered(self) -> None:
        verdict = verdict_of(remembered={"guest-tests": 4})
        self.expect(Kind.TEST_FAILURE, "guest-tests: 3 tests, and there were 4", verdict)

    def test_more_tests_than_remembered_are_told(self) -> None:
        verdict = verdict_of(remembered={"guest-tests": 1})
        self.assertEqual(verdict.kind, Kind.PASS, verdict.reasons)
        self.assertIn("guest-tests: 3 tests, 2 more than remembered", verdict.remarks())
        self.assertEqual(verdict_of(remembered={"guest-tests": 3}).remarks(), [])

    def test_skip_allowed(self) -> None:
        results = self.spoiled("Abi.Sizes", "Abi.Sizes # SKIP no time")
        verdict = verdict_of(results, skips=(AllowedSkip("Abi.*", "known", "no time"),))
        self.assertEqual(verdict.kind, Kind.PASS, verdict.reasons)
        self.assertEqual((verdict.passed, verdict.skipped), (5, 1))

    def test_skip_of_another_test_is_not_allowed(self) -> None:
        results = self.spoiled("Abi.Sizes", "Abi.Sizes # SKIP no time")
        verdict = verdict_of(results, skips=(AllowedSkip("Address.*", "known", "."),))
        self.expect(Kind.TEST_FAILURE, "not allowed", verdict)

    def test_skipped_step_is_a_failure(self) -> None:
        results = self.spoiled("ok 4 unload", "ok 4 unload # SKIP later")
        self.expect(Kind.TEST_FAILURE, "step unload failed", verdict_of(results))

    def test_exit_zero_and_silence(self) -> None:
        self.expect(Kind.BOOT_FAILURE, "never started its plan", verdict_of("", "SeaBIOS\n"))

    def test_exit_zero_right_after_the_start(self) -> None:
        head = RESULTS[: RESULTS.index("ok 1 load")]
        self.expect(Kind.TEST_FAILURE, "without its end token", verdict_of(head))


class RoomTest(unittest.TestCase):
    def test_the_judge_starts_nothing(self) -> None:
        # What it stands on knows of no guest, and of no way to start one.
        script = "import sys, percpu_vm.judge.judge; print(*sorted(sys.modules))"
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONPATH": str(paths.SCRIPTS)},
            capture_output=True,
            text=True,
            check=True,
        )
        rooms = {name.split(".")[1] for name in done.stdout.split() if name.startswith("percpu_vm.")}
        self.assertLessEqual(rooms, {"judge", "model", "host"})


if __name__ == "__main__":
    unittest.main()
