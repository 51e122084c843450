/* SPDX-License-Identifier: MIT */
/*
 * The spectator: it holds copies of the keys of every IKE SA and Child SA, opens every SK payload
 * and every ESP packet and AH with them (by the rows of ik_crypto.h, without the core's own
 * ik_open), and hands what it sees to checkers, one property a file:
 *
 *     check_iv.c         no (key, IV) pair serves two texts; no key serves two directions or SAs
 *     check_fresh.c      nonces, private values (seen by their public values) and SPIs are fresh
 *     check_window.c     message ids are consecutive and in the window, responses have a request
 *     check_offered.c    what changes IKE_AUTH was offered before
 *     check_tickets.c    a ticket serves once
 *     check_first.c      first choices of selectors have a reason, and are in the answer
 *     check_named.c      Delete and REKEY_SA name SPIs that exist, each is deleted once
 *     check_selectors.c  what is sealed and delivered lies within the selectors of its SA
 *     check_lifetime.c   nothing is sealed after a hard limit, nor by an SA that has ended
 *     check_secrets.c    no key outlives its SA, neither in the node's memory nor on the stack
 *     check_work.c       an event takes a bounded amount of work
 *     check_fragments.c  fragments are of one message, within the size, and agreed on
 *     check_path.c       routers are heeded in reason; then nothing larger leaves
 *     check_probe.c      what is found out of a path, probes have shown
 *
 * It knows nodes by number and by their public interface, and no network: a host of another kind
 * (ns-3) calls the same hooks.
 */
#ifndef SIM_SPY_H
#define SIM_SPY_H

#include "ikelet/ikelet.h"
#include "sim/map.h"

/* Octets of the largest key: SHA-512's, or ChaCha20's with its salt. */
#define SIM_KEY_MAX 68

struct sim_key {
    uint8_t len;
    uint8_t b[SIM_KEY_MAX];
    uint64_t id; /* digest */
};

/* Places in sim_sa.keys. */
enum { SIM_SK_D, SIM_SK_AI, SIM_SK_AR, SIM_SK_EI, SIM_SK_ER, SIM_SK_PI, SIM_SK_PR, SIM_KEYS_N };
enum { SIM_ENCR_IN = 0, SIM_ENCR_OUT, SIM_INTEG_IN, SIM_INTEG_OUT };

/* One end's view of an IKE SA or Child SA, as it was exported when it came to be. */
struct sim_sa {
    bool child;
    bool fresh; /* its keys are copied, and nobody has looked at them yet */
    bool ppk;   /* mixed with one (RFC 8784) */
    bool ended; /* the node exports it no more */
    uint16_t node, slot;
    uint32_t life; /* of the node: counts its restarts */
    const struct ik_crypto *crypto;
    const struct ik_encr *encr;
    const struct ik_integ *integ; /* NULL with an AEAD */
    struct sim_key keys[SIM_KEYS_N];
    uint8_t spi_i[IK_SPI_LEN], spi_r[IK_SPI_LEN]; /* IKE SA */
    uint32_t spi_in, spi_out;                     /* Child SA, from here on */
    struct sim_sa *older; /* of the same node, with the same spi_out: its peer's is drawn again */
    uint8_t mode;
    bool esn, ah;
    uint8_t ts_local_n, ts_remote_n;
    struct ik_ts ts_local[IK_TS_MAX], ts_remote[IK_TS_MAX];
    ik_time born;
    uint64_t packets, octets; /* sealed */
    struct ik_path path;      /* on which the last one left */
    uint32_t seq;             /* its number */
    uint16_t mtu;             /* check_path.c: what it has heeded of a router; 0: nothing yet */
    ik_time mtu_at;
    bool mtu_found; /* check_probe.c: no router said so */
    bool mtu_cut;   /* it is less than any host takes: all that leaves may be cut */
    struct ik_path mtu_path;
};

