/* SPDX-License-Identifier: MIT */
/*
 * IKEv2 messages as plain structs (RFC 7296 section 3, RFC 7383): bytes to structs and back. Knows
 * no state and no policy. Parsed spans point into the message; they live as long as it does.
 *
 * Parsers answer IK_OK or IK_ERR_SYNTAX and leave
 * *out unspecified on error. They read nothing outside the span. Writers append to a struct ik_wr,
 * which remembers that it ran out of room: test it once, by ik_wr_ok(), at the end.
 */
#ifndef IKELET_IK_WIRE_H
#define IKELET_IK_WIRE_H

#include "ikelet/ik_base.h"
#include "ikelet/ik_iana.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- writer cursor (core/util/wr.c) ---------------------------------------------------------- */

/* Appends to buf[0..cap). bad is sticky: once set, nothing more is written. */
struct ik_wr {
    uint8_t *buf;
    uint16_t cap;
    uint16_t len;
    bool bad;
};

void ik_wr_init(struct ik_wr *w, uint8_t *buf, size_t cap);
bool ik_wr_ok(const struct ik_wr *w);

/* ---- header (3.1) -------------------------------------------------------------------------- */

#define IK_HDR_LEN 28
#define IK_SPI_LEN 8
#define IK_FLAG_INITIATOR 0x08 /* sent by the original initiator of the IKE SA */
#define IK_FLAG_VERSION 0x10
#define IK_FLAG_RESPONSE 0x20

struct ik_hdr {
    uint8_t spi_i[IK_SPI_LEN];
    uint8_t spi_r[IK_SPI_LEN];
    uint8_t next;     /* enum ik_payload_type of the first payload */
    uint8_t version;  /* major << 4 | minor; 0x20 */
    uint8_t exchange; /* enum ik_exchange_type */
    uint8_t flags;
    uint32_t msgid;
    uint32_t len; /* of the whole message, this header included */
};

/* Reads the header of msg[0..len), a whole datagram, only: IK_ERR_SYNTAX if hdr.len is another, or
 * there are fewer than 28 octets. Versions, flags and types are the caller's to judge. */
IK_NODISCARD enum ik_status ik_hdr_parse(const uint8_t *msg, size_t len, struct ik_hdr *out);

/* Writes the header; hdr->len and hdr->next are patched by ik_msg_end. */
void ik_hdr_put(struct ik_wr *w, const struct ik_hdr *hdr);

/* ---- payload chain (3.2) ------------------------------------------------------------------- */

struct ik_payload {
    struct ik_span body; /* behind the generic header, whose four octets are there */
    uint8_t type;
};

/*
 * A message after one walk over its payload chain. SK and SKF end the chain: their body is there,
 * still sealed, and sk_next is the type of the first payload inside.
 */
struct ik_msg {
    struct ik_hdr hdr;
    uint8_t payloads_n;
    uint8_t sk_next;
    uint8_t critical_type; /* first critical payload of a type we do not know; 0 if none */
    uint16_t present;      /* IK_PRESENT() of each known type seen */
    bool all;              /* as ik_msg_parse_all() does: what nothing is done with is there, too */
    /* But for Vendor IDs and notifies of types that nothing is done with, and what is too many of
     * the payloads that may come several times. */
    struct ik_payload payloads[IK_PAYLOADS_MAX];
};

/* The known types are 33 to 48, a bit each, and SKF, which shares that of SK. */
#define IK_PRESENT(type) ((uint16_t)(1u << (((type) == IK_PL_SKF ? IK_PL_SK : (type)) - 33)))

/*
 * Parses header and chain of msg[0..len). Unknown non-critical payloads are skipped (2.5). A second
 * SA, KE, ID, AUTH, Nonce, TS, SK (payloads that can occur once in a message) is IK_ERR_SYNTAX; so
 * is anything behind SK, a length below 4, a chain that leaves octets over or lacks some, and a
 * payload whose body its own parser below refuses: later steps meet no bad syntax. len is that of
 * the datagram and must be the header's.
 */
IK_NODISCARD enum ik_status ik_msg_parse(const uint8_t *msg, size_t len, struct ik_msg *out);

/* The same for a decoder: Vendor IDs and notifies of any type are there too, as long as there is
 * room. */
IK_NODISCARD enum ik_status ik_msg_parse_all(const uint8_t *msg, size_t len, struct ik_msg *out);

/* Walks the opened content of SK (next: sk_next) and adds its payloads to *m, by the same rules. */
IK_NODISCARD enum ik_status ik_msg_parse_inner(struct ik_msg *m, uint8_t next, const uint8_t *text,
                                               size_t len);

/* The first payload of that type, or NULL. */
const struct ik_payload *ik_msg_find(const struct ik_msg *m, uint8_t type);

