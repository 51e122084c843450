/* SPDX-License-Identifier: MIT */
/*
 * A process that is copied begins handshakes of its own: here by fork(), each copy from the same
 * moment of one life. What the copies send first is compared.
 */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "entropy.h"
#include "link.h"

#define WAIT_MS 20000

static struct options o;
static struct link copied;
static struct ik_node peer;
static int sock;
static uint16_t sock_port;

static void event(struct link *l, const struct ik_effect *fx)
{
    (void)l, (void)fx;
}

static void deliver(struct link *l, const uint8_t *packet, size_t len)
{
    (void)l, (void)packet, (void)len;
}

static bool idle(struct link *l)
{
    (void)l;
    return false;
}

static void interrupt(struct link *l)
{
    link_stop(l);
}

static const struct link_user user = {event, deliver, idle, interrupt, NULL};

/* A socket of the test's own, for what the copies send. */
static void open_socket(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof a;
    sock = socket(AF_INET, SOCK_DGRAM, 0);
    cr_assert(sock >= 0 && bind(sock, (struct sockaddr *)&a, len) == 0);
    cr_assert_eq(getsockname(sock, (struct sockaddr *)&a, &len), 0);
    sock_port = ntohs(a.sin_port);
}

static void options_fill(enum role role)
{
    char err[160];
    open_socket();
    o = (struct options){.role = role,
                         .local = {4, {127, 0, 0, 1}},
                         .psk = (uint8_t *)"a good key",
                         .psk_len = 10,
                         .timeout = 10 * IK_SECOND,
                         .crypto = host_crypto(),
                         .port = sock_port,
                         .ike_n = 1,
                         .esp_n = 1};
    if (role == ROLE_PING)
        o.peer = o.local;
    cr_assert(host_suite_parse_ike("aes128gcm16-prfsha256-x25519", &o.ike[0], err, sizeof err));
    cr_assert(host_suite_parse_esp("aes128gcm16", &o.esp[0], err, sizeof err));
    cr_assert_eq(setup_complete(&o), 0);
}

static size_t heard(uint8_t *out, size_t cap)
{
    struct pollfd p = {.fd = sock, .events = POLLIN};
    cr_assert_eq(poll(&p, 1, WAIT_MS), 1, "a copy sends nothing");
    ssize_t n = recv(sock, out, cap, 0);
    cr_assert_gt(n, 0);
    return (size_t)n;
}

/* Lets a copy of this process live until it has sent something. */
static size_t copy_says(void (*life)(void), void (*ask)(void), uint8_t *out, size_t cap)
{
    pid_t pid = fork();
    cr_assert_geq(pid, 0);
    if (pid == 0) {
        alarm(WAIT_MS / 1000); /* should the test fail meanwhile */
        life();
        _exit(0);
    }
    ask();
    size_t n = heard(out, cap);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return n;
}

/* Nothing of `len` octets from `at` on is the same. */
static bool differ(const uint8_t *a, const uint8_t *b, size_t at, size_t len)
{
    return memcmp(a + at, b + at, len) != 0;
}

/* ---- who begins ------------------------------------------------------------------------------ */

static void nothing(void)
{
}

static void call(void)
{
    if (!link_up(&copied))
        _exit(1);
    link_pump(&copied);
    ev_loop_fork(copied.ev);
    link_run(&copied);
}

Test(entropy, copies_of_a_process_begin_with_other_messages, .timeout = 60)
{
    uint8_t first[2048], second[2048];
    options_fill(ROLE_PING);
    cr_assert(link_open(&copied, &o, &user, NULL));
    size_t n = copy_says(call, nothing, first, sizeof first);
    cr_assert_eq(copy_says(call, nothing, second, sizeof second), n);
    /* Behind the non-ESP marker: SPIi; behind the header and SA: KE and nonce. */
    cr_expect(differ(first, second, 4, IK_SPI_LEN));
    cr_expect(differ(first, second, n - 120, 120));
    link_close(&copied);
}

/* The control: without fresh entropy, copies say the same. */
Test(entropy, copies_of_a_node_alone_are_the_same)
{
    static struct ik_node node[2];
    struct ik_effect fx;
    uint8_t spi[2][IK_SPI_LEN];
    options_fill(ROLE_PING);
    cr_assert(link_open(&copied, &o, &user, NULL));
    void *pools = malloc(copied.pools_len);
    cr_assert_not_null(pools);
    memcpy(pools, copied.pools, copied.pools_len);
    for (unsigned fresh = 0; fresh < 2; fresh++) {
        for (unsigned i = 0; i < 2; i++) {
            memcpy(copied.pools, pools, copied.pools_len);
            node[i] = copied.node;
            if (fresh)
                cr_assert(entropy_give(&node[i]));
            ik_node_up(&node[i], link_now(), 0);
            while (ik_node_poll(&node[i], link_now(), &fx)) {
                if (fx.kind == IK_FX_JOB) {
                    ik_job_run(fx.job);
                    ik_node_job_done(&node[i], link_now(), fx.job);
                } else if (fx.kind == IK_FX_SEND) {
                    memcpy(spi[i], fx.data + 4, IK_SPI_LEN);
                }
            }
        }
        cr_expect_eq(differ(spi[0], spi[1], 0, IK_SPI_LEN), fresh == 1);
    }
    free(pools);
    link_close(&copied);
}

/* ---- who answers ------------------------------------------------------------------------------
 */

