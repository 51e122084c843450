# SPDX-License-Identifier: MIT
"""Stories of IKE messages in fragments (RFC 7383): ikelet and charon cut by the same size, or by another."""

import struct

from ike import FRAGMENTATION_SUPPORTED, IKE_AUTH, IKE_SA_INIT, SKF
from responder import begin, expect_end, pinged
from stage import V4, check
from stories import ESP, IKE, expect_clean_end, expect_replies, ping_options

# An IKE_AUTH request with these is some 1,100 octets.
MANY = ",".join(f"{a}-{b}-{c}-sha256-sha384-sha512" for a, b, c in (
    ("aes128", "aes192", "aes256"), ("aes256", "aes192", "aes128"), ("aes128ctr", "aes192ctr", "aes256ctr"),
    ("aes256ctr", "aes192ctr", "aes128ctr"), ("aes192", "aes128", "aes256"), ("aes192", "aes256", "aes128"),
    ("aes128", "aes256", "aes192"), ("aes256", "aes128", "aes192")))


def fragments(stage, source, exchange=IKE_AUTH):
    """(number, total) of those that source sent, and the octets of the largest IP datagram."""
    seen = [f for f in stage.wire.ike(exchange, None, source) if f.ike.payloads and f.ike.payloads[0][0] == SKF]
    numbers = [struct.unpack_from("!HH", f.ike.payloads[0][1]) for f in seen]
    return numbers, max((len(f.data) - 14 for f in seen), default=0)


def expect_fragments(stage, source, size, least=2):
    numbers, largest = fragments(stage, source)
    check(len(numbers) >= least, f"{source} sent {len(numbers)} fragments of IKE_AUTH, not {least} or more")
    check({n for n, total in numbers if total == numbers[-1][1]} == set(range(1, numbers[-1][1] + 1)),
          f"{source} sent these fragments: {numbers}")
    check(largest <= size, f"{source} sent a fragment of {largest} octets, above {size}")


def sizes(size):
    """What charon is told."""
    return {"fragment_size": str(size)}


def pinging(size, ike=IKE, outer=V4, least=2, answer=False, **changes):
    """ikelet cuts; and charon, if its answer is large enough for that."""
    def story(stage):
        charon = stage.start_gateway(ike, "aes128-sha256", outer, daemon=sizes(size))
        ikelet = stage.ikelet()
        status = ikelet.run("ping", **ping_options(outer, ike=ike, esp=MANY, fragment=size, **changes))
        expect_replies(stage, ikelet, status, 2, outer)
        expect_clean_end(charon)
        expect_fragments(stage, outer.client, size, least)
        if answer:
            expect_fragments(stage, outer.gateway, size)
    return story


def answering(size, answer=False):
    """charon cuts; and ikelet."""
    def story(stage):
        ikelet = begin(stage, fragment=size, esp="aes128-sha256", count=2)
        client = stage.start_client(IKE, MANY, daemon=sizes(size))
        client.initiate()
        pinged(stage)
        client.terminate()
        expect_end(ikelet)
        expect_fragments(stage, V4.client, size)
        if answer:
            expect_fragments(stage, V4.gateway, size)
    return story


def never(stage):
    """With 0 it says nothing of fragments, and charon sends none."""
    stage.start_gateway(IKE, ESP, daemon=sizes(256))
    ikelet = stage.ikelet()
    expect_replies(stage, ikelet, ikelet.run("ping", **ping_options(fragment=0)))
    said = [n for f in stage.wire.ike(IKE_SA_INIT, False) for n in f.ike.notifies]
    check(said and FRAGMENTATION_SUPPORTED not in said, "ikelet says that it takes fragments")
    check(not fragments(stage, V4.client)[0] and not fragments(stage, V4.gateway)[0], "there are fragments")


def second_of_each():
    """Loses fragment 2 of each direction once."""
    lost = set()

    def drop(frame):
        if not frame.ike or not frame.ike.payloads or frame.ike.payloads[0][0] != SKF:
            return False
        number, = struct.unpack_from("!H", frame.ike.payloads[0][1])
        if number != 2 or frame.ike.response in lost:
            return False
        lost.add(frame.ike.response)
        return True
    return drop


def above(octets):
    """Loses what is larger: a path that nobody knows the MTU of."""
    def drop(frame):
        return bool(frame.ike) and len(frame.data) - 14 > octets
    return drop


def narrow(stage):
    """charon answers nothing of 1280 octets, for the path loses them: ikelet goes on with 576."""
    charon = stage.start_gateway(IKE, "aes128-sha256")
    ikelet = stage.ikelet()
    status = ikelet.run("ping", **ping_options(esp=MANY, timeout=20), seconds=40)
    expect_replies(stage, ikelet, status)
    expect_clean_end(charon)
    expect_fragments(stage, V4.client, 576)
