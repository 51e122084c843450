/* SPDX-License-Identifier: MIT */
/* RFC 7296 2.9: narrowing and accepting. */
#include "pair.h"

static uint8_t buf[1024];
static struct ik_ts policy[IK_TS_MAX];
static struct ik_ts_set set;

static uint8_t list(const char *text, struct ik_ts *out)
{
    char copy[256];
    uint8_t n = 0;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *w = strtok(copy, " "); w != NULL; w = strtok(NULL, " ")) {
        out[n++] = pair_ts(w);
    }
    return n;
}

static const struct ik_span *offer(const char *text)
{
    static struct ik_span body;
    struct ik_ts ts[16];
    struct ik_chain c;
    uint8_t n = list(text, ts);
    ik_chain_begin(&c, buf, sizeof buf);
    ik_ts_put(&c, IK_PL_TSI, ts, n);
    cr_assert(ik_wr_ok(&c.w));
    body = (struct ik_span){buf + 4, (uint16_t)(c.w.len - 4)};
    return &body;
}

static void assert_set(const char *want)
{
    struct ik_ts ts[16];
    uint8_t n = list(want, ts);
    cr_assert_eq(set.n, n, "%u, not %s", set.n, want);
    cr_assert_eq(memcmp(set.ts, ts, n * sizeof ts[0]), 0, "not %s", want);
}

static void narrows(const char *ours, const char *theirs, const char *want)
{
    uint8_t n = list(ours, policy);
    cr_assert(ik_ts_narrow(policy, n, offer(theirs), &set, NULL) == (want[0] != '\0'));
    assert_set(want);
}

Test(narrow, to_what_both_want)
{
    narrows("10.0.0.0/8", "10.0.0.0/8", "10.0.0.0/8");
    narrows("10.1.0.0/16", "10.0.0.0/8", "10.1.0.0/16");
    narrows("10.0.0.0/8", "10.1.0.0/16", "10.1.0.0/16");
    narrows("10.0.0.0/8", "192.0.2.0/24", "");
    narrows("10.0.0.0/8", "fd00::/8", "");
    narrows("10.0.0.0/8[udp]", "10.1.0.0/16[tcp]", "");
    narrows("10.0.0.0/8[udp/1000-2000]", "10.1.0.0/16[udp/1500-3000]",
            "10.1.0.0/16[udp/1500-2000]");
    narrows("fd00:1::/64", "::/0", "fd00:1::/64");
    narrows("10.1.0.0/24 10.2.0.0/24", "0.0.0.0/0", "10.1.0.0/24 10.2.0.0/24");
    narrows("0.0.0.0/0 ::/0", "fd00::/64 10.0.0.0/8", "fd00::/64 10.0.0.0/8");
}

/* "the responder MUST narrow the Traffic Selectors to a subset that includes the initiator's first
 * choices": the packet that asked for it, then the whole. */
Test(narrow, first_choice_is_in)
{
    narrows("10.0.0.0/8", "10.1.2.3/32[udp/53] 10.1.0.0/16", "10.1.0.0/16");
    narrows("10.1.2.0/24", "10.1.2.3/32[udp/53] 10.1.0.0/16", "10.1.2.0/24");
    narrows("10.0.0.0/8", "10.9.0.0/16 10.1.0.0/16 10.2.0.0/16 10.3.0.0/16 10.4.0.0/16 10.5.0.0/16",
            "10.9.0.0/16 10.1.0.0/16 10.2.0.0/16 10.3.0.0/16");
}

Test(narrow, repeated_and_contained_ones_stand_once)
{
    narrows("10.0.0.0/8", "10.1.0.0/16 10.1.0.0/16 10.1.2.0/24", "10.1.0.0/16");
    narrows("10.0.0.0/8", "10.1.2.0/24 10.1.3.0/24 10.2.0.0/16 10.1.0.0/16",
            "10.2.0.0/16 10.1.0.0/16");
}

/* "If the type of Traffic Selector proposed is unknown, the responder ignores that Traffic
 * Selector". */
Test(narrow, unknown_type_is_ignored)
{
    uint8_t n = list("10.0.0.0/8", policy);
    const struct ik_span *o = offer("10.1.0.0/16 10.2.0.0/16");
    buf[4 + 4] = 9; /* TS_FC_ADDR_RANGE */
    cr_assert(ik_ts_narrow(policy, n, o, &set, NULL));
    assert_set("10.2.0.0/16");
    cr_assert_not(ik_ts_accept(policy, n, o, &set, NULL));
}

static void strcat_bounded(char *to, size_t cap, const char *text)
{
    size_t at = strlen(to);
    snprintf(to + at, cap - at, "%s", text);
}

static void accepts(const char *ours, const char *theirs, bool good)
{
    uint8_t n = list(ours, policy);
    cr_assert_eq(ik_ts_accept(policy, n, offer(theirs), &set, NULL), good);
    if (good) {
        assert_set(theirs);
    }
}

