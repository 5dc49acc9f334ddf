# SPDX-License-Identifier: GPL-2.0-only
"""The README's generated blocks: found, filled, and nothing else touched."""

from __future__ import annotations

import unittest

from percpu_vm.runs import readme
from percpu_vm.host.errors import ScopeError

TEXT = """before
<!-- generated: a-target-6.1: pcpu info | head -1 -->
old
<!-- end -->
between
<!-- generated: file: some/file.cpp -->
<!-- end -->
after
"""


class Blocks(unittest.TestCase):
    def test_are_found_with_source_and_argument(self) -> None:
        found = readme.blocks(TEXT)
        self.assertEqual(
            found,
            [
                readme.Block("a-target-6.1", "pcpu info | head -1"),
                readme.Block("file", "some/file.cpp"),
            ],
        )

    def test_are_replaced_and_the_rest_stays(self) -> None:
        new = readme.replace(TEXT, lambda block: f"{block.argument}  \nmore")
        self.assertIn("```text\npcpu info | head -1\nmore\n```\n<!-- end -->\nbetween", new)
        self.assertIn("```cpp\nsome/file.cpp\nmore\n```\n<!-- end -->\nafter\n", new)
        self.assertNotIn("old", new)
        self.assertEqual(readme.blocks(new), readme.blocks(TEXT))

    def test_without_output_a_block_is_left(self) -> None:
        self.assertEqual(readme.replace(TEXT, lambda _: None), TEXT)

    def test_a_table_is_not_fenced(self) -> None:
        new = readme.replace(TEXT, lambda _: "| a |\n| - |")
        self.assertIn(" -->\n\n| a |\n| - |\n\n<!-- end -->", new)
        self.assertNotIn("```", new)

    def test_filling_twice_changes_nothing(self) -> None:
        once = readme.replace(TEXT, lambda _: "same")
        self.assertEqual(readme.replace(once, lambda _: "same"), once)


class Excerpt(unittest.TestCase):
    def test_is_what_stands_between_the_marks(self) -> None:
        text = "a\n  // [README\n  b\n    c\n  // README]\nd\n"
        self.assertEqual(readme.excerpt(text), "b\n  c")

    def test_without_marks_is_an_error(self) -> None:
        with self.assertRaises(ScopeError):
            readme.excerpt("nothing\n")


if __name__ == "__main__":
    unittest.main()
