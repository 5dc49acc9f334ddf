# SPDX-License-Identifier: GPL-2.0-only
"""From a target to its kernel image, its headers and a busybox, all cached.

The newest kernel is the one the metapackage depends on. The mirror is asked at
most once a day; without a network the cache is used and the user is told.
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath

from . import source_kernel, tree_kernel
from ..host import paths
from .apt import PrivateApt, Store, dependencies, host_architecture
from ..host.errors import ScopeError
from .fetched import Fetched as Fetched
from .fetched import Package as Package
from .fetched import busybox_in
from .fetched import say as _say
from ..host.locks import lock, write_atomically
from ..model.targets import PackagedKernel, SourceKernel, Target, TreeKernel

ASK_AGAIN_SECONDS = 24 * 3600
# After an answer that was not whole.
ASK_AGAIN_SOON_SECONDS = 3600


@dataclass(frozen=True)
class Resolved:
    """Which packages a target needs, decided at `checked` (seconds since 1970)."""

    release: str
    image: Package
    headers: tuple[Package, ...]
    busybox: Package
    checked: float


def _packaged(target: Target) -> PackagedKernel:
    if not isinstance(target.kernel, PackagedKernel):
        raise ScopeError(f"{target.name} is no kernel that Debian built")
    return target.kernel


def _decision(target: Target) -> Path:
    return paths.cache() / "resolved" / f"{target.name}.json"


def _load(path: Path) -> Resolved | None:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return Resolved(
            release=data["release"],
            image=Package(**data["image"]),
            headers=tuple(Package(**item) for item in data["headers"]),
            busybox=Package(**data["busybox"]),
            checked=float(data["checked"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _resolve(target: Target, apt: PrivateApt, host_arch: str) -> Resolved:
    metapackage = _packaged(target).metapackage
    meta = apt.show(metapackage, target.arch)
    images = [
        (name, version)
        for name, version in dependencies(meta)
        if re.match(r"linux-image-\d", name)
    ]
    if not images:
        raise ScopeError(f"{metapackage} depends on no kernel image")
    name, version = images[0]
    if not version:
        version = apt.show(name, target.arch)["Version"]
    release = name.removeprefix("linux-image-").removesuffix("-unsigned")
    arch_headers = f"linux-headers-{release}"
    headers = [Package(arch_headers, target.arch, apt.show(arch_headers, target.arch)["Version"])]
    for needed, _ in dependencies(apt.show(arch_headers, target.arch)):
        # The common headers (for all architectures, which apt files under its
        # own) and the tools that run on this machine. The compiler is the host's.
        if re.match(r"linux-headers-.*-common(-rt)?$|linux-kbuild-", needed):
            found = apt.show(needed, host_arch)
            headers.append(Package(needed, found["Architecture"], found["Version"]))
    if len(headers) != 3:
        names = ", ".join(package.name for package in headers)
        raise ScopeError(f"expected headers, common headers and kbuild tools, found {names}")
    busybox = apt.show("busybox-static", target.arch)
    return Resolved(
        release=release,
        image=Package(name, target.arch, version),
        headers=tuple(headers),
        busybox=Package("busybox-static", target.arch, busybox["Version"]),
        checked=time.time(),
    )


def _repair_headers(tree: Path, final: Path) -> None:
    """Make Debian's headers work at `final`, where `tree` will be moved to: they name /usr."""
    for makefile in (tree / "usr/src").glob("linux-headers-*/Makefile"):
        text = makefile.read_text(encoding="utf-8")
        makefile.write_text(text.replace("/usr/src/", f"{final}/usr/src/"), encoding="utf-8")
    for folder in (tree / "usr/src").glob("linux-headers-*"):
        for link in [path for path in folder.iterdir() if path.is_symlink()]:
            if not link.exists():
                raise ScopeError(f"{link} points to {link.readlink()}, which is not there")


def _headers_name(resolved: Resolved) -> str:
    return "_".join([resolved.headers[0].folder(), "kbuild", resolved.headers[-1].arch])


def _modules_name(target: Target, resolved: Resolved) -> str:
    stems = [PurePosixPath(module).stem for module in _packaged(target).modules]
    return "_".join([resolved.image.folder(), *stems])


