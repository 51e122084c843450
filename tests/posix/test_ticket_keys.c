/* SPDX-License-Identifier: MIT */
/* The file of `respond --ticket-file`, octet by octet. */
#include <criterion/criterion.h>
#include <string.h>

#include "ticket_keys.h"

#define NOW 1800000000u
#define KNOWN_AT (21 + 8 + 32 + 4) /* how many keys there are: one octet */
#define FIRST_AGE_AT (KNOWN_AT + 1)

static const struct options gate = {
    .id = {IK_ID_FQDN, {(const uint8_t *)"gate", 4}},
    .remote_id = {IK_ID_FQDN, {(const uint8_t *)"door", 4}},
    .psk = (uint8_t *)"a pre-shared key",
    .psk_len = 16,
};

static struct ik_kept_ticket_keys two_keys(void)
{
    struct ik_kept_ticket_keys keys = {.serial = 0x01020304, .known = 2, .age_s = {50, 4000}};
    memset(keys.key[0], 7, sizeof keys.key[0]);
    memset(keys.key[1], 8, sizeof keys.key[1]);
    return keys;
}

/* Octets of a file that was written at NOW. */
static size_t written(uint8_t out[KEPT_ROOM])
{
    struct ik_kept_ticket_keys keys = two_keys();
    size_t len = ticket_keys_write(&gate, &keys, NOW, out);
    cr_assert_gt(len, 0);
    return len;
}

static struct ik_kept_ticket_keys read_at(uint64_t now_s)
{
    uint8_t file[KEPT_ROOM];
    struct ik_kept_ticket_keys keys;
    size_t len = written(file);
    cr_assert_eq(ticket_keys_read(&gate, file, len, now_s, &keys), KEPT_GOOD);
    return keys;
}

Test(ticket_keys, there_and_back)
{
    struct ik_kept_ticket_keys keys = read_at(NOW), want = two_keys();
    cr_assert_eq(keys.serial, want.serial);
    cr_assert_eq(keys.known, 2);
    for (unsigned i = 0; i < 2; i++) {
        cr_assert_eq(keys.age_s[i], want.age_s[i]);
        cr_assert_arr_eq(keys.key[i], want.key[i], sizeof want.key[i]);
    }
}

Test(ticket_keys, they_are_older_by_the_time_since)
{
    struct ik_kept_ticket_keys keys = read_at(NOW + 100);
    cr_assert_eq(keys.age_s[0], 150);
    cr_assert_eq(keys.age_s[1], 4100);
}

Test(ticket_keys, a_clock_that_was_set_back_makes_none_younger)
{
    struct ik_kept_ticket_keys keys = read_at(NOW - 100);
    cr_assert_eq(keys.age_s[0], 50);
    cr_assert_eq(keys.age_s[1], 4000);
    keys = read_at(0);
    cr_assert_eq(keys.age_s[0], 50);
}

Test(ticket_keys, no_age_is_beyond_what_the_core_takes)
{
    struct ik_kept_ticket_keys keys = read_at(NOW + IK_LIFE_MAX - 50);
    cr_assert_eq(keys.age_s[0], IK_LIFE_MAX);
    cr_assert_eq(keys.age_s[1], IK_LIFE_MAX);
    keys = read_at(UINT64_MAX);
    cr_assert_eq(keys.age_s[0], IK_LIFE_MAX);

    uint8_t file[KEPT_ROOM];
    size_t len = written(file);
    memset(file + FIRST_AGE_AT, 0xff, 4);
    cr_assert_eq(ticket_keys_read(&gate, file, len, NOW + 1, &keys), KEPT_GOOD);
    cr_assert_eq(keys.age_s[0], IK_LIFE_MAX);
    cr_assert_eq(keys.age_s[1], 4001);
}

