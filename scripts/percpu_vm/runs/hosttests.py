# SPDX-License-Identifier: GPL-2.0-only
"""The tests that need no kernel: C++ under sanitizers and libFuzzer, Python by unittest."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from ..build import userspace
from ..host import paths
from ..host.command import ENVIRONMENT
from ..host.errors import ScopeError

_TOO_LONG_SECONDS = 300
_FUZZ_SECONDS = 3

# Which kernel the guests boot, and in what machine, is not the host tests' business.
_ENVIRONMENT = {k: v for k, v in ENVIRONMENT.items() if k != "KERNEL" and not k.startswith("VM_")}


@dataclass(frozen=True)
class Tally:
    name: str
    passed: int
    failed: int
    skipped: int
    output: str = ""
    # A line for each that failed, to be said again at the end of everything.
    failures: tuple[str, ...] = ()

    def failure_lines(self) -> list[str]:
        """What `check` ends with, so that the end of a long log says what is wrong."""
        if not self.failed:
            return []
        named = self.failures or self.output.strip().splitlines()[-1:] or ("see above",)
        return [f"failed: {self.name}: {failure}" for failure in named]


def _run(
    words: Sequence[str | Path], environment: dict[str, str], seconds: int = _TOO_LONG_SECONDS
) -> tuple[int, str]:
    try:
        done = subprocess.run(
            words,
            cwd=paths.REPOSITORY,
            env={**_ENVIRONMENT, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        said = error.stdout.decode("utf-8", "replace") if isinstance(error.stdout, bytes) else ""
        return 1, f"{said}\nnot done after {seconds} s"
    return done.returncode, done.stdout


# Both programs come of one build, with ASan, UBSan and what libFuzzer wants to know.
_DEFINITIONS = ("PERCPU_SCOPE_SANITIZE=ON", "CMAKE_BUILD_TYPE=Debug",
                "CMAKE_C_COMPILER=clang", "CMAKE_CXX_COMPILER=clang++")  # fmt: skip


def run_cpp(*arguments: str, seconds: int = _TOO_LONG_SECONDS) -> tuple[int, str, Path]:
    """Build and run `host-tests`, so long at most: its status, what it said, and its report."""
    folder = paths.BUILD / "host"
    report = folder / "host-tests.xml"
    # Until it has run: another run would write the same report.
    with userspace.built(folder, _DEFINITIONS, ["host-tests"]):
        report.unlink(missing_ok=True)
        status, output = _run(
            [folder / "host-tests", *arguments, f"--gtest_output=xml:{report}"],
            {"UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1"},
            seconds,
        )
        return status, output, report


def cpp() -> Tally:
    """The GoogleTest program `host-tests`."""
    name = "host C++"
    try:
        status, output, report = run_cpp()
    except ScopeError as error:
        return Tally(name, 0, 1, 0, str(error))
    return _cpp_tally(name, status, output, report)


def cpp_results(report: Path) -> dict[str, str]:
    """Test → passed, failed or skipped, of those that ran."""
    results = {}
    for case in ElementTree.parse(report).getroot().findall(".//testcase"):
        if case.get("status") == "notrun":
            continue
        skipped = "skipped" if case.get("result") == "skipped" else "passed"
        status = "failed" if case.find("failure") is not None else skipped
        results[f"{case.get('classname')}.{case.get('name')}"] = status
    return results


def _cpp_tally(name: str, status: int, output: str, report: Path) -> Tally:
    try:
        root = ElementTree.parse(report).getroot()
    except (OSError, ElementTree.ParseError) as error:
        # It died before it could write what it found.
        return Tally(name, 0, 1, 0, f"{output}\n{error}")
    cases = root.findall(".//testcase")
    failed = sum(case.find("failure") is not None for case in cases)
    skipped = sum(case.get("result") == "skipped" for case in cases)
    not_run = sum(case.get("status") == "notrun" for case in cases)
    passed = len(cases) - failed - skipped - not_run
    failures = [test for test, result in cpp_results(report).items() if result == "failed"]
    if (status and not failed) or not cases:
        failed += 1
        failures.append(f"ended with status {status} after {len(cases)} tests")
    return Tally(name, passed, failed, skipped, output if failed else "", tuple(failures))


def fuzz() -> Tally:
    """libFuzzer on what parses, for seconds: old defects are not to come back."""
    name = "host fuzz"
    folder = paths.BUILD / "host"
    complaints = []
    try:
        # Until all have run: they share the corpus's folder.
        with userspace.built(folder, _DEFINITIONS, ["host-fuzz"]):
            listed, targets = fuzz_targets(folder / "host-fuzz")
            for target in targets:
                status, output = _fuzz_target(folder, target)
                if complaint := fuzz_complaint(target, status, output):
                    complaints.append(f"{target}: {complaint}\n{output}")
    except ScopeError as error:
        return Tally(name, 0, 1, 0, str(error))
    if not targets:
        return Tally(name, 0, 1, 0, listed)
    failed = len(complaints)
    names = tuple(complaint.splitlines()[0] for complaint in complaints)
    return Tally(name, len(targets) - failed, failed, 0, "\n".join(complaints), names)


def fuzz_targets(program: Path) -> tuple[str, list[str]]:
    """(what the program said, its targets): none if the list is not to be trusted."""
    status, output = _run([program, "--list"], {})
    names = output.split()
    # Without the control nothing proves that a defect would be found.
    if status or "planted" not in names or len(names) < 2:
        return f"{program.name} does not list its targets (status {status}):\n{output}", []
    return output, names


def _fuzz_target(folder: Path, target: str) -> tuple[int, str]:
    # Anew each time: what a run finds is not to depend on the runs before it.
    corpus = folder / "corpus" / target
    shutil.rmtree(corpus, ignore_errors=True)
    corpus.mkdir(parents=True)
    return _run(
        [
            folder / "host-fuzz",
            corpus,
            "-seed=1",
            f"-max_total_time={_FUZZ_SECONDS}",
            "-max_len=4096",
            "-timeout=20",
            f"-artifact_prefix={folder}/{target}-",
        ],
        {"PERCPU_SCOPE_FUZZ_TARGET": target, "PERCPU_SCOPE_FUZZ_SEEDS": str(corpus)},
    )


def fuzz_complaint(target: str, status: int, output: str) -> str:
    """What is wrong with a run of host-fuzz; nothing if it is as it should be."""
    if target == "planted":
        # The control: a read beyond a buffer.
        caught = status != 0 and "heap-buffer-overflow" in output
        return "" if caught else "the planted defect was not found"
    if status:
        return f"ended with status {status}"
    ran = re.search(r"^Done (\d+) runs in ", output, re.MULTILINE)
    return "" if ran and int(ran.group(1)) > 0 else "it says of no run"


def python() -> Tally:
    words: list[str | Path] = [sys.executable, "-W", "error", "-m", "unittest", "discover"]
    status, output = _run(
        [*words, "-s", paths.HOST_TESTS, "-p", "test_*.py"],
        {"PYTHONPATH": str(paths.SCRIPTS), "PYTHONDONTWRITEBYTECODE": "1", **_colourless()},
    )
    return python_tally(status, output)


def _colourless() -> dict[str, str]:
    return {"NO_COLOR": "1"} if "NO_COLOR" not in os.environ else {}


def python_tally(status: int, output: str) -> Tally:
    """Count from unittest's last lines; what cannot be read has failed."""
    ran = re.search(r"^Ran (\d+) tests? in ", output, re.MULTILINE)
    ending = re.search(r"^(OK|FAILED)(?: \((.*)\))?$", output, re.MULTILINE)
    if not ran or not ending or int(ran.group(1)) == 0:
        return Tally("host Python", 0, 1, 0, output)
    counts = dict(re.findall(r"([a-z ]+)=(\d+)", (ending.group(2) or "").replace(", ", ",")))
    failed = int(counts.get("failures", 0)) + int(counts.get("errors", 0))
    failed += int(counts.get("unexpected successes", 0))
    skipped = int(counts.get("skipped", 0))
    if status and not failed:
        failed = 1
    passed = max(0, int(ran.group(1)) - failed - skipped)
    names = tuple(re.findall(r"^(?:FAIL|ERROR|UNEXPECTED SUCCESS): (.+)$", output, re.MULTILINE))
    return Tally("host Python", passed, failed, skipped, output if failed else "", names)
