/* SPDX-License-Identifier: MIT */
/* The file of --ticket-file, octet by octet. */
#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>

#include "ticket.h"

#define NOW 1800000000u

static const struct ticket_of of = {
    .peer = {4, {192, 0, 2, 1}}, .port = 4500, .id = {IK_ID_FQDN, {(const uint8_t *)"door", 4}}};

static struct ik_session session(void)
{
    struct ik_session s = {.of = {20, 128, 0, 5, 31, 0, {1}, {2}, {3}, 0, {4}}, .ticket_len = 144};
    memset(s.ticket, 7, s.ticket_len);
    return s;
}

static size_t written(uint8_t *out)
{
    struct ik_session s = session();
    size_t len = ticket_write(&of, &s, 100, NOW, out);
    cr_assert_gt(len, 0);
    return len;
}

Test(ticket, there_and_back)
{
    uint8_t file[TICKET_ROOM];
    struct ik_session s, want = session();
    uint32_t left_s;
    size_t len = written(file);
    cr_assert_eq(ticket_read(&of, file, len, NOW + 40, &s, &left_s), KEPT_GOOD);
    cr_assert_eq(left_s, 60);
    cr_assert_eq(s.ticket_len, want.ticket_len);
    cr_assert_arr_eq(s.ticket, want.ticket, s.ticket_len);
    cr_assert_eq(s.of.encr, 20);
    cr_assert_eq(s.of.encr_bits, 128);
    cr_assert_eq(s.of.prf, 5);
    cr_assert_eq(s.of.dh, 31);
    cr_assert_arr_eq(s.of.spi_i, want.of.spi_i, IK_SPI_LEN);
    cr_assert_arr_eq(s.of.spi_r, want.of.spi_r, IK_SPI_LEN);
    cr_assert_arr_eq(s.of.peer_id, want.of.peer_id, sizeof s.of.peer_id);
    cr_assert_arr_eq(s.of.sk_d, want.of.sk_d, sizeof s.of.sk_d);
}

Test(ticket, the_largest_fits)
{
    static const uint8_t name[IK_ID_MAX] = "n";
    const struct ticket_of long_name = {.peer = {6, {0xfd}},
                                        .id = {IK_ID_KEY_ID, {name, sizeof name}}};
    struct ik_session s = session(), back;
    uint8_t file[TICKET_ROOM];
    uint32_t left_s;
    s.ticket_len = IK_TICKET_MAX;
    size_t len = ticket_write(&long_name, &s, 100, NOW, file);
    cr_assert_gt(len, 0);
    cr_assert_eq(ticket_read(&long_name, file, len, NOW, &back, &left_s), KEPT_GOOD);
    cr_assert_eq(back.ticket_len, IK_TICKET_MAX);
}

Test(ticket, cut_off_or_longer_is_none)
{
    uint8_t file[TICKET_ROOM] = {0};
    struct ik_session s;
    uint32_t left_s;
    size_t len = written(file);
    for (size_t cut = 0; cut < len; cut++)
        cr_assert_neq(ticket_read(&of, file, cut, NOW, &s, &left_s), KEPT_GOOD, "%zu", cut);
    cr_assert_eq(ticket_read(&of, file, len - 1, NOW, &s, &left_s), KEPT_NONE);
    cr_assert_eq(ticket_read(&of, file, len + 1, NOW, &s, &left_s), KEPT_NONE);
    file[0] ^= 1;
    cr_assert_eq(ticket_read(&of, file, len, NOW, &s, &left_s), KEPT_NONE);
}

Test(ticket, of_somebody_else)
{
    uint8_t file[TICKET_ROOM];
    struct ik_session s;
    uint32_t left_s;
    size_t len = written(file);
    struct ticket_of other[4] = {of, of, of, of};
    other[0].peer.b[3]++;
    other[1].port++;
    other[2].id.data.len--;
    other[3].id.type = IK_ID_KEY_ID;
    for (unsigned i = 0; i < 4; i++)
        cr_assert_eq(ticket_read(&other[i], file, len, NOW, &s, &left_s), KEPT_OTHERS, "%u", i);
}

Test(ticket, too_old_or_of_a_clock_that_was_set_back)
{
    uint8_t file[TICKET_ROOM];
    struct ik_session s;
    uint32_t left_s;
    size_t len = written(file);
    cr_assert_eq(ticket_read(&of, file, len, NOW + 99, &s, &left_s), KEPT_GOOD);
    cr_assert_eq(ticket_read(&of, file, len, NOW + 100, &s, &left_s), KEPT_OLD);
    cr_assert_eq(ticket_read(&of, file, len, 1000, &s, &left_s), KEPT_OLD);
}
