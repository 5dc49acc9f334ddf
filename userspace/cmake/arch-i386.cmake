# SPDX-License-Identifier: GPL-2.0-only
#
# Compiling for Debian's i386: on amd64 by its compiler with the 32-bit libraries that the
# package g++-N-multilib has for version N of it. Without gcc-multilib nothing makes <asm/...>
# visible to -m32: the headers are the same for both, so amd64's are searched last.
set(PERCPU_SCOPE_ARCH_FLAGS -m32 -idirafter /usr/include/x86_64-linux-gnu)
percpu_scope_use_compiler_of(i686-linux-gnu i686 "x86_64|i[3-6]86")
