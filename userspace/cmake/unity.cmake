# SPDX-License-Identifier: GPL-2.0-only
#
# The files of a folder compiled as one: most of the time goes into headers and templates that
# they have in common. So a name that is local to a file is the only one of its folder, which
# the compiler tells of; each file must still do by itself, which lint compiles it by
# (CMAKE_UNITY_BUILD=OFF).
option(CMAKE_UNITY_BUILD "Compile the files of a folder as one" ON)

# A file that already has a UNITY_GROUP keeps it.
function(percpu_scope_compile_folders_as_one target)
  get_target_property(sources ${target} SOURCES)
  foreach(source ${sources})
    get_source_file_property(group "${source}" UNITY_GROUP)
    if(NOT group)
      cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" OUTPUT_VARIABLE path)
      cmake_path(GET path PARENT_PATH folder)
      cmake_path(GET folder FILENAME room)
      set_source_files_properties("${source}" PROPERTIES UNITY_GROUP ${room})
    endif()
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD_MODE GROUP)
endfunction()
