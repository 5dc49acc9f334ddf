# SPDX-License-Identifier: GPL-2.0-only
"""`make run` and `make check` for one target: plan, boot, judge, keep the records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from . import records, remembered
from ..build import bpftool
from ..host import paths
from ..judge import judge, ktap, patterns
from ..model import plan, variations
from ..vm import guest, qemu
from ..host.locks import lock
from ..model.machine import Machine
from ..model.targets import AllowedSkip, ExtraBoot, Target, skips_with
from ..model.variations import Variation
from ..judge.verdict import Verdict

# Seconds on a machine that boots a guest in three; they stretch with the boot.
# Silence is longer than the kernel's own limits on stalls (qemu.py): what it sees itself
# is to be its report, with a backtrace, and not a hang.
RUN_LIMITS = qemu.Limits(boot=120, silence=qemu.STALL_SECONDS + 30, whole=300)
CHECK_LIMITS = qemu.Limits(boot=120, silence=qemu.STALL_SECONDS + 30, whole=840)


# GoogleTest then ends; the tests that it leaves out it calls skipped.
FIRST_FAILURE = "--gtest_fail_fast"


@dataclass(frozen=True)
class Judged:
    target: Target
    verdict: Verdict
    document: dict[str, Any]
    results: ktap.Results


def _report_step(accelerator: qemu.Accelerator) -> plan.Step:
    words = f"exec pcpu report --accelerator '{accelerator.describe()}' --save {plan.REPORT}"
    return plan.Step(plan.Kind.TEXT, "report", words, plan.REPORT)


def run_programs(target: Target) -> list[guest.Program]:
    return [guest.Program("pcpu", target.arch)]


def run_plan(accelerator: qemu.Accelerator) -> plan.Plan:
    return plan.make(plan.LOAD, _report_step(accelerator), plan.UNLOAD)


def built_in_plan(accelerator: qemu.Accelerator) -> plan.Plan:
    """Of a kernel that has the module in itself: nothing is loaded."""
    return plan.make(_script(plan.Kind.KTAP, "kunit"), _report_step(accelerator))


def torture_plan(minutes: int, arguments: str) -> plan.Plan:
    command = f"exec pcpu torture --minutes {minutes} --hotplug {arguments}".rstrip()
    return plan.make(plan.LOAD, plan.Step(plan.Kind.TEXT, "torture", command), plan.UNLOAD)


def torture_limits(minutes: int) -> qemu.Limits:
    """It says a line every ten seconds, and ends soon after its time."""
    return qemu.Limits(boot=120, silence=120, whole=minutes * 60 + 120)


def prepare_check(target: Target) -> guest.Prepared:
    """The target with every program of its tests, and what they compare with."""
    extra = [guest.Program(s.program, s.program_arch, s.packed_as) for s in target.extra_steps]
    return prepare_tests(target, extra)


def prepare_tests(target: Target, extra: Sequence[guest.Program] = ()) -> guest.Prepared:
    """The target with guest-tests, what these run, and more programs."""
    usual = [guest.Program(name, target.arch) for name in ("pcpu", "guest-tests")]
    prepared = guest.prepare(target, [*usual, *extra])
    variables = bpftool.variables(prepared.fetched)
    return replace(prepared, texts={bpftool.GUEST_FILE: variables} if variables else {})


def _quoted(words: Sequence[str]) -> str:
    return " ".join(f"'{word}'" for word in words)


# Suites that need a boot of their own, and fail in any other.
_SPECIAL_SUITES = ("InspectLockdown", "ModuleLockdown", "Variation")


def _told(slow: int) -> str:
    """What the guest's tests are told of how slow their kernel is."""
    return f"PERCPU_SCOPE_SLOW={slow}"


def _guest_tests(machine: Machine, tests: str, slow: int = 1, more: str = "") -> plan.Step:
    """The guest's tests, told also of what machine was asked for."""
    told = f"PERCPU_SCOPE_CPUS={machine.possible_cpus} {_told(slow)}"
    command = f"{told} exec guest-tests '--gtest_filter={tests}' {more}".rstrip()
    return plan.Step(plan.Kind.KTAP, "guest-tests", command)


def extra_boot_plan(boot: ExtraBoot, target: Target) -> plan.Plan:
    command = f"{_told(target.slow)} exec guest-tests {_quoted(boot.arguments)}"
    step = plan.Step(plan.Kind.KTAP, boot.name, command)
    steps = (plan.LOAD, step, plan.UNLOAD) if boot.module else (step,)
    return plan.make(*steps, *last_steps(target))


def variation_plan(variation: Variation, target: Target, machine: Machine) -> plan.Plan:
    tests = _guest_tests(machine, variation.tests, target.slow)
    return plan.make(plan.LOAD, tests, plan.UNLOAD, *last_steps(target))


