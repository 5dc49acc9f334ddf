# SPDX-License-Identifier: GPL-2.0-only
"""From a target with a kernel that Debian built to its image, headers and a busybox.

The newest kernel is the one the metapackage depends on.
"""

from __future__ import annotations

import re
import time
from pathlib import Path, PurePosixPath

from ..host.architecture import host_architecture
from ..host.errors import ScopeError
from ..model.targets import PackagedKernel, Target
from . import apt, busybox, store
from .decision import Decision, decide
from .fetched import Fetched, Package, say

_ROLES = ("image", "headers", "busybox")
# The common headers (for all architectures, which apt files under its own) and the
# tools that run on this machine. The compiler is the host's.
_COMMON = re.compile(r"linux-headers-.*-common(-rt)?$|linux-kbuild-")


def _release(decision: Decision) -> str:
    return decision.packages["headers"][0].name.removeprefix("linux-headers-")


def _resolve(target: Target, kernel: PackagedKernel, source: apt.PrivateApt) -> dict[str, tuple[Package, ...]]:
    meta = source.show(kernel.metapackage, target.arch)
    images = [
        (name, version)
        for name, version in apt.dependencies(meta)
        if re.match(r"linux-image-\d", name)
    ]
    if not images:
        raise ScopeError(f"{kernel.metapackage} depends on no kernel image")
    name, version = images[0]
    if not version:
        version = source.show(name, target.arch)["Version"]
    release = name.removeprefix("linux-image-").removesuffix("-unsigned")
    arch_headers = f"linux-headers-{release}"
    stanza = source.show(arch_headers, target.arch)
    headers = [Package(arch_headers, target.arch, stanza["Version"])]
    for needed, _ in apt.dependencies(stanza):
        if _COMMON.match(needed):
            headers.append(source.package(needed, host_architecture()))
    if len(headers) != 3:
        names = ", ".join(package.name for package in headers)
        raise ScopeError(f"expected headers, common headers and kbuild tools, found {names}")
    return {
        "image": (Package(name, target.arch, version),),
        "headers": tuple(headers),
        "busybox": (source.package(busybox.PACKAGE, target.arch),),
    }


def _repair_headers(tree: Path, final: Path) -> None:
    """Make Debian's headers work at `final`, where `tree` will be moved to: they name /usr."""
    for makefile in (tree / "usr/src").glob("linux-headers-*/Makefile"):
        text = makefile.read_text(encoding="utf-8")
        makefile.write_text(text.replace("/usr/src/", f"{final}/usr/src/"), encoding="utf-8")
    for folder in (tree / "usr/src").glob("linux-headers-*"):
        for link in [path for path in folder.iterdir() if path.is_symlink()]:
            if not link.exists():
                raise ScopeError(f"{link} points to {link.readlink()}, which is not there")


def _headers_name(decision: Decision) -> str:
    headers = decision.packages["headers"]
    return "_".join([headers[0].folder(), "kbuild", headers[-1].arch])


def _image_name(kernel: PackagedKernel, decision: Decision) -> str:
    """Of the image with those of its modules that the target names."""
    stems = [PurePosixPath(module).stem for module in kernel.modules]
    return "_".join([decision.one("image").folder(), "boot", *stems])


def folders(kernel: PackagedKernel, decision: Decision) -> list[str]:
    """What of the store the target needs."""
    return [
        _image_name(kernel, decision),
        _headers_name(decision),
        decision.one("busybox").folder(),
    ]


def _unpack(kernel: PackagedKernel, decision: Decision, source: apt.PrivateApt) -> None:
    packages, image = store.packages(), decision.one("image")
    if not packages.has(_image_name(kernel, decision)):
        with packages.draft(_image_name(kernel, decision)) as draft:
            # Newer kernels' packages have modules compressed.
            modules = [f"./lib/modules/*/{module}*" for module in kernel.modules]
            source.unpack(image, draft, only=["./boot/*", *modules])
    if not packages.has(_headers_name(decision)):
        with packages.draft(_headers_name(decision)) as draft:
            for package in decision.packages["headers"]:
                source.unpack(package, draft)
            _repair_headers(draft, packages.folder(_headers_name(decision)))
    busybox.unpack(decision.one("busybox"), source)


def _module_file(plain: Path) -> Path:
    """Where a module really is: as it is, or compressed."""
    return next(iter(plain.parent.glob(f"{plain.name}*")), plain)


def fetch(target: Target, kernel: PackagedKernel, refresh: bool = False) -> Fetched:
    """Everything a target needs, from the cache where it is fresh enough."""
    packages = store.packages()

    def is_here(decision: Decision) -> bool:
        return all(packages.has(name) for name in folders(kernel, decision))

    def ask() -> Decision:
        say(f"asking the mirror for {kernel.metapackage}:{target.arch}")
        source, whole = apt.for_target(target.suite, target.arch)
        decision = Decision(_resolve(target, kernel, source), time.time(), whole)
        _unpack(kernel, decision, source)
        return decision

    decision = decide(target.name, _ROLES, is_here, ask, refresh)
    release = _release(decision)
    image = packages.folder(_image_name(kernel, decision))
    modules = image / "lib/modules" / release
    headers = packages.folder(_headers_name(decision)) / "usr/src" / f"linux-headers-{release}"
    return Fetched(
        release=release,
        image=image / "boot" / f"vmlinuz-{release}",
        image_version=decision.one("image").version,
        headers=headers,
        busybox=busybox.file_in(packages.folder(decision.one("busybox").folder())),
        modules=tuple(_module_file(modules / name) for name in kernel.modules),
    )