Test(narrow, accept)
{
    accepts("10.0.0.0/8", "10.0.0.0/8", true);
    accepts("10.0.0.0/8", "10.1.0.0/16", true);
    accepts("10.0.0.0/8", "10.1.0.0/16[udp/53]", true);
    accepts("10.0.0.0/8[udp]", "10.1.0.0/16", false);
    accepts("10.1.0.0/16", "10.0.0.0/8", false);
    accepts("10.1.0.0/16", "10.1.2.0/24 10.2.0.0/24", false);
    accepts("10.1.0.0/16 10.2.0.0/16", "10.2.9.0/24 10.1.0.0/16", true);
    accepts("0.0.0.0/0", "::/0", false);
}

/* What is more than fits, or within another, is left out; but all of it must be within the policy.
 */
Test(narrow, accept_as_much_as_fits)
{
    uint8_t n = list("10.0.0.0/8", policy);
    cr_assert(ik_ts_accept(policy, n,
                           offer("10.1.0.0/24 10.2.0.0/24 10.3.0.0/24 10.4.0.0/24 10.5.0.0/24"),
                           &set, NULL));
    assert_set("10.1.0.0/24 10.2.0.0/24 10.3.0.0/24 10.4.0.0/24");
    cr_assert(ik_ts_accept(policy, n, offer("10.1.2.0/24 10.1.0.0/16 10.1.3.0/24 10.1.0.0/16"),
                           &set, NULL));
    assert_set("10.1.0.0/16");
    accepts("10.0.0.0/8", "10.1.0.0/24 10.2.0.0/24 10.3.0.0/24 10.4.0.0/24 11.0.0.0/24", false);
    accepts("10.0.0.0/8", "10.1.0.0/16 10.1.0.0/24[udp/53] 11.0.0.0/24", false);
}

/* 2.23.1: only one address is replaced, and only by one of its family. */
Test(narrow, substitution)
{
    struct ik_addr instead = pair_addr("203.0.113.9"), six = pair_addr("2001:db8::9");
    uint8_t n = list("0.0.0.0/0", policy);
    cr_assert(ik_ts_narrow(policy, n, offer("10.1.2.3/32[udp/7] 10.9.0.0/16"), &set, &instead));
    assert_set("203.0.113.9/32[udp/7] 10.9.0.0/16");
    cr_assert(ik_ts_accept(policy, n, offer("10.1.2.3/32"), &set, &instead));
    assert_set("203.0.113.9/32");
    cr_assert(ik_ts_accept(policy, n, offer("10.1.2.3/32"), &set, &six));
    assert_set("10.1.2.3/32");
}

/* 3.13: any number of selectors may be in an answer. Those that there is no place for are left out:
 * what they would take is not sent, and is not taken. */
Test(narrow, accept_more_than_there_is_room_for)
{
    char theirs[32 * (IK_TS_MAX + 1)] = "", kept[32 * (IK_TS_MAX + 1)] = "";
    for (unsigned i = 0; i <= IK_TS_MAX; i++) {
        char one[32];
        snprintf(one, sizeof one, "%s10.%u.0.0/24", i ? " " : "", i + 1);
        strcat_bounded(theirs, sizeof theirs, one);
        if (i < IK_TS_MAX) {
            strcat_bounded(kept, sizeof kept, one);
        }
    }
    uint8_t n = list("0.0.0.0/0", policy);
    cr_assert(ik_ts_accept(policy, n, offer(theirs), &set, NULL));
    assert_set(kept);
}

#if IK_PACKET_TS
/* 2.9: "the initiator SHOULD include as the first Traffic Selector in each of TSi and TSr a very
 * specific Traffic Selector including the addresses in the packet triggering the request". */
Test(narrow, first_of_a_packet)
{
    cr_assert(ik_ts_first_specific(offer("10.1.2.3/32[udp/53] 10.1.0.0/16")));
    cr_assert(ik_ts_first_specific(offer("10.1.2.3/32 10.2.0.0/16 10.0.0.0/8")));
    cr_assert_not(ik_ts_first_specific(offer("10.1.0.0/16")));
    cr_assert_not(ik_ts_first_specific(offer("10.1.2.3/32")));
    cr_assert_not(ik_ts_first_specific(offer("10.1.0.0/16 10.2.0.0/16")));
    cr_assert_not(ik_ts_first_specific(offer("10.0.0.0/8 10.1.2.3/32")));
    const struct ik_span *o = offer("10.1.2.3/32 10.1.0.0/16 10.1.0.0/16");
    buf[4 + 4 + 16] = 9; /* TS_FC_ADDR_RANGE */
    cr_assert(ik_ts_first_specific(o));
    buf[4 + 4] = 9;
    cr_assert_not(ik_ts_first_specific(o));
    cr_assert_not(ik_ts_first_specific(&(struct ik_span){o->p, 6}));
}
#endif
