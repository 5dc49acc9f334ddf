# SPDX-License-Identifier: GPL-2.0-only
"""From a target to the files that its boots need, wherever its kernel is from."""

from __future__ import annotations

from ..fetch import debian
from ..fetch.fetched import Fetched
from ..model.targets import SourceKernel, Target, TreeKernel
from . import source_kernel, tree_kernel


def obtain(target: Target, refresh: bool = False) -> Fetched:
    """Fetch or build; `refresh` asks the mirror for something newer now."""
    if isinstance(target.kernel, SourceKernel):
        return source_kernel.fetch(target, target.kernel, refresh)
    if isinstance(target.kernel, TreeKernel):
        return tree_kernel.fetch(target, target.kernel)
    return debian.fetch(target, target.kernel, refresh)
