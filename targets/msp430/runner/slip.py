# SPDX-License-Identifier: MIT
"""SLIP (RFC 1055), in which packets lie on the UART."""

END, ESC, ESC_END, ESC_ESC = 0xc0, 0xdb, 0xdc, 0xdd


def framed(packet):
    """What goes onto the line."""
    escaped = packet.replace(bytes([ESC]), bytes([ESC, ESC_ESC])).replace(bytes([END]), bytes([ESC, ESC_END]))
    return bytes([END]) + escaped + bytes([END])


def packets(octets):
    """(whole packets, what is left of the line's octets)"""
    *frames, rest = octets.split(bytes([END]))
    plain = [frame.replace(bytes([ESC, ESC_END]), bytes([END])).replace(bytes([ESC, ESC_ESC]), bytes([ESC]))
             for frame in frames if frame]
    return plain, rest
