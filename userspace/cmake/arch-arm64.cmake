# SPDX-License-Identifier: GPL-2.0-only
#
# Compiling for Debian's arm64: by its cross compiler, unless this is such a machine.
set(PERCPU_SCOPE_ARCH_FLAGS "")
cmake_host_system_information(RESULT host QUERY OS_PLATFORM)
if(NOT host STREQUAL "aarch64")
  set(CMAKE_SYSTEM_NAME Linux)
  set(CMAKE_SYSTEM_PROCESSOR aarch64)
  set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc-12)
  set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++-12)
endif()
