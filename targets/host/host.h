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

/* ---- suite.c: proposals as strongSwan writes them ----------------------------------------------
 */

/*
 * "aes128-sha256-x25519", "aes128gcm16-prfsha256-ecp256", "chacha20poly1305-prfsha256-x25519",
 * "aes128ccm8-x25519" … into a proposal. For IKE, the prf is that of the integrity algorithm if
 * none is named; an AEAD must name its prf. For ESP, "null-sha256", "aes128gcm16",
 * "aes128ctr-sha256", "chacha20poly1305", "esn", "noesn". On error answers false and one line for
 * people in err (what is wrong with which word). The keyword list is in suite.c.
 */
bool host_suite_parse_ike(const char *text, struct ik_proposal *out, char *err, size_t err_len);
bool host_suite_parse_esp(const char *text, struct ik_proposal *out, char *err, size_t err_len);
/* The reverse: writes the words of a proposal; answers the length that it needs. */
size_t host_suite_print(const struct ik_proposal *p, char *out, size_t cap);

/* ---- addr.c --------------------------------------------------------------------------------- */

/* "10.9.0.1", "fd00::1"; false if it is neither. */
bool host_addr_parse(const char *text, struct ik_addr *out);
/* At most 46 octets with the final zero. */
void host_addr_print(const struct ik_addr *a, char *out, size_t cap);
/* "10.1.0.0/24", "fd00:1::/64", "10.1.0.1", with an optional "[proto/port]" or "[udp/5000-5010]" as
 * strongSwan writes it. */
bool host_ts_parse(const char *text, struct ik_ts *out);
/* "@gw.example.org" or "gw.example.org": FQDN; "a@b": RFC822; an address; "keyid:0x…" or
 * "keyid:text": KEY_ID. data is written into buf (cap octets) and out->data points there. */
bool host_id_parse(const char *text, uint8_t *buf, size_t cap, struct ik_id *out);

/* ---- names.c: names of numbers; never NULL --------------------------------------------------- */

const char *host_trace_name(unsigned event);
const char *host_drop_name(unsigned drop);
const char *host_count_name(unsigned count);
const char *host_cost_name(unsigned cost);
const char *host_event_name(unsigned event);   /* enum ik_event */
const char *host_reason_text(unsigned reason); /* for people: "authentication failed" */
const char *host_state_name(unsigned state);   /* enum ik_ike_state */
const char *host_exchange_name(unsigned exchange);
const char *host_payload_name(unsigned type);
const char *host_notify_name(unsigned type);
const char *host_transform_name(unsigned type, unsigned id);

/* ---- decode.c: an IKE message for people --------------------------------------------------------
 */

/* Prints header and payloads of a parsed message, one line a payload, indented; no secrets. */
void host_decode_print(FILE *f, const struct ik_msg *m);

/* ---- pcap.c: classic pcap, microseconds of virtual or real time
 * ----------------------------------- */

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
/* False if any write failed. */
bool host_pcap_close(struct host_pcap *p);

/* ---- keylog.c: Wireshark's ikev2_decryption_table and esp_sa
 * --------------------------------------- */

/* Appends to DIR/ikev2_decryption_table and DIR/esp_sa; tshark reads them with
 * WIRESHARK_CONFIG_DIR=DIR. */
struct host_keylog {
    FILE *ike;
    FILE *esp;
};
/* Creates both files (mode 0600), truncated. False if it can't (errno tells). */
bool host_keylog_open(struct host_keylog *k, const char *dir);
/* Call them from the trace sink at IK_TR_IKE_KEYS and IK_TR_CHILD_UP. */
void host_keylog_ike(struct host_keylog *k, const struct ik_node *node, uint16_t ike);
void host_keylog_child(struct host_keylog *k, const struct ik_node *node, uint16_t child);
bool host_keylog_close(struct host_keylog *k);

#ifdef __cplusplus
}
#endif

#endif
