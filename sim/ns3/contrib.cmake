# SPDX-License-Identifier: MIT
# Inside an ns-3 tree. The core and its host library, plain C, become part of the module's shared library.
enable_language(C)
find_path(BEARSSL_INCLUDE bearssl.h PATH_SUFFIXES bearssl REQUIRED)
find_library(BEARSSL_LIBRARY NAMES bearssl REQUIRED)
include(core.cmake)
add_library(ikelet_core STATIC ${IK_CORE_SOURCES} ${IK_HOST_SOURCES} ${IK_MSIM_SOURCES})
set_target_properties(ikelet_core PROPERTIES POSITION_INDEPENDENT_CODE ON C_STANDARD 11 C_EXTENSIONS OFF)
target_include_directories(ikelet_core PUBLIC ${IK_ROOT}/core/include ${IK_ROOT}/targets/host)
target_include_directories(ikelet_core PRIVATE ${IK_ROOT}/core)
target_include_directories(ikelet_core SYSTEM PUBLIC ${BEARSSL_INCLUDE})
target_link_libraries(ikelet_core PUBLIC ${BEARSSL_LIBRARY})

# For the sources that read them only: ns-3 exports the folders of a target, and refuses those of the build.
set_source_files_properties(model/ikelet-cpu.cc model/ikelet-energy-parts.cc PROPERTIES INCLUDE_DIRECTORIES ${CMAKE_CURRENT_BINARY_DIR})
include_directories(SYSTEM ${IK_ROOT}/core/include ${IK_ROOT}/targets/host ${IK_ROOT}/targets/msp430/sim ${BEARSSL_INCLUDE})
build_lib(
  LIBNAME ikelet
  SOURCE_FILES ${sources}
  HEADER_FILES ${headers}
  LIBRARIES_TO_LINK ${ns3_libraries} $<TARGET_FILE:ikelet_core> ${BEARSSL_LIBRARY}
  TEST_SOURCES ${test_sources}
)
