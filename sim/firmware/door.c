/* SPDX-License-Identifier: MIT */
#include "sim/firmware/door.h"

#include <string.h>

#include "sim/firmware/ip6.h"
#include "sim/mem.h"
#include "sim/traffic.h"

/* As targets/msp430/app/ has them. */
#define DOOR_PORT 4930
#define ROUND 65536 /* us */
#define ANSWER_WAIT (31 * ROUND)
#define TRIES 3
enum { BODY = 8, PACKET = IP6_HEAD + UDP_HEAD + BODY };

/* Of the remote and of the gateway; brief: without what a handshake may leave out. */
static const char *const names[2] = {"client.example.org", "gw.example.org"};
static const char *const brief[2] = {"r1", "g"};
static const char psk[] = "a pre-shared key";
static const char outer[2][16] = {"fd00:9::1", "fd00:9::2"};
static const char inner[2][16] = {"fd00:1::1", "fd00:1::2"};

struct door {
    struct sim *s;
    struct door_opts opts;
    uint8_t boots[4];
    struct ik_addr inner[2];
    uint32_t answers, answered;
    bool image;
    /* the application on a core of this process */
    struct sim_app remote, gateway;
    struct sim_timer send, answer;
    uint32_t press;
    uint8_t tries;
    bool up;
    uint8_t done[BODY]; /* what the gateway is about to say */
};

/* ---- inner packets ----------------------------------------------------------------------------
 */

static void tx(struct door *d, uint16_t from, const uint8_t body[BODY])
{
    uint8_t packet[PACKET];
    const struct ip6_view what = {.from = d->inner[from],
                                  .to = d->inner[1 - from],
                                  .from_port = DOOR_PORT,
                                  .to_port = DOOR_PORT,
                                  .body = body,
                                  .len = BODY};

    sim_tx(d->s, from, packet, ip6_write(packet, sizeof packet, &what));
}

