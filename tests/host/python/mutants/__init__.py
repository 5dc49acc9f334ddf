# SPDX-License-Identifier: GPL-2.0-only
"""Tests of faults planted in our own code."""
