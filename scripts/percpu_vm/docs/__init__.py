# SPDX-License-Identifier: GPL-2.0-only
"""The documentation: its generated blocks, and whether what it names is there."""
