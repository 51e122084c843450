/* SPDX-License-Identifier: MIT */
/*
 * A garage-door remote. A press of the button sets up IKE and Child SA with the gateway, if they
 * are not up yet, sends the command through ESP and waits for the answer.
 */
#include <string.h>

#include "app/door.h"

#define ANSWER_WAIT (2 * IK_SECOND)
#define TRIES 3
#define BODY_LEN 8 /* "OPEN" or "DONE", then the number of the press */

#define ROOM_BEFORE (IK_ESP_HEAD + 40)
static uint8_t command[ROOM_BEFORE + IP6_LEN + UDP_LEN + BODY_LEN + IK_ESP_TAIL]
    __attribute__((aligned(2)));

static SEAM_DATA struct door {
    struct store store;
    struct door_config config;
    struct ik_node node;
    struct ik_ike_sa ike_sa;
    struct ik_child_sa child_sa;
    struct ik_job *job; /* to be run */
    uint32_t press;     /* number of the last press */
    ik_time resend_at;  /* IK_NEVER: no answer is waited for */
    uint8_t tries;
    bool up;
} door;

/* Out of line: main() never returns, and what is inlined there stays on the stack for ever. */
#define BRIEFLY __attribute__((noinline))

/* Seams: the runner stops here and reads the arguments. Each stores something of its own, or the
 * linker would make one function of them. */
static volatile uint16_t told;

SEAM void door_told(uint8_t event, uint8_t reason)
{
    told = (uint16_t)((uint16_t)event << 8 | reason);
}

SEAM void door_answered(uint32_t press)
{
    told = (uint16_t)press;
}

SEAM void door_refused(void)
{
    told = 0xffff;
}

/* Seam: cycles of public-key computation are those from here to the return. */
SEAM void run_job(struct ik_job *job)
{
    ik_job_run(job);
    door.job = NULL;
}

static void send_command(void)
{
    struct ik_pkt pkt = {command, sizeof command, ROOM_BEFORE, 0};
    uint8_t *body = command + ROOM_BEFORE + IP6_LEN + UDP_LEN;

    memcpy(body, "OPEN", 4);
    for (uint8_t i = 0; i < 4; i++) {
        body[4 + i] = (uint8_t)(door.press >> (24 - 8 * i));
    }
    ip6_inner(&pkt, &door.config.policy.ts_local[0], &door.config.policy.ts_remote[0], BODY_LEN);
    door.tries++;
    door.resend_at = clock_now() + ANSWER_WAIT;
    ik_node_tx(&door.node, clock_now(), &pkt);
}

BRIEFLY static void press(void)
{
    door.press++;
    door.tries = 0;
    if (door.up) {
        send_command();
    } else {
        ik_node_up(&door.node, clock_now(), 0);
    }
}

static void tell(const struct ik_effect *fx)
{
    door_told(fx->event, fx->reason);
    if (fx->event == IK_EV_CHILD_UP) {
        door.up = true;
        send_command();
    } else if (fx->event != IK_EV_IKE_UP) {
        door.up = false;
        door.resend_at = IK_NEVER;
    }
}

/* A whole IPv6 packet that came through ESP: the answer, or nothing of ours. */
static void delivered(const uint8_t *p, uint16_t len)
{
    uint8_t want[4];

    for (uint8_t i = 0; i < 4; i++) {
        want[i] = (uint8_t)(door.press >> (24 - 8 * i));
    }
    if (len >= IP6_LEN + UDP_LEN + BODY_LEN && p[6] == IP_UDP &&
        memcmp(p + IP6_LEN + UDP_LEN, "DONE", 4) == 0 &&
        memcmp(p + IP6_LEN + UDP_LEN + 4, want, 4) == 0 && door.resend_at != IK_NEVER) {
        door.resend_at = IK_NEVER;
        door_answered(door.press);
    }
}

static void carry_out(const struct ik_effect *fx)
{
    uint8_t head[IP6_LEN + UDP_LEN];

    switch (fx->kind) {
    case IK_FX_SEND:
        link_send(head, ip6_outer(head, &fx->path, fx->data, fx->len), fx->data, fx->len);
        break;
    case IK_FX_DELIVER:
        delivered(fx->data, fx->len);
        break;
    case IK_FX_JOB:
        door.job = fx->job;
        break;
    case IK_FX_EVENT:
        tell(fx);
        break;
    default: /* no policy lets a packet pass in the clear */
        break;
    }
}

static void effects(void)
{
    struct ik_effect fx;

    while (ik_node_poll(&door.node, clock_now(), &fx)) {
        carry_out(&fx);
    }
}

BRIEFLY static void receive(void)
{
    struct ik_pkt pkt = {link_in, sizeof link_in, 0, link_in_len};
    struct ik_path path;

    if (ip6_read(&pkt, door.store.local, &path)) {
        ik_node_rx(&door.node, clock_now(), &path, &pkt);
        effects();
    }
    link_drop();
}

BRIEFLY static void overdue(void)
{
    if (door.resend_at > clock_now()) {
        return;
    }
    door.resend_at = IK_NEVER;
    if (door.up && door.tries < TRIES) {
        send_command();
    }
}

BRIEFLY static void work(void)
{
    struct ik_job *job = door.job;

    run_job(job);
    ik_node_job_done(&door.node, clock_now(), job);
    effects();
}

static void turn(void)
{
    if (link_poll()) {
        receive();
    }
    if (button_pressed) {
        button_pressed = 0;
        press();
    }
    overdue();
    effects();
    if (door.job != NULL) {
        work();
    }
}

static void rest(void)
{
    ik_time until = ik_node_deadline(&door.node);

    if (door.job != NULL) {
        return;
    }
    if (door.resend_at < until) {
        until = door.resend_at;
    }
    clock_sleep(until, until == IK_NEVER && !door.up);
}

/* Entropy, and with it what makes this start unlike the last one even if the entropy were poor. */
BRIEFLY static bool seed(void)
{
    uint8_t octets[ENTROPY_LEN];
    bool good = entropy_take(octets);

    if (good) {
        ik_node_seed(&door.node, octets, sizeof octets);
        ik_node_seed(&door.node, &door.store.boots, sizeof door.store.boots);
        memset(octets, 0, sizeof octets);
        __asm__ volatile("" ::"r"(octets) : "memory"); /* the clearing stays */
    }
    return good;
}

/* Nothing can be done before somebody writes another store and takes the battery out. */
static _Noreturn void halt(void)
{
    door_refused();
    for (;;) {
        button_pressed = 0;
        clock_sleep(IK_NEVER, true);
    }
}

BRIEFLY static void start(void)
{
    struct ik_host host = {
        .ike_sas = &door.ike_sa, .child_sas = &door.child_sa, .ike_sas_n = 1, .child_sas_n = 1};

    door.resend_at = IK_NEVER;
    if (!store_open(&door.store)) {
        halt(); /* nobody told this device who it is */
    }
    door_configure(&door.config, &door.store);
    if (ik_node_init(&door.node, &door.config.ik, &host, clock_now()) != IK_OK) {
        halt();
    }
}

int main(void)
{
    bool seeded;

    board_start();
    start();
    /* Without entropy the node refuses: IK_WHY_NOT_SEEDED. The next press tries again. */
    seeded = seed();
    for (;;) {
        board_alive();
        if (!seeded && button_pressed) {
            seeded = seed();
        }
        turn();
        rest();
    }
}
