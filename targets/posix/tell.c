/* SPDX-License-Identifier: MIT */
#include "tell.h"

static void add(struct ik_proposal *p, uint8_t type, uint16_t id, uint16_t key_bits)
{
    if (id != 0)
        p->transforms[p->transforms_n++] =
            (struct ik_transform){.type = type, .id = id, .key_bits = key_bits};
}

void tell_ike_up(const struct link *l, const struct ik_effect *fx)
{
    char suite[120] = "", addr[46], id[200] = "";
    struct ik_proposal p = {0};
    struct ik_export_ike x;
    host_addr_print(&l->heard, addr, sizeof addr);
    if (l->options->remote_id_given) {
        const struct ik_id *remote = &l->options->remote_id;
        host_id_print(remote->type, remote->data, id, sizeof id);
    }
    if (ik_export_ike(&l->node, fx->ike, &x)) {
        add(&p, IK_TT_ENCR, x.encr_id, x.encr_key_bits);
        add(&p, IK_TT_PRF, x.prf_id, 0);
        add(&p, IK_TT_INTEG, x.integ_id, 0);
        add(&p, IK_TT_DH, x.dh_id, 0);
        host_suite_print(&p, suite, sizeof suite);
    }
    printf("IKE SA with %s%s%s%s up: %s\n", addr, id[0] != '\0' ? " (" : "", id,
           id[0] != '\0' ? ")" : "", suite);
    if (l->watch.legacy[0] != '\0')
        printf("legacy algorithms, weak: %s\n", l->watch.legacy);
}

static void print_selectors(const struct ik_ts *ts, uint8_t n)
{
    char text[120];
    for (unsigned i = 0; i < n; i++) {
        host_ts_print(&ts[i], text, sizeof text);
        printf("%s%s", i > 0 ? "," : "", text);
    }
}

void tell_child_up(const struct link *l, const struct ik_effect *fx)
{
    char suite[120];
    struct ik_proposal p = {0};
    struct ik_export_child x;
    if (!ik_export_child(&l->node, fx->child, &x))
        return;
    if (!x.ah)
        add(&p, IK_TT_ENCR, x.encr_id, x.encr_key_bits);
    add(&p, IK_TT_INTEG, x.integ_id, 0);
    host_suite_print(&p, suite, sizeof suite);
    fputs("Child SA up: ", stdout);
    print_selectors(x.ts_local, x.ts_local_n);
    fputs(" === ", stdout);
    print_selectors(x.ts_remote, x.ts_remote_n);
    printf(", %s, %s mode, %s, SPIs %08lx in, %08lx out\n", suite,
           x.mode == IK_TUNNEL ? "tunnel" : "transport",
           x.ah    ? "AH"
           : x.udp ? "ESP in UDP"
                   : "ESP",
           (unsigned long)x.spi_in, (unsigned long)x.spi_out);
}

static const char *plain(unsigned reason)
{
    if (reason == IK_WHY_TIMEOUT)
        return "no answer: the peer is silent";
    return reason == IK_WHY_EXPIRED ? "its age: its life is over" : host_reason_text(reason);
}

void tell_down(const struct ik_effect *fx)
{
    char why[160];
    tell_why(fx, why, sizeof why);
    printf("%s down: %s\n", fx->event == IK_EV_IKE_DOWN ? "IKE SA" : "Child SA", why);
}

void tell_why(const struct ik_effect *fx, char *out, size_t cap)
{
    if (fx->reason == IK_WHY_REFUSED && fx->notify != 0)
        snprintf(out, cap, "%s (%s, notify %u)", host_reason_text(fx->reason),
                 host_notify_name(fx->notify), (unsigned)fx->notify);
    else
        snprintf(out, cap, "%s", plain(fx->reason));
}
