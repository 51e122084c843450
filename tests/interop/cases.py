# SPDX-License-Identifier: MIT
"""The table of cases."""

import extensions
import fragments
import rekey
import responder
import stories
import tshark
from case import Case
from ike import IKE_AUTH, IKE_SA_INIT, INFORMATIONAL
from stage import V6
from stories import ESP, IKE

# Suites of the IKE SA as strongSwan writes them, with the default ESP suite.
IKE_SUITES = [
    "aes128-sha256-x25519",
    "aes128gcm16-prfsha256-x25519",
    "chacha20poly1305-prfsha256-x25519",
    "aes128ccm8-prfsha256-x25519",
    "aes128-sha256-ecp256",
    "aes256-sha384-ecp384",
    "aes256-sha512-ecp521",
    "aes128-sha256-modp2048",
    "aes128-sha256-modp3072",
    "aes192-sha256-x25519",
    "aes128ctr-sha256-modp2048",
    "aes256ctr-sha512-x25519",
    "aes128-aesxcbc-ecp256",
    "aes128-aescmac-x25519",
    "aes256gcm16-prfsha384-ecp384",
    "aes128gcm8-prfsha256-x25519",
    "aes128gcm12-prfsha256-x25519",
    "aes128ccm12-prfsha256-x25519",
    "aes256ccm16-prfsha512-ecp256",
    "aes128gcm16-prfaesxcbc-x25519",
    "aes128gcm16-prfaescmac-x25519",
]

# Suites of the Child SA, with the default IKE suite.
ESP_SUITES = [
    "null-sha256",
    "aes128-sha1",
    "aes128-sha256",
    "aes192-sha384",
    "aes256-sha512",
    "aes128ctr-sha256",
    "aes128-aesxcbc",
    "aes128-aescmac",
    "aes128ccm8",
    "aes128ccm12",
    "aes128ccm16",
    "aes128gcm8",
    "aes128gcm12",
    "aes128gcm16",
    "aes256gcm16",
    "chacha20poly1305",
]

# An identity of each type (RFC 7296 3.5): ikelet's words for it, charon's words.
IDENTITIES = {
    "fqdn": ("@client.example.org", "@client.example.org"),
    "rfc822": ("remote@example.org", "remote@example.org"),
    "keyid": ("keyid:0x0badc0de42", '"@#0badc0de42"'),
    "ipv4": ("192.0.2.7", "192.0.2.7"),
    "ipv6": ("2001:db8::7", "2001:db8::7"),
}

# IKE suite and ESP suite, both such as Wireshark 4.0 decrypts: it knows no ChaCha20-Poly1305, and
# CCM in IKE only.
READABLE = [
    ("aes128-sha256-x25519", "aes128gcm16"),
    ("aes256gcm16-prfsha384-ecp256", "aes256-sha512"),
    ("aes128ctr-sha256-modp2048", "aes128ctr-sha256"),
]

RESPONDER_SUITES = [
    "aes128-sha256-x25519",
    "aes256gcm16-prfsha384-ecp384",
    "chacha20poly1305-prfsha256-ecp256",
    "aes128-sha256-modp2048",
    "aes128-aesxcbc-ecp256",
]

HANDSHAKE = [(exchange, response) for exchange in (IKE_SA_INIT, IKE_AUTH)
             for response in (False, True)]


def suites():
    for suite in IKE_SUITES:
        yield Case(f"ike/{suite}", stories.ping(suite, ESP))
    yield Case("ike/legacy-mini", stories.legacy_mini)
    for suite in ESP_SUITES:
        yield Case(f"esp/{suite}", stories.ping(IKE, suite))


def addresses():
    yield Case("address/outer-ipv6", stories.ping(outer=V6))
    yield Case("address/inner-ipv6", stories.ping(inner=V6))
    yield Case("address/both-ipv6", stories.ping(outer=V6, inner=V6))
    for kind, words in IDENTITIES.items():
        yield Case(f"identity/{kind}", stories.identity(*words))


