# SPDX-License-Identifier: MIT
"""What is played on a stage: each story takes it, and raises Failed if it ends otherwise."""

import os
import re
import socket

import tshark
from ike import (COOKIE, IKE_AUTH, IKE_SA_INIT, INFORMATIONAL, INVALID_KE_PAYLOAD,
                 NO_PROPOSAL_CHOSEN, lone_init_request)
from process import Failed, command, wait_until
from stage import V4, V6, check

IKE, ESP = "aes128-sha256-x25519", "aes128gcm16"
X25519, P256 = 31, 19


def ping_options(outer=V4, inner=V4, ike=IKE, esp=ESP, **changes):
    """Options of `ikelet ping` from the client to the gateway."""
    options = {
        "local": outer.client, "peer": outer.gateway, "ike": ike, "esp": esp,
        "id": "@client.example.org", "remote_id": "@gw.example.org",
        "ts_local": inner.client_net, "ts_remote": inner.gateway_net,
        "from_": inner.client_inner, "to": inner.gateway_inner,
        "count": 2, "interval": 0.05, "timeout": 5,
    }
    return {**options, **changes}


def expect_replies(stage, ikelet, status, count=2, outer=V4):
    """The pings came back, through ESP and never in clear."""
    check(status == 0, f"ikelet ping: exit status {status}, not 0")
    check(ikelet.replies == count, f"{ikelet.replies} replies printed, not {count}")
    for who, source in (("ikelet", outer.client), ("charon", outer.gateway)):
        sent = len(stage.wire.esp(source))
        check(sent >= count, f"{sent} ESP packets from {who} on the wire, not {count} or more")
    check(not any(f.icmp_echo for f in stage.wire.frames), "an echo went over the wire in clear")


def expect_error(ikelet, status, text):
    """Exit status 1 and one line for people that holds text."""
    check(status == 1, f"ikelet ping: exit status {status}, not 1")
    lines = ikelet.process.stderr.strip().splitlines()
    check(len(lines) == 1, f"{len(lines)} lines on stderr, not one")
    check(text in lines[0], f"stderr says {lines[0]!r}, not {text!r}")
    check(ikelet.replies == 0, "a reply was printed")


def expect_clean_end(charon):
    """ikelet's Delete was understood: charon holds nothing any more."""
    charon.wait_for_log(r"received DELETE for IKE_SA")
    charon.wait_until_gone()


def ping(ike=IKE, esp=ESP, outer=V4, inner=V4, gateway=None, **changes):
    """The plain story: one suite each, two pings, and down again."""
    def story(stage):
        charon = stage.start_gateway(ike, esp, outer, inner, **(gateway or {}))
        ikelet = stage.ikelet()
        status = ikelet.run("ping", **ping_options(outer, inner, ike, esp, **changes))
        expect_replies(stage, ikelet, status, 2, outer)
        expect_clean_end(charon)
    return story


def identity(ours, theirs):
    """ours: the client's identity as ikelet writes it; theirs: as charon does."""
    return ping(gateway={"client_id": theirs}, id=ours)


def charon_with_charon(outer=V4, inner=V4):
    """The harness proves itself: the same stage with a peer that is known to work."""
    def story(stage):
        gateway = stage.start_gateway(IKE, ESP, outer, inner)
        client = stage.start_client(IKE, ESP, outer, inner)
        client.initiate()
        command(*stage.client.inside("ping", "-c", "2", "-i", "0.05", "-W", "3", "-I",
                                     inner.client_inner, inner.gateway_inner))
        check("AES_CBC-128/HMAC_SHA2_256_128" in gateway.sas, "the IKE suite is not listed")
        check(len(stage.wire.esp()) >= 4, "no ESP on the wire")
        check(not any(f.icmp_echo for f in stage.wire.frames), "an echo in clear")
        client.terminate()
        expect_clean_end(gateway)
    return story


def legacy_mini(stage):
    """The exact suite of the minimal initiator that the project grew from."""
    charon = stage.start_gateway("aes128-sha1-modp1024", "aes128-sha1")
    ikelet = stage.ikelet()
    options = ping_options(ike=None, esp=None, legacy_mini=True)
    expect_replies(stage, ikelet, ikelet.run("ping", **options))
    expect_clean_end(charon)


