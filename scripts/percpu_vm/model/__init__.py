# SPDX-License-Identifier: GPL-2.0-only
"""What one edits in scripts/data/ as Python values: targets, variations. Reading and checking only."""
