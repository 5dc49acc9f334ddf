# SPDX-License-Identifier: GPL-2.0-only
#
# Compiling for Debian's amd64. An arch file sets the compiler and
# PERCPU_SCOPE_ARCH_FLAGS; it runs before project().
set(PERCPU_SCOPE_ARCH_FLAGS -m64)
percpu_scope_use_compiler_of(x86_64-linux-gnu x86_64 "x86_64")