/* An IKE message that a node sends, opened. */
struct sim_seen {
    uint16_t node;
    ik_time at;
    const uint8_t *bytes; /* from the IKE header on */
    uint16_t len;
    struct ik_hdr hdr;
    struct sim_sa *sa; /* NULL: it is not protected */
    struct ik_msg msg; /* the whole chain, the inside of SK too */
    struct ik_span iv; /* of SK */
    uint16_t datagram; /* octets of the IP datagram */
    bool df;           /* whose header says that nobody may cut it: a probe */
};

/* A fragment, opened. */
struct sim_piece {
    struct ik_skf skf;
    uint8_t first; /* type of the first payload inside, in fragment 1 */
    struct ik_span iv, text;
};

/* An ESP packet, or one with AH, that a node sends, opened. */
struct sim_sealed {
    uint16_t node;
    ik_time at;
    struct sim_sa *sa;
    const struct ik_path *path;
    uint32_t seq;
    struct ik_span iv;
    const uint8_t *text; /* without trailer */
    uint16_t len;
    uint8_t next_header;
};

/* Memory that a node was lent: no key may stay there. */
struct sim_memory {
    uint16_t node;
    const char *what;
    const uint8_t *p;
    size_t len;
};

enum sim_secret {
    SIM_SECRET_NONE,
    SIM_SECRET_KEY,     /* of an SA */
    SIM_SECRET_PRIVATE, /* value of a key exchange */
    SIM_SECRET_SHARED,  /* g^ir */
    SIM_SECRET_PSK      /* the PSK, its HMAC pads, and prf(PSK, "Key Pad for IKEv2") */
};

#define SIM_SECRET_BITS 18
#define SIM_SECRET_LIST 16 /* bits of the filter that share a list */

/* Eight octets of a secret. */
struct sim_secret_part {
    uint64_t v;
    uint32_t older; /* in its list, counted from 1; 0: none */
    enum sim_secret what;
};

/* Octets that must not be found: parts of keys (check_secrets.h). */
struct sim_secrets {
    struct sim_map known; /* digests of whole secrets */
    struct sim_secret_part *parts;
    uint32_t parts_n, parts_cap;
    uint64_t filter[(1 << SIM_SECRET_BITS) / 64];             /* of the parts */
    uint32_t lists[(1 << SIM_SECRET_BITS) / SIM_SECRET_LIST]; /* the newest of each */
};

/* Limits that the checkers hold nodes to. 0: none. */
struct sim_limits {
    ik_time life;     /* of a Child SA, hard */
    uint64_t packets; /* sealed by one */
    uint64_t octets;
};

/* What is known of a node beside its SAs. */
struct sim_spied {
    uint32_t life;     /* counts restarts */
    bool restored;     /* to a copy of an older self, in this life */
    uint16_t fragment; /* octets of the largest datagram of IKE, if fragments are agreed on */
    const struct ik_config *config;
    bool changed;          /* in the call that runs an SA may have come or gone */
    struct ik_meter meter; /* as it was after the last call */
    uint16_t work_of;      /* IKE SAs that the call may have to do with; 0: one */
    bool rx;               /* a Child SA has opened the packet that is in the node: */
    uint32_t rx_spi, rx_seq;
    bool told; /* a router says, in the call that runs, of what has left on told_path: */
    struct ik_path told_path;
    uint32_t told_spi, told_seq;
    uint16_t told_mtu;
    bool narrow; /* it has heeded such a thing */
};

