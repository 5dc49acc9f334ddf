# SPDX-License-Identifier: GPL-2.0-only
"""What the kernel said and what it counted: from its first line, its own lines only."""

from __future__ import annotations

import unittest

from percpu_vm.judge import patterns
from percpu_vm.judge.verdict import Kind, Verdict
from percpu_vm.model import plan

from judge.test_judge import CONSOLE, NONCE, PLAN, RESULTS, Case, verdict_of

BUILT_IN = plan.Plan(PLAN.steps[1:3], NONCE)


def console_with(*lines: str, at: str = "    5.00") -> str:
    """The good run's console with lines of the kernel's before the one of that time."""
    text = "".join(f"[    3.00] {line}\n" for line in lines)
    return CONSOLE.replace(f"[{at}]", f"{text}[{at}]", 1)


def dmesg_with(*lines: str, priority: int = 3) -> str:
    text = "".join(f"# dmesg <{priority}>[    3.00] {line}\n" for line in lines)
    return RESULTS.replace("# taint end", f"{text}# taint end", 1)


def known_with(*entries: str, splat: str = "BUG: ") -> patterns.Patterns:
    text = f'panic = ["x{{9}}"]\nprocess = ["y{{9}}"]\nsplat = ["{splat}"]'
    return patterns.parse(text, "\n".join(entries))


class FirstLineTest(Case):
    SPLAT = "WARNING: CPU: 0 PID: 1 at kmod/main.c:1 pscope_init+0x1/0x2"

    def test_splat_anywhere_on_the_console(self) -> None:
        for at in ("    0.10", "    1.40", "    1.80", "    5.00"):
            with self.subTest(before=at):
                verdict = verdict_of(console=console_with(self.SPLAT, at=at))
                self.expect(Kind.SPLAT, self.SPLAT, verdict)
                self.assertIn(self.SPLAT, verdict.bad_lines[0])

    def test_splat_only_in_dmesg(self) -> None:
        self.expect(Kind.SPLAT, self.SPLAT, verdict_of(dmesg_with(self.SPLAT)))
        early = f"# dmesg <4>[    0.20] {self.SPLAT}\n# dmesg <4>[    0.10] mtrr"
        self.expect(Kind.SPLAT, self.SPLAT, verdict_of(self.spoiled("# dmesg <4>[    0.10] mtrr", early)))

    def test_harmless_lines(self) -> None:
        for line in ("random: crng init done", "hrtimer: interrupt took 1000000 ns"):
            with self.subTest(line=line):
                self.assertEqual(verdict_of(console=console_with(line)).kind, Kind.PASS)

    def test_only_the_kernels_own_lines_count(self) -> None:
        # LOG_USER is 1, so 8 and above; on the console nothing tells but dmesg.
        for priority, kind in ((3, Kind.SPLAT), (11, Kind.PASS), (12, Kind.PASS)):
            with self.subTest(priority=priority):
                results = dmesg_with("WARNING: I am a test", priority=priority)
                console = console_with("WARNING: I am a test")
                self.assertEqual(verdict_of(results, console).kind, kind)
        # What dmesg does not know is the kernel's.
        self.assertEqual(verdict_of(console=console_with("WARNING: I am a test")).kind, Kind.SPLAT)

    def test_what_programs_write_to_the_terminal_is_not_the_kernels(self) -> None:
        console = CONSOLE.replace("[    5.00]", "WARNING: from a program\n[    5.00]")
        self.assertEqual(verdict_of(console=console).kind, Kind.PASS)
        # A kernel that does not print the time.
        self.assertEqual(verdict_of(console="WARNING: CPU: 0 PID: 1 at x\n").kind, Kind.SPLAT)
        glued = CONSOLE.replace("[    5.00]", "half a line[    3.00] BUG: bad\n[    5.00]")
        self.assertEqual(verdict_of(console=glued).kind, Kind.SPLAT)

    def test_caller_behind_the_time(self) -> None:
        console = CONSOLE.replace("[    5.00]", "[    3.00][   T77] WARNING: CPU: 0 PID: 77\n[    5.00]")
        self.assertEqual(verdict_of(console=console).kind, Kind.SPLAT)

    def test_program_that_died_of_its_own_fault(self) -> None:
        line = "pcpu[77]: segfault at 0 ip 0000000000401234 sp 00007ffd12345678 error 4 in pcpu"
        verdict = verdict_of(dmesg_with(line, priority=6))
        self.expect(Kind.TEST_FAILURE, "died of its own fault: [    3.00] pcpu[77]", verdict)

    def test_panic_though_qemu_exits_zero(self) -> None:
        line = "Kernel panic - not syncing: Fatal exception"
        console = CONSOLE.replace("[    5.00] reboot: Power down", f"[    5.00] {line}")
        cut = RESULTS[: RESULTS.index("ok 3 report")]
        self.expect(Kind.PANIC, line, verdict_of(cut, console))

    def test_panic_during_boot(self) -> None:
        console = "[    0.50] Kernel panic - not syncing: VFS: Unable to mount root fs\n"
        verdict = verdict_of("", console)
        self.assertEqual(verdict.kind, Kind.BOOT_FAILURE)
        self.assertIn("VFS", verdict.bad_lines[0])


