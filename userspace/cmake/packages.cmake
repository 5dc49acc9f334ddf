# SPDX-License-Identifier: GPL-2.0-only
#
# Debian's packages. Headers lie in /usr/include, where every architecture looks, and of fmt,
# CLI11 and nlohmann-json are all that is used. Compiled libraries are installed for this
# machine's architecture; others are unpacked somewhere. GoogleTest is built from the
# sources that its package brings.
set(PERCPU_SCOPE_GOOGLETEST "/usr/src/googletest" CACHE PATH "GoogleTest's sources")
set(PERCPU_SCOPE_LIBRARIES "" CACHE PATH
  "Unpacked packages, in place of this machine's own or of another architecture")


foreach(header bpf/btf.h fmt/format.h CLI/CLI.hpp nlohmann/json.hpp)
  if(NOT EXISTS "/usr/include/${header}")
    message(FATAL_ERROR "/usr/include/${header} is missing: install libbpf-dev, libfmt-dev, "
                        "libcli11-dev and nlohmann-json3-dev")
  endif()
endforeach()

include(libbpf)

# Warnings are off: this is not our code. And not fast: it only calls tests.
add_library(percpu_scope_gtest STATIC EXCLUDE_FROM_ALL
  "${PERCPU_SCOPE_GOOGLETEST}/googletest/src/gtest-all.cc")
target_include_directories(percpu_scope_gtest SYSTEM
  PUBLIC "${PERCPU_SCOPE_GOOGLETEST}/googletest/include"
  PRIVATE "${PERCPU_SCOPE_GOOGLETEST}/googletest")
target_compile_options(percpu_scope_gtest PRIVATE -w -O0)
target_link_libraries(percpu_scope_gtest PUBLIC percpu_scope_platform)
set_target_properties(percpu_scope_gtest PROPERTIES UNITY_BUILD OFF)