struct sim_spy {
    void (*fail)(void *ctx, const char *why);
    void *ctx;
    ik_time now; /* of the event that is under way */
    struct sim_limits limits;
    const struct ik_crypto *crypto; /* primitives to open by; NULL: those of the node */
    bool stack;                     /* look at the stack after each call (check_stack.c) */
    struct sim_sa **sas;            /* oldest first; they stay where they are */
    size_t sas_n, sas_cap;
    struct sim_spied *nodes; /* by number */
    size_t nodes_n;
    struct sim_map sa_at; /* (node, life, SPIs) -> the newest of them: index in sas */
    struct sim_map sent;  /* messages: digest of the bytes */
    struct sim_map ivs;   /* check_iv.c */
    struct sim_map keys;
    struct sim_map
        forgiven;         /* keys of SAs of a node that was restored from a copy: it can't know */
    struct sim_map fresh; /* check_fresh.c */
    unsigned esp_spis_again;
    struct sim_map window; /* check_window.c */
    struct sim_talk *talks;
    size_t talks_n, talks_cap;
    struct sim_map named;   /* check_named.c */
    struct sim_map offered; /* check_offered.c */
    struct sim_map tickets; /* check_tickets.c */
    struct sim_map asked;   /* check_first.c: addresses of packets that a node was to send */
    struct sim_map chosen;
    struct sim_choice *choices;
    size_t choices_n, choices_cap;
    struct sim_map pieces; /* check_fragments.c */
    struct sim_set *sets;
    size_t sets_n, sets_cap;
    uint32_t fragments;        /* that nodes sent */
    struct sim_probed *probed; /* check_probe.c */
    size_t probed_n, probed_cap;
    struct sim_map sealed; /* (key, sequence number) -> inner packet */
    struct sim_secrets secrets;
    struct sim_memory *memory;
    size_t memory_n, memory_cap;
    uint32_t opened;    /* SK payloads and ESP packets that nodes sent */
    uint64_t packets;   /* ESP packets that nodes sent */
    uint8_t buf[65536]; /* what is opened */
};

void sim_spy_init(struct sim_spy *spy, void (*fail)(void *ctx, const char *why), void *ctx);
void sim_spy_free(struct sim_spy *spy);
/* A checker's verdict. */
__attribute__((format(printf, 2, 3))) void sim_spy_fail(struct sim_spy *spy, const char *fmt, ...);

/* ---- hooks of a host ------------------------------------------------------------------------- */

/* Memory lent to a node; of the same `what` again: it has moved. */
void sim_spy_memory(struct sim_spy *spy, uint16_t node, const char *what, const void *p,
                    size_t len);
/* Octets of the largest datagram that a node may send where fragments are agreed on; 0: it never
 * agrees. */
void sim_spy_fragment(struct sim_spy *spy, uint16_t node, uint16_t octets);
/* From the trace sink. */
void sim_spy_trace(struct sim_spy *spy, uint16_t node, const struct ik_node *core,
                   const struct ik_trace_rec *rec);
/* The node is about to be given a packet that is to leave (ik_node_tx). A host that never says so
 * is not asked why its nodes ask for narrow selectors first. */
void sim_spy_asked(struct sim_spy *spy, uint16_t node, const uint8_t *packet, uint16_t len);
/* After every call of the node but ik_node_deadline(). */
void sim_spy_called(struct sim_spy *spy, uint16_t node, const struct ik_node *core);
/* The node sends (effect IK_FX_SEND), before it does anything else. df: its header says that nobody
 * may cut it. */
void sim_spy_sent(struct sim_spy *spy, uint16_t node, const struct ik_path *path, bool df,
                  const uint8_t *data, uint16_t len);
/* A datagram is about to be given to the node, whoever made it. */
void sim_spy_arrived(struct sim_spy *spy, uint16_t node, uint8_t carrier, const uint8_t *data,
                     uint16_t len);
/* The node is about to be told that what it sent on that path was too big for a link. */
void sim_spy_too_big(struct sim_spy *spy, uint16_t node, const struct ik_path *path,
                     struct ik_span quoted, uint16_t mtu);
/* The node hands out an inner packet (effect IK_FX_DELIVER). */
void sim_spy_delivered(struct sim_spy *spy, uint16_t node, const uint8_t *data, uint16_t len);
/* The node's clock is ahead by so much from now on. */
void sim_spy_jumped(struct sim_spy *spy, uint16_t node, ik_time span);
/* The node has been wiped. */
void sim_spy_off(struct sim_spy *spy, uint16_t node);
/* The node is a copy of its older self again, with pools of so many. */
void sim_spy_restored(struct sim_spy *spy, uint16_t node, const struct ik_node *core,
                      uint16_t ike_sas, uint16_t child_sas);
