# SPDX-License-Identifier: MIT
# How everything of a firmware image is compiled. Included by the top directory, before any target.

# The multiplier's registers moved from 0x130 to 0x4c0; the compiler's calls name which one is meant.
set(hwmult_msp430f1611 16bit)
set(hwmult_msp430f5438a f5series)
set(hwmult_msp430fr5994 f5series)
set(hwmult ${hwmult_${IK_BOARD}})

# All flags are here, where they follow the tree: a cache keeps what it once heard.
set(CMAKE_C_FLAGS "")
# Bitcode beside the code, compiled as a whole by the linker: 3.5 KB smaller. Line tables tell sizes.py which file code came from.
set(CMAKE_C_FLAGS_MINSIZEREL "-Oz -flto -ffat-lto-objects -gline-tables-only")
add_compile_options("$<$<COMPILE_LANGUAGE:C>:-mhwmult=${hwmult};-ffreestanding;-ffunction-sections;-fdata-sections>")

# What the remote is: an initiator with one suite, for tunnels. IK_MSG_MAX: what strongSwan sends to a small proposal
# stays below 300 octets; three buffers of this size are most of the RAM. A freestanding target has no libc: <string.h> is ours.
add_compile_definitions(IK_PROFILE_MINIMAL IK_MSG_MAX=384 IK_TRANSPORT_MODE=0 IK_OUTER=0 IK_INTEG=0 IK_TRANSFORMS_MAX=3 IK_PROPOSALS_MAX=1
  IK_AES_KEYS_MAX=178 IK_ONE=1 IK_LINKED=1 IK_PSK_PADDED=1 IK_IPV4=0 IK_IP6_EXT=0)
include_directories(SYSTEM ${CMAKE_CURRENT_LIST_DIR}/include)

# Assertions name their file by number: the first 16 bits of the MD5 of its path from the root.
function(ik_number_files)
  foreach(source ${ARGN})
    file(RELATIVE_PATH path ${PROJECT_SOURCE_DIR} ${source})
    string(MD5 number ${path})
    string(SUBSTRING ${number} 0 4 number)
    set_property(SOURCE ${source} APPEND PROPERTY COMPILE_DEFINITIONS IK_FILE_NUMBER=0x${number})
  endforeach()
endfunction()
