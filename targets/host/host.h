/* SPDX-License-Identifier: MIT */
/*
 * What every hosted program (libc, files) shares: the simulator, the ns-3 glue, the POSIX programs,
 * tests and benchmarks. Text, pcap and key logs live here and not in the core.
 */
#ifndef HOST_HOST_H
#define HOST_HOST_H

#include <stdio.h>

#include "ikelet/ikelet.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- crypto.c ------------------------------------------------------------------------------ */

/* Every algorithm, with the fastest BearSSL code that this CPU runs (AES-NI, pclmul, SSE2). */
const struct ik_crypto *host_crypto(void);
/* The same with CTR_DRBG in the place of HMAC_DRBG: a twin of firmware that has it draws what it
 * draws. */
const struct ik_crypto *host_crypto_ctr(void);

/* ---- x25519.c ------------------------------------------------------------------------------ */

/* Curve25519 by 64-bit multiplication where the compiler has it, else BearSSL's; constant time. */
const br_ec_impl *host_x25519(void);

/* ---- suite.c: proposals as strongSwan writes them -------------------------------------------- */

/*
 * "aes128-sha256-x25519", "aes128gcm16-prfsha256-ecp256", "chacha20poly1305-prfsha256-x25519",
 * "aes128ccm8-sha256-x25519" … into a proposal. For IKE, the prf is that of the integrity algorithm
 * if none is named (as strongSwan does: an AEAD drops the integrity algorithm then). For ESP,
 * "null-sha256", "aes128gcm16", "aes128ctr-sha256", "chacha20poly1305", "esn", "noesn". On error
 * answers false and one line for people in err (what is wrong with which word). The keyword list is
 * in suite.c.
 */
bool host_suite_parse_ike(const char *text, struct ik_proposal *out, char *err, size_t err_len);
bool host_suite_parse_esp(const char *text, struct ik_proposal *out, char *err, size_t err_len);
bool host_suite_parse_ah(const char *text, struct ik_proposal *out, char *err, size_t err_len);
/* The reverse: writes the words of a proposal; answers the length that it needs. */
size_t host_suite_print(const struct ik_proposal *p, char *out, size_t cap);
/* One transform, known or not: "x25519", "encr99/128". */
size_t host_suite_print_word(const struct ik_transform *t, char *out, size_t cap);

/* ---- addr.c --------------------------------------------------------------------------------- */

/* "10.9.0.1", "fd00::1"; false if it is neither. */
bool host_addr_parse(const char *text, struct ik_addr *out);
/* At most 46 octets with the final zero. */
void host_addr_print(const struct ik_addr *a, char *out, size_t cap);
/* "10.1.0.0/24", "fd00:1::/64", "10.1.0.1", with an optional "[proto/port]" or "[udp/5000-5010]" as
 * strongSwan writes it. */
bool host_ts_parse(const char *text, struct ik_ts *out);
/* Some of HOST_PFP_WORDS with commas between, as IK_PFP_* flags (ik_policy.pfp). */
bool host_pfp_parse(const char *text, uint8_t *out);
#define HOST_PFP_WORDS "local, remote, protocol, local_port, remote_port"
/* The reverse; answers the length that it needs (119 at most). */
size_t host_ts_print(const struct ik_ts *ts, char *out, size_t cap);
/* Is it in one of the selectors, whatever protocol and port? */
bool host_ts_hold(const struct ik_ts *ts, uint8_t n, const struct ik_addr *a);
/* The selector of one address, any protocol and port. */
void host_ts_from_addr(const struct ik_addr *a, struct ik_ts *out);
/* "@gw.example.org" or "gw.example.org": FQDN; "a@b": RFC822; an address; "keyid:0x…", "@#…" (hex)
 * or "keyid:text": KEY_ID; "%any": whoever knows the key. data is written into buf (cap octets) and
 * out->data points there. */
bool host_id_parse(const char *text, uint8_t *buf, size_t cap, struct ik_id *out);
/* An identity for people; octets that don't print are escaped. Answers the length that it needs. */
size_t host_id_print(uint8_t type, struct ik_span data, char *out, size_t cap);

/* ---- number.c -------------------------------------------------------------------------------- */

/* Digits, without a sign, and with places up to so many behind a point, as a count of the last
 * place: with 6, "1.5" is 1500000. Answers how many octets that is; 0 if there is no number, or one
 * that is too large or too fine. */
size_t host_number_take(const char *text, unsigned places, uint64_t *out);
/* The whole text, from min to max. */
bool host_number_parse(const char *text, unsigned places, uint64_t min, uint64_t max,
                       uint64_t *out);
