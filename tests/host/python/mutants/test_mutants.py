# SPDX-License-Identifier: GPL-2.0-only
"""Mutants: which there are, that each still fits the sources, what is chosen, and what the
checks' answers mean. None is planted here."""

from __future__ import annotations

import subprocess
import tempfile
import unittest
from dataclasses import replace
from pathlib import Path
from unittest import mock

from percpu_vm.host import paths
from percpu_vm.host.errors import EXIT_INFRASTRUCTURE, ScopeError
from percpu_vm.judge.verdict import Kind
from percpu_vm.mutants import mutants, record, rules, run, sources, tree
from percpu_vm.mutants.record import Among
from percpu_vm.mutants.mutants import Checks, Mutant
from percpu_vm.runs import part
from percpu_vm.runs.part import Part

ROOMS = """
[[room]]
files = ["kmod/a.c"]
on = "host"
tests = "A.*:B.c"
rules = ["bound"]
"""
SOURCE = """\
/* one(x) < 2 */
static int one(int x)
{
	if (x < 2)
		return -EINVAL;
	put_cpu_ptr(p);
	return 0;
}

struct word {
	int x;
};

int two(void)
{
	return one("x < 3") < 4;
}
"""
MUTANT = """
[[mutant]]
name = "m"
file = "kmod/a.c"
function = "one"
replace = "x < 2"
with = "x < 3"
why = "because"
"""