/* It is, in this life. */
bool sim_spy_is_restored(const struct sim_spy *spy, uint16_t node);

/* ---- what it knows (spy.c) ------------------------------------------------------------------- */

/* An end of an IKE SA, by the header of a message; NULL: no keys are known there. */
struct sim_sa *sim_spy_ike(const struct sim_spy *spy, uint16_t node, const struct ik_hdr *hdr);
/* The newest Child SA of a node with that SPI of its own (in) or of its peer; a peer that is a copy
 * of its older self draws the SPI a second time: see older. */
struct sim_sa *sim_spy_child(const struct sim_spy *spy, uint16_t node, uint32_t spi, bool in);
uint32_t sim_spy_life(const struct sim_spy *spy, uint16_t node);
/* Is it one by which an IKE SA begins? */
static inline bool sim_spy_opens(uint8_t exchange)
{
    return exchange == IK_EX_IKE_SA_INIT || exchange == IK_EX_IKE_SESSION_RESUME;
}
/* Digest of octets, to be used as a key of a map. */
uint64_t sim_spy_digest(uint64_t seed, const uint8_t *p, size_t len);

/* ---- opening (spy_open.c) -------------------------------------------------------------------- */

/* Opens | aad | IV | text | ICV | in place with the key of a direction; *text_len is that of the
 * whole. False if it does not authenticate. */
bool sim_spy_open(const struct sim_sa *sa, const struct sim_key *encr, const struct sim_key *integ,
                  uint8_t *sealed, uint16_t aad_len, uint16_t len, uint16_t *text_len);
/* Seals in place: the IV is there, text is padded. */
void sim_spy_seal(const struct sim_sa *sa, const struct sim_key *encr, const struct sim_key *integ,
                  uint8_t *msg, uint16_t aad_len, uint16_t text_len);
/* Opens the SK payload of a message of that SA, copied to spy->buf. Not opened: it does not
 * authenticate, or isn't one SK payload. No chain: what is inside can't be parsed. */
enum sim_opened { SIM_NOT_OPENED = 0, SIM_OPENED_NO_CHAIN, SIM_OPENED };
enum sim_opened sim_spy_open_ike(struct sim_spy *spy, const struct sim_sa *sa, const uint8_t *bytes,
                                 uint16_t len, struct ik_msg *out, struct ik_span *iv);
/* Opens a fragment of a message of that SA, copied to spy->buf. */
bool sim_spy_open_piece(struct sim_spy *spy, const struct sim_sa *sa, const uint8_t *bytes,
                        uint16_t len, struct sim_piece *out);
/* Opens an ESP packet that a node sends by that SA; text points into spy->buf. */
bool sim_spy_open_esp(struct sim_spy *spy, struct sim_sa *sa, const uint8_t *data, uint16_t len,
                      struct sim_sealed *out);
/* The same of a packet with AH, from its IP header on (spy_ah.c): that is what path says, too. */
bool sim_spy_open_ah(struct sim_spy *spy, struct sim_sa *sa, const struct ik_path *path,
                     const uint8_t *data, uint16_t len, struct sim_sealed *out);

/* ---- the checkers ---------------------------------------------------------------------------- */

void sim_check_iv_keys(struct sim_spy *spy, const struct sim_sa *sa);
void sim_check_iv_ike(struct sim_spy *spy, const struct sim_seen *m);
void sim_check_iv_esp(struct sim_spy *spy, const struct sim_sealed *p);
void sim_check_fresh(struct sim_spy *spy, const struct sim_seen *m);
/* A message arrives whose header says so; and, if it is not protected or authenticates: it does.
 * msg: NULL if it is not protected, or no chain is inside. */
void sim_check_window_claimed(struct sim_spy *spy, uint16_t node, const struct ik_hdr *hdr);
void sim_check_window_arrived(struct sim_spy *spy, uint16_t node, const struct ik_hdr *hdr,
                              const struct ik_msg *msg);
