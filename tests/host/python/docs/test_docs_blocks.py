# SPDX-License-Identifier: GPL-2.0-only
"""Generated blocks of the documentation: found, filled, and nothing else touched."""

from __future__ import annotations

import unittest

from percpu_vm.docs import blocks, static
from percpu_vm.docs.blocks import Block
from percpu_vm.host.errors import ScopeError

TEXT = """before
<!-- generated: a-target-6.1: pcpu info | head -1 -->
```text
old
  line
```
<!-- end -->
between
<!-- generated: file: some/file.cpp -->
<!-- end -->
<!-- generated: targets -->

| a |

<!-- end -->
after
"""


class Blocks(unittest.TestCase):
    def test_are_found_with_source_argument_and_content(self) -> None:
        self.assertEqual(
            blocks.blocks(TEXT),
            [
                Block("a-target-6.1", "pcpu info | head -1", "old\n  line"),
                Block("file", "some/file.cpp", ""),
                Block("targets", "", "| a |"),
            ],
        )

    def test_are_replaced_and_the_rest_stays(self) -> None:
        new = blocks.replace(TEXT, lambda block: f"{block.argument}  \nmore")
        self.assertIn("```text\npcpu info | head -1\nmore\n```\n<!-- end -->\nbetween", new)
        self.assertIn("```cpp\nsome/file.cpp\nmore\n```\n<!-- end -->\n", new)
        self.assertTrue(new.startswith("before\n") and new.endswith("<!-- end -->\nafter\n"))
        self.assertNotIn("old", new)

    def test_a_table_is_not_fenced(self) -> None:
        new = blocks.replace(TEXT, lambda _: "| a |\n| - |")
        self.assertIn(" -->\n\n| a |\n| - |\n\n<!-- end -->", new)
        self.assertNotIn("```", new)

    def test_filled_with_what_stands_there_nothing_changes(self) -> None:
        once = blocks.replace(TEXT, lambda block: block.content or "new")
        self.assertEqual(blocks.replace(once, lambda block: block.content), once)

    def test_one_without_an_end_or_a_beginning_is_an_error(self) -> None:
        head, end = "<!-- generated: targets -->\n", "<!-- end -->\n"
        for text in (head, head + head + end, end, head + end + end, "<!-- generated targets -->\n"):
            with self.subTest(text=text), self.assertRaises(ScopeError):
                blocks.blocks(text)


class Excerpt(unittest.TestCase):
    def test_is_what_stands_between_the_marks(self) -> None:
        text = "a\n  // [docs\n  b\n    c\n  // docs]\nd\n"
        self.assertEqual(static.excerpt(text), "b\n  c")

    def test_without_marks_is_an_error(self) -> None:
        with self.assertRaises(ScopeError):
            static.excerpt("nothing\n")


class Matrix(unittest.TestCase):
    def row(self, name: str, passed: int) -> str:
        return f"| {name} | 6.1 | {passed} | 0 | 0 | pass | 1 | abc |"

    def test_rows_are_those_that_can_be_checked_now(self) -> None:
        now = static.matrix_table("", "", ["kept"]) + "\n" + self.row("gone", 1)
        self.assertNotIn("gone", static.matrix_table(now, "", ["kept"]))

    def test_a_new_measurement_wins_and_an_old_one_stays(self) -> None:
        now = "\n".join([self.row("a", 1), self.row("b", 2)])
        made = static.matrix_table(now, self.row("b", 3), ["a", "b", "c"]).splitlines()[2:]
        self.assertEqual(made[:2], [self.row("a", 1), self.row("b", 3)])
        self.assertEqual(made[2].count("|"), made[0].count("|"))
        self.assertIn("| c |", made[2])


class Packages(unittest.TestCase):
    def test_by_purpose_with_choices(self) -> None:
        text = "# a comment\nrun  a\n\nrun  b|c\nlint d  amd64,arm64\n"
        self.assertEqual(static.packages(text), {"run": ["a", "b or c"], "lint": ["d (on amd64, arm64)"]})


if __name__ == "__main__":
    unittest.main()
