/* SPDX-License-Identifier: MIT */
/* Classic pcap, as every reader knows it: a 24-octet file header, then records. */
#include <string.h>

#include "host.h"

#define LINKTYPE_RAW 101
#define SNAPLEN 65535

static void put_le32(uint8_t *p, uint32_t v)
{
    for (unsigned i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> 8 * i);
}

static void emit(struct host_pcap *p, const void *data, size_t len)
{
    if (len > 0 && fwrite(data, 1, len, p->f) != len)
        p->failed = true;
}

bool host_pcap_open(struct host_pcap *p, const char *path)
{
    uint8_t header[24] = {0};
    p->failed = false;
    p->f = fopen(path, "wb");
    if (p->f == NULL)
        return false;
    put_le32(header, 0xa1b2c3d4); /* microseconds */
    header[4] = 2;                /* version 2.4 */
    header[6] = 4;
    put_le32(header + 16, SNAPLEN);
    put_le32(header + 20, LINKTYPE_RAW);
    emit(p, header, sizeof header);
    return true;
}

static size_t put_udp(uint8_t *out, const struct ik_path *path, bool outbound,
                      const struct ik_addr *src, const struct ik_addr *dst, const uint8_t *data,
                      size_t len)
{
    uint16_t sport = outbound ? path->local_port : path->remote_port;
    uint16_t dport = outbound ? path->remote_port : path->local_port;
    size_t total = 8 + len;
    const uint8_t ports[6] = {(uint8_t)(sport >> 8), (uint8_t)sport,        (uint8_t)(dport >> 8),
                              (uint8_t)dport,        (uint8_t)(total >> 8), (uint8_t)total};
    memcpy(out, ports, 6);
    uint32_t sum = host_cksum_pseudo(src, dst, IK_IP_UDP, total);
    uint16_t check = host_cksum_fold(host_cksum_add(host_cksum_add(sum, ports, 6), data, len));
    if (check == 0)
        check = 0xffff; /* RFC 768: 0 would say that there is none */
    out[6] = (uint8_t)(check >> 8);
    out[7] = (uint8_t)check;
    return 8;
}

static void write_record(struct host_pcap *p, ik_time at, const uint8_t *header, size_t header_len,
                         const uint8_t *data, size_t len)
{
    uint8_t record[16];
    put_le32(record, (uint32_t)(at / IK_SECOND));
    put_le32(record + 4, (uint32_t)(at % IK_SECOND));
    put_le32(record + 8, (uint32_t)(header_len + len));
    put_le32(record + 12, (uint32_t)(header_len + len));
    emit(p, record, sizeof record);
    emit(p, header, header_len);
    emit(p, data, len);
}

void host_pcap_write(struct host_pcap *p, ik_time at, const struct ik_path *path, bool outbound,
                     const uint8_t *data, size_t len)
{
    struct ik_addr src = outbound ? path->local : path->remote;
    struct ik_addr dst = outbound ? path->remote : path->local;
    uint8_t family = path->remote.family == 6 ? 6 : 4;
    uint8_t header[48], udp[8];
    size_t udp_len = 0;
    if (p->f == NULL || len > SNAPLEN - sizeof header)
        return;
    if (path->carrier == IK_CARRIER_AH) { /* with its header */
        write_record(p, at, NULL, 0, data, len);
        return;
    }
    src.family = family; /* the local end may be "any" */
    dst.family = family;
    if (path->carrier != IK_CARRIER_ESP)
        udp_len = put_udp(udp, path, outbound, &src, &dst, data, len);
    size_t ip_len =
        host_ip_put(header, &src, &dst, udp_len > 0 ? IK_IP_UDP : IK_IP_ESP, 64, udp_len + len);
    memcpy(header + ip_len, udp, udp_len);
    write_record(p, at, header, ip_len + udp_len, data, len);
}

void host_pcap_write_ip(struct host_pcap *p, ik_time at, const uint8_t *packet, size_t len)
{
    if (p->f != NULL && len <= SNAPLEN)
        write_record(p, at, NULL, 0, packet, len);
}

bool host_pcap_close(struct host_pcap *p)
{
    if (p->f == NULL)
        return !p->failed;
    bool closed = fclose(p->f) == 0;
    p->f = NULL;
    return closed && !p->failed;
}
