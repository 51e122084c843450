/* SPDX-License-Identifier: MIT */
/*
 *          saved                    the machine             now
 *   ---------|--------------------------|--------------------|-----> time
 *            |      runs ahead ->       | effect             |
 *
 * While `ahead` the queue holds what was seen since `saved`, and none of it has happened yet for
 * the world: an event from outside drops it. Taking an effect makes it so: the machine is saved.
 */
#include "mote.h"

#include <stdlib.h>
#include <string.h>

/* How far the machine runs without an effect. */
#define AHEAD MSIM_SECOND
/* A moment has one effect of each kind at the most, or two; a packet never comes twice. */
#define EFFECTS 16

enum { SLIP_END = 0xc0, SLIP_ESC = 0xdb, SLIP_ESC_END = 0xdc, SLIP_ESC_ESC = 0xdd };
enum { MIDDLE = 0x800 }; /* of 12 bits */

/* Where a board has what (board/, part.py). */
struct board {
    const char *part;
    uint16_t store;
    unsigned uart, button_port, button_bit;
};

static const struct board boards[] = {{"msp430f1611", 0x1000, 1, 2, 7},
                                      {"msp430f5438a", 0x1800, 1, 2, 7},
                                      {"msp430fr5994", 0x1800, 0, 5, 6}};

/* What changes with the machine, and is saved with it. */
struct side {
    size_t noise_at; /* samples taken */
    uint8_t frame[MOTE_PACKET_MAX];
    size_t frame_len; /* above MOTE_PACKET_MAX: too long, skipped */
    bool escaped;
    unsigned on;
    uint64_t resets;
    msim_time release_at; /* of the button */
    bool stands;
};

struct mote {
    struct msim *m;
    const struct board *board;
    uint8_t *noise;
    size_t noise_bits;
    struct side side, saved_side;
    void *saved;
    bool ahead;
    uint16_t told, answered, refused; /* addresses; 0: none there */
    size_t first, n;
    struct mote_effect effects[EFFECTS];
    struct mote_effect lost; /* what nobody took in time is written here */
};

/* ---- what the machine does --------------------------------------------------------------------
 */

static struct mote_effect *push(struct mote *t, enum mote_kind kind)
{
    struct mote_effect *fx = &t->effects[(t->first + t->n) % EFFECTS];

    if (t->n == EFFECTS) {
        return &t->lost;
    }
    t->n++;
    fx->kind = kind;
    fx->at = msim_now(t->m);
    return fx;
}

static void frame_ends(struct mote *t)
{
    struct side *s = &t->side;

    if (s->frame_len > 0 && s->frame_len <= MOTE_PACKET_MAX) {
        struct mote_effect *fx = push(t, MOTE_SENT);

        fx->len = (uint16_t)s->frame_len;
        memcpy(fx->data, s->frame, s->frame_len);
        msim_stop(t->m);
    }
    s->frame_len = 0;
    s->escaped = false;
}

static void hear(struct msim *m, void *context, unsigned uart, uint8_t octet)
{
    struct mote *t = context;
    struct side *s = &t->side;

    (void)m;
    (void)uart;
    if (octet == SLIP_END) {
        frame_ends(t);
    } else if (octet == SLIP_ESC && !s->escaped) {
        s->escaped = true;
    } else {
        if (s->escaped) {
            octet = octet == SLIP_ESC_END ? SLIP_END : octet == SLIP_ESC_ESC ? SLIP_ESC : octet;
        }
        s->escaped = false;
        if (s->frame_len < MOTE_PACKET_MAX) {
            s->frame[s->frame_len] = octet;
        }
        s->frame_len += s->frame_len <= MOTE_PACKET_MAX;
    }
}

static uint16_t sample(void *context, unsigned channel)
{
    struct mote *t = context;
    size_t at;

    (void)channel;
    if (t->noise_bits == 0) {
        return MIDDLE;
    }
    at = t->side.noise_at++ % t->noise_bits;
    return (uint16_t)(MIDDLE | (t->noise[at / 8] >> (7 - at % 8) & 1));
}

