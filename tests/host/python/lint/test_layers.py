# SPDX-License-Identifier: GPL-2.0-only
"""The check that no file of the module calls one behind it."""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

from percpu_vm.host import paths

sys.path.insert(0, str(Path(__file__).resolve().parents[4] / "scripts" / "lint"))

import layers  # noqa: E402

KBUILD = "percpu_scope-y := low.o \\\n\t\tkinds/mid.o\npercpu_scope-$(CONFIG_X) += top.o\n"


class OrderTest(unittest.TestCase):
    def test_reads_kbuild_over_lines_and_conditions(self) -> None:
        self.assertEqual(layers.order(KBUILD), ["low", "kinds/mid", "top"])

    def test_the_real_one_has_all_files(self) -> None:
        objects = layers.order((paths.KMOD / "Kbuild").read_text(encoding="utf-8"))
        for path in paths.KMOD.rglob("*.c"):
            self.assertIn(str(path.relative_to(paths.KMOD).with_suffix("")), objects)


class IncludeTest(unittest.TestCase):
    def setUp(self) -> None:
        self.objects = layers.order(KBUILD)
        self.files = {
            "low.c": '#include "low.h"\n',
            "low.h": "",
            "kinds/mid.c": '#include "../low.h"\n#include "mid.h"\n#include "plain.h"\n',
            "kinds/mid.h": "",
            "kinds/plain.h": "",
            "top.c": '#include "kinds/mid.h"\n',
        }

    def problems(self, **changed: str) -> list[str]:
        files = self.files | {name.replace("__", "/").replace("_c", ".c").replace("_h", ".h"): text
                              for name, text in changed.items()}
        return list(layers.include_problems(files, self.objects))

    def test_downward_is_right(self) -> None:
        self.assertEqual(self.problems(), [])

    def test_upward_is_a_cycle_to_come(self) -> None:
        found = self.problems(low_c='#include "kinds/mid.h"\n')
        self.assertEqual(found, ["low.c includes kinds/mid.h of a file behind it in Kbuild"])

    def test_upward_from_a_header_is_no_better(self) -> None:
        found = self.problems(low_h='#include "kinds/mid.h"\n')
        self.assertEqual(found, ["low.h includes kinds/mid.h of a file behind it in Kbuild"])

    def test_upward_by_way_of_a_header_without_a_file(self) -> None:
        self.files["low.c"] = '#include "kinds/plain.h"\n'
        found = self.problems(kinds__plain_h='#include "mid.h"\n')
        self.assertEqual(
            found, ["low.c includes kinds/plain.h, and with it kinds/mid.h, which is behind it"]
        )

    def test_what_kbuild_does_not_have_and_what_is_not_there(self) -> None:
        self.files["lost.c"] = '#include "nowhere.h"\n'
        self.assertEqual(
            self.problems(),
            ["lost.c is not in Kbuild", "lost.c includes nowhere.h, which is not there"],
        )


class SymbolTest(unittest.TestCase):
    def problems(self, low: str, top: str) -> list[str]:
        return list(layers.symbol_problems({"low": low, "top": top}, ["low", "top"]))

    def test_a_call_of_what_is_before(self) -> None:
        self.assertEqual(self.problems("0000 T pscope_low\n", "     U pscope_low\n     U printk\n"), [])

    def test_a_call_of_what_is_behind(self) -> None:
        self.assertEqual(
            self.problems("     U pscope_top\n", "0000 T pscope_top\n"),
            ["low.o needs pscope_top of top.o, which is behind it in Kbuild"],
        )

    def test_data_and_what_is_local(self) -> None:
        self.assertEqual(self.problems("     U pscope_kind\n", "0000 R pscope_kind\n"), [
            "low.o needs pscope_kind of top.o, which is behind it in Kbuild"
        ])
        self.assertEqual(self.problems("     U start\n", "0000 t start\n"), [])


if __name__ == "__main__":
    unittest.main()
