/* SPDX-License-Identifier: MIT */
/*
 * Messages that leave in fragments (RFC 7383 2.5):
 *
 *     HDR(MID=n), SKF(NextPld=PLD1, Frag#=1, TotalFrags=m) {...}  -->
 *     HDR(MID=n), SKF(NextPld=0,    Frag#=2, TotalFrags=m) {...}  -->
 *     ...
 *     HDR(MID=n), SKF(NextPld=0,    Frag#=m, TotalFrags=m) {...}  -->
 *
 * What does not get through is cut anew, in smaller ones (2.5.2). Such a message is kept as plain
 * text, and its fragments are sealed one by one as they leave.
 */
#include "ike/msg/msg.h"

#if IK_FRAGMENT

#define SK_HEAD 4  /* the generic header */
#define SKF_HEAD 8 /* with number and total */
#define UDP_HEAD 8
#define IP4_HEAD 20
#define IP6_HEAD 40
#define CBC_IV_LEN 16
#define PROBES 3  /* transmissions before a request is cut smaller (2.5.2: "several") */
#define REPEATS 3 /* of a request, before its response is */

/* 2.5.1, 2.5.2: what is tried after the size of the configuration. */
static const uint16_t steps[] = {1280, 576};

bool ik_fragment_offered(const struct ik_node *node, const struct ik_peer *peer)
{
    return peer->fragment != 0 && node->host.reassemblies_n > 0 && node->host.fragment != NULL;
}

void ik_fragment_agree(const struct ik_node *node, const struct ik_rx *rx,
                       const struct ik_peer *peer)
{
    struct ik_notify n;
    bool both = ik_fragment_offered(node, peer) &&
                ik_notify_find(&rx->m, IK_N_IKEV2_FRAGMENTATION_SUPPORTED, &n);
    rx->sa->route.fragment = both ? peer->fragment : 0;
}

/* ---- sizes ---------------------------------------------------------------------------------- */

/* Octets of a datagram before the IKE header; the marker counts always, for it may come to be
 * needed. */
static uint16_t before(const struct ik_path *path)
{
    return (uint16_t)((ik_is_v4(path->remote.family) ? IP4_HEAD : IP6_HEAD) + UDP_HEAD +
                      IK_MARKER_LEN);
}

/* Octets of a message around its text; without padding. */
static uint16_t around(const struct ik_ike_sa *sa, uint16_t head)
{
    struct ik_seal_key key = ik_sk_key(sa, sa->initiator);
    return (uint16_t)(IK_HDR_LEN + head + key.encr->iv_len + ik_seal_icv_len(&key));
}

/* How much text there is room for, whole blocks less the octet of the pad length. */
static uint16_t chunk_in(const struct ik_ike_sa *sa, uint16_t datagram)
{
    uint16_t room = (uint16_t)(datagram - before(&sa->route.path) - around(sa, SKF_HEAD));
    uint16_t block = sa->suite.encr->block;
    return (uint16_t)((room & ~(block - 1u)) - 1u);
}

/* Octets of the datagram with the whole message, of so much text. */
static uint32_t whole_size(const struct ik_ike_sa *sa, uint16_t text_len)
{
    uint16_t block = sa->suite.encr->block;
    uint32_t padded = (text_len + (uint32_t)block) & ~(block - 1u);
    return before(&sa->route.path) + around(sa, SK_HEAD) + padded;
}

uint16_t ik_fragment_datagram(const struct ik_rx *rx)
{
    uint32_t len = (uint32_t)before(rx->path) + rx->len;
    return len < UINT16_MAX ? (uint16_t)len : UINT16_MAX;
}

/* ---- cutting -------------------------------------------------------------------------------- */

static uint16_t text_len(const struct ik_buffer *b)
{
    return (uint16_t)(b->len - b->pieces.text_at);
}

static uint16_t total_of(uint16_t text, uint16_t chunk)
{
    return (uint16_t)((text + chunk - 1u) / chunk);
}

/* Each fragment has an IV of its own: counters are set aside, or what they are made of is drawn. */
static void cut(struct ik_node *node, struct ik_ike_sa *sa, struct ik_buffer *b, uint16_t datagram)
{
    struct ik_pieces *p = &b->pieces;
    p->chunk = chunk_in(sa, datagram);
    p->total = total_of(text_len(b), p->chunk);
    p->sent = 0;
    p->sealed = sa->keys.sealed;
    sa->keys.sealed += p->total;
    if (sa->suite.encr->iv_len == CBC_IV_LEN) {
        ik_drbg_bytes(&node->env, p->seed, sizeof p->seed);
    }
    ik_trace(&node->env, IK_TR_FRAGMENTS, datagram, p->total);
}

