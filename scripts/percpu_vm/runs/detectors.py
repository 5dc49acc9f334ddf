# SPDX-License-Identifier: GPL-2.0-only
"""`make check-detectors`: faults planted for real, and the verdict each must end in.

tests/detectors/detectors.toml says which; a verdict that is not the one demanded, or
that quotes nothing of the fault, fails.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from . import runs
from ..build import kbuild
from ..host import paths
from ..judge import judge, recordings
from ..model import plan, targets
from ..vm import guest, qemu
from ..host.errors import EXIT_FAILURE, EXIT_USAGE, ScopeError
from ..model.tables import Table, read_toml
from ..model.targets import Target
from ..judge.verdict import Kind, Verdict

FOLDER = paths.REPOSITORY / "tests" / "detectors"
# What each of them left behind once: the judge's tests need no guest.
RECORDINGS = paths.REPOSITORY / "tests" / "host" / "boots"
_MODULE = "planted"
_HOST_FAULTS = ("kernel-without-end", "truncated-results")


@dataclass(frozen=True)
class Detector:
    name: str
    target: str
    usual: bool  # and not one of those for `also`
    planted: str
    command: str
    programs: tuple[str, ...]
    ktap: bool
    before: bool
    host: str
    arguments: tuple[str, ...]
    limit: int
    verdict: Kind
    says: str

    def matches(self, verdict: Verdict) -> bool:
        if verdict.kind is not self.verdict:
            return False
        said = [*verdict.reasons, *verdict.bad_lines]
        return not self.says or any(re.search(self.says, line) for line in said)

    def step(self) -> plan.Step:
        command = self.command
        if self.planted:
            command = f"insmod /root/{_MODULE}.ko fault={self.planted}"
        return plan.Step(plan.Kind.KTAP if self.ktap else plan.Kind.TEXT, "fault", command)

    def plan(self, target: Target) -> plan.Plan:
        steps = [plan.LOAD]
        if not self.host:
            steps.insert(0 if self.before else 1, self.step())
        return plan.make(*steps, plan.UNLOAD, *runs.last_steps(target))

    def limits(self) -> qemu.Limits:
        return replace(runs.RUN_LIMITS, boot=float(self.limit), silence=float(self.limit))


# Names that stand for several.
USUAL = "usual"


def _kind(row: Table) -> Kind:
    word = row.take("verdict", str)
    if word not in [kind.value for kind in Kind]:
        raise row.fail("verdict", f"is none of {', '.join(kind.value for kind in Kind)}")
    return Kind(word)


def parse(origin: str, text: str) -> list[Detector]:
    top = Table(origin, "", read_toml(origin, text))
    found = []
    for row in top.tables("detector"):
        detector = Detector(
            name=row.take("name", str),
            target=row.take("target", str),
            usual=True,
            planted=row.take("planted", str, ""),
            command=row.take("command", str, ""),
            programs=row.strings("programs", optional=True),
            ktap=row.take("ktap", bool, False),
            before=row.take("before", bool, False),
            host=row.take("host", str, ""),
            arguments=row.strings("arguments", optional=True),
            limit=row.take("limit", int, 120),
            verdict=_kind(row),
            says=row.take("says", str),
        )
        also = row.strings("also", optional=True)
        row.done()
        try:
            re.compile(detector.says)
        except re.error as error:
            raise row.fail("says", f"is no regular expression: {error}") from error
        if [bool(detector.planted), bool(detector.command), bool(detector.host)].count(True) != 1:
            raise row.fail("name", f"{detector.name}: one of planted, command and host")
        if detector.host and detector.host not in _HOST_FAULTS:
            raise row.fail("host", f"is none of {', '.join(_HOST_FAULTS)}")
        found.append(detector)
        found += [
            replace(detector, name=f"{detector.name}+{other}", target=other, usual=False)
            for other in also
        ]
    top.done()
    return found


def load() -> list[Detector]:
    path = FOLDER / "detectors.toml"
    return parse(path.name, path.read_text(encoding="utf-8"))


def choose(wanted: list[str]) -> list[Detector]:
    """All, or those named; a detector's name stands for those on other targets, too, and a
    target's for all that are planted in it."""
    everything = load()
    targets_of = list(dict.fromkeys(detector.target for detector in everything))
    names = [USUAL, *targets_of, *(detector.name for detector in everything)]
    for name in wanted:
        if name not in names:
            known = "\n  ".join(names)
            raise ScopeError(f"no detector is called {name!r}. There are:\n  {known}", EXIT_USAGE)

    def is_wanted(detector: Detector) -> bool:
        is_named = {detector.name, detector.name.partition("+")[0], detector.target} & set(wanted)
        return bool(is_named) or (USUAL in wanted and detector.usual)

    return [detector for detector in everything if not wanted or is_wanted(detector)]


