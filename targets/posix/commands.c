/* SPDX-License-Identifier: MIT */
#include "commands.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "link.h"
#include "say.h"
#include "tell.h"

/* ---- what each does: to every SA that is up, so that one needs no names ---------------------- */

static bool child_up(const struct link *l, uint16_t slot, struct ik_child_info *info)
{
    return ik_child_info(&l->node, slot, info) && info->state == IK_CHILD_UP;
}

static bool ike_up(const struct link *l, uint16_t slot, struct ik_ike_info *info)
{
    return ik_ike_info(&l->node, slot, info) && info->state == IK_IKE_UP;
}

static unsigned children(struct link *l, void (*act)(struct ik_node *, ik_time, ik_slot))
{
    struct ik_child_info info;
    bool up[LINK_CHILD_SAS];
    unsigned n = 0;
    for (uint16_t i = 0; i < LINK_CHILD_SAS; i++)
        n += up[i] = child_up(l, i, &info);
    for (uint16_t i = 0; i < LINK_CHILD_SAS; i++)
        if (up[i])
            act(&l->node, link_now(), i);
    return n;
}

static unsigned ikes(struct link *l, void (*act)(struct ik_node *, ik_time, ik_slot))
{
    struct ik_ike_info info;
    bool up[LINK_IKE_SAS];
    unsigned n = 0;
    for (uint16_t i = 0; i < LINK_IKE_SAS; i++)
        n += up[i] = ike_up(l, i, &info);
    for (uint16_t i = 0; i < LINK_IKE_SAS; i++)
        if (up[i])
            act(&l->node, link_now(), i);
    return n;
}

static unsigned rekey_child(struct link *l)
{
    return children(l, ik_node_rekey_child);
}

static unsigned rekey_ike(struct link *l)
{
    return ikes(l, ik_node_rekey_ike);
}

static unsigned reauth(struct link *l)
{
    return ikes(l, ik_node_reauth);
}

static unsigned delete_child(struct link *l)
{
    return children(l, ik_node_down_child);
}

static unsigned delete_ike(struct link *l)
{
    return ikes(l, ik_node_down_ike);
}

static unsigned check(struct link *l)
{
    return ikes(l, ik_node_check);
}

static unsigned quit(struct link *l)
{
    l->user->interrupt(l);
    return 1;
}

/* ---- status ---------------------------------------------------------------------------------- */

static void print_ike(uint16_t slot, const struct ik_ike_info *info)
{
    char addr[46], up[40], heard[40];
    host_addr_print(&info->path.remote, addr, sizeof addr);
    printf("IKE SA %u with %s port %u, %s, %s, up for %s, heard %s ago, %u Child SAs\n",
           (unsigned)slot, addr, (unsigned)info->path.remote_port,
           info->initiator ? "initiator" : "responder", host_state_name(info->state),
           host_duration_print(info->up_ms * IK_MS, up, sizeof up),
           host_duration_print(info->heard_ms * IK_MS, heard, sizeof heard),
           (unsigned)info->child_sas);
}

static void print_child(uint16_t slot, const struct ik_child_info *info)
{
    printf("Child SA %u of IKE SA %u, SPIs %08" PRIx32 " in, %08" PRIx32 " out, %" PRIu64
           " packets in, %" PRIu64 " out\n",
           (unsigned)slot, (unsigned)info->ike, info->spi_in, info->spi_out, info->packets_in,
           info->packets_out);
}

static unsigned status(struct link *l)
{
    struct ik_ike_info ike;
    struct ik_child_info child;
    unsigned n = 0;
    for (uint16_t i = 0; i < LINK_IKE_SAS; i++)
        if (ik_ike_info(&l->node, i, &ike)) {
            print_ike(i, &ike);
            n++;
        }
    for (uint16_t i = 0; i < LINK_CHILD_SAS; i++)
        if (child_up(l, i, &child))
            print_child(i, &child);
    return n;
}

/* ---- lines ----------------------------------------------------------------------------------- */

static const struct {
    const char *text;
    unsigned (*run)(struct link *l); /* answers to how many SAs it was done */
} commands[] = {
    {"status", status},
    {"rekey child", rekey_child},
    {"rekey ike", rekey_ike},
    {"check", check},
    {"delete child", delete_child},
    {"delete ike", delete_ike},
    {"quit", quit},
    {"reauth", reauth},
};

static void run(struct commands *c)
{
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        if (strcmp(c->line, commands[i].text) != 0)
            continue;
        if (commands[i].run(c->link) == 0)
            printf("%s: no SA is up\n", c->line);
        link_pump(c->link);
        return;
    }
    if (c->line[0] != '\0')
        printf("\"%s\": no command: status, rekey child, rekey ike, reauth, delete child, "
               "delete ike, check or quit\n",
               c->line);
}

static void take(struct commands *c, char octet)
{
    if (octet != '\n') {
        c->too_long = c->too_long || c->len + 1 == sizeof c->line;
        if (!c->too_long && octet != '\r')
            c->line[c->len++] = octet;
        return;
    }
    c->line[c->len] = '\0';
    c->len = 0;
    if (c->too_long)
        puts("a line that long is no command");
    else
        run(c);
    c->too_long = false;
}

static void on_line(struct ev_loop *ev, struct ev_io *io, int events)
{
    struct link *l = ev_userdata(ev);
    char octets[256];
    (void)events;
    ssize_t n = read(STDIN_FILENO, octets, sizeof octets);
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
        ev_io_stop(ev, io);
    for (ssize_t i = 0; i < n; i++)
        take(&l->commands, octets[i]);
}

void commands_begin(struct commands *c, struct link *l)
{
    memset(c, 0, sizeof *c);
    c->link = l;
    ev_io_init(&c->io, on_line, STDIN_FILENO, EV_READ);
    ev_io_start(l->ev, &c->io);
}
