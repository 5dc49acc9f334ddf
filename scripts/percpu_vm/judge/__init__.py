# SPDX-License-Identifier: GPL-2.0-only
"""From what a boot left behind to a verdict. Starts nothing."""
