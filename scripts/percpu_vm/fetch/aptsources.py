# SPDX-License-Identifier: GPL-2.0-only
"""Apt sources for the private state, made from the sources the host uses.

Text in, text out. No mirror has a name in this repository: the host's apt
knows its mirrors, their keys and its proxies, and is asked; a host without
Debian's sources has its user name one (PERCPU_SCOPE_MIRROR).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from debian.deb822 import Deb822

# What a Debian release is made of, by the end of the suite's name.
_PARTS = ("", "-updates", "-security")
# Names of the release that has none yet; /etc/os-release has the next one's.
_UNSTABLE = ("sid", "unstable")
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


@dataclass(frozen=True)
class Source:
    uri: str
    release: str
    components: tuple[str, ...]
    # Fields that say why the host trusts this source, as they were written.
    trust: tuple[str, ...] = field(default=())
    # Guessed, not listed: that it is not there is no trouble.
    guessed: bool = False


def index_targets(text: str) -> list[Mapping[str, str]]:
    """The stanzas of `apt-get indextargets` without a format."""
    return list(Deb822.iter_paragraphs(text, use_apt_pkg=False))


def suites(suite: str) -> tuple[str, ...]:
    """The suites that make up a Debian release; backports and sid are suites by themselves."""
    if suite.endswith("-backports") or suite in _UNSTABLE:
        return (suite,)
    return tuple(suite + part for part in _PARTS)


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
    blocks = list(Deb822.iter_paragraphs(text, use_apt_pkg=False))
    if not 1 <= number <= len(blocks):
        return ()
    stanza = blocks[number - 1]
    # A key may be written into the stanza itself, over many lines.
    return tuple(f"{key}: {stanza[key]}" for key in ("Signed-By", "Trusted") if key in stanza)


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


def listed(
    stanzas: Iterable[Mapping[str, str]], suite: str, read: Callable[[str], str]
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


def own_suite(
    stanzas: Sequence[Mapping[str, str]], codename: str, read: Callable[[str], str]
) -> str:
    """The release that the host itself is of, as its sources call it; '' if that is no Debian."""
    for suite in (codename, *_UNSTABLE):
        if suite and listed(stanzas, suite, read):
            return suite
    return ""


def _part(source: Source) -> str:
    """Of which part of a release a source is; the host may say "stable-security"."""
    found = re.search(r"(-updates|-security)?$", source.release)
    return found.group() if found else ""


def _security_uri(uri: str) -> str:
    """Where a mirror of Debian has its security updates: beside the rest, if it has them."""
    return re.sub(r"/debian(/?)$", r"/debian-security\1", uri)


def completed(sources: Sequence[Source], suite: str) -> list[Source]:
    """The sources, and those parts of the release that nobody listed, where they should be."""
    base = next((source for source in sources if _part(source) == ""), None)
    if base is None:
        return list(sources)
    found = list(sources)
    for name in suites(suite):
        part = name.removeprefix(suite)
        if any(_part(source) == part for source in sources):
            continue
        uri = _security_uri(base.uri) if part == "-security" else base.uri
        if part != "-security" or uri != base.uri:
            found.append(replace(base, uri=uri, release=name, guessed=True))
    return found


def moved(own: Iterable[Source], suite: str) -> list[Source]:
    """Sources of `suite`, which the host does not list, from those of its `own` release.

    A mirror of Debian has all releases; where the host gets its security updates,
    the other releases' lie as well. Whether apt trusts them, the host's keys say.
    """
    wanted = {name.removeprefix(suite): name for name in suites(suite)}
    return [
        replace(source, release=wanted[_part(source)]) for source in own if _part(source) in wanted
    ]


def named(mirror: str, suite: str) -> list[Source]:
    """Sources of `suite` on a mirror that the user names, trusted by Debian's own keys."""
    return [Source(mirror, suite, ("main",), (f"Signed-By: {KEYRING}",))]


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
