# SPDX-License-Identifier: GPL-2.0-only
"""One guest: its plan, its archive, its QEMU. Judges nothing."""
