/* SPDX-License-Identifier: MIT */
/*
 * Scalars, status codes, spans and packet buffers that every other header uses.
 *
 * Conventions of all ikelet headers:
 *  - Memory is the caller's. Nothing here allocates; there is nothing to release. A function that
 *    keeps a pointer after it returns says so.
 *  - Lengths are in octets, times in microseconds, integers on the wire big-endian.
 *  - What a peer sends wrong is no error of the caller: it is counted, traced and dropped, or
 *    answered as the RFC says.
 */
#ifndef IKELET_IK_BASE_H
#define IKELET_IK_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ikelet/ik_conf.h"

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__) || defined(__clang__)
#define IK_NODISCARD __attribute__((warn_unused_result))
#else
#define IK_NODISCARD
#endif

/* Microseconds since any fixed moment that the host chooses (boot, epoch, start of simulation). */
typedef uint64_t ik_time;

/* The moment that never comes: what ik_node_deadline() answers when nothing is waiting. */
#define IK_NEVER UINT64_MAX

/* The place of something in its pool, from 0. */
typedef uint16_t ik_slot;
#define IK_NO_SLOT 0xffff

#define IK_MS ((ik_time)1000)
#define IK_SECOND ((ik_time)1000000)

/* What an internal function answers. 0 is success; the classes follow style rule 10. */
enum ik_status {
    IK_OK = 0,
    IK_ERR_SYNTAX,  /* peer: a length, type or order that its RFC forbids */
    IK_ERR_AUTH,    /* peer: an integrity check, AUTH payload or public value is wrong */
    IK_ERR_STATE,   /* peer: well formed, but not now */
    IK_ERR_POLICY,  /* peer: well formed, but our configuration does not allow it */
    IK_ERR_NO_ROOM, /* ours: a buffer or pool is full */
    IK_ERR_CONFIG   /* caller: a configuration that can't work; only ik_node_init answers it */
};

/* Octets that somebody else owns. p may be NULL when len is 0. */
struct ik_span {
    const uint8_t *p;
    uint16_t len;
};

/*
 * What an IP header says beside addresses and protocol. Of what came in, as the host saw it; of
 * what is to leave, as the host shall write it (IK_FX_SEND): transport mode brings it over
 * unchanged, and tunnel mode hands the marks of congestion through (RFC 4301 5.1.2, RFC 6040).
 */
struct ik_outer {
    uint8_t ttl;    /* TTL or hop limit; 0: not known, or the one that the host uses */
    uint8_t tclass; /* DSCP and ECN */
    bool df;        /* do not fragment; false of IPv6: its source may */
    uint32_t label; /* IPv6: flow label, 20 bits */
};

/*
 * A packet in the caller's buffer, with head room before it and tail room after it:
 *
 *     buf            buf+off          buf+off+len          buf+cap
 *      |-- head room --|---- packet ----|---- tail room ----|
 *
 * Sealing and opening ESP works inside this buffer and moves off and len.
 */
struct ik_pkt {
    uint8_t *buf;
    uint16_t cap;
    uint16_t off;
    uint16_t len;
#if IK_OUTER
    struct ik_outer outer; /* of the header that was before it, or will be; 0: nothing is known */
#endif
};

/* An IPv4 or IPv6 address; IPv4 uses the first four octets, the rest are 0. */
struct ik_addr {
    uint8_t family; /* 4, 6, or 0 for "any" */
    uint8_t b[16];
};

/* What carries a datagram between two nodes. */
enum ik_carrier {
    IK_CARRIER_UDP500 = 0, /* IKE on UDP 500, no marker */
    IK_CARRIER_UDP4500 =
        1,              /* RFC 3948: IKE behind four zero octets, ESP, or a one-octet keepalive */
    IK_CARRIER_ESP = 2, /* IP protocol 50; the datagram starts at the SPI */
    /* IP protocol 51, where the build has IK_AH. AH covers the IP header before it, so the datagram
     * starts there: it comes whole, as it was received, and leaves as it is. Of its header the host
     * may write what changes on the way, too: TTL or hop limit, traffic class, flow label, DF,
     * IPv4's checksum. */
    IK_CARRIER_AH = 3
};

/* Where a datagram came from, or goes to. Ports are of UDP and 0 for IK_CARRIER_ESP
 * and IK_CARRIER_AH. */
struct ik_path {
    uint8_t carrier; /* enum ik_carrier */
    struct ik_addr local;
    struct ik_addr remote;
    uint16_t local_port;
    uint16_t remote_port;
};

/* How a file of the core names itself below. A build that has no room for names defines
 * IK_FILE_NUMBER for each file. */
#ifdef IK_FILE_NUMBER
#define IK_FILE ((const char *)(uintptr_t)(IK_FILE_NUMBER))
#else
#define IK_FILE __FILE__
#endif

/*
 * The one function that a host brings: the core has found a bug of its own (never a peer's mistake)
 * at that place and cannot go on. It must not return: abort, or record the place and reset.
 */
void ik_assert_failed(const char *file, int line);

#ifdef __cplusplus
}
#endif

#endif
