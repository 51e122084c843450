/* SPDX-License-Identifier: MIT */
/* Which worker a datagram is for: the function and the kernel's programs say the same; and who
 * sends an inner packet. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "inbox.h"
#include "inner.h"
#include "steer.h"

#define PACKETS 4000

static uint32_t state = 1;

static uint8_t octet(void)
{
    state = state * 1664525u + 1013904223u;
    return (uint8_t)(state >> 24);
}

/* ---- an interpreter of classic BPF, as the kernel runs it -------------------------------------
 */

struct machine {
    const uint8_t *data;
    uint32_t len, a, x;
};

static bool load(const struct machine *m, uint32_t at, unsigned size, uint32_t *out)
{
    if (at > m->len || m->len - at < size)
        return false;
    *out = 0;
    for (unsigned i = 0; i < size; i++)
        *out = *out << 8 | m->data[at + i];
    return true;
}

static uint32_t alu(uint16_t code, uint32_t a, uint32_t b)
{
    switch (BPF_OP(code)) {
    case BPF_RSH:
        return a >> b;
    case BPF_MOD:
        return a % b;
    case BPF_MUL:
        return a * b;
    case BPF_OR:
        return a | b;
    case BPF_XOR:
        return a ^ b;
    default:
        cr_assert(false, "operation %#x", code);
        return 0;
    }
}

static uint32_t run(const struct sock_filter *f, unsigned n, const uint8_t *data, size_t len)
{
    struct machine m = {data, (uint32_t)len, 0, 0};
    for (unsigned i = 0; i < n; i++) {
        uint32_t k = f[i].k, byte;
        switch (f[i].code) {
        case BPF_LD | BPF_W | BPF_ABS:
        case BPF_LD | BPF_W | BPF_IND:
            if (!load(&m, k + (BPF_MODE(f[i].code) == BPF_IND ? m.x : 0), 4, &m.a))
                return 0;
            break;
        case BPF_LD | BPF_B | BPF_ABS:
            if (!load(&m, k, 1, &m.a))
                return 0;
            break;
        case BPF_LDX | BPF_B | BPF_MSH:
            if (!load(&m, k, 1, &byte))
                return 0;
            m.x = (byte & 15) * 4;
            break;
        case BPF_MISC | BPF_TAX:
            m.x = m.a;
            break;
        case BPF_MISC | BPF_TXA:
            m.a = m.x;
            break;
        case BPF_JMP | BPF_JEQ | BPF_K:
            i += m.a == k ? f[i].jt : f[i].jf;
            break;
        case BPF_JMP | BPF_JSET | BPF_K:
            i += (m.a & k) != 0 ? f[i].jt : f[i].jf;
            break;
        case BPF_RET | BPF_A:
            return m.a;
        case BPF_RET | BPF_K:
            return k;
        default:
            cr_assert_eq(BPF_CLASS(f[i].code), BPF_ALU, "%#x", f[i].code);
            m.a = alu(f[i].code, m.a, BPF_SRC(f[i].code) == BPF_X ? m.x : k);
        }
    }
    cr_assert(false, "a program without an end");
    return 0;
}

/* ---- datagrams --------------------------------------------------------------------------------
 */

/* Octets of anything: ESP, IKE with and without SPIr, from either side, cut short. */
static size_t any_datagram(uint8_t carrier, uint8_t *p)
{
    size_t at = carrier == IK_CARRIER_UDP4500 ? 4 : 0;
    for (unsigned i = 0; i < 64; i++)
        p[i] = octet();
    if (octet() < 160)
        memset(p, 0, at);
    if (octet() < 80)
        memset(p + at + IK_SPI_LEN, 0, IK_SPI_LEN);
    return octet() < 32 ? octet() % 40u : 64;
}

