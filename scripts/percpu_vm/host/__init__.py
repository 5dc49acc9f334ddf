# SPDX-License-Identifier: GPL-2.0-only
"""This machine: processes, locks, paths, packages. Knows no kernel and no VM."""
