# SPDX-License-Identifier: MIT
"""A link: a pair of SAs between ikeletd and the guest's kernel, with addresses of its own, in the words of both."""

import ipaddress
import os
import re

from ends import US_MAC

# Of ours: octets of key with salt; of the kernel: its algorithm, and for an AEAD the bits of its ICV.
CIPHERS = {"null": (0, "enc ecb(cipher_null)"), "aes128": (16, "enc cbc(aes)"), "aes192": (24, "enc cbc(aes)"),
           "aes256": (32, "enc cbc(aes)"), "aes128ctr": (20, "enc rfc3686(ctr(aes))"), "aes256ctr": (36, "enc rfc3686(ctr(aes))"),
           "aes128ccm8": (19, "aead rfc4309(ccm(aes)) 64"), "aes128ccm12": (19, "aead rfc4309(ccm(aes)) 96"),
           "aes256ccm16": (35, "aead rfc4309(ccm(aes)) 128"), "aes128gcm8": (20, "aead rfc4106(gcm(aes)) 64"),
           "aes192gcm12": (28, "aead rfc4106(gcm(aes)) 96"), "aes128gcm16": (20, "aead rfc4106(gcm(aes)) 128"),
           "aes256gcm16": (36, "aead rfc4106(gcm(aes)) 128"), "aes128gmac": (20, "aead rfc4543(gcm(aes)) 128"),
           "aes256gmac": (36, "aead rfc4543(gcm(aes)) 128"),
           "chacha20poly1305": (36, "aead rfc7539esp(chacha20,poly1305) 128")}
INTEGRITY = {"sha1": (20, "hmac(sha1) 96"), "sha256": (32, "hmac(sha256) 128"), "sha384": (48, "hmac(sha384) 192"),
             "sha512": (64, "hmac(sha512) 256"), "aesxcbc": (16, "xcbc(aes) 96"), "aescmac": (16, "cmac(aes) 96")}
# What both have. Those of implicit IVs (RFC 8750) the kernel has not.
SUITES = ("aes128-sha256 aes128-sha1 aes192-sha384 aes256-sha512 aes128-aesxcbc aes256-aescmac aes128ctr-sha256 aes256ctr-sha512 "
          "null-sha256 null-aescmac aes128gcm8 aes192gcm12 aes128gcm16 aes256gcm16 aes128ccm8 aes128ccm12 aes256ccm16 "
          "chacha20poly1305 aes128gmac aes256gmac").split()


def hexed(key):
    return "0x" + key.hex() if key else '""'


