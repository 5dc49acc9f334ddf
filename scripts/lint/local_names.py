#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Functions that are local to two files of one folder.

The files of a folder are compiled as one (userspace/cmake/unity.cmake). The compiler tells of
two that are the same; two that differ in their parameters would silently be overloads of each
other, and a call could find the wrong one.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
_UNNAMED = re.compile(r"^namespace \{$(.*?)^\}  // namespace$", re.DOTALL | re.MULTILINE)
# As clang-format leaves it: a definition begins its line, what is within it does not.
_FUNCTION = re.compile(
    r"^(?:\[\[\w+\]\] )?(?:static )?[A-Za-z_][\w:<>,&* ]*?[ \n>*&](?P<name>[a-z]\w*)\(", re.MULTILINE
)


def local_functions(text: str) -> set[str]:
    return {
        match["name"] for part in _UNNAMED.findall(text) for match in _FUNCTION.finditer(part)
    }


def shared(texts: dict[Path, str]) -> dict[tuple[Path, str], list[Path]]:
    """(folder, name) → the files that it is local to, where they are several."""
    found = defaultdict(list)
    for path, text in sorted(texts.items()):
        for name in local_functions(text):
            found[path.parent, name].append(path)
    return {place: files for place, files in found.items() if len(files) > 1}


def main() -> int:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", "userspace/*.cpp", "tests/*.cpp"],
        cwd=REPOSITORY, check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    paths = [Path(name) for name in listed.split("\0") if name]
    texts = {path: (REPOSITORY / path).read_text(encoding="utf-8") for path in paths}
    if not any(map(local_functions, texts.values())):
        print("no local function is found, which cannot be right")
        return 1
    clashes = shared(texts)
    for (folder, name), files in sorted(clashes.items()):
        print(f"{folder}: {name}() is local to {', '.join(path.name for path in files)}: rename one")
    return 1 if clashes else 0


if __name__ == "__main__":
    sys.exit(main())
