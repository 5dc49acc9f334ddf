# SPDX-License-Identifier: GPL-2.0-only
"""The copy of the repository that mutants are planted in, with a build folder of its own:
after a change only what is changed is built anew. The repository itself stays as it is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ..host import paths, process
from ..host.command import run
from ..host.locks import write_if_changed

FOLDER = paths.BUILD / "mutants" / "tree"
_BUILD = "build"


def names(root: Path) -> list[str]:
    """The files that make up the repository: committed or not, but none that git ignores."""
    listed = run(["git", "-C", root, "ls-files", "-z", "-co", "--exclude-standard"])
    return sorted({name for name in listed.split("\0") if name and (root / name).is_file()})


def refresh(root: Path = paths.REPOSITORY, copy: Path = FOLDER) -> None:
    """Make the copy what the repository is, touching only what differs."""
    wanted = names(root)
    for name in wanted:
        # With the time of now: a file that was put back must look new to ninja.
        write_if_changed(copy / name, (root / name).read_bytes())
        shutil.copymode(root / name, copy / name)
    kept = {copy / name for name in wanted}
    for path in copy.rglob("*"):
        if path.is_file() and path not in kept and path.relative_to(copy).parts[0] != _BUILD:
            path.unlink()


def plant(file: str, text: str, copy: Path = FOLDER) -> None:
    write_if_changed(copy / file, text)


def ask(words: Sequence[str], copy: Path = FOLDER) -> tuple[int, str]:
    """Run the copy's own scripts/percpu-scope: (its status, what it said on stdout)."""
    command = [sys.executable, str(copy / "scripts" / "percpu-scope"), *words]
    # A fault that a compiler warns of is one all the same: it must compile.
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    with process.bound(command, subprocess.PIPE, gently=True, environment=environment) as child:
        output, _ = child.communicate()
    return child.returncode, output.decode("utf-8", "replace")
