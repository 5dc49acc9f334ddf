# SPDX-License-Identifier: GPL-2.0-only
#
# Debian's packages. Compiled libraries exist for the build machine's
# architecture only, so fmt, CLI11 and nlohmann-json are used as headers and
# GoogleTest is built from the sources that its package brings.
set(PERCPU_SCOPE_GOOGLETEST "/usr/src/googletest" CACHE PATH "GoogleTest's sources")

# Their headers lie in /usr/include, where every architecture looks; system
# headers, so that their warnings are not ours.
add_library(percpu_scope_fmt INTERFACE)
target_compile_definitions(percpu_scope_fmt INTERFACE FMT_HEADER_ONLY=1)

foreach(header bpf/btf.h fmt/format.h CLI/CLI.hpp nlohmann/json.hpp)
  if(NOT EXISTS "/usr/include/${header}")
    message(FATAL_ERROR "/usr/include/${header} is missing: install libbpf-dev, libfmt-dev, "
                        "libcli11-dev and nlohmann-json3-dev")
  endif()
endforeach()

# libbpf, with what it is made of for programs that are linked statically.
set(PERCPU_SCOPE_LIBRARIES "" CACHE PATH
  "Unpacked packages of another architecture; empty if it is this machine's")
add_library(percpu_scope_bpf INTERFACE)
if(PERCPU_SCOPE_LIBRARIES)
  file(GLOB folders "${PERCPU_SCOPE_LIBRARIES}/usr/lib/*-linux-gnu*")
  target_link_directories(percpu_scope_bpf INTERFACE ${folders})
endif()
target_link_libraries(percpu_scope_bpf INTERFACE bpf elf z)

# Warnings are off: this is not our code.
add_library(percpu_scope_gtest STATIC EXCLUDE_FROM_ALL
  "${PERCPU_SCOPE_GOOGLETEST}/googletest/src/gtest-all.cc")
target_include_directories(percpu_scope_gtest SYSTEM
  PUBLIC "${PERCPU_SCOPE_GOOGLETEST}/googletest/include"
  PRIVATE "${PERCPU_SCOPE_GOOGLETEST}/googletest")
target_compile_options(percpu_scope_gtest PRIVATE -w)
target_link_libraries(percpu_scope_gtest PUBLIC percpu_scope_platform)
