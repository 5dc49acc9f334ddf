# SPDX-License-Identifier: GPL-2.0-only
"""Apt sources for the private state, made from the sources the host uses.

Text in, text out. No mirror has a name in this repository: the host's apt
knows its mirrors, their keys and its proxies, and is asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Source:
    uri: str
    release: str
    components: tuple[str, ...]
    # Fields that say why the host trusts this source, as they were written.
    trust: tuple[str, ...] = field(default=())


def index_targets(text: str) -> list[dict[str, str]]:
    """The stanzas of `apt-get indextargets` without a format."""
    stanzas: list[dict[str, str]] = []
    for block in re.split(r"\n\s*\n", text.strip()):
        stanza: dict[str, str] = {}
        for line in block.splitlines():
            key, separator, value = line.partition(":")
            if separator:
                stanza[key.strip()] = value.strip()
        if stanza:
            stanzas.append(stanza)
    return stanzas


def suites(suite: str) -> tuple[str, ...]:
    """The suites that make up a Debian release; backports are a suite by themselves."""
    if suite.endswith("-backports"):
        return (suite,)
    return (suite, f"{suite}-updates", f"{suite}-security")


def trust_fields(entry: str, read: Callable[[str], str]) -> tuple[str, ...]:
    """Signed-By and Trusted of a source, from the file and place apt names."""
    path, _, number = entry.rpartition(":")
    if not path or not number.isdigit():
        return ()
    try:
        text = read(path)
    except OSError:
        return ()
    if path.endswith(".sources"):
        return _trust_of_stanza(text, int(number))
    return _trust_of_line(text, int(number))


def _trust_of_stanza(text: str, number: int) -> tuple[str, ...]:
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    blocks = [b for b in re.split(r"\n\s*\n", "\n".join(lines).strip("\n")) if b.strip()]
    if not 1 <= number <= len(blocks):
        return ()
    # A key may be written into the stanza itself, over many lines.
    fields = re.findall(r"(?im)^((?:Signed-By|Trusted):.*(?:\n[ \t].*)*)", blocks[number - 1])
    return tuple(fields)


def _trust_of_line(text: str, number: int) -> tuple[str, ...]:
    lines = text.splitlines()
    if not 1 <= number <= len(lines):
        return ()
    options = re.search(r"\[([^]]*)\]", lines[number - 1])
    if not options:
        return ()
    names = {"signed-by": "Signed-By", "trusted": "Trusted"}
    found = []
    for option in options.group(1).split():
        key, _, value = option.partition("=")
        if key.lower() in names:
            # One-line sources separate several keys by commas, stanzas by spaces.
            found.append(f"{names[key.lower()]}: {value.replace(',', ' ')}")
    return tuple(found)


def debian_sources(
    stanzas: Iterable[dict[str, str]], suite: str, read: Callable[[str], str]
) -> list[Source]:
    """The host's sources that carry `suite`, in the order the host names them."""
    wanted = suites(suite)
    found: list[Source] = []
    for stanza in stanzas:
        if stanza.get("Created-By", "Packages") != "Packages":
            continue
        # Origin is only known once the lists are there.
        if stanza.get("Origin", "Debian") != "Debian" or stanza.get("Component") != "main":
            continue
        release = stanza.get("Release", "")
        # A host may say "stable" where it means this release.
        if release not in wanted and stanza.get("Codename", "") not in wanted:
            continue
        uri = stanza.get("Repo-URI", "")
        if not uri or any(s.uri == uri and s.release == release for s in found):
            continue
        trust = trust_fields(stanza.get("Sourcesentry", ""), read)
        found.append(Source(uri, release, ("main",), trust))
    return found


def codename(os_release: str) -> str:
    """The host's own Debian release, by its /etc/os-release; '' if it does not say."""
    found = re.search(r'^VERSION_CODENAME="?(\w+)"?$', os_release, re.MULTILINE)
    return found.group(1) if found else ""


def moved_sources(own: Iterable[Source], suite: str) -> list[Source]:
    """Sources of `suite`, which the host does not list, from those of its `own` release.

    A mirror of Debian has all releases; where the host gets its security updates,
    the other releases' lie as well. Whether apt trusts them, the host's keys say.
    """
    wanted = {name.removeprefix(suite): name for name in suites(suite)}
    moved = []
    for source in own:
        # The host may say "stable" for its own release.
        suffix = re.search(r"(-updates|-security)?$", source.release)
        name = wanted.get(suffix.group() if suffix else "")
        if name:
            moved.append(replace(source, release=name))
    return moved


def render(sources: Iterable[Source], architectures: Iterable[str]) -> str:
    """The sources as one deb822 file."""
    arches = " ".join(architectures)
    return "\n".join(
        "\n".join(
            [
                "Types: deb",
                f"URIs: {source.uri}",
                f"Suites: {source.release}",
                f"Components: {' '.join(source.components)}",
                f"Architectures: {arches}",
                *source.trust,
                "",
            ]
        )
        for source in sources
    )