def _unpack(target: Target, resolved: Resolved, apt: PrivateApt, store: Store) -> None:
    image, busybox = resolved.image, resolved.busybox
    if not store.has(image.folder()):
        _say(f"fetching {image.name} {image.version}")
        draft = store.begin()
        apt.unpack(image.name, image.arch, image.version, draft, only="./boot/*")
        store.commit(draft, image.folder())
    if not store.has(_modules_name(target, resolved)):
        draft = store.begin()
        for module in _packaged(target).modules:
            _say(f"fetching {module} of {image.name} {image.version}")
            # Newer kernels' packages have them compressed.
            only = f"./lib/modules/*/{module}*"
            apt.unpack(image.name, image.arch, image.version, draft, only=only)
        store.commit(draft, _modules_name(target, resolved))
    if not store.has(_headers_name(resolved)):
        draft = store.begin()
        for package in resolved.headers:
            _say(f"fetching {package.name}:{package.arch} {package.version}")
            apt.unpack(package.name, package.arch, package.version, draft)
        _repair_headers(draft, store.folder(_headers_name(resolved)))
        store.commit(draft, _headers_name(resolved))
    if not store.has(busybox.folder()):
        _say(f"fetching {busybox.name}:{busybox.arch} {busybox.version}")
        draft = store.begin()
        apt.unpack(busybox.name, busybox.arch, busybox.version, draft)
        store.commit(draft, busybox.folder())


def _complete(target: Target, resolved: Resolved, store: Store) -> bool:
    names = (
        resolved.image.folder(),
        _modules_name(target, resolved),
        _headers_name(resolved),
        resolved.busybox.folder(),
    )
    return all(store.has(name) for name in names)


def _fetched(target: Target, resolved: Resolved, store: Store) -> Fetched:
    headers = store.folder(_headers_name(resolved))
    busybox = store.folder(resolved.busybox.folder())
    modules = store.folder(_modules_name(target, resolved)) / "lib/modules" / resolved.release
    return Fetched(
        release=resolved.release,
        image=store.folder(resolved.image.folder()) / "boot" / f"vmlinuz-{resolved.release}",
        image_version=resolved.image.version,
        headers=headers / "usr/src" / f"linux-headers-{resolved.release}",
        busybox=busybox_in(busybox),
        modules=tuple(_module_file(modules / name) for name in _packaged(target).modules),
    )


def _module_file(plain: Path) -> Path:
    """Where a module really is: as it is, or compressed."""
    return next(iter(plain.parent.glob(f"{plain.name}*")), plain)


def fetch(target: Target, refresh: bool = False) -> Fetched:
    """Everything a target needs, from the cache where it is fresh enough."""
    if isinstance(target.kernel, SourceKernel):
        return source_kernel.fetch(target, target.kernel, refresh)
    if isinstance(target.kernel, TreeKernel):
        return tree_kernel.fetch(target, target.kernel)
    store = Store(paths.cache() / "packages")
    known = _load(_decision(target))
    fresh = known is not None and 0 <= time.time() - known.checked < ASK_AGAIN_SECONDS
    if known and fresh and not refresh and _complete(target, known, store):
        return _fetched(target, known, store)
    with lock(paths.cache() / "fetch.lock", "fetching"):
        # Whoever held the lock may have done the work.
        known = _load(_decision(target))
        fresh = known is not None and 0 <= time.time() - known.checked < ASK_AGAIN_SECONDS
        if known and fresh and not refresh and _complete(target, known, store):
            return _fetched(target, known, store)
        try:
            resolved = _ask_mirror(target, store)
        except ScopeError as error:
            if known is None or not _complete(target, known, store):
                raise
            _say(f"note: the mirror cannot be asked, using the cached {known.release}: {error}")
            return _fetched(target, known, store)
        return _fetched(target, resolved, store)


def _ask_mirror(target: Target, store: Store) -> Resolved:
    host_arch = host_architecture()
    architectures = list(dict.fromkeys([host_arch, target.arch]))
    root = paths.cache() / "apt" / "-".join([target.suite, *architectures])
    apt = PrivateApt(root, target.suite, architectures)
    apt.prepare()
    _say(f"asking the mirror for {_packaged(target).metapackage}:{target.arch}")
    trouble = apt.update()
    if trouble:
        _say(f"note: using the indexes that could be read: {trouble}")
    try:
        resolved = _resolve(target, apt, host_arch)
    except ScopeError as error:
        raise ScopeError(f"{error}\n{trouble}".rstrip()) from error
    if trouble:
        resolved = replace(resolved, checked=time.time() - ASK_AGAIN_SECONDS + ASK_AGAIN_SOON_SECONDS)
    _unpack(target, resolved, apt, store)
    write_atomically(_decision(target), json.dumps(asdict(resolved), indent=2) + "\n")
    return resolved
