# SPDX-License-Identifier: GPL-2.0-only
"""make check-hosts: which machines, which commands, and what a failure looks like."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from percpu_vm.host.chroot import Chroot
from percpu_vm.host.errors import EXIT_FAILURE, ScopeError
from percpu_vm.runs import hosts


class TableTest(unittest.TestCase):
    def setUp(self) -> None:
        self.hosts = hosts.parse("hosts.toml", hosts.HOSTS.read_text(encoding="utf-8"))

    def test_the_first_two_commands_on_each(self) -> None:
        for host in self.hosts:
            self.assertEqual(host.commands, ("run", "check"), host.name)
        self.assertLessEqual({"bookworm", "trixie", "sid"}, {host.suite for host in self.hosts})
        self.assertIn("root", {host.user for host in self.hosts})
        self.assertNotEqual({"root"}, {host.user for host in self.hosts})

    def test_chosen_by_name_and_command(self) -> None:
        (host,) = hosts.choose(self.hosts, ["debian-13"], ["run"])
        self.assertEqual((host.suite, host.commands), ("trixie", ("run",)))
        self.assertEqual(hosts.choose(self.hosts, [], []), self.hosts)
        with self.assertRaisesRegex(ScopeError, "There are: debian-12, "):
            hosts.choose(self.hosts, ["debian-11"], [])
        with self.assertRaisesRegex(ScopeError, "no command 'fly'"):
            hosts.choose(self.hosts, [], ["fly"])


class FakeChroot:
    """A machine on which `run` works and `check` does not."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def log(self, command: str, _: str, log: Path) -> int:
        log.write_text("building …\nerror: no such thing\n" if "check" in command else "fine\n")
        return 2 if "check" in command else 0

    def remove(self) -> None:
        pass


class RunTest(unittest.TestCase):
    def run_hosts(self, *names: str, euid: int = 0) -> tuple[int, str]:
        said = io.StringIO()
        with contextlib.ExitStack() as stack:
            enter = stack.enter_context
            folder = enter(tempfile.TemporaryDirectory())
            enter(contextlib.redirect_stdout(said))
            enter(mock.patch.object(hosts, "FOLDER", Path(folder)))
            enter(mock.patch.object(hosts, "Chroot", FakeChroot))
            enter(mock.patch.object(hosts, "_prepare", self.prepare))
            enter(mock.patch.object(os, "geteuid", lambda: euid))
            enter(mock.patch("percpu_vm.host.hostpackages.install"))
            status = hosts.run(names, [])
        return status, said.getvalue()

    def prepare(self, host: hosts.Host, _: FakeChroot) -> Path:
        if host.suite == "sid":
            raise ScopeError("debootstrap failed")
        return Path("/clone")

    def test_a_failing_command_is_quoted_and_counted(self) -> None:
        status, said = self.run_hosts("debian-12")
        self.assertEqual(status, EXIT_FAILURE)
        self.assertIn("    error: no such thing", said)
        self.assertRegex(said, r"debian-12 +make run +\d+ s  PASS  fine")
        self.assertTrue(said.endswith("\n1 passed, 1 failed, 0 skipped\n"), said)

    def test_a_machine_that_cannot_be_made_has_failed_both(self) -> None:
        _, said = self.run_hosts("debian-sid")
        self.assertIn("debootstrap failed", said)
        self.assertTrue(said.endswith("\n0 passed, 2 failed, 0 skipped\n"), said)

    def test_only_root_may(self) -> None:
        with self.assertRaisesRegex(ScopeError, "sudo make check-hosts"):
            self.run_hosts(euid=1000)


class ChrootTest(unittest.TestCase):
    def test_nothing_is_removed_below_a_mount(self) -> None:
        with mock.patch("shutil.rmtree") as rmtree:
            # Something is mounted below it on every machine: /dev/pts.
            with self.assertRaisesRegex(ScopeError, "mounted below it"):
                Chroot(Path("/dev")).remove()
            rmtree.assert_not_called()
            Chroot(Path("/nonexistent")).remove()
            rmtree.assert_called_once()
