/* SPDX-License-Identifier: MIT */
#include "plan.h"

#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <unistd.h>

#include "sockets.h"

/* ---- peers and policies ---------------------------------------------------------------------- */

/* The key that goes with a connection: by who is there, or where. */
static struct ik_span key_of(const struct plan *p, const struct conf_connection *k,
                             const struct ik_id *remote_id)
{
    uint8_t data[IK_ID_MAX];
    struct ik_id id = *remote_id;
    if (id.type == 0 && (k->remote == NULL || !host_id_parse(k->remote, data, sizeof data, &id)))
        return (struct ik_span){0};
    return secrets_find(&p->secrets, id.type, id.data);
}

/* Our address towards the remote; false if there is no route now. */
static bool find_local(struct conf_connection *k, const struct conf *c)
{
    char err[200];
    if (k->local.family == 0 && c->daemon.local.family != 0)
        k->local = c->daemon.local;
    if (k->remote == NULL)
        return true;
    if (k->remote_addr.family == 0)
        return false;
    if (k->local.family != 0)
        return true;
    k->local_found = true;
    return sockets_route(&k->remote_addr, &k->local, err, sizeof err);
}

static void own_address_as_id(struct conf_connection *k)
{
    k->id_made = true;
    k->id.type = k->local.family == 4 ? IK_ID_IPV4_ADDR : IK_ID_IPV6_ADDR;
    k->id.data.p = k->id_data;
    k->id.data.len = k->local.family == 4 ? 4 : 16;
    memcpy(k->id_data, k->local.b, 16);
}

static const struct ik_addr *inner_address(const struct conf *c, uint8_t family)
{
    for (unsigned i = 0; i < c->tun.address_n; i++)
        if (c->tun.address[i].addr.family == family)
            return &c->tun.address[i].addr;
    return NULL;
}

/* Selectors that were not given: the outer address there; here the inner one, if there is one. */
static void complete_ts(struct ik_policy *policy, const struct conf *c,
                        const struct conf_connection *k)
{
    if (policy->ts_remote_n == 0) {
        host_ts_from_addr(&k->remote_addr, policy->ts_remote);
        policy->ts_remote_n = 1;
    }
    if (policy->ts_local_n == 0) {
        const struct ik_addr *inner = inner_address(c, policy->ts_remote[0].family);
        host_ts_from_addr(inner != NULL ? inner : &k->local, policy->ts_local);
        policy->ts_local_n = 1;
    }
}

/* An SA that could not be rekeyed ends a tenth of its age later, but not within a minute. */
static uint32_t life_of(ik_time rekey)
{
    uint32_t s = (uint32_t)(rekey / IK_SECOND);
    return s == 0 ? 0 : s + (s / 10 > 60 ? s / 10 : 60);
}

static bool has_family(const struct ik_policy *policy, uint8_t family)
{
    for (uint8_t i = 0; i < policy->ts_remote_n; i++)
        if (policy->ts_remote[i].family == family)
            return true;
    return false;
}

/* One remote of many, and its own selectors: those of ours that are of an IP version which it has
 * not are not for it. If that leaves none, they stay, and the check of the whole tells. */
static void take_remote(struct ik_policy *policy, const struct conf_remote *remote)
{
    uint8_t n = 0;
    policy->ts_remote_n = remote->ts_n;
    memcpy(policy->ts_remote, remote->ts, remote->ts_n * sizeof remote->ts[0]);
    for (uint8_t i = 0; i < policy->ts_local_n; i++)
        if (has_family(policy, policy->ts_local[i].family))
            policy->ts_local[n++] = policy->ts_local[i];
    policy->ts_local_n = n > 0 ? n : policy->ts_local_n;
}

