# SPDX-License-Identifier: GPL-2.0-only
"""`make check-in-tree`: the module as part of a kernel's sources, built in and as a module.
With it built in a guest boots: there is no insmod then, and initcalls have their order.

The sources in the cache stay as they are: a tree of links stands for them, with our
folder below drivers/misc/ and the two files there that mention it.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from . import runs
from ..build import btf, kernel_build, kernel_config, source_kernel
from ..fetch import busybox, source, store
from ..fetch.emulator import find as find_emulator
from ..fetch.fetched import Fetched, say
from ..host import paths
from ..host.errors import EXIT_FAILURE, ScopeError
from ..model import targets
from ..model.machine import machine
from ..vm import guest
from ..host.locks import lock, write_if_changed
from ..model.targets import SourceKernel, Target
from ..judge.verdict import Verdict

# Whose sources: the long-term kernel's.
_TARGET = "debian-6.12-up-amd64"
_FOLDER = "percpu_scope"
_NAME = "in-tree"
_OPTIONS = {"CONFIG_PERCPU_SCOPE_CONTROLS": "y", "CONFIG_PERCPU_SCOPE_KUNIT_TEST": "y"}


@dataclass(frozen=True)
class _Way:
    """CONFIG_PERCPU_SCOPE=, and a kernel for it."""

    how: str
    fragments: tuple[str, ...]
    files: int  # that such a kernel compiles, about


BUILT_IN = _Way(
    "y", ("guest.config", "x86.config", "x86-64.config", "smp.config", "kunit.config"), 1200
)
AS_A_MODULE = _Way("m", ("in-tree.config",), 700)
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
    """What docs/module.md says to copy: kmod/ and Kconfig."""
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


def _recipe(tree: Path, version: str, way: _Way, compiler: str) -> kernel_build.Recipe:
    asked = kernel_config.join(map(source_kernel.fragment, way.fragments))
    return kernel_build.Recipe(
        name=f"{_NAME}-{way.how}",
        source=tree,
        version=version,
        arch="amd64",
        kbuild_arch="x86",
        compiler=compiler,
        make_arguments=(),
        asked={**asked, "CONFIG_PERCPU_SCOPE": way.how, **_OPTIONS},
        files=way.files,
    )


def check_built_in(tree: Path) -> None:
    """Every static counter lies in the kernel's own per-CPU section."""
    text = (tree / "System.map").read_text(encoding="utf-8")
    symbols = {name: int(address, 16) for address, name in _SYMBOL.findall(text)}
    start, end = symbols.get("__per_cpu_start", 0), symbols.get("__per_cpu_end", 0)
    counters = [name for name in symbols if re.fullmatch(r"pscope_(plain|first|page_aligned)", name)]
    if len(counters) != 3 or not all(start <= symbols[name] < end for name in counters):
        raise ScopeError(f"built in, of the static counters only {counters} are per-CPU", EXIT_FAILURE)


def _check_module(tree: Path) -> Path:
    module = tree / "drivers/misc" / _FOLDER / f"{paths.MODULE_NAME}.ko"
    if not module.is_file() or not btf.section(module.read_bytes(), ".data..percpu", module.name):
        raise ScopeError(f"{module} is missing, or has no per-CPU data", EXIT_FAILURE)
    return module


def _boot(target: Target, fetched: Fetched, module: Path) -> Verdict:
    """KUnit's results and a whole report, of the module that the kernel has in itself.

    The one beside it is packed, as always, and nobody loads it.
    """
    programs = guest.build_programs([guest.Program("pcpu", target.arch)])
    emulator = find_emulator(target.qemu, target.qemu_package)
    prepared = guest.Prepared(target, machine(target), fetched, emulator, module, programs)
    return runs.boot_and_judge(prepared, "check", runs.built_in_plan, runs.RUN_LIMITS).verdict


def run() -> int:
    target = targets.load(_TARGET)
    assert isinstance(target.kernel, SourceKernel)
    resolved = source.resolve(target, target.kernel)
    packages, package = store.packages(), resolved.one("source")
    compiler = target.kernel.compiler
    root = paths.cache() / "kernels"
    tree = root / f"{_NAME}-source"
    with lock(root / f"{_NAME}.lock", "building in tree"):
        graft(packages.folder(package.folder()), tree)
        version = f"{package.version}+{_digest()}"
        modular = kernel_build.build(_recipe(tree, version, AS_A_MODULE, compiler))
        module = _check_module(modular.tree)
        print(f"in tree as m: Linux {modular.release}, {package.name} {package.version}", flush=True)
        booted = kernel_build.build(_recipe(tree, version, BUILT_IN, compiler))
        check_built_in(booted.tree)
        print(f"in tree as y: Linux {booted.release}, {package.name} {package.version}", flush=True)
        # Each change of the module makes new ones.
        for older in root.glob(f"{_NAME}-[ym]-*"):
            if older not in (modular.tree, booted.tree):
                say(f"removing {older.name}, which is of older sources")
                shutil.rmtree(older, ignore_errors=True)
        fetched = Fetched(
            release=booted.release,
            image=booted.image,
            image_version=booted.key,
            headers=booted.tree,
            busybox=busybox.file_in(packages.folder(resolved.one("busybox").folder())),
        )
        verdict = _boot(replace(target, name=_NAME, cpus=2), fetched, module)
    for line in [*verdict.reasons, *verdict.bad_lines]:
        print(f"    {line}")
    print(f"built in: {verdict.kind.value.upper()}")
    # The two that were built, and what the guest tested.
    print(f"{2 + verdict.passed} passed, {verdict.failed} failed, {verdict.skipped} skipped")
    return verdict.kind.exit_code
