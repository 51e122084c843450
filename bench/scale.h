/* SPDX-License-Identifier: MIT */
/*
 * What bench_scale measures: a gateway with many IKE SAs, Child SAs and policies, and the events
 * that reach it. scale.c counts the instructions of each, scale_net.c has the gateway and its
 * clients, scale_crypto.c the algorithms, by the public contract only.
 */
#ifndef BENCH_SCALE_H
#define BENCH_SCALE_H

#include "ikelet/ikelet.h"

/* The order is that of the rows. X(name) */
#define SCALE_EVENTS(X)                                                                            \
    X(junk)          /* 28 octets: a good IKE header with SPIs of no SA */                         \
    X(init)          /* an IKE_SA_INIT request becomes a half-open IKE SA; with its jobs */        \
    X(init_cookie)   /* an IKE_SA_INIT request is answered by a cookie */                          \
    X(informational) /* an empty INFORMATIONAL request is answered */                              \
    X(esp_in)        /* a packet of 128 octets is opened */                                        \
    X(esp_out)       /* one is sealed; the second of its flow at the least */                      \
    X(timer)         /* one of as many timers as there are IKE SAs is due: a NAT keepalive */

enum scale_event {
#define SCALE_ENUM(name) SCALE_##name,
    SCALE_EVENTS(SCALE_ENUM)
#undef SCALE_ENUM
        SCALE_EVENT_N
};

/* ---- scale_crypto.c: one suite, and no Diffie-Hellman -----------------------------------------
 */

/*
 * AES-128-GCM, HMAC-SHA-256 and a group without security in X25519's place. While `scale_cheap`,
 * cipher and hash are replaced by such as cost next to nothing and protect nobody: SAs are set up
 * so, which leaves them with keys like any others.
 */
extern bool scale_cheap;
extern const struct ik_proposal scale_ike, scale_esp;
const struct ik_crypto *scale_crypto(void);

/* ---- scale_net.c ------------------------------------------------------------------------------
 */

/* How often an event is measured: with IKE SAs all over the pool. */
#define SCALE_SAMPLES 8

struct scale_net;
/* A gateway with that many IKE SAs up, each with a Child SA, and that many policies, 10 or more.
 * Ends the program if it can't be. */
struct scale_net *scale_net_new(unsigned sas, unsigned policies);
void scale_net_free(struct scale_net *net);
/* Makes one more event of that kind ready. Events come in the order of enum scale_event, each
 * SCALE_SAMPLES times. */
void scale_prepare(struct scale_net *net, enum scale_event event, unsigned sample);
/* Lets it happen: what is measured. To be told from noise, it is a function of its own. */
void scale_happen(struct scale_net *net);
/* Ends the program if the gateway did not do what it should have done. */
void scale_verify(const struct scale_net *net);

#endif