class Folder(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        (self.root / "kmod").mkdir()
        (self.root / "kmod" / "a.c").write_text(SOURCE, encoding="utf-8")
        self.rooms = mutants.parse_rooms("rooms.toml", ROOMS)

    def parse(self, text: str) -> list[Mutant]:
        return mutants.parse("m.toml", text, self.rooms, mutants.Sources(self.root))

    def refused(self, text: str, why: str) -> None:
        with self.assertRaisesRegex(ScopeError, why):
            self.parse(text)


class SourcesTest(unittest.TestCase):
    def test_functions(self) -> None:
        found = sources.functions(SOURCE)
        self.assertEqual([function.name for function in found], ["one", "two"])
        self.assertTrue(SOURCE[found[0].start : found[0].end].startswith("{\n\tif"))

    def test_cpp(self) -> None:
        text = (
            "namespace a {\nnamespace {\nclass X {\n  int y() { return 1; }\n};\n"
            "std::map<int, int> table = {{1, 2}};\n"
            "X::X(int a)\n    : a_(a) {}\n}  // namespace\n"
            "template <typename T>\nint of(const T& t) {\n  return [&] { return t; }();\n}\n}\n"
        )
        self.assertEqual([f.name for f in sources.functions(text)], ["X::X", "of"])

    def test_names_that_a_macro_makes(self) -> None:
        text = "#define UPDATE(x) update_##x\nstatic void __maybe_unused UPDATE(inc)(int *p)\n{\n\t++*p;\n}\n"
        self.assertEqual([f.name for f in sources.functions(text)], ["UPDATE(inc)"])

    def test_comments_strings_and_directives_are_no_code(self) -> None:
        text = 'a // b\n/* c\nd */ "e" \'f\' g\n#define h \\\n i\nj\n'
        self.assertEqual(sources.blanked(text).split(), ["a", "g", "j"])
        self.assertEqual(len(sources.blanked(text)), len(text))

    def test_what_is_compiled_nowhere_is_no_code(self) -> None:
        text = "#ifdef CONFIG_KPROBES\nint a;\n#else\nint b;\n#endif\n"
        self.assertEqual(sources.blanked(text).split(), ["int", "a;"])


class RulesTest(unittest.TestCase):
    def made(self, rule: str, text: str) -> list[str]:
        return [text[: one.start] + one.text + text[one.end :] for one in rules.made(text, rule)]

    def body(self, rule: str, body: str) -> list[str]:
        return [text[len("int f(void)\n{") : -1] for text in self.made(rule, f"int f(void)\n{{{body}}}")]

    def test_each(self) -> None:
        for rule, before, after in (
            ("unended", "\tput_cpu_ptr(p);", "\t;"),
            ("unended", "\tlocal_unlock_irqrestore(&a, flags);", "\t;"),
            ("kept", "\tpscope_counter_put(counter);", "\t;"),
            ("unordered", " smp_wmb();", " ;"),
            ("unordered", " smp_store_release(&a, 1);", " WRITE_ONCE(a, 1);"),
            ("unordered", " x = smp_load_acquire(&a);", " x = READ_ONCE(a);"),
            ("bound", "a >= b", "a > b"),
            ("lost-error", "return -EINVAL;", "return 0;"),
            ("unrefused", "ret = -EBUSY;", "ret = 0;"),
            ("wrong-cpu", "f(a, cpu);", "f(a, 0);"),
            ("negated", "if (!a)", "if (a)"),
            ("either", "a && b", "a || b"),
            ("answer", "return true;", "return false;"),
            ("unthrown", "if (a) throw B(1);", "if (a) ;"),
            ("off-by-one", "a + 1;", "a;"),
        ):
            self.assertEqual(self.body(rule, before), [after], rule)

    def test_what_has_a_value_or_wants_memory_is_left_alone(self) -> None:
        self.assertEqual(self.body("kept", "x = kref_put(&a);"), [])
        self.assertEqual(self.body("lost-error", "return -ENOMEM;"), [])
        self.assertEqual(self.body("unthrown", "return a ? b : throw B();"), [])

    def test_names(self) -> None:
        names = [one.name for one in rules.made(SOURCE.replace("x < 2", "x < 2 || x > 8"), "bound")]
        self.assertEqual(names, ["one:bound", "one:bound-2", "two:bound"])


class DataTest(Folder):
    def test_by_hand(self) -> None:
        (mutant,) = self.parse(MUTANT)
        self.assertEqual((mutant.name, mutant.line, mutant.checks), ("m", 4, Checks("host", "A.*:B.c")))
        self.assertEqual(mutant.planted(SOURCE), SOURCE.replace("if (x < 2)", "if (x < 3)"))

    def test_by_rule(self) -> None:
        made = mutants.made_by_rule(self.rooms, mutants.Sources(self.root))
        self.assertEqual([one.name for one in made], ["kmod/a.c:one:bound", "kmod/a.c:two:bound"])
        self.assertIn('one("x < 3") <= 4', made[1].planted(SOURCE))

    def test_a_text_must_be_there_once(self) -> None:
        self.refused(MUTANT.replace('"x < 2"', '"y"'), "of m stands there 0 times")
        self.refused(MUTANT.replace('function = "one"\n', "").replace("x < 2", " < "), "of m stands there 4 times")
        self.refused(MUTANT.replace('"one"', '"three"'), "there is none called 'three'")
        self.refused(MUTANT.replace("x < 3", "x < 2"), "of m is what is there already")

    def test_files_and_fields(self) -> None:
        self.refused(MUTANT.replace("kmod/a.c", "kmod/b.c"), "a file that is not there")
        self.refused(MUTANT.replace("kmod/a.c", "scripts/a.c"), "of kmod/ and userspace/ alone")
        self.refused(MUTANT + 'odd = "x"\n', "odd is not a field")
        self.refused(MUTANT + 'tests = "A.*-A.b"\n', "no list of patterns")
        self.refused(MUTANT + 'on = "moon"\n', "neither host nor a target: moon")
        self.refused(MUTANT + "kunit = true\n", "needs a kernel")
        with self.assertRaisesRegex(ScopeError, "rules has 'odd'"):
            mutants.parse_rooms("rooms.toml", ROOMS.replace('"bound"', '"odd"'))

    def test_survivors(self) -> None:
        known = self.parse(MUTANT)
        row = '[[survivor]]\nname = "m"\nreason = "r"\n'
        self.assertEqual(mutants.parse_survivors("s.toml", row, known), {"m": "r"})
        for bad in (row.replace('"m"', '"n"'), row + row, row.replace('"r"', '" "')):
            with self.assertRaises(ScopeError):
                mutants.parse_survivors("s.toml", bad, known)

    def test_choice(self) -> None:
        known = [
            Mutant(name, file, "", Checks("host", "*"), 0, 0, "", 1)
            for name, file in (("a", "kmod/x.c"), ("b", "kmod/y.c"), ("c", "kmod/x.c"))
        ]
        names = [one.name for one in mutants.choose(known, [], 0, 1)]
        self.assertEqual(names, ["a", "c", "b"])
        self.assertEqual([one.name for one in mutants.choose(known, ["kmod/x.c"], 0, 1)], ["a", "c"])
        self.assertEqual(mutants.choose(known, [], 2, 7), mutants.choose(known, [], 2, 7))
        self.assertEqual(len(mutants.choose(known, [], 2, 7)), 2)
        self.assertEqual(len(mutants.choose(known, [], 9, 7)), 3)
        with self.assertRaisesRegex(ScopeError, "is called 'plot'"):
            mutants.choose(known, ["plot"], 0, 1)


class SaidTest(unittest.TestCase):
    def test_a_sanitizers_sum_comes_first(self) -> None:
        place = f"{paths.REPOSITORY}/userspace/x.cpp:1:2"
        for sum_ in (f"SUMMARY: AddressSanitizer: heap-buffer-overflow {place} in f",
                     f"{place}: runtime error: shift exponent 64 is too large"):  # fmt: skip
            said = part.said_of("\n".join(["[ RUN      ] A.b", sum_, *["Shadow bytes"] * 99]))
            self.assertEqual(said[0], sum_.replace(f"{paths.REPOSITORY}/", ""))
        self.assertEqual(part.said_of("one\ntwo"), ["one", "two"])


class RecordTest(unittest.TestCase):
    KNOWN = [Mutant(name, "kmod/x.c", "", Checks("host", "*"), 0, 0, "", 1) for name in "abc"]

    def test_what_is_chosen_from(self) -> None:
        def names(which: Among) -> str:
            return "".join(one.name for one in record.among(self.KNOWN, which, {"a": "T.t"}, {"c": "why"}))

        self.assertEqual(names(Among.ALL), "abc")
        self.assertEqual(names(Among.KILLED), "a")
        self.assertEqual(names(Among.NEW), "b")

    def test_what_came_is_taken_over_and_the_rest_stays(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            path = Path(name) / "killed.json"
            path.write_text('{"a": "T.t", "b": "T.t", "gone": "T.t"}', encoding="utf-8")
            record.write(self.KNOWN, {"b": None, "c": "panic: x"}, path)
            self.assertEqual(record.load(path), {"a": "T.t", "c": "panic: x"})

    def test_what_is_no_record_is_refused(self) -> None:
        for text in ("", "[]", '{"a": 1}', '{"a": ""}'):
            with self.assertRaisesRegex(ScopeError, "k.json"):
                record.parse("k.json", text)


class RealTest(unittest.TestCase):
    def test_what_was_killed_is_still_there(self) -> None:
        known = mutants.load()
        self.assertLessEqual(set(record.load()), {mutant.name for mutant in known})
        self.assertFalse(set(record.load()) & set(mutants.survivors(known)))

    def test_all_fit_the_sources(self) -> None:
        known = mutants.load()
        self.assertGreaterEqual(len(known), 150)
        for room in ("kmod/", "userspace/lib/", "userspace/inspect/"):
            self.assertTrue(any(mutant.file.startswith(room) for mutant in known), room)
        reasons = mutants.survivors(known)
        self.assertLessEqual(100 * len(reasons), (100 - run.GOAL_PERCENT) * len(known))

    def test_every_rule_makes_some(self) -> None:
        rooms = mutants.parse_rooms("rooms.toml", (mutants.FOLDER / "rooms.toml").read_text("utf-8"))
        for room in rooms:
            for rule in room.rules:
                one = replace(room, rules=(rule,))
                self.assertTrue(mutants.made_by_rule([one], mutants.Sources(paths.REPOSITORY)), rule)


class TreeTest(unittest.TestCase):
    def test_warnings_are_no_errors_in_the_copy(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            scripts = Path(name) / "scripts"
            scripts.mkdir()
            asking = "import os, sys\nprint(os.environ.get('CI'), sys.argv[1])\n"
            (scripts / "percpu-scope").write_text(asking, encoding="utf-8")
            with mock.patch.dict("os.environ", {"CI": "true"}):
                self.assertEqual(tree.ask(["x"], Path(name)), (0, "None x\n"))

    def test_the_copy_follows(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            root, copy = Path(name) / "root", Path(name) / "copy"
            (root / "kmod").mkdir(parents=True)
            subprocess.run(["git", "init", "-q", root], check=True)
            (root / ".gitignore").write_text("build/\n", encoding="utf-8")
            (root / "kmod" / "a.c").write_text("a", encoding="utf-8")
            (root / "run").write_text("b", encoding="utf-8")
            (root / "run").chmod(0o755)
            tree.refresh(root, copy)
            self.assertEqual(tree.names(root), [".gitignore", "kmod/a.c", "run"])
            self.assertTrue((copy / "run").stat().st_mode & 0o100)
            (copy / "build").mkdir()
            (copy / "build" / "kept").write_text("c", encoding="utf-8")
            (copy / "stale").write_text("d", encoding="utf-8")
            tree.plant("kmod/a.c", "planted", copy)
            before = (copy / "run").stat().st_mtime_ns
            tree.refresh(root, copy)
            self.assertEqual((copy / "kmod" / "a.c").read_text(encoding="utf-8"), "a")
            self.assertEqual((copy / "run").stat().st_mtime_ns, before)
            self.assertTrue((copy / "build" / "kept").exists())
            self.assertFalse((copy / "stale").exists())


class JudgeTest(unittest.TestCase):
    def fate(self, verdict: str, *said: str, **tests: str) -> tuple[run.Fate, str]:
        named = {name.replace("_", "."): status for name, status in tests.items()}
        return run.judge(Part(verdict, named, list(said)))

    def test_killed_by_a_test(self) -> None:
        self.assertEqual(
            self.fate("test-failure", steps="failed", A_b="failed", A_c="passed"),
            (run.Fate.KILLED, "A.b"),
        )

    def test_killed_by_the_kernel(self) -> None:
        for kind in (Kind.SPLAT, Kind.PANIC, Kind.HANG):
            dull = ("step guest-tests failed, exit status 1", "---[ cut here ]---")
            fate, by = self.fate(kind.value, *dull, "[   17.123456] BUG: x", A_b="failed")
            self.assertEqual((fate, by), (run.Fate.KILLED, f"{kind.value}: BUG: x"))

    def test_killed_by_an_end_before_its_time(self) -> None:
        fate = self.fate("test-failure", "[ RUN      ] A.b", "not done after 60 s")
        self.assertEqual(fate, (run.Fate.KILLED, "test-failure: not done after 60 s"))
        said = "x.cpp:1:2: runtime error: shift exponent 64 is too large"
        self.assertEqual(self.fate("test-failure", said, "[ RUN      ] A.b")[1], f"test-failure: {said}")

    def test_survived(self) -> None:
        self.assertEqual(self.fate("pass", A_b="passed")[0], run.Fate.SURVIVED)

    def test_the_machine_kills_nothing(self) -> None:
        for kind in (Kind.INFRASTRUCTURE, Kind.BOOT_FAILURE):
            self.assertEqual(self.fate(kind.value, "no room")[0], run.Fate.UNTRIED)

    def test_what_does_not_compile_is_no_mutant(self) -> None:
        fate, why = self.fate(part.NOT_BUILT, "building x failed:", "a.c:3: error: expected ';'")
        self.assertEqual((fate, "expected ';'" in why), (run.Fate.UNTRIED, True))
        fate, why = self.fate(part.NOT_BUILT, "a.c:3: error: static assertion failed: size")
        self.assertEqual((fate, why.startswith("the build:")), (run.Fate.KILLED, True))

    def test_control(self) -> None:
        checks = Checks("host", "A.*:B.c")
        good = Part("pass", {"A.x": "passed", "B.c": "passed"})
        self.assertEqual(run.control_complaint(checks, good), "")
        self.assertIn("called B.c", run.control_complaint(checks, Part("pass", {"A.x": "passed", "B.c": "skipped"})))
        self.assertIn("end in splat", run.control_complaint(checks, replace(good, verdict="splat")))
        both = run.joined([checks, Checks("host", "B.c:C.*", True)])
        self.assertEqual(both, Checks("host", "A.*:B.c:C.*", True))

    def test_summary(self) -> None:
        mutant = Mutant("m", "kmod/a.c", "w", Checks("host", "*"), 0, 0, "", 1)
        killed = run.Tried(mutant, run.Fate.KILLED, "A.b", 1)
        known = run.Tried(mutant, run.Fate.SURVIVED, "nothing", 1, "seen by lockdep alone")
        unknown, untried = replace(known, known=""), replace(killed, fate=run.Fate.UNTRIED)
        text, status = run.summary([killed, known])
        self.assertEqual((text.splitlines()[-1], status), ("1 passed, 0 failed, 1 skipped", 0))
        text, status = run.summary([killed, known, unknown])
        self.assertEqual((text.splitlines()[-1], status), ("1 passed, 1 failed, 1 skipped", 1))
        self.assertEqual(run.summary([killed, untried])[1], EXIT_INFRASTRUCTURE)
        self.assertIn("UNKNOWN: w", run.line(unknown))
        self.assertIn("as it must: seen by lockdep", run.line(known))


class PartTest(unittest.TestCase):
    def test_document(self) -> None:
        one = Part("pass", {"A.b": "passed"}, ["x"])
        self.assertEqual(part.parse(one.document()), one)
        self.assertEqual([Part("pass").exit_code, Part("splat").exit_code], [0, 10])
        self.assertEqual(Part(part.NOT_BUILT).exit_code, 1)


if __name__ == "__main__":
    unittest.main()
