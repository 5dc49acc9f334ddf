# SPDX-License-Identifier: GPL-2.0-only
#
# Several source files compiled as one: most of the time goes into headers and templates that
# they have in common. Each file must still do by itself, which lint compiles it by
# (CMAKE_UNITY_BUILD=OFF), and what is local to a file must stay so: files that define a
# function, a type or a constant of the same name are never compiled together, so that nobody
# has to know of the others' names. What this overlooks is a redefinition to the compiler.
option(CMAKE_UNITY_BUILD "Compile several files as one" ON)

# What a file defines at the beginning of a line, as clang-format has it: more than what is
# local to it, which does no harm.
function(percpu_scope_names_in result file)
  file(READ "${file}" text)
  # Characters that mean something in CMake's lists.
  string(REGEX REPLACE "\\[\\[[a-z_]+\\]\\] " "" text "\n${text}")
  string(REGEX REPLACE "[];[]" "|" text "${text}")
  set(type "[A-Za-z_][A-Za-z0-9_:<>,&* ]*[ >*&]")
  string(REGEX MATCHALL "\n(${type})?[a-z][a-z0-9_]*\\(" functions "${text}")
  string(REGEX MATCHALL "\n${type}[a-z][a-z0-9_]*(\\|[^\n]*)?( =|{|\\|\n)" constants "${text}")
  string(REGEX MATCHALL "\n(struct|class|enum|enum class|union|using) [A-Za-z_]+" types "${text}")
  string(REGEX MATCHALL "\n#define [A-Za-z_0-9]+" macros "${text}")
  set(names "")
  foreach(definition ${functions} ${constants} ${types} ${macros})
    string(REGEX REPLACE "(\\(|\\||=|{).*" "" definition "${definition}")
    # Another name for a namespace is the same in all files; the others define nothing.
    if(NOT definition MATCHES "^\n(namespace|static_assert)" AND definition MATCHES "([A-Za-z0-9_]+) *$")
      list(APPEND names ${CMAKE_MATCH_1})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES names)
  set(${result} ${names} PARENT_SCOPE)
endfunction()

# Batches of up to `most` files of a folder. A file that already has a UNITY_GROUP keeps it.
function(percpu_scope_compile_in_batches target most)
  if(NOT CMAKE_UNITY_BUILD)
    return()
  endif()
  get_target_property(sources ${target} SOURCES)
  list(SORT sources)
  set(batches "")
  foreach(source ${sources})
    get_source_file_property(group "${source}" UNITY_GROUP)
    if(group OR NOT source MATCHES "\\.cpp$")
      continue()
    endif()
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE
               OUTPUT_VARIABLE path)
    cmake_path(GET path PARENT_PATH folder)
    # A new name may not fit into the batch any more.
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${path}")
    percpu_scope_names_in(names "${path}")
    set(number 0)
    while(TRUE)
      string(MAKE_C_IDENTIFIER "${folder}_${number}" batch)
      set(common ${names})
      if(DEFINED names_${batch})
        list(REMOVE_ITEM common ${names_${batch}})
      endif()
      list(LENGTH names had)
      list(LENGTH common left)
      list(LENGTH files_${batch} members)
      if(had EQUAL left AND members LESS most)
        break()
      endif()
      math(EXPR number "${number} + 1")
    endwhile()
    list(APPEND names_${batch} ${names})
    list(APPEND files_${batch} "${source}")
    cmake_path(GET folder FILENAME room)
    set_source_files_properties("${source}" PROPERTIES UNITY_GROUP ${room}_${number})
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD_MODE GROUP)
endfunction()
