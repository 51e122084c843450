/* SPDX-License-Identifier: MIT */
/* What a machine in a world refuses; and what it is provisioned with. Stories with a real image:
 * tests/msp430/node/. */
#include <criterion/criterion.h>

#include <string.h>

#include "mote.h"

static const struct mote_identity who = {.local = {0xfd, [15] = 1},
                                         .remote = {0xfd, [15] = 2},
                                         .inner_prefix = {0xfe},
                                         .id = "client.example.org",
                                         .id_len = 18,
                                         .peer_id = "gw",
                                         .peer_id_len = 2,
                                         .psk_pad = "sixteen octets..",
                                         .psk_pad_len = 16,
                                         .prf = 8,
                                         .natt = true,
                                         .boots = 0x01020304};

/* targets/msp430/runner/store.py packs the same: its CRC is 0x3360. */
Test(mote, store_as_the_board_has_it)
{
    uint8_t store[MOTE_STORE_LEN];

    cr_assert(mote_store(&who, store));
    cr_assert_eq(memcmp(store, "\10L\2\22\2\0\4\3\2\1\375", 11), 0);
    cr_assert_eq(memcmp(store + 50, "client.example.org\0\0gw\0", 23), 0);
    cr_assert_eq(memcmp(store + 90, "sixteen octets..\0", 17), 0);
    cr_assert_eq(store[122] | store[123] << 8, 0x3360);
}

Test(mote, store_has_limits)
{
    struct mote_identity longer = who;
    uint8_t store[MOTE_STORE_LEN];

    longer.psk_pad_len = 33;
    cr_assert_not(mote_store(&longer, store));
    longer = who;
    longer.id_len = 21;
    cr_assert_not(mote_store(&longer, store));
}

Test(mote, no_image)
{
    static const char text[] =
        "this is no image at all, however long it may be: not even of 52 octets";
    const struct mote_opts opts = {.image = text, .image_len = sizeof text};
    const char *wrong = NULL;

    cr_assert_null(mote_new(&opts, &wrong));
    cr_assert_str_eq(wrong, "it is no image for a board that is known");
}
