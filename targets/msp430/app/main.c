/* SPDX-License-Identifier: MIT */
/*
 * A garage-door remote. A press of the button sets up IKE and Child SA with the gateway, if they
 * are not up yet, sends the command through ESP and waits for the answer.
 */
#include <string.h>

#include "app/door.h"

/* What this file waits for is counted in 65536 us, which is fine enough. */
#define ROUND_BITS 16
#define ROUNDS_LONGEST (CLOCK_LONGEST >> ROUND_BITS)
#define ANSWER_WAIT 31 /* 2 s */
#define TRIES 3

#define HEAD_LEN (IP6_LEN + UDP_LEN)
#ifndef BODY_LEN   /* a longer one has its cycles measured */
#define BODY_LEN 8 /* "OPEN" or "DONE", then the number of the press, big-endian */
#endif
#define ROOM_BEFORE (IK_ESP_HEAD + 40)
_Static_assert(ROOM_BEFORE + HEAD_LEN + BODY_LEN + IK_ESP_TAIL <= LINK_MTU,
               "a command fits the link's buffer");
_Static_assert(ROOM_BEFORE % 2 == 0, "at an even address");
_Static_assert(ENTROPY_LEN <= LINK_MTU, "and the samples of a seed do");

static SEAM_DATA struct door {
    struct ik_path came_by; /* what is in link_in, until effects() is through */
    struct ik_job *job;     /* to be run */
    uint16_t send_at;       /* the command, next; in rounds */
    uint8_t tries;          /* to send it, those left and one; 0: no answer is waited for */
    bool up, seeded;
    bool anew;        /* this press has already begun all over again */
    bool lost;        /* the gateway does not answer: it may have forgotten the SA */
    uint8_t press[4]; /* number of the last press */
} door;

/* One of each; a task beside the one under way, to delete what came of it. A buffer for each of the
 * first two messages, which AUTH signs; later for our request and for the last response. */
#define TASKS 2
#define BUFFERS 2
struct ik_node ik_linked_node;
struct ik_ike_sa ik_linked_ike_sa;
struct ik_child_sa ik_linked_child_sa;
struct ik_handshake ik_linked_handshake;
struct ik_task ik_linked_tasks[TASKS];
struct ik_buffer ik_linked_buffers[BUFFERS];
#if DOOR_RESUMES
static struct ik_session session; /* survives begin_anew() */
#endif
const struct ik_host ik_linked_host = {
#if DOOR_RESUMES
    .sessions = &session,
    .sessions_n = 1,
#endif
    .ike_sas = &ik_linked_ike_sa,
    .child_sas = &ik_linked_child_sa,
    .handshakes = &ik_linked_handshake,
    .tasks = ik_linked_tasks,
    .buffers = ik_linked_buffers,
    .ike_sas_n = 1,
    .child_sas_n = 1,
    .handshakes_n = 1,
    .tasks_n = TASKS,
    .buffers_n = BUFFERS};

/* Out of line: main() never returns, and what is inlined there stays on the stack for ever. */
#define BRIEFLY __attribute__((noinline))

/* Seams: the runner stops here and reads the arguments. Each stores something of its own, or the
 * linker would make one function of them. */
static volatile uint16_t told;

SEAM void door_told(uint8_t event, uint8_t reason)
{
    told = (uint16_t)((uint16_t)event << 8 | reason);
}

SEAM void door_answered(const uint8_t press[4])
{
    told = press[3];
}

SEAM void door_refused(uint16_t magic)
{
    told = magic;
}

/* Seam: cycles of public-key computation are those from here to the return. True: it is done. */
SEAM bool run_job(struct ik_job *job)
{
    return ik_job_step(job, JOB_SLICE);
}

/* ---- the command ------------------------------------------------------------------------------
 */

static uint16_t rounds_now(void)
{
    return (uint16_t)(clock_now() >> ROUND_BITS);
}

static void begin_to_send(void)
{
    door.tries = TRIES + 1;
    door.send_at = rounds_now();
}

/* Rounds from now, 0 if it is due; ROUNDS_LONGEST if there is nothing to send. */
BRIEFLY static uint16_t send_in(void)
{
    int16_t left = (int16_t)(door.send_at - rounds_now());

    return door.tries == 0 ? ROUNDS_LONGEST : left < 0 ? 0 : (uint16_t)left;
}

/* In the buffer of the link, which is the node's until effects() is through. */
BRIEFLY static void send_command(void)
{
    static const struct ip6_ends ends = {door_policy.ts_local[0].lo, door_policy.ts_remote[0].lo,
                                         DOOR_PORT, DOOR_PORT};
    struct ik_pkt pkt = {
        .buf = link_in, .cap = sizeof link_in, .off = ROOM_BEFORE, .len = HEAD_LEN + BODY_LEN};
    uint8_t *ip = link_in + ROOM_BEFORE, *body = ip + HEAD_LEN;

    door.send_at += ANSWER_WAIT;
    if (--door.tries == 0) {
        door.lost = !door.anew;
        return;
    }
    memcpy(body, "OPEN", 4);
    memcpy(body + 4, door.press, 4);
    (void)ip6_put(ip, &ends, body, BODY_LEN);
    ik_node_tx(&ik_linked_node, clock_now(), &pkt);
}

/* A whole IPv6 packet that came through ESP: the answer, or nothing of ours. */
static void delivered(const uint8_t *p, uint16_t len)
{
    if (len >= HEAD_LEN + BODY_LEN && p[6] == IP_UDP && memcmp(p + HEAD_LEN, "DONE", 4) == 0 &&
        memcmp(p + HEAD_LEN + 4, door.press, 4) == 0 && door.tries != 0) {
        door.tries = 0;
        door_answered(door.press);
    }
}

