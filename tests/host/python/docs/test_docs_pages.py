# SPDX-License-Identifier: GPL-2.0-only
"""The pages themselves: fresh, complete, short, and naming only what is there."""

from __future__ import annotations

import re
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from percpu_vm.cli import main
from percpu_vm.docs import names, pages, static
from percpu_vm.docs.blocks import Block
from percpu_vm.host.paths import REPOSITORY
from percpu_vm.model import targets, variations

WIDTH = 100
LINES_OF_A_PARAGRAPH = 6
LINES_OF_README = 200


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def is_ignored(path: str) -> bool:
    asked = subprocess.run(["git", "check-ignore", "-q", path], cwd=REPOSITORY, check=False)
    return asked.returncode == 0


def repository() -> names.Repository:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    files = frozenset(name for name in listed.stdout.split("\0") if (REPOSITORY / name).is_file())
    rules = re.findall(r"^([a-z][a-z-]*):", text_of(REPOSITORY / "Makefile"), re.MULTILINE)
    rows = [v.full_name for target in targets.load_all() for v in variations.of(target)]
    helped = main.parser().format_help()
    return names.Repository(
        files=files,
        make_targets=frozenset(rules),
        targets=frozenset([*targets.names(), *rows, "own-kernel"]),
        verbs=frozenset(re.findall(r"^    ([a-z][a-z-]*)\b", helped, re.MULTILINE)),
        is_built=is_ignored,
        read=lambda page: text_of(REPOSITORY / page),
    )


class Fresh(unittest.TestCase):
    def test_what_needs_no_guest_is_up_to_date(self) -> None:
        if stale := pages.stale_without_a_guest():
            told = "\n".join(f"{place}\n{why}" for place, why in stale.items())
            self.fail(f"make docs makes these anew:\n{told}")

    def test_each_source_and_only_a_target_else_is_used(self) -> None:
        used = {one.block.source for one in pages.placed()}
        self.assertEqual(used - set(targets.names()), set(static.SOURCES))

    def test_a_stale_block_is_told_with_its_difference(self) -> None:
        block = Block("verdicts", "", static.SOURCES["verdicts"](Block("verdicts", "")))
        self.assertEqual(pages.static_problem(block), "")
        old = Block("verdicts", "", block.content.replace("| 13 |", "| 14 |"))
        self.assertIn("-| boot-failure | 14 |\n+| boot-failure | 13 |", pages.static_problem(old))

    def test_a_file_that_is_not_there_is_a_problem(self) -> None:
        self.assertTrue(pages.static_problem(Block("file", "none.cpp")))

    def test_a_stale_page_is_told(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder) / "page.md"
            page.write_text("<!-- generated: verdicts -->\nold\n<!-- end -->\n", encoding="utf-8")
            with mock.patch.multiple(pages, REPOSITORY=Path(folder), pages=lambda: [page]):
                (found,) = pages.stale_without_a_guest().items()
        self.assertIn("page.md: verdicts", found[0])
        self.assertIn("-old", found[1])


class Complete(unittest.TestCase):
    def test_what_is_named_is_there(self) -> None:
        there = repository()
        for page in pages.pages():
            name = str(page.relative_to(REPOSITORY))
            with self.subTest(page=name):
                self.assertEqual(names.problems(name, text_of(page), there), [])

    def test_the_index_leads_to_every_page(self) -> None:
        index = text_of(pages.FOLDER / "README.md")
        for page in pages.pages():
            if page.parent == pages.FOLDER and page.name != "README.md":
                self.assertIn(f"]({page.name})", index)
        self.assertIn("](docs/README.md)", text_of(REPOSITORY / "README.md"))

    def test_ci_runs_what_the_readme_calls_the_tests(self) -> None:
        self.assertIn("    make check ", text_of(REPOSITORY / "README.md"))
        self.assertRegex(text_of(REPOSITORY / ".ci" / "run"), r"(?m)^run_tests check$")


class Short(unittest.TestCase):
    def test_the_readme_is_read_in_five_minutes(self) -> None:
        lines = text_of(REPOSITORY / "README.md").splitlines()
        self.assertLessEqual(len(lines), LINES_OF_README)

    def test_paragraphs_are_short_and_lines_fit(self) -> None:
        for page in pages.pages():
            own = re.compile(r"^<!-- generated: .*?^<!-- end -->|^```.*?^```$", re.DOTALL | re.MULTILINE)
            text = own.sub("", text_of(page))
            for paragraph in re.split(r"\n\s*\n|\n(?=[-*] |\d+\. )", text):
                lines = [line for line in paragraph.splitlines() if not line.startswith("|")]
                with self.subTest(page=page.name, begins=lines[:1]):
                    self.assertLessEqual(len(lines), LINES_OF_A_PARAGRAPH)
                    self.assertLessEqual(max((len(line) for line in lines), default=0), WIDTH)


if __name__ == "__main__":
    unittest.main()
