# SPDX-License-Identifier: GPL-2.0-only
"""An apt of our own below the cache: foreign packages, and a host left as it is.

Own state, own sources, own architectures; the host's proxies and keys. Knows
packages, not kernels (fetch.py does).
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from . import aptsources
from ..host.command import ENVIRONMENT, run
from ..host.errors import ScopeError
from ..host.locks import write_atomically, write_if_changed


def _read(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


def host_architecture() -> str:
    return run(["dpkg", "--print-architecture"]).strip()


def parse_stanza(text: str) -> dict[str, str]:
    """The first stanza of a control file, folded lines joined."""
    stanza: dict[str, str] = {}
    key = ""
    for line in text.splitlines():
        if not line.strip():
            if stanza:
                break
            continue
        if line[0] in " \t" and key:
            stanza[key] += "\n" + line.strip()
        else:
            key, _, value = line.partition(":")
            stanza[key] = value.strip()
    return stanza


def dependencies(stanza: dict[str, str]) -> list[tuple[str, str]]:
    """(package, exact version or '') for each dependency, first alternatives only."""
    found = []
    for item in stanza.get("Depends", "").split(","):
        match = re.match(r"\s*([a-z0-9][a-z0-9+.-]*)(?::\w+)?\s*(?:\(\s*=\s*([^\s)]+)\s*\))?", item)
        if match:
            found.append((match.group(1), match.group(2) or ""))
    return found


class PrivateApt:
    """One apt state per Debian release and set of architectures."""

    def __init__(self, root: Path, suite: str, architectures: Sequence[str]) -> None:
        self.root = root
        self.suite = suite
        self.architectures = list(architectures)
        self.config = root / "apt.conf"

    def prepare(self) -> None:
        """Write configuration and sources; the host is only read."""
        for folder in ("state/lists/partial", "cache/archives/partial", "etc", "log"):
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        (self.root / "state/status").touch()
        sources = self._sources()
        if not sources:
            raise ScopeError(
                f"this machine's apt has no source for Debian {self.suite} (component main), "
                "nor for a release of its own whose mirror could be asked; "
                "add one to /etc/apt/sources.list, then run this again"
            )
        write_if_changed(
            self.root / "etc/debian.sources", aptsources.render(sources, self.architectures)
        )
        listed = " ".join(f'"{name}";' for name in self.architectures)
        lines = [
            f'Dir::State "{self.root}/state/";',
            f'Dir::State::status "{self.root}/state/status";',
            f'Dir::Cache "{self.root}/cache/";',
            f'Dir::Log "{self.root}/log/";',
            f'Dir::Etc::sourcelist "{self.root}/etc/none";',
            f'Dir::Etc::sourceparts "{self.root}/etc/";',
            f'APT::Architecture "{self.architectures[0]}";',
            "#clear APT::Architectures;",
            f"APT::Architectures {{ {listed} }};",
            # The host's hooks are about the host's packages.
            "#clear APT::Update::Post-Invoke;",
            "#clear APT::Update::Post-Invoke-Success;",
            "#clear DPkg::Post-Invoke;",
            'Acquire::Languages "none";',
            # Root would otherwise download as a user who cannot see this folder.
            'APT::Sandbox::User "root";',
            "Acquire::Retries 3;",
        ]
        write_if_changed(self.config, "\n".join(lines) + "\n")

    def _sources(self) -> list[aptsources.Source]:
        stanzas = aptsources.index_targets(run(["apt-get", "indextargets"]))
        listed = aptsources.debian_sources(stanzas, self.suite, _read)
        if listed:
            return listed
        own = aptsources.codename(_read("/etc/os-release"))
        if not own:
            return []
        own_sources = aptsources.debian_sources(stanzas, own, _read)
        return aptsources.moved_sources(own_sources, self.suite)

    def update(self) -> str:
        """Read the mirrors' indexes; returns what went wrong, '' if nothing did.

        A mirror in the middle of a sync, or none at all, leaves the indexes it
        can and those of last time: enough to go on with, and worth a note.
        """
        try:
            run(["apt-get", "-c", self.config, "-qq", "update", "--error-on=any"])
        except ScopeError as error:
            lines = [line for line in str(error).splitlines() if line.startswith(("E:", "W:"))]
            return lines[0] if lines else str(error)
        return ""

    def _names(self, start: str) -> list[str]:
        return sorted(run(["apt-cache", "-c", self.config, "pkgnames", start]).split())

    def show(self, package: str, arch: str) -> dict[str, str]:
        if package not in self._names(package):
            raise ScopeError(f"{self.suite} has no package {package}{self._instead(package)}")
        text = run(["apt-cache", "-c", self.config, "show", "--no-all-versions", f"{package}:{arch}"])
        stanza = parse_stanza(text)
        if "Version" not in stanza:
            raise ScopeError(f"the mirror has no package {package}:{arch}")
        return stanza

    def _instead(self, package: str) -> str:
        """Backports drop a version when the next one comes, which then is another package."""
        stem = re.sub(r"[\d.]+$", "", package)
        others = [name for name in self._names(stem) if re.fullmatch(re.escape(stem) + r"[\d.]+", name)]
        return f"; it has {', '.join(others)} instead" if others else ""

    def unpack(self, package: str, arch: str, version: str, into: Path, only: str = "") -> None:
        """Download one package, checked by apt, and unpack it (or files matching `only`)."""
        with tempfile.TemporaryDirectory(dir=self.root, prefix="download.") as folder:
            name = f"{package}:{arch}={version}"
            run(["apt-get", "-c", self.config, "-qq", "download", name], cwd=Path(folder))
            archives = list(Path(folder).glob("*.deb"))
            if len(archives) != 1:
                raise ScopeError(f"apt-get download {name} left {len(archives)} files, not one")
            into.mkdir(parents=True, exist_ok=True)
            if only:
                _unpack_some(archives[0], into, only)
            else:
                run(["dpkg-deb", "-x", archives[0], into])


def _unpack_some(archive: Path, into: Path, pattern: str) -> None:
    """Unpack only some files: a kernel image comes with hundreds of MB of modules."""
    with subprocess.Popen(
        ["dpkg-deb", "--fsys-tarfile", archive], stdout=subprocess.PIPE, env=ENVIRONMENT
    ) as producer:
        consumer = subprocess.run(
            ["tar", "-x", "-C", into, "--no-same-owner", "--wildcards", pattern],
            stdin=producer.stdout,
            capture_output=True,
            text=True,
            check=False,
            env=ENVIRONMENT,
        )
    if consumer.returncode or producer.returncode:
        raise ScopeError(f"cannot unpack {pattern} of {archive.name}: {consumer.stderr.strip()}")


class Store:
    """Unpacked packages in the cache: a folder is whole or it is not there."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def folder(self, name: str) -> Path:
        return self.root / name

    def has(self, name: str) -> bool:
        return (self.folder(name) / ".complete").is_file()

    def begin(self) -> Path:
        self.root.mkdir(parents=True, exist_ok=True)
        # Left over from a run that was killed; the caller holds the lock.
        for stale in self.root.glob(".unpacking.*"):
            shutil.rmtree(stale, ignore_errors=True)
        return Path(tempfile.mkdtemp(dir=self.root, prefix=".unpacking."))

    def commit(self, prepared: Path, name: str) -> Path:
        prepared.chmod(0o755)
        write_atomically(prepared / ".complete", "")
        shutil.rmtree(self.folder(name), ignore_errors=True)
        prepared.rename(self.folder(name))
        return self.folder(name)
