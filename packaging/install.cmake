# SPDX-License-Identifier: MIT
# What `cmake --install` brings: library, headers, and what build systems ask for to find them; programs.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS ikelet ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/core/include/ikelet DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  COMPONENT dev)

configure_file(packaging/ikelet.pc.in packaging/ikelet.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/packaging/ikelet.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT dev)

set(cmake_dir ${CMAKE_INSTALL_LIBDIR}/cmake/ikelet)
configure_package_config_file(packaging/ikeletConfig.cmake.in packaging/ikeletConfig.cmake
  INSTALL_DESTINATION ${cmake_dir} PATH_VARS CMAKE_INSTALL_INCLUDEDIR CMAKE_INSTALL_LIBDIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/packaging/ikeletConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/packaging/ikeletConfig.cmake
  ${PROJECT_BINARY_DIR}/packaging/ikeletConfigVersion.cmake DESTINATION ${cmake_dir} COMPONENT dev)

if(TARGET ikelet_command)
  install(TARGETS ikelet_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT programs)
endif()
if(TARGET ikeletd)
  install(TARGETS ikeletd RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR} COMPONENT programs)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/packaging/examples DESTINATION ${CMAKE_INSTALL_DOCDIR}
    COMPONENT programs)
endif()