#if IK_PROBE
static bool leaves_whole(const struct ik_draft *d)
{
    return d->whole;
}
#else
static bool leaves_whole(const struct ik_draft *d)
{
    (void)d;
    return false;
}
#endif

bool ik_fragment_draft(struct ik_node *node, struct ik_ike_sa *sa, struct ik_draft *d)
{
    struct ik_chain *c = &d->c;
    uint16_t text = (uint16_t)(c->w.len - c->text_at);
    if (sa->route.fragment == 0 || leaves_whole(d) || !ik_wr_ok(&c->w) ||
        whole_size(sa, text) <= sa->route.fragment) {
        return false;
    }
    struct ik_buffer *b = ik_buffer_at(node, d->buffer);
    b->len = c->w.len;
    b->pieces.text_at = c->text_at;
    cut(node, sa, b, sa->route.fragment);
    return true;
}

/* The plain text of a message of ours that left whole. */
static bool unseal(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_buffer *b)
{
    uint8_t *msg = b->b + IK_MARKER_LEN;
    struct ik_msg m;
    struct ik_span inner;
    if (ik_msg_parse(msg, b->len, &m) != IK_OK || ik_msg_find(&m, IK_PL_SK) == NULL ||
        ik_sk_open_msg(&node->env, sa, &m, msg, &inner) != IK_OK) {
        return false;
    }
    b->pieces.text_at = (uint16_t)(inner.p - msg);
    ik_wipe(msg + b->pieces.text_at + inner.len, (size_t)(b->len - b->pieces.text_at - inner.len));
    b->len = (uint16_t)(b->pieces.text_at + inner.len);
    return true;
}

/* Octets of text, of a message that is whole or not. */
static uint16_t text_in(const struct ik_ike_sa *sa, const struct ik_buffer *b)
{
    return b->pieces.total != 0 ? text_len(b) : (uint16_t)(b->len - around(sa, SK_HEAD));
}

/* 2.5.2: "the sender MUST ensure that the value in the Total Fragments field is really
 * increased". */
static bool worth_it(const struct ik_ike_sa *sa, const struct ik_buffer *b, uint16_t datagram)
{
    uint16_t text = text_in(sa, b);
    if (b->pieces.total == 0) {
        return (uint32_t)before(&sa->route.path) + b->len > datagram;
    }
    return total_of(text, chunk_in(sa, datagram)) > b->pieces.total;
}

/* The next size below that of the SA with which the message has more fragments; 0: there is none.
 */
static uint16_t next_size(const struct ik_ike_sa *sa, const struct ik_buffer *b)
{
    for (uint8_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (steps[i] < sa->route.fragment && worth_it(sa, b, steps[i])) {
            return steps[i];
        }
    }
    return 0;
}

static bool cut_anew(struct ik_node *node, struct ik_ike_sa *sa, struct ik_buffer *b,
                     uint16_t datagram)
{
    if (b->pieces.total == 0 && !unseal(node, sa, b)) {
        return false;
    }
    cut(node, sa, b, datagram);
    return true;
}

#if IK_PROBE
/* The marker that counts above, and is not there. */
static uint16_t unmarked(const struct ik_ike_sa *sa)
{
    return sa->route.path.carrier == IK_CARRIER_UDP4500 ? 0 : IK_MARKER_LEN;
}

uint16_t ik_fragment_text(const struct ik_ike_sa *sa, uint16_t datagram)
{
    uint16_t block = sa->suite.encr->block;
    uint16_t room =
        (uint16_t)(datagram + unmarked(sa) - before(&sa->route.path) - around(sa, SK_HEAD));
    return (uint16_t)((room & ~(block - 1u)) - 1u);
}

uint16_t ik_fragment_whole(const struct ik_ike_sa *sa, uint16_t text)
{
    return (uint16_t)(whole_size(sa, text) - unmarked(sa));
}

bool ik_fragment_cut(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task,
                     uint16_t datagram)
{
    struct ik_buffer *b = ik_buffer_at(node, task->request);
    return worth_it(sa, b, datagram) && cut_anew(node, sa, b, datagram);
}
#endif

static bool keyed(const struct ik_ike_sa *sa)
{
    return sa->route.fragment != 0 && (sa->flags & IK_SA_KEYED) != 0;
}

