/* SPDX-License-Identifier: MIT */
/* Pools that are lent: their division, their ends, who is found by which SPI, who gives way. */
#include "bare.h"

/* ---- one block of memory --------------------------------------------------------------------- */

#define PIECES 9

struct laid {
    const char *name;
    const void *p;
    size_t n;
};

static void assert_pieces(const struct ik_host *h, const uint8_t *memory, size_t size)
{
    const struct laid of[PIECES] = {
        {"IKE SAs", h->ike_sas, h->ike_sas_n * sizeof *h->ike_sas},
        {"Child SAs", h->child_sas, h->child_sas_n * sizeof *h->child_sas},
        {"handshakes", h->handshakes, h->handshakes_n * sizeof *h->handshakes},
        {"tasks", h->tasks, h->tasks_n * sizeof *h->tasks},
        {"buffers", h->buffers, h->buffers_n * sizeof *h->buffers},
        {"short buffers", h->shorts, h->shorts_n * IK_SHORT_BUFFER},
        {"more", h->child_more, h->child_more_n * sizeof *h->child_more},
        {"windows", h->windows, (size_t)h->windows_n * h->window_packets / 8},
        {"policies", h->spd, h->spd_n * sizeof *h->spd}};
    size_t at = 0;
    for (unsigned i = 0; i < PIECES; i++) {
        if (of[i].n == 0) {
            continue;
        }
        size_t from = (size_t)((const uint8_t *)of[i].p - memory);
        cr_assert_eq(from % sizeof(uint64_t), 0, "%s are not aligned", of[i].name);
        cr_assert_geq(from, at, "%s begin in what is before", of[i].name);
        cr_assert_lt(from - at, sizeof(uint64_t), "%s leave a gap", of[i].name);
        at = from + of[i].n;
    }
    cr_assert_leq(at, size, "%zu of %zu octets", at, size);
    cr_assert_lt(size - at, sizeof(uint64_t));
}

static void lay(const struct ik_sizes *sizes, struct ik_host *h)
{
    size_t size = ik_host_size(sizes);
    uint8_t *memory = malloc(size);
    cr_assert_not_null(memory);
    ik_host_lay(h, sizes, memory);
    assert_pieces(h, memory, size);
    free(memory);
}

Test(pool, block_is_divided)
{
    struct ik_host h = {.node_id = 7, .shard = 1, .shard_bits = 2};
    lay(&(struct ik_sizes){.ike_sas = 1, .child_sas = 1}, &h);
    cr_assert_eq(h.handshakes_n, 1);
    cr_assert_eq(h.tasks_n, 3);
    cr_assert_eq(h.buffers_n, 4);
    cr_assert_eq(h.child_more_n, 1);
    cr_assert_eq(h.windows_n | h.window_packets | h.spd_n, 0);
    cr_assert_null(h.spd);
    cr_assert(h.node_id == 7 && h.shard == 1 && h.shard_bits == 2, "the rest is left alone");
    const struct ik_sizes sizes = {.ike_sas = 3,
                                   .child_sas = 5,
                                   .handshakes = 2,
                                   .tasks = 7,
                                   .buffers = 11,
                                   .child_more = 3,
                                   .windows = 3,
                                   .window_packets = 128,
                                   .policies = 9};
    lay(&sizes, &h);
    cr_assert(h.ike_sas_n == 3 && h.child_sas_n == 5 && h.handshakes_n == 2 && h.tasks_n == 7 &&
              h.buffers_n == 11 && h.child_more_n == 3 && h.windows_n == 3 &&
              h.window_packets == 128 && h.spd_n == 9);
}

/* "As many as never to be short of" are no more than can be numbered. */
Test(pool, largest_pools)
{
    const struct ik_sizes sizes = {.ike_sas = 0xfffe, .child_sas = 0xfffe};
    struct ik_host h;
    cr_assert_gt(ik_host_size(&sizes), (size_t)0xfffe * sizeof(struct ik_buffer));
    ik_host_lay(&h, &sizes, NULL);
    cr_assert_eq(h.tasks_n, 0xfffe);
    cr_assert_eq(h.buffers_n, 0xfffe);
    cr_assert_eq(h.handshakes_n, 0xfffe);
    cr_assert_eq(h.child_more_n, 0xfffe);
}

