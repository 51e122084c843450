# SPDX-License-Identifier: MIT
"""Stories of SAs that live on: renewed by either end or by both, watched, and found dead."""

import contextlib
import os
import re

from ike import CREATE_CHILD_SA
from process import Failed, command, wait_until
from responder import begin
from stage import V4, check
from stories import ESP, IKE, begin_long_ping, expect_clean_end, ping_options

PACKETS, INTERVAL = 200, 0.05

# What charon is told, so that it renews while 200 packets pass: its own jitter is off.
RENEWS = {"rekey_time": "5s", "over_time": "20s", "rand_time": "0s",
          "children": {"k": {"rekey_time": "2s", "life_time": "20s", "rand_time": "0s"}}}
RESTS = {"rekey_time": "0s", "children": {"k": {"rekey_time": "0s"}}}


# Where both renew at once, charon 5.9.8 at times ignores a response that comes while it answers a request of
# the same message id ("already processing"), and forgets its rekeying when the IKE SA is rekeyed: that Child
# SA is then not renewed until we lose patience. No packet may be lost for it.
CHILDREN, CHILDREN_OF_BOTH = 4, 3


def renewals(charon):
    """How many Child SAs and IKE SAs charon has had."""
    return (len(set(re.findall(r"CHILD_SA (k\{\d+\}) established", charon.log))),
            len(set(re.findall(r"IKE_SA (c\[\d+\]) (?:established|rekeyed)", charon.log))))


def expect_renewed(stage, charon, children, ikes):
    had = renewals(charon)
    check(had[0] >= children and had[1] >= ikes,
          f"charon had {had[0]} Child SAs and {had[1]} IKE SAs, not {children} and {ikes}")
    check(stage.wire.ike(CREATE_CHILD_SA), "no CREATE_CHILD_SA on the wire")
    check(not any(f.icmp_echo for f in stage.wire.frames), "an echo went over the wire in clear")


def pinging(gateway, esp=ESP, children=CHILDREN, **options):
    """ikelet calls, and pings while SAs are renewed: each echo comes back."""
    def story(stage):
        charon = stage.start_gateway(IKE, esp, changes=gateway)
        ikelet = stage.ikelet()
        status = ikelet.run("ping", 40, **ping_options(
            esp=esp, count=PACKETS, interval=INTERVAL, **options))
        check(status == 0, f"ikelet ping: exit status {status}, not 0")
        check(f"{PACKETS} packets transmitted, {PACKETS} received" in ikelet.process.stdout,
              f"{ikelet.replies} replies to {PACKETS} requests")
        expect_renewed(stage, charon, children, 2)
        expect_clean_end(charon)
    return story


def answering(client, esp=ESP, children=CHILDREN, **options):
    """charon calls ikelet, and its kernel pings: no packet is lost."""
    def story(stage):
        begin(stage, esp=esp, **options)
        charon = stage.start_client(IKE, esp, changes=client)
        charon.initiate()
        said = command(*stage.client.inside(
            "ping", "-q", "-c", str(PACKETS), "-i", str(INTERVAL), "-W", "3",
            "-I", V4.client_inner, V4.gateway_inner))
        check(f"{PACKETS} packets transmitted, {PACKETS} received" in said, said.strip())
        expect_renewed(stage, charon, children, 2)
        charon.terminate()
        charon.wait_until_gone()
    return story


# Reauthentication: charon makes before it breaks only if it is told to.
ANEW = {**RESTS, "reauth_time": "3s", "over_time": "20s", "rand_time": "0s"}
MAKES_FIRST = {"make_before_break": "yes"}


def expect_anew(charon, ikes):
    had = len(set(re.findall(r"IKE_SA (c\[\d+\]) established", charon.log)))
    check(had >= ikes, f"charon had {had} IKE SAs, not {ikes}")
    check("CREATE_CHILD_SA request" not in charon.log, "something was rekeyed")


