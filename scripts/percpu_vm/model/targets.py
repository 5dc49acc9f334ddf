# SPDX-License-Identifier: GPL-2.0-only
"""Targets as data: scripts/data/targets/<name>.toml becomes a Target.

Reading and checking only. Adding a target is adding a file: every field is
named here, an unknown or missing one is an error that names file and field.

    base            files below common/, whose fields this one adds to: tables are
                    joined, lists appended, and what is said here wins
    arch            Debian's name of the architecture
    default_on      architectures of hosts that build and boot it when no TARGET is given
    summary         one line for people
    get.metapackage package whose newest version depends on the newest kernel
    get.source      instead: package of a kernel's source, built here; with a * the newest
                    that matches, for suites that keep one version
    get.compiler    with get.source: what it is built by, as Debian calls it: gcc-12
    get.fragments   with get.source: files below kernels/ that configure it, a later
                    one wins
    get.source_suite  with get.source: where it is, if not in get.suite
    get.files       with get.source: how many files the build compiles, about
    get.tree        instead: build tree of a kernel that someone else built
    get.suite       Debian release; its -updates and -security are used as well
    get.modules     modules of the kernel's own that tests load, below kernel/,
                    as they are called before any compression
    build.kbuild_arch  what Kbuild calls the architecture (ARCH=)
    build.make      further arguments for Kbuild's make
    build.packages  purposes in scripts/packages, beyond those of every target
    build.kunit     the module's KUnit tests are built in, and count in `make check`
    boot.qemu, boot.qemu_package (Debian's that has it), boot.machine, boot.cpu.{tcg,kvm}, boot.cpus, boot.memory
    boot.many       for more CPUs than the machine's interrupt controller can name by itself:
                    {cpus = how many at least, machine, cpu_features, devices, arguments}
    boot.console    the guest's terminal for the kernel's console
    boot.results    the guest's terminal for the results port
    boot.results_device  QEMU's device for it, on a machine with one serial port
    boot.arguments  kernel arguments of this target
    check.extra     steps of `make check` beyond the common ones
    check.slow      how many times slower than Debian's kernels this one is: limits on
                    time in the tests stretch by it
    check.kmemleak  in the end, memory is looked for that nothing points to any more
    check.boot      further boots of `make check`, without our module unless it says
                    so; with one_instruction QEMU takes interrupts between any two
    skips.allowed   tests that may skip here: {test = glob, reason = text, says = regular
                    expression, searched in the reason that the test itself gives}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..host import paths
from ..host.architecture import host_architecture
from ..host.errors import EXIT_USAGE, ScopeError
from .tables import Table, read_toml

@dataclass(frozen=True)
class AllowedSkip:
    test: str
    reason: str
    # A regular expression: a test that skips for another reason than this is a failure.
    says: str


@dataclass(frozen=True)
class ExtraStep:
    """One more program run by `make check`, maybe built for another architecture."""

    step: str
    program: str
    program_arch: str
    packed_as: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class ExtraBoot:
    """guest-tests once more, in a machine of its own."""

    name: str
    kernel_arguments: tuple[str, ...]
    arguments: tuple[str, ...]
    module: bool
    one_instruction: bool


@dataclass(frozen=True)
class ManyCpus:
    """What QEMU and the kernel are told in addition when a guest has `cpus` or more."""

    cpus: int
    machine: str
    cpu_features: str
    devices: tuple[str, ...]
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class PackagedKernel:
    """A kernel that Debian built."""

    metapackage: str
    modules: tuple[str, ...]


@dataclass(frozen=True)
class SourceKernel:
    """A kernel that is built here, of Debian's source."""

    package: str
    suite: str
    compiler: str
    fragments: tuple[str, ...]
    files: int
    modules: tuple[str, ...]


@dataclass(frozen=True)
class TreeKernel:
    """A kernel that someone else built."""

    tree: str


