# SPDX-License-Identifier: GPL-2.0-only
"""An apt of our own below the cache: foreign packages, and a host left as it is.

Own state, own sources, own architectures, own configuration; the host's proxies and
keys. Knows packages, not kernels (debian.py does).
"""

from __future__ import annotations

import fnmatch
import functools
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from debian.deb822 import Deb822, Packages

from ..host import paths
from ..host.architecture import host_architecture, host_codename
from ..host.command import ENVIRONMENT, run
from ..host.errors import EXIT_USAGE, ScopeError
from ..host.locks import write_if_changed
from . import aptconfig, aptsources, download, network
from .fetched import Package, say

MIRROR = "PERCPU_SCOPE_MIRROR"
# Indexes are some ten megabytes; packages up to 150, and bounded by apt's own time-outs.
_INDEX_SECONDS = 300
_PACKAGE_SECONDS = 3600
# What was read of the mirrors in this run of the program: apt's root → what went wrong.
_read: dict[Path, str] = {}


def _file(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


@functools.cache
def _host_targets() -> list[Mapping[str, str]]:
    return aptsources.index_targets(run(["apt-get", "indextargets"]))


def own_suite() -> str:
    """The Debian release that this machine is of; '' if it is none."""
    return aptsources.own_suite(_host_targets(), host_codename(), _file)


def sources(suite: str) -> list[aptsources.Source]:
    """Where packages of a release are to be had, by what the user or the host's apt says."""
    mirror = os.environ.get(MIRROR, "")
    if mirror:
        if not re.match(r"(https?|file|ftp)://?\S+$", mirror):
            raise ScopeError(f"{MIRROR}={mirror}: not the address of a Debian mirror", EXIT_USAGE)
        if not Path(aptsources.KEYRING).is_file():
            raise ScopeError(
                f"{aptsources.KEYRING} is not there, by which packages of Debian are verified; "
                "as root: apt-get install debian-archive-keyring"
            )
        return aptsources.completed(aptsources.named(mirror, suite), suite)
    found = aptsources.listed(_host_targets(), suite, _file)
    own = own_suite()
    if not found and own:
        found = aptsources.moved(aptsources.listed(_host_targets(), own, _file), suite)
    if not found:
        raise ScopeError(
            f"this machine's apt has no source of Debian, from which the kernels come; "
            f"name a mirror of Debian: {MIRROR}=http://…/debian make …\n"
            "(do not add Debian to the sources of another distribution: it would be upgraded to)"
        )
    return aptsources.completed(found, suite)


def dependencies(stanza: Mapping[str, str]) -> list[tuple[str, str]]:
    """(package, exact version or '') for each dependency, first alternatives only."""
    found = []
    for alternatives in Packages(stanza).relations.get("depends", []):
        first = alternatives[0]
        relation, version = first.get("version") or ("", "")
        found.append((str(first["name"]), str(version) if relation == "=" else ""))
    return found


class PrivateApt:
    """One apt state per set of Debian releases and set of architectures."""

    def __init__(self, suite: str, architectures: Sequence[str], *further: str) -> None:
        self.suites = (suite, *further)
        self.architectures = list(dict.fromkeys(architectures))
        self.root = paths.cache() / "apt" / "-".join([*self.suites, *self.architectures])
        self.guessed: list[aptsources.Source] = []

    def _environment(self) -> dict[str, str]:
        return {"APT_CONFIG": str(self.root / "apt.conf")}

    def _run(self, words: Sequence[str | Path], cwd: Path | None = None, seconds: int = 60) -> str:
        return run(words, cwd=cwd, environment=self._environment(), timeout=seconds)

    def prepare(self) -> None:
        """Write configuration and sources; the host is only read."""
        for folder in ("state/lists/partial", "cache/archives/partial", "etc/none.d", "log"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        (self.root / "state/status").touch()
        found = [source for suite in self.suites for source in sources(suite)]
        self.guessed = [source for source in found if source.guessed]
        write_if_changed(
            self.root / "etc/debian.sources", aptsources.render(found, self.architectures)
        )
        host = aptconfig.of_the_host(run(["apt-config", "dump"]))
        write_if_changed(
            self.root / "apt.conf", aptconfig.render(self.root, self.architectures, host)
        )

    def update(self) -> str:
        """Read the mirrors' indexes; returns what went wrong, '' if nothing did.

        A mirror in the middle of a sync, or none at all, leaves the indexes it
        can and those of last time: enough to go on with, and worth a note.
        """
        if self.root not in _read:
            _read[self.root] = "there is no network" if network.is_down() else self._update()
        return _read[self.root]

    def _update(self) -> str:
        try:
            self._run(["apt-get", "-qq", "update", "--error-on=any"], seconds=_INDEX_SECONDS)
        except ScopeError as error:
            lines = [line for line in str(error).splitlines() if line.startswith(("E:", "W:"))]
            bad = [line for line in lines if not self._is_of_a_guess(line)]
            if lines and not bad:
                return ""
            network.note_failure("\n".join(bad) or str(error))
            return bad[0] if bad else str(error)
        return ""

    def _is_of_a_guess(self, line: str) -> bool:
        """A complaint about a source that nobody listed, or about there having been any."""
        places = [f"{source.uri.rstrip('/')} {source.release}" for source in self.guessed]
        places += [f"{source.uri.rstrip('/')}/dists/{source.release}/" for source in self.guessed]
        plain = line.replace("/ ", " ")
        return any(place in plain for place in places) or "Some index files failed" in line

    def names(self, start: str = "") -> list[str]:
        return sorted(self._run(["apt-cache", "pkgnames", *([start] if start else [])]).split())

    def newest(self, pattern: str) -> str:
        """The package with the highest version in its name, of those that match linux-source-7.*"""
        stem = re.split(r"[*?\[]", pattern)[0]
        if stem == pattern:
            return pattern
        # Not linux-source-7.3-something: what the pattern leaves open is a version.
        found = [
            name
            for name in self.names(stem)
            if fnmatch.fnmatchcase(name, pattern) and re.fullmatch(r"[\d.]+", name[len(stem) :])
        ]
        if not found:
            raise ScopeError(f"{self.suites[0]} has no package {pattern}{self._instead(stem)}")
        return max(found, key=lambda name: [int(part) for part in re.findall(r"\d+", name)])

    def show(self, package: str, arch: str) -> Deb822:
        """The newest version's stanza, as Packages has it."""
        if package not in self.names(package):
            raise ScopeError(f"{self.suites[0]} has no package {package}{self._instead(package)}")
        text = self._run(["apt-cache", "show", "--no-all-versions", f"{package}:{arch}"])
        stanza = Deb822(text)
        if "Version" not in stanza:
            raise ScopeError(f"the mirror has no package {package}:{arch}")
        return stanza

    def package(self, name: str, arch: str) -> Package:
        """For all architectures or for `arch`, as the package itself says."""
        stanza = self.show(name, arch)
        return Package(name, stanza["Architecture"], stanza["Version"])

    def _instead(self, package: str) -> str:
        stem = re.sub(r"[\d.]+$", "", package)
        others = [name for name in self.names(stem) if re.fullmatch(re.escape(stem) + r"[\d.]+", name)]
        return f"; it has {', '.join(others)} instead" if others else ""

    def unpack(self, package: Package, into: Path, only: Sequence[str] = ()) -> None:
        """Download one package, checked by apt, and unpack it, or the files that match."""
        network.demand()
        name = f"{package.name}:{package.arch}={package.version}"
        size = int(self._run(["apt-cache", "show", name]).partition("\nSize:")[2].split()[0])
        with tempfile.TemporaryDirectory(dir=self.root, prefix="download.") as folder:
            with download.shown(f"{package.name}:{package.arch} {package.version}", size, Path(folder)):
                self._download(["apt-get", "-qq", "download", name], Path(folder))
            archives = list(Path(folder).glob("*.deb"))
            if len(archives) != 1:
                raise ScopeError(f"apt-get download {name} left {len(archives)} files, not one")
            into.mkdir(parents=True, exist_ok=True)
            if only:
                _unpack_some(archives[0], into, only)
            else:
                run(["dpkg-deb", "-x", archives[0], into])

    def unpack_with_dependencies(self, package: str, suite: str, into: Path) -> None:
        """A program and everything it needs, down to the C library, as on an empty machine."""
        network.demand()
        words = ["apt-get", "-qq", "-y", "--download-only", "-t", suite, "install", package]
        uris = self._run([*words, "--print-uris"])
        size = sum(int(line.split()[2]) for line in uris.splitlines() if line.startswith("'"))
        archives = self.root / "cache/archives"
        with download.shown(f"{package} of {suite} with what it needs", size, archives):
            self._download(words, self.root)
        into.mkdir(parents=True, exist_ok=True)
        for archive in sorted(archives.glob("*.deb")):
            run(["dpkg-deb", "-x", archive, into])
            archive.unlink()

    def _download(self, words: Sequence[str], folder: Path) -> None:
        try:
            self._run(words, cwd=folder, seconds=_PACKAGE_SECONDS)
        except ScopeError as error:
            network.note_failure(str(error))
            raise


def ask(suite: str, architectures: Sequence[str], *further: str) -> tuple[PrivateApt, bool]:
    """An apt for the releases with indexes read, and whether all of them could be."""
    apt = PrivateApt(suite, architectures, *further)
    apt.prepare()
    fresh = apt.root not in _read
    trouble = apt.update()
    if trouble and fresh and not network.is_down():
        say(f"note: using the indexes of {suite} that could be read: {trouble}")
    return apt, not trouble


def for_target(suite: str, arch: str) -> tuple[PrivateApt, bool]:
    """The same for packages of `arch` and, beside them, this machine's own."""
    return ask(suite, [host_architecture(), arch])


def _unpack_some(archive: Path, into: Path, patterns: Sequence[str]) -> None:
    """Unpack only some files: a kernel image comes with hundreds of MB of modules."""
    with subprocess.Popen(
        ["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE, env=ENVIRONMENT
    ) as producer:
        consumer = subprocess.run(
            ["tar", "-x", "-C", into, "--no-same-owner", "--wildcards", *patterns],
            stdin=producer.stdout,
            capture_output=True,
            text=True,
            check=False,
            env=ENVIRONMENT,
        )
    if consumer.returncode or producer.returncode:
        listed = " ".join(patterns)
        raise ScopeError(f"cannot unpack {listed} of {archive.name}: {consumer.stderr.strip()}")
