# SPDX-License-Identifier: GPL-2.0-only
"""What every kernel comes to, wherever it is from: the files a boot needs."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Package:
    name: str
    arch: str
    version: str

    def folder(self) -> str:
        # An epoch's colon is legal in a file name and a nuisance in a Makefile.
        return f"{self.name}_{self.version.replace(':', '%3a')}_{self.arch}"


@dataclass(frozen=True)
class Fetched:
    release: str
    image: Path
    image_version: str
    headers: Path
    busybox: Path
    # Of the kernel's own modules, those that the target names.
    modules: tuple[Path, ...] = ()


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