Test(steer, the_program_says_what_the_function_says)
{
    static const uint8_t carriers[] = {IK_CARRIER_UDP500, IK_CARRIER_UDP4500};
    static const unsigned workers[] = {2, 3, 4, 7, 64};
    struct sock_filter f[STEER_INSNS];
    uint8_t p[64];
    for (unsigned c = 0; c < 2; c++)
        for (unsigned w = 0; w < 5; w++) {
            unsigned n = steer_program(carriers[c], workers[w], f), seen[64] = {0};
            cr_assert_leq(n, STEER_INSNS);
            for (unsigned i = 0; i < PACKETS; i++) {
                size_t len = any_datagram(carriers[c], p);
                unsigned to = steer_datagram(carriers[c], p, len, workers[w]);
                cr_assert_lt(to, workers[w]);
                cr_assert_eq(run(f, n, p, len), to, "carrier %u, %zu octets", carriers[c], len);
                seen[to]++;
            }
            for (unsigned i = 0; i < workers[w]; i++)
                cr_assert_gt(seen[i], PACKETS / workers[w] / 3, "worker %u of %u", i, workers[w]);
        }
}

static void put_spi(uint8_t *p, unsigned worker, unsigned workers)
{
    for (unsigned i = 0; i < IK_SPI_LEN; i++)
        p[i] = octet();
    unsigned bits = steer_bits(workers);
    p[0] = (uint8_t)((p[0] & (0xffu >> bits)) | worker << (8 - bits));
}

Test(steer, our_spi_names_the_worker)
{
    uint8_t p[64] = {0};
    for (unsigned workers = 2; workers <= 64; workers++)
        for (unsigned w = 0; w < workers; w++) {
            memset(p, 0, sizeof p);
            put_spi(p, w, workers);
            cr_assert_eq(steer_datagram(IK_CARRIER_UDP4500, p, 64, workers), w, "ESP");
            memset(p, 0, 4);
            put_spi(p + 4, (w + 1) % workers, workers);
            put_spi(p + 12, w, workers);
            p[4 + 19] = IK_FLAG_INITIATOR; /* the peer is the initiator: ours is SPIr */
            cr_assert_eq(steer_datagram(IK_CARRIER_UDP4500, p, 64, workers), w, "SPIr");
            cr_assert_eq(steer_datagram(IK_CARRIER_UDP500, p + 4, 60, workers), w, "SPIr, 500");
            p[4 + 19] = IK_FLAG_RESPONSE;
            cr_assert_eq(steer_datagram(IK_CARRIER_UDP4500, p, 64, workers), (w + 1) % workers,
                         "SPIi");
        }
}

Test(steer, what_begins_an_ike_sa_finds_the_same_worker_again)
{
    uint8_t p[100] = {0};
    unsigned seen[2] = {0};
    for (unsigned i = 0; i < 1000; i++) {
        put_spi(p, 0, 2);
        p[18] = IK_EX_IKE_SA_INIT;
        p[19] = IK_FLAG_INITIATOR;
        unsigned to = steer_datagram(IK_CARRIER_UDP500, p, 64, 2);
        for (unsigned k = 20; k < 100; k++)
            p[k] = octet(); /* with a cookie it is another message */
        cr_assert_eq(steer_datagram(IK_CARRIER_UDP500, p, 100, 2), to);
        cr_assert_not(steer_is_for_all(IK_CARRIER_UDP500, p, 100));
        seen[to]++;
    }
    cr_assert_gt(seen[0], 400);
    cr_assert_gt(seen[1], 400);
    p[18] =
        IK_EX_INFORMATIONAL; /* INVALID_SPI outside of all IKE SAs: whose that is nobody knows */
    cr_assert(steer_is_for_all(IK_CARRIER_UDP500, p, 100));
}

