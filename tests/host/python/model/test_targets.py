# SPDX-License-Identifier: GPL-2.0-only
"""Targets as data: their files, their bases, and what an error names."""

from __future__ import annotations

import tempfile
import unittest
from unittest import mock
from pathlib import Path

from percpu_vm.model import targets
from percpu_vm.host.errors import ScopeError

MINIMAL = """
arch = "amd64"
summary = "a kernel"
[get]
metapackage = "linux-image-x"
suite = "bookworm"
[build]
kbuild_arch = "x86"
[boot]
qemu = "true"
qemu_package = "coreutils"
machine = "q35"
cpu = { tcg = "max", kvm = "host" }
cpus = 2
memory = "1G"
console = "ttyS0"
results = "ttyS1"
arguments = []
[skips]
allowed = []
"""


class TargetTest(unittest.TestCase):
    def test_every_file_is_valid(self) -> None:
        self.assertGreaterEqual(len(targets.load_all()), 2)

    def test_one_cpu_allows_more_and_two_do_not(self) -> None:
        self.assertEqual(targets.skips_with(2), ())
        self.assertIn("Tear.*", [skip.test for skip in targets.skips_with(1)])

    def test_default_targets_are_those_of_the_host(self) -> None:
        for host, wanted in (("amd64", ["amd64", "i386"]), ("arm64", ["armhf", "arm64"])):
            with mock.patch.object(targets, "host_architecture", lambda host=host: host):
                self.assertEqual([target.arch for target in targets.choose([])], wanted)
        with mock.patch.object(targets, "host_architecture", lambda: "riscv64"):
            with self.assertRaisesRegex(ScopeError, "default one on riscv64"):
                targets.choose([])

    def test_minimal(self) -> None:
        target = targets.parse("x", MINIMAL)
        self.assertFalse(target.is_default_on("amd64"))
        self.assertEqual(target.extra_steps, ())

    def test_unknown_name_lists_the_known(self) -> None:
        with self.assertRaisesRegex(ScopeError, "debian-6.1-cloud-amd64"):
            targets.load("nonsense")

    def test_a_variation_is_told_how_it_is_checked(self) -> None:
        with self.assertRaisesRegex(ScopeError, "make matrix TARGET=debian-6.1-cloud-amd64.8-cpus"):
            targets.load("debian-6.1-cloud-amd64+8-cpus")

    def test_a_path_is_no_name(self) -> None:
        with self.assertRaises(ScopeError):
            targets.load("../targets/debian-6.1-cloud-amd64")

    def test_errors_name_the_field(self) -> None:
        spoiled = [
            ("boot.qemu is missing", MINIMAL.replace('qemu = "true"', "")),
            ("boot.cpus is not of type int", MINIMAL.replace("cpus = 2", 'cpus = "2"')),
            ("boot.cpus is not of type int", MINIMAL.replace("cpus = 2", "cpus = true")),
            ("boot.cpus must be", MINIMAL.replace("cpus = 2", "cpus = 0")),
            ("get.suit is not a field", MINIMAL.replace("suite =", 'suit = "x"\nsuite =')),
            ("is not a string", MINIMAL.replace("arguments = []", "arguments = [1]")),
            ("no reason", MINIMAL.replace("allowed = []", 'allowed = [{test = "A.*", reason = "", says = "x"}]')),
            ("does not say what", MINIMAL.replace("allowed = []", 'allowed = [{test = "A", reason = "x", says = ""}]')),
            ("says is missing", MINIMAL.replace("allowed = []", 'allowed = [{test = "A", reason = "x"}]')),
            ("no regular expression", MINIMAL.replace("allowed = []", 'allowed = [{test = "A", reason = "x", says = "("}]')),
            ("reason is missing", MINIMAL.replace("allowed = []", 'allowed = [{test = "A.*"}]')),
            ("x.toml", MINIMAL + "["),
        ]
        for message, text in spoiled:
            with self.subTest(message=message):
                with self.assertRaisesRegex(ScopeError, message):
                    targets.parse("x", text)


class BaseTest(unittest.TestCase):
    def parse(self, text: str, **bases: str) -> targets.Target:
        with tempfile.TemporaryDirectory() as folder:
            for name, content in bases.items():
                (Path(folder) / f"{name}.toml").write_text(content, encoding="utf-8")
            return targets.parse("x", text, Path(folder))

    def test_lists_add_and_the_target_wins(self) -> None:
        target = self.parse(
            'base = ["first", "second"]\n' + MINIMAL.replace("arguments = []", 'arguments = ["c"]'),
            first='summary = "not this"\n[boot]\ncpus = 9\narguments = ["a"]\n',
            second='[boot]\narguments = ["b"]\n',
        )
        self.assertEqual(target.arguments, ("a", "b", "c"))
        self.assertEqual((target.summary, target.cpus), ("a kernel", 2))

    def test_unknown_base(self) -> None:
        for name in ("none", "../x"):
            with self.assertRaisesRegex(ScopeError, "there is no base"):
                self.parse(f'base = ["{name}"]\n' + MINIMAL)

    def test_fields_of_a_base_are_checked_too(self) -> None:
        with self.assertRaisesRegex(ScopeError, "boot.cpu_s is not a field"):
            self.parse('base = ["typo"]\n' + MINIMAL, typo="[boot]\ncpu_s = 1\n")


if __name__ == "__main__":
    unittest.main()
