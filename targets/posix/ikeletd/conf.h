/* SPDX-License-Identifier: MIT */
/* The configuration file of ikeletd as values: ikeletd.conf(5) explains each word. */
#ifndef IKELETD_CONF_H
#define IKELETD_CONF_H

#include "host.h"
#include "mistakes.h"

enum conf_start { START_NONE = 0, START_TRAP = 1, START_NOW = 2 }; /* bits */

#define WORKERS_MAX 64

enum conf_unique { UNIQUE_REPLACE, UNIQUE_NEVER };

struct conf_child {
    char *name;
    unsigned line;
    struct ik_ts ts_local[IK_TS_MAX], ts_remote[IK_TS_MAX]; /* n 0: the outer address */
    uint8_t ts_local_n, ts_remote_n;
    struct ik_proposal esp[IK_PROPOSALS_MAX];
    uint8_t esp_n;
    bool ah;                 /* these are proposals of AH */
    uint16_t tfc, tfc_align; /* octets */
    ik_time dummy;
    uint8_t mode;  /* enum ik_mode */
    uint8_t start; /* enum conf_start, or-ed */
    uint8_t pfp;   /* IK_PFP_*, or-ed */
    uint16_t replay;
    ik_time rekey; /* 0: never */
};

/* One line of a file of remotes. */
struct conf_remote {
    unsigned line;
    uint8_t ts_n;
    struct ik_id id; /* both lie in the connection's list_ids and list_ts */
    const struct ik_ts *ts;
};

#define PPKS_OF_CONNECTION 8

struct conf_connection {
    char *name;
    unsigned line;
    char *remote; /* host name or address; NULL: anywhere */
    unsigned remote_line;
    char *remotes; /* file; NULL: none */
    struct conf_remote *list;
    unsigned list_n;
    uint8_t *list_ids;
    struct ik_ts *list_ts;
    struct ik_addr local, remote_addr; /* remote_addr: what remote resolved to */
    bool local_found, id_made;         /* by the route, and so to be looked for again */
    struct ik_id id, remote_id;        /* type 0: not given */
    uint8_t id_data[IK_ID_MAX], remote_id_data[IK_ID_MAX];
    struct ik_proposal ike[IK_PROPOSALS_MAX];
    uint8_t ike_n;
    uint8_t unique;    /* enum conf_unique */
    uint8_t childless; /* enum ik_childless */
    bool force_natt;
    bool resumption;         /* ask for tickets, and use them */
    bool nat_detection, idr; /* are sent */
    uint16_t fragment;       /* octets of the largest IP datagram of IKE; 0: no fragments */
    uint16_t probe; /* octets whose passing is found out where routers say nothing; 0: none */
    ik_time dpd;    /* 0: never */
    ik_time rekey;  /* of the IKE SA; 0: never */
    ik_time reauth; /* 0: never */
    char *ppk;      /* names of PPKs, joined by commas; NULL: none */
    unsigned ppk_line;
    bool ppk_required;
    struct ik_ppk ppks[PPKS_OF_CONNECTION]; /* by the plan: they point into ppk and the secrets */
    uint8_t ppks_n;
    struct conf_child *children;
    unsigned children_n;
};

/* A pair of SAs without IKE. */
struct conf_manual {
    char *name;
    unsigned line, esp_line;
    struct ik_addr local, remote;
    struct ik_ts ts_local[IK_TS_MAX], ts_remote[IK_TS_MAX]; /* n 0: the outer address */
    uint8_t ts_local_n, ts_remote_n;
    struct ik_proposal esp;
    uint8_t esp_n, mode; /* enum ik_mode */
    uint16_t replay;
    bool ah; /* esp is of AH */
    bool encap, fresh;
    uint32_t spi_in, spi_out;
    uint64_t sent, received;
};

struct conf_daemon {
    unsigned line;
    char *user, *group;    /* NULL: stay who we are */
    char *control;         /* path of the socket */
    char *secrets;         /* file */
    char *metrics;         /* 127.0.0.1:PORT or a file; NULL: none */
    uint16_t metrics_port; /* 0: it is a file */
    char *keylog, *pcap;   /* NULL: none */
    char *updown;          /* program (hook.h); NULL: none */
    bool audit;            /* what the data plane refuses goes to the log */
    struct ik_addr local;  /* family 0: all */
    unsigned log;          /* enum log_level */
    unsigned ike_sas;      /* how many are held */
    unsigned workers;
    unsigned cookie_above;
    ik_time timeout; /* of a request */
    ik_time tickets; /* how long one of ours is good; 0: none is given */
    const struct ik_crypto *crypto;
};

struct conf_tun {
    unsigned line;
    char *name;
    unsigned mtu; /* 0: from the path */
    struct {
        struct ik_addr addr;
        uint8_t bits;
    } address[8];
    unsigned address_n;
    bool routes, offload, mss_clamp;
};

struct conf {
    char *file;
    bool was_read; /* false: it is not there, or no text */
    struct conf_daemon daemon;
    struct conf_tun tun;
    struct conf_connection *connections;
    unsigned connections_n;
    struct conf_manual *manuals;
    unsigned manuals_n;
};

/* Reads file; the caller frees *c in any case. False if there are mistakes: all that could be found
 * are in *m. Names are not resolved yet. */
bool conf_read(struct conf *c, const char *file, struct mistakes *m);
void conf_free(struct conf *c);
/* A configuration in the place of another: what takes a restart stays as it was, and each word that
 * says otherwise is told in *m. */
void conf_keep(struct conf *is, const struct conf *was, struct mistakes *m);

/* Looks up the addresses of the remotes that are names; this may wait for a name server. Those that
 * are unknown keep family 0 and are told in *m; answers how many these are. */
unsigned conf_resolve(struct conf *c, struct mistakes *m);

#endif
