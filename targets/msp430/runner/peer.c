/* SPDX-License-Identifier: MIT */
/*
 * The gateway that the firmware talks to in tests: a node of the host's core as responder, driven
 * by lines on standard input, so that a run depends on nothing but them.
 *
 *     rx US CARRIER HEX     a datagram came at that time; CARRIER as enum ik_carrier
 *     at US                 nothing came
 *     longer N              answers have N octets more than their commands from now on
 *     tickets S             tickets are given from now on, good for S seconds (RFC 5723)
 *
 * Answers lines "tx CARRIER HEX" for what leaves, "event N REASON", "deliver HEX", then "deadline
 * US". To a command "OPEN" and four octets that came through ESP it answers "DONE" and those
 * octets.
 *
 * Usage: msp430_peer LOCAL REMOTE ID PEER_ID PSK SEED PREFIX
 *
 * LOCAL, REMOTE: IPv6; ID, PEER_ID: as host_id_parse reads them; SEED: 32 octets in hex; inner
 * addresses are PREFIX and the outer ones' low half.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "ikelet/ikelet.h"

#define PACKET_MAX 2048
#define BODY_AT 48 /* IPv6 and UDP header */
#define BODY_LEN 8
#define COMMAND_MAX 600
#define LONGER_MAX 600

static struct ik_node node;
static struct ik_peer peer;
static struct ik_policy policy;
static struct ik_config config;
static ik_time now;
static uint8_t answer[PACKET_MAX];
static unsigned longer; /* octets behind an answer */

static const struct ik_proposal ike_proposal = {
    3,
    {{.type = IK_TT_ENCR, .id = IK_ENCR_AES_CCM_8, .key_bits = 128},
     {.type = IK_TT_PRF, .id = IK_PRF_AES128_CMAC},
     {.type = IK_TT_DH, .id = IK_DH_X25519}}};
static const struct ik_proposal esp_proposal = {
    2,
    {{.type = IK_TT_ENCR, .id = IK_ENCR_AES_CCM_8, .key_bits = 128},
     {.type = IK_TT_ESN, .id = IK_ESN_NO}}};

static void print_hex(const uint8_t *p, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        printf("%02x", p[i]);
    }
    putchar('\n');
}

static size_t read_hex(const char *text, uint8_t *out, size_t cap)
{
    size_t n = 0;
    unsigned octet;

    while (n < cap && sscanf(text + 2 * n, "%2x", &octet) == 1 && text[2 * n + 1] != '\0') {
        out[n++] = (uint8_t)octet;
    }
    return n;
}

static void swap_octets(uint8_t *a, uint8_t *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        uint8_t x = a[i];

        a[i] = b[i];
        b[i] = x;
    }
}

static void put16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

/* The packet back, with the word changed, longer octets behind it, lengths and sum made anew. */
static void answer_command(const uint8_t *p, uint16_t len)
{
    struct ik_pkt pkt = {
        .buf = answer, .cap = sizeof answer, .off = 256, .len = (uint16_t)(len + longer)};
    uint8_t *ip = answer + pkt.off;
    uint8_t *udp = ip + 40;
    struct ik_addr from = {.family = 6}, to = {.family = 6};

    if (len < BODY_AT + BODY_LEN || len > COMMAND_MAX || p[6] != 17 ||
        memcmp(p + BODY_AT, "OPEN", 4) != 0) {
        return;
    }
    memcpy(ip, p, len);
    memset(ip + len, 0, longer);
    put16(ip + 4, (uint16_t)(pkt.len - 40));
    put16(udp + 4, (uint16_t)(pkt.len - 40));
    swap_octets(ip + 8, ip + 24, 16);
    swap_octets(udp, udp + 2, 2);
    memcpy(from.b, ip + 8, 16);
    memcpy(to.b, ip + 24, 16);
    memcpy(ip + BODY_AT, "DONE", 4);
    memset(udp + 6, 0, 2);
    uint32_t sum = host_cksum_pseudo(&from, &to, 17, (uint32_t)(pkt.len - 40));

    put16(udp + 6, host_cksum_fold(host_cksum_add(sum, udp, (size_t)pkt.len - 40)));
    ik_node_tx(&node, now, &pkt);
}

static void carry_out(const struct ik_effect *fx)
{
    switch (fx->kind) {
    case IK_FX_SEND:
        printf("tx %d ", fx->path->carrier);
        print_hex(fx->data, fx->len);
        break;
    case IK_FX_DELIVER:
        printf("deliver ");
        print_hex(fx->data, fx->len);
        answer_command(fx->data, fx->len);
        break;
    case IK_FX_JOB:
        ik_job_run(fx->job);
        ik_node_job_done(&node, now, fx->job);
        break;
    case IK_FX_EVENT:
        printf("event %d %d\n", fx->event, fx->reason);
        break;
    default:
        break;
    }
}

