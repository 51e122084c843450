/* SPDX-License-Identifier: MIT */
/* The command line, as values. */
#ifndef POSIX_OPTIONS_H
#define POSIX_OPTIONS_H

#include "host.h"
#include "ppk.h"

#define OPTIONS_SIZE_MAX 8192  /* octets of echo data */
#define OPTIONS_CHILDREN_MAX 8 /* Child SAs beyond the first */

enum role { ROLE_PING, ROLE_RESPOND };

/* Addresses of family 0, counts of 0, NULL and unset ids: not given. */
struct options {
    enum role role;
    struct ik_addr peer, local, from, to;
    struct ik_id id, remote_id;
    bool id_given, remote_id_given;
    uint8_t id_data[IK_ID_MAX], remote_id_data[IK_ID_MAX];
    const char *psk_file; /* NULL: environment */
    uint8_t *psk;
    size_t psk_len;
    const char *ppk_file; /* NULL: none */
    struct ppk_list ppks;
    bool ppk_required;
    const char *ticket_file; /* NULL: none is asked for */
    uint32_t ticket_life;    /* seconds that one of ours is good for; 0: none is given */
    struct ik_proposal ike[IK_PROPOSALS_MAX], esp[IK_PROPOSALS_MAX];
    uint8_t ike_n, esp_n;
    bool ah, esp_given; /* ah: esp holds proposals of AH */
    struct ik_ts ts_local[IK_TS_MAX], ts_remote[IK_TS_MAX];
    uint8_t ts_local_n, ts_remote_n;
    /* Of further Child SAs: local, remote. */
    struct ik_ts children[OPTIONS_CHILDREN_MAX][2];
    uint8_t children_n;
    enum ik_mode mode;
    enum ik_childless childless;
    uint32_t rekey_child, rekey_ike, reauth, life_child, life_ike, liveness; /* seconds; 0: never */
    uint16_t fragment; /* octets of the largest IP datagram of IKE; 0: no fragments */
    const struct ik_crypto *crypto;
    bool commands;
    unsigned long count; /* echo requests; 0: until interrupted */
    unsigned long size;  /* octets of echo data */
    ik_time interval;
    ik_time timeout;
    uint16_t port;       /* 0: 500 and 4500 */
    uint16_t local_port; /* with port; 0: any */
    bool natt;
    bool initial_contact;
    bool nat_detection, idr; /* are sent */
    uint8_t nonce;           /* octets of ours */
    bool legacy_mini;
    bool verbose;
    const char *keylog;
    const char *pcap;
};

/* Fills *o from argv, completes it from files and the environment, and checks what belongs
 * together. Does not return on a mistake (one line on stderr, exit status 2) or after --help. */
void options_parse(struct options *o, enum role role, int argc, char **argv);

/* Wipes the key. */
void options_forget(struct options *o);

#endif
