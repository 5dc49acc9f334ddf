# SPDX-License-Identifier: GPL-2.0-only
"""Apt: sources made from what the host says, control files, the list of packages."""

from __future__ import annotations

import os
import stat
import subprocess
import tempfile
import unittest
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

from percpu_vm.fetch import apt, aptsources, fetch
from percpu_vm.host import paths
from percpu_vm.host.errors import ScopeError

INDEX_TARGETS = """\
MetaKey: main/binary-amd64/Packages
URI: http://mirror.invalid/debian/dists/bookworm/main/binary-amd64/Packages
Codename: bookworm
Origin: Debian
Suite: oldstable
Component: main
Created-By: Packages
Release: bookworm
Repo-URI: http://mirror.invalid/debian/
Sourcesentry: /etc/apt/sources.list.d/debian.sources:1

MetaKey: contrib/binary-amd64/Packages
Codename: bookworm
Origin: Debian
Component: contrib
Created-By: Packages
Release: bookworm
Repo-URI: http://mirror.invalid/debian/
Sourcesentry: /etc/apt/sources.list.d/debian.sources:1

MetaKey: main/i18n/Translation-en
Codename: bookworm
Origin: Debian
Component: main
Created-By: Translations
Release: bookworm
Repo-URI: http://mirror.invalid/debian/

MetaKey: main/binary-amd64/Packages
Codename: bookworm-security
Origin: Debian
Component: main
Created-By: Packages
Release: bookworm-security
Repo-URI: http://security.invalid/debian-security/
Sourcesentry: /etc/apt/sources.list:3

MetaKey: main/binary-amd64/Packages
Origin: Somebody
Codename: bookworm
Component: main
Created-By: Packages
Release: bookworm
Repo-URI: http://else.invalid/

MetaKey: main/binary-amd64/Packages
Codename: trixie
Origin: Debian
Component: main
Created-By: Packages
Release: trixie
Repo-URI: http://mirror.invalid/debian/
"""
FILES = {
    "/etc/apt/sources.list.d/debian.sources": """\
# a comment, which is no stanza

Types: deb
URIs: http://mirror.invalid/debian
Suites: bookworm trixie
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb
URIs: http://other.invalid/debian
Signed-By: /other.gpg
""",
    "/etc/apt/sources.list": """\
# one-line sources

deb [arch=amd64 signed-by=/a.gpg,/b.gpg trusted=yes] http://security.invalid/debian-security x main
""",
}


def read(path: str) -> str:
    if path not in FILES:
        raise FileNotFoundError(path)
    return FILES[path]


