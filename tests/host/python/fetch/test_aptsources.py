# SPDX-License-Identifier: GPL-2.0-only
"""Sources for the private apt, made from what the host's apt says. Text in, text out."""

from __future__ import annotations

import unittest

from percpu_vm.fetch import aptsources
from percpu_vm.host import paths

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
        return aptsources.listed(aptsources.index_targets(INDEX_TARGETS), suite, read)

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
        found = aptsources.listed(
            aptsources.index_targets("\n".join(lines)), "bookworm", read
        )
        self.assertIn("http://mirror.invalid/debian/", [source.uri for source in found])

    def test_host_that_says_stable(self) -> None:
        text = INDEX_TARGETS.replace("Release: bookworm\n", "Release: oldstable\n", 1)
        found = aptsources.listed(aptsources.index_targets(text), "bookworm", read)
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
        moved = aptsources.moved(own, "forky")
        self.assertEqual(
            [(source.uri, source.release) for source in moved],
            [
                ("http://mirror.invalid/debian/", "forky"),
                ("http://security.invalid/debian-security/", "forky-security"),
            ],
        )
        self.assertEqual([source.trust for source in moved], [source.trust for source in own])

    def test_backports_lie_beside_the_release(self) -> None:
        moved = aptsources.moved(self.sources(), "trixie-backports")
        found = [(source.uri, source.release) for source in moved]
        self.assertEqual(found, [("http://mirror.invalid/debian/", "trixie-backports")])

    def test_moved_from_a_host_that_says_stable(self) -> None:
        text = INDEX_TARGETS.replace("Release: bookworm\n", "Release: oldstable\n", 1)
        own = aptsources.listed(aptsources.index_targets(text), "bookworm", read)
        moved = aptsources.moved(own, "trixie-backports")
        self.assertEqual([source.release for source in moved], ["trixie-backports"])

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


class OwnSuiteTest(unittest.TestCase):
    def own(self, text: str, codename: str) -> str:
        return aptsources.own_suite(aptsources.index_targets(text), codename, read)

    def test_by_what_the_release_calls_itself(self) -> None:
        self.assertEqual(self.own(INDEX_TARGETS, "bookworm"), "bookworm")

    def test_sid_calls_itself_by_the_next_release(self) -> None:
        text = INDEX_TARGETS.replace("bookworm", "sid")
        self.assertEqual(self.own(text, "forky"), "sid")

    def test_another_distribution_is_no_release(self) -> None:
        text = INDEX_TARGETS.replace("Origin: Debian", "Origin: Ubuntu").replace("bookworm", "noble")
        self.assertEqual(self.own(text, "noble"), "")


class CompletedTest(unittest.TestCase):
    BASE = aptsources.Source("http://mirror.invalid/debian", "bookworm", ("main",), ("Trusted: yes",))

    def completed(self, *listed: aptsources.Source) -> list[tuple[str, str, bool]]:
        found = aptsources.completed(listed, "bookworm")
        return [(source.uri, source.release, source.guessed) for source in found]

    def test_parts_that_nobody_listed_are_where_mirrors_have_them(self) -> None:
        self.assertEqual(
            self.completed(self.BASE),
            [
                ("http://mirror.invalid/debian", "bookworm", False),
                ("http://mirror.invalid/debian", "bookworm-updates", True),
                ("http://mirror.invalid/debian-security", "bookworm-security", True),
            ],
        )

    def test_what_is_listed_is_not_guessed(self) -> None:
        security = aptsources.Source("http://other.invalid/sec", "bookworm-security", ("main",))
        found = self.completed(self.BASE, security)
        self.assertEqual([release for *_, release, guessed in found if guessed], ["bookworm-updates"])

    def test_a_mirror_of_another_layout_has_no_place_for_security(self) -> None:
        odd = aptsources.Source("http://mirror.invalid/pub", "bookworm", ("main",))
        self.assertEqual([r for _, r, _ in self.completed(odd)], ["bookworm", "bookworm-updates"])

    def test_a_mirror_that_the_user_names(self) -> None:
        (source,) = aptsources.named("http://mine.invalid/debian", "trixie")
        self.assertEqual(source.trust, (f"Signed-By: {aptsources.KEYRING}",))
