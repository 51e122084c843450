/* SPDX-License-Identifier: MIT */
/*
 * The pools that the host lends, and SPIs. An SPI of ours says which shard of the host has the SA,
 * and which slot of its pool; all other bits are random:
 *
 *     | shard | random | slot |
 *
 * So look-up is one comparison (RFC 7296 2.6: messages are mapped to SAs by SPI only).
 */
#include "ike/ike.h"

/* ---- one block of memory -------------------------------------------------------------------- */

static uint16_t or_else(uint16_t asked, uint32_t usual)
{
    if (asked != 0) {
        return asked;
    }
    return usual < IK_NO_SLOT ? (uint16_t)usual : IK_NO_SLOT - 1;
}

/* A piece of the block; before there is one, only where it would end. */
static void *piece(uint8_t *memory, size_t *at, size_t n, size_t size)
{
    const size_t to = sizeof(uint64_t);
    size_t from = *at;
    *at = from + (n * size + to - 1) / to * to;
    return memory != NULL ? memory + from : NULL;
}

static size_t lay(struct ik_host *h, const struct ik_sizes *s, uint8_t *memory)
{
    size_t at = 0;
    h->ike_sas_n = s->ike_sas;
    h->child_sas_n = s->child_sas;
    h->handshakes_n = or_else(s->handshakes, s->ike_sas);
    h->tasks_n = or_else(s->tasks, 2u * s->ike_sas + s->child_sas);
    h->buffers_n = or_else(s->buffers, 4u * s->ike_sas);
    h->ike_sas = piece(memory, &at, h->ike_sas_n, sizeof *h->ike_sas);
    h->child_sas = piece(memory, &at, h->child_sas_n, sizeof *h->child_sas);
    h->handshakes = piece(memory, &at, h->handshakes_n, sizeof *h->handshakes);
    h->tasks = piece(memory, &at, h->tasks_n, sizeof *h->tasks);
    h->buffers = piece(memory, &at, h->buffers_n, sizeof *h->buffers);
#if IK_SHORT_MAX > 0
    h->shorts_n = s->shorts;
    h->shorts = piece(memory, &at, s->shorts, IK_SHORT_BUFFER);
#endif
#if IK_MORE
    h->child_more_n = or_else(s->child_more, s->child_sas);
    h->child_more = piece(memory, &at, h->child_more_n, sizeof *h->child_more);
#endif
#if IK_PREPARE
    h->prepared_n = s->prepared;
    h->prepared = piece(memory, &at, s->prepared, sizeof *h->prepared);
#endif
#if IK_REPLAY_MAX > 64
    h->windows_n = s->windows;
    h->window_packets = s->windows != 0 ? s->window_packets : 0;
    h->windows = piece(memory, &at, s->windows, h->window_packets / 8u);
#endif
#if IK_INDEX
    h->spd_n = s->policies;
    h->spd = s->policies != 0 ? piece(memory, &at, s->policies, sizeof *h->spd) : NULL;
#endif
#if IK_FRAGMENT
    h->reassemblies_n = s->reassemblies;
    h->reassemblies = piece(memory, &at, s->reassemblies, sizeof *h->reassemblies);
    h->fragment = s->reassemblies != 0 ? piece(memory, &at, 1, sizeof *h->fragment) : NULL;
#endif
#if IK_PROBE
    h->probes_n = s->probes ? s->ike_sas : 0;
    h->probes = piece(memory, &at, h->probes_n, sizeof *h->probes);
#endif
#if IK_HOLD
    h->held_n = s->held;
    h->held = piece(memory, &at, s->held, sizeof *h->held);
#endif
    return at;
}

size_t ik_host_size(const struct ik_sizes *sizes)
{
    struct ik_host none;
    return lay(&none, sizes, NULL);
}

void ik_host_lay(struct ik_host *host, const struct ik_sizes *sizes, void *memory)
{
    (void)lay(host, sizes, memory);
}

#if IK_LINKED
IK_OUT_OF_LINE struct ik_task *ik_task_at(const struct ik_node *node, ik_slot slot)
{
    (void)node;
    return slot == 0 ? &ik_linked_tasks[0] : &ik_linked_tasks[1];
}
#endif

