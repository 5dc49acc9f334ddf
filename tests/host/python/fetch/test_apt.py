# SPDX-License-Identifier: GPL-2.0-only
"""The private apt, on a mirror in a folder: what it is asked, and that nothing leaks into it."""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from fetch.local_mirror import LocalMirror
from percpu_vm.fetch import apt, aptconfig, aptsources, network
from percpu_vm.fetch.fetched import Package
from percpu_vm.host import command
from percpu_vm.host.errors import EXIT_USAGE, ScopeError


class PrivateAptTest(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.root = Path(temporary.name)
        self.mirror = LocalMirror(self.root / "mirror", "bookworm")
        for name in ("linux-source-7.4", "linux-source-7.10", "linux-source", "jq"):
            self.mirror.add(name, "1")
        self.mirror.add("program", "2:1.5", "Depends: library\n", {"usr/bin/program": "x"})
        self.mirror.add("library", "1", "", {"usr/lib/library": "y"})
        self.mirror.publish()
        self.guesses: list[aptsources.Source] = []
        self.enter(mock.patch.dict(os.environ, {"XDG_CACHE_HOME": str(self.root / "cache")}))
        self.enter(mock.patch.object(apt, "sources", self.sources))
        self.enter(mock.patch.dict(apt._read, clear=True))
        self.enter(contextlib.redirect_stderr(io.StringIO()))
        self.addCleanup(network.forget)

    def enter(self, context: contextlib.AbstractContextManager[object]) -> None:
        context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)

    def sources(self, suite: str) -> list[aptsources.Source]:
        listed = aptsources.Source(self.mirror.uri, suite, ("main",), ("Trusted: yes",))
        return [listed, *self.guesses]

    def ask(self) -> apt.PrivateApt:
        asked, whole = apt.ask("bookworm", ["amd64"])
        self.assertTrue(whole, apt._read)
        return asked

    def test_a_package_that_is_there(self) -> None:
        self.assertEqual(self.ask().package("jq", "amd64"), Package("jq", "amd64", "1"))

    def test_the_next_version_is_another_package(self) -> None:
        with self.assertRaises(ScopeError) as raised:
            self.ask().show("linux-source-7.3", "amd64")
        self.assertEqual(
            str(raised.exception),
            "bookworm has no package linux-source-7.3; it has linux-source-7.10, "
            "linux-source-7.4 instead",
        )

    def test_the_newest_by_number_not_by_letter(self) -> None:
        self.assertEqual(self.ask().newest("linux-source-7.*"), "linux-source-7.10")
        self.assertEqual(self.ask().newest("jq"), "jq")
        with self.assertRaisesRegex(ScopeError, r"no package linux-source-8\.\*; it has linux-source-7"):
            self.ask().newest("linux-source-8.*")

    def test_nothing_of_the_kind(self) -> None:
        with self.assertRaisesRegex(ScopeError, "no package nonsense$"):
            self.ask().show("nonsense", "amd64")

    def test_unpacked_alone_and_with_what_it_needs(self) -> None:
        asked = self.ask()
        asked.unpack(asked.package("program", "amd64"), self.root / "alone")
        self.assertTrue((self.root / "alone/usr/bin/program").is_file())
        self.assertFalse((self.root / "alone/usr/lib/library").exists())
        asked.unpack_with_dependencies("program", "bookworm", self.root / "whole")
        self.assertTrue((self.root / "whole/usr/lib/library").is_file())

    def test_the_host_s_configuration_does_not_leak(self) -> None:
        # Each of the three ends or empties every answer, if apt reads it: a release that is
        # not in the sources, a pin that forbids all, and an index that no mirror here has.
        pins = self.root / "preferences"
        pins.write_text("Package: *\nPin: release *\nPin-Priority: -1\n", encoding="utf-8")
        leaks = self.root / "leaks.conf"
        leaks.write_text(
            f'APT::Default-Release "nonsense";\nDir::Etc::preferences "{pins}";\n'
            'Acquire::IndexTargets::deb::Contents-deb { MetaKey "$(COMPONENT)/Contents"; '
            'ShortDescription "Contents"; Description "Contents"; };\n'
            'APT::Update::Pre-Invoke:: "exit 1";\n',
            encoding="utf-8",
        )
        with mock.patch.dict(command.ENVIRONMENT, {"APT_CONFIG": str(leaks)}):
            asked = self.ask()
            asked.unpack(asked.package("jq", "amd64"), self.root / "x")

    def test_a_guess_that_is_wrong_is_no_trouble(self) -> None:
        self.guesses = [
            aptsources.Source(self.mirror.uri, "bookworm-updates", ("main",), ("Trusted: yes",), True)
        ]
        self.ask()

    def test_a_listed_source_that_is_not_there_is_trouble(self) -> None:
        self.guesses = [aptsources.Source(self.mirror.uri, "gone", ("main",), ("Trusted: yes",))]
        asked, whole = apt.ask("bookworm", ["amd64"])
        self.assertFalse(whole)
        # What could be read serves.
        self.assertEqual(asked.package("jq", "amd64").version, "1")

    def test_indexes_are_read_once_a_command(self) -> None:
        self.ask()
        self.mirror.add("later", "1")
        self.mirror.publish()
        self.assertNotIn("later", self.ask().names())

    def test_no_network_is_said_once_and_remembered(self) -> None:
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            network.note_failure("E: Failed to fetch x  Could not connect to x:80\nE: other")
            network.note_failure("E: Failed to fetch y  Could not connect to y:80")
        self.assertEqual(said.getvalue().count("no network"), 1)
        with self.assertRaisesRegex(ScopeError, "no network"):
            apt.PrivateApt("bookworm", ["amd64"]).unpack(Package("jq", "amd64", "1"), self.root)
        self.assertEqual(apt.PrivateApt("bookworm", ["amd64"]).update(), "there is no network")

    def test_a_mirror_s_own_answer_is_no_lack_of_network(self) -> None:
        network.note_failure("E: Failed to fetch x  404  Not Found")
        self.assertFalse(network.is_down())