def wrong_psk(stage):
    charon = stage.start_gateway(IKE, ESP)
    ikelet = stage.ikelet(psk="not that key")
    expect_error(ikelet, ikelet.run("ping", **ping_options()), "authentication failed")
    charon.wait_for_log(r"MAC mismatched|AUTH_FAILED")
    charon.wait_until_gone()


def unknown_identity(stage):
    charon = stage.start_gateway(IKE, ESP)
    ikelet = stage.ikelet()
    status = ikelet.run("ping", **ping_options(id="@stranger.example.org"))
    expect_error(ikelet, status, "authentication failed")
    charon.wait_for_log(r"no matching peer config found")
    charon.wait_until_gone()


def wrong_gateway_identity(stage):
    """The peer has the key but is not who we want: refused by charon (it has no such IDr)."""
    charon = stage.start_gateway(IKE, ESP)
    ikelet = stage.ikelet()
    status = ikelet.run("ping", **ping_options(remote_id="@other.example.org"))
    expect_error(ikelet, status, "authentication failed")
    charon.wait_until_gone()


def ike_proposal_mismatch(stage):
    """NO_PROPOSAL_CHOSEN in IKE_SA_INIT proves nothing about who sent it (RFC 7296 2.21.1): ikelet
    may try on for a while, but says it at the end."""
    stage.start_gateway("aes256-sha512-ecp384", ESP)
    ikelet = stage.ikelet()
    status = ikelet.run("ping", **ping_options(timeout=3))
    expect_error(ikelet, status, "no proposal chosen")
    check(any(NO_PROPOSAL_CHOSEN in f.ike.notifies for f in stage.wire.ike(IKE_SA_INIT, True)),
          "no NO_PROPOSAL_CHOSEN on the wire")


def esp_proposal_mismatch(stage):
    """The IKE SA comes up, its Child SA is refused; ikelet leaves no IKE SA behind."""
    charon = stage.start_gateway(IKE, "aes256-sha512")
    ikelet = stage.ikelet()
    expect_error(ikelet, ikelet.run("ping", **ping_options()), "no proposal chosen")
    expect_clean_end(charon)


def selectors_unacceptable(stage):
    charon = stage.start_gateway(IKE, ESP)
    ikelet = stage.ikelet()
    options = ping_options(ts_remote="10.77.0.0/24", to="10.77.0.1")
    expect_error(ikelet, ikelet.run("ping", **options), "traffic selectors")
    expect_clean_end(charon)


def no_answer(stage):
    """Nobody listens there."""
    ikelet = stage.ikelet()
    expect_error(ikelet, ikelet.run("ping", **ping_options(timeout=2)), "no answer")
    check(stage.wire.ike(IKE_SA_INIT), "nothing was sent")


def cannot_bind(stage):
    """Somebody else has the port."""
    with stage.client.entered():
        other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with other:
        other.bind((V4.client, 500))
        ikelet = stage.ikelet()
        expect_error(ikelet, ikelet.run("ping", **ping_options()), "cannot bind UDP port 500")


def not_permitted(stage):
    """Ports below 1024 are not for everybody."""
    ikelet = stage.ikelet()
    expect_error(ikelet, ikelet.run_as_nobody("ping", **ping_options()), "not permitted")


def unprivileged(stage):
    """One UDP port for everything needs no privilege, and charon takes it (RFC 7296 2.23)."""
    charon = stage.start_gateway(IKE, ESP)
    ikelet = stage.ikelet()
    options = ping_options(local=None, port=4500, natt=True)
    expect_replies(stage, ikelet, ikelet.run_as_nobody("ping", **options))
    expect_clean_end(charon)


def defaults(stage):
    """No suites are named by either side; our address is the one that the route gives."""
    charon = stage.start_gateway("default", "default")
    ikelet = stage.ikelet()
    options = ping_options(local=None, ike=None, esp=None, ts_local=None, remote_id=None)
    expect_replies(stage, ikelet, ikelet.run("ping", **options))
    expect_clean_end(charon)


def large_packets(stage):
    """Echoes of 1300 octets: most of what goes through the tunnel at a time."""
    charon = stage.start_gateway(IKE, ESP)
    ikelet = stage.ikelet()
    expect_replies(stage, ikelet, ikelet.run("ping", **ping_options(size=1300)))
    expect_clean_end(charon)
    check(len(stage.wire.esp(V4.client)[0].esp) > 1300, "the packets on the wire are small")


