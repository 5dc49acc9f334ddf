# SPDX-License-Identifier: GPL-2.0-only
"""What userspace/cmake decides by itself, in small projects: which files are compiled as one,
and what libbpf has to be linked with. And how the build is configured."""

from __future__ import annotations

import os
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from percpu_vm.build import userspace
from percpu_vm.host import paths

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


class Batches(Project):
    LISTS = f"""
        project(batches LANGUAGES CXX)
        include({MODULES}/unity.cmake)
        add_executable(program a.cpp b.cpp main.cpp)
"""
    PARTS = "percpu_scope_compile_in_batches(program 8)\n"

    def write_with_local(self, name: str, definition: str) -> None:
        self.write(
            f"{name}.cpp",
            f"namespace {{\n\n{definition}\n\n}}  // namespace\n\nint {name}() {{ return pick(1); }}\n",
        )

    def write_overloads(self) -> None:
        # As one file, `pick(1)` of the second would find the first's better match.
        self.write_with_local("a", "int pick(int) { return 1; }")
        self.write_with_local("b", "int pick(long) { return 2; }")
        self.write("main.cpp", "int main() {\n  extern int a(), b();\n  return a() * 10 + b();\n}\n")

    def status(self, lists: str) -> int:
        self.configured(lists)
        built = self.run_tool("ninja", "-C", "build")
        self.assertEqual(built.returncode, 0, built.stdout)
        return self.run_tool("build/program").returncode

    def test_overloads_local_to_files_are_kept_apart(self) -> None:
        self.write_overloads()
        self.assertEqual(self.status(self.LISTS + self.PARTS), 12)

    def test_control_all_as_one_mixes_them(self) -> None:
        self.write_overloads()
        self.assertEqual(self.status(self.LISTS), 11)

    def write_one_beside_a_header(self) -> None:
        self.write_with_local("a", "int pick(int) { return 1; }")
        self.write("pick.hpp", "int pick(long);\n")
        self.write("b.cpp", '#include "pick.hpp"\nint b() { return pick(1); }\n')
        main = (self.folder / "main.cpp").read_text(encoding="utf-8")
        self.write("main.cpp", main + "int pick(long) { return 2; }\n")

    def test_a_local_overload_does_not_get_the_calls_of_a_header_s(self) -> None:
        self.write_overloads()
        self.write_one_beside_a_header()
        self.assertEqual(self.status(self.LISTS + self.PARTS), 12)

    def test_control_all_as_one_it_gets_them(self) -> None:
        self.write_overloads()
        self.write_one_beside_a_header()
        self.assertEqual(self.status(self.LISTS), 11)

    def test_a_name_that_comes_later_moves_its_file(self) -> None:
        self.write_overloads()
        self.write("b.cpp", "int b() { return 2; }\n")
        self.assertEqual(self.status(self.LISTS + self.PARTS), 12)
        self.assertEqual(self.units(), {"a.cpp b.cpp main.cpp"})
        self.write_overloads()
        self.assertEqual(self.run_tool("ninja", "-C", "build").returncode, 0)
        self.assertEqual(self.units(), {"a.cpp main.cpp", "b.cpp"})

    def units(self) -> set[str]:
        """The files of each unit that is compiled now."""
        commands = self.run_tool("ninja", "-C", "build", "-t", "inputs", "program").stdout
        units = set()
        for line in commands.splitlines():
            if line.endswith(".cxx"):
                text = (self.folder / "build" / line.strip()).read_text(encoding="utf-8")
                units.add(" ".join(Path(part).name for part in text.split('"')[1::2]))
        return units

    def names(self, text: str) -> list[str]:
        self.write("x.cpp", f"namespace {{\n{text}\n}}  // namespace\nint shared();\n")
        self.write(
            "x.cmake",
            f"""include({MODULES}/unity.cmake)
            percpu_scope_read_code(text x.cpp)
            percpu_scope_local_names(names "${{text}}")
            message(STATUS "names ${{names}}")
            """,
        )
        done = self.run_tool("cmake", "-P", "x.cmake")
        return done.stdout.removeprefix("-- names ").strip().split(";")

    def test_names(self) -> None:
        for text, expected in {
            "[[noreturn]] void refuse(const std::string& why) {": ["refuse"],
            "std::map<int, std::vector<int>>\nlong_one(int a) {": ["long_one"],
            "constexpr std::array<int, 2> pairs{1, 2};": ["pairs"],
            "constexpr int table[] = {1};": ["table"],
            "std::atomic<int> state = 0;": ["state"],
            "template <typename Out>\nclass Walk {": ["Walk"],
            "using Clock = std::chrono::steady_clock;": ["Clock"],
            "enum class Kind { a, b };": ["Kind"],
            "#define LIMIT 3": ["LIMIT"],
            "  int inner(int) { return call(1); }": [""],
            "namespace inspect = percpu_scope::inspect;": [""],
        }.items():
            with self.subTest(text):
                self.assertEqual(self.names(text), expected)


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
