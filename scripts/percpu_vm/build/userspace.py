# SPDX-License-Identifier: GPL-2.0-only
"""Building the user programs for an architecture, by CMake and Ninja."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from ..fetch import libraries
from ..host import paths
from . import toolchain
from ..host.command import ENVIRONMENT, run
from ..host.errors import EXIT_FAILURE, ScopeError
from ..host.locks import lock, write_atomically

_QUIET_SECONDS = 2.0


_INTERRUPTED = 130  # of a shell, and of ninja: by SIGINT


def configure(folder: Path, definitions: Sequence[str]) -> None:
    """Configure once; ninja re-runs CMake itself when a CMakeLists changes."""
    # In CI somebody mends what a compiler warns of; whoever only uses us need not.
    strict = "ON" if os.environ.get("CI") == "true" else "OFF"
    definitions = [*definitions, f"PERCPU_SCOPE_WERROR={strict}"]
    stamp = folder / ".definitions"
    wanted = "".join(f"{definition}\n" for definition in definitions)
    if (folder / "build.ninja").is_file() and stamp.is_file() and stamp.read_text("utf-8") == wanted:
        return
    words = ["cmake", "-S", str(paths.USERSPACE), "-B", str(folder), "-G", "Ninja"]
    _run([*words, *(f"-D{definition}" for definition in definitions)], f"configuring {folder.name}")
    write_atomically(stamp, wanted)


def _run(words: Sequence[str], what: str) -> None:
    try:
        child = subprocess.Popen(
            words,
            env=ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except FileNotFoundError as error:
        raise ScopeError(f"{words[0]} is not installed (make setup installs it)") from error
    with child:
        try:
            output, _ = child.communicate(timeout=_QUIET_SECONDS)
        except subprocess.TimeoutExpired:
            # A first build takes minutes; a build with nothing to do says nothing.
            print(f"{what} …", file=sys.stderr, flush=True)
            output, _ = child.communicate()
    if child.returncode < 0 or child.returncode == _INTERRUPTED or "interrupted by user" in output:
        raise ScopeError(f"{what} was interrupted")
    if child.returncode:
        raise ScopeError(f"{what} failed:\n{output.rstrip()}", EXIT_FAILURE)


@contextlib.contextmanager
def built(folder: Path, definitions: Sequence[str], programs: Sequence[str]) -> Iterator[None]:
    """Build, and keep others from building anew in `folder` until the block is left."""
    if not (paths.USERSPACE / "CMakeLists.txt").is_file():
        raise ScopeError(f"{paths.USERSPACE} has no CMakeLists.txt", EXIT_FAILURE)
    with lock(folder.parent / f"{folder.name}.lock", f"with {folder.name}"):
        configure(folder, definitions)
        jobs = str(os.cpu_count() or 1)
        what = f"building {' and '.join(programs)} for {folder.name}"
        _run(["ninja", "-C", str(folder), "-j", jobs, *programs], what)
        yield


def _stripped(program: Path) -> Path:
    """A copy without symbols: half the size to load at every boot, and never half linked."""
    copy = program.parent / "stripped" / program.name
    if not copy.is_file() or copy.stat().st_mtime_ns < program.stat().st_mtime_ns:
        copy.parent.mkdir(parents=True, exist_ok=True)
        draft = copy.with_name(f".{copy.name}")
        # All of them: nothing in the guest reads symbols.
        run([f"{toolchain.prefix_for(program.read_bytes())}strip", "-o", draft, program])
        shutil.copymode(program, draft)
        draft.replace(copy)
    return copy


def build_guest(arch: str, programs: Sequence[str]) -> dict[str, Path]:
    """Static programs for the guest, stripped: name → file."""
    folder = paths.user_build(arch)
    definitions = [f"PERCPU_SCOPE_ARCH={arch}", "CMAKE_BUILD_TYPE=Release"]
    root = libraries.of(arch)
    if root:
        definitions.append(f"PERCPU_SCOPE_LIBRARIES={root}")
    with built(folder, definitions, programs):
        return {name: _stripped(folder / name) for name in programs}
