# SPDX-License-Identifier: MIT
# clang-19 for MSP430 (Debian 12 has no msp430 GCC): MSP430F1611, 16-bit hardware multiplier.

set(CMAKE_SYSTEM_NAME Generic)
set(CMAKE_SYSTEM_PROCESSOR msp430)

set(CMAKE_C_COMPILER clang-19)
set(CMAKE_C_COMPILER_TARGET msp430)
set(CMAKE_ASM_COMPILER clang-19)
set(CMAKE_ASM_COMPILER_TARGET msp430)
set(CMAKE_AR llvm-ar-19)
set(CMAKE_RANLIB llvm-ranlib-19)
set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)

# A freestanding target has no libc: <string.h> is ours.
set(CMAKE_C_FLAGS_INIT "-mhwmult=16bit -ffreestanding -ffunction-sections -fdata-sections \
-DIK_PROFILE_MINIMAL -isystem ${CMAKE_CURRENT_LIST_DIR}/include")
set(CMAKE_C_FLAGS_MINSIZEREL "-Oz")
