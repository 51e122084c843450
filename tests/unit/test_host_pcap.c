/* SPDX-License-Identifier: MIT */
/* pcap files: the headers octet by octet, right checksums, every carrier, both families. */
#define _POSIX_C_SOURCE 200809L

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

static uint8_t file[4096];
static size_t file_len;

static void read_back(const char *name)
{
    FILE *f = fopen(name, "rb");
    cr_assert_not_null(f);
    file_len = fread(file, 1, sizeof file, f);
    fclose(f);
}

static uint32_t le32(size_t at)
{
    return (uint32_t)file[at] | (uint32_t)file[at + 1] << 8 | (uint32_t)file[at + 2] << 16 |
           (uint32_t)file[at + 3] << 24;
}

static struct ik_path path_of(uint8_t carrier, const char *local, const char *remote)
{
    struct ik_path p = {.carrier = carrier};
    cr_assert(host_addr_parse(local, &p.local));
    cr_assert(host_addr_parse(remote, &p.remote));
    if (carrier != IK_CARRIER_ESP) {
        p.local_port = 4500;
        p.remote_port = 500;
    }
    return p;
}

/* Writes one datagram and leaves the file in file[]. */
static void write_one(const struct ik_path *path, bool outbound, const uint8_t *data, size_t len)
{
    char name[] = "pcap-XXXXXX";
    struct host_pcap p;
    int fd = mkstemp(name);
    cr_assert_geq(fd, 0);
    close(fd);
    cr_assert(host_pcap_open(&p, name));
    host_pcap_write(&p, 5 * IK_SECOND + 42, path, outbound, data, len);
    cr_assert(host_pcap_close(&p));
    read_back(name);
    unlink(name);
}

static const uint8_t data[] = {'i', 'k', 'e', 'l', 'e', 't', '!'};

Test(pcap, file_and_record_headers)
{
    struct ik_path p = path_of(IK_CARRIER_UDP500, "10.9.0.1", "10.9.0.2");
    write_one(&p, true, data, sizeof data);
    cr_assert_eq(file_len, 24 + 16 + 20 + 8 + sizeof data);
    cr_expect_eq(le32(0), 0xa1b2c3d4);
    cr_expect_eq(le32(4), 0x00040002); /* 2.4 */
    cr_expect_eq(le32(20), 101);       /* LINKTYPE_RAW */
    cr_expect_eq(le32(24), 5);
    cr_expect_eq(le32(28), 42);
    cr_expect_eq(le32(32), 20 + 8 + sizeof data);
    cr_expect_eq(le32(36), 20 + 8 + sizeof data);
}

/* Both headers' checksums come out as zero when summed with their fields. */
static void expect_checksums(size_t ip_len, const struct ik_addr *src, const struct ik_addr *dst)
{
    size_t udp_len = file_len - 40 - ip_len;
    if (ip_len == 20)
        cr_expect_eq(host_cksum_fold(host_cksum_add(0, file + 40, 20)), 0);
    uint32_t sum = host_cksum_pseudo(src, dst, IK_IP_UDP, udp_len);
    cr_expect_eq(host_cksum_fold(host_cksum_add(sum, file + 40 + ip_len, udp_len)), 0);
}

Test(pcap, outbound_goes_from_local_to_remote)
{
    struct ik_path p = path_of(IK_CARRIER_UDP4500, "10.9.0.1", "10.9.0.2");
    write_one(&p, true, data, sizeof data);
    cr_expect_arr_eq(file + 40 + 12, p.local.b, 4);
    cr_expect_arr_eq(file + 40 + 16, p.remote.b, 4);
    cr_expect_eq(file[60] << 8 | file[61], 4500);
    cr_expect_eq(file[62] << 8 | file[63], 500);
    expect_checksums(20, &p.local, &p.remote);
    cr_expect_arr_eq(file + 68, data, sizeof data);
}

Test(pcap, inbound_goes_from_remote_to_local)
{
    struct ik_path p = path_of(IK_CARRIER_UDP4500, "fd00::1", "fd00::2");
    write_one(&p, false, data, sizeof data);
    cr_expect_eq(file[40] >> 4, 6);
    cr_expect_arr_eq(file + 40 + 8, p.remote.b, 16);
    cr_expect_arr_eq(file + 40 + 24, p.local.b, 16);
    cr_expect_eq(file[80] << 8 | file[81], 500);
    cr_expect_eq(file[82] << 8 | file[83], 4500);
    expect_checksums(40, &p.remote, &p.local);
}

Test(pcap, esp_has_no_udp_header)
{
    struct ik_path p = path_of(IK_CARRIER_ESP, "10.9.0.1", "10.9.0.2");
    write_one(&p, true, data, sizeof data);
    cr_assert_eq(file_len, 24 + 16 + 20 + sizeof data);
    cr_expect_eq(file[40 + 9], IK_IP_ESP);
    cr_expect_arr_eq(file + 60, data, sizeof data);
}

/* RFC 768: a checksum of zero is sent as ffff. */
Test(pcap, a_zero_checksum_is_sent_as_ones)
{
    struct ik_path p = path_of(IK_CARRIER_UDP500, "0.0.0.0", "0.0.0.0");
    p.local_port = p.remote_port = 0;
    /* pseudo header 11 + a, header a: 25; the data makes it ffff */
    const uint8_t sum_to_zero[] = {0xff, 0xda};
    write_one(&p, true, sum_to_zero, 2);
    cr_expect_eq(file[66], 0xff);
    cr_expect_eq(file[67], 0xff);
}

Test(pcap, a_file_that_cannot_be_made)
{
    struct host_pcap p;
    cr_expect_not(host_pcap_open(&p, "no/such/folder/x.pcap"));
}

Test(pcap, a_full_disk_is_told_at_the_end)
{
    struct host_pcap p;
    struct ik_path path = path_of(IK_CARRIER_UDP500, "10.9.0.1", "10.9.0.2");
    if (access("/dev/full", W_OK) != 0)
        return;
    cr_assert(host_pcap_open(&p, "/dev/full"));
    host_pcap_write(&p, 0, &path, true, data, sizeof data);
    cr_expect_not(host_pcap_close(&p));
}

Test(pcap, a_whole_packet_stays_as_it_is)
{
    char name[] = "pcap-XXXXXX";
    struct host_pcap p;
    int fd = mkstemp(name);
    cr_assert_geq(fd, 0);
    close(fd);
    cr_assert(host_pcap_open(&p, name));
    host_pcap_write_ip(&p, 0, data, sizeof data);
    cr_assert(host_pcap_close(&p));
    read_back(name);
    unlink(name);
    cr_assert_eq(file_len, 24 + 16 + sizeof data);
    cr_expect_arr_eq(file + 40, data, sizeof data);
}
