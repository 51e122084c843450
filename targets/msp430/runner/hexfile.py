# SPDX-License-Identifier: MIT
"""Memory images as files that programmers read: Intel HEX and TI-TXT. Segments are (address, octets), in order."""

import contextlib
import os
import struct

LINE = 16
HEADER = struct.Struct("<16sHHIIIIIHHHHHH")
PROGRAM = struct.Struct("<IIIIIIII")
LOAD = 1


def of_elf(data):
    """What an ELF image puts into memory; neighbours are joined."""
    if len(data) < HEADER.size or data[:4] != b"\x7fELF":
        raise ValueError("not an ELF image")
    fields = HEADER.unpack_from(data)
    table, size, count = fields[5], fields[9], fields[10]
    found = []
    for i in range(count):
        kind, at, _, address, length, *_ = PROGRAM.unpack_from(data, table + i * size)
        if kind == LOAD and length:
            found.append((address, data[at:at + length]))
    joined = []
    for address, octets in sorted(found):
        if joined and joined[-1][0] + len(joined[-1][1]) == address:
            joined[-1] = (joined[-1][0], joined[-1][1] + octets)
        else:
            joined.append((address, octets))
    return joined


def intel(segments):
    """Intel HEX: records of 16 octets, addresses of 16 bits."""
    def record(kind, address, octets):
        body = bytes([len(octets)]) + address.to_bytes(2, "big") + bytes([kind]) + octets
        return f":{(body + bytes([-sum(body) & 0xff])).hex().upper()}\n"

    lines = [record(0, address + at, octets[at:at + LINE])
             for address, octets in segments for at in range(0, len(octets), LINE)]
    return "".join(lines) + record(1, 0, b"")


def ti_txt(segments):
    lines = []
    for address, octets in segments:
        lines.append(f"@{address:04X}")
        lines += [octets[at:at + LINE].hex(" ").upper() for at in range(0, len(octets), LINE)]
    return "\n".join(lines + ["q", ""])


FORMATS = {".hex": intel, ".txt": ti_txt}


def _of_nobody_else(path, flags):
    """A new file, whoever has the old one open."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    return os.open(path, flags | os.O_EXCL, 0o600)


def write(path, segments, secret=False):
    """By the ending of the name: .hex or .txt. secret: only its owner can ever read it."""
    ending = path[path.rfind("."):]
    if ending not in FORMATS:
        raise ValueError(f"{path}: the name ends neither in .hex (Intel HEX) nor in .txt (TI-TXT)")
    text = FORMATS[ending](segments)
    with open(path, "w", encoding="ascii", opener=_of_nobody_else if secret else None) as file:
        file.write(text)