/* Blocks of many sizes: neither too small nor too large. */
Test(pool, any_sizes)
{
    struct bare *b = bare_of(1);
    for (unsigned i = 0; i < 300; i++) {
        struct ik_host h;
        const struct ik_sizes sizes = {.ike_sas = (uint16_t)(1 + bare_draw(b, 20)),
                                       .child_sas = (uint16_t)(1 + bare_draw(b, 20)),
                                       .handshakes = (uint16_t)bare_draw(b, 20),
                                       .tasks = (uint16_t)bare_draw(b, 20),
                                       .buffers = (uint16_t)bare_draw(b, 20),
                                       .shorts = (uint16_t)bare_draw(b, 20),
                                       .child_more = (uint16_t)bare_draw(b, 4),
                                       .windows = (uint16_t)bare_draw(b, 4),
                                       .window_packets = (uint16_t)(64u << bare_draw(b, 6)),
                                       .policies = (uint16_t)bare_draw(b, 10)};
        lay(&sizes, &h);
    }
    bare_free(b);
}

/* A node of that size does its work there, and nowhere else. */
Test(pool, whole_node_in_one_block)
{
    const struct ik_sizes sizes = {.ike_sas = 3, .child_sas = 2};
    struct bare *b = bare_new(&sizes);
    bare_start(b);
    sound(&b->node);
    sound_assert_empty(&b->node);
    ik_node_wipe(&b->node);
    bare_free(b);
}

/* ---- ends of pools --------------------------------------------------------------------------- */

Test(pool, each_gives_what_it_has)
{
    const uint16_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 255, 256, 257};
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct bare *b = bare_of(sizes[i]);
        struct ik_node *node = &b->node;
        for (ik_slot k = 0; k < sizes[i]; k++) {
            struct ik_ike_sa *sa = ik_ike_alloc(node, true);
            cr_assert_not_null(sa);
            cr_assert_eq(sa->slot, k, "the first is the first to go");
            cr_assert_eq(sa->state, IK_IKE_OPENING);
            cr_assert_not_null(ik_handshake_lend(node, sa));
            cr_assert_eq(node->ike_used, k + 1);
        }
        cr_assert_null(ik_ike_alloc(node, true));
        cr_assert_null(ik_ike_alloc(node, false));
        cr_assert_null(ik_handshake_lend(node, ik_ike_at(node, 0)));
        bare_free(b);
    }
}

Test(pool, tasks_and_buffers_give_what_they_have)
{
    struct bare *b =
        bare_new(&(struct ik_sizes){.ike_sas = 1, .child_sas = 1, .tasks = 5, .buffers = 6});
    bare_start(b);
    ik_slot buffers[6];
    for (unsigned i = 0; i < 5; i++) {
        ik_slot slot = ik_task_alloc(&b->node);
        cr_assert_eq(slot, i);
        const struct ik_task *task = ik_task_at(&b->node, slot);
        cr_assert(task->request == IK_NO_SLOT && task->child == IK_NO_SLOT &&
                  task->next == IK_NO_SLOT && task->ike == IK_NO_SLOT);
        cr_assert_eq(ik_task_slot(&b->node, task), i);
    }
    cr_assert_eq(ik_task_alloc(&b->node), IK_NO_SLOT);
    for (unsigned i = 0; i < 6; i++) {
        cr_assert(ik_buffer_left(&b->node));
        buffers[i] = ik_buffer_alloc(&b->node);
        cr_assert_eq(buffers[i], i);
    }
    cr_assert_not(ik_buffer_left(&b->node));
    cr_assert_eq(ik_buffer_alloc(&b->node), IK_NO_SLOT);
    ik_buffer_drop(&b->node, &buffers[3]);
    cr_assert_eq(buffers[3], IK_NO_SLOT);
    ik_buffer_drop(&b->node, &buffers[3]); /* none: nothing happens */
    cr_assert_eq(ik_buffer_alloc(&b->node), 3);
    cr_assert_eq(ik_buffer_alloc(&b->node), IK_NO_SLOT);
    bare_free(b);
}

