# SPDX-License-Identifier: GPL-2.0-only
"""Tests of what is fetched, from where, and what is kept."""
