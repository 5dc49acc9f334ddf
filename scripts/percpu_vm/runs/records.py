# SPDX-License-Identifier: GPL-2.0-only
"""The files a run leaves for people and machines: verdict.json, results.ktap, junit.xml."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from ..model.machine import is_by_hand
from ..vm.guest import Boot, Prepared
from ..host.locks import write_atomically
from ..judge.verdict import Verdict

# XML 1.0 has no place for these, and a broken test may print them.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def describe(prepared: Prepared, boot: Boot, verdict: Verdict) -> dict[str, Any]:
    """One run as a document; report.json has one of these per target."""
    target, fetched, machine = prepared.target, prepared.fetched, prepared.machine
    seconds = boot.outcome.boot_seconds
    return {
        "target": target.name,
        "verdict": verdict.kind.value,
        "exit_code": verdict.kind.exit_code,
        "reasons": list(verdict.reasons),
        "bad_lines": list(verdict.bad_lines),
        "excused": [vars(known) for known in verdict.excused],
        "notes": list(verdict.notes),
        "passed": verdict.passed,
        "failed": verdict.failed,
        "skipped": verdict.skipped,
        "tests": tests_by_step(verdict),
        "arch": target.arch,
        "kernel": fetched.release,
        "kernel_version": fetched.image_version,
        "kernel_image": fetched.image.name,
        "accelerator": boot.accelerator.describe(),
        "cpus": machine.cpus,
        "memory": machine.memory,
        "nodes": machine.nodes,
        "arguments": list(machine.arguments),
        # Not as the target has it: what it found is not to be compared.
        "by_hand": is_by_hand(),
        "boot_seconds": None if seconds is None else round(seconds, 3),
        "seconds": round(boot.outcome.seconds, 3),
    }


def tests_by_step(verdict: Verdict) -> dict[str, int]:
    """How many tests each program had: what remembered.py keeps."""
    return dict(Counter(test.suite for test in verdict.tests if test.suite != "steps"))


def ktap(results: str, verdict: Verdict) -> str:
    """Only the KTAP of the results port, which is what other tools parse, and the verdict
    as its last test: a splat must show even if every test passed."""
    read = [line.rstrip("\r") for line in results.splitlines()]
    kept = [line for line in read if not re.match(r"# (json|text|dmesg) ", line)]
    # What a step that never ended left is no subtest of the verdict's.
    while kept and kept[-1].startswith("  "):
        kept.pop()
    plans = [number for number, line in enumerate(kept) if re.fullmatch(r"1\.\.\d+", line)]
    steps = int(kept[plans[0]][len("1..") :]) if plans else 0
    if plans:
        kept[plans[0]] = f"1..{steps + 1}"
    else:
        kept = ["KTAP version 1", f"1..{steps + 1}", *(line for line in kept if line.startswith("#"))]
    said = "\n".join([*verdict.reasons, *verdict.bad_lines, *verdict.remarks()])
    kept += [f"# {line}" for line in said.splitlines()]
    word = "not ok" if verdict.kind.exit_code else "ok"
    kept.append(f"{word} {steps + 1} verdict {verdict.kind.value}")
    return "\n".join(kept) + "\n"


def junit(name: str, verdict: Verdict, seconds: float) -> str:
    top = ElementTree.Element("testsuites", name=name, time=f"{seconds:.3f}")
    for suite in dict.fromkeys(test.suite for test in verdict.tests):
        tests = [test for test in verdict.tests if test.suite == suite]
        node = ElementTree.SubElement(
            top,
            "testsuite",
            name=f"{name}.{suite}",
            tests=str(len(tests)),
            failures=str(sum(test.status in ("failed", "missing") for test in tests)),
            skipped=str(sum(test.status == "skipped" for test in tests)),
        )
        for test in tests:
            case = ElementTree.SubElement(node, "testcase", classname=suite, name=xml_text(test.name))
            if test.status == "skipped":
                ElementTree.SubElement(case, "skipped", message=xml_text(test.message))
            elif test.status != "passed":
                fault = ElementTree.SubElement(case, "failure", message=test.status)
                fault.text = xml_text(test.message)
    # The verdict is a case of its own: a splat must show even if every test passed.
    node = ElementTree.SubElement(
        top,
        "testsuite",
        name=f"{name}.verdict",
        tests="1",
        failures="0" if verdict.kind.exit_code == 0 else "1",
    )
    case = ElementTree.SubElement(node, "testcase", classname="verdict", name="verdict")
    if verdict.kind.exit_code:
        fault = ElementTree.SubElement(case, "failure", message=verdict.kind.value)
        fault.text = xml_text("\n".join([*verdict.reasons, *verdict.bad_lines]))
    ElementTree.indent(top)
    return ElementTree.tostring(top, encoding="unicode", xml_declaration=True) + "\n"


def xml_text(text: str) -> str:
    """The text, with what XML cannot hold marked."""
    return _NOT_XML.sub("?", text)


def write(folder: Path, document: dict[str, Any], results: str, verdict: Verdict) -> None:
    write_atomically(folder / "verdict.json", json.dumps(document, indent=2) + "\n")
    write_atomically(folder / "results.ktap", ktap(results, verdict))
    name = f"{document['target']}"
    write_atomically(folder / "junit.xml", junit(name, verdict, float(document["seconds"])))
