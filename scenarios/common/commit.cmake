# SPDX-License-Identifier: MIT
# Run at each build: writes scenario-commit.h if the commit is another than that of the last build.
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=12 OUTPUT_VARIABLE commit
  OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT commit)
  set(commit unknown)
endif()
file(CONFIGURE OUTPUT ${HEADER} CONTENT "/* SPDX-License-Identifier: MIT */\nstatic const char kScenarioCommit[] = \"${commit}\";\n")