def refusals():
    yield Case("refused/wrong-psk", stories.wrong_psk)
    yield Case("refused/unknown-identity", stories.unknown_identity)
    yield Case("refused/wrong-gateway-identity", stories.wrong_gateway_identity)
    yield Case("refused/ike-proposal", stories.ike_proposal_mismatch)
    yield Case("refused/esp-proposal", stories.esp_proposal_mismatch)
    yield Case("refused/selectors", stories.selectors_unacceptable)
    yield Case("refused/no-answer", stories.no_answer)
    yield Case("refused/cannot-bind", stories.cannot_bind)
    yield Case("refused/not-permitted", stories.not_permitted)


def exchanges():
    yield Case("exchange/invalid-ke", stories.invalid_ke)
    yield Case("exchange/cookies", stories.cookies)
    yield Case("exchange/cookies-then-invalid-ke", stories.cookies_then_invalid_ke)
    yield Case("exchange/several-proposals", stories.several_proposals)
    yield Case("exchange/narrowed", stories.narrowed)
    yield Case("exchange/initial-contact-and-natt", stories.initial_contact_and_natt)
    yield Case("exchange/lossy", stories.lossy, drop=stories.first_of_each(*HANDSHAKE))
    yield Case("exchange/repeated-request", stories.repeated_request,
               drop=stories.first_of_each((INFORMATIONAL, True)))
    yield Case("exchange/defaults", stories.defaults)
    yield Case("exchange/unprivileged", stories.unprivileged)
    yield Case("exchange/large-packets", stories.large_packets)
    yield Case("exchange/two-clients", stories.two_clients)
    yield Case("life/listed", stories.listed)
    yield Case("life/interrupted", stories.interrupted)
    yield Case("life/ike-sa-deleted", stories.ike_sa_deleted)
    yield Case("life/child-sa-deleted", stories.child_sa_deleted)
    yield Case("life/replaced", stories.replaced)
    yield Case("life/liveness-answered", stories.liveness_answered)
    yield Case("life/verbose", stories.verbose)


def fragmented():
    yield Case("fragments/ping-576", fragments.pinging(576))
    yield Case("fragments/ping-576-ipv6", fragments.pinging(576, outer=V6))
    yield Case("fragments/ping-200", fragments.pinging(200, answer=True, least=6))
    yield Case("fragments/ping-200-natt", fragments.pinging(200, answer=True, natt=True))
    yield Case("fragments/ping-aead", fragments.pinging(256, ike="aes128gcm16-prfsha256-x25519"))
    yield Case("fragments/answer-576", fragments.answering(576))
    yield Case("fragments/answer-200", fragments.answering(200, answer=True))
    yield Case("fragments/never", fragments.never)
    yield Case("fragments/lost", fragments.pinging(200, answer=True), drop=fragments.second_of_each)
    yield Case("fragments/narrow-path", fragments.narrow, drop=lambda: fragments.above(600))


def responses():
    for suite in RESPONDER_SUITES:
        yield Case(f"responder/{suite}", responder.answers(suite))
    yield Case("responder/esp-aes256-sha512", responder.answers(esp="aes256-sha512"))
    yield Case("responder/ipv6", responder.answers(outer=V6, inner=V6))
    yield Case("responder/wrong-psk", responder.refused(
        r"received AUTHENTICATION_FAILED", {"psk": "not that key"}))
    yield Case("responder/unknown-identity", responder.refused(
        r"received AUTHENTICATION_FAILED", {"client_id": "@stranger.example.org"}))
    yield Case("responder/ike-proposal", responder.refused(
        r"received NO_PROPOSAL_CHOSEN", {"ike": "aes256-sha384-ecp384"}))
    yield Case("responder/esp-proposal", responder.refused(
        r"received NO_PROPOSAL_CHOSEN", {"esp": "aes256-sha512"}))
    yield Case("responder/no-oracle", responder.no_oracle)
    yield Case("responder/cookies", responder.cookies)
    yield Case("responder/two-peers", responder.two_peers)
    yield Case("responder/invalid-ke", responder.invalid_ke)
    yield Case("responder/liveness-answered", responder.liveness_answered)
    yield Case("responder/interrupted", responder.interrupted)
    yield Case("responder/lossy", responder.lossy,
               drop=stories.first_of_each((IKE_SA_INIT, True), (IKE_AUTH, True)))