class LostTest(Case):
    FIRST = "# dmesg <5>[    0.00] Linux version 6.1.0 (debian-kernel@lists.debian.org) (gcc-12)\n"
    LOST = "** 4711 printk messages dropped **"

    def test_dmesg_that_was_not_sent(self) -> None:
        lines = RESULTS.splitlines(keepends=True)
        blind = "".join(line for line in lines if not line.startswith("# dmesg"))
        self.expect(Kind.TEST_FAILURE, "nobody saw what it said", verdict_of(blind))

    def test_wrapped_dmesg_is_judged_and_told(self) -> None:
        verdict = verdict_of(self.spoiled(self.FIRST, ""))
        self.assertEqual(verdict.kind, Kind.PASS, verdict.reasons)
        self.assertIn("dmesg wrapped", verdict.remarks()[0])
        leak = "kmemleak: 3 new suspected memory leaks (see /sys/kernel/debug/kmemleak)"
        wrapped = dmesg_with(leak, priority=6).replace(self.FIRST, "")
        self.expect(Kind.SPLAT, leak, verdict_of(wrapped))
        self.assertEqual(verdict_of().remarks(), [])

    def test_messages_that_both_lost(self) -> None:
        console = console_with(self.LOST)
        self.expect(Kind.TEST_FAILURE, "dropped messages", verdict_of(self.spoiled(self.FIRST, ""), console))
        self.assertEqual(verdict_of(console=console).kind, Kind.PASS)


class CountedTest(Case):
    def tainted(self, start: int, end: int, signatures: bool = True, kunit: bool = False) -> str:
        results = self.spoiled("taint start 0", f"taint start {start}")
        results = results.replace("taint end 12288", f"taint end {end}")
        told = "# kernel checks-signatures\n" if signatures else ""
        told += "# kernel runs-kunit\n" if kunit else ""
        return results.replace("# kernel checks-signatures\n", told)

    def judged(self, results: str, built_in: bool) -> Verdict:
        if not built_in:
            return verdict_of(results)
        results = results.replace("1..4", "1..2").replace("ok 1 load\n", "")
        results = results.replace("ok 4 unload\n", "").replace("\nok 2", "\nok 1")
        return verdict_of(results.replace("\nok 3", "\nok 2"), planned=BUILT_IN)

    def test_taint(self) -> None:
        o, e, w, n, t = 4096, 8192, 512, 1 << 18, 1 << 17
        for built_in, start, end, signatures, kunit, kind in (
            (False, 0, o | e, True, False, Kind.PASS),
            (False, 0, o, False, False, Kind.PASS),
            (False, 0, o | e, False, False, Kind.SPLAT),
            (False, t, t | o | e, True, False, Kind.PASS),
            (False, 0, o | e | n, True, True, Kind.PASS),
            (False, 0, o | e | n, True, False, Kind.SPLAT),
            # While it was loaded: the baseline is from before.
            (False, 0, o | e | w, True, False, Kind.SPLAT),
            (False, w, o | e | w, True, False, Kind.SPLAT),
            (False, o, o | e, True, False, Kind.SPLAT),
            (True, 0, 0, True, False, Kind.PASS),
            (True, n, n, True, True, Kind.PASS),
            (True, n, n, True, False, Kind.SPLAT),
            (True, 0, o, True, False, Kind.SPLAT),
            (True, w, w, True, False, Kind.SPLAT),
            (True, 0, w, True, False, Kind.SPLAT),
        ):
            with self.subTest(built_in=built_in, start=start, end=end, signatures=signatures):
                verdict = self.judged(self.tainted(start, end, signatures, kunit), built_in)
                self.assertEqual(verdict.kind, kind, verdict.reasons)

    def test_taint_is_named(self) -> None:
        self.expect(Kind.SPLAT, "512 (W)", verdict_of(self.tainted(0, 12288 | 512)))
        self.expect(Kind.SPLAT, "(D W)", verdict_of(self.tainted(640, 12288)))

    def test_taint_not_told(self) -> None:
        for line in ("# taint start 0\n", "# taint end 12288\n"):
            with self.subTest(line=line):
                self.expect(Kind.TEST_FAILURE, "taint is not known", verdict_of(self.spoiled(line, "")))

    def test_warnings_that_no_line_tells(self) -> None:
        for name in ("warn_count", "oops_count"):
            for when in ("start", "end"):
                with self.subTest(name=name, when=when):
                    results = self.spoiled(f"{name} {when} 0", f"{name} {when} 1")
                    self.expect(Kind.SPLAT, "the kernel counted", verdict_of(results))

    def test_kernels_that_do_not_count(self) -> None:
        lines = RESULTS.splitlines(keepends=True)
        older = "".join(line for line in lines if "_count" not in line)
        self.assertEqual(verdict_of(older).kind, Kind.PASS)

    def test_what_is_excused_is_counted_by_the_kernel(self) -> None:
        known = known_with('[[exception]]\npattern = "BUG: race"\nreason = "a test"\ncounted = true')
        console = console_with("BUG: race")
        for count, kind in ((1, Kind.PASS), (2, Kind.SPLAT)):
            results = self.spoiled("warn_count end 0", f"warn_count end {count}")
            self.assertEqual(verdict_of(results, console, known=known).kind, kind)