/* Arguments are in R12 and R13. */
static void marked(struct mote *t)
{
    uint16_t pc = msim_register(t->m, MSIM_PC), r12 = msim_register(t->m, MSIM_R12);

    if (pc == t->told) {
        struct mote_effect *fx = push(t, MOTE_TOLD);

        fx->event = (uint8_t)r12;
        fx->reason = (uint8_t)msim_register(t->m, MSIM_R13);
    } else if (pc == t->answered) {
        uint8_t press[4];

        msim_read(t->m, r12, press, sizeof press);
        push(t, MOTE_ANSWERED)->press = (uint32_t)press[0] << 24 | (uint32_t)press[1] << 16 |
                                        (uint32_t)press[2] << 8 | press[3];
    } else if (pc == t->refused) {
        push(t, MOTE_REFUSED)->why = mote_store_fault(r12);
    }
}

static void look(struct mote *t)
{
    unsigned on = msim_on(t->m);

    if (msim_resets(t->m) != t->side.resets) {
        t->side.resets = msim_resets(t->m);
        push(t, MOTE_RESET)->reason = (uint8_t)msim_reset_cause(t->m);
    }
    if (on != t->side.on) {
        t->side.on = on;
        push(t, MOTE_POWER)->on = on;
    }
}

/* Up to that moment, or to an effect, whichever is first. */
static void step(struct mote *t, msim_time until)
{
    msim_time release = t->side.release_at;
    enum msim_stop why = msim_run(t->m, until < release ? until : release);

    if (why == MSIM_STOP_MARK) {
        marked(t);
    } else if (why == MSIM_STOP_FAULT) {
        t->side.stands = true;
        push(t, MOTE_FAULT);
    } else if (msim_now(t->m) >= release) {
        t->side.release_at = MSIM_NEVER;
        msim_pin(t->m, t->board->button_port, t->board->button_bit, MSIM_HIGH);
    }
    look(t);
}

/* ---- the world's time -------------------------------------------------------------------------
 */

static void save(struct mote *t)
{
    msim_save(t->m, t->saved);
    t->saved_side = t->side;
    t->ahead = false;
}

static void put_back(struct mote *t)
{
    msim_restore(t->m, t->saved);
    t->side = t->saved_side;
    t->n = 0;
    t->ahead = false;
}

/* The machine is at that moment or, amid an instruction, right behind it. */
static void bring_to(struct mote *t, msim_time now)
{
    if (t->ahead && t->n == 0 && msim_now(t->m) <= now) {
        save(t);
    } else if (t->ahead) {
        put_back(t);
    }
    while (!t->side.stands && msim_now(t->m) < now) {
        step(t, now);
    }
    save(t);
}

msim_time mote_deadline(struct mote *t)
{
    msim_time until;

    if (t->n > 0) {
        return t->effects[t->first].at;
    }
    if (t->side.stands) {
        return MSIM_NEVER;
    }
    if (!t->ahead) {
        until = msim_now(t->m) + AHEAD;
        t->ahead = true;
        while (t->n == 0 && msim_now(t->m) < until) {
            step(t, until);
        }
    }
    return t->n > 0 ? t->effects[t->first].at : msim_now(t->m);
}

bool mote_poll(struct mote *t, msim_time now, struct mote_effect *fx)
{
    while (mote_deadline(t) <= now) {
        if (t->ahead) {
            save(t);
        }
        if (t->n > 0) {
            *fx = t->effects[t->first];
            t->first = (t->first + 1) % EFFECTS;
            t->n--;
            return true;
        }
    }
    return false;
}

/* ---- events ------------------------------------------------------------------------------------
 */

static size_t framed(uint8_t *to, const uint8_t *p, size_t len)
{
    size_t n = 0;

    to[n++] = SLIP_END;
    for (size_t i = 0; i < len; i++) {
        bool special = p[i] == SLIP_END || p[i] == SLIP_ESC;

        if (special) {
            to[n++] = SLIP_ESC;
        }
        to[n++] = !special ? p[i] : p[i] == SLIP_END ? SLIP_ESC_END : SLIP_ESC_ESC;
    }
    to[n++] = SLIP_END;
    return n;
}

