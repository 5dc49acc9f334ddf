# SPDX-License-Identifier: GPL-2.0-only
"""Lines of real kernels, word for word (tests/host/lines/), and what each is judged as.

Every pattern is needed: there is a line that is not flagged any more without it.
"""

from __future__ import annotations

import re
import tomllib
import unittest
from dataclasses import dataclass
from pathlib import Path

from percpu_vm.host import paths
from percpu_vm.judge import patterns

FOLDER = paths.REPOSITORY / "tests" / "host" / "lines"
PATTERNS = patterns.load()


@dataclass(frozen=True)
class Line:
    origin: str
    text: str
    kernel: str
    file: str
    verdict: str

    def judged(self, known: patterns.Patterns = PATTERNS) -> str:
        """The worst that is found in it: of several lines, the first is what counts."""
        found = known.find(self.text.splitlines(), "a-target")
        return next((kind for kind in patterns.KINDS if found.at[kind]), "harmless")


def lines() -> list[Line]:
    found = []
    for path in sorted(FOLDER.glob("*.toml")):
        for item in tomllib.loads(path.read_text(encoding="utf-8"))["line"]:
            found.append(Line(path.name, **item))
    return found


class LinesTest(unittest.TestCase):
    def test_each_has_its_verdict(self) -> None:
        for line in lines():
            with self.subTest(file=line.origin, text=line.text):
                self.assertEqual(line.judged(), line.verdict)

    def test_every_pattern_is_needed_by_a_line(self) -> None:
        everything = lines()
        for kind in patterns.KINDS:
            for pattern in PATTERNS.bad[kind]:
                with self.subTest(kind=kind, pattern=pattern.pattern):
                    known = PATTERNS.without(kind, pattern)
                    wanting = [line for line in everything if line.judged(known) != line.verdict]
                    self.assertTrue(wanting, "no line needs it: take it out, or add its line")

    def test_every_alternative_of_a_pattern_is_needed(self) -> None:
        # (a|b|c) is three patterns: each of the words is in a line that the pattern finds.
        everything = lines()
        for kind in patterns.KINDS:
            for pattern in PATTERNS.bad[kind]:
                found = [line for line in everything if pattern.search(line.text)]
                for group in re.findall(r"\(((?!\?)[^()\[\]?*+]*\|[^()\[\]?*+]*)\)", pattern.pattern):
                    for word in group.split("|"):
                        with self.subTest(pattern=pattern.pattern, word=word):
                            self.assertTrue(any(re.search(word, line.text) for line in found))

    def test_every_exception_is_needed_by_a_line(self) -> None:
        everything = [line for line in lines() if line.verdict == "harmless"]
        for known in PATTERNS.exceptions:
            if known.counted:  # a whole report: test_kcsan.py
                continue
            with self.subTest(pattern=known.pattern.pattern):
                left = tuple(other for other in PATTERNS.exceptions if other is not known)
                fewer = patterns.Patterns(PATTERNS.bad, left)
                self.assertTrue([line for line in everything if line.judged(fewer) != "harmless"])

    def test_the_table_is_one(self) -> None:
        everything = lines()
        self.assertGreater(len(everything), 150)
        seen = [(line.text, line.file, line.kernel) for line in everything]
        self.assertEqual(len(seen), len(set(seen)))
        for line in everything:
            with self.subTest(file=line.origin, text=line.text):
                self.assertIn(line.verdict, (*patterns.KINDS, "harmless"))
                self.assertRegex(line.kernel, r"^\d+\.\d+$")
                self.assertRegex(line.file, r"^[a-z]+/[\w./-]+\.[ch]$")


class SameLineTest(unittest.TestCase):
    """A trace is passed over below a title that says it was asked for, and there alone."""

    def judged(self, *text: str) -> str:
        return Line("", "\n".join(text), "", "", "").judged()

    def test_trace_after_the_one_that_was_asked_for(self) -> None:
        asked = ("task:init            state:S stack:0", "Call Trace:", " schedule+0x1/0x2")
        self.assertEqual(self.judged(*asked), "harmless")
        self.assertEqual(self.judged(*asked, "foo: that went wrong", "Call Trace:"), "splat")

    def test_trace_far_below(self) -> None:
        filler = ["something else"] * 100
        self.assertEqual(self.judged("NMI backtrace for cpu 0", *filler, "Call Trace:"), "splat")


if __name__ == "__main__":
    unittest.main()
