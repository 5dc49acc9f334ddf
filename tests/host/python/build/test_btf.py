# SPDX-License-Identifier: GPL-2.0-only
"""BTF of a kernel that does not run: bzImages and ELF files made here, sound and not."""

from __future__ import annotations

import gzip
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from percpu_vm.build import btf
from percpu_vm.host.errors import ScopeError
from percpu_vm.fetch.fetched import Fetched

BTF = b"\x9f\xeb\x01\x00 not really"


def elf(sections: dict[str, bytes], wide: bool = True) -> bytes:
    """An ELF file with these sections and one for their names."""
    header_size, row_size = (64, 64) if wide else (52, 40)
    names, rows, body = b"\0", [(0, 0, 0, 0, 0, 0)], b""
    for name, data in [*sections.items(), (".shstrtab", b"")]:
        place = len(names)
        names += name.encode() + b"\0"
        if name == ".shstrtab":
            data = names
        rows.append((place, 1, 0, 0, header_size + len(body), len(data)))
        body += data
    table = header_size + len(body)
    if wide:
        header = b"\x7fELF\x02\x01\x01" + bytes(33) + struct.pack("<Q", table) + bytes(10)
        layout = "<IIQQQQ"
    else:
        header = b"\x7fELF\x01\x01\x01" + bytes(25) + struct.pack("<I", table) + bytes(10)
        layout = "<IIIIII"
    header += struct.pack("<HHH", row_size, len(rows), len(rows) - 1)
    assert len(header) == header_size
    return header + body + b"".join(struct.pack(layout, *row).ljust(row_size, b"\0") for row in rows)


def image(payload: bytes, setup_sectors: int = 3) -> bytes:
    """A bzImage around a packed kernel, as the kernel's own build lays it out."""
    setup = bytearray(((setup_sectors or 4) + 1) * 512)
    setup[0x1F1] = setup_sectors
    setup[0x202:0x206] = b"HdrS"
    loader, whole = b"\x90" * 77, payload + struct.pack("<I", 12345)
    struct.pack_into("<II", setup, 0x248, len(loader), len(whole))
    return bytes(setup) + loader + whole + b"what follows"


def pack(words: list[str], data: bytes) -> bytes:
    return subprocess.run(words, input=data, stdout=subprocess.PIPE, check=True).stdout


class Image(unittest.TestCase):
    def test_every_packer_of_debian(self) -> None:
        kernel = elf({".text": b"code", ".BTF": BTF})
        # As the kernel's build calls them.
        for words in (
            ["lz4", "-l", "-9", "-"],
            ["xz", "--check=crc32", "-c"],
            ["zstd", "-19", "-qc"],
            ["gzip", "-9nc"],
        ):
            with self.subTest(packer=words[0]):
                self.assertEqual(btf.vmlinux(image(pack(words, kernel)), "vmlinuz"), kernel)

    def test_no_setup_sectors_means_four(self) -> None:
        packed = pack(["xz", "-c"], b"kernel")
        self.assertEqual(btf.vmlinux(image(packed, 0), "vmlinuz"), b"kernel")

    def test_what_is_no_kernel(self) -> None:
        whole = image(pack(["xz", "-c"], b"kernel"))
        for bad in (b"", b"MZ" * 600, whole[:0x24F], whole[:-40]):
            with self.subTest(length=len(bad)), self.assertRaisesRegex(ScopeError, "vmlinuz"):
                btf.vmlinux(bad, "vmlinuz")

    def test_unknown_and_broken_packing(self) -> None:
        with self.assertRaisesRegex(ScopeError, "packed in a way"):
            btf.vmlinux(image(b"\x89LZO something"), "vmlinuz")
        with self.assertRaisesRegex(ScopeError, "vmlinuz cannot be unpacked"):
            btf.vmlinux(image(b"\x1f\x8b\x08\0" + bytes(range(64))), "vmlinuz")
        with self.assertRaisesRegex(ScopeError, "xz cannot unpack"):
            btf.vmlinux(image(pack(["xz", "-c"], b"kernel")[:20]), "vmlinuz")


def blob(strings: bytes) -> bytes:
    """BTF as far as its header goes, with types of 12 bytes."""
    header = struct.pack("<HBBIIIII", 0xEB9F, 1, 0, 24, 0, 12, 12, len(strings))
    return header + bytes(12) + strings


def arm64(memory: bytes) -> bytes:
    """An image as arm64's boot protocol has it."""
    return b"MZ".ljust(0x38, b"\0") + b"ARM\x64" + bytes(4) + memory


