# SPDX-License-Identifier: MIT
# clang-19 for MSP430 (Debian 12 has no msp430 GCC). IK_BOARD names the part; targets/msp430/board/ describes it.
# How it compiles is in flags.cmake: what stands here is read once, when a build folder is new.

set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR msp430)

set(IK_BOARD "msp430f1611" CACHE STRING "msp430f1611, msp430f5438a or msp430fr5994")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES IK_BOARD)

set(CMAKE_C_COMPILER clang-19)
set(CMAKE_C_COMPILER_TARGET msp430)
set(CMAKE_ASM_COMPILER clang-19)
set(CMAKE_ASM_COMPILER_TARGET msp430)
set(CMAKE_AR llvm-ar-19)
set(CMAKE_RANLIB llvm-ranlib-19)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)
