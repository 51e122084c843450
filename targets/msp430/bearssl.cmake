# SPDX-License-Identifier: MIT
# BearSSL from source: the files that the cost table needs, and the S-box. The linker takes of them what a table names.

set(bearssl_dir ${PROJECT_SOURCE_DIR}/build/third_party)
execute_process(
  COMMAND ${CMAKE_CURRENT_LIST_DIR}/fetch_bearssl.sh ${bearssl_dir}
  COMMAND_ERROR_IS_FATAL ANY)
set(bearssl_dir ${bearssl_dir}/bearssl)
set(BEARSSL_INCLUDE ${bearssl_dir}/inc CACHE PATH "where bearssl.h is" FORCE)

set(bearssl_sources
  codec/ccopy.c codec/dec32be.c codec/dec32le.c codec/enc32be.c codec/enc32le.c
  ec/ec_c25519_i15.c ec/ec_prime_i15.c ec/ec_secp256r1.c ec/ec_secp384r1.c ec/ec_secp521r1.c
  codec/enc64be.c codec/dec64be.c
  hash/ghash_ctmul32.c hash/sha2big.c
  int/i15_add.c int/i15_bitlen.c int/i15_decmod.c int/i15_decode.c int/i15_decred.c int/i15_encode.c int/i15_fmont.c
  int/i15_iszero.c int/i15_moddiv.c int/i15_modpow.c int/i15_modpow2.c int/i15_montmul.c int/i15_mulacc.c
  int/i15_muladd.c int/i15_ninv15.c int/i15_reduce.c int/i15_rshift.c int/i15_sub.c int/i15_tmont.c
  rsa/rsa_i15_pub.c
  symcipher/chacha20_ct.c symcipher/poly1305_i15.c
  symcipher/aes_common.c symcipher/aes_small_enc.c symcipher/aes_small_ctrcbc.c)
list(TRANSFORM bearssl_sources PREPEND ${bearssl_dir}/src/)

add_library(bearssl STATIC ${bearssl_sources})
target_include_directories(bearssl SYSTEM PUBLIC ${bearssl_dir}/inc)
target_include_directories(bearssl PRIVATE ${bearssl_dir}/src)
# BearSSL's own choice for a part without operating system: no random source, no clock.
target_compile_options(bearssl PRIVATE -w)