class SourcesTest(unittest.TestCase):
    """Where packages are said to be: by the user, or by the host's apt."""

    UBUNTU = "Component: main\nOrigin: Ubuntu\nCodename: noble\nRelease: noble\nRepo-URI: http://x.invalid\n"

    def setUp(self) -> None:
        targets = mock.patch.object(apt, "_host_targets", lambda: aptsources.index_targets(self.UBUNTU))
        targets.start()
        self.addCleanup(targets.stop)

    def test_a_host_without_debian_is_told_of_the_mirror_and_left_as_it_is(self) -> None:
        with mock.patch.dict(os.environ, {apt.MIRROR: ""}), self.assertRaises(ScopeError) as raised:
            apt.sources("bookworm")
        self.assertIn(f"{apt.MIRROR}=http", str(raised.exception))
        self.assertNotIn("/etc/apt/sources.list", str(raised.exception))

    def test_the_mirror_that_the_user_names(self) -> None:
        named = mock.patch.dict(os.environ, {apt.MIRROR: "http://m.invalid/debian"})
        keyring = mock.patch.object(aptsources, "KEYRING", __file__)
        with named, keyring:
            found = [(source.uri, source.release) for source in apt.sources("bookworm")]
        self.assertIn(("http://m.invalid/debian", "bookworm"), found)
        self.assertIn(("http://m.invalid/debian-security", "bookworm-security"), found)

    def test_no_keys_of_debian(self) -> None:
        named = mock.patch.dict(os.environ, {apt.MIRROR: "http://m.invalid/debian"})
        with named, mock.patch.object(aptsources, "KEYRING", "/nonexistent"):
            with self.assertRaisesRegex(ScopeError, "install debian-archive-keyring"):
                apt.sources("bookworm")

    def test_no_address(self) -> None:
        with mock.patch.dict(os.environ, {apt.MIRROR: "m.invalid debian"}):
            with self.assertRaises(ScopeError) as raised:
                apt.sources("bookworm")
        self.assertEqual(raised.exception.exit_code, EXIT_USAGE)


class ConfigTest(unittest.TestCase):
    def test_of_the_host_only_the_way_to_a_mirror(self) -> None:
        dump = (
            'APT "";\nAPT::Default-Release "trixie";\nAcquire::http::Proxy "http://p.invalid";\n'
            'Acquire::http "";\nAcquire::http::Timeout "120";\nAcquire::IndexTargets::deb::X "y";\n'
            'Acquire::Languages:: "de";\nAcquire::https::CaInfo "/c.pem";\n'
        )
        kept = ['Acquire::http::Proxy "http://p.invalid";', 'Acquire::https::CaInfo "/c.pem";']
        self.assertEqual(aptconfig.of_the_host(dump), kept)

    def test_every_way_has_a_limit_in_time(self) -> None:
        text = aptconfig.render(Path("/r"), ["amd64"], [])
        for method in ("http", "https"):
            self.assertRegex(text, rf'Acquire::{method}::Timeout "\d+";')


class DependenciesTest(unittest.TestCase):
    def test_first_alternatives_and_exact_versions(self) -> None:
        text = "linux-image-6.1.0-9-x (= 6.1.99-1), b:any (>= 2), c | d, linux-headers-y(=1)"
        self.assertEqual(
            apt.dependencies({"Depends": text}),
            [("linux-image-6.1.0-9-x", "6.1.99-1"), ("b", ""), ("c", ""), ("linux-headers-y", "1")],
        )
        self.assertEqual(apt.dependencies({}), [])

    def test_folder_of_a_version_with_an_epoch(self) -> None:
        self.assertNotIn(":", Package("busybox", "amd64", "1:1.35").folder())
