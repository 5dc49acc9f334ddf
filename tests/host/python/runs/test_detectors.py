# SPDX-License-Identifier: GPL-2.0-only
"""The table of planted faults, and what counts as caught."""

from __future__ import annotations

import unittest
from dataclasses import replace

from percpu_vm.judge import judge, patterns, recordings
from percpu_vm.model import targets
from percpu_vm.runs import detectors
from percpu_vm.host.errors import ScopeError
from percpu_vm.judge.verdict import Kind, Verdict

ONE = """
[[detector]]
name = "x"
target = "t"
command = "true"
verdict = "splat"
says = 'BUG: .*here'
"""


class TableTest(unittest.TestCase):
    def test_the_file_is_valid(self) -> None:
        found = detectors.load()
        known = {target.name for target in targets.load_all()}
        self.assertLessEqual({detector.target for detector in found}, known)
        names = [detector.name for detector in found]
        self.assertEqual(len(set(names)), len(names))
        # Every verdict that a guest can end in has a fault, and one is none.
        planted = {detector.verdict for detector in found}
        self.assertEqual(planted, set(Kind) - {Kind.INFRASTRUCTURE})

    def test_every_planted_fault_is_one_of_the_module(self) -> None:
        source = (detectors.FOLDER / "planted" / "faults.c").read_text(encoding="utf-8")
        for detector in detectors.load():
            if detector.planted:
                self.assertIn(f'{{ "{detector.planted}", ', source)

    def test_other_targets_are_rows_of_their_own(self) -> None:
        one, other = detectors.parse("d.toml", ONE + 'also = ["u"]\n')
        self.assertEqual((one.name, one.target, one.usual), ("x", "t", True))
        self.assertEqual((other.name, other.target, other.usual), ("x+u", "u", False))
        self.assertEqual(replace(other, name="x", target="t", usual=True), one)

    def test_choice(self) -> None:
        everything = detectors.load()
        self.assertEqual(detectors.choose([]), everything)
        usual = detectors.choose([detectors.USUAL])
        self.assertEqual(usual, [row for row in everything if row.usual])
        self.assertLess(len(usual), len(everything))
        names = [row.name for row in detectors.choose(["warning"])]
        self.assertEqual(names[0], "warning")
        self.assertGreater(len(names), 1)
        self.assertEqual([row.name for row in detectors.choose([names[1]])], [names[1]])
        with self.assertRaisesRegex(ScopeError, "no detector is called 'plot'"):
            detectors.choose(["plot"])

    def test_each_architecture_and_rt_have_faults_of_their_own(self) -> None:
        planted = [row.target for row in detectors.load() if row.verdict is not Kind.PASS]
        for word in ("cloud-amd64", "-i386", "-arm64", "-armhf", "-rt-"):
            with self.subTest(word=word):
                least = 1 if word == "-i386" else 5
                self.assertGreaterEqual(sum(word in target for target in planted), least)

    def test_mistakes_are_told(self) -> None:
        for message, text in (
            ("one of planted, command and host", ONE.replace("command", "planted") + 'host = "x"\n'),
            ("host is none of", ONE.replace('command = "true"', 'host = "x"')),
            ("is not a field", ONE + "x = 1\n"),
            ("verdict is none of pass", ONE.replace('"splat"', '"plot"')),
            ("says is no regular expression", ONE.replace("BUG: .*here", "BUG: (here")),
        ):
            with self.subTest(message=message), self.assertRaisesRegex(ScopeError, message):
                detectors.parse("d.toml", text)


class ChoiceTest(unittest.TestCase):
    def test_of_one_target(self) -> None:
        chosen = detectors.choose(["debian-7-debug-kasan-amd64"])
        self.assertEqual({one.target for one in chosen}, {"debian-7-debug-kasan-amd64"})
        self.assertIn("shift-that-only-UBSAN-sees", [one.name for one in chosen])


class RecordedBootsTest(unittest.TestCase):
    """The judge on the real consoles and results of each fault (check-detectors --record)."""

    def verdict(self, detector: detectors.Detector) -> Verdict:
        evidence, nonce = recordings.load(detectors.RECORDINGS / detector.name)
        target = targets.load(detector.target)
        planned = replace(detector.plan(target), nonce=nonce)
        known = patterns.load()
        rules = judge.Rules(known, target.name, target.cpus, target.allowed_skips)
        return judge.judge(evidence, planned, rules)

    def test_each_ends_in_the_verdict_demanded(self) -> None:
        for detector in detectors.load():
            with self.subTest(detector=detector.name):
                verdict = self.verdict(detector)
                self.assertTrue(detector.matches(verdict), f"{verdict.kind}: {verdict.reasons}")

    def test_none_is_left_of_a_detector_that_has_gone(self) -> None:
        known = {detector.name for detector in detectors.load()}
        self.assertEqual({folder.name for folder in detectors.RECORDINGS.iterdir()}, known)


class MatchTest(unittest.TestCase):
    def test_verdict_and_words_both_count(self) -> None:
        (detector,) = detectors.parse("d.toml", ONE)
        self.assertTrue(detector.matches(Verdict(Kind.SPLAT, (), ("BUG: it is here",))))
        self.assertTrue(detector.matches(Verdict(Kind.SPLAT, ("BUG: here",))))
        self.assertFalse(detector.matches(Verdict(Kind.SPLAT, (), ("BUG: none",))))
        self.assertFalse(detector.matches(Verdict(Kind.PANIC, (), ("BUG: it is here",))))
        self.assertFalse(detector.matches(Verdict(Kind.PASS)))
