# SPDX-License-Identifier: MIT
"""Symbols of a 32-bit little-endian ELF image."""

import struct

HEADER = struct.Struct("<16sHHIIIIIHHHHHH")
SECTION = struct.Struct("<IIIIIIIIII")
SYMBOL = struct.Struct("<IIIBBH")
SYMTAB = 2


class NotAnImage(Exception):
    """The file is no ELF image that this reads. The text says why."""


def symbols(data):
    """Names to addresses; of local names that occur twice, the last."""
    if len(data) < HEADER.size or data[:6] != b"\x7fELF\x01\x01":
        raise NotAnImage("no 32-bit little-endian ELF file")
    fields = HEADER.unpack_from(data)
    table_at, size, count = fields[6], fields[11], fields[12]
    try:
        sections = [SECTION.unpack_from(data, table_at + i * size) for i in range(count)]
        return dict(pair for section in sections if section[1] == SYMTAB
                    for pair in of_section(data, section, sections))
    except (struct.error, IndexError, ValueError) as cut:
        raise NotAnImage("the file is cut") from cut


def of_section(data, section, sections):
    _, _, _, _, at, size, link, *_ = section
    names_at = sections[link][4]
    for i in range(at, at + size, SYMBOL.size):
        name_at, value, _, _, _, index = SYMBOL.unpack_from(data, i)
        begin = names_at + name_at
        name = data[begin:data.index(0, begin)].decode("ascii", "replace")
        if name and index:
            yield name, value


def section(data, name):
    """(address, octets) of the section of that name."""
    fields = HEADER.unpack_from(data)
    table_at, size, count, names = fields[6], *fields[11:14]
    sections = [SECTION.unpack_from(data, table_at + i * size) for i in range(count)]
    for name_at, _, _, address, at, length, *_ in sections:
        begin = sections[names][4] + name_at
        if data[begin:data.index(0, begin)] == name.encode():
            return address, data[at:at + length]
    raise NotAnImage(f"no section {name}")


def load(path):
    with open(path, "rb") as file:
        return symbols(file.read())
