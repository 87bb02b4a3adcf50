# SPDX-License-Identifier: Apache-2.0
#
# A room of worker/ is one static library, latchkey_<room>, that links the rooms and libraries its
# CMakeLists.txt names and no others. tests/tidy holds those names to the table of levels.

set(LATCHKEY_WARNINGS -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wformat=2 -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL Clang)
  # Part of -Wconversion there, and not for g++.
  list(APPEND LATCHKEY_WARNINGS -Wno-sign-conversion)
endif()

if(LATCHKEY_HARDENING)
  include(CheckPIESupported)
  check_pie_supported()
  # -U first: some compilers define the macro themselves, and a second definition is an error.
  add_compile_options(-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong
                      -fstack-clash-protection -fcf-protection -ffunction-sections -fdata-sections)
  add_compile_definitions(LATCHKEY_HARDENING)
  add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack,--as-needed,--gc-sections)
endif()

# latchkey_room(NAME [DEPENDS room...] [LINK library...] [PRIVATE_LINK library...])
# Every *.cpp of the folder belongs to the room.
function(latchkey_room name)
  cmake_parse_arguments(ROOM "" "" "DEPENDS;LINK;PRIVATE_LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "*.cpp")
  add_library(latchkey_${name} STATIC ${sources})
  target_include_directories(latchkey_${name} PUBLIC "${PROJECT_SOURCE_DIR}/worker")
  target_compile_options(latchkey_${name} PRIVATE ${LATCHKEY_WARNINGS})
  list(TRANSFORM ROOM_DEPENDS PREPEND latchkey_)
  target_link_libraries(latchkey_${name} PUBLIC ${ROOM_DEPENDS} ${ROOM_LINK} PRIVATE
                        ${ROOM_PRIVATE_LINK})
endfunction()

# latchkey_unit_tests(ROOM [LINK library...]): one executable of GoogleTest cases for one room.
function(latchkey_unit_tests name)
  cmake_parse_arguments(TEST "" "" "LINK" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "*.cpp")
  add_executable(unit_${name} ${sources})
  target_include_directories(unit_${name} PRIVATE "${PROJECT_SOURCE_DIR}/tests/unit")
  target_compile_options(unit_${name} PRIVATE ${LATCHKEY_WARNINGS})
  target_compile_definitions(unit_${name} PRIVATE
                             LATCHKEY_VECTORS="${PROJECT_SOURCE_DIR}/tests/vectors")
  target_link_libraries(unit_${name} PRIVATE latchkey_${name} ${TEST_LINK} GTest::gmock_main)
  add_test(NAME unit_${name} COMMAND unit_${name})
  set_tests_properties(unit_${name} PROPERTIES TIMEOUT 120)
endfunction()