def part_plan(target: Target, machine: Machine, tests: str, kunit: bool) -> plan.Plan:
    """Some of the tests up to the first that fails, and all that is judged of any boot."""
    steps = [_script(plan.Kind.KTAP, "kunit")] if kunit else []
    if tests:
        steps.append(_guest_tests(machine, tests, target.slow, FIRST_FAILURE))
    return plan.make(plan.LOAD, *steps, plan.UNLOAD, *last_steps(target))


def _script(kind: plan.Kind, name: str) -> plan.Step:
    return plan.Step(kind, name, (paths.GUEST_STEPS / name).read_text(encoding="utf-8"))


def last_steps(target: Target) -> list[plan.Step]:
    """After the module has gone: what it left behind, and whether anything still looks."""
    leaks = [_script(plan.Kind.TEXT, "kmemleak")] if target.kmemleak else []
    return [*leaks, _script(plan.Kind.TEXT, "detectors")]


def check_plan(
    target: Target, machine: Machine, accelerator: qemu.Accelerator
) -> plan.Plan:
    # First: the tests load the module again, and KUnit's results go with it.
    steps = [_script(plan.Kind.KTAP, "kunit")] if target.kunit else []
    usual = "-" + ":".join(f"{suite}.*" for suite in _SPECIAL_SUITES)
    steps.append(_guest_tests(machine, usual, target.slow))
    for extra in target.extra_steps:
        command = f"exec {extra.packed_as} {_quoted(extra.arguments)}"
        steps.append(plan.Step(plan.Kind.KTAP, extra.step, command))
    steps.append(_report_step(accelerator))
    return plan.make(plan.LOAD, *steps, plan.UNLOAD, *last_steps(target))


def _read(boot: guest.Boot, name: str) -> str:
    try:
        return (boot.folder / name).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""


def boot_and_judge(
    prepared: guest.Prepared,
    purpose: str,
    make_plan: Callable[[qemu.Accelerator], plan.Plan],
    limits: qemu.Limits,
    on_line: Callable[[str], None] = lambda line: None,
    kernel_arguments: tuple[str, ...] = (),
    one_instruction: bool = False,
    extra_skips: tuple[AllowedSkip, ...] = (),
    extra_files: Sequence[Path] = (),
    spoil: Callable[[judge.Evidence], judge.Evidence] = lambda evidence: evidence,
) -> Judged:
    """`extra_files` lie in the guest's /root; `spoil` is for check-detectors alone."""
    target = prepared.target
    cpus = prepared.machine.possible_cpus
    rules = judge.Rules(
        patterns.load(),
        target.name,
        cpus,
        target.allowed_skips + extra_skips + skips_with(cpus),
        remembered.expected(target.name, purpose),
    )
    folder = paths.run_folder(target.name, purpose)
    # Until it is judged: another run's boot would overwrite what this one left.
    with lock(folder.with_name(f"{folder.name}.lock"), f"with {target.name}, {purpose}"):
        boot, used = guest.boot(
            prepared,
            purpose,
            make_plan,
            limits,
            on_line,
            extra_files,
            kernel_arguments=kernel_arguments,
            one_instruction=one_instruction,
        )
        evidence = spoil(
            judge.Evidence(
                console=_read(boot, "console.log"),
                results=_read(boot, "results.log"),
                qemu_log=_read(boot, "qemu.log"),
                outcome=boot.outcome,
            )
        )
        verdict = judge.judge(evidence, used, rules)
        document = records.describe(prepared, boot, verdict)
        records.write(boot.folder, document, evidence.results, verdict)
        return Judged(target, verdict, document, ktap.parse(evidence.results))


def check_boots(prepared: guest.Prepared) -> list[Judged]:
    """All boots of `make check`: the common one, then those that the target's file adds."""
    target = prepared.target
    boots = [
        boot_and_judge(
            prepared,
            "check",
            lambda accelerator: check_plan(target, prepared.machine, accelerator),
            replace(CHECK_LIMITS, least=target.slow),
            extra_skips=variations.skips_with(target, prepared.machine),
        )
    ]
    # What has a boot of its own may skip in the common one alone.
    demanding = replace(prepared, target=replace(target, allowed_skips=()))
    for extra in target.extra_boots:
        boots.append(
            boot_and_judge(
                demanding,
                f"check-{extra.name}",
                lambda _, extra=extra: extra_boot_plan(extra, target),  # type: ignore[misc]
                replace(RUN_LIMITS, least=target.slow),
                kernel_arguments=extra.kernel_arguments,
                one_instruction=extra.one_instruction,
            )
        )
    return boots


def variation_boot(prepared: guest.Prepared, variation: Variation) -> Judged:
    machine = variation.machine(prepared.machine)
    return boot_and_judge(
        replace(prepared, machine=machine),
        f"check+{variation.name}",
        lambda _: variation_plan(variation, prepared.target, machine),
        replace(CHECK_LIMITS, least=prepared.target.slow),
        one_instruction=variation.one_instruction,
        extra_skips=variation.skips,
    )
