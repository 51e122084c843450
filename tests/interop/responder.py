# SPDX-License-Identifier: MIT
"""Stories in which ikelet is the responder: to charon, and to itself, where ESP needs no UDP."""

import contextlib
import os
import socket

from ike import (COOKIE, IKE_AUTH, IKE_SA_INIT, INFORMATIONAL, INVALID_KE_PAYLOAD,
                 lone_init_request)
from process import Failed, command, wait_until
from stage import V4, check
from stories import ESP, IKE, expect_replies, ping_options


def respond_options(outer=V4, inner=V4, ike=IKE, esp=ESP, **changes):
    """Options of `ikelet respond` in the gateway's place."""
    options = {
        "local": outer.gateway, "ike": ike, "esp": esp,
        "id": "@gw.example.org", "remote_id": "@client.example.org",
        "ts_local": inner.gateway_net, "ts_remote": inner.client_net, "timeout": 5,
    }
    return {**options, **changes}


def begin(stage, name="responder", **options):
    """ikelet as responder, once it listens."""
    ikelet = stage.ikelet(stage.gateway, name)
    ikelet.start("respond", **respond_options(**options))
    wait_until("ikelet respond is ready", 5, lambda: ready(ikelet))
    return ikelet


def ready(ikelet):
    if not ikelet.process.running:
        raise Failed("ikelet respond ended at once")
    return "\nready\n" in ikelet.process.stdout


def pinged(stage, inner=V4, count=2):
    command(*stage.client.inside("ping", "-c", str(count), "-i", "0.05", "-W", "3",
                                 "-I", inner.client_inner, inner.gateway_inner))


def expect_end(ikelet):
    """It was told how many echoes to answer, and the peer has deleted its SAs."""
    check(ikelet.process.wait(5) == 0, "ikelet respond: exit status is not 0")


def answers(ike=IKE, esp=ESP, outer=V4, inner=V4, **changes):
    """charon sets up the SAs, its kernel pings, charon deletes."""
    def story(stage):
        ikelet = begin(stage, ike=ike, esp=esp, outer=outer, inner=inner, count=2, **changes)
        client = stage.start_client(ike, esp, outer, inner)
        client.initiate()
        pinged(stage, inner)
        check(len(stage.wire.esp()) >= 4, "no ESP on the wire")
        client.terminate()
        expect_end(ikelet)
    return story


def refused(pattern, client=None, **changes):
    """charon's attempt fails as it should; ikelet stays and says nothing of which was wrong."""
    def story(stage):
        ikelet = begin(stage, **changes)
        peer = stage.start_client(**{"ike": IKE, "esp": ESP, **(client or {})})
        try:
            peer.initiate()
        except Failed:
            peer.wait_for_log(pattern)
        else:
            raise Failed("charon initiated, and was not refused")
        check(ikelet.process.running, "ikelet respond ended")
    return story


def invalid_ke(stage):
    """charon guesses X25519, ikelet has P-256 only."""
    ikelet = begin(stage, ike="aes128-sha256-ecp256", count=2)
    client = stage.start_client("aes128-sha256-x25519-ecp256", ESP)
    client.initiate()
    pinged(stage)
    client.terminate()
    expect_end(ikelet)
    first = stage.wire.ike(IKE_SA_INIT, True)[0]
    check(INVALID_KE_PAYLOAD in first.ike.notifies, "no INVALID_KE_PAYLOAD")


def liveness_answered(stage):
    begin(stage)
    client = stage.start_client(IKE, ESP, changes={"dpd_delay": "1s"})
    client.initiate()
    client.wait_for_log(r"parsed INFORMATIONAL response \d+ \[ \]")


def interrupted(stage):
    """SIGINT: ikelet deletes the SAs that it holds."""
    ikelet = begin(stage)
    client = stage.start_client(IKE, ESP)
    client.initiate()
    pinged(stage)
    os.kill(ikelet.process.child.pid, 2)
    client.wait_for_log(r"received DELETE for IKE_SA")
    client.wait_until_gone()
    check(ikelet.process.wait(5) == 0, "ikelet respond: exit status is not 0")