static bool is_rubbish(const void *p, size_t len)
{
    const uint8_t *octets = p;
    for (size_t i = 0; i < len; i++) {
        if (octets[i] != 0xa5) {
            return false;
        }
    }
    return true;
}

/* Memory that nothing was lent from costs a host nothing: handshakes are two kilobytes each. */
Test(pool, what_was_never_taken_is_not_touched)
{
    struct bare *b = bare_of(8);
    const struct ik_host *h = &b->host;
    cr_assert(is_rubbish(h->handshakes, 8 * sizeof *h->handshakes));
    struct ik_ike_sa *sa = ik_ike_alloc(&b->node, true);
    ik_handshake_return(&b->node, ik_handshake_lend(&b->node, sa)->slot);
    cr_assert_eq(ik_handshake_lend(&b->node, sa)->slot, 0, "what was given back goes first");
    cr_assert_eq(ik_handshake_lend(&b->node, sa)->slot, 1);
    ik_node_wipe(&b->node);
    cr_assert(is_rubbish(&h->handshakes[2], 6 * sizeof *h->handshakes));
    bare_free(b);
}

/* What a buffer held is gone when it is free; what a task held goes with it. */
Test(pool, what_is_given_back_is_wiped)
{
    struct bare *b = bare_of(1);
    struct ik_node *node = &b->node;
    struct ik_ike_sa *sa = ik_ike_alloc(node, true);
    struct ik_handshake *hs = ik_handshake_lend(node, sa);
    ik_slot task = ik_task_alloc(node);
    ik_slot of[4];
    for (unsigned i = 0; i < 4; i++) {
        of[i] = ik_buffer_alloc(node);
        ik_buffer_at(node, of[i])->len = 50;
        memset(ik_buffer_at(node, of[i])->b, 0x5a, 4 + 50);
    }
    ik_task_at(node, task)->request = of[0];
    hs->message[0] = of[1];
    hs->message[1] = of[2];
    hs->kept.buffer = of[3];
    memset(&hs->job, 0x5a, sizeof hs->job);
    memset(hs->seed, 0x5a, sizeof hs->seed);
    memset(hs->sk_p, 0x5a, sizeof hs->sk_p);
    hs->job_place = IK_JOB_IDLE;
    ik_task_free(node, task);
    cr_assert_eq(sound_free_buffers(node, NULL), 1);
    ik_handshake_return(node, sa->handshake);
    sa->handshake = IK_NO_SLOT;
    cr_assert_eq(sound_free_buffers(node, NULL), 4);
    cr_assert_eq(sound_free_tasks(node, NULL), b->host.tasks_n);
    for (unsigned i = 0; i < 4; i++) {
        for (unsigned k = 0; k < 54; k++) {
            cr_assert_eq(node->host.buffers[i].b[k], 0);
        }
    }
    for (size_t i = 0; i < sizeof *hs; i++) {
        bool link = i >= offsetof(struct ik_handshake, next) &&
                    i < offsetof(struct ik_handshake, next) + sizeof hs->next;
        cr_assert(link || ((uint8_t *)hs)[i] == 0);
    }
    memset(&sa->keys, 0x5a, sizeof sa->keys);
    memset(sa->peer_id, 0x5a, sizeof sa->peer_id);
    ik_ike_free(node, sa);
    for (size_t i = offsetof(struct ik_ike_sa, peer); i < sizeof *sa; i++) {
        cr_assert_eq(((uint8_t *)sa)[i], 0);
    }
    sound_assert_empty(node);
    sound(node);
    bare_free(b);
}

