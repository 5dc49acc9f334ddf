# SPDX-License-Identifier: GPL-2.0-only
"""Building the kernel module for a target.

Kbuild writes next to the sources, so each build has a mirror of kmod/ of its
own: same bytes, no patching, and no object is ever shared by two targets.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from . import btf, kernel_build, toolchain
from ..host import paths
from ..host.command import without_make
from ..host.errors import EXIT_FAILURE, ScopeError
from ..fetch.fetched import Fetched
from ..host.locks import lock, write_if_changed
from ..model.targets import Target

# Kbuild's own files in a mirror; whatever else has no original is stale.
_PRODUCTS = re.compile(r"\.(o|ko|mod|mod\.c|cmd|d|order|symvers|tmp|a|su)$|^\.|^modules\.")


def mirror(source: Path, copy: Path) -> None:
    """Make the sources below `copy` those of `source`, touching only what differs."""
    wanted = {path.relative_to(source) for path in source.rglob("*") if path.is_file()}
    for name in wanted:
        if not _PRODUCTS.search(name.name):
            write_if_changed(copy / name, (source / name).read_bytes())
    for path in list(copy.rglob("*")):
        name = path.relative_to(copy)
        if path.is_file() and name not in wanted and not _PRODUCTS.search(name.name):
            path.unlink()


def _compiler(target: Target, fetched: Fetched) -> tuple[str, ...]:
    """The compiler that the kernel wants; for one that Debian did not build, what is here."""
    config = fetched.headers / ".config"
    compiler = toolchain.compiler_of(config.read_text(encoding="utf-8"))
    toolchain.install(compiler, target.arch)
    return kernel_build.make_variables(compiler or "gcc", target.arch)


def _invoke(
    target: Target, fetched: Fetched, folder: Path, extra: Sequence[str], source: Path
) -> str:
    jobs = os.cpu_count() or 1
    done = subprocess.run(
        [
            "make",
            "--no-print-directory",
            f"-j{jobs}",
            "-C",
            str(fetched.headers),
            f"M={folder}",
            f"ARCH={target.kbuild_arch}",
            *_compiler(target, fetched),
            *target.make_arguments,
            *(["CONFIG_PERCPU_SCOPE_KUNIT_TEST=y"] if target.kunit else []),
            *extra,
            "modules",
        ],
        env=without_make(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    # Messages should name the file a person edits, not its copy.
    output = done.stdout.replace(f"{folder}/", f"{source.relative_to(paths.REPOSITORY)}/")
    if done.returncode:
        raise ScopeError(f"building the module for {target.name} failed:\n{output}", EXIT_FAILURE)
    return output


def build_module(
    target: Target,
    fetched: Fetched,
    purpose: str = "",
    extra: Sequence[str] = (),
    source: Path = paths.KMOD,
    name: str = paths.MODULE_NAME,
) -> tuple[Path, str]:
    """Build a module of ours; returns its path and what Kbuild printed.

    `purpose` names a second build for the same target (lint's, or another module's)
    that must not disturb the first.
    """
    if not (source / "Makefile").is_file() and not (source / "Kbuild").is_file():
        raise ScopeError(f"{source} has no Makefile or Kbuild file", EXIT_FAILURE)
    folder = paths.module_build(target.name + (f".{purpose}" if purpose else ""))
    with lock(folder.parent / f"{folder.name}.lock", "building the module"):
        stamp = folder / ".kernel"
        base = btf.kernel_btf(fetched)
        # Objects made for an older kernel package would only fail to load, and BTF that
        # is there stays.
        identity = f"{fetched.headers}\n{fetched.image_version}\n{' '.join(extra)}\n{base}\n"
        if folder.exists() and (not stamp.is_file() or stamp.read_text("utf-8") != identity):
            shutil.rmtree(folder)
        folder.mkdir(parents=True, exist_ok=True)
        write_if_changed(stamp, identity)
        mirror(source, folder)
        output = _invoke(target, fetched, folder, extra, source)
        module = folder / f"{name}.ko"
        if not module.is_file():
            raise ScopeError(
                f"the build for {target.name} made no {module.name}:\n{output}", EXIT_FAILURE
            )
        if base:
            btf.embed(module, base)
    return module, output
