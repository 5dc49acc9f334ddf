# SPDX-License-Identifier: GPL-2.0-only
"""Getting kernels, building for them, booting them and judging the boot.

One module per responsibility, Python's standard library only. Nothing in here
knows what the kernel module counts; that is the guest programs' business.
"""
