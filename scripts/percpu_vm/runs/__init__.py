# SPDX-License-Identifier: GPL-2.0-only
"""The commands: which boots, in which order, and what is kept and printed."""