void ik_pools_init(struct ik_node *node)
{
    const struct ik_host *h = ik_host_of(node);
    memset(h->ike_sas, 0, ik_ike_n(node) * sizeof *h->ike_sas);
#if IK_ONE
    memset(h->handshakes, 0, h->handshakes_n * sizeof *h->handshakes);
#else
    node->handshakes_fresh = 0;
#endif
    memset(h->tasks, 0, h->tasks_n * sizeof *h->tasks);
    node->handshake_free = node->task_free = IK_NO_SLOT;
#if IK_KEY_AHEAD
    node->ahead = IK_NO_SLOT;
#if IK_REKEY
    node->ahead_at = IK_MS_NONE;
#endif
#endif
    ik_buffers_init(node);
    /* From the last to the first, so that the first is the first to go. */
#if !IK_ONE
    node->ike_free = node->dead_first = node->dead_last = IK_NO_SLOT;
    for (uint16_t i = ik_ike_n(node); i-- > 0;) {
        struct ik_ike_sa *sa = ik_ike_at(node, i);
        sa->slot = i;
        for (uint8_t kind = 0; kind < IK_INDEX_N; kind++) {
            sa->sched.by[kind].bucket = IK_NO_SLOT;
        }
        sa->children = node->ike_free; /* a free one: the next of these */
        node->ike_free = i;
    }
#endif
#if IK_RESPONDER
    node->half_first = node->half_last = IK_NO_SLOT;
    node->handshakes_left = h->handshakes_n;
#endif
#if IK_FRAGMENT
    ik_reassembly_init(node);
#endif
#if IK_ONE
    for (uint16_t i = h->handshakes_n; i-- > 0;) {
        h->handshakes[i].next = node->handshake_free;
        node->handshake_free = i;
    }
#endif
    for (uint16_t i = h->tasks_n; i-- > 0;) {
        h->tasks[i].next = node->task_free;
        node->task_free = i;
    }
}

/* ---- IKE SAs -------------------------------------------------------------------------------- */

/* How many low bits of an SPI name its slot. */
static uint16_t slot_mask(const struct ik_node *node)
{
    uint16_t m = (uint16_t)(ik_ike_n(node) - 1u);
    for (uint8_t shift = 1; shift < 16; shift = (uint8_t)(shift * 2)) {
        m |= (uint16_t)(m >> shift);
    }
    return m;
}

static void draw_spi(struct ik_node *node, struct ik_ike_sa *sa)
{
    uint8_t *spi = sa->initiator ? sa->spi_i : sa->spi_r;
    uint16_t m = slot_mask(node);
    ik_drbg_bytes(&node->env, spi, IK_SPI_LEN);
#if IK_ONE
    spi[0] |= 0x80; /* an SPI is never 0 (3.1) */
#else
    uint8_t bits = node->host.shard_bits;
    spi[0] = (uint8_t)((spi[0] & (0xffu >> bits)) | (unsigned)node->host.shard << (8 - bits));
    spi[bits != 0] |= 0x80;
#endif
    ik_put16(spi + 6, (uint16_t)((ik_get16(spi + 6) & ~m) | sa->slot));
}

#if IK_ONE

static void blank(struct ik_ike_sa *sa)
{
    ik_wipe(sa, sizeof *sa);
}

/* A dead one only keeps its last response. */
static bool available(struct ik_node *node)
{
    struct ik_ike_sa *sa = ik_ike_at(node, 0);
    if (sa->state == IK_IKE_DEAD && !ik_event_waits(sa)) {
        ik_dead_free(node, sa);
    }
    return sa->state == IK_IKE_FREE;
}

static struct ik_ike_sa *take(struct ik_node *node)
{
    return available(node) ? ik_ike_at(node, 0) : NULL;
}

static void give(struct ik_node *node, struct ik_ike_sa *sa)
{
    (void)node, (void)sa;
}

#else

/* Zeroes an SA but for what of the tables lies in it. */
static void blank(struct ik_ike_sa *sa)
{
    struct ik_sched s = sa->sched;
    ik_slot slot = sa->slot;
    ik_wipe(sa, sizeof *sa);
    sa->sched.at = s.at;
    sa->sched.cell = s.cell;
    for (uint8_t kind = 0; kind < IK_INDEX_N; kind++) {
        sa->sched.by[kind].bucket = s.by[kind].bucket;
    }
    sa->sched.place = IK_NO_SLOT;
    sa->slot = slot;
}

