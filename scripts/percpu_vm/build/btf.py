# SPDX-License-Identifier: GPL-2.0-only
"""BTF for our module: the types of its variables, as Debian's own modules have them.

Kbuild cannot do it out of tree, since the headers come without a vmlinux. The BTF
that ours is split from is taken out of the kernel's image, for a kernel that does
not run. Files in, files out; which kernel it is, fetch.py knows.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import re
import struct
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

# Its makers ship no types.
from elftools.common.exceptions import ELFError  # type: ignore[import]
from elftools.elf.elffile import ELFFile  # type: ignore[import]

from . import toolchain
from ..host import paths
from ..host.command import ENVIRONMENT, run
from ..host.errors import EXIT_FAILURE, EXIT_USAGE, ScopeError
from ..fetch.fetched import Fetched
from ..host.locks import write_atomically

SECTION = ".BTF"
# Such a kernel takes, and checks, BTF of modules.
_OF_MODULES = "CONFIG_DEBUG_INFO_BTF_MODULES"

# The boot protocol of x86 (Documentation/x86/boot.rst).
_SETUP_SECTORS = 0x1F1
_MAGIC = 0x202
_PAYLOAD = 0x248
_SECTOR = 512
# Behind the payload proper the build appends its unpacked size.
_APPENDED = 4

# The boot protocol of arm64 (Documentation/arm64/booting.rst).
_ARM64_MAGIC = 0x38

# A header of BTF: magic, version, flags, its length; of types, strings and, where it has 32
# bytes (pahole 1.31 and newer), the kinds' layout each offset and length
# (include/uapi/linux/btf.h). Types come first.
_BTF_PART = struct.Struct("<II")
_BTF_PARTS = {24: 2, 32: 3}
_BTF_LENGTH_AT, _BTF_PARTS_AT = 4, 8
_BTF_START = re.compile(re.escape(b"\x9f\xeb\x01\x00"))

# What Python itself unpacks; Kconfig's default is gzip.
_LIBRARIES: dict[bytes, Callable[[bytes], bytes]] = {
    # Its own last four bytes are what others have appended.
    b"\x1f\x8b": lambda packed: zlib.decompressobj(wbits=31).decompress(packed),
    b"BZh": bz2.decompress,
    b"\x5d\x00\x00": lzma.decompress,
}
_UNPACKERS = {
    b"\x02\x21\x4c\x18": ("lz4", "-dc"),
    b"\xfd7zXZ\x00": ("xz", "-dc"),
    b"\x28\xb5\x2f\xfd": ("zstd", "-dc"),
}


def _unpack(packed: bytes, origin: str) -> bytes:
    for magic, unpack in _LIBRARIES.items():
        if packed.startswith(magic):
            try:
                return unpack(packed)
            except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError) as error:
                raise ScopeError(f"the kernel in {origin} cannot be unpacked: {error}") from error
    for magic, words in _UNPACKERS.items():
        if packed.startswith(magic):
            try:
                done = subprocess.run(
                    words, input=packed, capture_output=True, env=ENVIRONMENT, check=False
                )
            except FileNotFoundError as error:
                raise ScopeError(f"{words[0]} is not installed (make setup installs it)") from error
            if done.returncode:
                said = done.stderr.decode("utf-8", "replace").strip()
                raise ScopeError(f"{words[0]} cannot unpack the kernel in {origin}: {said}")
            return done.stdout
    raise ScopeError(f"{origin} is packed in a way that is not known: {packed[:6].hex(' ')}")


def vmlinux(image: bytes, origin: str) -> bytes:
    """The kernel proper, an ELF file, out of a bzImage."""
    if len(image) < _PAYLOAD + 8 or image[_MAGIC : _MAGIC + 4] != b"HdrS":
        raise ScopeError(f"{origin} is no bzImage")
    offset, length = struct.unpack_from("<II", image, _PAYLOAD)
    start = ((image[_SETUP_SECTORS] or 4) + 1) * _SECTOR + offset
    if length <= _APPENDED or start + length > len(image):
        raise ScopeError(f"{origin} ends before its kernel does")
    return _unpack(image[start : start + length - _APPENDED], origin)


def is_arm64(image: bytes) -> bool:
    return image[_ARM64_MAGIC : _ARM64_MAGIC + 4] == b"ARM\x64"


def largest(memory: bytes) -> bytes | None:
    """The largest BTF in a kernel as it lies in memory: small ones are of built-in BPF programs."""
    found = b""
    for match in _BTF_START.finditer(memory):
        length = _length_of_btf(memory, match.start())
        if length > len(found):
            found = memory[match.start() : match.start() + length]
    return found or None


def _length_of_btf(memory: bytes, start: int) -> int:
    """Of what begins like BTF; 0 if it is none."""
    if start + max(_BTF_PARTS) > len(memory):
        return 0
    header: int = struct.unpack_from("<I", memory, start + _BTF_LENGTH_AT)[0]
    parts = [
        _BTF_PART.unpack_from(memory, start + _BTF_PARTS_AT + number * _BTF_PART.size)
        for number in range(_BTF_PARTS.get(header, 0))
    ]
    if not parts:
        return 0
    (types, types_length), (strings, length), *_ = parts
    text = start + header + strings
    # In whatever order later parts lie, the last of them ends it.
    end: int = start + header + max(offset + size for offset, size in parts)
    whole = types == 0 and strings >= types_length and 0 < length and end <= len(memory)
    # The strings begin with an empty one, and each ends.
    if not whole or memory[text] != 0 or memory[text + length - 1] != 0:
        return 0
    return end - start


def in_image(image: bytes, origin: str) -> bytes | None:
    """The kernel's BTF in what a boot loader takes, None if there is none."""
    if image.startswith(b"\x1f\x8b"):
        try:
            image = gzip.decompress(image)
        except (OSError, EOFError, zlib.error) as error:
            raise ScopeError(f"{origin} cannot be unpacked: {error}") from error
    # No file with sections, but the memory itself.
    if is_arm64(image):
        return largest(image)
    return section(vmlinux(image, origin), SECTION, origin)


