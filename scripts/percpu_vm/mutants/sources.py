# SPDX-License-Identifier: GPL-2.0-only
"""Where the functions of a C or C++ file are. Text in, places out; no compiler."""

from __future__ import annotations

import re
from dataclasses import dataclass

_NOT_CODE = re.compile(
    r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|^[ \t]*\#(?:\\\n|[^\n])*""",
    re.DOTALL | re.MULTILINE,
)
_NOT_NAMES = {"if", "for", "while", "switch", "return", "sizeof", "catch", "alignas", "decltype"}
# What every kernel here has: the other side of such an #ifdef is compiled nowhere.
_NOWHERE = re.compile(
    r"^#ifdef CONFIG_(?:KPROBES|SMP)\n(?:(?!#endif|#if).*\n)*?#else\n((?:(?!#endif|#if).*\n)*)#endif",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Function:
    name: str
    start: int  # of its body, at the brace
    end: int


def blanked(text: str) -> str:
    """The same places, with blanks for comments, strings and what the preprocessor takes."""

    def blank(code: str) -> str:
        return re.sub(r"[^\n]", " ", code)

    for nowhere in _NOWHERE.finditer(text):
        start, end = nowhere.span(1)
        text = text[:start] + blank(text[start:end]) + text[end:]
    return _NOT_CODE.sub(lambda found: blank(found.group()), text)


def _name(header: str) -> str:
    """Of the function whose body follows; nothing if something else does."""
    if re.search(r"\b(struct|class|enum|union)\s+\w+[^()]*$", header) or re.search(r"=\s*$", header):
        return ""
    # A name can be a macro's: UPDATE(this_cpu_inc)(...).
    for found in re.finditer(r"([A-Z]\w*\(\w+\)|[\w~]+(?:::[\w~]+)*)\s*\(", header):
        if found.group(1) not in _NOT_NAMES:
            return found.group(1)
    return ""


def functions(text: str) -> list[Function]:
    """Those that no other function holds, in order; a name can stand there twice."""
    code = blanked(text)
    found: list[Function] = []
    namespaces = 0  # braces open around what is looked at
    depth = 0  # in a body of whatever kind
    name, start, header = "", 0, 0
    for place in re.finditer(r"[{};]", code):
        mark = place.group()
        if depth:
            depth += {"{": 1, "}": -1, ";": 0}[mark]
            if not depth:
                if name:
                    found.append(Function(name, start, place.end()))
                header = place.end()
        elif mark == "{":
            before = code[header : place.start()]
            if re.search(r"\bnamespace\b", before):
                namespaces += 1
                header = place.end()
            else:
                name, start, depth = _name(before), place.start(), 1
        else:
            namespaces -= mark == "}"
            header = place.end()
    return found