static void add_policy(struct plan *p, const struct plan_entry *entry, uint16_t peer)
{
    const struct conf_connection *k = &p->conf.connections[entry->connection];
    const struct conf_child *child = &k->children[entry->child];
    struct ik_policy *policy = &p->policies[p->config.policies_n];
    *policy = (struct ik_policy){.action = IK_PROTECT,
                                 .mode = child->mode,
                                 .pfp = child->pfp,
                                 .peer = peer,
                                 .replay = child->replay,
                                 .rekey_s = (uint32_t)(child->rekey / IK_SECOND),
                                 .life_s = life_of(child->rekey),
                                 .tfc_pad = child->tfc,
                                 .tfc_align = child->tfc_align,
                                 .dummy_ms = (uint32_t)(child->dummy / IK_MS),
                                 .protocol = child->ah ? IK_PROTO_AH : IK_PROTO_ESP,
                                 .proposals = child->esp,
                                 .proposals_n = child->esp_n,
                                 .ts_local_n = child->ts_local_n,
                                 .ts_remote_n = child->ts_remote_n};
    memcpy(policy->ts_local, child->ts_local, sizeof policy->ts_local);
    memcpy(policy->ts_remote, child->ts_remote, sizeof policy->ts_remote);
    if (entry->remote != IK_NO_SLOT)
        take_remote(policy, &k->list[entry->remote]);
    complete_ts(policy, &p->conf, k);
    p->of_policy[p->config.policies_n++] = *entry;
}

/* As if there were a NAT, where nothing can leave otherwise (a container without CAP_NET_RAW). */
static bool in_udp(const struct plan *p, const struct conf_connection *k)
{
    for (unsigned i = 0; i < k->children_n; i++)
        if (k->children[i].ah)
            return k->force_natt;
    return k->force_natt || (p->no_raw && k->nat_detection);
}

static void add_peer(struct plan *p, const struct plan_entry *entry)
{
    const struct conf_connection *k = &p->conf.connections[entry->connection];
    struct ik_peer *peer = &p->peers[p->config.peers_n];
    *peer =
        (struct ik_peer){.local = k->local,
                         .remote = k->remote_addr,
                         .local_id = k->id,
                         .remote_id = k->remote_id,
                         .proposals = k->ike,
                         .proposals_n = k->ike_n,
                         .rekey_s = (uint32_t)(k->rekey / IK_SECOND),
                         .life_s = life_of(k->rekey),
                         .reauth_s = (uint32_t)(k->reauth / IK_SECOND),
                         .ppks = k->ppks,
                         .ppks_n = k->ppks_n,
                         .ppk_required = k->ppk_required,
                         .liveness_s = (uint32_t)(k->dpd / IK_SECOND),
                         .unique = k->unique == UNIQUE_REPLACE ? IK_UNIQUE_REPLACE : IK_UNIQUE_KEEP,
                         .childless = k->childless,
                         .initial_contact = k->unique == UNIQUE_REPLACE,
                         .fragment = k->fragment,
                         .probe = k->fragment != 0 ? k->probe : 0,
                         .resume = k->resumption,
                         .force_natt = in_udp(p, k),
                         .no_nat = !k->nat_detection,
                         .no_idr = !k->idr};
    if (entry->remote != IK_NO_SLOT)
        peer->remote_id = k->list[entry->remote].id;
    peer->psk = key_of(p, k, &peer->remote_id);
    p->of_peer[p->config.peers_n++] = *entry;
}

static void lack_of_key(const struct plan *p, const struct plan_entry *e, struct mistakes *m)
{
    const struct conf_connection *k = &p->conf.connections[e->connection];
    const struct ik_peer *peer = &p->peers[p->config.peers_n - 1];
    char id[200] = "";
    bool line = e->remote != IK_NO_SLOT;
    bool several = peer->remote_id.type == 0 || ik_id_is_subtree(&peer->remote_id);
    if (peer->psk.len > 0 || (k->remote == NULL && several))
        return; /* each may have a key of his own */
    if (peer->remote_id.type != 0)
        host_id_print(peer->remote_id.type, peer->remote_id.data, id, sizeof id);
    mistakes_add(m, line ? k->remotes : p->conf.file, line ? k->list[e->remote].line : k->line,
                 "connection %s: there is no key for %s in %s", k->name,
                 id[0] != '\0' ? id : k->remote, p->conf.daemon.secrets);
}

/* RFC 8784: the names of the word, each with its key by a line keyid:NAME of the secrets. */
static void find_ppks(const struct plan *p, struct conf_connection *k, struct mistakes *m)
{
    struct ik_span id;
    const char *at = k->ppk;
    k->ppks_n = 0;
    while (m->n == 0 && host_word_next(&at, &id)) {
        struct ik_span key = secrets_of(&p->secrets, IK_ID_KEY_ID, id);
        if (id.len == 0 || id.len > IK_ID_MAX || k->ppks_n == PPKS_OF_CONNECTION)
            mistakes_add(m, p->conf.file, k->ppk_line,
                         "connection %s: ppk: %u names at the most, of 1 to %u octets", k->name,
                         PPKS_OF_CONNECTION, IK_ID_MAX);
        else if (key.p == NULL)
            mistakes_add(m, p->conf.file, k->ppk_line,
                         "connection %s: ppk: there is no key for keyid:%.*s in %s", k->name,
                         (int)id.len, (const char *)id.p, p->conf.daemon.secrets);
        else
            k->ppks[k->ppks_n++] = (struct ik_ppk){id, key};
    }
}

