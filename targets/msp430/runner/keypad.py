# SPDX-License-Identifier: MIT
"""prf(Shared Secret, "Key Pad for IKEv2") (RFC 7296 2.15), which is what a device keeps of its pre-shared key.

Without dependencies, for the machine that provisions: AES here is neither fast nor constant in time.
"""

import hashlib
import hmac

PAD = b"Key Pad for IKEv2"


def field_product(a, b):
    """In GF(2^8) of FIPS 197 4.2."""
    product = 0
    while b:
        product ^= a if b & 1 else 0
        a = a << 1 ^ (0x11b if a & 0x80 else 0)
        b >>= 1
    return product


def substitutions():
    """The S-box of FIPS 197 5.1.1: the inverse, then an affine map. Every octet but 0 is a power of 3."""
    powers = [1]
    for _ in range(254):
        powers.append(field_product(powers[-1], 3))
    inverses = {octet: powers[-i % 255] for i, octet in enumerate(powers)} | {0: 0}
    for octet in range(256):
        out = 0x63
        for turn in range(5):
            out ^= (inverses[octet] << turn | inverses[octet] >> (8 - turn)) & 0xff
        yield out


SBOX = bytes(substitutions())


def round_keys(key):
    """FIPS 197 5.2, for 128 bits: eleven of 16 octets."""
    words, constant = [key[i:i + 4] for i in range(0, 16, 4)], 1
    for i in range(4, 44):
        word = words[-1]
        if i % 4 == 0:
            word = bytes(SBOX[octet] for octet in word[1:] + word[:1])
            word = bytes([word[0] ^ constant]) + word[1:]
            constant = field_product(constant, 2)
        words.append(exclusive_or(word, words[-4]))
    return [b"".join(words[i:i + 4]) for i in range(0, 44, 4)]


def exclusive_or(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def mix(column):
    """MixColumns of FIPS 197 5.1.3, of one column."""
    return bytes(field_product(2, column[i]) ^ field_product(3, column[(i + 1) % 4]) ^ column[(i + 2) % 4] ^ column[(i + 3) % 4]
                 for i in range(4))


def aes128(key, block):
    first, *keys = round_keys(key)
    state = exclusive_or(block, first)
    for number, round_key in enumerate(keys, 1):
        state = bytes(SBOX[state[(5 * i) % 16]] for i in range(16))  # with ShiftRows
        if number < 10:
            state = b"".join(mix(state[i:i + 4]) for i in range(0, 16, 4))
        state = exclusive_or(state, round_key)
    return state


def doubled(block):
    """RFC 4493 2.3."""
    value = int.from_bytes(block, "big") << 1
    return (value & (1 << 128) - 1 ^ (0x87 if value >> 128 else 0)).to_bytes(16, "big")


def aes_cmac(key, message):
    """RFC 4493 2.4."""
    mark = doubled(aes128(key, bytes(16)))
    whole = len(message) > 0 and len(message) % 16 == 0
    if not whole:
        mark = doubled(mark)
        message = message + b"\x80" + bytes(-(len(message) + 1) % 16)
    blocks = [message[i:i + 16] for i in range(0, len(message), 16)]
    blocks[-1] = exclusive_or(blocks[-1], mark)
    total = bytes(16)
    for block in blocks:
        total = aes128(key, exclusive_or(total, block))
    return total


def aes_cmac_prf(key, message):
    """AES-CMAC-PRF-128: a key that has not 16 octets is hashed (RFC 4615 3)."""
    return aes_cmac(key if len(key) == 16 else aes_cmac(bytes(16), key), message)


def hmac_sha2_256(key, message):
    """A key that is longer than a block of 64 octets is hashed (RFC 2104 2)."""
    return hmac.new(key, message, hashlib.sha256).digest()


# Numbers of IANA (IKEv2 Transform Type 2), and the names that ikelet's proposals have.
HMAC_SHA2_256, AES128_CMAC = 5, 8
NAMES = {"prfaescmac": AES128_CMAC, "prfsha256": HMAC_SHA2_256}
PRFS = {HMAC_SHA2_256: hmac_sha2_256, AES128_CMAC: aes_cmac_prf}


def padded(prf, secret):
    """prf: its number."""
    return PRFS[prf](secret, PAD)