static struct ik_config peer_config;
static struct ik_peer peer_peer;
static struct ik_policy peer_policy;
static uint8_t request[2048];
static size_t request_len;

/* The request of a peer, once and for all. */
static void make_request(void)
{
    const struct ik_sizes sizes = {.ike_sas = 1, .child_sas = 1};
    struct ik_host host = {.node_id = 0};
    struct ik_effect fx;
    void *pools = malloc(ik_host_size(&sizes));
    cr_assert_not_null(pools);
    ik_host_lay(&host, &sizes, pools);
    peer_peer = (struct ik_peer){.local = {4, {127, 0, 0, 1}},
                                 .remote = {4, {127, 0, 0, 1}},
                                 .remote_port = 4501,
                                 .local_id = {IK_ID_FQDN, {(const uint8_t *)"peer", 4}},
                                 .remote_id = {.type = IK_ID_ANY},
                                 .psk = {(const uint8_t *)"a good key", 10},
                                 .proposals = o.ike,
                                 .proposals_n = 1};
    peer_policy = (struct ik_policy){.action = IK_PROTECT,
                                     .ts_local_n = 1,
                                     .ts_remote_n = 1,
                                     .proposals = o.esp,
                                     .proposals_n = 1};
    host_ts_from_addr(&peer_peer.local, &peer_policy.ts_local[0]);
    host_ts_from_addr(&peer_peer.remote, &peer_policy.ts_remote[0]);
    peer_config = (struct ik_config){.crypto = host_crypto(),
                                     .peers = &peer_peer,
                                     .peers_n = 1,
                                     .policies = &peer_policy,
                                     .policies_n = 1};
    cr_assert_eq(ik_node_init(&peer, &peer_config, &host, 0), IK_OK);
    ik_node_seed(&peer, "thirty-two octets of fixed seed.", 32);
    ik_node_up(&peer, 0, 0);
    while (ik_node_poll(&peer, 0, &fx)) {
        if (fx.kind == IK_FX_JOB) {
            ik_job_run(fx.job);
            ik_node_job_done(&peer, 0, fx.job);
        } else if (fx.kind == IK_FX_SEND) {
            memcpy(request, fx.data, fx.len);
            request_len = fx.len;
        }
    }
    ik_node_wipe(&peer);
    free(pools);
}

static void answer(void)
{
    ev_loop_fork(copied.ev);
    link_run(&copied);
}

static void ask(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons(o.port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    cr_assert_eq(sendto(sock, request, request_len, 0, (struct sockaddr *)&a, sizeof a),
                 (ssize_t)request_len);
}

Test(entropy, copies_of_a_process_answer_with_other_messages, .timeout = 60)
{
    uint8_t first[2048], second[2048];
    options_fill(ROLE_RESPOND);
    o.port = 0;
    while (copied.ev == NULL) { /* any free port of these */
        static uint16_t port = 40000;
        o.port = ++port;
        if (!link_open(&copied, &o, &user, NULL))
            link_close(&copied), copied.ev = NULL;
    }
    make_request();
    size_t n = copy_says(answer, ask, first, sizeof first);
    cr_assert_eq(copy_says(answer, ask, second, sizeof second), n);
    cr_expect(differ(first, second, 4 + IK_SPI_LEN, IK_SPI_LEN));
    cr_expect(differ(first, second, 4 + 28 + 44 + 8, 32));
    link_close(&copied);
}

/* ---- what is a beginning -----------------------------------------------------------------------
 */

static bool due(uint8_t carrier, size_t marker, uint8_t exchange, uint8_t flags, size_t len)
{
    uint8_t b[64] = {0};
    struct ik_path path = {.carrier = carrier};
    struct ik_pkt pkt = {.buf = b, .cap = sizeof b, .len = (uint16_t)(marker + len)};
    memset(b + marker, 0x11, IK_SPI_LEN);
    b[marker + 18] = exchange;
    b[marker + 19] = flags;
    return entropy_due(&path, &pkt);
}

Test(entropy, a_request_of_ike_sa_init_may_begin_a_handshake)
{
    cr_expect(due(IK_CARRIER_UDP500, 0, IK_EX_IKE_SA_INIT, IK_FLAG_INITIATOR, 28));
    cr_expect(due(IK_CARRIER_UDP4500, 4, IK_EX_IKE_SA_INIT, IK_FLAG_INITIATOR, 28));
    cr_expect(due(IK_CARRIER_UDP500, 0, IK_EX_IKE_SA_INIT, 0, 40));
    cr_expect_not(due(IK_CARRIER_UDP500, 0, IK_EX_IKE_SA_INIT, IK_FLAG_INITIATOR, 27));
    cr_expect_not(due(IK_CARRIER_UDP500, 0, IK_EX_IKE_SA_INIT, IK_FLAG_RESPONSE, 28));
    cr_expect_not(due(IK_CARRIER_UDP500, 0, IK_EX_IKE_AUTH, IK_FLAG_INITIATOR, 28));
    cr_expect_not(due(IK_CARRIER_UDP4500, 0, IK_EX_IKE_SA_INIT, IK_FLAG_INITIATOR, 40));
    cr_expect_not(due(IK_CARRIER_UDP4500, 1, 0, 0, 0));
    cr_expect_not(due(IK_CARRIER_ESP, 0, IK_EX_IKE_SA_INIT, IK_FLAG_INITIATOR, 40));
}