@dataclass(frozen=True)
class Target:
    name: str
    arch: str
    default_on: tuple[str, ...]
    summary: str
    kernel: PackagedKernel | SourceKernel | TreeKernel
    suite: str
    kbuild_arch: str
    make_arguments: tuple[str, ...]
    packages: tuple[str, ...]
    kunit: bool
    qemu: str
    qemu_package: str
    machine: str
    cpu_tcg: str
    cpu_kvm: str
    cpus: int
    memory: str
    many: ManyCpus | None
    console: str
    results: str
    results_device: str
    arguments: tuple[str, ...]
    slow: int
    kmemleak: bool
    extra_steps: tuple[ExtraStep, ...]
    extra_boots: tuple[ExtraBoot, ...]
    allowed_skips: tuple[AllowedSkip, ...]

    def is_default_on(self, architecture: str) -> bool:
        """Whether it is one of those for which a user of such a host names no target."""
        return architecture in self.default_on


def _joined(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """A base's fields and those of what is built on it."""
    joined = dict(below)
    for key, value in above.items():
        under = joined.get(key)
        if isinstance(under, dict) and isinstance(value, dict):
            joined[key] = _joined(under, value)
        elif isinstance(under, list) and isinstance(value, list):
            joined[key] = under + value
        else:
            joined[key] = value
    return joined


def _base(origin: str, name: str, bases: Path) -> dict[str, Any]:
    path = bases / f"{name}.toml"
    if path.parent != bases or not path.is_file():
        raise ScopeError(f"{origin}: there is no base {name!r} in {bases}", EXIT_USAGE)
    return read_toml(f"{bases.name}/{path.name}", path.read_text("utf-8"))


def _with_bases(origin: str, fields: dict[str, Any], bases: Path) -> dict[str, Any]:
    names_of_bases = Table(origin, "", fields).strings("base", optional=True)
    joined: dict[str, Any] = {}
    for base in names_of_bases:
        joined = _joined(joined, _base(origin, base, bases))
    return _joined(joined, {key: value for key, value in fields.items() if key != "base"})


def allowed_skips(
    table: Table, key: str, optional: bool = False
) -> tuple[AllowedSkip, ...]:
    found = []
    for row in table.tables(key, optional=optional):
        skip = AllowedSkip(row.take("test", str), row.take("reason", str), row.take("says", str))
        row.done()
        if not skip.reason.strip():
            raise table.fail(key, f"gives no reason for {skip.test}")
        if not skip.says:
            raise table.fail(key, f"does not say what {skip.test} gives as its reason")
        try:
            re.compile(skip.says)
        except re.error as error:
            raise table.fail(key, f"{skip.says!r} is no regular expression: {error}") from error
        found.append(skip)
    return tuple(found)


def skips_with(cpus: int, bases: Path = paths.TARGETS / "common") -> tuple[AllowedSkip, ...]:
    """What a machine of so many CPUs cannot show, whatever its target is."""
    if cpus > 1:
        return ()
    top = Table("one-cpu.toml", "", _base("one-cpu", "one-cpu", bases))
    return allowed_skips(top.table("skips"), "allowed")


def _kernel(get: Table, suite: str) -> PackagedKernel | SourceKernel | TreeKernel:
    if "tree" in get.values:
        return TreeKernel(get.take("tree", str))
    modules = get.strings("modules", optional=True)
    if "source" in get.values:
        return SourceKernel(
            package=get.take("source", str),
            suite=get.take("source_suite", str, suite),
            compiler=get.take("compiler", str),
            fragments=get.strings("fragments"),
            files=get.take("files", int),
            modules=modules,
        )
    return PackagedKernel(get.take("metapackage", str), modules)


def _many(boot: Table) -> ManyCpus | None:
    if "many" not in boot.values:
        return None
    row = boot.table("many")
    many = ManyCpus(
        row.take("cpus", int),
        row.take("machine", str),
        row.take("cpu_features", str, ""),
        row.strings("devices", optional=True),
        row.strings("arguments", optional=True),
    )
    row.done()
    return many


def parse(name: str, text: str, bases: Path = paths.TARGETS / "common") -> Target:
    """Make a target of the text of its file."""
    return from_fields(name, read_toml(f"{name}.toml", text), bases)


def from_fields(
    name: str, fields: Mapping[str, Any], bases: Path = paths.TARGETS / "common"
) -> Target:
    """The same of what such a file says."""
    origin = f"{name}.toml"
    top = Table(origin, "", _with_bases(origin, dict(fields), bases))
    get, build, boot = top.table("get"), top.table("build"), top.table("boot")
    cpu, skips, check = boot.table("cpu"), top.table("skips"), top.table("check", optional=True)
    step_rows = check.tables("extra", optional=True)
    boot_rows = check.tables("boot", optional=True)
    suite = get.take("suite", str)
    target = Target(
        name=name,
        arch=top.take("arch", str),
        default_on=top.strings("default_on", optional=True),
        summary=top.take("summary", str),
        kernel=_kernel(get, suite),
        suite=suite,
        kbuild_arch=build.take("kbuild_arch", str),
        make_arguments=build.strings("make", optional=True),
        packages=build.strings("packages", optional=True),
        kunit=build.take("kunit", bool, False),
        qemu=boot.take("qemu", str),
        qemu_package=boot.take("qemu_package", str),
        machine=boot.take("machine", str),
        cpu_tcg=cpu.take("tcg", str),
        cpu_kvm=cpu.take("kvm", str),
        cpus=boot.take("cpus", int),
        memory=boot.take("memory", str),
        many=_many(boot),
        console=boot.take("console", str),
        results=boot.take("results", str),
        results_device=boot.take("results_device", str, ""),
        arguments=boot.strings("arguments"),
        slow=check.take("slow", int, 1),
        kmemleak=check.take("kmemleak", bool, False),
        extra_steps=tuple(
            ExtraStep(
                step=row.take("step", str),
                program=row.take("program", str),
                program_arch=row.take("program_arch", str),
                packed_as=row.take("packed_as", str),
                arguments=row.strings("arguments"),
            )
            for row in step_rows
        ),
        extra_boots=tuple(
            ExtraBoot(
                name=row.take("name", str),
                kernel_arguments=row.strings("kernel_arguments", optional=True),
                arguments=row.strings("arguments"),
                module=row.take("module", bool, False),
                one_instruction=row.take("one_instruction", bool, False),
            )
            for row in boot_rows
        ),
        allowed_skips=allowed_skips(skips, "allowed"),
    )
    for table in (top, get, build, boot, cpu, skips, check, *step_rows, *boot_rows):
        table.done()
    if target.cpus < 1:
        raise boot.fail("cpus", "must be at least 1")
    return target


def names(folder: Path = paths.TARGETS) -> list[str]:
    return sorted(path.stem for path in folder.glob("*.toml"))


def load(name: str, folder: Path = paths.TARGETS) -> Target:
    path = folder / f"{name}.toml"
    # A name with a slash would read a file elsewhere.
    if name not in names(folder):
        if name.partition("+")[0] in names(folder):
            raise ScopeError(f"{name} is a variation: make matrix TARGET={name}", EXIT_USAGE)
        known = "\n  ".join(names(folder))
        raise ScopeError(f"no target is called {name!r}. There are:\n  {known}", EXIT_USAGE)
    return parse(name, path.read_text(encoding="utf-8"))


def load_all(folder: Path = paths.TARGETS) -> list[Target]:
    return [load(name, folder) for name in names(folder)]


def choose(wanted: list[str]) -> list[Target]:
    """The targets named, or the default ones; 64-bit before 32-bit as they are listed."""
    if wanted:
        return [load(name) for name in wanted]
    # amd64 first: it boots fastest, so mistakes show soonest.
    host = host_architecture()
    chosen = [target for target in load_all() if target.is_default_on(host)]
    if not chosen:
        raise ScopeError(f"no target is a default one on {host}: name one, make targets lists them")
    return sorted(chosen, key=lambda t: (t.arch != "amd64", t.name))
