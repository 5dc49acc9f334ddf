# SPDX-License-Identifier: GPL-2.0-only
"""Boots as they were, kept for the judge's own tests: files in, evidence out, and back."""

from __future__ import annotations

import json
from pathlib import Path

from ..host import paths
from .judge import Evidence
from ..host.locks import write_atomically
from ..model.outcome import Ending, Outcome

_TEXTS = ("console", "results", "qemu_log")
# A race is reported thousands of times: what comes later says nothing new.
_LONGEST = 65536


def _kept(text: str) -> str:
    """Without the folders of whoever recorded it, and not longer than is of use."""
    text = text.replace(f"{paths.REPOSITORY}/", "")
    return text if len(text) <= _LONGEST else text[: text.rindex("\n", 0, _LONGEST) + 1]


def save(folder: Path, evidence: Evidence, nonce: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in _TEXTS:
        write_atomically(folder / f"{name}.log", _kept(getattr(evidence, name)))
    outcome = evidence.outcome
    how = {**vars(outcome), "ending": outcome.ending.value, "nonce": nonce}
    write_atomically(folder / "outcome.json", json.dumps(how, indent=2) + "\n")


def load(folder: Path) -> tuple[Evidence, str]:
    """The evidence, and the nonce of its plan."""
    how = json.loads((folder / "outcome.json").read_text(encoding="utf-8"))
    outcome = Outcome(
        Ending(how["ending"]),
        how["exit_status"],
        how["seconds"],
        how["boot_seconds"],
        how["silent_seconds"],
        how["shutdown"],
    )
    texts = {name: (folder / f"{name}.log").read_text(encoding="utf-8") for name in _TEXTS}
    evidence = Evidence(texts["console"], texts["results"], texts["qemu_log"], outcome)
    return evidence, how["nonce"]
