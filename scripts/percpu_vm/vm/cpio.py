# SPDX-License-Identifier: GPL-2.0-only
"""The archive the kernel unpacks at boot: "newc" cpio, written by ourselves.

Written here because it lets an ordinary user make device nodes and root-owned
files, and because the same input gives the same bytes. Format:
Documentation/driver-api/early-userspace/buffer-format.rst in the kernel.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass, field

_MAGIC = b"070701"
_TRAILER = "TRAILER!!!"


@dataclass(frozen=True)
class Entry:
    mode: int
    data: bytes = b""
    device: tuple[int, int] = (0, 0)


@dataclass
class Archive:
    entries: dict[str, Entry] = field(default_factory=dict)

    def _add(self, name: str, entry: Entry) -> None:
        clean = name.strip("/")
        if not clean or ".." in clean.split("/"):
            raise ValueError(f"not a name in an archive: {name!r}")
        if clean in self.entries and self.entries[clean] != entry:
            raise ValueError(f"{clean} is in the archive already")
        # The kernel makes no parent folders by itself.
        parent = clean.rpartition("/")[0]
        if parent and parent not in self.entries:
            self.folder(parent)
        self.entries[clean] = entry

    def folder(self, name: str, permissions: int = 0o755) -> None:
        self._add(name, Entry(stat.S_IFDIR | permissions))

    def file(self, name: str, data: bytes, permissions: int = 0o644) -> None:
        self._add(name, Entry(stat.S_IFREG | permissions, data))

    def link(self, name: str, goal: str) -> None:
        self._add(name, Entry(stat.S_IFLNK | 0o777, goal.encode()))

    def character_device(self, name: str, major: int, minor: int, permissions: int = 0o600) -> None:
        self._add(name, Entry(stat.S_IFCHR | permissions, device=(major, minor)))

    def render(self) -> bytes:
        out = bytearray()
        # Sorted, so that a folder comes before what is in it.
        for number, name in enumerate(sorted(self.entries), start=1):
            _append(out, number, name, self.entries[name])
        _append(out, 0, _TRAILER, Entry(0))
        return bytes(out)


def _append(out: bytearray, inode: int, name: str, entry: Entry) -> None:
    encoded = name.encode() + b"\0"
    fields = (
        inode,
        entry.mode,
        0,  # uid: everything belongs to root
        0,  # gid
        2 if stat.S_ISDIR(entry.mode) else 1,
        0,  # mtime: the same input must give the same bytes
        len(entry.data),
        0,  # device the archive was made on
        0,
        *entry.device,
        len(encoded),
        0,  # checksum, not used by this format
    )
    out += _MAGIC + b"".join(b"%08X" % value for value in fields) + encoded
    out += b"\0" * (-len(out) % 4)
    out += entry.data
    out += b"\0" * (-len(out) % 4)
