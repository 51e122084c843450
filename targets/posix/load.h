/* SPDX-License-Identifier: MIT */
/* `ikelet load`: many clients in one process, to see what a gateway bears. */
#ifndef POSIX_LOAD_H
#define POSIX_LOAD_H

#include "host.h"

struct load_wish {
    struct ik_addr peer, local;
    unsigned clients;
    double rate;      /* set-ups begun a second; 0: all at once */
    double loss;      /* percent of datagrams that are lost, each way */
    ik_time delay;    /* that each is held, each way */
    unsigned traffic; /* inner packets a second, in all */
    unsigned size;    /* octets of each; 0: not given, and no traffic either */
    ik_time hold;     /* how long SAs stay up once all are */
    ik_time timeout;  /* of a request */
    const struct ik_crypto *crypto;
    uint16_t port;
    const char *id;        /* %d is the client's number */
    const char *remote_id; /* NULL: any */
    const char *ike, *esp;
    const char *psk_file;
    struct ik_ts ts_local; /* client n has the n-th address of it */
    struct ik_ts ts_remote;
    bool json;
};

/* What came of it. */
struct load_result {
    unsigned up, failed, fell;
    unsigned reasons[32]; /* failures by enum ik_reason */
    ik_time *took;        /* of those that came up, by client; 0: did not */
    unsigned clients;
    ik_time begun, all_up, ended;
    uint64_t sent, lost_out, lost_in, retransmitted;
    uint64_t packets_out, packets_in;
    double cpu_s; /* of this process */
};

/* Answers the exit status. argv[0] is the subcommand's name. */
int load_main(int argc, char **argv);

/* load_options.c: what is asked for. Does not return on a mistake (lines on stderr, exit status 2)
 * or after --help. */
void load_options_parse(struct load_wish *w, int argc, char **argv);

/* load_report.c: on stdout. */
void load_report(const struct load_wish *w, const struct load_result *r);

#endif
