/* SPDX-License-Identifier: MIT */
#include "control.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "status.h"

#define CLIENTS 32
#define REQUEST_MAX 8192
#define BACKLOG_MAX ((size_t)64 << 20) /* octets that wait for a client that does not read */

enum waiting { WAIT_NOTHING, WAIT_UP, WAIT_DOWN, WAIT_LOG };

struct client {
    struct daemon *d;
    struct ev_io in, out;
    int fd; /* -1: free */
    char request[REQUEST_MAX];
    size_t request_len;
    char *answer;
    size_t answer_len, sent;
    enum waiting waiting;
    uint16_t policy, peer;
    bool last; /* nothing more is coming behind the answer */
};

struct control {
    int fd;
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
    struct ev_io io;
    struct client clients[CLIENTS];
};

static struct control *followed; /* by log_follower, which has no context */

static void drop_client(struct client *c)
{
    if (c->fd < 0)
        return;
    ev_io_stop(c->d->ev, &c->in);
    ev_io_stop(c->d->ev, &c->out);
    close(c->fd);
    free(c->answer);
    memset(c, 0, sizeof *c);
    c->fd = -1;
}

static void write_more(struct client *c)
{
    while (c->sent < c->answer_len) {
        ssize_t n =
            send(c->fd, c->answer + c->sent, c->answer_len - c->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EAGAIN) {
            ev_io_start(c->d->ev, &c->out);
            daemon_wake(c->d);
            return;
        }
        if (n <= 0) {
            drop_client(c);
            return;
        }
        c->sent += (size_t)n;
    }
    ev_io_stop(c->d->ev, &c->out);
    if (c->last)
        drop_client(c);
}

static void append(struct client *c, const char *text, size_t len)
{
    size_t left = c->answer_len - c->sent;
    char *more = left + len + 1 < BACKLOG_MAX ? malloc(left + len + 1) : NULL;
    if (more == NULL) {
        drop_client(c);
        return;
    }
    if (left > 0)
        memcpy(more, c->answer + c->sent, left);
    memcpy(more + left, text, len);
    more[left + len] = '\n';
    free(c->answer);
    c->answer = more;
    c->answer_len = left + len + 1;
    c->sent = 0;
    write_more(c);
}

