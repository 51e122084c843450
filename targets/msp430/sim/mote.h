/* SPDX-License-Identifier: MIT */
/*
 * A machine in a world: a part with the firmware's board around it. Packets are SLIP on its UART,
 * noise is at its ADC, a finger at its button; nothing of the image is replaced. It has the shape
 * of a node of the core: events go in, effects come out, one deadline says when the next is due.
 *
 *     at = mote_deadline(t);                   the world sleeps until then, or until it has an
 * event while (mote_poll(t, now, &fx)) ...       all effects up to now mote_receive(t, now, packet,
 * len);       an event; before it all effects up to now were taken
 *
 * The machine runs ahead of the world to know its deadline; an event puts it back. What happens is
 * what would have happened without that: it depends on the events and their moments alone.
 *
 * Moments are msim_time since power came. The image names its board by a symbol part_NAME.
 */
#ifndef MSIM_MOTE_H
#define MSIM_MOTE_H

#include "msim.h"

/* Octets of the largest packet on the line. */
#define MOTE_PACKET_MAX 1280
/* Octets of struct store (board/target.h), without the tally behind it. */
#define MOTE_STORE_LEN 124
/* Samples that the firmware takes for its seed, in octets. */
#define MOTE_NOISE_LEN 384
/* For how long a finger holds the button. */
#define MOTE_BUTTON_HELD (80000 * MSIM_US)

struct mote;

struct mote_opts {
    const void *image; /* ELF; read by mote_new() only, as is `store` */
    size_t image_len;
    const void *store; /* what information memory holds, see mote_store() */
    size_t store_len;  /* at most 128; 0: nothing, the firmware refuses to begin */
    /* The lowest bits of what the ADC samples, the first one highest, then again; copied. */
    const uint8_t *noise;
    size_t noise_len; /* 0: stuck, and the firmware refuses */
};

enum mote_kind {
    MOTE_SENT = 1, /* the last octet of a packet has left the UART: data, len */
    MOTE_POWER,    /* what is on has changed: on */
    MOTE_TOLD,     /* the application was told an event of its node: event, reason */
    MOTE_ANSWERED, /* an answer to a command came: press */
    MOTE_REFUSED,  /* the image cannot work as it is provisioned, and halted: why, in words */
    MOTE_RESET,    /* the machine was reset: reason is an enum msim_reset_cause */
    MOTE_FAULT,    /* the program does what none should (mote_fault()); it stands from now on */
};

/* TOLD, ANSWERED and REFUSED are seen where the firmware has functions door_told, door_answered and
 * door_refused: by looking on. An image without these names has none of them. */
struct mote_effect {
    enum mote_kind kind;
    msim_time at;
    unsigned on; /* MSIM_ON_... */
    uint8_t event, reason;
    const char *why; /* constant */
    uint32_t press;
    uint16_t len;
    uint8_t data[MOTE_PACKET_MAX]; /* a whole IPv6 packet */
};

/* Power comes at moment 0. NULL: *wrong says what is wrong, in words. */
struct mote *mote_new(const struct mote_opts *opts, const char **wrong);
void mote_free(struct mote *t);

/* When the next effect is due, or sooner: to be asked again then. MSIM_NEVER: the machine stands.
 */
msim_time mote_deadline(struct mote *t);
/* The next effect up to now; false if there is none any more. */
bool mote_poll(struct mote *t, msim_time now, struct mote_effect *fx);

/* A packet is on the line from now on. False if so much waits there that it does not fit. */
bool mote_receive(struct mote *t, msim_time now, const void *packet, size_t len);
/* A finger comes to the button, and stays for MOTE_BUTTON_HELD. */
void mote_press(struct mote *t, msim_time now);

/* The machine as it is now, to be looked at: cycles, times by state, memory. Until the next call.
 */
const struct msim *mote_at(struct mote *t, msim_time now);
/* Octets that were lost on the line towards the part or from it. */
struct msim_uart_errors mote_line_errors(struct mote *t, msim_time now);
/* Why it stands, in words; "" if it does not. */
const char *mote_fault(const struct mote *t);

/* ---- provisioning: mote_store.c ------------------------------------------------------------- */

struct mote_identity {
    uint8_t local[16], remote[16]; /* IPv6, outer */
    uint8_t inner_prefix[8];       /* inner addresses are this and the outer ones' low half */
    const void *id, *peer_id;      /* at most 20 octets each */
    /* prf(Shared Secret, "Key Pad for IKEv2") (RFC 7296 2.15) of the pre-shared key, at most 32
     * octets, and the IANA number of that prf, which has to be the image's. */
    const void *psk_pad;
    size_t id_len, peer_id_len, psk_pad_len;
    uint8_t prf;
    bool natt;   /* ESP in UDP from the beginning */
    bool brief;  /* no NAT detection, no IDr, no INITIAL_CONTACT */
    bool key_id; /* the identities are KEY_IDs; else FQDNs */
    uint32_t boots;
};

/* Writes the store of a device that is this. False if something is too long. */
bool mote_store(const struct mote_identity *who, uint8_t out[MOTE_STORE_LEN]);
/* Why an image refuses a store that begins with this word. */
const char *mote_store_fault(uint16_t magic);

#endif