void sim_check_window_sent(struct sim_spy *spy, const struct sim_seen *m);
void sim_check_named(struct sim_spy *spy, const struct sim_seen *m);
void sim_check_offered(struct sim_spy *spy, const struct sim_seen *m);
void sim_check_first(struct sim_spy *spy, const struct sim_seen *m);
void sim_check_first_free(struct sim_spy *spy);
void sim_check_ticket_shown(struct sim_spy *spy, const struct sim_seen *m);
void sim_check_ticket_up(struct sim_spy *spy, uint16_t node, const uint8_t *spi_i);
/* last: the meter before the call; it is set to the one after. Not to be judged: begin. The next
 * call may have to do with so many IKE SAs: of. */
void sim_check_work_begin(struct ik_meter *last, const struct ik_node *core);
void sim_check_work_of(struct sim_spy *spy, uint16_t node, uint16_t sas);
void sim_check_work(struct sim_spy *spy, uint16_t node, const struct ik_node *core);
/* An IKE message leaves a node, or arrives, in clear: does it say that fragments are taken? */
void sim_check_fragments_init(struct sim_spy *spy, uint16_t node, const struct ik_hdr *hdr,
                              const struct ik_msg *msg);
/* A node sends a whole message, opened. */
void sim_check_fragments_whole(struct sim_spy *spy, const struct sim_seen *m);
/* A fragment is sent by a node, or arrives there and authenticates. True if it is the last that was
 * missing of a message that had not been whole before: then *msg is the chain. */
bool sim_check_fragments_sent(struct sim_spy *spy, struct sim_seen *m);
bool sim_check_fragments_arrived(struct sim_spy *spy, uint16_t node, const struct sim_sa *sa,
                                 const uint8_t *bytes, uint16_t len, struct ik_msg *msg,
                                 bool *parsed);
/* Its datagrams were too big for a path that takes so many octets. And: is that one too big? */
void sim_check_fragments_told(struct sim_spy *spy, uint16_t node, const struct ik_hdr *hdr,
                              uint16_t octets);
void sim_check_fragments_size(struct sim_spy *spy, const struct sim_seen *m);
void sim_check_fragments_free(struct sim_spy *spy);
/* A router is about to say that of ESP or AH; the node says that it heeds it; a packet leaves, of
 * len octets as its host gets it. */
void sim_check_path_told(struct sim_spied *n, const struct ik_path *path, struct ik_span quoted,
                         uint16_t mtu);
void sim_check_path_heeded(struct sim_spy *spy, uint16_t node, struct sim_spied *n, uint32_t spi,
                           uint32_t mtu);
/* Is it a message of ICMP? */
bool sim_check_is_icmp(const uint8_t *ip, uint16_t len);
/* Messages or packets come or go: the path of an SA may be another one by now. */
void sim_check_path_moved(struct sim_spy *spy, uint16_t node, const struct ik_node *core);
void sim_check_path_sent(struct sim_spy *spy, const struct sim_sealed *p, bool df, uint16_t len);
/* A protected message of IKE leaves, each time; one arrives and authenticates; the node says what
 * it has found out: 0: all that it wants to send. */
void sim_check_probe_sent(struct sim_spy *spy, const struct sim_seen *m,
                          const struct ik_path *path);
void sim_check_probe_answered(struct sim_spy *spy, uint16_t node, const struct ik_hdr *hdr);
void sim_check_probe_found(struct sim_spy *spy, uint16_t node, const struct ik_node *core,
                           uint32_t spi, uint32_t mtu);
void sim_check_probe_free(struct sim_spy *spy);
void sim_check_lifetime(struct sim_spy *spy, struct sim_sealed *p);
void sim_check_sealed(struct sim_spy *spy, const struct sim_sealed *p);
void sim_check_opened(struct sim_spy *spy, const struct sim_sa *sa, uint32_t seq,
                      const uint8_t *packet, uint16_t len);
#if IK_PACKET_TS
/* Of a Child SA that was made by an entry with these IK_PFP_* flags. */
void sim_check_populated(struct sim_spy *spy, const struct sim_sa *sa, uint8_t pfp);
#endif

#endif
