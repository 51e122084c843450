# SPDX-License-Identifier: MIT
"""An IKEv2 peer written from RFC 7296 alone: it calls, over one UDP port that is used as 4500 is, and writes and reads each
octet itself. What it renews, deletes and refuses, a story decides.

IKE: ChaCha20-Poly1305, HMAC-SHA2-256, X25519; ESP: ChaCha20-Poly1305, tunnel mode."""

import contextlib
import os
import select
import socket
import struct
import time

from primitives import BASE_POINT, prf, prf_plus, seal, unseal, x25519

SA, KE, IDI, IDR, AUTH, NONCE, NOTIFY, DELETE, TSI, TSR, SK = 33, 34, 35, 36, 39, 40, 41, 42, 44, 45, 46
IKE_SA_INIT, IKE_AUTH, CREATE_CHILD_SA, INFORMATIONAL = 34, 35, 36, 37
INITIATOR, RESPONSE = 0x08, 0x20
NO_ADDITIONAL_SAS, TEMPORARY_FAILURE, REKEY_SA = 35, 43, 16393
CHACHA, SHA256, GROUP, ESP = 28, 5, 31, 3
MARKER = bytes(4)


def chain(payloads):
    """(type, body) of each; answers the first type and the octets."""
    types = [t for t, _ in payloads] + [0]
    return types[0], b"".join(struct.pack("!BBH", types[i + 1], 0, 4 + len(body)) + body
                              for i, (_, body) in enumerate(payloads))


def walk(kind, data):
    out = []
    while kind:
        behind, _, length = struct.unpack_from("!BBH", data)
        out.append((kind, data[4:length]))
        kind, data = behind, data[length:]
    return out


def first(payloads, kind):
    return next((body for t, body in payloads if t == kind), None)


def proposal(protocol, spi, transforms):
    body = b"".join(struct.pack("!BBHBBH", 3 if i + 1 < len(transforms) else 0, 0, 8, kind, 0, ident)
                    for i, (kind, ident) in enumerate(transforms))
    return struct.pack("!BBHBBBB", 0, 0, 8 + len(spi) + len(body), 1, protocol, len(spi),
                       len(transforms)) + spi + body


def notify(kind, protocol=0, spi=b"", data=b""):
    return NOTIFY, struct.pack("!BBH", protocol, len(spi), kind) + spi + data


def notifies(payloads):
    """(type, SPI, data) of each."""
    for kind, body in payloads:
        if kind == NOTIFY:
            _, spi_len, what = struct.unpack_from("!BBH", body)
            yield what, body[4:4 + spi_len], body[4 + spi_len:]


def selector(net):
    address, bits = net.split("/")
    low = int.from_bytes(socket.inet_aton(address), "big")
    high = low | (1 << 32 - int(bits)) - 1
    return struct.pack("!B3xBBHHHII", 1, 7, 0, 16, 0, 65535, low, high)


def cksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class ChildSa:
    """spi_in: what we take in; key_out, key_in: with salt."""

    def __init__(self, spi_in, spi_out, keys, initiator):
        self.spi_in, self.spi_out = spi_in, spi_out
        both = keys[:36], keys[36:]
        self.key_out, self.key_in = both if initiator else both[::-1]
        self.seq = 0


