# SPDX-License-Identifier: GPL-2.0-only
"""Mutants: which there are, that each still fits the sources, and what is chosen."""

from __future__ import annotations

import tempfile
import unittest
from dataclasses import replace
from pathlib import Path

from percpu_vm.host import paths
from percpu_vm.host.errors import ScopeError
from percpu_vm.mutants import mutants, record, rules, run, sources
from percpu_vm.mutants.mutants import Checks, Mutant

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

    def test_a_function_may_be_of_another_room(self) -> None:
        of_two = ROOMS.replace('"A.*:B.c"', '"C.*"') + 'functions = ["t*"]\n'
        for text in (ROOMS + of_two, of_two + ROOMS):
            rooms = mutants.parse_rooms("rooms.toml", text)
            made = mutants.made_by_rule(rooms, mutants.Sources(self.root))
            asked = {one.name: one.checks.tests for one in made}
            self.assertEqual(asked, {"kmod/a.c:one:bound": "A.*:B.c", "kmod/a.c:two:bound": "C.*"})
            (by_hand,) = mutants.parse("m.toml", MUTANT, rooms, mutants.Sources(self.root))
            self.assertEqual(by_hand.checks.tests, "A.*:B.c")

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
        self.refused(MUTANT + 'on = "moon"\n', "neither host nor a target or its variation: moon")
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


class RealTest(unittest.TestCase):
    def test_what_was_killed_is_not_known_to_survive(self) -> None:
        self.assertFalse(set(record.load()) & set(mutants.survivors(mutants.load())))

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


if __name__ == "__main__":
    unittest.main()