def pinging_anew(gateway, ikes=3, **options):
    """ikelet calls, and proves who it is again and again: each echo comes back."""
    def story(stage):
        charon = stage.start_gateway(IKE, ESP, changes=gateway)
        ikelet = stage.ikelet()
        status = ikelet.run("ping", 40, **ping_options(count=PACKETS, interval=INTERVAL, **options))
        check(status == 0, f"ikelet ping: exit status {status}, not 0")
        check(f"{PACKETS} packets transmitted, {PACKETS} received" in ikelet.process.stdout,
              f"{ikelet.replies} replies to {PACKETS} requests")
        expect_anew(charon, ikes)
        expect_clean_end(charon)
    return story


def answering_anew(client, ikes=3, lost=0, **options):
    """charon calls ikelet, and proves who it is again and again: no packet of its kernel is lost.

    lost: how many may be: charon 5.9.8 obeys AUTH_LIFETIME by deleting the old IKE SA at the moment when it begins the
    new one, whatever make_before_break says: each time a packet may be under way, or have no SA."""
    def story(stage):
        begin(stage, **options)
        charon = stage.start_client(IKE, ESP, changes=client, daemon=MAKES_FIRST)
        charon.initiate()
        said = command(*stage.client.inside(
            "ping", "-q", "-c", str(PACKETS), "-i", str(INTERVAL), "-W", "3",
            "-I", V4.client_inner, V4.gateway_inner))
        received = int(re.search(r"(\d+) received", said).group(1))
        check(received >= PACKETS - lost, said.strip())
        expect_anew(charon, ikes)
        charon.terminate()
        charon.wait_until_gone()
    return story


def by_command(stage):
    """swanctl and the lines of --commands renew in turn."""
    charon = stage.start_gateway(IKE, ESP, changes=RESTS)
    ikelet = begin_long_ping(stage, commands=True)
    for number, renew in enumerate((lambda: charon.swanctl("--rekey", "--child", "k"),
                                    lambda: ikelet.say("rekey child"),
                                    lambda: charon.swanctl("--rekey", "--ike", "c"),
                                    lambda: ikelet.say("rekey ike"))):
        before, had = ikelet.replies, sum(renewals(charon))
        renew()
        wait_until(f"renewal {number}", 5, lambda had=had: sum(renewals(charon)) > had)
        wait_until("replies go on", 5, lambda before=before: ikelet.replies > before + 5)
    ikelet.say("status")
    wait_until("ikelet tells its SAs", 5,
               lambda: re.search(r"^IKE SA \d+ with 10\.9\.0\.2 port 4500, initiator, up, ",
                                 ikelet.process.stdout, re.M))
    ikelet.say("quit")
    check(ikelet.process.wait(5) == 0, "exit status is not 0")
    expect_clean_end(charon)


def further_child(stage):
    """A second Child SA by --child, and a third that charon asks for; then all end with one Delete."""
    more = {"children": {"more": {"local_ts": "10.2.0.0/24", "remote_ts": "10.1.1.0/24",
                                  "esp_proposals": ESP},
                         "again": {"local_ts": "10.2.0.1/32", "remote_ts": "10.1.0.0/24",
                                   "esp_proposals": ESP}}}
    charon = stage.start_gateway(IKE, ESP, changes=more)
    ikelet = begin_long_ping(stage, child="10.1.1.0/24===10.2.0.0/24")
    charon.wait_for_log(r"CHILD_SA more\{\d+\} established")
    charon.initiate("again")
    charon.wait_for_log(r"CHILD_SA again\{\d+\} established")
    before = ikelet.replies
    wait_until("replies go on", 5, lambda: ikelet.replies > before + 3)
    check(len(re.findall(r"ESTABLISHED", charon.sas)) == 1, "not one IKE SA")
    os.kill(ikelet.process.child.pid, 2)
    check(ikelet.process.wait(5) == 0, "exit status is not 0")
    expect_clean_end(charon)


def charon_killed(stage):
    """The gateway vanishes: silence is noticed, and said with that word."""
    charon = stage.start_gateway(IKE, ESP)
    ikelet = begin_long_ping(stage, liveness=1, timeout=2)
    charon.process.child.kill()
    check(ikelet.process.wait(15) == 0, "answered before, but the exit status is not 0")
    check("silent" in ikelet.process.stderr, "stderr does not tell of silence")