/* ---- effects ----------------------------------------------------------------------------------
 */

static void tell(const struct ik_effect *fx)
{
    door_told(fx->event, fx->reason);
    if (fx->event == IK_EV_CHILD_UP) {
        door.up = true;
        begin_to_send();
    } else if (fx->event != IK_EV_IKE_UP) {
        door.up = false;
        door.tries = 0;
    }
}

static void transmit(const struct ik_effect *fx)
{
    struct ip6_ends ends = {fx->path->local.b, fx->path->remote.b, fx->path->local_port,
                            fx->path->remote_port};
    uint8_t head[HEAD_LEN] __attribute__((aligned(2)));

    link_send(head, ip6_put(head, &ends, fx->data, fx->len), fx->data, fx->len);
}

BRIEFLY static void effects(void)
{
    struct ik_effect fx;

    while (ik_node_poll(&ik_linked_node, clock_now(), &fx)) {
        if (fx.kind == IK_FX_SEND) {
            transmit(&fx);
        } else if (fx.kind == IK_FX_DELIVER) {
            delivered(fx.data, fx.len);
        } else if (fx.kind == IK_FX_JOB) {
            door.job = fx.job;
        } else if (fx.kind == IK_FX_EVENT) {
            tell(&fx);
        } /* no policy lets a packet pass in the clear */
    }
}

/* ---- events, one a turn -----------------------------------------------------------------------
 */

BRIEFLY static void receive(void)
{
    struct ik_pkt pkt = {.buf = link_in, .cap = sizeof link_in, .len = link_in_len};

    if (ip6_read(&pkt, door_peer.local.b, &door.came_by)) {
        ik_node_rx(&ik_linked_node, clock_now(), &door.came_by, &pkt);
    }
#if IK_DROP_LAST
    else {
        ik_dropped();
    }
#endif
}

BRIEFLY static void work(void)
{
    struct ik_job *job = door.job;

    if (run_job(job)) {
        door.job = NULL;
        ik_node_job_done(&ik_linked_node, clock_now(), job);
    }
}

/* Entropy, and with it what makes this start unlike the last one even if the entropy were poor. */
BRIEFLY static void seed(void)
{
    uint16_t len;

    /* The buffer is wanted for the samples. A packet in it is for nobody: there is no SA yet. */
    (void)link_take();
    len = entropy_take(link_in);
    if (len > 0) {
        ik_node_seed(&ik_linked_node, link_in, len);
        ik_node_seed(&ik_linked_node, &store_boots, sizeof store_boots);
        door.seeded = true;
    }
    memset(link_in, 0, ENTROPY_LEN);
    __asm__ volatile("" ::: "memory"); /* the clearing stays */
    link_in_len = 0;
}

/* Without entropy the node refuses: IK_WHY_NOT_SEEDED. */
BRIEFLY static void press(void)
{
    button_pressed = 0;
    for (uint8_t i = 4; i-- > 0 && ++door.press[i] == 0;) {
    }
    door.tries = 0;
    door.anew = door.lost = false;
    if (!door.seeded) {
        seed();
    }
    if (door.up) {
        begin_to_send();
    } else {
        ik_node_up(&ik_linked_node, clock_now(), 0);
    }
}

/* With nothing to wait for the link need not be heard: deep sleep, with an SA or without. What the
 * gateway sends then is lost, and if it forgets the SA for that, the next press finds out. Before
 * that, what the next press would wait for is computed. */
static void rest(void)
{
    uint32_t us = clock_until(ik_node_deadline(&ik_linked_node));
    uint16_t rounds = send_in();
    bool deep;

    if ((uint16_t)(us >> ROUND_BITS) > rounds) {
        us = (uint32_t)rounds << ROUND_BITS;
    }
    deep = (uint16_t)(us >> ROUND_BITS) == ROUNDS_LONGEST;
#if DOOR_PREPARES
    if (deep && ik_node_prepare(&ik_linked_node, clock_now(), 0)) {
        return;
    }
#endif
    clock_sleep(us, deep);
}

BRIEFLY static void start(const struct store *store)
{
    door_configure(store);
    /* The configuration is a constant one, which the host's builds check. */
    (void)!ik_node_init(&ik_linked_node, &ik_linked_config, &ik_linked_host, clock_now());
    seed();
}

/* Once a press: as after a reset, with a handshake in which INITIAL_CONTACT tells the gateway so.
 */
BRIEFLY static void begin_anew(const struct store *store)
{
    door.lost = door.up = door.seeded = false;
    door.anew = true;
    ik_node_wipe(&ik_linked_node);
    start(store);
    ik_node_up(&ik_linked_node, clock_now(), 0);
}

/* Nobody told this device who it is: nothing can be done before somebody writes another store and
 * takes the battery out. */
static void refuse(void)
{
    door_refused(store_magic());
    for (;;) {
        button_pressed = 0;
        clock_sleep(CLOCK_LONGEST, true);
    }
}

int main(void)
{
    const struct store *store;

    board_start();
    store = store_open(STORE_MAGIC(door_crypto.prf[0]->id));
    if (store == NULL) {
        refuse();
    }
    start(store);
    for (;;) {
        bool held = link_in_len != 0;

        board_alive();
        if (held) {
            receive();
        } else if (button_pressed) {
            press();
        } else if (door.job != NULL) {
            work();
        } else if (door.lost) {
            begin_anew(store);
        } else if (send_in() == 0) {
            held = link_take();
            if (held) {
                send_command();
            }
        } else {
            rest();
        }
        effects();
        if (held) {
            link_in_len = 0;
        }
    }
}