/* The host has its job: the memory is his until he gives it back. */
Test(pool, handshake_whose_job_is_out)
{
    struct bare *b = bare_of(1);
    struct ik_node *node = &b->node;
    struct ik_ike_sa *sa = ik_ike_alloc(node, false);
    struct ik_handshake *hs = ik_handshake_lend(node, sa);
    struct ik_effect fx;
    hs->exchange = &ik_exchange_init_r;
    hs->job = (struct ik_job){.id = 1u << 16, .kind = IK_JOB_KE_ANSWER, .dh = &ik_dh_x25519};
    hs->job_place = IK_JOB_DUE;
    memset(hs->sk_p, 0x5a, sizeof hs->sk_p);
    cr_assert(ik_node_poll(node, b->now, &fx));
    cr_assert_eq(fx.kind, IK_FX_JOB);
    cr_assert_eq(fx.job, &hs->job);
    ik_sa_end_silent(node, sa);
    cr_assert_not(ik_node_poll(node, b->now, &fx));
    cr_assert_eq(node->ike_used, 0);
    cr_assert_eq(hs->job.kind, IK_JOB_NONE);
    cr_assert_eq(hs->sk_p[0][0], 0);
    sound(node);
    /* Another one has the slot meanwhile, and gets no handshake. */
    sa = ik_ike_alloc(node, false);
    cr_assert_eq(sa->slot, 0);
    cr_assert_null(ik_handshake_lend(node, sa));
    ik_node_job_done(node, b->now, &hs->job);
    cr_assert_eq(ik_handshake_lend(node, sa), hs);
    ik_node_job_done(node, b->now, &hs->job); /* once more: it is nobody's job now */
    cr_assert_eq(sa->handshake, 0);
    sound(node);
    bare_free(b);
}

/* ---- SPIs ------------------------------------------------------------------------------------ */

static struct ik_hdr from_peer_of(const struct ik_ike_sa *sa)
{
    struct ik_hdr hdr = {.flags = sa->initiator ? 0 : IK_FLAG_INITIATOR};
    memcpy(hdr.spi_i, sa->spi_i, 8);
    memcpy(hdr.spi_r, sa->spi_r, 8);
    return hdr;
}

Test(pool, found_by_spi)
{
    static const uint8_t zero[8];
    const uint16_t sizes[] = {1, 2, 3, 5, 8, 9, 300};
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct bare *b = bare_of(sizes[i]);
        for (ik_slot k = 0; k < sizes[i]; k++) {
            struct ik_ike_sa *sa = ik_ike_alloc(&b->node, k % 2 == 0);
            uint8_t *ours = sa->initiator ? sa->spi_i : sa->spi_r;
            cr_assert_neq(memcmp(ours, zero, 8), 0);
            cr_assert_eq(memcmp(sa->initiator ? sa->spi_r : sa->spi_i, zero, 8), 0);
        }
        for (ik_slot k = 0; k < sizes[i]; k++) {
            struct ik_ike_sa *sa = ik_ike_at(&b->node, k);
            struct ik_hdr hdr = from_peer_of(sa);
            cr_assert_eq(ik_ike_find(&b->node, &hdr), sa);
            /* The peer's half is none of ours: who looks at it looks later. */
            (sa->initiator ? hdr.spi_r : hdr.spi_i)[3] ^= 1;
            cr_assert_eq(ik_ike_find(&b->node, &hdr), sa);
            for (unsigned bit = 0; bit < 64; bit++) {
                struct ik_hdr other = from_peer_of(sa);
                (sa->initiator ? other.spi_i : other.spi_r)[bit / 8] ^= (uint8_t)(1u << bit % 8);
                cr_assert_null(ik_ike_find(&b->node, &other), "bit %u", bit);
            }
            hdr.flags ^= IK_FLAG_INITIATOR;
            cr_assert_null(ik_ike_find(&b->node, &hdr));
        }
        /* Not after its end; and the next one of the slot has another. */
        struct ik_ike_sa *sa = ik_ike_at(&b->node, 0);
        struct ik_hdr hdr = from_peer_of(sa);
        ik_ike_free(&b->node, sa);
        cr_assert_null(ik_ike_find(&b->node, &hdr));
        cr_assert_eq(ik_ike_alloc(&b->node, true), sa);
        cr_assert_null(ik_ike_find(&b->node, &hdr));
        bare_free(b);
    }
}

