# SPDX-License-Identifier: GPL-2.0-only
#
# Compiling for Debian's arm64.
set(PERCPU_SCOPE_ARCH_FLAGS "")
percpu_scope_use_compiler_of(aarch64-linux-gnu aarch64 "aarch64")
