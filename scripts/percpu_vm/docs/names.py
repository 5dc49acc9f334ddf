# SPDX-License-Identifier: GPL-2.0-only
"""What the pages name must be there: links, files, folders, commands, targets.

Text in, problems out. Looked at is Markdown's code (spans and fences) and its links; what
a guest printed is not ours to hold to this.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

_GENERATED = re.compile(r"^<!-- generated: .*?^<!-- end -->", re.DOTALL | re.MULTILINE)
_FENCE = re.compile(r"^```\w*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_INDENTED = re.compile(r"^ {4,}\S.*$", re.MULTILINE)
_SPAN = re.compile(r"`([^`\n]+(?:\n[^`\n]+)?)`")
_LINK = re.compile(r"\]\(([^()\s]+)\)")
_HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)
_MAKE = re.compile(r"(?<![\w-])make ([a-z][a-z-]*)\b")
_TARGET = re.compile(r"\bTARGET=([\w.+-]+)")
_SCOPE = re.compile(r"\bscripts/percpu-scope ([a-z][a-z-]*)")


@dataclass(frozen=True)
class Repository:
    """What there is to be named."""

    files: frozenset[str]
    make_targets: frozenset[str]
    targets: frozenset[str]
    verbs: frozenset[str]
    # Whether a path is one that git ignores: what builds leave.
    is_built: Callable[[str], bool]
    # The text of a page, for its headings.
    read: Callable[[str], str]

    def folders(self) -> frozenset[str]:
        return frozenset(
            "/".join(parts[:n])
            for parts in (name.split("/") for name in self.files)
            for n in range(1, len(parts))
        )

    def has(self, path: str) -> bool:
        return path.rstrip("/") in self.files | self.folders()


def anchor(heading: str) -> str:
    """What a heading is called in links, as forges do it."""
    bare = re.sub(r"[^\w\- ]", "", heading.strip().lower())
    return bare.replace(" ", "-")


def code(text: str) -> Iterator[str]:
    """Spans and lines of code of a page."""
    text = _GENERATED.sub("", text)
    for fence in _FENCE.findall(text):
        yield from fence.splitlines()
    text = _FENCE.sub("", text)
    yield from (line.strip() for line in _INDENTED.findall(text))
    for span in _SPAN.findall(text):
        yield " ".join(span.split())


def _from(page: str, link: str) -> str:
    """The path a link of a page leads to, from the top of the repository."""
    parts = page.split("/")[:-1]
    for part in link.split("/"):
        if part == "..":
            # Above the repository: no path there is.
            parts = parts[:-1] if parts else ["..", ".."]
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def _links(page: str, text: str, repository: Repository) -> Iterator[str]:
    for link in _LINK.findall(_FENCE.sub("", text)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, fragment = link.partition("#")
        to = _from(page, path) if path else page
        if not repository.has(to):
            yield f"a link leads to {link}, which is not there"
        elif fragment:
            there = text if to == page else repository.read(to)
            if fragment not in map(anchor, _HEADING.findall(_FENCE.sub("", there))):
                yield f"a link leads to {link}, where no such heading is"


def _paths(words: Iterable[str], repository: Repository) -> Iterator[str]:
    tops = {name.partition("/")[0] for name in repository.files if "/" in name}
    for word in words:
        path = word.strip("'\"(),;:")
        if path.startswith("./"):
            path = path[2:]
        # A pattern or an abbreviation names no single file.
        if "/" in path and path.partition("/")[0] in tops and not re.search(r"[*…{}<>$]", path):
            if not repository.has(path) and not repository.is_built(path):
                yield f"{path} is named, which is not there"


def problems(page: str, text: str, repository: Repository) -> list[str]:
    """What a page names that is not there. `page` is its path from the top."""
    found = list(_links(page, text, repository))
    for piece in code(text):
        for word in _MAKE.findall(piece):
            if word not in repository.make_targets:
                found.append(f"`make {word}` is named, which is no target of the Makefile")
        for word in _TARGET.findall(piece):
            if word not in repository.targets:
                found.append(f"TARGET={word} is named, which is no target or variation")
        for word in _SCOPE.findall(piece):
            if word not in repository.verbs:
                found.append(f"scripts/percpu-scope {word} is named, which is no verb of it")
        found += _paths(piece.split(), repository)
    return found