bool ik_fragment_retry(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task)
{
    uint8_t most = node->config->retransmit.tries;
    uint8_t probes = most != 0 && most < PROBES ? most : PROBES;
    if (!keyed(sa) || task->tries < probes || task->exchange->type == IK_EX_IKE_SA_INIT) {
        return false;
    }
    struct ik_buffer *b = ik_buffer_at(node, task->request);
    uint16_t size = next_size(sa, b);
    if (size == 0 || !cut_anew(node, sa, b, size)) {
        return false;
    }
    sa->route.fragment = size;
    ik_count(&node->env, IK_COUNT_IKE_RETRANSMITTED);
    return true;
}

void ik_fragment_learn(struct ik_ike_sa *sa, uint16_t datagram)
{
    if (datagram < sa->route.fragment) {
        sa->route.fragment = datagram > IK_FRAGMENT_LEAST ? datagram : IK_FRAGMENT_LEAST;
    }
}

void ik_fragment_repeat(struct ik_node *node, struct ik_ike_sa *sa, struct ik_buffer *response)
{
    struct ik_pieces *p = &response->pieces;
    uint16_t size = sa->route.fragment;
    if (!keyed(sa)) {
        return;
    }
    if (!worth_it(sa, response, size) && ++p->repeats % REPEATS == 0) {
        size = next_size(sa, response);
    }
    if (size != 0 && worth_it(sa, response, size) && cut_anew(node, sa, response, size)) {
        sa->route.fragment = size;
    }
}

/* ---- told by a router (2.5.2) ---------------------------------------------------------------- */

/* No path is narrower than this: what any host of IPv4 takes, and any link of IPv6 (RFC 791, RFC
 * 8200 5). */
static uint16_t least_of(const struct ik_path *path)
{
    return ik_is_v4(path->remote.family) ? 576 : 1280;
}

/*
 * RFC 4301 8.2: anybody can say so. To be heeded, what comes back has to be of a message of ours:
 * with our SPI, which who does not see the path has to guess.
 */
static struct ik_ike_sa *sender_of(const struct ik_node *node, const uint8_t *msg)
{
    struct ik_hdr hdr;
    memcpy(&hdr, msg, offsetof(struct ik_hdr, flags) + 1u);
    hdr.flags ^= IK_FLAG_INITIATOR; /* found as a message that came would be */
    return ik_ike_find(node, &hdr);
}

/* Is none of its datagrams larger? */
static bool fits(const struct ik_ike_sa *sa, const struct ik_buffer *b, uint16_t datagram)
{
    return b->pieces.total != 0 ? b->pieces.chunk <= chunk_in(sa, datagram)
                                : !worth_it(sa, b, datagram);
}

/* The size in which a request is to leave that does not fit any more; 0: there is none. If it would
 * be as many fragments as before, which 2.5.2 forbids, one more. */
static uint16_t size_below(const struct ik_ike_sa *sa, const struct ik_buffer *b, uint16_t size)
{
    uint16_t room = chunk_in(sa, size), total = b->pieces.total;
    if (worth_it(sa, b, size)) {
        return size;
    }
    uint16_t chunk = (uint16_t)(text_len(b) / (total + 1u));
    size = (uint16_t)(size - (room - chunk) - sa->suite.encr->block);
    return size >= IK_FRAGMENT_LEAST && worth_it(sa, b, size) ? size : 0;
}

/* A request that is out and does not fit any more: a probe of another size begins. */
static void probe_anew(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task,
                       uint16_t most)
{
    bool out = task->phase == IK_TASK_SENT || task->phase == IK_TASK_SEND;
    if (!out || task->request == IK_NO_SLOT || task->exchange->type == IK_EX_IKE_SA_INIT) {
        return;
    }
    struct ik_buffer *b = ik_buffer_at(node, task->request);
    if (fits(sa, b, most)) {
        return;
    }
    uint16_t size = size_below(sa, b, most < sa->route.fragment ? most : sa->route.fragment);
    if (size != 0 && cut_anew(node, sa, b, size)) {
        task->tries = 0;
        task->phase = IK_TASK_SEND;
        ik_count(&node->env, IK_COUNT_IKE_RETRANSMITTED);
        ik_touch(node, sa);
    }
}

