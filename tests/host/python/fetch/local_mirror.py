# SPDX-License-Identifier: GPL-2.0-only
"""A mirror of Debian in a folder, with packages made for a test: what apt itself is tried on."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Mapping
from pathlib import Path


class LocalMirror:
    """Packages by name, each with its further fields and files."""

    def __init__(self, root: Path, suite: str) -> None:
        self.root = root
        self.suite = suite
        self.stanzas: list[str] = []

    @property
    def uri(self) -> str:
        # Unlike file:, copied as what comes over a network is.
        return f"copy:{self.root}"

    def add(self, name: str, version: str, fields: str = "", files: Mapping[str, str] | None = None) -> None:
        tree = self.root / f"tree-{name}"
        (tree / "DEBIAN").mkdir(parents=True)
        control = f"Package: {name}\nVersion: {version}\nArchitecture: amd64\nMaintainer: a <a@b>\n{fields}"
        (tree / "DEBIAN/control").write_text(f"{control}Description: for a test\n", encoding="utf-8")
        for path, text in (files or {}).items():
            (tree / path).parent.mkdir(parents=True, exist_ok=True)
            (tree / path).write_text(text, encoding="utf-8")
        archive = self.root / f"pool/{name}_{version}_amd64.deb"
        archive.parent.mkdir(exist_ok=True)
        subprocess.run(["dpkg-deb", "--root-owner-group", "-b", tree, archive], check=True, capture_output=True)
        content = archive.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        self.stanzas.append(
            f"{control}Filename: pool/{archive.name}\nSize: {len(content)}\nSHA256: {digest}\n"
            "Description: for a test\n"
        )

    def publish(self) -> None:
        """Write the indexes that apt reads."""
        release = self.root / "dists" / self.suite
        index = release / "main/binary-amd64/Packages"
        index.parent.mkdir(parents=True, exist_ok=True)
        content = "\n".join(self.stanzas).encode()
        index.write_bytes(content)
        (release / "Release").write_text(
            f"Origin: Debian\nSuite: {self.suite}\nCodename: {self.suite}\nArchitectures: amd64\n"
            "Components: main\nDate: Thu, 01 Jan 2026 00:00:00 UTC\nSHA256:\n"
            f" {hashlib.sha256(content).hexdigest()} {len(content)} main/binary-amd64/Packages\n",
            encoding="utf-8",
        )