def section(elf: bytes, name: str, origin: str) -> bytes | None:
    """A section's bytes, None if there is none of that name."""
    try:
        found = ELFFile(io.BytesIO(elf)).get_section_by_name(name)
        return None if found is None else bytes(found.data())
    except (ELFError, AttributeError, ValueError, KeyError, UnicodeDecodeError) as error:
        # pyelftools has an error of its own only for some of what can be wrong.
        raise ScopeError(f"{origin} is not a whole ELF file: {error}") from error


def is_chosen() -> bool:
    """MODULE_BTF=no leaves it out, e.g. for a kernel that refuses what it cannot match."""
    choice = os.environ.get("MODULE_BTF") or "auto"
    if choice not in ("auto", "no"):
        raise ScopeError(f"MODULE_BTF={choice}: not auto or no", EXIT_USAGE)
    return choice == "auto"


def kernel_btf(fetched: Fetched) -> Path | None:
    """The BTF to split a module's from; None if the kernel has none or none is wanted."""
    return of_kernel(fetched, _OF_MODULES) if is_chosen() else None


def of_kernel(fetched: Fetched, option: str = "CONFIG_DEBUG_INFO_BTF") -> Path | None:
    """The kernel's own BTF as a file in the cache; None if it was built without the option."""
    config = fetched.image.with_name(f"config-{fetched.release}")
    if f"{option}=y" not in config.read_text(encoding="utf-8").splitlines():
        return None
    base = paths.cache() / "btf" / f"{fetched.release}_{fetched.image_version}.btf"
    if not base.is_file():
        origin = fetched.image.name
        found = in_image(fetched.image.read_bytes(), origin)
        if not found:
            raise ScopeError(f"{origin} has no BTF, though its configuration says so")
        write_atomically(base, found)
    return base


def embed(module: Path, base: Path) -> None:
    """Give the module BTF that is split from `base`, unless it has it: Kbuild relinks rarely."""
    content = module.read_bytes()
    if section(content, SECTION, module.name):
        return
    options = ["-J", "--btf_gen_floats", "--lang_exclude=rust", "--btf_base"]
    run(
        ["pahole", *options, base, module],
        # pahole wants some objcopy to add the section with; binutils' does.
        environment={"LLVM_OBJCOPY": f"{toolchain.prefix_for(content)}objcopy"},
        exit_code=EXIT_FAILURE,
    )
    if not section(module.read_bytes(), SECTION, module.name):
        raise ScopeError(f"pahole gave {module.name} no BTF: has it debug information?", EXIT_FAILURE)
