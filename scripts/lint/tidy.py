#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""clang-tidy over our C++, in parallel, skipping what has passed before.

Whether a file passed depends on everything it includes, so the remembered key
is a hash of the preprocessed text (with comments), the configuration and the tool's version.
"""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BUILD = REPOSITORY / "build" / "lint" / "tidy"
PASSED = BUILD / "passed"


def compile_commands() -> dict[Path, dict[str, str]]:
    """The commands of one build that compiles each file by itself, so that it has to include
    what it uses, and without precompiled headers, which are GCC's own."""
    build = BUILD / "cmake"
    subprocess.run(
        ["cmake", "-S", REPOSITORY / "userspace", "-B", build, "-G", "Ninja",
         "-DPERCPU_SCOPE_SANITIZE=ON", "-DCMAKE_BUILD_TYPE=Debug",
         "-DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON", "-DCMAKE_UNITY_BUILD=OFF",
         "-DPERCPU_SCOPE_WERROR=ON", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON"],
        check=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    entries = json.loads((build / "compile_commands.json").read_text(encoding="utf-8"))
    ours = {}
    for entry in entries:
        path = Path(entry["file"]).resolve()
        # GoogleTest is Debian's to lint.
        if path.is_relative_to(REPOSITORY) and not path.is_relative_to(REPOSITORY / "build"):
            ours[path] = entry
    return ours


def key(entry: dict[str, str], common: bytes) -> str:
    words = shlex.split(entry["command"])
    for flag in ("-o", "-MF", "-MT", "-MQ"):
        while flag in words:
            at = words.index(flag)
            del words[at : at + 2]
    words = [word for word in words if word not in ("-c", "-MD", "-MMD")]
    # With comments, since a comment may be a NOLINT, and with macros.
    words += ["-E", "-CC", "-dD"]
    done = subprocess.run(words, cwd=entry["directory"], capture_output=True, check=False)
    if done.returncode:
        # Not remembered; clang-tidy will say what is wrong.
        return ""
    return hashlib.sha256(common + done.stdout).hexdigest()


def tidy(path: Path, entry: dict[str, str], common: bytes) -> tuple[Path, int, str]:
    digest = key(entry, common)
    stamp = PASSED / digest
    if digest and stamp.exists():
        return path, 0, ""
    done = subprocess.run(
        ["clang-tidy", "--quiet", "-p", BUILD / "cmake", "--warnings-as-errors=*", path],
        cwd=REPOSITORY, capture_output=True, text=True, errors="replace",
    )  # fmt: skip
    if done.returncode == 0 and digest:
        stamp.touch()
    return path, done.returncode, done.stdout + (done.stderr if done.returncode else "")


def main() -> int:
    PASSED.mkdir(parents=True, exist_ok=True)
    entries = compile_commands()
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout
    common = version + (REPOSITORY / ".clang-tidy").read_bytes()
    failed = 0
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for path, status, output in pool.map(
            lambda path: tidy(path, entries[path], common), entries
        ):
            if status:
                failed += 1
                print(f"{path.relative_to(REPOSITORY)}:\n{output.rstrip()}")
    if not entries:
        print("there is nothing to look at, which cannot be right")
    return 1 if failed or not entries else 0


if __name__ == "__main__":
    sys.exit(main())
