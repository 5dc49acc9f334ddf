# SPDX-License-Identifier: GPL-2.0-only
"""setup.sh and the table of packages that a host needs."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
import unittest
from pathlib import Path

from percpu_vm.host import paths

# Another apt may be at work: it is waited for.
INSTALL = "apt-get install --no-install-recommends -y -o DPkg::Lock::Timeout=300 "


class SetupTest(unittest.TestCase):
    """setup.sh with apt, dpkg and sudo replaced by scripts that note what they were told."""

    def setUp(self) -> None:
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = Path(self.temporary.name)
        self.log = self.folder / "log"
        self.log.touch()
        self.state = self.folder / "installed"
        self.state.write_text("ii  have 1\nrc  removed 1\nii  g++ 4:14.2.0-1\n", encoding="utf-8")
        (self.folder / "packages").write_text(
            "run have\nrun removed|other\ncheck tests\nlint best|second\n"
            "elsewhere foreign arm64\nhere native arm64,amd64\nmulti g++-{gcc}-multilib\n", encoding="utf-8"
        )
        self.tool("dpkg-query", f"sed 's/  / /' {self.state}")
        self.tool(
            "apt-get",
            f'echo "apt-get $*" >>{self.log}\n'
            f'[ "$1" = update ] && touch {self.folder}/updated\n'
            f'if [ "$1" = install ]; then shift 5; for p; do echo "ii  $p 1" >>{self.state}; done; fi\n'
            "exit 0",
        )
        self.tool(
            "apt-cache",
            'case "$2" in best) exit 0;; tests) [ -e '
            f'{self.folder}/updated ] || exit 0;; esac; echo "  Candidate: 1"',
        )
        self.tool("dpkg", "echo amd64")
        self.tool("id", "echo ${FAKE_ID:-0}")

    def tool(self, name: str, body: str) -> None:
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def setup_for(self, *purposes: str, user: str = "0") -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": f"{self.folder}:{os.environ['PATH']}",
            "PERCPU_SCOPE_PACKAGES": str(self.folder / "packages"),
            "FAKE_ID": user,
            "HOME": str(self.folder),
        }
        return subprocess.run(
            [paths.SCRIPTS / "setup.sh", *purposes],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def told(self) -> list[str]:
        return self.log.read_text(encoding="utf-8").splitlines()

    def test_installs_only_what_is_missing(self) -> None:
        done = self.setup_for("run")
        self.assertEqual(done.returncode, 0, done.stderr)
        # A package that was removed but left its configuration is missing.
        line = INSTALL + "removed"
        self.assertEqual(self.told(), [line])
        self.assertIn(line, done.stderr)

    def test_nothing_to_do_is_silent(self) -> None:
        self.setup_for("run")
        self.log.write_text("", encoding="utf-8")
        done = self.setup_for("run")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        self.assertEqual(self.told(), [])

    def test_updates_when_a_package_is_unknown(self) -> None:
        self.assertEqual(self.setup_for("check").returncode, 0)
        self.assertEqual(self.told(), ["apt-get update -qq", INSTALL + "removed tests"])

    def test_second_choice_where_the_first_is_not_to_be_had(self) -> None:
        self.assertEqual(self.setup_for("lint").returncode, 0)
        self.assertIn("second", self.told()[-1])

    def test_package_that_nobody_has(self) -> None:
        self.tool("apt-cache", "exit 0")
        done = self.setup_for("run")
        self.assertEqual(done.returncode, 20)
        self.assertIn("no package for: removed|other", done.stderr)

    def test_no_root_and_no_sudo(self) -> None:
        self.tool("sudo", "exit 1")
        done = self.setup_for("run", user="1000")
        self.assertEqual(done.returncode, 20)
        self.assertIn("apt-get install --no-install-recommends -y removed", done.stderr)
        self.assertEqual(self.told(), [])

    def test_sudo_that_asks_nothing(self) -> None:
        self.tool("sudo", f'echo "sudo $*" >>{self.log}; [ "$1" = -n ] || exec "$@"')
        self.assertEqual(self.setup_for("run", user="1000").returncode, 0)
        self.assertIn("sudo -n true", self.told())
        self.assertIn(INSTALL + "removed", self.told())

    def test_install_that_fails(self) -> None:
        self.tool("apt-get", 'echo "E: broken"; exit 100')
        done = self.setup_for("run")
        self.assertEqual(done.returncode, 20)
        self.assertIn("E: broken", done.stderr)

    def test_install_that_lies(self) -> None:
        self.tool("apt-get", "exit 0")
        done = self.setup_for("run")
        self.assertEqual(done.returncode, 20)
        self.assertIn("still missing", done.stderr)

    def test_packages_of_other_hosts_are_not_wanted(self) -> None:
        self.assertEqual(self.setup_for("elsewhere").returncode, 0)
        self.assertNotIn("foreign", "".join(self.told()))
        self.assertEqual(self.setup_for("here").returncode, 0)
        self.assertIn("native", self.told()[-1])

    def test_the_32_bit_half_is_of_the_default_compiler(self) -> None:
        self.assertEqual(self.setup_for("multi").returncode, 0)
        self.assertIn("g++-14-multilib", self.told()[-1])

    def test_one_package_by_its_name(self) -> None:
        self.assertEqual(self.setup_for("package=gcc-12").returncode, 0)
        self.assertEqual(self.told(), [INSTALL + "gcc-12"])

    def test_a_path_that_kbuild_cannot_take_is_refused_before_anything_else(self) -> None:
        for name in ("My Projects", "a:b"):
            clone = self.folder / name
            (clone / "scripts/data").mkdir(parents=True)
            shutil.copy(paths.SETUP, clone / "scripts/setup.sh")
            done = subprocess.run(
                [clone / "scripts/setup.sh", "run"], capture_output=True, text=True, check=False,
                env={"PATH": f"{self.folder}:{os.environ['PATH']}", "HOME": "/"},
            )  # fmt: skip
            self.assertEqual(done.returncode, 2)
            self.assertIn("move the clone", done.stderr)
        self.assertEqual(self.told(), [])

    def test_real_list_is_well_formed(self) -> None:
        for line in (paths.DATA / "packages").read_text(encoding="utf-8").splitlines():
            words = line.split()
            if words and not line.startswith("#"):
                self.assertIn(len(words), (2, 3), line)
                self.assertLessEqual(set("".join(words[2:]).split(",")), {"", "amd64", "arm64"})