/* Takes body. */
static void answer(struct client *c, bool ok, const char *error, json_t *body)
{
    json_t *o = json_pack("{si sb}", "schema", STATUS_SCHEMA, "ok", (int)ok);
    if (error != NULL)
        json_object_set_new(o, "error", json_string(error));
    if (body != NULL) {
        json_object_update(o, body);
        json_decref(body);
    }
    char *text = json_dumps(o, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_decref(o);
    c->last = true;
    if (text == NULL) {
        drop_client(c);
        return;
    }
    append(c, text, strlen(text));
    free(text);
}

static void refuse(struct client *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void refuse(struct client *c, const char *format, ...)
{
    char text[300];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    answer(c, false, text, NULL);
}

/* ---- verbs ----------------------------------------------------------------------------------- */

/* "connection" or "connection/child", or an identity: the first policy that it names. */
static uint16_t find_policy(const struct daemon *d, const char *name)
{
    char text[300];
    for (uint16_t i = 0; i < d->plan->config.policies_n; i++) {
        const struct plan_entry *e = &d->plan->of_policy[i];
        const struct conf_connection *k = &d->plan->conf.connections[e->connection];
        const struct ik_id *id = &d->plan->peers[d->plan->policies[i].peer].remote_id;
        snprintf(text, sizeof text, "%s/%s", k->name, k->children[e->child].name);
        if (strcmp(text, name) == 0 || (k->remotes == NULL && strcmp(k->name, name) == 0))
            return i;
        if (id->type != 0 && host_id_print(id->type, id->data, text, sizeof text) > 0 &&
            strcmp(text, name) == 0)
            return i;
    }
    return IK_NO_SLOT;
}

static uint16_t named_policy(struct client *c, json_t *request)
{
    const char *name = json_string_value(json_object_get(request, "name"));
    if (name == NULL) {
        refuse(c, "which one? name a connection (ikelet list)");
        return IK_NO_SLOT;
    }
    uint16_t policy = find_policy(c->d, name);
    if (policy == IK_NO_SLOT)
        refuse(c, "there is no connection \"%.100s\" (ikelet list), or its name has no address now",
               name);
    return policy;
}

static void verb_up(struct client *c, json_t *request)
{
    struct daemon *d = c->d;
    uint16_t policy = named_policy(c, request);
    if (policy == IK_NO_SLOT)
        return;
    if (start_has_child(d, policy)) {
        answer(c, true, NULL, json_pack("{ss}", "outcome", "it is up already"));
        return;
    }
    if (d->plan->policies[policy].pfp != 0) {
        refuse(c, "child %s takes selectors from packets (pfp): a packet brings it up",
               plan_child(d->plan, policy)->name);
        return;
    }
    c->waiting = WAIT_UP;
    c->policy = policy;
    c->peer = d->plan->policies[policy].peer;
    start_up(d, policy);
}

static bool has_ike(const struct worker *w, uint16_t peer)
{
    struct ik_ike_info info;
    for (uint16_t i = 0; i < w->host.ike_sas_n; i++)
        if (ik_ike_info(&w->node, i, &info) && info.peer == peer && info.state == IK_IKE_UP)
            return true;
    return false;
}

static void verb_down(struct client *c, json_t *request)
{
    struct daemon *d = c->d;
    uint16_t policy = named_policy(c, request);
    bool is_up = false;
    if (policy == IK_NO_SLOT)
        return;
    c->peer = d->plan->policies[policy].peer;
    start_hold(d, c->peer);
    for (unsigned i = 0; i < d->workers_n; i++)
        is_up = is_up || has_ike(&d->workers[i], c->peer);
    c->waiting = is_up ? WAIT_DOWN : WAIT_NOTHING;
    uint16_t peer = c->peer;
    for (unsigned i = 0; i < d->workers_n; i++) {
        struct worker *w = &d->workers[i];
        ik_node_down(&w->node, worker_tick(w), peer); /* one that is opening is dropped */
        worker_pump(w);
    }
    if (!is_up)
        answer(c, true, NULL, json_pack("{ss}", "outcome", "it was not up"));
}

static bool is_up(const struct worker *w, uint16_t slot, uint16_t policy)
{
    struct ik_child_info info;
    return ik_child_info(&w->node, slot, &info) && info.policy == policy &&
           info.state == IK_CHILD_UP;
}

/* How many were asked to. */
static unsigned rekey_in(struct worker *w, uint16_t policy)
{
    unsigned n = 0;
    for (uint16_t slot = 0; slot < w->host.child_sas_n; slot++) {
        if (!is_up(w, slot, policy) || (n == 0 && !worker_entropy(w)))
            continue;
        ik_node_rekey_child(&w->node, worker_tick(w), slot);
        n++;
    }
    return n;
}

/* The Child SAs of a connection's child: several, if the peer has narrowed them. */
static void verb_rekey(struct client *c, json_t *request)
{
    struct daemon *d = c->d;
    uint16_t policy = named_policy(c, request);
    unsigned n = 0;
    if (policy == IK_NO_SLOT)
        return;
    c->waiting = WAIT_UP;
    c->policy = policy;
    c->peer = d->plan->policies[policy].peer;
    for (unsigned i = 0; i < d->workers_n; i++)
        n += rekey_in(&d->workers[i], policy);
    if (n == 0) {
        c->waiting = WAIT_NOTHING;
        refuse(c, "it is not up");
        return;
    }
    for (unsigned i = 0; i < d->workers_n; i++)
        worker_pump(&d->workers[i]);
}

static void verb_status(struct client *c, json_t *request)
{
    (void)request;
    answer(c, true, NULL, status_daemon(c->d));
}

static void verb_list(struct client *c, json_t *request)
{
    (void)request;
    answer(c, true, NULL, status_list(c->d));
}

static void verb_counters(struct client *c, json_t *request)
{
    (void)request;
    answer(c, true, NULL, status_counters(c->d));
}

static void verb_log(struct client *c, json_t *request)
{
    json_int_t n = json_integer_value(json_object_get(request, "lines"));
    bool follow = json_is_true(json_object_get(request, "follow"));
    uint64_t last = log_last(), first = n > 0 && (uint64_t)n < last ? last - (uint64_t)n + 1 : 1;
    if (last > LOG_KEPT && first <= last - LOG_KEPT)
        first = last - LOG_KEPT + 1;
    json_t *lines = json_array();
    for (uint64_t i = first; i <= last; i++)
        if (log_line(i) != NULL)
            json_array_append_new(lines, json_string(log_line(i)));
    if (!follow) {
        answer(c, true, NULL, json_pack("{so}", "lines", lines));
        return;
    }
    json_t *o = json_pack("{si sb so}", "schema", STATUS_SCHEMA, "ok", 1, "lines", lines);
    char *text = json_dumps(o, JSON_COMPACT | JSON_PRESERVE_ORDER);
    json_decref(o);
    c->waiting = WAIT_LOG;
    if (text != NULL)
        append(c, text, strlen(text));
    free(text);
}

static json_t *mistakes_json(const struct mistakes *m)
{
    json_t *list = json_array();
    for (unsigned i = 0; i < m->n; i++)
        json_array_append_new(list, json_pack("{ss si ss}", "file", m->list[i].file, "line",
                                              (int)m->list[i].line, "text", m->list[i].text));
    return json_pack("{so}", "mistakes", list);
}

static void verb_reload(struct client *c, json_t *request)
{
    struct mistakes m = {0};
    (void)request;
    bool good = daemon_reload(c->d, &m);
    answer(c, good, good ? NULL : "the configuration stays as it was", mistakes_json(&m));
    mistakes_free(&m);
}

static void verb_check(struct client *c, json_t *request)
{
    struct mistakes m = {0};
    (void)request;
    struct plan *p = plan_make(c->d->file, NULL, &m);
    answer(c, p != NULL, p != NULL ? NULL : "there are mistakes", mistakes_json(&m));
    plan_free(p);
    mistakes_free(&m);
}

static const struct {
    const char *name;
    void (*run)(struct client *c, json_t *request);
} verbs[] = {
    {"up", verb_up},      {"down", verb_down}, {"rekey", verb_rekey},       {"status", verb_status},
    {"list", verb_list},  {"log", verb_log},   {"counters", verb_counters}, {"reload", verb_reload},
    {"check", verb_check}};

static void obey(struct client *c)
{
    json_error_t error;
    json_t *request = json_loadb(c->request, c->request_len, 0, &error);
    const char *verb = json_string_value(json_object_get(request, "verb"));
    json_int_t schema = json_integer_value(json_object_get(request, "schema"));
    unsigned i = 0;
    c->request_len = 0;
    while (verb != NULL && i < sizeof verbs / sizeof verbs[0] && strcmp(verbs[i].name, verb) != 0)
        i++;
    if (request == NULL)
        refuse(c, "that is no JSON: %s", error.text);
    else if (schema != STATUS_SCHEMA)
        refuse(c, "schema must be %d", STATUS_SCHEMA);
    else if (verb == NULL || i == sizeof verbs / sizeof verbs[0])
        refuse(c, "there is no verb \"%.60s\"", verb != NULL ? verb : "");
    else
        verbs[i].run(c, request);
    json_decref(request);
}

/* ---- outcomes -------------------------------------------------------------------------------- */

static bool concerns(const struct client *c, const struct ik_effect *fx)
{
    if (c->waiting == WAIT_UP)
        return fx->policy == c->policy || (fx->event == IK_EV_IKE_FAILED && fx->peer == c->peer);
    return c->waiting == WAIT_DOWN && fx->peer == c->peer && fx->event == IK_EV_IKE_DOWN;
}

void control_outcome(struct daemon *d, const struct ik_effect *fx, const char *why)
{
    for (unsigned i = 0; d->control != NULL && i < CLIENTS; i++) {
        struct client *c = &d->control->clients[i];
        if (c->fd < 0 || !concerns(c, fx))
            continue;
        bool good = c->waiting == WAIT_DOWN || fx->event == IK_EV_CHILD_UP;
        c->waiting = WAIT_NOTHING;
        if (good)
            answer(c, true, NULL, json_pack("{ss}", "outcome", why[0] != '\0' ? why : "up"));
        else
            answer(c, false, why, NULL);
    }
}

static void follow(const char *line)
{
    for (unsigned i = 0; followed != NULL && i < CLIENTS; i++) {
        struct client *c = &followed->clients[i];
        if (c->fd < 0 || c->waiting != WAIT_LOG)
            continue;
        json_t *o = json_pack("{ss}", "line", line);
        char *text = json_dumps(o, JSON_COMPACT);
        json_decref(o);
        if (text != NULL)
            append(c, text, strlen(text));
        free(text);
    }
}

/* ---- the socket ------------------------------------------------------------------------------ */

static void on_request(struct ev_loop *ev, struct ev_io *io, int events)
{
    struct client *c = io->data;
    (void)ev;
    (void)events;
    ssize_t n =
        recv(c->fd, c->request + c->request_len, sizeof c->request - c->request_len, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        drop_client(c);
        return;
    }
    if (c->waiting != WAIT_NOTHING || c->last) /* it talks while it should listen */
        return;
    c->request_len += (size_t)n;
    if (memchr(c->request, '\n', c->request_len) != NULL)
        obey(c);
    else if (c->request_len == sizeof c->request)
        refuse(c, "a request has at most %d octets in one line", REQUEST_MAX);
}

static void on_writable(struct ev_loop *ev, struct ev_io *io, int events)
{
    (void)ev;
    (void)events;
    write_more(io->data);
}

static void on_client(struct ev_loop *ev, struct ev_io *io, int events)
{
    struct daemon *d = ev_userdata(ev);
    struct control *s = d->control;
    unsigned i = 0;
    (void)events;
    int fd = accept4(io->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    while (i < CLIENTS && s->clients[i].fd >= 0)
        i++;
    if (fd < 0 || i == CLIENTS) {
        if (fd >= 0)
            close(fd);
        return;
    }
    struct client *c = &s->clients[i];
    c->d = d;
    c->fd = fd;
    ev_io_init(&c->in, on_request, fd, EV_READ);
    ev_io_init(&c->out, on_writable, fd, EV_WRITE);
    c->in.data = c->out.data = c;
    ev_io_start(ev, &c->in);
}

/* A socket that nobody serves any more may be replaced; one that is served, not. */
static bool is_served(const struct sockaddr_un *name)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool served = fd >= 0 && connect(fd, (const struct sockaddr *)name, sizeof *name) == 0;
    if (fd >= 0)
        close(fd);
    return served;
}

static bool make_folder(const char *path, char *err, size_t err_len)
{
    char folder[sizeof(((struct sockaddr_un *)0)->sun_path)];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash == NULL || slash == folder)
        return true;
    *slash = '\0';
    if (mkdir(folder, 0755) == 0 || errno == EEXIST)
        return true;
    snprintf(err, err_len, "cannot make %s for the control socket: %s", folder, strerror(errno));
    return false;
}

static bool bind_socket(struct control *s, unsigned gid, char *err, size_t err_len)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    memcpy(name.sun_path, s->path, sizeof name.sun_path);
    if (is_served(&name)) {
        snprintf(err, err_len, "another ikeletd serves %s", s->path);
        return false;
    }
    (void)unlink(s->path);
    s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    mode_t was = umask(0117);
    bool good = s->fd >= 0 && bind(s->fd, (struct sockaddr *)&name, sizeof name) == 0 &&
                listen(s->fd, 16) == 0;
    umask(was);
    if (good && gid != getegid())
        good = chown(s->path, (uid_t)-1, gid) == 0;
    if (!good)
        snprintf(err, err_len, "cannot make the control socket %s: %s", s->path, strerror(errno));
    return good;
}