static void effects(void)
{
    struct ik_effect fx;

    while (ik_node_poll(&node, now, &fx)) {
        carry_out(&fx);
    }
    printf("deadline %llu\n", (unsigned long long)ik_node_deadline(&node));
    fflush(stdout);
}

static void receive(int carrier, const char *hex)
{
    static uint8_t buf[PACKET_MAX];
    struct ik_pkt pkt = {
        .buf = buf, .cap = sizeof buf, .len = (uint16_t)read_hex(hex, buf, sizeof buf)};
    static struct ik_path path; /* of effects(), too */

    path =
        (struct ik_path){.carrier = (uint8_t)carrier, .local = peer.local, .remote = peer.remote};
    if (carrier != IK_CARRIER_ESP) {
        path.local_port = path.remote_port = carrier == IK_CARRIER_UDP500 ? 500 : 4500;
    }
    ik_node_rx(&node, now, &path, &pkt);
}

static struct ik_ts selector(const struct ik_addr *outer, const struct ik_addr *prefix)
{
    struct ik_ts ts = {.family = 6, .port_hi = 65535};

    memcpy(ts.lo, prefix->b, 8);
    memcpy(ts.lo + 8, outer->b + 8, 8);
    memcpy(ts.hi, ts.lo, 16);
    return ts;
}

static void configure(char **argv)
{
    static uint8_t ids[2][IK_ID_MAX];
    struct ik_addr prefix;

    if (!host_addr_parse(argv[1], &peer.local) || !host_addr_parse(argv[2], &peer.remote) ||
        !host_addr_parse(argv[7], &prefix) ||
        !host_id_parse(argv[3], ids[0], sizeof ids[0], &peer.local_id) ||
        !host_id_parse(argv[4], ids[1], sizeof ids[1], &peer.remote_id)) {
        fprintf(stderr, "msp430_peer: an address or an identity is none\n");
        exit(2);
    }
    peer.psk = (struct ik_span){(const uint8_t *)argv[5], (uint16_t)strlen(argv[5])};
    peer.proposals = &ike_proposal;
    peer.proposals_n = 1;
    policy = (struct ik_policy){.action = IK_PROTECT,
                                .ts_local_n = 1,
                                .ts_remote_n = 1,
                                .ts_local = {selector(&peer.local, &prefix)},
                                .ts_remote = {selector(&peer.remote, &prefix)},
                                .mode = IK_TUNNEL,
                                .proposals = &esp_proposal,
                                .proposals_n = 1};
    config = (struct ik_config){.crypto = host_crypto(),
                                .peers = &peer,
                                .peers_n = 1,
                                .policies = &policy,
                                .policies_n = 1,
                                .exchanges = ik_exchanges_all,
                                .cookie_above = 0xffff};
}

static void serve(void)
{
    static char line[2 * PACKET_MAX + 64];
    unsigned long long at;
    int carrier, used = 0;

    while (fgets(line, sizeof line, stdin) != NULL) {
        if (sscanf(line, "rx %llu %d %n", &at, &carrier, &used) == 2) {
            now = at;
            receive(carrier, line + used);
        } else if (sscanf(line, "at %llu", &at) == 1) {
            now = at;
        } else if (sscanf(line, "longer %u", &longer) == 1) {
            longer = longer < LONGER_MAX ? longer : LONGER_MAX;
        } else if (sscanf(line, "tickets %llu", &at) == 1) {
            config.ticket_s = (uint32_t)at;
        }
        effects();
    }
}

int main(int argc, char **argv)
{
    static const struct ik_sizes sizes = {.ike_sas = 2, .child_sas = 2};
    struct ik_host host = {.node_id = 0};
    uint8_t seed[32];
    void *memory = malloc(ik_host_size(&sizes));

    if (argc != 8 || read_hex(argv[6], seed, sizeof seed) != sizeof seed) {
        fprintf(stderr, "Usage: msp430_peer LOCAL REMOTE ID PEER_ID PSK SEED PREFIX\n");
        return 2;
    }
    if (memory == NULL) {
        fprintf(stderr, "msp430_peer: no memory\n");
        return 1;
    }
    ik_host_lay(&host, &sizes, memory);
    configure(argv);
    if (ik_node_init(&node, &config, &host, 0) != IK_OK) {
        return 1;
    }
    ik_node_seed(&node, seed, sizeof seed);
    serve();
    free(memory);
    return 0;
}