class Memory(unittest.TestCase):
    KERNEL = blob(b"\0a_type\0another\0")

    def test_largest_of_several(self) -> None:
        small = blob(b"\0x\0")
        image = arm64(b"code" + small + b"code" + self.KERNEL + b"code" + small)
        self.assertEqual(btf.in_image(image, "vmlinuz"), self.KERNEL)
        self.assertEqual(btf.in_image(gzip.compress(image), "vmlinuz"), self.KERNEL)

    def test_layout_of_kinds_behind_the_strings(self) -> None:
        # As pahole 1.31 writes it: without its end the header would point outside.
        strings, layout = b"\0a_type\0", b"layout.."
        header = struct.pack("<HBBI", 0xEB9F, 1, 0, 32)
        parts = struct.pack("<6I", 0, 12, 12, len(strings), 12 + len(strings), len(layout))
        whole = header + parts + bytes(12) + strings + layout
        self.assertEqual(btf.in_image(arm64(b"code" + whole + b"code"), "vmlinuz"), whole)
        self.assertIsNone(btf.in_image(arm64(whole[:-1]), "vmlinuz"))

    def test_a_header_of_no_known_length(self) -> None:
        odd = self.KERNEL[:4] + struct.pack("<I", 28) + self.KERNEL[8:]
        self.assertIsNone(btf.in_image(arm64(odd), "vmlinuz"))

    def test_what_only_begins_like_it(self) -> None:
        cut_off = blob(b"\0" + b"long" * 100)[:-40]
        no_end = blob(b"\0a_type")
        no_empty_name = blob(b"a_type\0")
        for bad in (cut_off, no_end, no_empty_name, self.KERNEL[:20], b"code"):
            with self.subTest(bad=bad[-20:]):
                self.assertIsNone(btf.in_image(arm64(bad), "vmlinuz"))

    def test_broken_packing(self) -> None:
        with self.assertRaisesRegex(ScopeError, "vmlinuz cannot be unpacked"):
            btf.in_image(gzip.compress(arm64(self.KERNEL))[:-12], "vmlinuz")

    def test_bzimage_has_its_section(self) -> None:
        packed = image(pack(["xz", "-c"], elf({".BTF": BTF})))
        self.assertEqual(btf.in_image(packed, "vmlinuz"), BTF)


class Section(unittest.TestCase):
    def test_found_in_both_widths(self) -> None:
        for wide in (True, False):
            with self.subTest(wide=wide):
                file = elf({".text": b"code", ".BTF": BTF, ".BTF.ext": b"x"}, wide)
                self.assertEqual(btf.section(file, ".BTF", "file"), BTF)
                self.assertEqual(btf.section(file, ".BTF.ext", "file"), b"x")
                self.assertIsNone(btf.section(file, ".BT", "file"))

    def test_what_is_no_elf_file(self) -> None:
        whole = elf({".BTF": BTF})
        big_endian = whole[:5] + b"\x02" + whole[6:]
        for bad in (b"", b"\x7fELF", b"#!/bin/sh\n" * 20, big_endian, whole[:60], whole[:-100]):
            with self.subTest(length=len(bad)), self.assertRaisesRegex(ScopeError, "file.ko"):
                btf.section(bad, ".BTF", "file.ko")


class Kernel(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        patch = mock.patch("percpu_vm.host.paths.cache", lambda: self.root / "cache")
        patch.start()
        self.addCleanup(patch.stop)

    def fetched(self, config: str, kernel: bytes) -> Fetched:
        (self.root / "vmlinuz-6.1").write_bytes(kernel)
        (self.root / "config-6.1").write_text(config, encoding="utf-8")
        nothing = self.root / "nothing"
        return Fetched("6.1", self.root / "vmlinuz-6.1", "6.1.1-1", nothing, nothing)

    def test_once_and_for_all(self) -> None:
        packed = image(pack(["xz", "-c"], elf({".BTF": BTF})))
        first = btf.kernel_btf(self.fetched("CONFIG_DEBUG_INFO_BTF_MODULES=y\n", packed))
        assert first is not None
        self.assertEqual(first.read_bytes(), BTF)
        again = btf.kernel_btf(self.fetched("CONFIG_DEBUG_INFO_BTF_MODULES=y\n", b"gone"))
        self.assertEqual(again, first)

    def test_kernel_that_has_none(self) -> None:
        config = "CONFIG_DEBUG_INFO=y\n# CONFIG_DEBUG_INFO_BTF is not set\n"
        self.assertIsNone(btf.kernel_btf(self.fetched(config, b"never looked at")))

    def test_left_out_where_asked(self) -> None:
        wanted = self.fetched("CONFIG_DEBUG_INFO_BTF_MODULES=y\n", b"never looked at")
        with mock.patch.dict("os.environ", {"MODULE_BTF": "no"}):
            self.assertIsNone(btf.kernel_btf(wanted))
        with mock.patch.dict("os.environ", {"MODULE_BTF": "off"}):
            with self.assertRaisesRegex(ScopeError, "MODULE_BTF=off"):
                btf.kernel_btf(wanted)

    def test_configuration_that_lies(self) -> None:
        packed = image(pack(["xz", "-c"], elf({".text": b"code"})))
        with self.assertRaisesRegex(ScopeError, "vmlinuz-6.1 has no BTF"):
            btf.kernel_btf(self.fetched("CONFIG_DEBUG_INFO_BTF_MODULES=y\n", packed))

    def test_module_that_has_it_is_left_alone(self) -> None:
        module = self.root / "some.ko"
        module.write_bytes(elf({".BTF": BTF}))
        with mock.patch("percpu_vm.build.btf.run") as run:
            btf.embed(module, self.root / "base")
        run.assert_not_called()

    def test_module_that_gets_none_fails(self) -> None:
        module = self.root / "some.ko"
        module.write_bytes(elf({".text": b"code"}))
        with mock.patch("percpu_vm.build.btf.run") as run, self.assertRaisesRegex(ScopeError, "no BTF"):
            btf.embed(module, self.root / "base")
        run.assert_called_once()


if __name__ == "__main__":
    unittest.main()