/* The oldest of the dead that only keep their last response gives way to the living. */
static void reclaim(struct ik_node *node)
{
    for (ik_slot at = node->dead_first; at != IK_NO_SLOT; at = ik_ike_at(node, at)->dead_next) {
        struct ik_ike_sa *sa = ik_ike_at(node, at);
        if (!ik_event_waits(sa)) {
            ik_dead_free(node, sa);
            return;
        }
    }
}

static struct ik_ike_sa *take(struct ik_node *node)
{
    if (node->ike_free == IK_NO_SLOT) {
        reclaim(node);
    }
    if (node->ike_free == IK_NO_SLOT) {
        return NULL;
    }
    struct ik_ike_sa *sa = ik_ike_at(node, node->ike_free);
    node->ike_free = sa->children;
    return sa;
}

static void give(struct ik_node *node, struct ik_ike_sa *sa)
{
    sa->children = node->ike_free;
    node->ike_free = sa->slot;
    node->ike_used--;
}

#endif

struct ik_ike_sa *ik_ike_alloc(struct ik_node *node, bool initiator)
{
    struct ik_ike_sa *sa = take(node);
    if (sa == NULL) {
        return NULL;
    }
#if !IK_ONE
    node->ike_used++;
    sa->dead_next = IK_NO_SLOT;
#endif
#if !IK_LINKED
    sa->generation = ++node->generations;
#endif
    sa->initiator = initiator;
    sa->children = sa->tasks = sa->handshake = IK_NO_SLOT;
    sa->peer = sa->policy = IK_NO_SLOT;
#if IK_FRAGMENT
    sa->reassembly = IK_NO_SLOT;
#endif
    sa->window.responses = IK_NO_SLOT;
    ik_charge(&node->env, IK_COST_IKE_SA, 1);
#if IK_PROBE
    ik_probe_begin(node, sa);
#endif
    draw_spi(node, sa);
    ik_ike_state(node, sa, IK_IKE_OPENING);
    ik_touch(node, sa);
    return sa;
}

void ik_ike_free(struct ik_node *node, struct ik_ike_sa *sa)
{
    ik_ike_state(node, sa, IK_IKE_FREE);
    ik_unschedule(node, sa);
    ik_index_take_all(node, sa);
    blank(sa);
    give(node, sa);
}

struct ik_ike_sa *ik_ike_find(const struct ik_node *node, const struct ik_hdr *hdr)
{
    /* 2.6: the Initiator flag tells which of the two SPIs the receiver gave out. */
    bool we_began = (hdr->flags & IK_FLAG_INITIATOR) == 0;
    const uint8_t *spi = we_began ? hdr->spi_i : hdr->spi_r;
    uint16_t slot = ik_get16(spi + 6) & slot_mask(node);
    if (slot >= ik_ike_n(node)) {
        return NULL;
    }
    struct ik_ike_sa *sa = ik_ike_at(node, slot);
    if (sa->state == IK_IKE_FREE || sa->initiator != we_began) {
        return NULL;
    }
    return ik_ct_eq(we_began ? sa->spi_i : sa->spi_r, spi, IK_SPI_LEN) ? sa : NULL;
}

void ik_ike_state(struct ik_node *node, struct ik_ike_sa *sa, enum ik_ike_state state)
{
    if (sa->state == state) {
        return;
    }
    ik_about(&node->env, sa->slot);
    ik_trace(&node->env, IK_TR_IKE_STATE, sa->state, state);
    sa->state = (uint8_t)state;
}

/* ---- handshakes ----------------------------------------------------------------------------- */

#if IK_ONE
static ik_slot free_handshake(struct ik_node *node)
{
    return node->handshake_free;
}
#else
/* One that was given back, else one whose memory was never touched. */
static ik_slot free_handshake(struct ik_node *node)
{
    if (node->handshake_free == IK_NO_SLOT && node->handshakes_fresh < node->host.handshakes_n) {
        ik_slot slot = node->handshakes_fresh++;
        ik_handshake_at(node, slot)->next = IK_NO_SLOT;
        return slot;
    }
    return node->handshake_free;
}
#endif

struct ik_handshake *ik_handshake_take(struct ik_node *node)
{
    ik_slot slot = free_handshake(node);
    if (slot == IK_NO_SLOT) {
        return NULL;
    }
    struct ik_handshake *hs = ik_handshake_at(node, slot);
    node->handshake_free = hs->next;
#if IK_RESPONDER
    node->handshakes_left--;
#endif
    memset(hs, 0, sizeof *hs);
    hs->slot = slot;
    hs->ike = IK_NO_SLOT;
    hs->next = hs->task = hs->message[0] = hs->message[1] = hs->kept.buffer = IK_NO_SLOT;
#if IK_REKEY
    hs->child = hs->old = hs->new_ike = hs->rival = IK_NO_SLOT;
#endif
    return hs;
}