Test(steer, each_packet_of_a_raw_socket_is_taken_by_one)
{
    struct sock_filter f[STEER_INSNS];
    uint8_t p[80];
    for (unsigned round = 0; round < 500; round++) {
        bool ah = round % 2, v6 = round % 4 > 1;
        unsigned taken = 0, head = v6 ? 0 : 20 + round % 3 * 4;
        for (unsigned i = 0; i < sizeof p; i++)
            p[i] = octet();
        p[0] = v6 ? p[0] : (uint8_t)(0x40 | head / 4);
        uint32_t spi = (uint32_t)p[head + 4u * ah] << 24;
        for (unsigned w = 0; w < 3; w++) {
            unsigned n = steer_filter(ah ? IK_CARRIER_AH : IK_CARRIER_ESP, v6 ? 6 : 4, w, 3, f);
            bool takes = run(f, n, p, sizeof p) != 0;
            taken += takes;
            cr_assert_eq(takes, steer_spi(spi, 3) == w);
        }
        cr_assert_eq(taken, 1);
    }
}

/* ---- by the kernel ----------------------------------------------------------------------------
 */

#define SOCKETS 3

static int receiver(const int *fds)
{
    struct pollfd p[SOCKETS];
    for (unsigned i = 0; i < SOCKETS; i++)
        p[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    cr_assert_eq(poll(p, SOCKETS, 5000), 1);
    for (unsigned i = 0; i < SOCKETS; i++)
        if (p[i].revents != 0) {
            uint8_t rest[100];
            cr_assert_geq(recv(fds[i], rest, sizeof rest, 0), 0);
            return (int)i;
        }
    return -1;
}

Test(steer, the_kernel_hands_it_to_that_worker)
{
    struct sockets s[SOCKETS];
    char err[200] = "";
    int fds[SOCKETS], out = socket(AF_INET, SOCK_DGRAM, 0);
    struct sockets_wish wish = {.one_port = true, .shared = SOCKETS_FIRST};
    cr_assert(host_addr_parse("127.0.0.1", &wish.local));
    for (unsigned i = 0; i < SOCKETS; i++) {
        cr_assert(sockets_open(&s[i], &wish, err, sizeof err), "%s", err);
        const struct sock *k = sockets_find(&s[i], IK_CARRIER_UDP4500, 4);
        wish.shared = SOCKETS_FURTHER;
        wish.port = k->port;
        fds[i] = k->fd;
        cr_assert(steer_attach(&s[i], i, SOCKETS));
    }
    struct sockets_wish alone = wish;
    struct sockets other;
    alone.shared = SOCKETS_FIRST; /* another daemon of the same user, with workers of its own */
    cr_assert_not(sockets_open(&other, &alone, err, sizeof err));
    struct sockaddr_in to = {
        .sin_family = AF_INET, .sin_port = htons(wish.port), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    for (unsigned i = 0; i < 500; i++) {
        uint8_t p[64];
        size_t len = any_datagram(IK_CARRIER_UDP4500, p);
        cr_assert_eq(sendto(out, p, len, 0, (struct sockaddr *)&to, sizeof to), (ssize_t)len);
        cr_assert_eq((unsigned)receiver(fds), steer_datagram(IK_CARRIER_UDP4500, p, len, SOCKETS),
                     "%zu octets", len);
    }
    for (unsigned i = 0; i < SOCKETS; i++)
        sockets_close(&s[i]);
    close(out);
}

/* ---- inner packets ----------------------------------------------------------------------------
 */

static struct ik_ts ts(const char *text)
{
    struct ik_ts out;
    cr_assert(host_ts_parse(text, &out), "%s", text);
    return out;
}

static unsigned sender(struct inner *t, const char *from, const char *to)
{
    uint8_t p[40] = {0};
    struct ik_addr a, b;
    cr_assert(host_addr_parse(from, &a) && host_addr_parse(to, &b));
    p[0] = (uint8_t)(a.family << 4);
    memcpy(p + (a.family == 4 ? 12 : 8), a.b, a.family == 4 ? 4 : 16);
    memcpy(p + (a.family == 4 ? 16 : 24), b.b, b.family == 4 ? 4 : 16);
    return inner_worker(t, p, sizeof p, 9);
}

static void up(struct inner *t, unsigned worker, uint16_t child, const char *local,
               const char *remote)
{
    struct ik_ts l = ts(local), r = ts(remote);
    inner_up(t, worker, child, &l, 1, &r, 1);
}

Test(inner, who_has_the_sa_sends)
{
    struct inner t;
    cr_assert(inner_open(&t, 3, 10));
    cr_assert_eq(sender(&t, "10.2.0.1", "10.1.0.1"), 9);
    up(&t, 1, 0, "10.2.0.0/16", "10.1.0.0/24");
    up(&t, 2, 0, "10.2.0.0/16", "10.1.0.7");
    up(&t, 0, 4, "fd00:2::/64", "fd00:1::/64");
    cr_assert_eq(sender(&t, "10.2.0.1", "10.1.0.1"), 1);
    cr_assert_eq(sender(&t, "10.2.0.1", "10.1.0.7"), 2, "the longer prefix");
    cr_assert_eq(sender(&t, "10.3.0.1", "10.1.0.1"), 9, "another local address");
    cr_assert_eq(sender(&t, "fd00:2::1", "fd00:1::1"), 0);
    up(&t, 2, 3, "10.2.0.0/16", "10.1.0.0/24");
    cr_assert_eq(sender(&t, "10.2.0.1", "10.1.0.1"), 2, "the newest");
    inner_down(&t, 2, 3);
    cr_assert_eq(sender(&t, "10.2.0.1", "10.1.0.1"), 1, "the one before");
    inner_down(&t, 1, 0);
    cr_assert_eq(sender(&t, "10.2.0.1", "10.1.0.1"), 9);
    cr_assert_eq(inner_worker(&t, (const uint8_t *)"\x45", 1, 9), 9, "too short");
    cr_assert_eq(inner_worker(&t, (const uint8_t *)"", 0, 9), 9);
    inner_close(&t);
}

Test(inner, who_would_set_it_up_while_there_is_none)
{
    struct inner t;
    struct ik_policy p = {.ts_local_n = 1, .ts_remote_n = 1};
    p.ts_local[0] = ts("10.2.0.0/16");
    p.ts_remote[0] = ts("10.1.0.0/24");
    cr_assert(inner_open(&t, 3, 10));
    up(&t, 2, 1, "10.2.0.0/16", "10.1.0.0/24");
    inner_wait(&t, 1, &p);
    cr_assert_eq(sender(&t, "10.2.0.1", "10.1.0.1"), 2, "an SA comes before what waits");
    inner_down(&t, 2, 1);
    cr_assert_eq(sender(&t, "10.2.0.1", "10.1.0.1"), 1);
    inner_wait(&t, 0, &p);
    cr_assert_eq(sender(&t, "10.2.0.1", "10.1.0.1"), 0, "the first policy, which is told last");
    inner_wait_no_more(&t);
    cr_assert_eq(sender(&t, "10.2.0.1", "10.1.0.1"), 9);
    inner_close(&t);
}

static bool claim(struct inner *t, unsigned worker, uint16_t child, uint8_t who, const char *local,
                  const char *remote)
{
    uint8_t id[16] = {who};
    struct ik_ts l = ts(local), r = ts(remote);
    const struct ik_export_child x = {
        .ts_local_n = 1, .ts_remote_n = 1, .ts_local = &l, .ts_remote = &r};
    const struct ik_claim wants = {3, id, &l, &r};
    bool before = inner_claimed(t, worker, &wants);
    inner_up(t, worker, child, &l, 1, &r, 1);
    bool good = inner_claim(t, worker, child, 3, id, &x);
    cr_assert_eq(good, !before);
    return good;
}

Test(inner, what_another_identity_has_in_another_worker)
{
    struct inner t;
    cr_assert(inner_open(&t, 3, 10));
    cr_assert(claim(&t, 0, 0, 'a', "10.2.0.0/24", "10.1.0.5-10.1.0.6"));
    cr_assert_not(claim(&t, 1, 0, 'b', "10.2.0.0/24", "10.1.0.6"));
    cr_assert_eq(sender(&t, "10.2.0.1", "10.1.0.6"), 0, "whose claim came too late gets no packet");
    cr_assert_not(claim(&t, 1, 0, 'b', "10.2.0.7", "10.1.0.6-10.1.0.20"), "fewer addresses here");
    cr_assert_not(claim(&t, 1, 0, 'b', "10.2.0.0/16", "10.1.0.1-10.1.0.5"), "more of them");
    cr_assert(claim(&t, 1, 0, 'b', "10.2.0.0/24", "10.1.0.7"), "in the prefix, not in the range");
    cr_assert(claim(&t, 1, 1, 'b', "10.3.0.0/24", "10.1.0.5"), "from elsewhere");
    cr_assert(claim(&t, 1, 2, 'a', "10.2.0.0/24", "10.1.0.5"), "the same identity");
    inner_renumber(&t, 0, 0, 4);
    inner_renumber(&t, 1, 2, 4);
    cr_assert(claim(&t, 2, 0, 'b', "10.2.0.0/24", "10.1.0.5"), "by another entry: an SPD's matter");
    inner_down(&t, 2, 0);
    inner_down(&t, 0, 0);
    inner_down(&t, 1, 2);
    cr_assert(claim(&t, 2, 0, 'c', "10.2.0.0/24", "10.1.0.5-10.1.0.6"), "free again");
    inner_close(&t);
}

Test(inner, thousands_of_sas_and_all_lengths)
{
    struct inner t;
    char text[40];
    cr_assert(inner_open(&t, 4, 6000));
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < 5000; i++) {
            snprintf(text, sizeof text, "10.%u.%u.1", i >> 8, i & 255);
            up(&t, i % 4, (uint16_t)i, "0.0.0.0/0", text);
        }
        for (unsigned i = 0; i < 5000; i++) {
            snprintf(text, sizeof text, "10.%u.%u.1", i >> 8, i & 255);
            cr_assert_eq(sender(&t, "192.0.2.1", text), i % 4);
        }
        cr_assert_eq(t.shapes_n, 1);
        for (unsigned i = 0; i < 5000; i++)
            inner_down(&t, i % 4, (uint16_t)i);
        cr_assert_eq(t.shapes_n, 0);
        cr_assert_eq(t.used, 5000, "places are used again");
    }
    /* More shapes than are kept apart: found all the same. */
    for (unsigned i = 0; i < 128; i++) {
        snprintf(text, sizeof text, "%x::/%u", 0x2000 + i, 17 + i % 100);
        up(&t, i % 4, (uint16_t)i, i % 2 ? "fd00::/16" : "fd00:1::/32", text);
    }
    for (unsigned i = 0; i < 40; i++) {
        snprintf(text, sizeof text, "%x::1", 0x2000 + i);
        cr_assert_eq(sender(&t, "fd00:1::1", text), i % 4, "%u", i);
    }
    cr_assert_leq(t.shapes_n, INNER_SHAPES);
    for (unsigned i = 0; i < 128; i++)
        inner_down(&t, i % 4, (uint16_t)i);
    cr_assert_eq(t.shapes_n, 0);
    inner_close(&t);
}

/* ---- inbox ------------------------------------------------------------------------------------
 */

Test(inbox, all_in_order_and_no_more_than_fits)
{
    struct inbox b;
    static uint8_t data[100000];
    uint8_t *got;
    size_t at = 0, len;
    unsigned n = 0;
    cr_assert(inbox_open(&b));
    for (;; n++) {
        const struct inbox_item item = {.kind = INBOX_INNER, .len = 1000 + n * 3000};
        data[0] = (uint8_t)n;
        if (!inbox_put(&b, &item, data))
            break;
    }
    cr_assert_gt(n, 15);
    len = inbox_take(&b);
    for (unsigned i = 0; i < n; i++) {
        const struct inbox_item *item = inbox_next(&b, &at, &got);
        cr_assert_eq(item->len, 1000 + i * 3000);
        cr_assert_eq(got[0], i);
    }
    cr_assert_eq(at, len);
    cr_assert_eq(inbox_take(&b), 0);
    inbox_close(&b);
}
