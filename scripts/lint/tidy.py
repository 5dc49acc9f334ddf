#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""clang over our C++, in parallel, skipping what has passed before.

First each file by itself, for its syntax and warnings only: it has to include what it uses.
Then clang-tidy over the folders as the build compiles them, each as one: most of its time
goes into headers, which the files of a folder have in common.

Whether a source passed depends on everything it includes, so the remembered key is a hash
of the preprocessed text (with comments), the configuration and the tool's version.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = REPOSITORY / "build" / "lint" / "tidy"
PASSED = BUILD / "passed"


@dataclass(frozen=True)
class Source:
    path: Path
    folder: Path  # where its command is run
    words: tuple[str, ...]  # of its command, without where the result goes

    def name(self) -> str:
        return str(self.path.relative_to(REPOSITORY))


Check = Callable[[Source], Sequence[str | Path]]


def sources(name: str, unity: bool) -> list[Source]:
    """Of one build, without precompiled headers: they would hide what a file does not include."""
    build = BUILD / name
    subprocess.run(
        ["cmake", "-S", REPOSITORY / "userspace", "-B", build, "-G", "Ninja",
         "-DCMAKE_C_COMPILER=clang", "-DCMAKE_CXX_COMPILER=clang++",
         "-DPERCPU_SCOPE_SANITIZE=ON", "-DCMAKE_BUILD_TYPE=Debug",
         "-DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON", f"-DCMAKE_UNITY_BUILD={'ON' if unity else 'OFF'}",
         "-DPERCPU_SCOPE_WERROR=ON", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON"],
        check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    entries = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    found = {}
    for entry in entries:
        path = Path(entry["file"]).resolve()
        generated = path.is_relative_to(build)
        # GoogleTest is Debian's to lint, and what the build makes its maker's.
        if path.is_relative_to(REPOSITORY) and (not generated or "Unity" in path.parts):
            found[path] = Source(path, Path(entry["directory"]), words_of(entry["command"]))
    return list(found.values())


def words_of(command: str) -> tuple[str, ...]:
    words = shlex.split(command)
    for flag in ("-o", "-MF", "-MT", "-MQ"):
        while flag in words:
            at = words.index(flag)
            del words[at : at + 2]
    return tuple(word for word in words if word not in ("-c", "-MD", "-MMD"))


def key(source: Source, common: bytes) -> str:
    # With comments, since a comment may be a NOLINT, and with macros.
    done = subprocess.run(
        [*source.words, "-E", "-CC", "-dD"], cwd=source.folder, capture_output=True, check=False
    )
    # Not remembered if it cannot be read: the check will say what is wrong.
    return "" if done.returncode else hashlib.sha256(common + done.stdout).hexdigest()


def by_itself(source: Source) -> Sequence[str | Path]:
    return [*source.words, "-fsyntax-only"]


def tidy(source: Source) -> Sequence[str | Path]:
    # What the build makes of a folder includes its sources, as nothing else does.
    return [
        "clang-tidy", "--quiet", "--checks=-bugprone-suspicious-include", "--warnings-as-errors=*",
        source.path, "--", *source.words[1:],
    ]  # fmt: skip


def failures(check: Check, all_of_them: Sequence[Source], common: bytes) -> int:
    def look(source: Source) -> str:
        digest = key(source, check.__name__.encode() + common)
        stamp = PASSED / digest
        if digest and stamp.exists():
            return ""
        done = subprocess.run(
            check(source), cwd=source.folder, capture_output=True, text=True, errors="replace",
            check=False,
        )  # fmt: skip
        if done.returncode == 0:
            if digest:
                stamp.touch()
            return ""
        return f"{source.name()}:\n{(done.stdout + done.stderr).rstrip()}"

    if not all_of_them:
        print("there is nothing to look at, which cannot be right")
        return 1
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        complaints = [complaint for complaint in pool.map(look, all_of_them) if complaint]
    for complaint in complaints:
        print(complaint)
    return len(complaints)


def main() -> int:
    PASSED.mkdir(parents=True, exist_ok=True)
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout
    common = version + (REPOSITORY / ".clang-tidy").read_bytes()
    failed = failures(by_itself, sources("alone", unity=False), common)
    failed += failures(tidy, sources("folders", unity=True), common)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
