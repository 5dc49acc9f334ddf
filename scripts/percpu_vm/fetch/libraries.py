# SPDX-License-Identifier: GPL-2.0-only
"""Static libraries of a foreign architecture, unpacked below the cache.

The programs bring libbpf and what it needs along. For this machine's own
architecture Debian's packages are installed; those of others cannot be installed
beside them, so the same packages, of the same Debian release as the compiler, are
unpacked. Headers are the same for all.
"""

from __future__ import annotations

import platform
import sys
from pathlib import Path

from ..host import paths
from .apt import PrivateApt, Store, host_architecture
from ..host.errors import ScopeError
from ..host.locks import lock

PACKAGES = ("libbpf-dev", "libelf-dev", "zlib1g-dev")


def _release() -> str:
    codename = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    if not codename:
        raise ScopeError("/etc/os-release does not say which Debian release this is")
    return codename


def foreign(arch: str) -> Path | None:
    """The folder that stands for the root of `arch`; None if that is this machine's."""
    host = host_architecture()
    if arch == host:
        return None
    suite = _release()
    store = Store(paths.cache() / "packages")
    name = f"libraries_{suite}_{arch}"
    if store.has(name):
        return store.folder(name)
    with lock(paths.cache() / "fetch.lock", "fetching"):
        if store.has(name):
            return store.folder(name)
        return _fetch(store, name, suite, [host, arch])


def _fetch(store: Store, name: str, suite: str, architectures: list[str]) -> Path:
    apt = PrivateApt(paths.cache() / "apt" / "-".join([suite, *architectures]), suite, architectures)
    apt.prepare()
    trouble = apt.update()
    arch = architectures[-1]
    try:
        draft = store.begin()
        for package in PACKAGES:
            version = apt.show(package, arch)["Version"]
            print(f"fetching {package}:{arch} {version}", file=sys.stderr, flush=True)
            apt.unpack(package, arch, version, draft)
    except ScopeError as error:
        raise ScopeError(f"{error}\n{trouble}".rstrip()) from error
    return store.commit(draft, name)
