# SPDX-License-Identifier: GPL-2.0-only
#
# percpu_scope_settings: what our own code is compiled and linked with.
# percpu_scope_platform: the part of it that others' code needs, too.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)

add_library(percpu_scope_platform INTERFACE)
target_compile_options(percpu_scope_platform INTERFACE ${PERCPU_SCOPE_ARCH_FLAGS})
target_link_options(percpu_scope_platform INTERFACE ${PERCPU_SCOPE_ARCH_FLAGS})
if(PERCPU_SCOPE_SANITIZE)
  # One build for the host tests, whose work is counted (trace-pc), and for libFuzzer.
  set(sanitizers -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all
    -fsanitize-coverage=trace-pc)
  target_compile_options(percpu_scope_platform INTERFACE ${sanitizers} -fno-omit-frame-pointer -g1)
  target_link_options(percpu_scope_platform INTERFACE ${sanitizers})
else()
  # The guest has no libraries: programs bring all they need.
  target_link_options(percpu_scope_platform INTERFACE -static)
endif()

# Without "userspace/.." in it, so that tools can tell the ABI from our C++ by its path.
cmake_path(SET PERCPU_SCOPE_UAPI NORMALIZE "${CMAKE_CURRENT_SOURCE_DIR}/../kmod/uapi")

add_library(percpu_scope_settings INTERFACE)
target_compile_options(percpu_scope_settings INTERFACE -Wall -Wextra -Wpedantic
  $<$<BOOL:${PERCPU_SCOPE_WERROR}>:-Werror>)
# Of files that are compiled as one, all but the last look like headers to this one.
if(CMAKE_UNITY_BUILD AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(percpu_scope_settings INTERFACE -Wno-subobject-linkage)
endif()
target_link_libraries(percpu_scope_settings INTERFACE percpu_scope_platform)
