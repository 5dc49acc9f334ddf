# SPDX-License-Identifier: GPL-2.0-only
"""The part of bpftool's words that the guest's tests compare with."""

from __future__ import annotations

import unittest

from percpu_vm.build import bpftool

DUMP = """\
[1] INT 'long' size=8 bits_offset=0 nr_bits=64 encoding=SIGNED
[2] DATASEC '.data' size=8 vlen=1
\ttype_id=1 offset=0 size=8 (VAR 'plain')
[3] DATASEC '.data..percpu' size=16 vlen=2
\ttype_id=1 offset=0 size=8 (VAR 'first')
\ttype_id=1 offset=8 size=8 (VAR 'second')
[4] VAR 'first' type_id=1, linkage=global
"""


class Bpftool(unittest.TestCase):
    def test_only_the_per_cpu_section(self) -> None:
        expected = "type_id=1 offset=0 size=8 (VAR 'first')\ntype_id=1 offset=8 size=8 (VAR 'second')\n"
        self.assertEqual(bpftool.variables_of(DUMP), expected)

    def test_no_such_section(self) -> None:
        self.assertEqual(bpftool.variables_of(DUMP.replace("..percpu", "..other")), "")


if __name__ == "__main__":
    unittest.main()
