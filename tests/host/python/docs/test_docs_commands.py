# SPDX-License-Identifier: GPL-2.0-only
"""`make docs` and `make check-docs` on a page of their own; the guest is a table of outputs."""

from __future__ import annotations

import contextlib
import io
import tempfile
import unittest
from collections.abc import Iterable, Mapping
from pathlib import Path
from unittest import mock

from percpu_vm.docs import live, pages
from percpu_vm.docs.blocks import Block
from percpu_vm.host.errors import ScopeError

PAGE = """# A page
<!-- generated: verdicts -->
<!-- end -->
<!-- generated: a-target: pcpu count-calls f -->
<!-- end -->
<!-- generated: a-target: cat /etc/motd -->
<!-- end -->
"""
CALLS = "cpu  calls\n0    {:>5}\n"


class Commands(unittest.TestCase):
    def setUp(self) -> None:
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.page = folder / "page.md"
        self.page.write_text(PAGE, encoding="utf-8")
        self.printed = {"pcpu count-calls f": CALLS.format(7), "cat /etc/motd": "hello 7\n"}
        self.failing: set[str] = set()
        self.enterContext(
            mock.patch.multiple(pages, REPOSITORY=folder, pages=lambda: [self.page])
        )
        self.enterContext(mock.patch.object(live, "outputs", self.outputs))

    def outputs(self, blocks: Iterable[Block]) -> Mapping[tuple[str, str], live.Output]:
        return {
            (block.source, block.argument): live.Output(
                self.printed[block.argument], block.argument not in self.failing
            )
            for block in blocks
        }

    def check(self) -> tuple[int, str]:
        said = io.StringIO()
        with contextlib.redirect_stdout(said):
            status = pages.check()
        return status, said.getvalue()

    def test_an_empty_page_is_stale_and_a_filled_one_is_not(self) -> None:
        status, said = self.check()
        self.assertEqual(status, 1)
        self.assertTrue(said.endswith("\n0 passed, 3 failed, 0 skipped\n"), said)
        self.assertEqual(pages.update(), [self.page])
        self.assertEqual(self.check(), (0, "3 passed, 0 failed, 0 skipped\n"))
        self.assertEqual(pages.update(), [])

    def test_numbers_that_vary_are_not_stale(self) -> None:
        pages.update()
        self.printed["pcpu count-calls f"] = CALLS.format(12345)
        self.assertEqual(self.check()[0], 0)

    def test_a_live_block_that_says_something_else_is_stale(self) -> None:
        pages.update()
        self.printed["cat /etc/motd"] = "hello 8\n"
        status, said = self.check()
        self.assertEqual(status, 1)
        self.assertIn("STALE: page.md: a-target: cat /etc/motd\n", said)
        self.assertIn("\n-hello 7\n+hello 8\n", said)
        self.assertTrue(said.endswith("\n2 passed, 1 failed, 0 skipped\n"), said)

    def test_a_static_block_that_says_something_else_is_stale(self) -> None:
        pages.update()
        text = self.page.read_text(encoding="utf-8")
        self.page.write_text(text.replace("| panic | 11 |", "| panic | 9 |"), encoding="utf-8")
        status, said = self.check()
        self.assertEqual(status, 1)
        self.assertIn("-| panic | 9 |\n+| panic | 11 |", said)

    def test_a_command_that_fails_is_told_and_fills_nothing(self) -> None:
        self.failing.add("cat /etc/motd")
        self.assertIn("the command failed:\nhello 7", self.check()[1])
        with self.assertRaisesRegex(ScopeError, "failed: cat /etc/motd"):
            pages.update()
        self.assertEqual(self.page.read_text(encoding="utf-8"), PAGE)

    def test_without_any_block_nothing_was_compared(self) -> None:
        self.page.write_text("# A page\n", encoding="utf-8")
        self.assertEqual(self.check(), (1, "0 passed, 0 failed, 0 skipped\n"))


if __name__ == "__main__":
    unittest.main()
