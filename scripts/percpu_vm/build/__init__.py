# SPDX-License-Identifier: GPL-2.0-only
"""Making kernels, the module and the programs of what was fetched. Boots nothing."""
