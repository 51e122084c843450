# SPDX-License-Identifier: MIT
# The plain C of the module: where there is no library of it, as inside an ns-3 tree, it is compiled from these.
file(GLOB_RECURSE IK_CORE_SOURCES CONFIGURE_DEPENDS ${IK_ROOT}/core/*.c)
file(GLOB IK_HOST_SOURCES CONFIGURE_DEPENDS ${IK_ROOT}/targets/host/*.c)
file(GLOB IK_MSIM_SOURCES CONFIGURE_DEPENDS ${IK_ROOT}/targets/msp430/sim/*.c)
list(FILTER IK_MSIM_SOURCES EXCLUDE REGEX "/msp430/sim/(main|gdb)[.]c$")
