# SPDX-License-Identifier: GPL-2.0-only
"""From a target with a source package to its kernel, built here, and a busybox."""

from __future__ import annotations

from ..fetch import busybox, source, store
from ..fetch.fetched import Fetched
from ..host import paths
from ..host.errors import ScopeError
from ..model.targets import SourceKernel, Target
from . import kernel_build, kernel_config


def fragment(name: str) -> tuple[str, str]:
    path = paths.KERNEL_FRAGMENTS / name
    if path.parent != paths.KERNEL_FRAGMENTS or not path.is_file():
        raise ScopeError(f"there is no fragment {name!r} in {paths.KERNEL_FRAGMENTS}")
    return name, path.read_text(encoding="utf-8")


def fetch(target: Target, kernel: SourceKernel, refresh: bool = False) -> Fetched:
    """Everything a target needs; its kernel is built if no one did before."""
    packages = store.packages()
    resolved = source.resolve(target, kernel, refresh)
    package = resolved.one("source")
    recipe = kernel_build.Recipe(
        name=target.name,
        source=packages.folder(package.folder()),
        version=package.version,
        arch=target.arch,
        kbuild_arch=target.kbuild_arch,
        compiler=kernel.compiler,
        make_arguments=target.make_arguments,
        asked=kernel_config.join(fragment(name) for name in kernel.fragments),
        files=kernel.files,
    )
    built = kernel_build.build(recipe)
    return Fetched(
        release=built.release,
        image=built.image,
        # One source, many configurations.
        image_version=f"{package.version}+config.{built.key}",
        headers=built.tree,
        busybox=busybox.file_in(packages.folder(resolved.one("busybox").folder())),
        modules=tuple(built.tree / name.removeprefix("kernel/") for name in kernel.modules),
    )