bool mote_receive(struct mote *t, msim_time now, const void *packet, size_t len)
{
    uint8_t line[2 * MOTE_PACKET_MAX + 2];
    size_t n;

    if (len > MOTE_PACKET_MAX) {
        return false;
    }
    bring_to(t, now);
    n = framed(line, packet, len);
    /* What lacks its end would spoil the next one, too: the line is put back. */
    if (msim_uart_send(t->m, t->board->uart, line, n) != n) {
        put_back(t);
        return false;
    }
    save(t);
    return true;
}

void mote_press(struct mote *t, msim_time now)
{
    bring_to(t, now);
    msim_pin(t->m, t->board->button_port, t->board->button_bit, MSIM_LOW);
    t->side.release_at = now + MOTE_BUTTON_HELD;
    save(t);
}

const struct msim *mote_at(struct mote *t, msim_time now)
{
    bring_to(t, now);
    return t->m;
}

struct msim_uart_errors mote_line_errors(struct mote *t, msim_time now)
{
    bring_to(t, now);
    return msim_uart_errors(t->m, t->board->uart);
}

const char *mote_fault(const struct mote *t)
{
    return t->saved_side.stands ? msim_fault(t->m) : "";
}

/* ---- making ------------------------------------------------------------------------------------
 */

static const struct board *board_of(const char *part)
{
    for (size_t i = 0; part != NULL && i < sizeof boards / sizeof boards[0]; i++) {
        if (strcmp(boards[i].part, part) == 0) {
            return &boards[i];
        }
    }
    return NULL;
}

static uint16_t watch(struct mote *t, const char *name)
{
    uint16_t at = 0;

    if (msim_symbol(t->m, name, &at)) {
        msim_mark(t->m, at, true);
    }
    return at;
}

static void equip(struct mote *t, const struct mote_opts *opts)
{
    const struct board *b = t->board;

    msim_reset(t->m);
    if (opts->store_len > 0) {
        msim_write(t->m, b->store, opts->store, opts->store_len);
    }
    msim_uart_hear(t->m, b->uart, hear, t);
    msim_adc(t->m, sample, t);
    msim_pin(t->m, b->button_port, b->button_bit, MSIM_HIGH);
    msim_stop_at_power(t->m, true);
    t->told = watch(t, "door_told");
    t->answered = watch(t, "door_answered");
    t->refused = watch(t, "door_refused");
    t->side.resets = msim_resets(t->m);
    t->side.on = msim_on(t->m);
    t->side.release_at = MSIM_NEVER;
}

static const char *build(struct mote *t, const struct mote_opts *opts)
{
    const char *wrong;

    t->board = board_of(msim_image_part(opts->image, opts->image_len));
    if (t->board == NULL) {
        return "it is no image for a board that is known";
    }
    t->m = msim_new(t->board->part);
    t->saved = malloc(msim_size());
    t->noise = malloc(opts->noise_len + 1);
    if (t->m == NULL || t->saved == NULL || t->noise == NULL) {
        return "no memory";
    }
    wrong = msim_load(t->m, opts->image, opts->image_len);
    if (wrong != NULL) {
        return wrong;
    }
    if (opts->noise_len > 0) {
        memcpy(t->noise, opts->noise, opts->noise_len);
    }
    t->noise_bits = 8 * opts->noise_len;
    equip(t, opts);
    save(t);
    return NULL;
}

struct mote *mote_new(const struct mote_opts *opts, const char **wrong)
{
    struct mote *t = calloc(1, sizeof *t);

    *wrong = t != NULL ? build(t, opts) : "no memory";
    if (*wrong != NULL) {
        mote_free(t);
        t = NULL;
    }
    return t;
}

void mote_free(struct mote *t)
{
    if (t != NULL) {
        msim_free(t->m);
        free(t->saved);
        free(t->noise);
        free(t);
    }
}