static void add_connection(struct plan *p, uint16_t number, struct mistakes *m)
{
    struct conf_connection *k = &p->conf.connections[number];
    if (!find_local(k, &p->conf)) {
        p->waiting++;
        return;
    }
    if (k->id.type == 0)
        own_address_as_id(k);
    find_ppks(p, k, m);
    unsigned n = k->remotes != NULL ? k->list_n : 1;
    for (unsigned i = 0; i < n; i++) {
        struct plan_entry entry = {number, 0, k->remotes != NULL ? (uint16_t)i : IK_NO_SLOT};
        uint16_t peer = p->config.peers_n;
        add_peer(p, &entry);
        lack_of_key(p, &entry, m);
        for (; entry.child < k->children_n; entry.child++)
            add_policy(p, &entry, peer);
    }
}

/* ---- the index by identity ------------------------------------------------------------------- */

static void index_peers(struct plan *p)
{
    for (uint16_t i = 0; i < p->config.peers_n; i++) {
        const struct ik_id *id = &p->peers[i].remote_id;
        if (id->type == 0 || ik_id_is_subtree(id))
            continue;
        uint32_t at = secrets_hash(id->type, id->data.p, id->data.len) & (p->table_n - 1);
        while (p->table[at] != 0)
            at = (at + 1) & (p->table_n - 1);
        p->table[at] = (uint16_t)(i + 1u);
    }
}

static bool fits(const struct ik_peer *peer, const struct ik_path *path)
{
    return peer->remote.family == 0 || (peer->remote.family == path->remote.family &&
                                        memcmp(peer->remote.b, path->remote.b, 16) == 0);
}

/* The first for several identities that has him: of those below a name, or of those for anybody. */
static uint16_t find_several(const struct plan *p, const struct ik_id *id,
                             const struct ik_path *path, bool subtree)
{
    for (uint16_t i = 0; i < p->config.peers_n; i++) {
        const struct ik_id *entry = &p->peers[i].remote_id;
        if ((subtree ? ik_id_is_subtree(entry) : entry->type == 0) && ik_id_names(entry, id) &&
            fits(&p->peers[i], path))
            return i;
    }
    return IK_NO_SLOT;
}

/* The peer entry; *known: the name at least is there. */
static uint16_t find_peer(const struct plan *p, const struct ik_id *id, const struct ik_path *path,
                          bool *known)
{
    uint32_t at = secrets_hash(id->type, id->data.p, id->data.len) & (p->table_n - 1);
    for (; p->table[at] != 0; at = (at + 1) & (p->table_n - 1)) {
        const struct ik_peer *peer = &p->peers[p->table[at] - 1];
        if (!ik_id_names(&peer->remote_id, id))
            continue;
        *known = true;
        if (fits(peer, path))
            return (uint16_t)(p->table[at] - 1);
    }
    uint16_t found = find_several(p, id, path, true);
    *known = *known || found != IK_NO_SLOT;
    return found != IK_NO_SLOT ? found : find_several(p, id, path, false);
}

