# SPDX-License-Identifier: GPL-2.0-only
"""Links, files, commands and targets that pages name: each kind that is not there is found."""

from __future__ import annotations

import unittest

from percpu_vm.docs import names

REPOSITORY = names.Repository(
    files=frozenset({"README.md", "docs/a.md", "docs/b.md", "scripts/percpu-scope", "kmod/x/y.c"}),
    make_targets=frozenset({"check", "check-docs"}),
    targets=frozenset({"t-6.1", "t-6.1+8-cpus"}),
    verbs=frozenset({"exec"}),
    is_built=lambda path: path.endswith(".ko"),
    read=lambda page: f"# Of {page}\n\n## Two words, one: `code`\n",
)


def problems(text: str, page: str = "docs/a.md") -> list[str]:
    return names.problems(page, text, REPOSITORY)


class Names(unittest.TestCase):
    def test_what_is_there_is_no_problem(self) -> None:
        text = """# Title
[a](b.md), [b](../README.md), [c](../kmod/x/), [d](#title), [e](b.md#two-words-one-code),
[f](https://example.org/x), `kmod/x/y.c`, `kmod/`, `make check TARGET=t-6.1+8-cpus`,
`kmod/none/*.c`, `kmod/x/built.ko`, `verb_….cpp`, `build/user/none`, make sure.

    make check-docs
    scripts/percpu-scope exec t-6.1 'pcpu info'
<!-- generated: t-6.1: pcpu none -->
`make printed-by-a-guest`
<!-- end -->
"""
        self.assertEqual(problems(text), [])

    def test_what_is_not_there_is_one(self) -> None:
        for text, said in (
            ("[a](none.md)", "none.md"),
            ("[a](README.md)", "README.md"),
            ("[a](../../README.md)", "../../README.md"),
            ("[a](b.md#none)", "no such heading"),
            ("[a](#none)", "no such heading"),
            ("`kmod/none.c`", "kmod/none.c"),
            ("(`./kmod/none.c`)", "kmod/none.c"),
            ("`make none`", "make none"),
            ("    make none", "make none"),
            ("```sh\nmake none\n```", "make none"),
            ("`make check\nTARGET=t-6.2`", "TARGET=t-6.2"),
            ("`scripts/percpu-scope none`", "percpu-scope none"),
        ):
            with self.subTest(text=text):
                found = problems(text)
                self.assertEqual(len(found), 1, found)
                self.assertIn(said, found[0])


if __name__ == "__main__":
    unittest.main()
