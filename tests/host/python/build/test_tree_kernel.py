# SPDX-License-Identifier: GPL-2.0-only
"""KERNEL=: a build tree of someone else's as a target."""

from __future__ import annotations

import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from percpu_vm.build import kernel_config, source_kernel, tree_kernel
from percpu_vm.model import targets
from percpu_vm.runs import choice
from percpu_vm.fetch import busybox
from percpu_vm.host.errors import ScopeError


class TreeTest(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.tree = Path(folder.name).resolve()

    def put(self, name: str, text: str = "") -> None:
        path = self.tree / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def test_architecture_is_read_from_the_configuration(self) -> None:
        for option, arch in (
            ("CONFIG_X86_64", "amd64"),
            ("CONFIG_X86_32", "i386"),
            ("CONFIG_ARM64", "arm64"),
            ("CONFIG_ARM", "armhf"),
        ):
            with self.subTest(arch=arch):
                self.put(".config", f"{option}=y\n")
                self.assertEqual(tree_kernel.target(self.tree).arch, arch)

    def test_what_is_tested_follows_the_configuration(self) -> None:
        """Detectors make a kernel slow; KUnit, kmemleak and 32-bit programs are there or not."""
        for options, slow, kunit, kmemleak, steps in (
            ("", 1, False, False, 0),
            ("CONFIG_PROVE_LOCKING=y\nCONFIG_IA32_EMULATION=y\n", 4, False, False, 1),
            ("CONFIG_KASAN=y\nCONFIG_DEBUG_KMEMLEAK=y\n", 4, False, True, 0),
            # x32 needs CONFIG_COMPAT, too, and runs no program of ours.
            ("CONFIG_KCSAN=y\nCONFIG_PROVE_LOCKING=y\nCONFIG_COMPAT=y\n", 8, False, False, 0),
            ("CONFIG_KUNIT=y\n", 1, False, False, 0),
            ("CONFIG_KUNIT=y\nCONFIG_KUNIT_DEBUGFS=y\n", 1, True, False, 0),
        ):
            with self.subTest(options=options):
                self.put(".config", f"CONFIG_X86_64=y\n{options}")
                made = tree_kernel.target(self.tree)
                told = (made.slow, made.kunit, made.kmemleak, len(made.extra_steps))
                self.assertEqual(told, (slow, kunit, kmemleak, steps))

    def test_what_may_be_built_in_and_off_is_turned_on(self) -> None:
        self.put(".config", "CONFIG_X86_64=y\nCONFIG_KUNIT=y\nCONFIG_DEBUG_KMEMLEAK=y\n")
        arguments = tree_kernel.target(self.tree).arguments
        self.assertLessEqual({"kunit.enable=1", "kmemleak=on"}, set(arguments))
        self.assertEqual({"ia32_emulation=on", "no5lvl"} & set(arguments), set())
        self.put(".config", "CONFIG_X86_64=y\nCONFIG_KASAN=y\n")
        self.assertIn("no5lvl", tree_kernel.target(self.tree).arguments)
        self.put(".config", "CONFIG_ARM64=y\nCONFIG_COMPAT=y\n")
        self.assertEqual(len(tree_kernel.target(self.tree).extra_steps), 1)

    def test_slow_is_what_the_targets_with_the_same_detectors_say(self) -> None:
        for target in targets.load_all():
            if isinstance(target.kernel, targets.SourceKernel):
                asked = kernel_config.join(map(source_kernel.fragment, target.kernel.fragments))
                with self.subTest(target=target.name):
                    self.put(".config", "CONFIG_X86_64=y\n" + kernel_config.render(asked))
                    self.assertEqual(tree_kernel.target(self.tree).slow, target.slow)

    def test_a_path_is_no_program(self) -> None:
        # Whatever stands in a folder's name, it stays a name.
        odd = self.tree / 'a "quoted"\\back'
        odd.mkdir()
        (odd / ".config").write_text("CONFIG_X86_64=y\n", encoding="utf-8")
        target = tree_kernel.target(odd)
        self.assertEqual(target.kernel, targets.TreeKernel(str(odd)))
        self.assertIn(str(odd), target.summary)

    def test_every_report_of_kasan_is_asked_for(self) -> None:
        self.put(".config", "CONFIG_X86_64=y\nCONFIG_KASAN=y\n")
        self.assertIn("kasan_multi_shot", tree_kernel.target(self.tree).arguments)

    def test_no_tree_and_no_known_architecture(self) -> None:
        with self.assertRaisesRegex(ScopeError, "no .config"):
            tree_kernel.target(self.tree)
        self.put(".config", "CONFIG_RISCV=y\n")
        with self.assertRaisesRegex(ScopeError, "none of CONFIG_X86_64"):
            tree_kernel.target(self.tree)

    def test_an_unbuilt_tree_is_told_so(self) -> None:
        self.put(".config", "CONFIG_X86_64=y\n")
        target = tree_kernel.target(self.tree)
        assert isinstance(target.kernel, targets.TreeKernel)
        with self.assertRaisesRegex(ScopeError, "build the kernel first"):
            tree_kernel.fetch(target, target.kernel)

    def test_image_and_configuration_are_copied_and_the_tree_left_alone(self) -> None:
        self.put(".config", "CONFIG_X86_64=y\n")
        self.put("arch/x86/boot/bzImage", "image")
        self.put("include/config/kernel.release", "7.0.0-mine\n")
        self.put("Module.symvers")
        before = sorted(self.tree.rglob("*"))
        target = tree_kernel.target(self.tree)
        assert isinstance(target.kernel, targets.TreeKernel)
        with tempfile.TemporaryDirectory() as cache, mock.patch.dict(
            os.environ, {"XDG_CACHE_HOME": cache}
        ):
            box = mock.patch.object(busybox, "fetch", return_value=Path("/box"))
            with box, mock.patch.object(tree_kernel, "say") as say:
                fetched = tree_kernel.fetch(target, target.kernel)
            said = "".join(call.args[0] for call in say.call_args_list)
            self.assertIn("CONFIG_KPROBES", said)
            self.assertIn("32-bit programs are not tested", said)
            self.assertEqual(fetched.release, "7.0.0-mine")
            self.assertEqual(fetched.image.read_text("utf-8"), "image")
            self.assertTrue(fetched.image.with_name("config-7.0.0-mine").is_file())
        self.assertEqual(fetched.headers, self.tree)
        self.assertEqual(sorted(self.tree.rglob("*")), before)

    def test_choice(self) -> None:
        self.put(".config", "CONFIG_X86_64=y\n")
        with mock.patch.dict(os.environ, {"KERNEL": str(self.tree)}):
            self.assertEqual([t.name for t in choice.choose([])], ["own-kernel"])
            with self.assertRaisesRegex(ScopeError, "not both"):
                choice.choose(["debian-6.1-cloud-amd64"])
        with mock.patch.dict(os.environ, {"KERNEL": ""}):
            self.assertEqual(len(choice.choose([])), 2)
            with self.assertRaisesRegex(ScopeError, "does not say where"):
                choice.choose(["own-kernel"])
