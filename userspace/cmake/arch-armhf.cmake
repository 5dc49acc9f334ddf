# SPDX-License-Identifier: GPL-2.0-only
#
# Compiling for Debian's armhf, on arm64 machines as well by its cross compiler.
set(PERCPU_SCOPE_ARCH_FLAGS "")
percpu_scope_use_compiler_of(arm-linux-gnueabihf armv7l "armv7l|armv8l")