class SourcesTest(unittest.TestCase):
    def sources(self, suite: str = "bookworm") -> list[aptsources.Source]:
        return aptsources.debian_sources(aptsources.index_targets(INDEX_TARGETS), suite, read)

    def test_only_debian_main_of_the_release(self) -> None:
        found = [(source.uri, source.release) for source in self.sources()]
        self.assertEqual(
            found,
            [
                ("http://mirror.invalid/debian/", "bookworm"),
                ("http://security.invalid/debian-security/", "bookworm-security"),
            ],
        )

    def test_another_release(self) -> None:
        self.assertEqual([source.release for source in self.sources("trixie")], ["trixie"])
        self.assertEqual(self.sources("sid"), [])

    def test_lists_that_were_never_read(self) -> None:
        # Then apt knows neither origin nor codename.
        known = ("Origin:", "Codename:", "Suite:")
        lines = [line for line in INDEX_TARGETS.splitlines() if not line.startswith(known)]
        found = aptsources.debian_sources(
            aptsources.index_targets("\n".join(lines)), "bookworm", read
        )
        self.assertIn("http://mirror.invalid/debian/", [source.uri for source in found])

    def test_host_that_says_stable(self) -> None:
        text = INDEX_TARGETS.replace("Release: bookworm\n", "Release: oldstable\n", 1)
        found = aptsources.debian_sources(aptsources.index_targets(text), "bookworm", read)
        self.assertEqual(found[0].release, "oldstable")

    def test_trust_is_taken_over(self) -> None:
        mirror, security = self.sources()
        self.assertEqual(len(mirror.trust), 1)
        self.assertIn("-----BEGIN PGP", mirror.trust[0])
        self.assertNotIn("/other.gpg", mirror.trust[0])
        self.assertEqual(security.trust, ("Signed-By: /a.gpg /b.gpg", "Trusted: yes"))

    def test_sources_file_that_is_gone(self) -> None:
        self.assertEqual(aptsources.trust_fields("/nowhere.sources:1", read), ())
        self.assertEqual(aptsources.trust_fields("", read), ())

    def test_a_release_that_the_host_does_not_list(self) -> None:
        own = self.sources()
        moved = aptsources.moved_sources(own, "sid")
        self.assertEqual(
            [(source.uri, source.release) for source in moved],
            [
                ("http://mirror.invalid/debian/", "sid"),
                ("http://security.invalid/debian-security/", "sid-security"),
            ],
        )
        self.assertEqual([source.trust for source in moved], [source.trust for source in own])

    def test_backports_lie_beside_the_release(self) -> None:
        moved = aptsources.moved_sources(self.sources(), "trixie-backports")
        found = [(source.uri, source.release) for source in moved]
        self.assertEqual(found, [("http://mirror.invalid/debian/", "trixie-backports")])

    def test_moved_from_a_host_that_says_stable(self) -> None:
        text = INDEX_TARGETS.replace("Release: bookworm\n", "Release: oldstable\n", 1)
        own = aptsources.debian_sources(aptsources.index_targets(text), "bookworm", read)
        moved = aptsources.moved_sources(own, "trixie-backports")
        self.assertEqual([source.release for source in moved], ["trixie-backports"])

    def test_the_host_s_own_release(self) -> None:
        text = 'NAME="Debian GNU/Linux"\nVERSION_CODENAME=bookworm\nID=debian\n'
        self.assertEqual(aptsources.codename(text), "bookworm")
        self.assertEqual(aptsources.codename('VERSION_CODENAME="trixie"\n'), "trixie")
        self.assertEqual(aptsources.codename("ID=debian\n"), "")

    def test_rendered(self) -> None:
        text = aptsources.render(self.sources(), ["amd64", "i386"])
        self.assertIn("URIs: http://mirror.invalid/debian/\nSuites: bookworm\n", text)
        self.assertEqual(text.count("Architectures: amd64 i386\n"), 2)
        self.assertEqual(len(text.strip().split("\n\n")), 2)

    def test_no_mirror_has_a_name_in_the_repository(self) -> None:
        for path in [*paths.SCRIPTS.rglob("*"), paths.REPOSITORY / "Makefile"]:
            if path.is_file() and "__pycache__" not in path.parts:
                text = path.read_text(encoding="utf-8", errors="replace")
                self.assertNotIn("debian" + ".org", text, path)


class ShowTest(unittest.TestCase):
    NAMES = ("linux-source", "linux-source-7.4", "linux-source-7.10", "linux-source-7.4-dbg", "jq")

    def show(self, package: str) -> dict[str, str]:
        def run(words: Sequence[object]) -> str:
            *_, verb, name = [str(word) for word in words if not str(word).startswith("--")]
            if verb == "pkgnames":
                return "\n".join(known for known in self.NAMES if known.startswith(name))
            return f"Package: {name}\nVersion: 1\n"

        with tempfile.TemporaryDirectory() as folder, mock.patch.object(apt, "run", run):
            return apt.PrivateApt(Path(folder), "trixie-backports", ["amd64"]).show(package, "amd64")

    def test_a_package_that_is_there(self) -> None:
        self.assertEqual(self.show("linux-source-7.4")["Version"], "1")

    def test_the_next_version_is_another_package(self) -> None:
        with self.assertRaises(ScopeError) as raised:
            self.show("linux-source-7.3")
        self.assertEqual(
            str(raised.exception),
            "trixie-backports has no package linux-source-7.3; it has linux-source-7.10, "
            "linux-source-7.4 instead",
        )

    def test_nothing_of_the_kind(self) -> None:
        with self.assertRaisesRegex(ScopeError, "no package nonsense$"):
            self.show("nonsense")


