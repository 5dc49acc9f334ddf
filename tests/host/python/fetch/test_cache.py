# SPDX-License-Identifier: GPL-2.0-only
"""The cache: what is decided, what is unpacked, what nothing needs any more."""

from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
import time
import unittest
from pathlib import Path
from unittest import mock

from percpu_vm.fetch import cache, decision, download, network, store
from percpu_vm.fetch.decision import Decision
from percpu_vm.fetch.fetched import Package
from percpu_vm.host.errors import ScopeError

_KEY = "0123456789ab"


class CacheCase(unittest.TestCase):
    def setUp(self) -> None:
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        patch = mock.patch.dict(os.environ, {"XDG_CACHE_HOME": temporary.name})
        patch.start()
        self.addCleanup(patch.stop)
        self.root = Path(temporary.name) / "percpu-scope"
        self.addCleanup(network.forget)

    def file(self, name: str, text: str = "") -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


class StoreTest(CacheCase):
    def test_a_folder_is_whole_or_not_there(self) -> None:
        packages = store.packages()
        with packages.draft("a") as draft:
            (draft / "file").write_text("x", encoding="utf-8")
            self.assertFalse(packages.has("a"))
        self.assertTrue(packages.has("a"))

    def test_a_draft_that_fails_leaves_nothing(self) -> None:
        packages = store.packages()
        with self.assertRaises(OSError), packages.draft("a") as draft:
            (draft / "file").write_text("x", encoding="utf-8")
            raise OSError("No space left on device")
        self.assertEqual(list(packages.root.iterdir()), [])

    def test_a_run_that_was_killed_leaves_what_the_next_removes(self) -> None:
        stale = store.packages().root / ".unpacking.old"
        stale.mkdir(parents=True)
        with store.packages().draft("a"):
            self.assertFalse(stale.exists())


class DecisionTest(CacheCase):
    KEPT = Decision({"image": (Package("linux", "amd64", "1"),)}, 0.0, True)

    def setUp(self) -> None:
        super().setUp()
        self.asked = 0
        self.trouble: ScopeError | None = None
        self.whole = True

    def ask(self) -> Decision:
        self.asked += 1
        if self.trouble:
            raise self.trouble
        return Decision({"image": (Package("linux", "amd64", "2"),)}, time.time(), self.whole)

    def decide(self, here: bool = True, refresh: bool = False) -> tuple[str, str]:
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            made = decision.decide("t", ("image",), lambda _: here, self.ask, refresh)
        return made.one("image").version, said.getvalue()

    def age(self, seconds: float) -> None:
        path = decision.folder() / "t.json"
        data = json.loads(path.read_text(encoding="utf-8"))
        self.file("resolved/t.json", json.dumps({**data, "checked": data["checked"] - seconds}))

    def test_asked_once_a_day(self) -> None:
        self.decide()
        self.decide()
        self.assertEqual(self.asked, 1)
        self.age(25 * 3600)
        self.decide()
        self.decide(refresh=True)
        self.assertEqual(self.asked, 3)

    def test_an_answer_that_was_not_whole_is_asked_for_again_in_an_hour(self) -> None:
        self.whole = False
        self.decide()
        self.age(2 * 3600)
        self.decide()
        self.assertEqual(self.asked, 2)

    def test_what_is_not_in_the_cache_is_asked_for(self) -> None:
        self.decide()
        self.decide(here=False)
        self.assertEqual(self.asked, 2)

    def test_without_an_answer_what_is_cached_serves(self) -> None:
        self.decide()
        self.age(25 * 3600)
        self.trouble = ScopeError("the mirror has no package")
        version, said = self.decide()
        self.assertEqual(version, "2")
        self.assertIn("the mirror has no package", said)

    def test_without_an_answer_and_without_a_cache_it_fails(self) -> None:
        self.trouble = ScopeError("the mirror has no package")
        with self.assertRaisesRegex(ScopeError, "the mirror has no package"):
            self.decide()

    def test_without_a_network_nobody_is_asked_and_nothing_said_again(self) -> None:
        self.decide()
        self.age(25 * 3600)
        with contextlib.redirect_stderr(io.StringIO()):
            network.note_failure("Could not connect to x")
        self.assertEqual(self.decide(), ("2", ""))
        self.assertEqual(self.asked, 1)

    def test_of_another_version_of_this_program(self) -> None:
        for text in ("", "[]", '{"packages": {}}', '{"packages": {"other": []}, "checked": 1, "whole": true}'):
            self.file("resolved/t.json", text)
            self.asked = 0
            self.decide()
            self.assertEqual(self.asked, 1, text)


class PruneTest(CacheCase):
    TARGETS = ("a-target", "built-target")

    def setUp(self) -> None:
        super().setUp()
        self.decided("a-target", Package("linux", "amd64", "1:2"))
        self.decided("gone-target", Package("older", "amd64", "1"))
        self.decided("emulator-qemu", Package("qemu", "amd64", "10"))
        for name in ("linux_1%3a2_amd64", "linux_1%3a2_amd64_module", "linux_1%3a1_amd64", "older_1_amd64", "qemu_10_amd64"):
            self.file(f"packages/{name}/.complete")
        self.file("packages/.unpacking.x/big", "x" * 5000)
        self.file(f"kernels/built-target-{_KEY}/.complete")
        os.utime(self.file(f"kernels/built-target-{_KEY[::-1]}/.complete"), (1, 1))
        self.file(f"kernels/gone-target-{_KEY}/.complete")
        self.file("btf/6.1_1:2.btf")
        self.file("btf/6.1_1:1.btf")

    def decided(self, name: str, package: Package) -> None:
        fields = {"name": package.name, "arch": package.arch, "version": package.version}
        data = {"packages": {"image": [fields]}, "checked": 1.0, "whole": True}
        self.file(f"resolved/{name}.json", json.dumps(data))

    def test_what_no_target_needs_goes_and_the_rest_stays(self) -> None:
        gone = {str(entry.path.relative_to(self.root)) for entry in cache.prune(self.TARGETS)}
        self.assertEqual(
            gone,
            {
                "resolved/gone-target.json",
                "packages/linux_1%3a1_amd64",
                "packages/older_1_amd64",
                "packages/.unpacking.x",
                f"kernels/built-target-{_KEY[::-1]}",
                f"kernels/gone-target-{_KEY}",
                "btf/6.1_1:1.btf",
            },
        )
        left = {str(entry.path.relative_to(self.root)) for entry in cache.entries(self.TARGETS)}
        self.assertIn("packages/linux_1%3a2_amd64_module", left)
        self.assertIn("packages/qemu_10_amd64", left)
        self.assertEqual(gone & left, set())
        self.assertEqual(cache.prune(self.TARGETS), [])

    def test_sizes_are_those_on_the_disk(self) -> None:
        sizes = {entry.path.name: entry.size for entry in cache.entries(self.TARGETS)}
        self.assertGreaterEqual(sizes[".unpacking.x"], 5000)


class DownloadTest(unittest.TestCase):
    def test_how_far_it_is(self) -> None:
        self.assertEqual(download.line("x", 5_500_000, 61_000_000), "fetching x: 5.5 MB of 61 MB")
        # apt leaves other small files beside it.
        self.assertEqual(download.line("x", 62_000_000, 61_000_000), "fetching x: 61 MB of 61 MB")

    def test_said_before_it_begins(self) -> None:
        out = io.StringIO()
        with tempfile.TemporaryDirectory() as folder, download.shown("x", 61_000_000, Path(folder), out):
            self.assertEqual(out.getvalue(), "fetching x (61 MB)\n")
