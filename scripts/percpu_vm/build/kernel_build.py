# SPDX-License-Identifier: GPL-2.0-only
"""Building a kernel of its source, once per source, configuration and compiler.

The build tree stays in the cache: modules are built against it. Where the source
came from is source_kernel.py's business, what is configured the fragments'.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from . import kernel_config, toolchain
from ..host import paths, process, progress
from ..host.command import run, without_make
from ..host.errors import EXIT_FAILURE, ScopeError
from ..host.locks import lock, write_atomically

# To be raised when the recipe below changes what is built.
_RECIPE = "1"
# What Kbuild calls the architecture → its target, and where that lies.
_IMAGES = {"x86": ("bzImage", "arch/x86/boot/bzImage")}
_COMPLETE = ".complete"
_CONFIGURED = ".configured"
# What make prints when all is well; the rest is what a person wants to see.
_QUIET = re.compile(r"  [A-Z0-9_]+( \[M\])?\s|make(\[\d+\])?: (Entering|Leaving) ")
_TOLD_LINES = 40
# Modules need no objects of the kernel's own; its tools they do.
_KEPT_FOLDERS = ("scripts", "tools")
_DROPPED = re.compile(r"\.(o|a|cmd|i|s)$|^\.tmp_vmlinux|^vmlinux\.(unstripped|bin|relocs)")


@dataclass(frozen=True)
class Recipe:
    """Everything a kernel is made of."""

    name: str
    source: Path
    version: str
    arch: str
    kbuild_arch: str
    # As Debian calls it: gcc-12.
    compiler: str
    make_arguments: tuple[str, ...]
    asked: Mapping[str, str]
    # Files that are compiled, about: for the estimate alone.
    files: int

    def key(self, compiler: str) -> str:
        parts = (
            _RECIPE,
            self.version,
            self.kbuild_arch,
            " ".join(self.make_arguments),
            kernel_config.render(self.asked),
            compiler,
        )
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Built:
    release: str
    image: Path
    # Where modules are built against it.
    tree: Path
    key: str


def make_variables(compiler: str, arch: str) -> tuple[str, ...]:
    """The same for the kernel and for modules: a plugin-less gcc refuses another's kernel."""
    prefix = toolchain.prefix(arch)
    cross = (f"CROSS_COMPILE={prefix}",) if prefix else ()
    return (*cross, f"CC={prefix}{compiler}", f"HOSTCC={'gcc' if prefix else compiler}")


def _compiler(recipe: Recipe) -> str:
    toolchain.install(recipe.compiler, recipe.arch)
    return run([toolchain.prefix(recipe.arch) + recipe.compiler, "--version"]).splitlines()[0]


def _words(recipe: Recipe, tree: Path, goals: list[str]) -> list[str]:
    return [
        "make",
        f"-j{os.cpu_count() or 1}",
        "-C",
        str(recipe.source),
        f"O={tree}",
        f"ARCH={recipe.kbuild_arch}",
        *recipe.make_arguments,
        *make_variables(recipe.compiler, recipe.arch),
        *goals,
    ]


def _environment() -> dict[str, str]:
    return {**without_make(), "KBUILD_BUILD_USER": "percpu-scope", "KBUILD_BUILD_HOST": "percpu-scope"}


def _configure(recipe: Recipe, tree: Path) -> None:
    """tinyconfig and what was asked for on top of it, or an error that says what is missing."""
    environment = _environment()
    config = tree / ".config"
    run(_words(recipe, tree, ["tinyconfig"]), environment=environment, exit_code=EXIT_FAILURE)
    tiny = config.read_text(encoding="utf-8")
    config.write_text(tiny + kernel_config.render(recipe.asked), encoding="utf-8")
    run(_words(recipe, tree, ["olddefconfig"]), environment=environment, exit_code=EXIT_FAILURE)
    final = kernel_config.options(config.read_text(encoding="utf-8"))
    wrong = kernel_config.differences(recipe.asked, final)
    if wrong:
        listed = "\n  ".join(wrong)
        raise ScopeError(f"the configuration of {recipe.name} is not what was asked for:\n  {listed}")
    write_atomically(tree / _CONFIGURED, "")


def _compile(recipe: Recipe, tree: Path, goals: list[str]) -> None:
    shown = progress.Progress(
        f"{recipe.name}: building Linux {recipe.version}",
        recipe.files,
        done=sum(1 for _ in tree.rglob("*.o")),
    )
    log = tree / "build.log"
    words = _words(recipe, tree, goals)
    told: list[str] = []
    # SIGTERM, not SIGKILL: make passes it on, and removes what is half written.
    with (
        open(log, "w", encoding="utf-8") as kept,
        process.bound(words, subprocess.PIPE, environment=_environment(), gently=True) as make,
    ):
        assert make.stdout is not None
        for raw in make.stdout:
            line = raw.decode("utf-8", "replace").rstrip("\n")
            kept.write(f"{line}\n")
            shown.take(line)
            if line.strip() and not _QUIET.match(line):
                told.append(line)
        status = make.wait()
    if status:
        shown.end("failed")
        last = "\n".join(told[-_TOLD_LINES:])
        raise ScopeError(f"building {recipe.name} failed, see {log}:\n{last}", EXIT_FAILURE)
    shown.end("built")


def _finish(recipe: Recipe, tree: Path, image: str) -> None:
    """Put the image where images lie, with its configuration, and drop what is of no more use."""
    release = _release(tree)
    boot = tree / "boot"
    boot.mkdir(exist_ok=True)
    shutil.copy2(tree / image, boot / f"vmlinuz-{release}")
    shutil.copy2(tree / ".config", boot / f"config-{release}")
    for top in tree.iterdir():
        if top.name in _KEPT_FOLDERS:
            continue
        for path in [top] if not top.is_dir() else list(top.rglob("*")):
            if path.is_file() and not path.is_symlink() and _DROPPED.search(path.name):
                path.unlink()
    write_atomically(tree / _COMPLETE, "")


def _release(tree: Path) -> str:
    return (tree / "include/config/kernel.release").read_text(encoding="utf-8").strip()


def _drop_other_drafts(root: Path, recipe: Recipe, tree: Path) -> None:
    """Half-built trees of what this target was before."""
    for other in root.glob(f"{recipe.name}-*"):
        if re.fullmatch(rf"{re.escape(recipe.name)}-[0-9a-f]{{12}}", other.name):
            if other != tree and not (other / _COMPLETE).is_file():
                shutil.rmtree(other, ignore_errors=True)


def _built(tree: Path, key: str) -> Built:
    release = _release(tree)
    return Built(release, tree / "boot" / f"vmlinuz-{release}", tree, key)


def build(recipe: Recipe) -> Built:
    """The kernel, built now or before. A tree that is not complete is gone on with."""
    if recipe.kbuild_arch not in _IMAGES:
        raise ScopeError(f"{recipe.name}: no kernel is built here for ARCH={recipe.kbuild_arch}")
    goal, image = _IMAGES[recipe.kbuild_arch]
    key = recipe.key(_compiler(recipe))
    root = paths.cache() / "kernels"
    tree = root / f"{recipe.name}-{key}"
    if (tree / _COMPLETE).is_file():
        return _built(tree, key)
    with lock(paths.cache() / "kernels.lock", "building a kernel"):
        if not (tree / _COMPLETE).is_file():
            _drop_other_drafts(root, recipe, tree)
            tree.mkdir(parents=True, exist_ok=True)
            if not (tree / _CONFIGURED).is_file():
                _configure(recipe, tree)
            _compile(recipe, tree, [goal, "modules"])
            _finish(recipe, tree, image)
    return _built(tree, key)
