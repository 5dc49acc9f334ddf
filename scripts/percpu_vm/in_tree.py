# SPDX-License-Identifier: GPL-2.0-only
"""`make check-in-tree`: the module as part of a kernel's sources, built in and as a module.

The sources in the cache stay as they are: a tree of links stands for them, with our
folder below drivers/misc/ and the two files there that mention it.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

from . import btf, kernel_build, kernel_config, paths, source_kernel, targets
from .apt import Store
from .errors import EXIT_FAILURE, ScopeError
from .fetched import say
from .locks import lock, write_if_changed
from .targets import SourceKernel

# Whose sources: the long-term kernel's.
_TARGET = "debian-6.12-up-amd64"
_FOLDER = "percpu_scope"
_NAME = "in-tree"
FRAGMENT = "in-tree.config"
_OPTIONS = {"CONFIG_PERCPU_SCOPE_CONTROLS": "y", "CONFIG_PERCPU_SCOPE_KUNIT_TEST": "y"}
_FILES = 700  # that such a kernel compiles, about
# As vmlinux's System.map lists them: absolute on x86-64 up to 6.14.
_SYMBOL = re.compile(r"^([0-9a-f]+) \w (\w+)$", re.MULTILINE)


def _link_all(source: Path, folder: Path, but: tuple[str, ...]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {entry.name: entry for entry in source.iterdir() if entry.name not in but}
    # Links of an earlier source package lead elsewhere, or nowhere any more.
    for link in folder.iterdir():
        if link.is_symlink() and wanted.get(link.name) != link.readlink():
            link.unlink()
    for name, entry in wanted.items():
        link = folder / name
        if not link.is_symlink():
            link.symlink_to(entry)


def hooked_kconfig(text: str) -> str:
    """drivers/misc/Kconfig with ours before its end."""
    head, end, tail = text.rpartition("endmenu")
    if not end:
        raise ScopeError("drivers/misc/Kconfig has no endmenu", EXIT_FAILURE)
    return f'{head}source "drivers/misc/{_FOLDER}/Kconfig"\n{end}{tail}'


def graft(source: Path, tree: Path) -> None:
    """Make `tree` look like `source` with our module in it."""
    _link_all(source, tree, ("drivers", ".complete"))
    _link_all(source / "drivers", tree / "drivers", ("misc",))
    misc, theirs = tree / "drivers/misc", source / "drivers/misc"
    _link_all(theirs, misc, ("Kconfig", "Makefile"))
    write_if_changed(misc / "Kconfig", hooked_kconfig((theirs / "Kconfig").read_text("utf-8")))
    makefile = (theirs / "Makefile").read_text("utf-8")
    write_if_changed(misc / "Makefile", f"{makefile}obj-$(CONFIG_PERCPU_SCOPE) += {_FOLDER}/\n")
    sources = _sources()
    for name, content in sources.items():
        write_if_changed(misc / _FOLDER / name, content)
    # A header that has gone must not be found any more.
    for path in (misc / _FOLDER).rglob("*"):
        if path.is_file() and str(path.relative_to(misc / _FOLDER)) not in sources:
            path.unlink()


def _sources() -> dict[str, bytes]:
    """What README says to copy: kmod/ and Kconfig."""
    files = {
        str(path.relative_to(paths.KMOD)): path.read_bytes()
        for path in sorted(paths.KMOD.rglob("*"))
        if path.suffix in (".c", ".h", ".lds") or path.name == "Kbuild"
    }
    return {**files, "Kconfig": (paths.REPOSITORY / "Kconfig").read_bytes()}


def _digest() -> str:
    digest = hashlib.sha256()
    for name, content in _sources().items():
        digest.update(name.encode() + b"\0" + content)
    return digest.hexdigest()[:12]


def _recipe(tree: Path, version: str, how: str) -> kernel_build.Recipe:
    asked = kernel_config.join([source_kernel.fragment(FRAGMENT)])
    return kernel_build.Recipe(
        name=f"{_NAME}-{how}",
        source=tree,
        version=version,
        kbuild_arch="x86",
        make_arguments=(),
        asked={**asked, "CONFIG_PERCPU_SCOPE": how, **_OPTIONS},
        files=_FILES,
    )


def _check_built_in(tree: Path) -> None:
    """Every static counter lies in the kernel's own per-CPU section."""
    text = (tree / "System.map").read_text(encoding="utf-8")
    symbols = {name: int(address, 16) for address, name in _SYMBOL.findall(text)}
    start, end = symbols.get("__per_cpu_start", 0), symbols.get("__per_cpu_end", 0)
    counters = [name for name in symbols if re.fullmatch(r"pscope_(plain|first|page_aligned)", name)]
    if len(counters) != 3 or not all(start <= symbols[name] < end for name in counters):
        raise ScopeError(f"built in, of the static counters only {counters} are per-CPU", EXIT_FAILURE)


def _check_module(tree: Path) -> None:
    module = tree / "drivers/misc" / _FOLDER / f"{paths.MODULE_NAME}.ko"
    if not module.is_file() or not btf.section(module.read_bytes(), ".data..percpu", module.name):
        raise ScopeError(f"{module} is missing, or has no per-CPU data", EXIT_FAILURE)


def run() -> int:
    target = targets.load(_TARGET)
    assert isinstance(target.kernel, SourceKernel)
    store = Store(paths.cache() / "packages")
    source = source_kernel.source(target, target.kernel)
    root = paths.cache() / "kernels"
    tree = root / f"{_NAME}-source"
    with lock(root / f"{_NAME}.lock", "building in tree"):
        graft(store.folder(source.folder()), tree)
        version = f"{source.version}+{_digest()}"
        kept = []
        for how, check in (("y", _check_built_in), ("m", _check_module)):
            built = kernel_build.build(_recipe(tree, version, how))
            kept.append(built.tree)
            check(built.tree)
            print(f"in tree as {how}: Linux {built.release}, {source.name} {source.version}", flush=True)
        # Each change of the module makes new ones.
        for older in root.glob(f"{_NAME}-[ym]-*"):
            if older not in kept:
                say(f"removing {older.name}, which is of older sources")
                shutil.rmtree(older, ignore_errors=True)
    print("2 passed, 0 failed, 0 skipped")
    return 0
