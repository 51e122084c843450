/* SPDX-License-Identifier: MIT */
/* The sockets of one node: UDP 500 and 4500 (or one port of the user's), raw ESP, and raw AH. */
#ifndef POSIX_SOCKETS_H
#define POSIX_SOCKETS_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "host.h"

#define SOCKETS_MAX 8 /* four carriers, two IP versions */

struct sock {
    int fd;
    uint8_t family;  /* 4 or 6 */
    uint8_t carrier; /* enum ik_carrier */
    struct ik_addr local;
    uint16_t port;
    uint8_t cut; /* enum sockets_cut */
};

struct sockets {
    struct sock list[SOCKETS_MAX];
    unsigned n;
    bool esp_denied; /* no right to open a raw socket */
};

/* Several sets of the same ports (SO_REUSEPORT), of this process alone: whoever has one of them
 * otherwise is found out by the first. */
enum sockets_shared { SOCKETS_ALONE, SOCKETS_FIRST, SOCKETS_FURTHER };

/* What to open. local family 0: the wildcard of both IP versions. port 0: 500 and 4500. */
struct sockets_wish {
    struct ik_addr local;
    bool one_port;
    uint16_t port;       /* with one_port; 0: any */
    uint8_t shared;      /* enum sockets_shared */
    bool ah;             /* raw sockets for AH, too */
    const char *without; /* behind what tells of a right that lacks: how to do without; or NULL */
};

/* Opens them all. False with one line in err ("cannot bind …", "not permitted …"); a raw socket
 * that may not be opened is no error here: see esp_denied. */
bool sockets_open(struct sockets *s, const struct sockets_wish *wish, char *err, size_t err_len);
/* Who may cut what leaves by that socket from now on: nobody, not we either, whatever routers have
 * said to the kernel; routers of IPv4 too; or we, as far as the kernel has heard of the path, which
 * is usual. */
enum sockets_cut { SOCKETS_USUAL = 0, SOCKETS_WHOLE, SOCKETS_PIECES };
void sockets_cut(struct sock *k, enum sockets_cut how);
void sockets_close(struct sockets *s);
/* Has this process the right to open raw sockets, as ESP without UDP needs? */
bool sockets_may_be_raw(void);

/* One datagram into pkt (its whole buffer may be used), with where it came from. False if there is
 * none. */
bool sockets_receive(const struct sock *sock, struct ik_path *path, struct ik_pkt *pkt);

/* Sends by the socket that fits the path. Answers 0 or an errno; EPERM: there is no raw socket. */
int sockets_send(const struct sockets *s, const struct ik_path *path, const struct ik_outer *outer,
                 const uint8_t *data, size_t len);

/* The one that fits, or NULL. */
const struct sock *sockets_find(const struct sockets *s, uint8_t carrier, uint8_t family);

/* Addresses as the system has them. */
union sockets_name {
    struct sockaddr sa;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};
/* A link-local one with its zone, if it is known (zones.h); which the next function learns. */
socklen_t sockets_to_name(const struct ik_addr *a, uint16_t port, union sockets_name *out);
/* Answers the port. */
uint16_t sockets_from_name(const union sockets_name *s, struct ik_addr *out);

/* The first address of a host name, or the address that it is (zones.h). False if no name server
 * knows. */
bool sockets_resolve(const char *name, struct ik_addr *out);

/* The address that the route to peer leaves from. False with one line in err. */
bool sockets_route(const struct ik_addr *peer, struct ik_addr *local, char *err, size_t err_len);

#endif
