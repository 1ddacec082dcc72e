# SPDX-License-Identifier: Apache-2.0

# Writes OUTPUT, a C++ source that defines a std::string_view for each of FILES (pairs name=path, parted by commas).
# Run by the build: cmake -DOUTPUT=.. -DFILES=.. -P embed.cmake
# A literal may hold 65,536 characters at most, so files are cut into pieces, which the compiler joins.
set(text "// Made from the files of sim/report/page; do not edit.\n#include \"sim/report/page.h\"\n\nnamespace shoal::sim::page_files {\n")
string(REPLACE "," ";" pairs "${FILES}")
foreach(pair IN LISTS pairs)
  string(REPLACE "=" ";" parts "${pair}")
  list(GET parts 0 name)
  list(GET parts 1 path)
  file(READ "${path}" hex HEX)
  string(LENGTH "${hex}" length)
  string(APPEND text "const std::string_view ${name} =\n")
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${hex}" ${at} 96 piece)
    string(REGEX REPLACE "(..)" "\\\\x\\1" piece "${piece}")
    string(APPEND text "    \"${piece}\"\n")
    math(EXPR at "${at} + 96")
  endwhile()
  if(length EQUAL 0)
    string(APPEND text "    \"\"\n")
  endif()
  string(APPEND text "    ;\n")
endforeach()
string(APPEND text "}  // namespace shoal::sim::page_files\n")
file(WRITE "${OUTPUT}" "${text}")