def renewals():
    pfs = "aes128-sha256-x25519"
    ours = {"rekey_child": 2, "rekey_ike": 5}
    both = {**ours, "children": rekey.CHILDREN_OF_BOTH}
    yield Case("rekey/by-charon", rekey.pinging(rekey.RENEWS))
    yield Case("rekey/by-ikelet", rekey.pinging(rekey.RESTS, **ours))
    yield Case("rekey/by-both", rekey.pinging(rekey.RENEWS, **both))
    yield Case("rekey/by-both-pfs", rekey.pinging(rekey.RENEWS, esp=pfs, **both))
    yield Case("rekey/answered-by-charon", rekey.answering(rekey.RENEWS))
    yield Case("rekey/answered-by-ikelet", rekey.answering(rekey.RESTS, esp=pfs, **ours))
    yield Case("rekey/answered-by-both", rekey.answering(rekey.RENEWS, esp=pfs, **both))
    yield Case("reauth/by-ikelet", rekey.pinging_anew(rekey.RESTS, reauth=3))
    yield Case("reauth/by-charon", rekey.answering_anew(rekey.ANEW))
    yield Case("reauth/told-by-ikelet", rekey.answering_anew(rekey.RESTS, reauth=4, ikes=2, lost=4))
    yield Case("rekey/by-command", rekey.by_command)
    yield Case("rekey/further-child", rekey.further_child)
    yield Case("life/charon-killed", rekey.charon_killed)
    yield Case("life/ikelet-killed", rekey.ikelet_killed)
    yield Case("life/too-old", rekey.too_old)
    yield Case("life/vanished-clients", rekey.vanished_clients)
    yield Case("life/restarted", rekey.restarted)
    yield Case("life/responder-restarted", rekey.responder_restarted)
    yield Case("responder/refusals-are-told", rekey.refusals_are_told)


def extended():
    yield Case("childless/by-ikelet", extensions.childless_call)
    yield Case("childless/by-charon", extensions.childless_answer)
    yield Case("childless/declined", extensions.childless_declined)
    yield Case("resumption/unknown-to-charon", extensions.ticket_call)
    for ours, theirs in ((True, True), (False, False)):
        word = "required" if ours else "optional"
        yield Case(f"ppk/by-ikelet-{word}", extensions.ppk_call(ours, theirs))
        yield Case(f"ppk/by-charon-{word}", extensions.ppk_answer(ours, theirs))
    yield Case("ppk/left-out", extensions.ppk_left_out)
    yield Case("ppk/waived", extensions.ppk_waived)
    yield Case("ppk/wrong-key", extensions.ppk_wrong)
    yield Case("ppk/required", extensions.ppk_required_here)


def pairs():
    yield Case("pair/tunnel-esp", responder.pair())
    yield Case("pair/tunnel-udp", responder.pair(natt=True))
    yield Case("pair/transport-esp", responder.pair("transport"))
    yield Case("pair/transport-esp-ipv6", responder.pair("transport", outer=V6))
    yield Case("pair/tunnel-esp-ipv6", responder.pair(outer=V6, inner=V6))
    for esp in ("aes256gmac", "aes128gcm16iiv-esn", "chacha20poly1305iiv"):
        yield Case(f"pair/{esp}", responder.pair(esp=esp))


def readings():
    for ike, esp in READABLE:
        yield Case(f"tshark/{ike}+{esp}", stories.decrypted(ike, esp), needs=(tshark,))


def every():
    """In the order of the run: the harness proves itself first."""
    yield Case("self/charon-with-charon", stories.charon_with_charon())
    yield Case("self/charon-with-charon-ipv6", stories.charon_with_charon(V6, V6))
    yield from suites()
    yield from addresses()
    yield from refusals()
    yield from exchanges()
    yield from fragmented()
    yield from responses()
    yield from renewals()
    yield from extended()
    yield from pairs()
    yield from readings()
