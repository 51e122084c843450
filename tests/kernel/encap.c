/* SPDX-License-Identifier: MIT */
/*
 * What a daemon of IKE does for the guest's kernel: the sockets of UDP 4500, whose ESP the kernel
 * takes out (RFC 3948; UDP_ENCAP of udp(7)). Linked statically; goes to the background when they
 * are open, and sleeps for ever.
 */
#include <arpa/inet.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef UDP_ENCAP_ESPINUDP
#define UDP_ENCAP_ESPINUDP 2
#endif

/* Policies of transport mode are not for what carries them. */
static int in_clear(int fd, int family)
{
    struct xfrm_userpolicy_info policy = {.sel = {.family = (unsigned short)family},
                                          .action = XFRM_POLICY_ALLOW};
    int level = family == AF_INET6 ? IPPROTO_IPV6 : IPPROTO_IP;
    int option = family == AF_INET6 ? IPV6_XFRM_POLICY : IP_XFRM_POLICY;
    for (policy.dir = XFRM_POLICY_IN; policy.dir <= XFRM_POLICY_OUT; policy.dir++)
        if (setsockopt(fd, level, option, &policy, sizeof policy) != 0)
            return 0;
    return 1;
}

static int open_port(int family)
{
    const int encap = UDP_ENCAP_ESPINUDP, on = 1;
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(4500)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(4500)};
    int fd = socket(family, SOCK_DGRAM, 0);
    if (family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0)
        return -1;
    if (setsockopt(fd, IPPROTO_UDP, UDP_ENCAP, &encap, sizeof encap) != 0)
        return -1;
    if (!in_clear(fd, family))
        return -1;
    return family == AF_INET6 ? bind(fd, (struct sockaddr *)&six, sizeof six)
                              : bind(fd, (struct sockaddr *)&four, sizeof four);
}

int main(void)
{
    if (open_port(AF_INET) != 0 || open_port(AF_INET6) != 0) {
        perror("encap");
        return 1;
    }
    if (daemon(0, 0) != 0)
        return 1;
    for (;;)
        pause();
}