def invalid_ke(stage):
    """ikelet guesses X25519, charon wants P-256 (RFC 7296 1.2)."""
    charon = stage.start_gateway("aes128-sha256-ecp256", ESP)
    ikelet = stage.ikelet()
    status = ikelet.run("ping", **ping_options(ike="aes128-sha256-x25519-ecp256"))
    expect_replies(stage, ikelet, status)
    expect_clean_end(charon)
    requests, responses = stage.wire.ike(IKE_SA_INIT, False), stage.wire.ike(IKE_SA_INIT, True)
    check([f.ike.group for f in requests] == [X25519, P256], "groups tried are not 31, 19")
    check(INVALID_KE_PAYLOAD in responses[0].ike.notifies, "no INVALID_KE_PAYLOAD")


def first_cookies(stage):
    """Makes the gateway ask for cookies: one SA stays half open, and that is one too many."""
    with stage.client.entered():
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with s:
        s.sendto(lone_init_request(), (V4.gateway, 500))
        wait_until("charon answers a lone IKE_SA_INIT", 5,
                   lambda: stage.wire.ike(IKE_SA_INIT, True))


COOKIES_ON = {"cookie_threshold": 1, "block_threshold": 0, "half_open_timeout": 3600}


def cookies(stage):
    stage.start_gateway(IKE, ESP, daemon=COOKIES_ON)
    first_cookies(stage)
    ikelet = stage.ikelet()
    expect_replies(stage, ikelet, ikelet.run("ping", **ping_options()))
    asked = [f for f in stage.wire.ike(IKE_SA_INIT, True) if COOKIE in f.ike.notifies]
    given = [f for f in stage.wire.ike(IKE_SA_INIT, False) if COOKIE in f.ike.notifies]
    check(asked, "charon asked for no cookie")
    check(given, "ikelet gave no cookie")
    check(given[0].ike.payloads[0] == asked[0].ike.payloads[0], "another cookie, or not first")


def cookies_then_invalid_ke(stage):
    """RFC 7296 2.6.1: both in one handshake."""
    stage.start_gateway("aes128-sha256-ecp256, aes128-sha256-x25519", ESP, daemon=COOKIES_ON,
                        changes={"remote_addrs": "%any"})
    first_cookies(stage)
    ikelet = stage.ikelet()
    status = ikelet.run("ping", **ping_options(ike="aes128-sha256-modp2048-ecp256"))
    expect_replies(stage, ikelet, status)
    notifies = [n for f in stage.wire.ike(IKE_SA_INIT, True) for n in f.ike.notifies]
    check(COOKIE in notifies and INVALID_KE_PAYLOAD in notifies, "not both notifies were seen")


def several_proposals(stage):
    """Two proposals, of which charon takes the second."""
    charon = stage.start_gateway("aes256gcm16-prfsha384-ecp384", "chacha20poly1305")
    ikelet = stage.ikelet()
    status = ikelet.run("ping", **ping_options(
        ike="aes128-sha256-x25519,aes256gcm16-prfsha384-ecp384",
        esp="aes128gcm16,chacha20poly1305"))
    expect_replies(stage, ikelet, status)
    expect_clean_end(charon)
    check("IKE:AES_GCM_16_256/PRF_HMAC_SHA2_384/ECP_384" in charon.log, "IKE: not the second")
    check("ESP:CHACHA20_POLY1305" in charon.log, "ESP: not the second")


def narrowed(stage):
    """ikelet asks for more than charon gives, and takes what it is given (RFC 7296 2.9)."""
    charon = stage.start_gateway(IKE, ESP)
    ikelet = stage.ikelet()
    options = ping_options(ts_remote="10.0.0.0/8", ts_local="10.1.0.0/16")
    expect_replies(stage, ikelet, ikelet.run("ping", **options))
    check("TS 10.2.0.0/24 === 10.1.0.0/24" in charon.log, "charon did not narrow")
    expect_clean_end(charon)


def initial_contact_and_natt(stage):
    """INITIAL_CONTACT is in IKE_AUTH; charon poses as behind a NAT, so that moves to 4500."""
    charon = stage.start_gateway(IKE, ESP)
    ikelet = stage.ikelet()
    expect_replies(stage, ikelet, ikelet.run("ping", **ping_options()))
    charon.wait_for_log(r"parsed IKE_AUTH request 1 \[.*N\(INIT_CONTACT\)")
    check({f.port for f in stage.wire.ike(IKE_SA_INIT)} == {500}, "IKE_SA_INIT not on 500")
    check({f.port for f in stage.wire.ike(IKE_AUTH)} == {4500}, "IKE_AUTH not on 4500")
    check({f.port for f in stage.wire.esp()} == {4500}, "ESP not in UDP")


