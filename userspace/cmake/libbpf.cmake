# SPDX-License-Identifier: GPL-2.0-only
#
# percpu_scope_bpf: libbpf, with what it is made of for programs that are linked statically.
# Whether libelf brings a need for libzstd depends on its release and on how it was built: the
# linker is asked, which knows of unpacked libraries, too.
include(CheckCSourceCompiles)

add_library(percpu_scope_bpf INTERFACE)
if(PERCPU_SCOPE_LIBRARIES)
  file(GLOB folders "${PERCPU_SCOPE_LIBRARIES}/usr/lib/*-linux-gnu*")
  target_link_directories(percpu_scope_bpf INTERFACE ${folders})
endif()

function(percpu_scope_find_libbpf)
  get_target_property(options percpu_scope_platform INTERFACE_LINK_OPTIONS)
  list(TRANSFORM folders PREPEND -L OUTPUT_VARIABLE folder_options)
  set(CMAKE_REQUIRED_FLAGS ${PERCPU_SCOPE_ARCH_FLAGS})
  list(JOIN CMAKE_REQUIRED_FLAGS " " CMAKE_REQUIRED_FLAGS)
  set(CMAKE_REQUIRED_LINK_OPTIONS ${options} ${folder_options})
  set(CMAKE_REQUIRED_QUIET ON)
  foreach(more "" "zstd" "zstd;lzma")
    set(libraries bpf elf z ${more})
    string(MAKE_C_IDENTIFIER "PERCPU_SCOPE_LINKS_${libraries}" links)
    set(CMAKE_REQUIRED_LIBRARIES ${libraries})
    # Asked each time: the libraries may be others by now.
    unset(${links} CACHE)
    # What of libelf compresses is used by libbpf's linker, not by ours.
    check_c_source_compiles("
      extern void *bpf_object__open(const char *);
      extern int elf_compress(void *, int, unsigned);
      int main(void) { return !bpf_object__open(\"\") && elf_compress(0, 0, 0); }" ${links})
    if(${links})
      target_link_libraries(percpu_scope_bpf INTERFACE ${libraries})
      message(STATUS "libbpf is linked with: ${libraries}")
      return()
    endif()
  endforeach()
  message(FATAL_ERROR "libbpf cannot be linked, neither alone nor with libzstd and liblzma "
                      "(see CMakeFiles/CMakeError.log): install libbpf-dev, libelf-dev, zlib1g-dev")
endfunction()
percpu_scope_find_libbpf()
