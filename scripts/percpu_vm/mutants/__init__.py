# SPDX-License-Identifier: GPL-2.0-only
"""Small faults in our own sources, and whether the checks notice them."""
