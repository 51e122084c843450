# SPDX-License-Identifier: MIT
"""What a peer in Python needs of cryptography: X25519, and ChaCha20-Poly1305 as RFC 8439 writes it down. Slow, and independent
of all that is tested by it."""

import hashlib
import hmac
import struct

FIELD = 2**255 - 19
MASK = 0xffffffff


def x25519(secret, point):
    """RFC 7748 5; both of 32 octets."""
    k = int.from_bytes(secret, "little") & ~7 & (2**255 - 1) | 2**254
    x1 = int.from_bytes(point, "little") % 2**255
    x2, z2, x3, z3, swapped = 1, 0, x1, 1, 0
    for t in range(254, -1, -1):
        bit = k >> t & 1
        if swapped != bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swapped = bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        aa, bb, da, cb = a * a % FIELD, b * b % FIELD, d * a % FIELD, c * b % FIELD
        e = aa - bb
        x3, z3 = (da + cb)**2 % FIELD, x1 * (da - cb)**2 % FIELD
        x2, z2 = aa * bb % FIELD, e * (aa + 121665 * e) % FIELD
    if swapped:
        x2, z2 = x3, z3
    return (x2 * pow(z2, FIELD - 2, FIELD) % FIELD).to_bytes(32, "little")


BASE_POINT = (9).to_bytes(32, "little")


def quarter(s, a, b, c, d):
    for x, y, z, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        s[x] = s[x] + s[y] & MASK
        v = s[z] ^ s[x]
        s[z] = (v << n | v >> 32 - n) & MASK


ROUNDS = [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
          (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]


def block(key, counter, nonce):
    start = struct.unpack("<16I", b"expand 32-byte k" + key + struct.pack("<I", counter) + nonce)
    s = list(start)
    for _ in range(10):
        for where in ROUNDS:
            quarter(s, *where)
    return struct.pack("<16I", *(a + b & MASK for a, b in zip(s, start)))


def chacha20(key, nonce, data):
    stream = b"".join(block(key, 1 + i, nonce) for i in range((len(data) + 63) // 64))
    return bytes(a ^ b for a, b in zip(data, stream))


def poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0ffffffc0ffffffc0ffffffc0fffffff
    total = 0
    for at in range(0, len(message), 16):
        total = (total + int.from_bytes(message[at:at + 16] + b"\1", "little")) * r % (2**130 - 5)
    return ((total + int.from_bytes(key[16:], "little")) % 2**128).to_bytes(16, "little")


def tag(key, nonce, aad, sealed):
    def padded(data):
        return data + bytes(-len(data) % 16)
    return poly1305(block(key, 0, nonce)[:32],
                    padded(aad) + padded(sealed) + struct.pack("<QQ", len(aad), len(sealed)))


def seal(key, iv, aad, text):
    """key: with the salt behind it (RFC 7634 2). Answers ciphertext and ICV."""
    nonce = key[32:] + iv
    sealed = chacha20(key[:32], nonce, text)
    return sealed + tag(key[:32], nonce, aad, sealed)


def unseal(key, iv, aad, sealed):
    """Answers the text, or None if it does not authenticate."""
    nonce, text, icv = key[32:] + iv, sealed[:-16], sealed[-16:]
    if not hmac.compare_digest(tag(key[:32], nonce, aad, text), icv):
        return None
    return chacha20(key[:32], nonce, text)


def prf(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def prf_plus(key, seed, length):
    """RFC 7296 2.13."""
    out = last = b""
    number = 1
    while len(out) < length:
        last = prf(key, last + seed + bytes([number]))
        out += last
        number += 1
    return out[:length]