/*
 * Building: begin, then payloads each between open and close (or by the *_put functions below),
 * then end. A struct ik_chain remembers where the next-payload octet to patch is.
 */
struct ik_chain {
    struct ik_wr w;
    uint8_t *next;    /* octet that names the next payload; first, while there is none before it */
    uint16_t open_at; /* offset of the open payload's header */
    uint16_t sk_at;   /* offsets of SK's header, IV and text, set by ik_sk_open */
    uint16_t iv_at;
    uint16_t text_at;
    uint8_t first; /* type of the first payload */
};

/* Begins a message in buf: writes *hdr (next and len are patched later). */
void ik_msg_begin(struct ik_chain *c, uint8_t *buf, size_t cap, const struct ik_hdr *hdr);
/* Begins a bare chain (the inside of SK) in buf; *first is not written until ik_chain_first. */
void ik_chain_begin(struct ik_chain *c, uint8_t *buf, size_t cap);
/* The type of the first payload of a bare chain. */
uint8_t ik_chain_first(const struct ik_chain *c);
/* Opens a payload: its generic header, not critical. Payloads do not nest. */
void ik_payload_open(struct ik_chain *c, uint8_t type);
/* Closes it: patches its length. */
void ik_payload_close(struct ik_chain *c);
/* Patches the header's length. The message is c->w.buf[0..c->w.len) if it answers IK_OK. */
IK_NODISCARD enum ik_status ik_msg_end(struct ik_chain *c);

/* ---- SA (3.3) ------------------------------------------------------------------------------ */

struct ik_transform {
    uint8_t type; /* enum ik_transform_type */
    uint16_t id;
    uint16_t key_bits; /* Key Length attribute; 0 if absent */
    bool unknown_attr; /* an attribute that we do not know: this transform must not be chosen
                          (3.3.6) */
};

/* One proposal on the wire; its transforms stay in the message and are read one at a time. */
struct ik_wire_proposal {
    uint8_t number;
    uint8_t protocol; /* enum ik_protocol */
    struct ik_span spi;
    uint8_t transforms_n;
    struct ik_span transforms;
};

/* Reads the proposals of an SA payload's body one by one: *at is a cursor, 0 at first. Answers
 * IK_OK with *out filled; *at == body.len after the last. Numbers must be 1, 2, 3 … (3.3.1), which
 * ik_sa_check tests; a lone proposal may have another, for an answer repeats that of the request.
 */
IK_NODISCARD enum ik_status ik_sa_next(const struct ik_span *body, uint16_t *at,
                                       struct ik_wire_proposal *out);
/* Likewise for the transforms of a proposal. */
IK_NODISCARD enum ik_status ik_transform_next(const struct ik_wire_proposal *p, uint16_t *at,
                                              struct ik_transform *out);
/* Parses the whole payload to the last attribute: so that no later step meets bad syntax. */
IK_NODISCARD enum ik_status ik_sa_check(const struct ik_span *body);

/* One proposal to be written. */
struct ik_sa_item {
    uint8_t number;
    uint8_t protocol;
    struct ik_span spi;
    uint8_t transforms_n;
    const struct ik_transform *transforms;
};
/* Writes a whole SA payload of n proposals. */
void ik_sa_put(struct ik_chain *c, const struct ik_sa_item *items, uint8_t n);
/* The same one by one: adds a proposal to the SA payload that is open, and closes it. more: another
 * is to follow. */
void ik_sa_add(struct ik_chain *c, const struct ik_sa_item *item, bool more);

/* ---- the other payloads -------------------------------------------------------------------- */

/* KE (3.4) */
struct ik_ke {
    uint16_t group;
    struct ik_span data;
};
IK_NODISCARD enum ik_status ik_ke_parse(struct ik_span body, struct ik_ke *out);
void ik_ke_put(struct ik_chain *c, const struct ik_ke *ke);

/* IDi, IDr (3.5). An address type must have 4 or 16 octets. */
struct ik_id {
    uint8_t type; /* enum ik_id_type; in a configuration, IK_ID_ANY matches all that have the key */
    struct ik_span data; /* not copied */
};
IK_NODISCARD enum ik_status ik_id_parse(struct ik_span body, struct ik_id *out);
void ik_id_put(struct ik_chain *c, uint8_t payload_type, const struct ik_id *id);

/* CERT and CERTREQ (3.6, 3.7) */
struct ik_cert {
    uint8_t encoding;
    struct ik_span data;
};
IK_NODISCARD enum ik_status ik_cert_parse(struct ik_span body, struct ik_cert *out);
void ik_cert_put(struct ik_chain *c, uint8_t payload_type, const struct ik_cert *cert);

/* AUTH (3.8) */
struct ik_auth {
    uint8_t method; /* enum ik_auth_method */
    struct ik_span data;
};
IK_NODISCARD enum ik_status ik_auth_parse(struct ik_span body, struct ik_auth *out);
void ik_auth_put(struct ik_chain *c, const struct ik_auth *auth);