class Peer:
    def __init__(self, port, psk, host="127.0.0.2", pfs=False, esp_cipher=CHACHA):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect((host, port))
        self.psk, self.pfs, self.esp_cipher = psk.encode(), pfs, esp_cipher
        self.asked, self.expected = 0, 0  # message ids: of ours, and of the peer's next request
        self.waits = None                 # for the response to ours: message id, datagram, when again
        self.answer_kept = None
        self.sending, self.receiving = None, {}
        self.replies, self.down, self.asked_for = set(), False, []

    def close(self):
        self.socket.close()

    # ---- messages ---------------------------------------------------------------------------

    def header(self, kind, exchange, flags, msgid, length):
        return (self.spi_i + self.spi_r + struct.pack("!BBBBII", kind, 0x20, exchange,
                                                      flags | INITIATOR, msgid, length))

    def sealed(self, exchange, flags, msgid, payloads):
        kind, inner = chain(payloads)
        text, iv = inner + b"\0", os.urandom(8)
        length = 28 + 4 + 8 + len(text) + 16
        aad = (self.header(SK, exchange, flags, msgid, length)
               + struct.pack("!BBH", kind, 0, length - 28))
        return MARKER + aad + iv + seal(self.sk_ei, iv, aad, text)

    def opened(self, message):
        """Payloads of a message of the peer's, or None."""
        text = unseal(self.sk_er, message[32:40], message[:32], message[40:])
        return None if text is None else walk(message[28], text[:len(text) - 1 - text[-1]])

    def ask(self, exchange, payloads, seconds=5):
        """Answers the payloads of the response; everything else goes on meanwhile."""
        msgid, self.asked = self.asked, self.asked + 1
        request = self.sealed(exchange, 0, msgid, payloads)
        self.waits, self.got = msgid, None
        end = time.monotonic() + seconds
        while self.got is None:
            if time.monotonic() > end:
                raise AssertionError(f"no response to message {msgid}")
            self.socket.send(request)
            again = time.monotonic() + 0.5
            while self.got is None and time.monotonic() < again:
                self.run(0.05)
        return self.got

    # ---- the initial exchanges --------------------------------------------------------------

    def call(self, identity, ts_local, ts_remote):
        self.ts = selector(ts_local), selector(ts_remote)
        self.spi_i, self.spi_r = os.urandom(8), bytes(8)
        secret, nonce = os.urandom(32), os.urandom(32)
        kind, body = chain([
            (SA, proposal(1, b"", [(1, CHACHA), (2, SHA256), (4, GROUP)])),
            (KE, struct.pack("!HH", GROUP, 0) + x25519(secret, BASE_POINT)), (NONCE, nonce)])
        request = self.header(kind, IKE_SA_INIT, 0, 0, 28 + len(body)) + body
        self.socket.send(MARKER + request)
        self.socket.settimeout(5)
        response = self.socket.recv(4096)[4:]
        self.socket.settimeout(None)
        self.spi_r = response[8:16]
        payloads = walk(response[16], response[28:])
        nonce_r = first(payloads, NONCE)
        shared = x25519(secret, first(payloads, KE)[4:])
        self.derive(shared, nonce, nonce_r)
        self.asked = 1
        self.authenticate(identity, request, nonce_r)

    def derive(self, shared, nonce_i, nonce_r):
        keys = prf_plus(prf(nonce_i + nonce_r, shared), nonce_i + nonce_r + self.spi_i + self.spi_r,
                        32 + 36 + 36 + 32 + 32)
        self.sk_d, self.sk_ei, self.sk_er = keys[:32], keys[32:68], keys[68:104]
        self.sk_pi, self.nonces = keys[104:136], nonce_i + nonce_r

    def authenticate(self, identity, request, nonce_r):
        who = struct.pack("!B3x", 2) + identity.encode()
        key = prf(self.psk, b"Key Pad for IKEv2")
        proof = prf(key, request + nonce_r + prf(self.sk_pi, who))
        spi = os.urandom(4)
        payloads = self.ask(IKE_AUTH, [
            (IDI, who), (AUTH, struct.pack("!B3x", 2) + proof),
            (SA, self.esp_proposal(spi, False)), (TSI, self.ts[0]), (TSR, self.ts[1])])
        assert first(payloads, SA), f"no Child SA: {[n[0] for n in notifies(payloads)]}"
        self.sending = self.made(spi, first(payloads, SA)[8:12], prf_plus(self.sk_d, self.nonces, 72),
                                 True)

    # ---- Child SAs --------------------------------------------------------------------------

    def esp_proposal(self, spi, group):
        return proposal(ESP, spi, [(1, self.esp_cipher), *([(4, GROUP)] if group else []), (5, 0)])

    def made(self, spi_in, spi_out, keys, initiator):
        child = ChildSa(spi_in, spi_out, keys, initiator)
        self.receiving[spi_in] = child
        return child

    def child_keys(self, secret, ke, nonce_i, nonce_r):
        shared = x25519(secret, ke[4:]) if ke else b""
        return prf_plus(self.sk_d, shared + nonce_i + nonce_r, 72)

    def rekey_child(self):
        """One in the place of that by which we send, and the Delete of the old one. Answers the errors; with any, the peer is
        of those that have nothing from then on: the old one was at its end."""
        old, spi, nonce, secret = self.sending, os.urandom(4), os.urandom(32), os.urandom(32)
        ke = [(KE, struct.pack("!HH", GROUP, 0) + x25519(secret, BASE_POINT))] if self.pfs else []
        payloads = self.ask(CREATE_CHILD_SA, [
            notify(REKEY_SA, ESP, old.spi_in), (SA, self.esp_proposal(spi, self.pfs)), (NONCE, nonce),
            *ke, (TSI, self.ts[0]), (TSR, self.ts[1])])
        errors = [what for what, _, _ in notifies(payloads) if what < 16384]
        if errors:
            self.sending = None
            return errors
        keys = self.child_keys(secret, first(payloads, KE), nonce, first(payloads, NONCE))
        self.sending = self.made(spi, first(payloads, SA)[8:12], keys, True)
        self.delete_child(old)
        return []

    def delete_child(self, child):
        self.ask(INFORMATIONAL, [(DELETE, struct.pack("!BBH", ESP, 4, 1) + child.spi_in)])
        self.receiving.pop(child.spi_in, None)

    # ---- what comes -------------------------------------------------------------------------

    def run(self, seconds):
        """Takes what comes for so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if select.select([self.socket], [], [], left)[0]:
                with contextlib.suppress(ConnectionRefusedError):
                    self.take(self.socket.recv(65535))

    def take(self, data):
        if data[:4] != MARKER:
            self.take_esp(data)
            return
        message = data[4:]
        exchange, flags, msgid = struct.unpack_from("!BBI", message, 18)
        payloads = self.opened(message)
        if payloads is None:
            return
        if flags & RESPONSE:
            if msgid == self.waits:
                self.waits, self.got = None, payloads
        elif msgid == self.expected:
            self.expected += 1
            self.answer_kept = self.sealed(exchange, RESPONSE, msgid, self.answer(exchange, payloads))
            self.socket.send(self.answer_kept)
        elif msgid == self.expected - 1:
            self.socket.send(self.answer_kept)

    def answer(self, exchange, payloads):
        if exchange == CREATE_CHILD_SA:
            return self.answer_create(payloads)
        deletes = [body for kind, body in payloads if kind == DELETE]
        self.asked_for.append("delete" if deletes else "check")
        if any(body[0] == 1 for body in deletes):
            self.down = True
            return []
        spis = [body[i:i + 4] for body in deletes for i in range(4, len(body), 4)]
        pairs = [c for c in self.receiving.values() if c.spi_out in spis]
        for child in pairs:
            self.receiving.pop(child.spi_in)
        return [(DELETE, struct.pack("!BBH", ESP, 4, len(pairs)) + b"".join(
            c.spi_in for c in pairs))] if pairs else []

    def answer_create(self, payloads):
        """A Child SA is rekeyed, but not while we ask for that ourselves; anything else, the IKE SA too, is refused."""
        named = [spi for what, spi, _ in notifies(payloads) if what == REKEY_SA]
        old = [c for c in self.receiving.values() if c.spi_out in named]
        self.asked_for.append("rekey child" if old else "other")
        if not old:
            return [notify(NO_ADDITIONAL_SAS)]
        if self.waits is not None:
            return [notify(TEMPORARY_FAILURE)]
        spi, nonce, secret = os.urandom(4), os.urandom(32), os.urandom(32)
        ke = first(payloads, KE)
        keys = self.child_keys(secret, ke, first(payloads, NONCE), nonce)
        self.sending = self.made(spi, first(payloads, SA)[8:12], keys, False)
        return [(SA, self.esp_proposal(spi, ke)), (NONCE, nonce),
                *([(KE, struct.pack("!HH", GROUP, 0) + x25519(secret, BASE_POINT))] if ke else []),
                (TSI, first(payloads, TSI)), (TSR, first(payloads, TSR))]

    # ---- ESP --------------------------------------------------------------------------------

    def echo(self, number, source="10.1.0.1", target="10.2.0.1"):
        """Sends an echo request; nothing if there is no Child SA."""
        child = self.sending
        if child is None:
            return
        icmp = struct.pack("!BBHHH", 8, 0, 0, 1, number) + b"sixteen octets.."
        icmp = icmp[:2] + struct.pack("!H", cksum(icmp)) + icmp[4:]
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(icmp), number, 0, 64, 1, 0,
                         socket.inet_aton(source), socket.inet_aton(target))
        packet = ip[:10] + struct.pack("!H", cksum(ip)) + ip[12:] + icmp
        pad = -(len(packet) + 2) % 4
        child.seq += 1
        head, iv = child.spi_out + struct.pack("!I", child.seq), os.urandom(8)
        text = packet + bytes(range(1, pad + 1)) + bytes([pad, 4])
        self.socket.send(head + iv + seal(child.key_out, iv, head, text))

    def take_esp(self, data):
        child = self.receiving.get(data[:4])
        text = child and unseal(child.key_in, data[8:16], data[:8], data[16:])
        if text:
            packet = text[:len(text) - 2 - text[-2]]
            if packet[20] == 0:
                self.replies.add(struct.unpack_from("!H", packet, 26)[0])
