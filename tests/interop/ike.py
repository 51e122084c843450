# SPDX-License-Identifier: MIT
"""What an onlooker can read of IKE: the header and the clear payloads (RFC 7296 section 3)."""

import os
import struct

IKE_SA_INIT, IKE_AUTH, CREATE_CHILD_SA, INFORMATIONAL = 34, 35, 36, 37
SA, KE, NONCE, NOTIFY, SK, SKF = 33, 34, 40, 41, 46, 53
FLAG_INITIATOR, FLAG_RESPONSE = 0x08, 0x20
NO_PROPOSAL_CHOSEN, INVALID_KE_PAYLOAD, COOKIE = 14, 17, 16390
HEADER = struct.Struct("!8s8sBBBBII")
FRAGMENTATION_SUPPORTED = 16430
X25519 = 31


class Message:
    """payloads: (type, body) of those in clear; an SK payload is the last and stays closed."""

    def __init__(self, data):
        (self.spi_i, self.spi_r, first, self.version, self.exchange, self.flags, self.msgid,
         self.length) = HEADER.unpack_from(data)
        self.data = data
        self.payloads = list(chain(first, data[HEADER.size:]))

    @property
    def response(self):
        return bool(self.flags & FLAG_RESPONSE)

    def bodies(self, kind):
        return [body for type_, body in self.payloads if type_ == kind]

    @property
    def notifies(self):
        return [struct.unpack_from("!H", body, 2)[0] for body in self.bodies(NOTIFY)]

    @property
    def group(self):
        """The Diffie-Hellman group of the KE payload, None without one."""
        bodies = self.bodies(KE)
        return struct.unpack_from("!H", bodies[0])[0] if bodies else None


def chain(kind, data):
    while kind and len(data) >= 4:
        next_kind, _, length = struct.unpack_from("!BBH", data)
        if length < 4 or length > len(data):
            return
        yield kind, data[4:length]
        kind, data = (0 if kind in (SK, SKF) else next_kind), data[length:]


def payload(next_kind, body):
    return struct.pack("!BBH", next_kind, 0, 4 + len(body)) + body


def transform(last, kind, number, attribute=b""):
    return struct.pack("!BBHBBH", 0 if last else 3, 0, 8 + len(attribute), kind, 0,
                       number) + attribute


def lone_init_request():
    """An IKE_SA_INIT request for aes128-sha256-x25519 that nobody will go on with."""
    key_bits_128 = struct.pack("!HH", 0x800e, 128)
    transforms = [transform(False, 1, 12, key_bits_128), transform(False, 2, 5),
                  transform(False, 3, 12), transform(True, 4, X25519)]
    body = b"".join(transforms)
    proposal = struct.pack("!BBHBBBB", 0, 0, 8 + len(body), 1, 1, 0, len(transforms)) + body
    # Any 32 octets are a public value of X25519 (RFC 7748 section 5).
    payloads = payload(KE, proposal) \
        + payload(NONCE, struct.pack("!HH", X25519, 0) + os.urandom(32)) \
        + payload(0, os.urandom(32))
    return HEADER.pack(os.urandom(8), bytes(8), SA, 0x20, IKE_SA_INIT, FLAG_INITIATOR, 0,
                       HEADER.size + len(payloads)) + payloads
