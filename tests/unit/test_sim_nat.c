/* SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>

#include "sim/nat.h"

static const struct ik_addr inside = {4, {10, 0, 0, 1}};
static const struct ik_addr other = {4, {10, 0, 0, 2}};
static const struct ik_addr outside = {4, {192, 0, 2, 1}};
static const struct ik_addr server = {4, {198, 51, 100, 1}};
static const struct ik_addr stranger = {4, {198, 51, 100, 9}};

static struct ik_path leaving(const struct ik_addr *from, uint16_t port)
{
    return (struct ik_path){.carrier = IK_CARRIER_UDP4500,
                            .local = *from,
                            .local_port = port,
                            .remote = server,
                            .remote_port = 4500};
}

static struct ik_path answer(const struct ik_path *p)
{
    return (struct ik_path){.carrier = p->carrier,
                            .local = p->remote,
                            .local_port = p->remote_port,
                            .remote = p->local,
                            .remote_port = p->local_port};
}

Test(sim_nat, rewrites_out_and_back)
{
    struct sim_nat n;
    sim_nat_init(&n, &(struct sim_nat_opts){.outside = outside});
    struct ik_path p = leaving(&inside, 500);
    cr_assert(sim_nat_out(&n, 0, &p));
    cr_assert(sim_addr_equal(&p.local, &outside));
    cr_assert_neq(p.local_port, 500);
    struct ik_path b = answer(&p);
    cr_assert(sim_nat_in(&n, 0, &b));
    cr_assert(sim_addr_equal(&b.remote, &inside));
    cr_assert_eq(b.remote_port, 500);
    sim_nat_free(&n);
}

Test(sim_nat, keeps_a_port_only_for_the_first)
{
    struct sim_nat n;
    sim_nat_init(&n, &(struct sim_nat_opts){.outside = outside, .keep_port = true});
    struct ik_path p = leaving(&inside, 500), q = leaving(&other, 500), again;
    cr_assert(sim_nat_out(&n, 0, &p));
    cr_assert(sim_nat_out(&n, 0, &q));
    cr_assert_eq(p.local_port, 500);
    cr_assert_neq(q.local_port, 500);
    again = leaving(&other, 500);
    cr_assert(sim_nat_out(&n, 0, &again));
    cr_assert_eq(again.local_port, q.local_port);
    sim_nat_free(&n);
}

Test(sim_nat, forgets_what_is_idle)
{
    struct sim_nat n;
    sim_nat_init(&n, &(struct sim_nat_opts){.outside = outside, .idle_for = 100});
    struct ik_path p = leaving(&inside, 4500), b;
    cr_assert(sim_nat_out(&n, 0, &p));
    struct ik_path q = leaving(&inside, 4500);
    cr_assert(sim_nat_out(&n, 90, &q));
    cr_assert_eq(q.local_port, p.local_port, "outbound traffic refreshes");
    b = answer(&p);
    cr_assert(sim_nat_in(&n, 189, &b));
    b = answer(&p);
    cr_assert_not(sim_nat_in(&n, 190, &b), "inbound traffic does not");
    q = leaving(&inside, 4500);
    cr_assert(sim_nat_out(&n, 190, &q));
    cr_assert_neq(q.local_port, p.local_port);
    sim_nat_free(&n);
}

Test(sim_nat, a_reboot_moves_everybody)
{
    struct sim_nat n;
    sim_nat_init(&n, &(struct sim_nat_opts){.outside = outside, .keep_port = true});
    struct ik_path p = leaving(&inside, 4500), q, b;
    cr_assert(sim_nat_out(&n, 0, &p));
    sim_nat_reboot(&n);
    b = answer(&p);
    cr_assert_not(sim_nat_in(&n, 0, &b));
    q = leaving(&inside, 4500);
    cr_assert(sim_nat_out(&n, 0, &q));
    cr_assert_neq(q.local_port, p.local_port);
    sim_nat_free(&n);
}

Test(sim_nat, symmetric_lets_only_the_remote_answer)
{
    struct sim_nat n;
    sim_nat_init(&n, &(struct sim_nat_opts){.outside = outside, .per_remote = true});
    struct ik_path p = leaving(&inside, 4500), b, q;
    cr_assert(sim_nat_out(&n, 0, &p));
    b = answer(&p);
    b.local = stranger;
    cr_assert_not(sim_nat_in(&n, 0, &b));
    q = leaving(&inside, 4500);
    q.remote = stranger;
    cr_assert(sim_nat_out(&n, 0, &q));
    cr_assert_neq(q.local_port, p.local_port, "a mapping for each remote");
    sim_nat_free(&n);
}

Test(sim_nat, esp_has_no_ports)
{
    struct sim_nat n;
    sim_nat_init(&n, &(struct sim_nat_opts){.outside = outside});
    struct ik_path p = leaving(&inside, 0);
    p.carrier = IK_CARRIER_ESP;
    cr_assert_not(sim_nat_out(&n, 0, &p));
    sim_nat_free(&n);
}

Test(sim_nat, never_gives_one_port_twice)
{
    struct sim_nat n;
    static bool seen[65536];
    sim_nat_init(&n, &(struct sim_nat_opts){.outside = outside});
    n.next_port = 65000;
    for (uint16_t i = 0; i < 1500; i++) {
        struct ik_path p = leaving(&inside, (uint16_t)(i + 1));
        cr_assert(sim_nat_out(&n, 0, &p));
        cr_assert_not(seen[p.local_port]);
        cr_assert_geq(p.local_port, 1024);
        seen[p.local_port] = true;
    }
    sim_nat_free(&n);
}