def ikelet_killed(stage):
    """ikelet vanishes: charon finds out, by itself, and lets the next one in."""
    charon = stage.start_gateway(IKE, ESP, changes={"dpd_delay": "1s"})
    ikelet = begin_long_ping(stage)
    ikelet.process.child.kill()
    ikelet.process.wait(5)
    charon.wait_until_gone(15)


def too_old(stage):
    """Hard limits without renewal: ended, and said with that word."""
    charon = stage.start_gateway(IKE, ESP, changes=RESTS)
    ikelet = stage.ikelet()
    status = ikelet.run("ping", **ping_options(count=1000, interval=0.1, life_child=2))
    check(status == 0, "answered before, but the exit status is not 0")
    check("age" in ikelet.process.stderr, "stderr does not tell of age")
    expect_clean_end(charon)


def vanished_clients(stage):
    """Sixteen clients lose power, which is all that ikelet has room for; a while later there is room
    again, and nobody has helped."""
    ikelet = begin(stage, remote_id=None, liveness=2, timeout=1)
    clients = []
    for number in range(16):
        client = stage.ikelet(name=f"client{number}")
        client.start("ping", **ping_options(
            id=f"@c{number}.example.org", ts_local=f"10.1.0.{number + 1}/32",
            from_=f"10.1.0.{number + 1}", port=4500, natt=True,
            interval=60, count=2))
        clients.append(client)
        wait_until(f"client {number} is up", 10, lambda c=client: c.replies > 0)
    for client in clients:
        client.process.child.kill()
        client.process.wait(5)
    wait_until("all of them are found dead", 20,
               lambda: len(re.findall(r"^IKE SA down: .*silent", ikelet.process.stdout, re.M)) == 16)
    last = stage.ikelet(name="last")
    check(last.run("ping", **ping_options(port=4500, natt=True)) == 0, "the next one is not let in")


def restarted(stage):
    """A client that is killed and comes back without INITIAL_CONTACT is one client."""
    ikelet = begin(stage, liveness=5)
    first = begin_long_ping(stage)
    first.process.child.kill()
    first.process.wait(5)
    again = stage.ikelet(name="again")
    status = again.run("ping", **ping_options(initial_contact="no"))
    check(status == 0 and again.replies == 2, "the second has no answer")
    wait_until("the first was replaced", 12,
               lambda: "IKE SA down: replaced by a newer SA" in ikelet.process.stdout
               or "IKE SA down: no answer" in ikelet.process.stdout)


def responder_restarted(stage):
    """ikelet loses power and comes back: charon finds it silent, calls anew by itself, and packets flow."""
    first = begin(stage)
    charon = stage.start_client(IKE, ESP, changes={"dpd_delay": "1s", "children": {"k": {"dpd_action": "restart"}}})
    charon.initiate()
    first.process.child.kill()
    first.process.wait(5)
    again = begin(stage, name="again")
    wait_until("charon is back", 30, lambda: "Child SA up" in again.process.stdout)
    said = command(*stage.client.inside("ping", "-q", "-c", "3", "-i", "0.2", "-W", "3", "-I", V4.client_inner, V4.gateway_inner))
    check("3 packets transmitted, 3 received" in said, said.strip())


def refusals_are_told(stage):
    """What ikelet refuses it tells, in one line, with the name and the reason."""
    ikelet = begin(stage)
    for number, (wrong, line) in enumerate((
            ({"psk": "not that key"}, r"refused 10\.9\.0\.1 port \d+ \(client\.example\.org\): auth"),
            ({"client_id": "@who.example.org"}, r"\(who\.example\.org\): nobody of that name"),
            ({"ike": "aes256-sha384-ecp384"}, r"refused 10\.9\.0\.1 port 500: no proposal chosen"),
            ({"esp": "aes256-sha512"}, r"\(client\.example\.org\): no proposal chosen"),
            ({"changes": {"children": {"k": {"remote_ts": "10.77.0.0/24"}}}},
             r"selectors that are not configured here: 10\.77\.0\.0/24 === 10\.1\.0\.0/24"))):
        client = stage.start_client(**{"ike": IKE, "esp": ESP, "name": f"client{number}", **wrong})
        with contextlib.suppress(Failed):
            client.initiate()
        wait_until(f"ikelet tells of refusal {number}", 5,
                   lambda line=line: re.search(line, ikelet.process.stdout))
        client.stop()
