# SPDX-License-Identifier: GPL-2.0-only
"""The module grafted into a kernel's sources."""

from __future__ import annotations

import shutil
import tempfile
import unittest
from pathlib import Path

from percpu_vm.model import plan
from percpu_vm.runs import in_tree, runs
from percpu_vm.vm import qemu
from percpu_vm.host.errors import ScopeError


class GraftTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.source, self.tree = Path(folder.name) / "source", Path(folder.name) / "tree"
        misc = self.source / "drivers/misc"
        misc.mkdir(parents=True)
        (self.source / "Makefile").write_text("all:\n", encoding="utf-8")
        (self.source / "drivers/base").mkdir()
        (misc / "Kconfig").write_text('menu "Misc"\nconfig A\nendmenu\n', encoding="utf-8")
        (misc / "Makefile").write_text("obj-y += a.o\n", encoding="utf-8")
        (misc / "a.c").touch()

    def test_ours_is_in_and_theirs_is_linked(self) -> None:
        for _ in range(2):  # a second time over the first
            in_tree.graft(self.source, self.tree)
        misc = self.tree / "drivers/misc"
        self.assertTrue((self.tree / "Makefile").is_symlink())
        self.assertTrue((misc / "a.c").is_symlink())
        self.assertTrue((misc / "percpu_scope/main.c").is_file())
        self.assertTrue((misc / "percpu_scope/uapi/percpu_scope.h").is_file())
        self.assertIn("percpu_scope/Kconfig\"\nendmenu", (misc / "Kconfig").read_text("utf-8"))
        self.assertIn("CONFIG_PERCPU_SCOPE", (misc / "Makefile").read_text("utf-8"))

    def test_the_source_stays_as_it_was(self) -> None:
        before = {p: p.read_bytes() for p in self.source.rglob("*") if p.is_file()}
        in_tree.graft(self.source, self.tree)
        self.assertEqual({p: p.read_bytes() for p in self.source.rglob("*") if p.is_file()}, before)

    def test_another_source_package_replaces_the_first(self) -> None:
        in_tree.graft(self.source, self.tree)
        newer = self.source.with_name("newer")
        shutil.copytree(self.source, newer)
        (newer / "drivers/misc/a.c").rename(newer / "drivers/misc/b.c")
        in_tree.graft(newer, self.tree)
        misc = self.tree / "drivers/misc"
        self.assertEqual((self.tree / "Makefile").readlink(), newer / "Makefile")
        self.assertEqual((misc / "b.c").readlink(), newer / "drivers/misc/b.c")
        self.assertFalse((misc / "a.c").is_symlink())
        self.assertTrue((misc / "percpu_scope/main.c").is_file())

    def test_counters_outside_the_per_cpu_section_are_found(self) -> None:
        names = ("pscope_plain", "pscope_first", "pscope_page_aligned")

        def system_map(*addresses: int) -> None:
            symbols = zip(("__per_cpu_start", "__per_cpu_end", *names), (0x1000, 0x2000, *addresses))
            text = "".join(f"{address:016x} D {name}\n" for name, address in symbols)
            (self.source / "System.map").write_text(text, encoding="utf-8")

        system_map(0x1000, 0x1008, 0x1FF8)
        in_tree.check_built_in(self.source)
        for addresses in ((0x1000, 0x1008, 0x2000), (0x0FF8, 0x1008, 0x1010), (0x1000, 0x1008)):
            system_map(*addresses)
            with self.subTest(addresses=addresses), self.assertRaises(ScopeError):
                in_tree.check_built_in(self.source)

    def test_nothing_is_loaded_into_a_kernel_that_has_it(self) -> None:
        kinds = [step.kind for step in runs.built_in_plan(qemu.TCG).steps]
        self.assertEqual(kinds, [plan.Kind.KTAP, plan.Kind.TEXT])

    def test_a_kconfig_without_an_end(self) -> None:
        with self.assertRaises(ScopeError):
            in_tree.hooked_kconfig("config A\n")
