# SPDX-License-Identifier: GPL-2.0-only
#
# Which compiler makes programs of an architecture: the machine's default one for it. On a
# machine of that architecture `c++`, else the cross compiler of its triplet. A suffix chooses
# another version, for both: -DPERCPU_SCOPE_COMPILER_SUFFIX=-12.
set(PERCPU_SCOPE_COMPILER_SUFFIX "" CACHE STRING "Version of GCC as in its programs' names: -12")

# `natives`: what machines that run such programs call themselves.
macro(percpu_scope_use_compiler_of triplet processor natives)
  cmake_host_system_information(RESULT host QUERY OS_PLATFORM)
  if(NOT host MATCHES "^(${natives})$")
    set(CMAKE_SYSTEM_NAME Linux)
    set(CMAKE_SYSTEM_PROCESSOR ${processor})
    set(CMAKE_C_COMPILER ${triplet}-gcc${PERCPU_SCOPE_COMPILER_SUFFIX})
    set(CMAKE_CXX_COMPILER ${triplet}-g++${PERCPU_SCOPE_COMPILER_SUFFIX})
  elseif(PERCPU_SCOPE_COMPILER_SUFFIX)
    set(CMAKE_C_COMPILER gcc${PERCPU_SCOPE_COMPILER_SUFFIX})
    set(CMAKE_CXX_COMPILER g++${PERCPU_SCOPE_COMPILER_SUFFIX})
  endif()
endmacro()
