# SPDX-License-Identifier: GPL-2.0-only
"""Getting Debian's packages into the cache. Builds nothing."""