void ik_handshake_join(struct ik_ike_sa *sa, struct ik_handshake *hs)
{
    hs->ike = sa->slot;
#if IK_REKEY
    hs->sibling = sa->handshake;
#endif
    sa->handshake = hs->slot;
}

#if IK_KEY_AHEAD
static bool handshake_left(const struct ik_node *node)
{
#if !IK_ONE
    if (node->handshakes_fresh < node->host.handshakes_n) {
        return true;
    }
#endif
    return node->handshake_free != IK_NO_SLOT;
}
#endif

struct ik_handshake *ik_handshake_lend(struct ik_node *node, struct ik_ike_sa *sa)
{
#if IK_KEY_AHEAD
    if (!handshake_left(node)) {
        ik_ahead_give_way(node);
    }
#endif
    struct ik_handshake *hs = ik_handshake_take(node);
    if (hs != NULL) {
        ik_handshake_join(sa, hs);
    }
    return hs;
}

/* Takes it out of its SA's list. */
static void leave(struct ik_node *node, struct ik_handshake *hs)
{
    ik_slot *link = &ik_ike_at(node, hs->ike)->handshake;
#if IK_REKEY
    while (*link != hs->slot) {
        link = &ik_handshake_at(node, *link)->sibling;
    }
#endif
    *link = ik_handshake_next(node, hs->slot);
}

#if IK_RESUME && IK_RESPONDER
static void leave_ticket(struct ik_node *node, const struct ik_handshake *hs)
{
    if (hs->resumed && hs->ticket < node->host.tickets_n &&
        node->host.tickets[hs->ticket].opening > 0) {
        node->host.tickets[hs->ticket].opening--;
    }
}
#endif

void ik_handshake_return(struct ik_node *node, ik_slot slot)
{
    if (slot == IK_NO_SLOT) {
        return;
    }
    struct ik_handshake *hs = ik_handshake_at(node, slot);
    if (hs->ike != IK_NO_SLOT) {
#if IK_RESPONDER
        ik_half_open_take(node, hs);
#endif
        leave(node, hs);
    }
    for (uint8_t i = 0; i < 2; i++) {
        ik_buffer_drop(node, &hs->message[i]);
    }
    ik_buffer_drop(node, &hs->kept.buffer);
#if IK_RESUME && IK_RESPONDER
    leave_ticket(node, hs);
#endif
#if IK_REKEY
    if (hs->new_ike != IK_NO_SLOT) {
        ik_sa_end_silent(node, ik_ike_at(node, hs->new_ike)); /* nothing came of it */
        hs->new_ike = IK_NO_SLOT;
    }
#endif
    if (hs->job_place == IK_JOB_OUT) {
        /* Its memory is the host's until he gives it back: he is told. */
        hs->job.kind = IK_JOB_NONE;
        hs->ike = IK_NO_SLOT;
        ik_wipe(hs->seed, sizeof hs->seed);
        ik_wipe(hs->sk_p, sizeof hs->sk_p);
        return;
    }
    ik_wipe(hs, sizeof *hs);
    hs->next = node->handshake_free;
    node->handshake_free = slot;
#if IK_RESPONDER
    node->handshakes_left++;
#endif
}

/* ---- tasks ---------------------------------------------------------------------------------- */

ik_slot ik_task_alloc(struct ik_node *node)
{
    ik_slot slot = node->task_free;
    if (slot != IK_NO_SLOT) {
        struct ik_task *task = ik_task_at(node, slot);
        node->task_free = task->next;
        memset(task, 0, sizeof *task);
        task->next = task->ike = task->child = task->request = IK_NO_SLOT;
#if IK_REKEY
        task->handshake = IK_NO_SLOT;
#endif
    }
    return slot;
}

void ik_task_free(struct ik_node *node, ik_slot slot)
{
    struct ik_task *task = ik_task_at(node, slot);
    ik_buffer_drop(node, &task->request);
    memset(task, 0, sizeof *task);
    task->next = node->task_free;
    node->task_free = slot;
}