def begin_long_ping(stage, **changes):
    """A ping that runs until somebody ends it, after its first reply."""
    ikelet = stage.ikelet()
    ikelet.start("ping", **ping_options(count=1000, interval=0.1, **changes))
    wait_until("ikelet prints a reply", 5, lambda: ikelet.replies > 0)
    return ikelet


def listed(stage):
    """While it is up, charon lists both SAs with their suites and counts their packets."""
    charon = stage.start_gateway(IKE, ESP)
    ikelet = begin_long_ping(stage)
    check(f"IKE SA with 10.9.0.2 (gw.example.org) up: {IKE}" in ikelet.process.stdout,
          "ikelet does not say who is up")
    for pattern in (r"c: #\d+, ESTABLISHED, IKEv2", r"'client\.example\.org' @ 10\.9\.0\.1",
                    r"AES_CBC-128/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/CURVE_25519",
                    r"k: #\d+, reqid \d+, INSTALLED, TUNNEL-in-UDP, ESP:AES_GCM_16-128",
                    r"in +\w+, +[1-9]\d* bytes", r"remote 10\.1\.0\.0/24"):
        wait_until(f"swanctl --list-sas shows /{pattern}/", 3,
                   lambda wanted=pattern: re.search(wanted, charon.sas))


def interrupted(stage):
    """SIGINT ends the ping as with ping(8): the SAs are deleted, the summary is printed."""
    charon = stage.start_gateway(IKE, ESP)
    ikelet = begin_long_ping(stage)
    os.kill(ikelet.process.child.pid, 2)
    check(ikelet.process.wait(5) == 0, "answered, but the exit status is not 0")
    expect_clean_end(charon)


def ike_sa_deleted(stage):
    """charon deletes the IKE SA under a running ping: answered, said, ended."""
    charon = stage.start_gateway(IKE, ESP)
    ikelet = begin_long_ping(stage)
    charon.terminate()
    charon.wait_until_gone()
    check(ikelet.process.wait(5) == 0, "answered, but the exit status is not 0")
    check("deleted by the peer" in ikelet.process.stderr, "stderr does not say why")
    sent = stage.wire.ike(INFORMATIONAL, True, V4.client)
    check(sent, "ikelet did not answer the Delete")


def child_sa_deleted(stage):
    """charon deletes the Child SA only: ikelet answers with the Delete of the other direction."""
    charon = stage.start_gateway(IKE, ESP)
    ikelet = begin_long_ping(stage)
    charon.terminate("--child", "k")
    charon.wait_for_log(r"received DELETE for ESP CHILD_SA")
    check(ikelet.process.wait(5) == 0, "answered, but the exit status is not 0")
    check("deleted by the peer" in ikelet.process.stderr, "stderr does not say why")
    expect_clean_end(charon)


def liveness_answered(stage):
    """charon probes while no packet flows; an empty INFORMATIONAL is answered (RFC 7296 2.4)."""
    charon = stage.start_gateway(IKE, ESP, changes={"dpd_delay": "1s"})
    ikelet = stage.ikelet()
    ikelet.start("ping", **ping_options(count=2, interval=2.5))
    charon.wait_for_log(r"sending DPD request")
    charon.wait_for_log(r"parsed INFORMATIONAL response \d+ \[ \]")
    expect_replies(stage, ikelet, ikelet.process.wait(10))


def replaced(stage):
    """ikelet is killed and begins anew: INITIAL_CONTACT makes charon forget the old SAs."""
    charon = stage.start_gateway(IKE, ESP)
    ikelet = begin_long_ping(stage)
    ikelet.process.child.kill()
    ikelet.process.wait(5)
    again = stage.ikelet(name="again")
    status = again.run("ping", **ping_options())
    expect_replies(stage, again, status)
    charon.wait_for_log(r"destroying duplicate IKE_SA")
    expect_clean_end(charon)


