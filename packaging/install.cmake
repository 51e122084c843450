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

# Everything that a package holds, and nothing else: `cmake --build … --target package_parts`.
add_custom_target(package_parts DEPENDS ikelet)

if(TARGET ikelet_command)
  install(TARGETS ikelet_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT programs)
  install(FILES packaging/ikelet.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
    RENAME ikelet COMPONENT programs)
  add_dependencies(package_parts ikelet_command)
endif()
if(TARGET ikeletd)
  install(TARGETS ikeletd RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR} COMPONENT programs)
  install(DIRECTORY packaging/examples DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT programs USE_SOURCE_PERMISSIONS)
  install(FILES packaging/ikeletd.service DESTINATION lib/systemd/system COMPONENT programs)
  add_dependencies(package_parts ikeletd)
endif()

# Man pages, by scdoc.
find_program(SCDOC scdoc)
if(SCDOC)
  set(pages "")
  foreach(page ikelet.1 ikeletd.conf.5 ikelet-scenarios.7 ikeletd.8)
    string(REGEX MATCH "[0-9]$" section ${page})
    set(source ${PROJECT_SOURCE_DIR}/packaging/man/${page}.scd)
    set(output ${PROJECT_BINARY_DIR}/packaging/man/${page})
    add_custom_command(OUTPUT ${output} DEPENDS ${source}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/packaging/man
      COMMAND ${SCDOC} < ${source} > ${output})
    install(FILES ${output} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section} COMPONENT programs)
    list(APPEND pages ${output})
  endforeach()
  add_custom_target(man ALL DEPENDS ${pages})
  add_dependencies(package_parts man)
else()
  message(STATUS "scdoc is not here: man pages are skipped")
endif()

# What ns-3 programs link: the model, and what of the host it stands on.
if(TARGET ik_ns3_model)
  install(FILES $<TARGET_FILE:ik_ns3_model> RENAME libikelet-ns3.a DESTINATION ${CMAKE_INSTALL_LIBDIR}
    COMPONENT ns3)
  install(FILES $<TARGET_FILE:ik_host> RENAME libikelet-host.a DESTINATION ${CMAKE_INSTALL_LIBDIR}
    COMPONENT ns3)
  file(GLOB ns3_headers CONFIGURE_DEPENDS sim/ns3/model/*.h sim/ns3/helper/*.h)
  install(FILES ${ns3_headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/ikelet-ns3/ns3 COMPONENT ns3)
  install(FILES ${PROJECT_BINARY_DIR}/sim/ns3/include/ns3/ikelet-module.h
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/ikelet-ns3/ns3 COMPONENT ns3)
  install(FILES targets/host/host.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/ikelet-ns3 COMPONENT ns3)
  configure_file(packaging/ikelet-ns3.pc.in packaging/ikelet-ns3.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/packaging/ikelet-ns3.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT ns3)
  add_dependencies(package_parts ik_ns3_model)
endif()
