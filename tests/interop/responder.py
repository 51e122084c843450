# SPDX-License-Identifier: MIT
"""Stories in which ikelet is the responder: to charon, and to itself, where ESP needs no UDP."""

import os

from ike import IKE_AUTH, IKE_SA_INIT, INFORMATIONAL, INVALID_KE_PAYLOAD
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


def begin(stage, **options):
    """ikelet as responder, once it listens."""
    ikelet = stage.ikelet(stage.gateway, "responder")
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
