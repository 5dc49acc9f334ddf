#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The module's files stand on one another in the order of kmod/Kbuild: none calls one behind it.

 - A file includes only headers of files before it, its own, and those that have no file.
 - An object needs only symbols of objects before it, as nm reads them.
So there is no cycle, and each file can be read with what stands before it alone.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from percpu_vm.host import paths  # noqa: E402
from percpu_vm.model import targets  # noqa: E402

_INCLUDE = re.compile(r'^#include "([^"]+)"', re.MULTILINE)
_OBJECTS = re.compile(r"^percpu_scope-\S+ [:+]= (.*)$", re.MULTILINE)
# Is included into those that define what it is of, and has no order of its own.
TEMPLATES = {"kinds/words/word.h"}


def order(kbuild: str) -> list[str]:
    """Names of the objects, without .o, in the order of Kbuild."""
    lines = kbuild.replace("\\\n", " ")
    return [name.removesuffix(".o") for found in _OBJECTS.findall(lines) for name in found.split()]


def _header(include: str, file: str) -> str:
    """What an include names, from kmod/ on."""
    parts: list[str] = []
    for part in [*Path(file).parent.parts, *Path(include).parts]:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def include_problems(files: Mapping[str, str], objects: Sequence[str]) -> Iterator[str]:
    """Of texts by name from kmod/ on: sources and headers."""
    place = {name: i for i, name in enumerate(objects)}
    for file, text in sorted(files.items()):
        stem = file.rsplit(".", 1)[0]
        if file.endswith(".c") and stem not in place:
            yield f"{file} is not in Kbuild"
        for include in _INCLUDE.findall(text):
            header = _header(include, file)
            included = header.removesuffix(".h")
            if header not in files:
                yield f"{file} includes {include}, which is not there"
            elif included in place and stem in place and place[included] > place[stem]:
                yield f"{file} includes {include} of a file behind it in Kbuild"
            elif file.endswith(".h") and stem not in place and included in place:
                # A header without a file stands as high as the highest it includes.
                for user, body in sorted(files.items()):
                    base = user.rsplit(".", 1)[0]
                    if base in place and place[base] < place[included] and file not in TEMPLATES:
                        if any(_header(i, user) == file for i in _INCLUDE.findall(body)):
                            yield f"{user} includes {file}, and with it {header}, which is behind it"


def symbol_problems(symbols: Mapping[str, str], objects: Sequence[str]) -> Iterator[str]:
    """Of what `nm` prints of each object."""
    defined: dict[str, str] = {}
    for name, text in symbols.items():
        for line in text.splitlines():
            words = line.split()
            if len(words) == 3 and words[1].isupper() and words[1] not in "UW":
                defined[words[2]] = name
    place = {name: i for i, name in enumerate(objects)}
    for name, text in symbols.items():
        for line in text.splitlines():
            words = line.split()
            if len(words) != 2 or words[0] != "U" or words[1] not in defined:
                continue
            owner = defined[words[1]]
            if place[owner] > place[name]:
                yield f"{name}.o needs {words[1]} of {owner}.o, which is behind it in Kbuild"


def main() -> int:
    objects = order((paths.KMOD / "Kbuild").read_text(encoding="utf-8"))
    files = {
        str(path.relative_to(paths.KMOD)): path.read_text(encoding="utf-8")
        for path in sorted(paths.KMOD.rglob("*.[ch]"))
    }
    found = list(include_problems(files, objects))
    for target in targets.choose(sys.argv[1:]):
        build = paths.module_build(target.name + ".lint")
        symbols = {
            name: subprocess.run(
                ["nm", str(build / f"{name}.o")], check=True, capture_output=True, text=True
            ).stdout
            for name in objects
            if (build / f"{name}.o").exists()
        }
        if not symbols:
            found.append(f"{target.name}: nothing was built to look at")
        found += [f"{target.name}: {problem}" for problem in symbol_problems(symbols, objects)]
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