class ExceptionTest(Case):
    def test_console_and_dmesg_are_judged_apart(self) -> None:
        # The console lost the module's frame, dmesg has it: a report is no mixture.
        entry = (
            '[[exception]]\npattern = "BUG: race"\nreason = "a test"\n'
            "unless = ' \\[ours\\]'\nuntil = 'end of it'"
        )
        known = known_with(entry)
        spoiled = "[    3.00] BUG: race\n[    3.00] end of it\n"
        console = CONSOLE.replace("[    5.00]", f"{spoiled}[    5.00]")
        whole = "".join(
            f"# dmesg [    3.00] {line}\n" for line in ("BUG: race", " f+0x1/0x2 [ours]", "end of it")
        )
        results = RESULTS.replace("# percpu end", f"{whole}# percpu end")
        self.assertEqual(verdict_of(results, console, known=known).kind, Kind.SPLAT)

    def test_exception_covers_its_line_and_target_only(self) -> None:
        line = "[    3.00] WARNING: CPU: 0 PID: 9 at known.c:1"
        console = CONSOLE.replace("[    5.00]", f"{line}\n[    5.00]")
        entry = '[[exception]]\npattern = "at known.c"\nreason = "a test"\ntargets = ["%s"]'
        good = known_with(entry % "a-*", splat="WARNING: CPU")
        self.assertEqual(verdict_of(console=console, known=good).kind, Kind.PASS)
        other = known_with(entry % "b-*", splat="WARNING: CPU")
        self.assertEqual(verdict_of(console=console, known=other).kind, Kind.SPLAT)
        unknown = console.replace("known.c", "other.c")
        self.assertEqual(verdict_of(console=unknown, known=good).kind, Kind.SPLAT)

    def test_exception_that_looks_at_the_whole_report(self) -> None:
        entry = (
            '[[exception]]\npattern = "BUG: race"\nreason = "a test"\n'
            "unless = ' \\[ours\\]'\nuntil = 'end of it'"
        )
        known = known_with(entry)
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

    def test_exception_passes_over_who_was_interrupted(self) -> None:
        entry = (
            '[[exception]]\npattern = "BUG: race"\nreason = "a test"\n'
            "unless = ' \\[ours\\]'\nuntil = 'end of it'\nbeyond = ' asm_sysvec'"
        )
        known = known_with(entry)
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

    def test_exceptions_that_were_used_are_told(self) -> None:
        known = known_with('[[exception]]\npattern = "BUG: race"\nreason = "known"')
        verdict = verdict_of(dmesg_with("BUG: race"), console_with("BUG: race", "BUG: race"), known=known)
        self.assertEqual(verdict.kind, Kind.PASS)
        # Both logs have them: twice, not three times.
        self.assertEqual(verdict.remarks(), ["excused, 2 times: BUG: race: known"])


if __name__ == "__main__":
    unittest.main()
