# SPDX-License-Identifier: GPL-2.0-only
"""What userspace/cmake decides by itself, in small projects: which files are compiled as one,
and what libbpf has to be linked with. And how the build is configured."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from percpu_vm.build import userspace
from percpu_vm.host import paths

sys.path.insert(0, str(paths.REPOSITORY / "scripts" / "lint"))
import local_names  # noqa: E402 (a script of lint)

MODULES = paths.USERSPACE / "cmake"


class Project(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def run_tool(self, *words: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(word) for word in words],
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )

    def configured(self, lists: str, *options: str) -> str:
        self.write("CMakeLists.txt", f"cmake_minimum_required(VERSION 3.25)\n{lists}")
        done = self.run_tool("cmake", "-S", ".", "-B", "build", "-G", "Ninja", *options)
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout


class Folders(Project):
    """A folder is one unit, but for files of a group of their own."""

    LISTS = f"""
        project(folders LANGUAGES CXX)
        include({MODULES}/unity.cmake)
        add_executable(program main.cpp first/a.cpp first/b.cpp second/c.cpp second/d.cpp)
        set_source_files_properties(second/d.cpp main.cpp PROPERTIES UNITY_GROUP other)
        percpu_scope_compile_folders_as_one(program)
"""

    def units(self, *options: str) -> set[str]:
        for folder in ("first", "second"):
            (self.folder / folder).mkdir(exist_ok=True)
        for name in ("first/a", "first/b", "second/c", "second/d"):
            self.write(f"{name}.cpp", f"int {Path(name).name}() {{ return 1; }}\n")
        self.write("main.cpp", "int main() {\n  extern int a(), b();\n  return a() + b();\n}\n")
        self.configured(self.LISTS, *options)
        built = self.run_tool("ninja", "-C", "build")
        self.assertEqual(built.returncode, 0, built.stdout)
        self.assertEqual(self.run_tool("build/program").returncode, 2)
        commands = self.run_tool("ninja", "-C", "build", "-t", "inputs", "program").stdout
        units = set()
        for line in commands.splitlines():
            if line.endswith(".cxx"):
                text = (self.folder / "build" / line.strip()).read_text(encoding="utf-8")
                units.add(" ".join(Path(part).name for part in text.split('"')[1::2]))
        return units

    def test_as_one(self) -> None:
        self.assertEqual(self.units(), {"a.cpp b.cpp", "c.cpp", "main.cpp d.cpp"})

    def test_each_alone(self) -> None:
        self.assertEqual(self.units("-DCMAKE_UNITY_BUILD=OFF"), set())


class LocalNames(unittest.TestCase):
    def test_definitions_are_found(self) -> None:
        for text, expected in {
            "[[noreturn]] void refuse(const std::string& why) {": {"refuse"},
            "std::map<int, std::vector<int>>\nlong_one(int a) {": {"long_one"},
            "static int old(int) {": {"old"},
            "constexpr std::array<int, 2> pairs{f(1), 2};": set(),
            "  int inner(int) { return call(1); }": set(),
        }.items():
            with self.subTest(text):
                whole = f"int shared();\nnamespace {{\n{text}\n}}  // namespace\nint other() {{"
                self.assertEqual(local_names.local_functions(whole), expected)

    def test_overloads_of_one_folder_are_told(self) -> None:
        def one(parameter: str) -> str:
            return f"namespace {{\nint pick({parameter}) {{ return 1; }}\n}}  // namespace\n"

        texts = {Path("a/x.cpp"): one("int"), Path("a/y.cpp"): one("long"), Path("b/z.cpp"): one("int")}
        self.assertEqual(
            local_names.shared(texts), {(Path("a"), "pick"): [Path("a/x.cpp"), Path("a/y.cpp")]}
        )


class Libbpf(Project):
    """Static libraries that need each other as those of Debian 12 and 13 do."""

    LISTS = f"""
        project(libbpf LANGUAGES C)
        add_library(percpu_scope_platform INTERFACE)
        target_link_options(percpu_scope_platform INTERFACE -static)
        include({MODULES}/libbpf.cmake)
        """

    def library(self, name: str, text: str) -> None:
        self.write(f"{name}.c", text)
        folder = self.folder / "root" / "usr" / "lib" / "some-linux-gnu"
        folder.mkdir(parents=True, exist_ok=True)
        self.assertEqual(self.run_tool("cc", "-c", f"{name}.c").returncode, 0)
        self.assertEqual(self.run_tool("ar", "rc", folder / f"lib{name}.a", f"{name}.o").returncode, 0)

    def linked_with(self, elf: str, others: dict[str, str]) -> str:
        self.library("bpf", "int elf_begin(void); int bpf_object__open(void) { return elf_begin(); }")
        self.library("elf", elf)
        self.library("z", "int inflate(void) { return 0; }")
        for name, text in others.items():
            self.library(name, text)
        said = self.configured(self.LISTS, f"-DPERCPU_SCOPE_LIBRARIES={self.folder / 'root'}")
        return next(line for line in said.splitlines() if "libbpf" in line).split(": ")[1]

    def test_libelf_alone(self) -> None:
        elf = "int elf_begin(void) { return 0; } int elf_compress(void) { return 0; }"
        self.assertEqual(self.linked_with(elf, {}), "bpf;elf;z")

    def test_libelf_with_zstd(self) -> None:
        elf = "int ZSTD_x(void); int elf_begin(void) { return 0; } int elf_compress(void) { return ZSTD_x(); }"
        zstd = "int ZSTD_x(void) { return 0; }"
        self.assertEqual(self.linked_with(elf, {"zstd": zstd}), "bpf;elf;z;zstd")


class Strictness(unittest.TestCase):
    def definitions(self, environment: dict[str, str]) -> list[str]:
        with tempfile.TemporaryDirectory() as folder, mock.patch.object(
            userspace, "_run"
        ) as run, mock.patch.dict(os.environ, environment):
            if not environment:
                os.environ.pop("CI", None)
            userspace.configure(Path(folder), ["X=1"])
        return [word for word in run.call_args.args[0] if word.startswith("-DPERCPU_SCOPE_WERROR")]

    def test_warnings_are_errors_in_ci_only(self) -> None:
        self.assertEqual(self.definitions({}), ["-DPERCPU_SCOPE_WERROR=OFF"])
        self.assertEqual(self.definitions({"CI": "true"}), ["-DPERCPU_SCOPE_WERROR=ON"])


if __name__ == "__main__":
    unittest.main()
