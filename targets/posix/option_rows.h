/* SPDX-License-Identifier: MIT */
/* The options of `ikelet ping` and `ikelet respond`, as argp has them. */
#ifndef POSIX_OPTION_ROWS_H
#define POSIX_OPTION_ROWS_H

#include <argp.h>

enum key {
    KEY_PEER = 256,
    KEY_LOCAL,
    KEY_PORT,
    KEY_LOCAL_PORT,
    KEY_NATT,
    KEY_ID,
    KEY_REMOTE_ID,
    KEY_PSK_FILE,
    KEY_PSK,
    KEY_PPK_FILE,
    KEY_PPK_REQUIRED,
    KEY_TICKET_FILE,
    KEY_TICKET_LIFE,
    KEY_IKE,
    KEY_ESP,
    KEY_AH,
    KEY_FRAGMENT,
    KEY_LEGACY_MINI,
    KEY_CRYPTO,
    KEY_MODE,
    KEY_TS_LOCAL,
    KEY_TS_REMOTE,
    KEY_FROM,
    KEY_TO,
    KEY_COUNT,
    KEY_INTERVAL,
    KEY_TIMEOUT,
    KEY_SIZE,
    KEY_INITIAL_CONTACT,
    KEY_NAT_DETECTION,
    KEY_NONCE,
    KEY_IDR,
    KEY_CHILD,
    KEY_CHILDLESS,
    KEY_REKEY_CHILD,
    KEY_REKEY_IKE,
    KEY_REAUTH,
    KEY_LIFE_CHILD,
    KEY_LIFE_IKE,
    KEY_LIVENESS,
    KEY_COMMANDS,
    KEY_KEYLOG,
    KEY_PCAP,
    KEY_VERBOSE
};

/* What each takes: ends with a row of zeros. */
extern const struct argp_option option_rows_ping[], option_rows_respond[];

#endif