class ControlTest(unittest.TestCase):
    def test_first_stanza_with_folded_lines(self) -> None:
        text = "Package: a\nDescription: x\n more\n .\nDepends: b\n\nPackage: c\n"
        stanza = apt.parse_stanza(text)
        self.assertEqual(stanza["Package"], "a")
        self.assertEqual(stanza["Description"], "x\nmore\n.")
        self.assertEqual(stanza["Depends"], "b")

    def test_dependencies(self) -> None:
        text = "linux-image-6.1.0-9-x (= 6.1.99-1), b:any (>= 2), c | d, linux-headers-y(=1)"
        self.assertEqual(
            apt.dependencies({"Depends": text}),
            [("linux-image-6.1.0-9-x", "6.1.99-1"), ("b", ""), ("c", ""), ("linux-headers-y", "1")],
        )
        self.assertEqual(apt.dependencies({}), [])

    def test_folder_of_a_version_with_an_epoch(self) -> None:
        self.assertNotIn(":", fetch.Package("busybox", "amd64", "1:1.35").folder())


class StoreTest(unittest.TestCase):
    def test_a_folder_is_whole_or_not_there(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            store = apt.Store(Path(folder))
            draft = store.begin()
            (draft / "file").write_text("x", encoding="utf-8")
            self.assertFalse(store.has("a"))
            # A run that was killed here leaves something the next one removes.
            store.begin()
            self.assertFalse(draft.exists())
            draft = store.begin()
            store.commit(draft, "a")
            self.assertTrue(store.has("a"))


class SetupTest(unittest.TestCase):
    """setup.sh with apt, dpkg and sudo replaced by scripts that note what they were told."""

    def setUp(self) -> None:
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = Path(self.temporary.name)
        self.log = self.folder / "log"
        self.log.touch()
        self.state = self.folder / "installed"
        self.state.write_text("ii  have\nrc  removed\n", encoding="utf-8")
        (self.folder / "packages").write_text(
            "run have\nrun removed|other\ncheck tests\nlint best|second\n", encoding="utf-8"
        )
        self.tool("dpkg-query", f"sed 's/  / /' {self.state}")
        self.tool(
            "apt-get",
            f'echo "apt-get $*" >>{self.log}\n'
            f'[ "$1" = update ] && touch {self.folder}/updated\n'
            f'if [ "$1" = install ]; then shift 3; for p; do echo "ii  $p" >>{self.state}; done; fi\n'
            "exit 0",
        )
        self.tool(
            "apt-cache",
            'case "$2" in best) exit 0;; tests) [ -e '
            f'{self.folder}/updated ] || exit 0;; esac; echo "  Candidate: 1"',
        )
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
        line = "apt-get install --no-install-recommends -y removed"
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
        self.assertEqual(
            self.told(),
            ["apt-get update -qq", "apt-get install --no-install-recommends -y removed tests"],
        )

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
        self.assertIn("apt-get install --no-install-recommends -y removed", self.told())

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

    def test_real_list_is_well_formed(self) -> None:
        for line in (paths.SCRIPTS / "packages").read_text(encoding="utf-8").splitlines():
            words = line.split()
            if words and not line.startswith("#"):
                self.assertEqual(len(words), 2, line)
                self.assertIn(words[0], ("run", "check", "lint", "arm64", "armhf", "kernel"))


if __name__ == "__main__":
    unittest.main()