void ik_fragment_too_big(struct ik_node *node, const struct ik_path *path, struct ik_span quoted,
                         uint16_t mtu)
{
    static const uint8_t marker[IK_MARKER_LEN];
    uint16_t at = path->carrier == IK_CARRIER_UDP4500 ? IK_MARKER_LEN : 0;
    uint16_t size = mtu > least_of(path) ? mtu : least_of(path);
    if ((path->carrier != IK_CARRIER_UDP500 && path->carrier != IK_CARRIER_UDP4500) ||
        quoted.len < at + IK_HDR_LEN || !ik_ct_eq(quoted.p, marker, at)) {
        return;
    }
    struct ik_ike_sa *sa = sender_of(node, quoted.p + at);
    if (sa == NULL) {
        ik_drop(&node->env, IK_DROP_TOO_BIG, quoted.len);
        return;
    }
    if (!keyed(sa)) {
        return;
    }
    if (size < sa->route.fragment) {
        sa->route.fragment = size;
        ik_count(&node->env, IK_COUNT_TOO_BIG);
    }
    for (ik_slot t = sa->tasks; t != IK_NO_SLOT; t = ik_task_at(node, t)->next) {
        probe_anew(node, sa, ik_task_at(node, t), size);
    }
}

/* ---- leaving -------------------------------------------------------------------------------- */

static void put_iv(struct ik_node *node, const struct ik_ike_sa *sa, const struct ik_pieces *p,
                   uint8_t *iv)
{
    uint8_t number[2], full[32];
    uint8_t len = sa->suite.encr->iv_len;
    if (len == CBC_IV_LEN) {
        ik_put16(number, p->sent);
        const struct ik_span parts[] = {{p->seed, sizeof p->seed}, {number, sizeof number}};
        ik_sha256(&node->env, parts, 2, full);
        memcpy(iv, full, CBC_IV_LEN);
    } else if (len == 8) {
        ik_put64(iv, (uint64_t)p->sealed + p->sent);
    }
}

/* Header and SKF with the text that is its turn; not sealed yet. */
static void put(const struct ik_ike_sa *sa, const struct ik_buffer *b, struct ik_chain *c,
                uint8_t *out)
{
    const uint8_t *msg = b->b + IK_MARKER_LEN;
    const struct ik_pieces *p = &b->pieces;
    uint16_t at = (uint16_t)(p->text_at + (p->sent - 1u) * p->chunk);
    uint16_t left = (uint16_t)(b->len - at);
    struct ik_hdr hdr = {.version = msg[17], .exchange = msg[18], .flags = msg[19]};
    memcpy(hdr.spi_i, msg, IK_SPI_LEN);
    memcpy(hdr.spi_r, msg + IK_SPI_LEN, IK_SPI_LEN);
    hdr.msgid = ik_get32(msg + 20);
    ik_msg_begin(c, out, IK_MSG_MAX, &hdr);
    ik_sk_open(c, sa->suite.encr->iv_len, p->sent, p->total);
    ik_wr_bytes(&c->w, msg + at, left < p->chunk ? left : p->chunk);
}

struct ik_buffer *ik_fragment_next(struct ik_node *node, struct ik_ike_sa *sa, struct ik_buffer *b)
{
    struct ik_seal_key key = ik_sk_key(sa, sa->initiator);
    struct ik_buffer *out = node->host.fragment;
    struct ik_pieces *p = &b->pieces;
    struct ik_chain c;
    struct ik_sealed s = {.msg = out->b + IK_MARKER_LEN};
    p->sent = (uint16_t)(p->sent == p->total ? 1 : p->sent + 1u);
    put(sa, b, &c, s.msg);
    put_iv(node, sa, p, s.msg + c.iv_at);
    ik_sk_close(&c, p->sent == 1 ? b->b[IK_MARKER_LEN + IK_HDR_LEN] : IK_PL_NONE,
                sa->suite.encr->block, ik_seal_icv_len(&key), &s.aad_len, &s.text_len);
    IK_ASSERT(ik_wr_ok(&c.w));
    ik_seal_by_iv(&node->env, &key, &s);
    ik_count(&node->env, IK_COUNT_FRAGMENTS_OUT);
    out->len = c.w.len;
    return out;
}

struct ik_buffer *ik_fragment_due(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    ik_slot slot = keyed(sa) ? sa->window.responses : IK_NO_SLOT;
    while (slot != IK_NO_SLOT && !ik_buffer_at(node, slot)->pieces.due) {
        slot = ik_buffer_at(node, slot)->next;
    }
    return slot == IK_NO_SLOT ? NULL : ik_buffer_at(node, slot);
}

#endif