/* -1: it is none. */
int host_hex_digit(char c);
/* Pairs of hex digits into len / 2 octets; out may be where text is. */
bool host_hex_parse(const char *text, size_t len, uint8_t *out);
/* The next piece of *at between commas, without blanks around it; it may be empty. False behind the
 * last. */
bool host_word_next(const char **at, struct ik_span *word);
/* "420 us", "3.14 ms", "12.5 s", "30 s", "3 h 12 min"; answers out. */
const char *host_duration_print(ik_time us, char *out, size_t cap);

/* ---- defaults.c: what ikelet and ikeletd propose and wait for, unless they are told otherwise --
 */

#define HOST_IKE                                                                                   \
    "aes128gcm16-prfsha256-x25519-ecp256,chacha20poly1305-prfsha256-x25519-ecp256,"                \
    "aes128-aes256-sha256-x25519-ecp256-ecp384-modp2048"
#define HOST_ESP "aes128gcm16,chacha20poly1305,aes128-aes256-sha256"
/* A request is repeated for so long. jitter_256: ik_retransmit has it. */
struct ik_retransmit host_retransmit_within(ik_time timeout, uint8_t jitter_256);

/* ---- ip.c: IP headers and checksums ---------------------------------------------------------- */

/* Writes an IPv4 (20 octets) or IPv6 (40) header, by dst's family, for len octets of proto behind
 * it; answers its length. */
size_t host_ip_put(uint8_t *out, const struct ik_addr *src, const struct ik_addr *dst,
                   uint8_t proto, uint8_t ttl, size_t len);
/* The Internet checksum (RFC 1071): add spans to a sum (each but the last of even length), then
 * fold it into the 16 bits to store. pseudo: the pseudo header of UDP, TCP and ICMPv6. */
uint32_t host_cksum_add(uint32_t sum, const uint8_t *p, size_t len);
uint16_t host_cksum_fold(uint32_t sum);
uint32_t host_cksum_pseudo(const struct ik_addr *src, const struct ik_addr *dst, uint8_t proto,
                           size_t len);

/* ---- names.c: names of numbers; never NULL --------------------------------------------------- */

const char *host_trace_name(unsigned event);
const char *host_drop_name(unsigned drop);
const char *host_count_name(unsigned count);
const char *host_cost_name(unsigned cost);
const char *host_event_name(unsigned event);   /* enum ik_event */
const char *host_reason_text(unsigned reason); /* for people: "authentication failed" */
const char *host_fault_text(unsigned what);    /* enum ik_fault_what, for people */
const char *host_state_name(unsigned state);   /* enum ik_ike_state */
const char *host_exchange_name(unsigned exchange);
const char *host_payload_name(unsigned type);
const char *host_notify_name(unsigned type);
const char *host_transform_name(unsigned type, unsigned id);

/* ---- decode.c: an IKE message for people ----------------------------------------------------- */

/* Prints header and payloads of a parsed message, one line a payload, indented; no secrets. */
void host_decode_print(FILE *f, const struct ik_msg *m);

/* ---- pcap.c: classic pcap, microseconds of virtual or real time ------------------------------ */

struct host_pcap {
    FILE *f;
    bool failed;
};
/* Link type RAW (101): packets begin at the IP header. False if the file can't be made (errno
 * tells). */
bool host_pcap_open(struct host_pcap *p, const char *path);
/* Writes one datagram as a whole IP packet with its outer IP (and UDP) header, made from *path.
 * outbound: from local to remote. */
void host_pcap_write(struct host_pcap *p, ik_time at, const struct ik_path *path, bool outbound,
                     const uint8_t *data, size_t len);
/* Writes a whole IP packet as it is. */
void host_pcap_write_ip(struct host_pcap *p, ik_time at, const uint8_t *packet, size_t len);
/* False if any write failed. */
bool host_pcap_close(struct host_pcap *p);

/* ---- keylog.c: Wireshark's ikev2_decryption_table and esp_sa --------------------------------- */

/* Appends to DIR/ikev2_decryption_table and DIR/esp_sa; tshark reads them with
 * WIRESHARK_CONFIG_DIR=DIR. */
struct host_keylog {
    FILE *ike;
    FILE *esp;
};
/* Creates the folder if it isn't there, and both files (mode 0600), truncated. False if it can't
 * (errno tells). */
bool host_keylog_open(struct host_keylog *k, const char *dir);
/* Call them from the trace sink at IK_TR_IKE_KEYS and IK_TR_CHILD_UP. */
void host_keylog_ike(struct host_keylog *k, const struct ik_node *node, uint16_t ike);
void host_keylog_child(struct host_keylog *k, const struct ik_node *node, uint16_t child);
bool host_keylog_close(struct host_keylog *k);

#ifdef __cplusplus
}
#endif

#endif