bool plan_identify(const struct plan *p, const struct ik_id *id, const struct ik_path *path,
                   struct ik_credential *out, bool *known)
{
    *known = false;
    uint16_t peer = find_peer(p, id, path, known);
    if (peer == IK_NO_SLOT)
        return false;
    out->peer = peer;
    const struct ik_id *entry = &p->peers[peer].remote_id;
    out->psk = entry->type != 0 && !ik_id_is_subtree(entry)
                   ? p->peers[peer].psk
                   : secrets_find(&p->secrets, id->type, id->data);
    if (out->psk.len == 0)
        out->psk = p->peers[peer].psk; /* that of them all, or by the address of the connection */
    *known = out->psk.len > 0;
    return out->psk.len > 0;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static bool make_room(struct plan *p)
{
    size_t peers = 1, policies = 1;
    for (unsigned i = 0; i < p->conf.connections_n; i++) {
        const struct conf_connection *k = &p->conf.connections[i];
        size_t n = k->remotes != NULL ? k->list_n : 1;
        peers += n;
        policies += n * k->children_n;
    }
    policies += p->conf.manuals_n;
    p->table_n = 2;
    while (p->table_n < 2 * peers)
        p->table_n *= 2;
    p->peers = calloc(peers, sizeof *p->peers);
    p->of_peer = calloc(peers, sizeof *p->of_peer);
    p->policies = calloc(policies, sizeof *p->policies);
    p->of_policy = calloc(policies, sizeof *p->of_policy);
    p->table = calloc(p->table_n, sizeof *p->table);
    p->manuals = calloc(p->conf.manuals_n + 1u, sizeof *p->manuals);
    return peers < IK_NO_SLOT && policies < IK_NO_SLOT && p->peers != NULL && p->of_peer != NULL &&
           p->policies != NULL && p->of_policy != NULL && p->table != NULL && p->manuals != NULL;
}

static void tell_fault(const struct plan *p, const struct ik_fault *f, struct mistakes *m)
{
    const char *text = host_fault_text(f->what);
    const struct plan_entry *e = NULL;
    if (f->part == IK_FAULT_OF_PEER)
        e = &p->of_peer[f->index];
    else if (f->part == IK_FAULT_OF_POLICY)
        e = &p->of_policy[f->index];
    if (e == NULL) {
        mistakes_add(m, p->conf.file, 1, "%s", text);
        return;
    }
    if (e->connection == IK_NO_SLOT) {
        const struct conf_manual *c = &p->conf.manuals[e->child];
        mistakes_add(m, p->conf.file, c->line, "manual %s: %s", c->name, text);
        return;
    }
    const struct conf_connection *k = &p->conf.connections[e->connection];
    const struct conf_child *child = &k->children[e->child];
    bool of_child = f->part == IK_FAULT_OF_POLICY, listed = e->remote != IK_NO_SLOT;
    unsigned line = listed ? k->list[e->remote].line : of_child ? child->line : k->line;
    mistakes_add(m, listed ? k->remotes : p->conf.file, line, "%s %s: %s",
                 of_child ? "child" : "connection", of_child ? child->name : k->name, text);
}

/* Each worker has its share of the half-open ones. */
static unsigned cookie_above(const struct conf_daemon *d)
{
    return (d->cookie_above + d->workers - 1) / d->workers;
}

static bool make(struct plan *p, struct mistakes *m)
{
    struct ik_fault fault;
    if (!make_room(p)) {
        mistakes_add(m, p->conf.file, 0, "out of memory, or more than 65534 remotes");
        return false;
    }
    p->config = (struct ik_config){.crypto = p->conf.daemon.crypto,
                                   .peers = p->peers,
                                   .policies = p->policies,
                                   .retransmit = host_retransmit_within(p->conf.daemon.timeout, 32),
                                   .exchanges = ik_exchanges_all,
                                   .life = &ik_lifetimes,
                                   .hints = true,
                                   .lookup = true,
                                   .ticket_s = (uint32_t)(p->conf.daemon.tickets / IK_SECOND),
                                   .cookie_above = (uint16_t)cookie_above(&p->conf.daemon)};
    for (unsigned i = 0; i < p->conf.connections_n; i++)
        add_connection(p, (uint16_t)i, m);
    plan_add_manuals(p, m);
    index_peers(p);
    if (m->n == 0 && ik_config_check(&p->config, &fault) != IK_OK)
        tell_fault(p, &fault, m);
    return m->n == 0;
}

/* With the rights in the file system that daemon.user will have. */
static bool can_read(const struct passwd *user, const char *file)
{
    (void)setfsgid(user->pw_gid);
    (void)setfsuid(user->pw_uid);
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    (void)setfsuid(geteuid());
    (void)setfsgid(getegid());
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

static void look_ahead_at(const struct passwd *user, const char *file, struct mistakes *warnings)
{
    if (!can_read(user, file))
        mistakes_add(
            warnings, file, 0,
            "daemon.user = \"%s\" will not be able to read it again at a reload: chown %s %s, "
            "and let that user into its folder",
            user->pw_name, user->pw_name, file);
}

/* Who reads the files now is root; who reads them again is daemon.user. */
static void look_ahead(const struct conf *c, struct mistakes *warnings)
{
    const struct passwd *user =
        geteuid() == 0 && c->daemon.user != NULL ? getpwnam(c->daemon.user) : NULL;
    if (user == NULL || user->pw_uid == 0)
        return;
    look_ahead_at(user, c->file, warnings);
    look_ahead_at(user, c->daemon.secrets, warnings);
    for (unsigned i = 0; i < c->connections_n; i++)
        if (c->connections[i].remotes != NULL)
            look_ahead_at(user, c->connections[i].remotes, warnings);
}

struct plan *plan_make(const char *file, const struct plan *old, struct mistakes *m)
{
    struct mistakes warnings = {0};
    struct plan *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    bool good = conf_read(&p->conf, file, m);
    /* The file of keys is looked at even if the other has mistakes, so that all are told at once.
     */
    if (p->conf.was_read && p->conf.daemon.secrets[0] != '\0')
        good = secrets_read(&p->secrets, p->conf.daemon.secrets, p->conf.daemon.user, m) && good;
    if (good && old == NULL)
        look_ahead(&p->conf, &warnings);
    if (good && old != NULL)
        conf_keep(&p->conf, &old->conf, &warnings);
    if (good)
        (void)conf_resolve(&p->conf, &warnings);
    p->no_raw = old != NULL ? old->no_raw : !sockets_may_be_raw();
    if (!good || !make(p, m)) {
        plan_free(p);
        p = NULL;
    } else {
        *m = warnings;
        return p;
    }
    mistakes_free(&warnings);
    return p;
}

/* ---- once more ------------------------------------------------------------------------------- */

bool plan_may_change(const struct plan *p)
{
    struct ik_addr addr;
    for (unsigned i = 0; i < p->conf.connections_n; i++) {
        const struct conf_connection *k = &p->conf.connections[i];
        if (k->remote != NULL && !host_addr_parse(k->remote, &addr))
            return true;
    }
    return p->waiting > 0;
}

static void forget_found(struct conf *c)
{
    for (unsigned i = 0; i < c->connections_n; i++) {
        struct conf_connection *k = &c->connections[i];
        if (k->id_made)
            k->id = (struct ik_id){0};
        if (k->local_found)
            k->local = (struct ik_addr){.family = 0};
        k->id_made = k->local_found = false;
    }
}

/* Identities and proposals lie in the configuration, which moves as a whole: what the old plan
 * points to stays where it is but for ids that are made anew, to the same or another text. */
struct plan *plan_again(struct plan *old)
{
    struct mistakes m = {0};
    struct plan *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    p->conf = old->conf;
    p->secrets = old->secrets;
    p->no_raw = old->no_raw;
    forget_found(&p->conf);
    (void)conf_resolve(&p->conf, &m);
    mistakes_free(&m);
    bool good = make(p, &m);
    mistakes_free(&m);
    struct plan *shell = good ? old : p;
    memset(&shell->conf, 0, sizeof shell->conf);
    memset(&shell->secrets, 0, sizeof shell->secrets);
    if (!good) {
        plan_free(p);
        return NULL;
    }
    return p;
}

void plan_free(struct plan *p)
{
    if (p == NULL)
        return;
    secrets_free(&p->secrets);
    conf_free(&p->conf);
    free(p->peers);
    free(p->policies);
    free(p->of_peer);
    free(p->of_policy);
    free(p->table);
    free(p->manuals);
    free(p);
}

const struct conf_connection *plan_connection(const struct plan *p, uint16_t peer)
{
    return peer < p->config.peers_n ? &p->conf.connections[p->of_peer[peer].connection] : NULL;
}

const struct conf_child *plan_child(const struct plan *p, uint16_t policy)
{
    if (policy >= p->config.policies_n || p->of_policy[policy].connection == IK_NO_SLOT)
        return NULL;
    const struct plan_entry *e = &p->of_policy[policy];
    return &p->conf.connections[e->connection].children[e->child];
}

const struct conf_manual *plan_manual(const struct plan *p, uint16_t policy)
{
    if (policy >= p->config.policies_n || p->of_policy[policy].connection != IK_NO_SLOT)
        return NULL;
    return &p->conf.manuals[p->of_policy[policy].child];
}