def lossy(stage):
    """What charon sends again is answered from the kept bytes."""
    ikelet = begin(stage, count=2)
    client = stage.start_client(IKE, ESP)
    client.initiate()
    pinged(stage)
    client.terminate()
    expect_end(ikelet)
    for frame in stage.wire.lost:
        again = stage.wire.ike(frame.ike.exchange, frame.ike.response)
        check(again and again[0].ike.data == frame.ike.data, "an answer differs from the first")
    check({(f.ike.exchange, f.ike.response) for f in stage.wire.lost}
          == {(IKE_SA_INIT, True), (IKE_AUTH, True)}, "not both answers were lost")


def no_oracle(stage):
    """A wrong key and an unknown identity get the same answer, to the length."""
    ikelet = begin(stage)
    lengths = []
    for number, wrong in enumerate(({"psk": "not that key"}, {"client_id": "@who.example.org"})):
        client = stage.start_client(IKE, ESP, name=f"client{number}", **wrong)
        with contextlib.suppress(Failed):
            client.initiate()
        client.wait_for_log(r"received AUTHENTICATION_FAILED")
        client.stop()
        lengths.append([f.ike.length for f in stage.wire.ike(IKE_AUTH, True)])
        stage.wire.frames.clear()
    check(len(lengths[0]) == 1 and lengths[0] == lengths[1], f"answers of {lengths} octets")
    check(ikelet.process.running, "ikelet respond ended")


def cookies(stage):
    """Many SAs are half open: charon is asked for a cookie, and gives it (RFC 7296 2.6)."""
    ikelet = begin(stage, count=2)
    with stage.client.entered():
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with s:
        for _ in range(12):
            s.sendto(lone_init_request(), (V4.gateway, 500))
    wait_until("ikelet asks for cookies", 5, lambda: notified(stage, True, COOKIE))
    client = stage.start_client(IKE, ESP)
    client.initiate()
    pinged(stage)
    client.terminate()
    expect_end(ikelet)
    check(notified(stage, False, COOKIE), "charon gave no cookie")


def notified(stage, response, kind):
    return any(kind in f.ike.notifies for f in stage.wire.ike(IKE_SA_INIT, response))


def two_peers(stage):
    """charon and an ikelet by one port, at once."""
    begin(stage, remote_id=None)
    client = stage.start_client(IKE, ESP, changes={
        "children": {"k": {"local_ts": "10.1.0.1/32"}}})
    client.initiate()
    second = stage.ikelet()
    status = second.run("ping", **ping_options(
        id="@second.example.org", ts_local="10.1.0.2/32", from_="10.1.0.2", port=4500, natt=True))
    check(status == 0 and second.replies == 2, "the second has no answer")
    pinged(stage)
    client.terminate()


def pair(mode="tunnel", outer=V4, inner=V4, natt=None, **changes):
    """ikelet with ikelet over a real network: ESP is protocol 50 unless natt puts it in UDP."""
    def story(stage):
        transport = mode == "transport"
        selectors = {"ts_local": None, "ts_remote": None} if transport else {}
        server = begin(stage, outer=outer, inner=inner, mode=mode, natt=natt, count=2,
                       **selectors, **changes)
        client = stage.ikelet()
        ends = {"from_": None, "to": None} if transport else {}
        status = client.run("ping", **ping_options(outer, inner, mode=mode, natt=natt,
                                                   **selectors, **ends, **changes))
        expect_replies(stage, client, status, outer=outer)
        expect_end(server)
        ports = {f.port for f in stage.wire.esp()}
        check(ports == ({4500} if natt else {None}), f"ESP by ports {ports}")
        check(stage.wire.ike(INFORMATIONAL, True), "the Delete was not answered")
    return story
