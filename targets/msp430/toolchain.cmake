# SPDX-License-Identifier: MIT
# clang-19 for MSP430 (Debian 12 has no msp430 GCC). IK_BOARD names the part; targets/msp430/board/ describes it.

set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR msp430)

set(IK_BOARD "msp430f1611" CACHE STRING "msp430f1611 or msp430fr5969")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES IK_BOARD)
# The multiplier's registers moved from 0x130 to 0x4c0; the compiler's calls name which one is meant.
set(hwmult_msp430f1611 16bit)
set(hwmult_msp430fr5969 f5series)

set(CMAKE_C_COMPILER clang-19)
set(CMAKE_C_COMPILER_TARGET msp430)
set(CMAKE_ASM_COMPILER clang-19)
set(CMAKE_ASM_COMPILER_TARGET msp430)
set(CMAKE_AR llvm-ar-19)
set(CMAKE_RANLIB llvm-ranlib-19)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)

# A freestanding target has no libc: <string.h> is ours. IK_MSG_MAX: what strongSwan sends to a small proposal stays
# below 300 octets; three buffers of this size are most of the RAM.
set(CMAKE_C_FLAGS_INIT "-mhwmult=${hwmult_${IK_BOARD}} -ffreestanding -ffunction-sections -fdata-sections \
-DIK_PROFILE_MINIMAL -DIK_MSG_MAX=512 -fmacro-prefix-map=${CMAKE_SOURCE_DIR}/= -isystem ${CMAKE_CURRENT_LIST_DIR}/include")
# Bitcode beside the code, compiled as a whole by the linker: 3.5 KB smaller. Line tables tell sizes.py which file code came from.
set(CMAKE_C_FLAGS_MINSIZEREL "-Oz -flto -ffat-lto-objects -gline-tables-only")