Test(ticket_keys, cut_off_or_longer_is_none)
{
    uint8_t file[KEPT_ROOM + 1] = {0};
    struct ik_kept_ticket_keys keys;
    size_t len = written(file);
    for (size_t cut = 0; cut < len; cut++)
        cr_assert_eq(ticket_keys_read(&gate, file, cut, NOW, &keys), KEPT_NONE, "%zu", cut);
    for (size_t more = len + 1; more <= sizeof file; more++)
        cr_assert_eq(ticket_keys_read(&gate, file, more, NOW, &keys), KEPT_NONE, "%zu", more);
}

Test(ticket_keys, something_else_is_none)
{
    uint8_t file[KEPT_ROOM];
    struct ik_kept_ticket_keys keys;
    size_t len = written(file);
    for (size_t i = 0; i < 21; i++) {
        file[i] ^= 1;
        cr_assert_eq(ticket_keys_read(&gate, file, len, NOW, &keys), KEPT_NONE, "%zu", i);
        file[i] ^= 1;
    }
}

/* There is room for two; the length of the file fits what is said. */
Test(ticket_keys, only_one_or_two_are_known)
{
    static const struct {
        uint8_t known;
        enum kept_verdict verdict;
    } cases[] = {{0, KEPT_NONE}, {1, KEPT_GOOD}, {2, KEPT_GOOD}, {3, KEPT_NONE}, {255, KEPT_NONE}};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint8_t file[KEPT_ROOM] = {0};
        struct ik_kept_ticket_keys keys;
        size_t each = 4 + IK_ENCR_KEY_MAX, len = FIRST_AGE_AT + cases[i].known * each;
        written(file);
        file[KNOWN_AT] = cases[i].known;
        cr_assert_eq(
            ticket_keys_read(&gate, file, len < sizeof file ? len : sizeof file, NOW, &keys),
            cases[i].verdict, "%u known", cases[i].known);
    }
}

/* What a node has that never gave a ticket. */
Test(ticket_keys, none_written_is_none_read)
{
    const struct ik_kept_ticket_keys none = {0};
    struct ik_kept_ticket_keys keys;
    uint8_t file[KEPT_ROOM];
    size_t len = ticket_keys_write(&gate, &none, NOW, file);
    cr_assert_eq(ticket_keys_read(&gate, file, len, NOW, &keys), KEPT_NONE);
}

/* All that a ticket lets pass without being asked again. */
Test(ticket_keys, of_somebody_else)
{
    const uint8_t one[] = {1}, two[] = {2};
    const struct ppk_list some = {.n = 1, .list = {{.id = {one, 1}, .key = {two, 1}}}};
    struct options other[] = {gate, gate, gate, gate, gate, gate, gate, gate, gate};
    uint8_t file[KEPT_ROOM];
    struct ik_kept_ticket_keys keys;
    size_t len = written(file);
    other[0].id.data.len--;
    other[1].id.type = IK_ID_KEY_ID;
    other[2].remote_id.data.p = (const uint8_t *)"dour";
    other[3].remote_id.type = IK_ID_RFC822_ADDR;
    other[4].psk = (uint8_t *)"a pre-shared keY";
    other[5].psk_len--;
    other[6].ppk_required = true;
    other[7].ppks = some;
    other[8].id = other[8].remote_id; /* the two change places */
    other[8].remote_id = gate.id;
    for (unsigned i = 0; i < sizeof other / sizeof *other; i++)
        cr_assert_eq(ticket_keys_read(&other[i], file, len, NOW, &keys), KEPT_OTHERS, "%u", i);
}

/* Nor is a key that somebody has put in the place of ours. */
Test(ticket_keys, another_newest_key)
{
    uint8_t file[KEPT_ROOM];
    struct ik_kept_ticket_keys keys;
    size_t len = written(file);
    file[FIRST_AGE_AT + 4] ^= 1;
    cr_assert_eq(ticket_keys_read(&gate, file, len, NOW, &keys), KEPT_OTHERS);
}