/* But for slot and shard all bits are random. */
Test(pool, random_bits_of_spis)
{
    for (uint8_t bits = 0; bits <= 8; bits++) {
        struct bare *b = bare_new(&(struct ik_sizes){.ike_sas = 5, .child_sas = 1});
        uint8_t ones[8] = {0}, zeros[8] = {0};
        b->host.shard_bits = bits;
        b->host.shard = (uint16_t)(0xa5u & ((1u << bits) - 1u));
        bare_start(b);
        for (unsigned i = 0; i < 200; i++) {
            struct ik_ike_sa *sa = ik_ike_alloc(&b->node, i % 2 == 0);
            const uint8_t *spi = sa->initiator ? sa->spi_i : sa->spi_r;
            cr_assert_eq((spi[0] << 8 | spi[1]) >> (16 - bits), b->host.shard, "%u bits", bits);
            cr_assert_eq(spi[7] & 7, sa->slot);
            for (unsigned k = 0; k < 8; k++) {
                ones[k] |= spi[k];
                zeros[k] |= (uint8_t)~spi[k];
            }
            ik_ike_free(&b->node, sa);
        }
        /* Fixed are: the shard, the slot (it was 0 always), and one that makes it other than 0. */
        unsigned fixed = 0;
        for (unsigned k = 0; k < 64; k++) {
            fixed += (ones[k / 8] & zeros[k / 8] & 1u << k % 8) == 0;
        }
        cr_assert_eq(fixed, bits + 3u + 1u);
        bare_free(b);
    }
}

Test(pool, shards_that_are_none)
{
    struct bare *b = bare_new(&(struct ik_sizes){.ike_sas = 5, .child_sas = 1});
    b->host.shard_bits = 9;
    cr_assert_eq(ik_node_init(&b->node, &b->config, &b->host, 0), IK_ERR_CONFIG);
    b->host.shard_bits = 2;
    b->host.shard = 4;
    cr_assert_eq(ik_node_init(&b->node, &b->config, &b->host, 0), IK_ERR_CONFIG);
    b->host.shard = 3;
    cr_assert_eq(ik_node_init(&b->node, &b->config, &b->host, 0), IK_OK);
    bare_free(b);
}

/* ---- those that give way --------------------------------------------------------------------- */

/* As if it had answered a Delete: dead, and its response kept. */
static struct ik_ike_sa *dead(struct bare *b)
{
    ik_enter(&b->node, b->now);
    struct ik_ike_sa *sa = ik_ike_alloc(&b->node, false);
    cr_assert_not_null(sa);
    struct ik_rx rx = {.sa = sa};
    ik_window_init(&b->node, sa);
    ik_slot response = ik_buffer_alloc(&b->node);
    ik_buffer_at(&b->node, response)->msgid = 0;
    ik_buffer_at(&b->node, response)->len = 30;
    ik_window_keep(&b->node, sa, response);
    ik_sa_end_answering(&b->node, &rx, IK_WHY_DELETED_PEER, 0);
    cr_assert_eq(sa->state, IK_IKE_DEAD);
    return sa;
}

static unsigned drain(struct bare *b)
{
    struct ik_effect fx;
    unsigned n = 0;
    while (ik_node_poll(&b->node, b->now, &fx)) {
        n++;
    }
    cr_assert_gt(ik_node_deadline(&b->node), b->now);
    sound(&b->node);
    return n;
}

/* The oldest of the dead gives way to the living, but only when it has told all. */
Test(pool, the_oldest_of_the_dead_gives_way)
{
    struct bare *b = bare_of(3);
    for (unsigned i = 0; i < 3; i++) {
        dead(b);
    }
    sound(&b->node);
    cr_assert_null(ik_ike_alloc(&b->node, true), "they have something to tell");
    cr_assert_eq(drain(b), 3);
    cr_assert_eq(b->node.ike_used, 3);
    for (ik_slot i = 0; i < 3; i++) {
        struct ik_ike_sa *sa = ik_ike_alloc(&b->node, true);
        cr_assert_not_null(sa);
        cr_assert_eq(sa->slot, i);
        cr_assert_eq(sa->flags, 0);
        sound(&b->node);
    }
    cr_assert_null(ik_ike_alloc(&b->node, true));
    cr_assert_eq(sound_free_buffers(&b->node, NULL), b->host.buffers_n);
    bare_free(b);
}