/* The body of a command or an answer that came through ESP; NULL if it is none. */
static const uint8_t *body_of(const uint8_t *packet, uint16_t len, const char *word)
{
    struct ip6_view view;

    if (ip6_view(packet, len, &view) != NULL || view.to_port != DOOR_PORT || view.len < BODY ||
        memcmp(view.body, word, 4) != 0)
        return NULL;
    return view.body;
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* ---- the gateway ------------------------------------------------------------------------------
 */

static void answer_fires(struct sim_timer *t)
{
    struct door *d = t->ctx;

    tx(d, DOOR_GATEWAY, d->done);
}

static void gateway_delivered(void *ctx, const uint8_t *packet, uint16_t len)
{
    struct door *d = ctx;
    const uint8_t *body = body_of(packet, len, "OPEN");

    if (!body)
        return;
    memcpy(d->done, "DONE", 4);
    memcpy(d->done + 4, body + 4, 4);
    sim_timer_set(&d->s->clock, &d->answer, d->s->clock.now);
}

/* ---- the remote's application, as app/main.c has it -------------------------------------------
 */

static void send_fires(struct sim_timer *t)
{
    struct door *d = t->ctx;
    uint8_t body[BODY] = {'O', 'P', 'E', 'N'};

    if (--d->tries == 0) {
        sim_fail(d->s, "door: the firmware begins anew here, which is not modelled");
        return;
    }
    for (int i = 0; i < 4; i++)
        body[4 + i] = (uint8_t)(d->press >> (24 - 8 * i));
    sim_timer_set(&d->s->clock, &d->send, d->s->clock.now + ANSWER_WAIT);
    tx(d, DOOR_REMOTE, body);
}

static void begin_to_send(struct door *d)
{
    d->tries = TRIES + 1;
    sim_timer_set(&d->s->clock, &d->send, d->s->clock.now);
}

static void rest(struct door *d)
{
    d->tries = 0;
    sim_timer_clear(&d->s->clock, &d->send);
}

static void remote_told(void *ctx, const struct sim_told *told)
{
    struct door *d = ctx;

    if (told->event == IK_EV_CHILD_UP) {
        d->up = true;
        begin_to_send(d);
    } else if (told->event != IK_EV_IKE_UP) {
        d->up = false;
        rest(d);
    }
}

static void answer_came(void *ctx, uint32_t press)
{
    struct door *d = ctx;

    d->answers++;
    d->answered = press;
}

static void remote_delivered(void *ctx, const uint8_t *packet, uint16_t len)
{
    struct door *d = ctx;
    const uint8_t *body = body_of(packet, len, "DONE");

    if (body && get32(body + 4) == d->press && d->tries != 0) {
        rest(d);
        answer_came(d, d->press);
    }
}

void door_press(struct door *d)
{
    if (d->image) {
        sim_mote_press(d->s, DOOR_REMOTE);
        return;
    }
    d->press++;
    rest(d);
    if (d->up)
        begin_to_send(d);
    else
        sim_up(d->s, DOOR_REMOTE, 0);
}

uint32_t door_answers(const struct door *d)
{
    return d->answers;
}

uint32_t door_answered(const struct door *d)
{
    return d->answered;
}

/* ---- making --------------------------------------------------------------------------------- */

/* As host_id_parse reads it. */
static const char *id_text(struct sim *s, const struct door_opts *opts, int who)
{
    char *text = sim_own(s, 32);
    snprintf(text, 32, "%s%s", opts->natt ? "@" : "keyid:", opts->natt ? names[who] : brief[who]);
    return text;
}

/* What the remote keeps of the key. */
static struct ik_span padded(struct sim *s)
{
    const struct ik_prf *prf = &ik_prf_aes128_cmac;
    struct ik_span secret = {(const uint8_t *)psk, (uint16_t)strlen(psk)};
    uint8_t *pad = sim_own(s, IK_HASH_MAX);

    ik_psk_pad(&ik_crypto_portable, prf, secret, pad);
    return (struct ik_span){pad, prf->key_len};
}

static struct sim_conf *conf(struct sim *s, const struct door_opts *opts, int who)
{
    struct sim_conf *c = sim_conf_new(s);
    bool remote = who == DOOR_REMOTE;

    sim_conf_peer(c, &(struct sim_peer_text){.local = outer[who],
                                             .remote = outer[1 - who],
                                             .local_id = id_text(s, opts, who),
                                             .remote_id = id_text(s, opts, 1 - who),
                                             .psk = psk,
                                             .ike = "aes128ccm8-prfaescmac-x25519"});
    sim_conf_policy(c, &(struct sim_policy_text){.ts_local = inner[who],
                                                 .ts_remote = inner[1 - who],
                                                 .esp = "aes128ccm8"});
    if (remote) {
        c->peers[0].psk = padded(s);
        c->peers[0].psk_prf = ik_prf_aes128_cmac.id;
        c->config.crypto = host_crypto_ctr();
        c->config.nonce_len = 16;
        c->peers[0].initial_contact = opts->natt;
        c->peers[0].no_nat = c->peers[0].no_idr = !opts->natt;
        c->peers[0].force_natt = opts->natt;
    } else {
        c->config.exchanges = ik_exchanges_all;
    }
    return c;
}

/* What the firmware does at its start: entropy, then how often it has started, low octet first. */
static void add_core(struct door *d)
{
    struct sim_conf *c = conf(d->s, &d->opts, DOOR_REMOTE);

    d->boots[0] = 1;
    d->remote = (struct sim_app){.told = remote_told, .delivered = remote_delivered, .ctx = d};
    sim_node_add(d->s,
                 &(struct sim_node_opts){.config = &c->config,
                                         .addr = sim_addr(d->s, outer[DOOR_REMOTE]),
                                         .ike_sas = 1,
                                         .cpu = d->opts.cpu,
                                         .link = {.delay = d->opts.delay},
                                         .seeds = {{d->opts.noise, MOTE_NOISE_LEN}, {d->boots, 4}},
                                         .app = &d->remote});
}

static void add_image(struct door *d)
{
    struct ik_addr prefix = sim_addr(d->s, inner[DOOR_REMOTE]);
    struct ik_addr local = sim_addr(d->s, outer[DOOR_REMOTE]);
    struct ik_addr remote = sim_addr(d->s, outer[DOOR_GATEWAY]);
    const char *const *ids = d->opts.natt ? names : brief;
    struct ik_span pad = padded(d->s);
    struct mote_identity who = {.id = ids[DOOR_REMOTE],
                                .id_len = strlen(ids[DOOR_REMOTE]),
                                .peer_id = ids[DOOR_GATEWAY],
                                .peer_id_len = strlen(ids[DOOR_GATEWAY]),
                                .psk_pad = pad.p,
                                .psk_pad_len = pad.len,
                                .prf = (uint8_t)ik_prf_aes128_cmac.id,
                                .natt = d->opts.natt,
                                .brief = !d->opts.natt,
                                .key_id = !d->opts.natt};
    uint8_t store[MOTE_STORE_LEN];

    memcpy(who.local, local.b, 16);
    memcpy(who.remote, remote.b, 16);
    memcpy(who.inner_prefix, prefix.b, 8);
    if (!mote_store(&who, store))
        sim_fail(d->s, "door: an identity is too long for the firmware");
    sim_mote_add(d->s, &(struct sim_mote_opts){.machine = {.image = d->opts.image,
                                                           .image_len = d->opts.image_len,
                                                           .store = store,
                                                           .store_len = sizeof store,
                                                           .noise = d->opts.noise,
                                                           .noise_len = MOTE_NOISE_LEN},
                                               .addr = local,
                                               .link = {.delay = d->opts.delay},
                                               .answered = answer_came,
                                               .ctx = d});
}

struct door *door_add(struct sim *s, const struct door_opts *opts)
{
    struct door *d = sim_own(s, sizeof *d);
    struct sim_conf *c = conf(s, opts, DOOR_GATEWAY);

    d->s = s;
    d->opts = *opts;
    d->image = opts->image != NULL;
    d->inner[0] = sim_addr(s, inner[0]);
    d->inner[1] = sim_addr(s, inner[1]);
    d->send = (struct sim_timer){.fire = send_fires, .ctx = d};
    d->answer = (struct sim_timer){.fire = answer_fires, .ctx = d};
    d->gateway = (struct sim_app){.delivered = gateway_delivered, .ctx = d};
    if (d->image)
        add_image(d);
    else
        add_core(d);
    sim_node_add(s, &(struct sim_node_opts){.config = &c->config,
                                            .addr = sim_addr(s, outer[DOOR_GATEWAY]),
                                            .link = {.delay = opts->delay},
                                            .app = &d->gateway});
    return d;
}