class Link:
    """us, them: outer addresses; our_end, their_end: those of packets that it takes. esn, encap, transport, ah: as they say
    (of AH, suite is an integrity algorithm). begin: numbers go on behind it, on both sides and in both directions."""

    numbers = 0

    def __init__(self, suite, outer=4, inner=None, transport=False, esn=False, encap=False, begin=0, ah=False):
        Link.numbers += 1
        self.number, self.suite, self.transport, self.esn, self.encap = Link.numbers, suite, transport, esn, encap
        self.begin, self.ah = begin, ah
        self.us, self.them = self.pair(outer, "9")
        self.spi_us, self.spi_them = 0x10000 + self.number, 0x20000 + self.number  # of what comes to us, to them
        self.keys = [os.urandom(CIPHERS[self.cipher][0] if self.cipher else 0) for _ in range(2)]  # to us, to them
        self.integrity_keys = [os.urandom(INTEGRITY[self.integrity][0] if self.integrity else 0) for _ in range(2)]
        inner = inner or outer
        self.our_end, self.their_end = (self.us, self.them) if transport else self.inside(inner)
        self.name = f"{self.number}-{'ah-' * ah}{suite}-{'transport' if transport else 'tunnel'}-{inner}in{outer}"

    @property
    def cipher(self):
        return None if self.ah else self.suite.split("-")[0]

    @property
    def integrity(self):
        return self.suite if self.ah else (self.suite.split("-") + [None])[1]

    @property
    def v6(self):
        return ":" in self.us

    @property
    def protocol(self):
        return "ah" if self.ah else "esp"

    def pair(self, family, net):
        if family == 4:
            return f"10.{net}.{self.number}.1", f"10.{net}.{self.number}.2"
        return f"fd00:{net}:{self.number:x}::1", f"fd00:{net}:{self.number:x}::2"

    def inside(self, family):
        return self.pair(family, "1")[0], self.pair(family, "2")[0]

    @staticmethod
    def net(address):
        return str(ipaddress.ip_network(f"{address}/{64 if ':' in address else 24}", strict=False))

    # ---- ours ----------------------------------------------------------------------------------

    @property
    def section(self):
        """Of ikeletd.conf."""
        esn = "-esn" if self.esn else ""
        selectors = "" if self.transport else \
            f'  local_ts = "{self.net(self.our_end)}"\n  remote_ts = "{self.net(self.their_end)}"\n'
        which = "ah" if self.ah else "esp"
        return (f'manual "{self.name}" {{\n  local = "{self.us}"\n  remote = "{self.them}"\n{selectors}'
                f'  {which} = "{self.suite}{esn}"\n  mode = {"transport" if self.transport else "tunnel"}\n'
                f'  encap = {"yes" if self.encap else "no"}\n  fresh = yes\n  sent = {self.begin}\n  received = {self.begin}\n'
                f'  spi_in = 0x{self.spi_us:x}\n  spi_out = 0x{self.spi_them:x}\n}}\n')

    @property
    def secrets(self):
        return "".join(f"keyid:{self.name}/{way}: 0x{(key + integrity).hex()}\n"
                       for way, key, integrity in zip(("in", "out"), self.keys, self.integrity_keys))

    # ---- the kernel's --------------------------------------------------------------------------

    def algorithms(self, way):
        words = ""
        if self.cipher:
            kind, name, *bits = CIPHERS[self.cipher][1].split()
            words = f"{kind} {name} {hexed(self.keys[way])} {' '.join(bits)}"
        if self.integrity:
            name, bits = INTEGRITY[self.integrity][1].split()
            words += f" auth-trunc {name} {hexed(self.integrity_keys[way])} {bits}"
        return words

    def state(self, way):
        """way 0: to us, 1: to them."""
        source, destination = (self.them, self.us) if way == 0 else (self.us, self.them)
        spi = self.spi_us if way == 0 else self.spi_them
        low, high = self.begin & 0xffffffff, self.begin >> 32
        hi = f"replay-seq-hi {high} replay-oseq-hi {high} " if self.esn else ""
        numbers = f"replay-seq {low} replay-oseq {low} {hi}" if self.begin else ""
        # RFC 4302 3.3.3.2.1: IPv4 pads AH to 32 bits; Linux to 64 unless it is told.
        flags = ["align4"] * (self.ah and not self.v6) + ["esn"] * self.esn + ["af-unspec"] * (self.v6 != (":" in self.our_end))
        return (f"xfrm state add src {source} dst {destination} proto {self.protocol} spi 0x{spi:x} reqid {self.number} "
                f"mode {'transport' if self.transport else 'tunnel'} replay-window 32 {numbers}"
                f"{'flag ' + ' '.join(flags) + ' ' if flags else ''}{self.algorithms(way)}"
                f"{' encap espinudp 4500 4500 ' + ('::' if self.v6 else '0.0.0.0') if self.encap else ''}")

    def policy(self, direction):
        out = direction == "out"
        source, destination = (self.their_end, self.our_end) if out else (self.our_end, self.their_end)
        if not self.transport:
            source, destination = self.net(source), self.net(destination)
        between = f"src {self.them} dst {self.us}" if out else f"src {self.us} dst {self.them}"
        return (f"xfrm policy add src {source} dst {destination} dir {direction} tmpl {between} proto {self.protocol} reqid {self.number} "
                f"mode {'transport' if self.transport else 'tunnel'}")

    @property
    def batch(self):
        """For ip -batch."""
        directions = ("out", "in") if self.transport else ("out", "in", "fwd")
        return [f"addr add {self.them}/{32 if self.v6 else 16} dev eth0{' nodad' if self.v6 else ''}",
                f"neigh add {self.us} lladdr {US_MAC} dev eth0",
                self.state(0), self.state(1), *map(self.policy, directions)]


def counters(text):
    """/proc/net/xfrm_stat as numbers by name."""
    return {name: int(value) for name, value in re.findall(r"(\w+)\s+(\d+)", text)}
