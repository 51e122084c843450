/* SPDX-License-Identifier: MIT */
#include "steer.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#ifndef SO_ATTACH_REUSEPORT_CBPF
#define SO_ATTACH_REUSEPORT_CBPF 51
#endif

/* Offsets in the header (RFC 7296 3.1), and what a hash is made of. */
#define EXCHANGE_AT 18
#define FLAGS_AT 19
#define GOLDEN 0x9e3779b1u
#define HASH_SHIFT 16

uint8_t steer_bits(unsigned workers)
{
    uint8_t bits = 0;
    while (1u << bits < workers)
        bits++;
    return bits;
}

unsigned steer_spi(uint32_t spi, unsigned workers)
{
    return workers < 2 ? 0 : (spi >> (32 - steer_bits(workers))) % workers;
}

static uint32_t word(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* The IKE message in a datagram; NULL: it is none. */
static const uint8_t *ike_in(uint8_t carrier, const uint8_t *data, size_t len)
{
    size_t at = carrier == IK_CARRIER_UDP4500 ? 4 : 0;
    if (len <= at + FLAGS_AT || (at > 0 && word(data) != 0))
        return NULL;
    return data + at;
}

unsigned steer_datagram(uint8_t carrier, const uint8_t *data, size_t len, unsigned workers)
{
    const uint8_t *ike = ike_in(carrier, data, len);
    if (ike == NULL)
        return carrier == IK_CARRIER_UDP4500 && len >= 4 ? steer_spi(word(data), workers) : 0;
    if ((ike[FLAGS_AT] & IK_FLAG_INITIATOR) == 0)
        return steer_spi(word(ike), workers);
    if ((word(ike + IK_SPI_LEN) | word(ike + IK_SPI_LEN + 4)) != 0)
        return steer_spi(word(ike + IK_SPI_LEN), workers);
    return ((word(ike) ^ word(ike + 4)) * GOLDEN >> HASH_SHIFT) % workers;
}

bool steer_is_for_all(uint8_t carrier, const uint8_t *data, size_t len)
{
    const uint8_t *ike = ike_in(carrier, data, len);
    return ike != NULL && ike[EXCHANGE_AT] == IK_EX_INFORMATIONAL &&
           (ike[FLAGS_AT] & IK_FLAG_INITIATOR) != 0 &&
           (word(ike + IK_SPI_LEN) | word(ike + IK_SPI_LEN + 4)) == 0;
}

bool steer_ticket(uint8_t carrier, const uint8_t *data, size_t len, unsigned workers, unsigned *to)
{
    const uint8_t *ike = ike_in(carrier, data, len);
    struct ik_msg m;
    struct ik_notify n;
    if (ike == NULL || ike[EXCHANGE_AT] != IK_EX_IKE_SESSION_RESUME ||
        (ike[FLAGS_AT] & (IK_FLAG_INITIATOR | IK_FLAG_RESPONSE)) != IK_FLAG_INITIATOR ||
        ik_msg_parse(ike, len - (size_t)(ike - data), &m) != IK_OK ||
        !ik_notify_find(&m, IK_N_TICKET_OPAQUE, &n) || n.data.len < 4)
        return false;
    *to = steer_spi(word(n.data.p), workers);
    return true;
}

uint32_t steer_serial(unsigned worker, unsigned workers)
{
    return workers < 2 ? 0 : (uint32_t)worker << (32 - steer_bits(workers));
}

/* ---- programs -------------------------------------------------------------------------------- */

struct program {
    struct sock_filter *out;
    unsigned n;
};

static void stmt(struct program *p, unsigned code, uint32_t k)
{
    p->out[p->n++] = (struct sock_filter)BPF_STMT((uint16_t)code, k);
}

static void jump(struct program *p, unsigned code, uint32_t k, uint8_t yes, uint8_t no)
{
    p->out[p->n++] = (struct sock_filter)BPF_JUMP((uint16_t)(BPF_JMP | code | BPF_K), k, yes, no);
}

#define LOAD (BPF_LD | BPF_W | BPF_ABS)
#define WORKER_OF_SPI 2 /* instructions */

/* A: an SPI, then its worker. */
static void worker_of_spi(struct program *p, unsigned workers)
{
    stmt(p, BPF_ALU | BPF_RSH | BPF_K, 32u - steer_bits(workers));
    stmt(p, BPF_ALU | BPF_MOD | BPF_K, workers);
}

static void answer(struct program *p)
{
    stmt(p, BPF_RET | BPF_A, 0);
}

static void ike_program(struct program *p, uint32_t at, unsigned workers)
{
    stmt(p, BPF_LD | BPF_B | BPF_ABS, at + FLAGS_AT);
    jump(p, BPF_JSET, IK_FLAG_INITIATOR, 2 + WORKER_OF_SPI, 0);
    stmt(p, LOAD, at);
    worker_of_spi(p, workers);
    answer(p);
    /* The peer has begun it: SPIr is ours, if there is one. */
    stmt(p, LOAD, at + IK_SPI_LEN);
    stmt(p, BPF_MISC | BPF_TAX, 0);
    stmt(p, LOAD, at + IK_SPI_LEN + 4);
    stmt(p, BPF_ALU | BPF_OR | BPF_X, 0);
    jump(p, BPF_JEQ, 0, 2 + WORKER_OF_SPI, 0);
    stmt(p, BPF_MISC | BPF_TXA, 0);
    worker_of_spi(p, workers);
    answer(p);
    stmt(p, LOAD, at);
    stmt(p, BPF_MISC | BPF_TAX, 0);
    stmt(p, LOAD, at + 4);
    stmt(p, BPF_ALU | BPF_XOR | BPF_X, 0);
    stmt(p, BPF_ALU | BPF_MUL | BPF_K, GOLDEN);
    stmt(p, BPF_ALU | BPF_RSH | BPF_K, HASH_SHIFT);
    stmt(p, BPF_ALU | BPF_MOD | BPF_K, workers);
    answer(p);
}

unsigned steer_program(uint8_t carrier, unsigned workers, struct sock_filter *out)
{
    struct program p = {out, 0};
    if (carrier == IK_CARRIER_UDP500) {
        ike_program(&p, 0, workers);
        return p.n;
    }
    stmt(&p, LOAD, 0);
    jump(&p, BPF_JEQ, 0, WORKER_OF_SPI + 1, 0);
    worker_of_spi(&p, workers);
    answer(&p);
    ike_program(&p, 4, workers);
    return p.n;
}

unsigned steer_filter(uint8_t carrier, uint8_t family, unsigned worker, unsigned workers,
                      struct sock_filter *out)
{
    struct program p = {out, 0};
    uint32_t at = carrier == IK_CARRIER_AH ? 4 : 0;
    /* The filter of an IPv4 socket sees the IP header, that of an IPv6 one does not. */
    if (family == 4)
        stmt(&p, BPF_LDX | BPF_B | BPF_MSH, 0);
    stmt(&p, family == 4 ? BPF_LD | BPF_W | BPF_IND : LOAD, at);
    worker_of_spi(&p, workers);
    jump(&p, BPF_JEQ, worker, 0, 1);
    stmt(&p, BPF_RET | BPF_K, UINT32_MAX);
    stmt(&p, BPF_RET | BPF_K, 0);
    return p.n;
}

bool steer_attach(const struct sockets *s, unsigned worker, unsigned workers)
{
    struct sock_filter insns[STEER_INSNS];
    for (unsigned i = 0; i < s->n; i++) {
        const struct sock *k = &s->list[i];
        bool raw = k->carrier == IK_CARRIER_ESP || k->carrier == IK_CARRIER_AH;
        struct sock_fprog program = {0, insns};
        if (!raw && worker + 1 < workers)
            continue;
        program.len = (uint16_t)(raw ? steer_filter(k->carrier, k->family, worker, workers, insns)
                                     : steer_program(k->carrier, workers, insns));
        if (setsockopt(k->fd, SOL_SOCKET, raw ? SO_ATTACH_FILTER : SO_ATTACH_REUSEPORT_CBPF,
                       &program, sizeof program) != 0)
            return false;
    }
    return true;
}