struct control *control_open(struct daemon *d, unsigned gid, char *err, size_t err_len)
{
    const char *path = d->plan->conf.daemon.control;
    struct control *s = calloc(1, sizeof *s);
    if (s == NULL || strlen(path) >= sizeof s->path) {
        snprintf(err, err_len, "the name of the control socket is too long: %s", path);
        free(s);
        return NULL;
    }
    s->fd = -1;
    memcpy(s->path, path, strlen(path));
    for (unsigned i = 0; i < CLIENTS; i++)
        s->clients[i].fd = -1;
    if (!make_folder(path, err, err_len) || !bind_socket(s, gid, err, err_len)) {
        if (s->fd >= 0)
            close(s->fd);
        free(s);
        return NULL;
    }
    ev_io_init(&s->io, on_client, s->fd, EV_READ);
    ev_io_start(d->ev, &s->io);
    followed = s;
    log_follower = follow;
    return s;
}

void control_close(struct daemon *d)
{
    struct control *s = d->control;
    if (s == NULL)
        return;
    log_follower = NULL;
    followed = NULL;
    for (unsigned i = 0; i < CLIENTS; i++)
        drop_client(&s->clients[i]);
    ev_io_stop(d->ev, &s->io);
    close(s->fd);
    (void)unlink(s->path);
    free(s);
    d->control = NULL;
}
