/* SPDX-License-Identifier: MIT */
/* RFC 7296 2.8.1: of two new SAs, that with the lowest of the four nonces is deleted by who asked
 * for it. Nonces compare octet by octet, a prefix being the lower. */
#include "pair.h"

static struct ik_handshake ours, theirs;

static void nonces(struct ik_handshake *hs, const char *i, const char *r)
{
    memset(hs, 0, sizeof *hs);
    ik_nonce_take(hs, true, pair_text(i));
    ik_nonce_take(hs, false, pair_text(r));
}

/* Both ends see the same four nonces; exactly one of them deletes what it asked for. */
static void expect(bool we_delete, const char *our_i, const char *our_r, const char *their_i,
                   const char *their_r)
{
    nonces(&ours, our_i, our_r);
    nonces(&theirs, their_i, their_r);
    ours.rival = IK_NO_SLOT;
    cr_expect_not(ik_rival_wins(&ours), "without a rival");
    ik_rival_note(&ours, &theirs, 3);
    cr_expect_eq(ik_rival_wins(&ours), we_delete, "%s %s, %s %s", our_i, our_r, their_i, their_r);
    ik_rival_note(&theirs, &ours, 4);
    cr_expect_eq(ik_rival_wins(&theirs), !we_delete, "%s %s, %s %s", our_i, our_r, their_i,
                 their_r);
}

Test(collision, lowest_nonce_is_deleted)
{
    expect(true, "aaaaaaaaaaaaaaaa", "dddddddddddddddd", "bbbbbbbbbbbbbbbb", "cccccccccccccccc");
    expect(true, "dddddddddddddddd", "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb", "cccccccccccccccc");
    expect(false, "cccccccccccccccc", "bbbbbbbbbbbbbbbb", "dddddddddddddddd", "aaaaaaaaaaaaaaaa");
    expect(false, "bbbbbbbbbbbbbbbb", "cccccccccccccccc", "aaaaaaaaaaaaaaaa", "dddddddddddddddd");
}

Test(collision, first_octet_that_differs_decides)
{
    expect(true, "aaaaaaaaaaaaaaab", "zzzzzzzzzzzzzzzz", "aaaaaaaaaaaaaaac", "zzzzzzzzzzzzzzzz");
    expect(false, "b\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01",
           "zzzzzzzzzzzzzzzz", "azzzzzzzzzzzzzzz", "zzzzzzzzzzzzzzzz");
    expect(false, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
           "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
           "\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
           "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
}