def _without_end(prepared: guest.Prepared) -> guest.Prepared:
    """The kernel's image with its second half zeroed: it starts, and cannot be unpacked."""
    image = prepared.fetched.image.read_bytes()
    half = len(image) // 2
    folder = paths.run_folder(prepared.target.name, "detector-kernel")
    folder.mkdir(parents=True, exist_ok=True)
    spoiled = folder / prepared.fetched.image.name
    spoiled.write_bytes(image[:half] + bytes(len(image) - half))
    return replace(prepared, fetched=replace(prepared.fetched, image=spoiled))


def _truncate(evidence: judge.Evidence) -> judge.Evidence:
    return replace(evidence, results=evidence.results[: len(evidence.results) // 2])


@dataclass(frozen=True)
class _Ready:
    prepared: guest.Prepared
    planted: Path


def _prepare(target: Target, programs: Sequence[str]) -> _Ready:
    prepared = guest.prepare(target, [guest.Program(name, target.arch) for name in programs])
    module, _ = kbuild.build_module(
        target,
        prepared.fetched,
        purpose=_MODULE,
        source=FOLDER / _MODULE,
        name=_MODULE,
    )
    return _Ready(prepared, module)


def _detect(detector: Detector, ready: _Ready, record: bool) -> Verdict:
    prepared = ready.prepared
    planned: list[plan.Plan] = []
    seen: list[judge.Evidence] = []
    if detector.host == "kernel-without-end":
        prepared = _without_end(prepared)

    def make_plan(_: qemu.Accelerator) -> plan.Plan:
        planned.append(detector.plan(prepared.target))
        return planned[-1]

    def spoil(evidence: judge.Evidence) -> judge.Evidence:
        if detector.host == "truncated-results":
            evidence = _truncate(evidence)
        seen.append(evidence)
        return evidence

    judged = runs.boot_and_judge(
        prepared,
        f"detector-{detector.name}",
        make_plan,
        detector.limits(),
        kernel_arguments=detector.arguments,
        extra_files=(ready.planted,),
        spoil=spoil,
    )
    if record and detector.matches(judged.verdict):
        recordings.save(RECORDINGS / detector.name, seen[-1], planned[-1].nonce)
    return judged.verdict


def run(wanted: list[str], record: bool = False) -> int:
    """Plant each fault; print what was demanded and what came, and keep it if asked to."""
    ready: dict[tuple[str, tuple[str, ...]], _Ready] = {}
    missed = 0
    chosen = choose(wanted)
    for detector in chosen:
        started = time.monotonic()
        try:
            key = (detector.target, detector.programs)
            if key not in ready:
                ready[key] = _prepare(targets.load(detector.target), detector.programs)
            verdict = _detect(detector, ready[key], record)
        except ScopeError as error:
            verdict = Verdict(Kind.INFRASTRUCTURE, (str(error),))
        caught = detector.matches(verdict)
        missed += not caught
        word = "caught" if caught else "MISSED"
        seconds = time.monotonic() - started
        print(
            f"{word}  {detector.name}: {verdict.kind.value}, {seconds:.0f} s, {detector.target}",
            flush=True,
        )
        if not caught:
            print(f"    demanded: {detector.verdict.value}, saying {detector.says!r}")
            for line in [*verdict.reasons, *verdict.bad_lines][:30]:
                print(f"    | {line}")
    print(f"{len(chosen) - missed} passed, {missed} failed, 0 skipped")
    return EXIT_FAILURE if missed else 0
