# SPDX-License-Identifier: GPL-2.0-only
"""Tests of what is booted, in which order, and what is told of it."""
