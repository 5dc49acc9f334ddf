# SPDX-License-Identifier: GPL-2.0-only
"""Kernels built of their source: fragments, keys, progress, what a build leaves."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import unittest.mock
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from percpu_vm.build import kernel_build, kernel_config, source_kernel
from percpu_vm.host import paths, progress
from percpu_vm.model import targets
from percpu_vm.runs import in_tree
from percpu_vm.host.errors import ScopeError

# A kernel's Makefile as far as a build can see: Kconfig drops what it does not know.
FAKE_MAKEFILE = """\
tinyconfig:
\t@echo '# CONFIG_TINY is not set' >$(O)/.config
olddefconfig:
\t@sed -i '/CONFIG_UNKNOWN/d' $(O)/.config
bzImage:
\t@echo '  CC      init/main.o'
\t@mkdir -p $(O)/arch/x86/boot $(O)/include/config $(O)/init $(O)/scripts
\t@touch $(O)/init/main.o $(O)/scripts/tool.o
\t@echo 'kernel/x.c:1: error: told to fail'; test ! -e $(O)/../fail
\t@echo '+' >>$(O)/../built; test ! -e $(O)/../slow || { touch $(O)/../started; sleep 30; }
\t@echo image >$(O)/arch/x86/boot/bzImage
\t@echo 7.3.4-fake >$(O)/include/config/kernel.release
modules:
\t@touch $(O)/Module.symvers
.NOTPARALLEL:
"""


class ConfigTest(unittest.TestCase):
    def test_later_fragments_win(self) -> None:
        joined = kernel_config.join(
            [
                ("a", '# a word about it\n\nCONFIG_A=y\nCONFIG_NAME="-x y"\n'),
                ("b", "# CONFIG_A is not set\nCONFIG_B=m\n"),
            ]
        )
        self.assertEqual(joined, {"CONFIG_A": "n", "CONFIG_NAME": '"-x y"', "CONFIG_B": "m"})
        self.assertEqual(kernel_config.options(kernel_config.render(joined)), joined)

    def test_what_is_no_option_is_an_error(self) -> None:
        for text in ("CONFIG_A", "A=y", "CONFIG_A = y", "#CONFIG_A=y"):
            with self.subTest(text=text):
                with self.assertRaisesRegex(ScopeError, "some.config:2: not an option"):
                    kernel_config.join([("some.config", f"CONFIG_B=y\n{text}\n")])

    def test_what_was_dropped_is_told(self) -> None:
        asked = {"CONFIG_A": "y", "CONFIG_B": "y", "CONFIG_C": "n", "CONFIG_D": "n", "CONFIG_E": "1"}
        final = {"CONFIG_A": "y", "CONFIG_C": "n", "CONFIG_E": "2", "CONFIG_F": "y"}
        told = kernel_config.differences(asked, final)
        self.assertEqual([line.split()[0] for line in told], ["CONFIG_B=y", "CONFIG_E=1"])
        # A module where it was to be built in, something where it was to be nothing.
        self.assertTrue(kernel_config.differences({"CONFIG_A": "y"}, {"CONFIG_A": "m"}))
        self.assertTrue(kernel_config.differences({"CONFIG_A": "n"}, {"CONFIG_A": "y"}))

    def test_every_fragment_is_valid_and_used(self) -> None:
        used: set[str] = set()
        for target in targets.load_all():
            if isinstance(target.kernel, targets.SourceKernel):
                used.update(target.kernel.fragments)
                kernel_config.join(map(source_kernel.fragment, target.kernel.fragments))
        used |= {*in_tree.BUILT_IN.fragments, *in_tree.AS_A_MODULE.fragments}
        self.assertEqual(used, {path.name for path in paths.KERNEL_FRAGMENTS.iterdir()})

    def test_a_fragment_is_a_file_of_ours(self) -> None:
        for name in ("nonsense.config", "../targets/common/x86.toml", ""):
            with self.subTest(name=name), self.assertRaisesRegex(ScopeError, "no fragment"):
                source_kernel.fragment(name)


class ProgressTest(unittest.TestCase):
    def setUp(self) -> None:
        self.now = 0.0
        self.stream = io.StringIO()

    def progress(self, expected: int, done: int = 0) -> progress.Progress:
        return progress.Progress("x", expected, done, self.stream, lambda: self.now)

    def test_only_compiling_counts(self) -> None:
        counted = ["  CC      init/main.o", "  CC [M]  net/x.o", "  AS      arch/x86/entry/entry.o"]
        others = ["  LD      vmlinux", "init/main.c:1: warning: CC", "  HOSTCC  scripts/x", "  CCX a", ""]
        self.assertTrue(all(map(progress.is_step, counted)))
        self.assertFalse(any(map(progress.is_step, others)))

    def test_estimate(self) -> None:
        shown = self.progress(100)
        self.assertNotIn("left", shown.line())
        self.now = 50.0
        for _ in range(10):
            shown.take("  CC      a.o")
        # 5 s each, 90 to go.
        self.assertEqual(shown.line(), "x: 10 of about 100 files, about 8 min left")

    def test_an_earlier_run_counts_but_not_for_the_pace(self) -> None:
        shown = self.progress(100, done=89)
        self.now = 10.0
        shown.take("  CC      a.o")
        self.assertEqual(shown.line(), "x: 90 of about 100 files, about 2 min left")

    def test_more_than_expected(self) -> None:
        shown = self.progress(1, done=3)
        self.assertEqual(shown.line(), "x: 3 of about 3 files, linking")

    def test_a_log_gets_few_lines(self) -> None:
        shown = self.progress(10000)
        for second in range(100):
            self.now = float(second)
            shown.take("  CC      a.o")
        shown.end("built")
        lines = self.stream.getvalue().splitlines()
        self.assertEqual(len(lines), 11)
        self.assertEqual(lines[-1], "x: built after 1.6 min")

    def test_a_terminal_has_one_line(self) -> None:
        with unittest.mock.patch.object(self.stream, "isatty", return_value=True):
            shown = self.progress(10)
        shown.take("  CC      a.o")
        shown.end("built")
        self.assertEqual(self.stream.getvalue().count("\n"), 1)
        self.assertEqual(self.stream.getvalue().count("\r\033[K"), 2)


class BuildTest(unittest.TestCase):
    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.root = Path(holder.name)
        (self.root / "source").mkdir()
        (self.root / "source/Makefile").write_text(FAKE_MAKEFILE)
        patch = unittest.mock.patch.dict(os.environ, {"XDG_CACHE_HOME": holder.name})
        patch.start()
        self.addCleanup(patch.stop)
        self.kernels = paths.cache() / "kernels"
        self.recipe = kernel_build.Recipe(
            name="fake",
            source=self.root / "source",
            version="7.3.4-1",
            arch="amd64",
            kbuild_arch="x86",
            compiler="gcc",
            make_arguments=(),
            asked={"CONFIG_A": "y"},
            files=2,
        )

    def build(self, recipe: kernel_build.Recipe | None = None) -> kernel_build.Built:
        with contextlib.redirect_stderr(io.StringIO()):
            return kernel_build.build(recipe or self.recipe)

    def times_built(self) -> int:
        log = self.kernels / "built"
        return len(log.read_text().splitlines()) if log.is_file() else 0

    def test_built_once(self) -> None:
        built = self.build()
        self.assertEqual(built.release, "7.3.4-fake")
        self.assertEqual(built.image.read_text(), "image\n")
        config = built.image.with_name("config-7.3.4-fake").read_text()
        self.assertEqual(kernel_config.options(config), {"CONFIG_TINY": "n", "CONFIG_A": "y"})
        self.assertEqual(self.build(), built)
        self.assertEqual(self.times_built(), 1)

    def test_objects_go_and_tools_stay(self) -> None:
        tree = self.build().tree
        self.assertFalse((tree / "init/main.o").exists())
        self.assertTrue((tree / "scripts/tool.o").is_file())
        self.assertTrue((tree / "Module.symvers").is_file())

    def test_the_key_is_source_configuration_and_compiler(self) -> None:
        recipes = [
            self.recipe,
            replace(self.recipe, version="7.3.4-2"),
            replace(self.recipe, asked={"CONFIG_A": "m"}),
            replace(self.recipe, asked={"CONFIG_A": "y", "CONFIG_B": "n"}),
            replace(self.recipe, make_arguments=("X=1",)),
        ]
        keys = [recipe.key("gcc") for recipe in recipes] + [self.recipe.key("another gcc")]
        self.assertEqual(len(set(keys)), len(keys))
        # The estimate is no part of the kernel.
        self.assertEqual(replace(self.recipe, files=9).key("gcc"), keys[0])

    def test_an_option_that_was_dropped(self) -> None:
        recipe = replace(self.recipe, asked={"CONFIG_A": "y", "CONFIG_UNKNOWN": "y"})
        for _ in range(2):
            with self.assertRaisesRegex(ScopeError, "fake is not what was asked for:\n  CONFIG_UNKNOWN=y"):
                self.build(recipe)
        self.assertEqual(self.times_built(), 0)

    def test_a_failed_build_is_told_and_not_used(self) -> None:
        self.kernels.mkdir(parents=True)
        (self.kernels / "fail").touch()
        for _ in range(2):
            with self.assertRaisesRegex(ScopeError, "told to fail"):
                self.build()
        (self.kernels / "fail").unlink()
        self.assertTrue(self.build().image.is_file())

    def test_half_built_trees_of_another_configuration_go(self) -> None:
        whole = self.build().tree
        stale = self.kernels / "fake-0123456789ab"
        others = [self.kernels / "fake-other-0123456789ab", self.kernels / "fakes-0123456789ab"]
        for folder in (stale, *others):
            folder.mkdir()
        self.build(replace(self.recipe, version="7.3.5-1"))
        self.assertFalse(stale.exists())
        self.assertTrue(all(folder.is_dir() for folder in (whole, *others)))

    def test_no_recipe_for_another_architecture(self) -> None:
        with self.assertRaisesRegex(ScopeError, "ARCH=mips"):
            self.build(replace(self.recipe, kbuild_arch="mips"))

    def started(self) -> Iterator[None]:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and not (self.kernels / "started").exists():
            time.sleep(0.02)
            yield

    def test_an_interrupt_leaves_nothing_that_is_used(self) -> None:
        self.kernels.mkdir(parents=True)
        (self.kernels / "slow").touch()
        program = (
            # In the background of a shell, where CI may run this, it is ignored.
            "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
            "from pathlib import Path; from percpu_vm.build import kernel_build;"
            f"kernel_build.build(kernel_build.Recipe('fake', Path({str(self.recipe.source)!r}),"
            "'7.3.4-1', 'amd64', 'x86', 'gcc', (), {'CONFIG_A': 'y'}, 2))"
        )
        child = subprocess.Popen(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONPATH": str(paths.SCRIPTS)},
            stderr=subprocess.DEVNULL,
        )
        self.addCleanup(child.wait)
        self.addCleanup(child.kill)
        for _ in self.started():
            pass
        began = time.monotonic()
        child.send_signal(signal.SIGINT)
        self.assertNotEqual(child.wait(20), 0)
        # make was told to end, not waited for.
        self.assertLess(time.monotonic() - began, 15)
        self.assertFalse(list(self.kernels.glob("fake-*/.complete")))
        (self.kernels / "slow").unlink()
        self.assertTrue(self.build().image.is_file())
        self.assertEqual(self.times_built(), 2)


class SourceTargetTest(unittest.TestCase):
    def test_a_target_names_its_source(self) -> None:
        target = targets.load("debian-7-debug-kcsan-amd64")
        kernel = target.kernel
        assert isinstance(kernel, targets.SourceKernel)
        self.assertEqual((kernel.suite, target.suite), ("trixie-backports", "bookworm"))
        self.assertTrue(target.kunit)

    def test_the_source_is_in_the_target_s_suite_unless_said(self) -> None:
        kernel = targets.load("debian-6.12-debug-i386").kernel
        assert isinstance(kernel, targets.SourceKernel)
        self.assertEqual(kernel.suite, "bookworm")
