# SPDX-License-Identifier: GPL-2.0-only
"""From a target with a source package to its kernel, built here, and a busybox.

The newest version is asked for as in fetch.py: at most once a day, and without a
network what is in the cache serves.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from ..build import kernel_build, kernel_config
from ..host import paths
from .apt import PrivateApt, Store, host_architecture
from ..host.command import run
from ..host.errors import ScopeError
from .fetched import Fetched, Package, busybox_in, say
from ..host.locks import lock, write_atomically
from ..model.targets import SourceKernel, Target

ASK_AGAIN_SECONDS = 24 * 3600
# After an answer that was not whole.
ASK_AGAIN_SOON_SECONDS = 3600


@dataclass(frozen=True)
class Resolved:
    """Which packages, decided at `checked` (seconds since 1970)."""

    source: Package
    busybox: Package
    checked: float

    def is_fresh(self) -> bool:
        return 0 <= time.time() - self.checked < ASK_AGAIN_SECONDS

    def is_here(self, store: Store) -> bool:
        return store.has(self.source.folder()) and store.has(self.busybox.folder())


def _decision(target: Target) -> Path:
    return paths.cache() / "resolved" / f"{target.name}.json"


def _load(path: Path) -> Resolved | None:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        source, busybox = Package(**data["source"]), Package(**data["busybox"])
        return Resolved(source, busybox, float(data["checked"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _apt(suite: str, architectures: list[str]) -> tuple[PrivateApt, bool]:
    """An apt for the suite, and whether all its indexes could be read."""
    apt = PrivateApt(paths.cache() / "apt" / "-".join([suite, *architectures]), suite, architectures)
    apt.prepare()
    trouble = apt.update()
    if trouble:
        say(f"note: using the indexes of {suite} that could be read: {trouble}")
    return apt, not trouble


def _unpack_source(apt: PrivateApt, package: Package, store: Store) -> None:
    draft = store.begin()
    say(f"fetching {package.name} {package.version}")
    pattern = "./usr/src/linux-source-*.tar.xz"
    apt.unpack(package.name, package.arch, package.version, draft, only=pattern)
    archives = list((draft / "usr/src").glob("linux-source-*.tar.xz"))
    if len(archives) != 1:
        raise ScopeError(f"{package.name} has {len(archives)} archives of a source, not one")
    say(f"unpacking {archives[0].name}")
    unxz = "--use-compress-program=xz -T0"
    run(["tar", "-x", "-C", draft, unxz, "--strip-components=1", "-f", archives[0]])
    archives[0].unlink()
    store.commit(draft, package.folder())


def _ask_mirror(target: Target, kernel: SourceKernel, store: Store) -> Resolved:
    host_arch = host_architecture()
    say(f"asking the mirror for {kernel.package} in {kernel.suite}")
    sources, all_sources = _apt(kernel.suite, [host_arch])
    binaries, all_binaries = _apt(target.suite, list(dict.fromkeys([host_arch, target.arch])))
    early = 0 if all_sources and all_binaries else ASK_AGAIN_SECONDS - ASK_AGAIN_SOON_SECONDS
    # For all architectures; apt files it under its own.
    source = sources.show(kernel.package, host_arch)
    busybox = binaries.show("busybox-static", target.arch)
    resolved = Resolved(
        Package(kernel.package, source["Architecture"], source["Version"]),
        Package("busybox-static", target.arch, busybox["Version"]),
        time.time() - early,
    )
    if not store.has(resolved.source.folder()):
        _unpack_source(sources, resolved.source, store)
    package = resolved.busybox
    if not store.has(package.folder()):
        say(f"fetching {package.name}:{package.arch} {package.version}")
        draft = store.begin()
        binaries.unpack(package.name, package.arch, package.version, draft)
        store.commit(draft, package.folder())
    write_atomically(_decision(target), json.dumps(asdict(resolved), indent=2) + "\n")
    return resolved


def _resolve(target: Target, kernel: SourceKernel, store: Store, refresh: bool) -> Resolved:
    known = _load(_decision(target))
    if known and known.is_fresh() and not refresh and known.is_here(store):
        return known
    with lock(paths.cache() / "fetch.lock", "fetching"):
        # Whoever held the lock may have done the work.
        known = _load(_decision(target))
        if known and known.is_fresh() and not refresh and known.is_here(store):
            return known
        try:
            return _ask_mirror(target, kernel, store)
        except ScopeError as error:
            if known is None or not known.is_here(store):
                raise
            say(f"note: nothing newer is to be had, using {known.source.version}: {error}")
            return known


def resolve(target: Target, kernel: SourceKernel) -> Resolved:
    """Its packages, unpacked in the cache."""
    return _resolve(target, kernel, Store(paths.cache() / "packages"), refresh=False)


def fragment(name: str) -> tuple[str, str]:
    path = paths.KERNEL_FRAGMENTS / name
    if path.parent != paths.KERNEL_FRAGMENTS or not path.is_file():
        raise ScopeError(f"there is no fragment {name!r} in {paths.KERNEL_FRAGMENTS}")
    return name, path.read_text(encoding="utf-8")


def fetch(target: Target, kernel: SourceKernel, refresh: bool = False) -> Fetched:
    """Everything a target needs; its kernel is built if no one did before."""
    store = Store(paths.cache() / "packages")
    resolved = _resolve(target, kernel, store, refresh)
    recipe = kernel_build.Recipe(
        name=target.name,
        source=store.folder(resolved.source.folder()),
        version=resolved.source.version,
        kbuild_arch=target.kbuild_arch,
        make_arguments=target.make_arguments,
        asked=kernel_config.join(fragment(name) for name in kernel.fragments),
        files=kernel.files,
    )
    built = kernel_build.build(recipe)
    return Fetched(
        release=built.release,
        image=built.image,
        # One source, many configurations.
        image_version=f"{resolved.source.version}+config.{built.key}",
        headers=built.tree,
        busybox=busybox_in(store.folder(resolved.busybox.folder())),
        modules=tuple(built.tree / name.removeprefix("kernel/") for name in kernel.modules),
        make_arguments=kernel_build.make_variables(),
    )