/* Nonce (3.9): 16 to 256 octets */
IK_NODISCARD enum ik_status ik_nonce_parse(struct ik_span body, struct ik_span *out);
void ik_nonce_put(struct ik_chain *c, struct ik_span nonce);

/* Notify (3.10) */
struct ik_notify {
    uint8_t protocol; /* enum ik_protocol; IK_PROTO_NONE if there is no SPI */
    uint16_t type;    /* enum ik_notify_type */
    struct ik_span spi;
    struct ik_span data;
};
IK_NODISCARD enum ik_status ik_notify_parse(struct ik_span body, struct ik_notify *out);
void ik_notify_put(struct ik_chain *c, const struct ik_notify *n);
/* The first notify of that type in the message. Answers false if there is none; malformed ones were
 * refused by ik_msg_parse and ik_msg_parse_inner already. */
bool ik_notify_find(const struct ik_msg *m, uint16_t type, struct ik_notify *out);
/* Walks all notifies: *i is a cursor, 0 at first. False when there are no more. */
bool ik_notify_next(const struct ik_msg *m, uint8_t *i, struct ik_notify *out);

/* Delete (3.11): spis is count times spi_size octets (none for IKE) */
struct ik_delete {
    uint8_t protocol;
    uint8_t spi_size;
    uint16_t count;
    struct ik_span spis;
};
IK_NODISCARD enum ik_status ik_delete_parse(struct ik_span body, struct ik_delete *out);
void ik_delete_put(struct ik_chain *c, const struct ik_delete *d);

/* Vendor ID (3.12) */
void ik_vendor_put(struct ik_chain *c, struct ik_span vendor);

/* TSi, TSr (3.13) */
struct ik_ts {
    uint8_t family;   /* 4 or 6 */
    uint8_t proto;    /* IP protocol, 0: any */
    uint16_t port_lo; /* ICMP: type and code (RFC 4301 4.4.1.1); OPAQUE is lo 65535, hi 0 */
    uint16_t port_hi;
    uint8_t lo[16]; /* IPv4: the first four octets */
    uint8_t hi[16];
};
/* Reads the selectors one by one: *at is a cursor, 0 at first; *at == body.len after the last.
 * Selectors of unknown type are skipped: then out->family is 0. */
IK_NODISCARD enum ik_status ik_ts_next(const struct ik_span *body, uint16_t *at, struct ik_ts *out);
/* The whole payload: the count, each length. */
IK_NODISCARD enum ik_status ik_ts_check(const struct ik_span *body);
void ik_ts_put(struct ik_chain *c, uint8_t payload_type, const struct ik_ts *ts, uint8_t n);

/* CP (3.15): attributes are read one by one */
struct ik_cp_attr {
    uint16_t type;
    struct ik_span value;
};
IK_NODISCARD enum ik_status ik_cp_parse(struct ik_span body, uint8_t *cfg_type,
                                        struct ik_span *attrs);
IK_NODISCARD enum ik_status ik_cp_next(struct ik_span attrs, uint16_t *at, struct ik_cp_attr *out);
void ik_cp_put(struct ik_chain *c, uint8_t cfg_type, const struct ik_cp_attr *attrs, uint8_t n);

/* SKF (RFC 7383 2.5): number counts from 1 */
struct ik_skf {
    uint16_t number;
    uint16_t total;
    struct ik_span sealed; /* IV, text, ICV */
};
IK_NODISCARD enum ik_status ik_skf_parse(struct ik_span body, struct ik_skf *out);

/*
 * SK (3.14) while building: ik_sk_open opens the payload as the last of *c (SKF with its fragment
 * header if total > 0) and leaves room for the IV. Payloads that are opened on *c from here on go
 * inside; the first of them is named in SK's header. A fragment's chunk is appended by ik_wr_bytes
 * instead, with inner_first for the first fragment. ik_sk_close adds padding up to `block` (a power
 * of two), the pad length and room for the ICV, and patches all lengths, the message's too.
 * inner_first: 0 leaves what the payloads inside have set. What is to be sealed is buf[0..) with
 * *aad_len and *text_len (struct ik_sealed), if ik_wr_ok.
 */
void ik_sk_open(struct ik_chain *c, uint8_t iv_len, uint16_t number, uint16_t total);
void ik_sk_close(struct ik_chain *c, uint8_t inner_first, uint8_t block, uint8_t icv_len,
                 uint16_t *aad_len, uint16_t *text_len);
/* While opening: text (after decryption) ends in padding and pad length; answers the length of the
 * inner chain in *len. */
IK_NODISCARD enum ik_status ik_sk_unpad(const uint8_t *text, size_t text_len, size_t *len);

#ifdef __cplusplus
}
#endif

#endif
