# SPDX-License-Identifier: GPL-2.0-only
#
# Compiling for Debian's armhf, by its cross compiler.
set(PERCPU_SCOPE_ARCH_FLAGS "")
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR armv7l)
set(CMAKE_C_COMPILER arm-linux-gnueabihf-gcc-12)
set(CMAKE_CXX_COMPILER arm-linux-gnueabihf-g++-12)