def repeated_request(stage):
    """ikelet's answer to a probe is lost: the request comes again, and the same answer."""
    charon = stage.start_gateway(IKE, ESP, changes={"dpd_delay": "1s"})
    ikelet = stage.ikelet()
    ikelet.start("ping", **ping_options(count=2, interval=3))
    charon.wait_for_log(r"parsed INFORMATIONAL response \d+ \[ \]", 10)
    check(len(stage.wire.lost) == 1, "no answer was lost")
    again = stage.wire.ike(INFORMATIONAL, True, V4.client)
    check(again[0].ike.data == stage.wire.lost[0].ike.data, "the answers differ")
    expect_replies(stage, ikelet, ikelet.process.wait(10))


def two_clients(stage):
    """Two ikelets at once, each with its own SA."""
    charon = stage.start_gateway(IKE, ESP, changes={
        "remote_addrs": "%any", "remote": {"auth": "psk", "id": "%any"}})
    stage.client.add_address("eth0", "10.9.0.3/24")
    first = begin_long_ping(stage, ts_local="10.1.0.1/32")
    second = stage.ikelet(name="second")
    status = second.run("ping", **ping_options(local="10.9.0.3", id="@second.example.org",
                                               ts_local="10.1.0.2/32", from_="10.1.0.2"))
    check(status == 0 and second.replies == 2, "the second has no answer")
    before = first.replies
    wait_until("the first goes on", 5, lambda: first.replies > before + 3)
    check(len(re.findall(r"ESTABLISHED", charon.sas)) == 1, "not one IKE SA is left")


def verbose(stage):
    """Decoded messages for people, no secret among them."""
    stage.start_gateway(IKE, ESP)
    ikelet = stage.ikelet()
    expect_replies(stage, ikelet, ikelet.run("ping", **ping_options(verbose=True)))
    text = ikelet.process.stdout + ikelet.process.stderr
    for word in ("IKE_SA_INIT", "IKE_AUTH", "INFORMATIONAL", "client.example.org"):
        check(word in text, f"--verbose does not show {word}")
    check("a pre-shared key" not in text, "the key is printed")


def first_of_each(*kinds):
    """Loses the first frame of each (exchange, response) that is named."""
    def make():
        left = set(kinds)

        def drop(frame):
            kind = frame.ike and (frame.ike.exchange, frame.ike.response)
            if kind in left:
                left.remove(kind)
                return True
            return False
        return drop
    return make


def lossy(stage):
    """Each message of the handshake is lost once; what comes again is the same to the bit."""
    stage.start_gateway(IKE, ESP)
    ikelet = stage.ikelet()
    expect_replies(stage, ikelet, ikelet.run("ping", **ping_options(timeout=20), seconds=30))
    check(len(stage.wire.lost) == 4, f"{len(stage.wire.lost)} frames lost, not 4")
    for frame in stage.wire.lost:
        again = stage.wire.ike(frame.ike.exchange, frame.ike.response)
        check(again and again[0].ike.data == frame.ike.data, "a retransmission differs")


def decrypted(ike, esp):
    """Wireshark opens IKE and ESP with the key log, in ikelet's capture and in that of the wire."""
    def story(stage):
        stage.start_gateway(ike, esp)
        ikelet = stage.ikelet()
        keylog, own = (os.path.join(ikelet.folder, name) for name in ("keys", "own.pcap"))
        os.mkdir(keylog)
        status = ikelet.run("ping", **ping_options(ike=ike, esp=esp, keylog=keylog, pcap=own))
        expect_replies(stage, ikelet, status)
        wire = os.path.join(stage.folder, "wire.pcap")
        stage.wire.write_pcap(wire)
        for capture in (own, wire):
            expect_readable(capture, keylog)
    return story


def expect_readable(capture, keylog):
    name = os.path.basename(capture)
    packets = tshark.fields(capture, keylog, "isakmp.exchangetype == 35 || esp",
                            "isakmp.id.data.fqdn", "icmp.type", "esp.icv_good")
    identities, types, good = ([p[i] for p in packets if p[i]] for i in range(3))
    check(sorted(identities) == ["client.example.org,gw.example.org", "gw.example.org"],
          f"{name}: tshark reads the identities {identities} in IKE_AUTH")
    check(sorted(types) == ["0", "0", "8", "8"], f"{name}: tshark sees ICMP types {types} in ESP")
    check(good == ["1"] * 4, f"{name}: tshark finds the ICVs good or not: {good}")
