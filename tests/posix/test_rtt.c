/* SPDX-License-Identifier: MIT */
/* Round-trip times: what counts, what is counted twice, what never was sent. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "rtt.h"

static struct rtt r;

static char *printed(void)
{
    char *text = NULL;
    size_t len = 0;
    fflush(stdout);
    FILE *old = stdout, *f = open_memstream(&text, &len);
    stdout = f;
    rtt_print(&r, "10.2.0.1");
    stdout = old;
    fclose(f);
    return text;
}

Test(rtt, min_avg_max)
{
    ik_time took = 0;
    rtt_sent(&r, 1, 1000);
    rtt_sent(&r, 2, 5000);
    rtt_sent(&r, 3, 9000);
    cr_expect_eq(rtt_received(&r, 2, 8000, &took), RTT_NEW);
    cr_expect_eq(took, 3000);
    cr_expect_eq(rtt_received(&r, 1, 8000, &took), RTT_NEW);
    cr_expect_eq(took, 7000);
    cr_expect_eq(r.min, 3000);
    cr_expect_eq(r.max, 7000);
    char *text = printed();
    cr_expect_str_eq(text, "--- 10.2.0.1 ping statistics ---\n"
                           "3 packets transmitted, 2 received, 33.3% packet loss\n"
                           "rtt min/avg/max = 3.000/5.000/7.000 ms\n");
    free(text);
}

Test(rtt, a_duplicate_counts_once)
{
    ik_time took = 0;
    rtt_sent(&r, 1, 1000);
    cr_expect_eq(rtt_received(&r, 1, 2000, &took), RTT_NEW);
    cr_expect_eq(rtt_received(&r, 1, 90000, &took), RTT_DUPLICATE);
    cr_expect_eq(r.received, 1);
    cr_expect_eq(r.max, 1000);
    char *text = printed();
    cr_expect_str_eq(text, "--- 10.2.0.1 ping statistics ---\n"
                           "1 packets transmitted, 1 received, 1 duplicates, 0% packet loss\n"
                           "rtt min/avg/max = 1.000/1.000/1.000 ms\n");
    free(text);
}

Test(rtt, what_was_never_sent)
{
    ik_time took = 0;
    cr_expect_eq(rtt_received(&r, 9, 2000, &took), RTT_UNKNOWN);
    cr_expect_eq(r.received, 0);
}

Test(rtt, sequence_numbers_come_around)
{
    ik_time took = 0;
    rtt_sent(&r, 65535, 1000);
    cr_expect_eq(rtt_received(&r, 65535, 2000, &took), RTT_NEW);
    rtt_sent(&r, 65535, 100000);
    cr_expect_eq(rtt_received(&r, 65535, 100500, &took), RTT_NEW);
    cr_expect_eq(took, 500);
}

Test(rtt, nothing_came)
{
    rtt_sent(&r, 1, 1000);
    char *text = printed();
    cr_expect_str_eq(text, "--- 10.2.0.1 ping statistics ---\n"
                           "1 packets transmitted, 0 received, 100% packet loss\n");
    free(text);
}
