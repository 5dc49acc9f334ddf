# SPDX-License-Identifier: GPL-2.0-only
"""The configuration of a private apt: ours, and of the host's only how to reach a mirror.

A default release, a pin or an index that the host asks for would change what we are
told, or end every call with an error; so the host's files are not read at all.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

# Of a mirror that answers nothing; a slow one that answers is waited for.
_TIMEOUT_SECONDS = 15
_NETWORK = re.compile(r"Acquire::(?!IndexTargets|Languages|Retries|Changelogs|CompressionTypes|cdrom)")
_TIMEOUT = re.compile(r"::Timeout\b")


def of_the_host(dump: str) -> list[str]:
    """Lines of `apt-config dump` that say how to reach mirrors: proxies, certificates, trust."""
    return [
        line
        for line in dump.splitlines()
        if _NETWORK.match(line) and not _TIMEOUT.search(line) and not line.endswith(' "";')
    ]


def render(root: Path, architectures: Sequence[str], host: Sequence[str]) -> str:
    """For APT_CONFIG, which apt reads before it looks for any other file."""
    names = " ".join(f'"{name}";' for name in architectures)
    lines = [
        # Nothing of the host's: not its files, not its pins.
        'Dir::Etc::main "/dev/null";',
        f'Dir::Etc::parts "{root}/etc/none.d/";',
        'Dir::Etc::preferences "/dev/null";',
        f'Dir::Etc::preferencesparts "{root}/etc/none.d/";',
        f'Dir::Etc::sourcelist "{root}/etc/none";',
        f'Dir::Etc::sourceparts "{root}/etc/";',
        f'Dir::State "{root}/state/";',
        f'Dir::State::status "{root}/state/status";',
        f'Dir::Cache "{root}/cache/";',
        f'Dir::Log "{root}/log/";',
        f'APT::Architecture "{architectures[0]}";',
        f"APT::Architectures {{ {names} }};",
        'APT::Install-Recommends "false";',
        # Root would otherwise download as a user who cannot see this folder.
        'APT::Sandbox::User "root";',
        'Acquire::Languages "none";',
        *host,
        "Acquire::Retries 2;",
        *(f'Acquire::{method}::Timeout "{_TIMEOUT_SECONDS}";' for method in ("http", "https", "ftp")),
    ]
    return "\n".join(lines) + "\n"
