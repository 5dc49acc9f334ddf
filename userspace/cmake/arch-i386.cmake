# SPDX-License-Identifier: GPL-2.0-only
#
# Compiling for Debian's i386 with amd64's compiler and g++-multilib's
# libraries. Without gcc-multilib nothing makes <asm/...> visible to -m32:
# the headers are the same for both, so amd64's are searched last.
set(PERCPU_SCOPE_ARCH_FLAGS -m32 -idirafter /usr/include/x86_64-linux-gnu)
