# SPDX-License-Identifier: GPL-2.0-only
"""QEMU's monitor (QMP), listened to for one thing: why the machine stopped.

A guest that panics, or faults within a fault, resets its machine; one that is done powers
it off. With -no-reboot both end QEMU with 0, and a panic need not have come through to
the console. Every machine tells the two apart here, with no driver in the guest: Debian
has pvpanic's as a module.
"""

from __future__ import annotations

import json
import socket
from types import TracebackType

_HELLO = b'{"execute": "qmp_capabilities"}\n'


class Monitor:
    """A socket of which QEMU gets the other end."""

    def __init__(self) -> None:
        self._ours, self._theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._ours.send(_HELLO)
        self._said = b""

    def __enter__(self) -> Monitor:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self._ours.close()
        self._theirs.close()

    @property
    def descriptor(self) -> int:
        """What QEMU inherits."""
        return self._theirs.fileno()

    def words(self) -> list[str]:
        chardev = f"socket,id=monitor,fd={self.descriptor}"
        return ["-chardev", chardev, "-mon", "chardev=monitor,mode=control"]

    def listen(self) -> None:
        """Take what there is, so that QEMU never waits for us."""
        while True:
            try:
                data = self._ours.recv(65536)
            except OSError:  # nothing now, or never again
                return
            if not data:
                return
            self._said += data

    def shutdown(self) -> str:
        """The reason of the first SHUTDOWN; "" if none was told."""
        self.listen()
        for line in self._said.splitlines():
            try:
                event = json.loads(line)
                if event.get("event") == "SHUTDOWN":
                    return str(event["data"]["reason"])
            except (ValueError, KeyError, TypeError, AttributeError):
                continue
        return ""