/* One in the midst that was told of before the first. */
Test(pool, the_dead_go_in_any_order)
{
    struct bare *b = bare_of(3);
    for (unsigned i = 0; i < 3; i++) {
        dead(b)->events = i == 0;
    }
    struct ik_ike_sa *sa = ik_ike_alloc(&b->node, true);
    cr_assert_eq(sa->slot, 1);
    sound(&b->node);
    sa = ik_ike_alloc(&b->node, true);
    cr_assert_eq(sa->slot, 2);
    sound(&b->node);
    cr_assert_eq(b->node.dead_first, 0);
    cr_assert_eq(b->node.dead_last, 0);
    cr_assert_null(ik_ike_alloc(&b->node, true));
    cr_assert_eq(drain(b), 1);
    cr_assert_eq(ik_ike_alloc(&b->node, true)->slot, 0);
    cr_assert_eq(b->node.dead_first, IK_NO_SLOT);
    sound(&b->node);
    bare_free(b);
}

/* Otherwise they stay as long as a peer may repeat his request: four first waits. */
Test(pool, the_dead_stay_for_a_while)
{
    struct bare *b = bare_of(3);
    dead(b);
    drain(b);
    b->now += IK_SECOND;
    dead(b);
    drain(b);
    cr_assert_eq(ik_node_deadline(&b->node), b->now + 3 * IK_SECOND);
    b->now += 3 * IK_SECOND;
    drain(b);
    cr_assert_eq(b->node.ike_used, 1);
    cr_assert_eq(ik_node_deadline(&b->node), b->now + IK_SECOND);
    b->now += IK_SECOND;
    drain(b);
    sound_assert_empty(&b->node);
    cr_assert_eq(ik_node_deadline(&b->node), IK_NEVER);
    bare_free(b);
}

/* ---- all together ---------------------------------------------------------------------------- */

/* Lends, gives back, ends in any order: nothing is lost, nothing is in two places. */
Test(pool, any_order)
{
    struct bare *b = bare_new(&(struct ik_sizes){
        .ike_sas = 7, .child_sas = 1, .handshakes = 4, .tasks = 9, .buffers = 12});
    bare_start(b);
    struct ik_node *node = &b->node;
    for (unsigned i = 0; i < 20000; i++) {
        struct ik_ike_sa *sa = ik_ike_at(node, (ik_slot)bare_draw(b, 7));
        bool alive = sa->state != IK_IKE_FREE && sa->state != IK_IKE_DEAD;
        switch (bare_draw(b, 8)) {
        case 0:
        case 1:
            sa = ik_ike_alloc(node, bare_draw(b, 2) != 0);
            if (sa != NULL) {
                ik_window_init(node, sa);
            }
            break;
        case 2:
            if (alive && sa->handshake == IK_NO_SLOT) {
                (void)ik_handshake_lend(node, sa);
            }
            break;
        case 3:
            if (alive) {
                (void)ik_task_add(node, sa, &ik_exchange_informational);
            }
            break;
        case 4:
            if (alive && ik_buffer_left(node)) {
                ik_slot response = ik_buffer_alloc(node);
                ik_buffer_at(node, response)->msgid = i;
                ik_buffer_at(node, response)->len = 9;
                ik_window_keep(node, sa, response);
            }
            break;
        case 5:
            if (alive) {
                ik_handshake_return(node, sa->handshake);
                sa->handshake = IK_NO_SLOT;
            }
            break;
        case 6:
            if (alive) {
                ik_sa_end_silent(node, sa);
            }
            break;
        default:
            if (sa->window.responses != IK_NO_SLOT && alive) {
                struct ik_rx rx = {.sa = sa};
                rx.m.hdr.msgid = ik_buffer_at(node, sa->window.responses)->msgid;
                ik_sa_end_answering(node, &rx, IK_WHY_NONE, 0);
            }
            break;
        }
        sound(node);
        if (bare_draw(b, 3) == 0) {
            b->now += bare_draw(b, 2000) * IK_MS;
            drain(b);
        }
    }
    for (ik_slot i = 0; i < 7; i++) {
        if (ik_ike_at(node, i)->state != IK_IKE_FREE) {
            ik_sa_end_silent(node, ik_ike_at(node, i));
        }
    }
    drain(b);
    sound_assert_empty(node);
    bare_free(b);
}
