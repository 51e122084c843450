/* SPDX-License-Identifier: MIT */
/*
 * Inside of core/ike: the node, its pools, what is to be done and when. A datagram comes in by
 * node.c, is brought to its IKE SA and exchange by msg/receive.c, answered or taken by a file of
 * xchg/, and what follows leaves by effect.c. The folders have headers of their own, which import
 * downwards: xchg -> auth -> nego -> msg -> here.
 */
#ifndef IK_IKE_IKE_H
#define IK_IKE_IKE_H

#include "crypto/crypto.h"
#include "ikelet/ik_node.h"
#include "ipsec/ipsec.h"
#include "util/util.h"

#define IK_MARKER_LEN 4 /* RFC 3948 2.2: the non-ESP marker */

/* An IKE message that came. msg is in the host's buffer, behind the marker; or in one of ours, when
 * an answer had to wait. */
struct ik_rx {
    const struct ik_path *path;
    struct ik_pkt *pkt;   /* NULL: in a buffer of ours */
    struct ik_ike_sa *sa; /* NULL for an IKE_SA_INIT request, until its exchange takes one */
    uint8_t *msg;
    uint16_t len;
    uint8_t digest[8]; /* of a protected request, as it came */
#if IK_FRAGMENT
    ik_slot whole; /* it came in fragments, and lies there; IK_NO_SLOT: it did not */
#endif
    struct ik_span inner; /* what SK holds, opened in place; p NULL: badly padded */
    struct ik_msg m;
};
#define IK_DIGEST_LEN 8
/*
 * What the node was told; the algorithms of an IKE SA; the one that a message is for. Where all is
 * linked (IK_LINKED) these are constants, with which the compiler does the rest: for that,
 * functions that are called by pointer say by IK_KNOWN which node and SA their arguments are.
 */
#if IK_LINKED
#define ik_config_of(node) ((void)(node), &ik_linked_config)
#define ik_host_of(node) ((void)(node), &ik_linked_host)
#define ik_encr_of(sa) ((void)(sa), ik_linked_config.crypto->encr[0])
#define ik_prf_of(sa) ((void)(sa), ik_linked_config.crypto->prf[0])
#define ik_integ_of(sa) ((void)(sa), (const struct ik_integ *)NULL)
#define ik_rx_sa(rx) ((void)(rx), &ik_linked_ike_sa)
#define IK_KNOWN_NODE(node) (node = &ik_linked_node)
#define IK_KNOWN(node, sa) (node = &ik_linked_node, sa = &ik_linked_ike_sa)
#else
#define ik_config_of(node) ((node)->config)
#define ik_host_of(node) (&(node)->host)
#define ik_encr_of(sa) ((sa)->suite.encr)
#define ik_prf_of(sa) ((sa)->suite.prf)
#define ik_integ_of(sa) ((sa)->suite.integ)
#define ik_rx_sa(rx) ((rx)->sa)
#define IK_KNOWN_NODE(node) ((void)0)
#define IK_KNOWN(node, sa) ((void)0)
#endif

/* ---- clock.c --------------------------------------------------------------------------------- */

/* An entry point runs at that time. */
void ik_enter(struct ik_node *node, ik_time now);
/* The moment so many ms from now; never before they have passed, never IK_MS_NONE. */
ik_ms ik_in(const struct ik_node *node, uint32_t ms);
/* Is at a moment, and has it come? */
bool ik_due(const struct ik_node *node, ik_ms at);
/* Is until, which was ik_in() so many ms, still ahead? Right however long ago that was. */
bool ik_pausing(const struct ik_node *node, ik_ms until, uint32_t ms);
/* The earlier of two moments, of which either may be IK_MS_NONE. */
ik_ms ik_earlier(ik_ms a, ik_ms b);
/* A wait of the configuration in ms, rounded up; the usual one, in ms, for 0. */
uint32_t ik_wait(uint32_t configured_us, uint32_t usual_ms);
/* The host's time of a moment that has not come. */
ik_time ik_host_time(const struct ik_node *node, ik_ms at);

/* ---- node.c ---------------------------------------------------------------------------------- */

/* The data plane looks up packets in the policies of the node's configuration. */
void ik_spd_lend(struct ik_node *node);

/* ---- pool.c ---------------------------------------------------------------------------------- */

static inline uint16_t ik_ike_n(const struct ik_node *node)
{
    return IK_ONE ? 1 : ik_host_of(node)->ike_sas_n;
}
#if IK_LINKED
static inline struct ik_ike_sa *ik_ike_at(const struct ik_node *node, ik_slot slot)
{
    (void)node, (void)slot;
    return &ik_linked_ike_sa;
}
static inline struct ik_handshake *ik_handshake_at(const struct ik_node *node, ik_slot slot)
{
    (void)node, (void)slot;
    return &ik_linked_handshake;
}
struct ik_task *ik_task_at(const struct ik_node *node, ik_slot slot);
struct ik_buffer *ik_buffer_at(const struct ik_node *node, ik_slot slot);
#else
static inline struct ik_ike_sa *ik_ike_at(const struct ik_node *node, ik_slot slot)
{
    return &node->host.ike_sas[IK_ONE ? 0 : slot];
}
static inline struct ik_handshake *ik_handshake_at(const struct ik_node *node, ik_slot slot)
{
    return &node->host.handshakes[IK_ONE ? 0 : slot];
}
static inline struct ik_task *ik_task_at(const struct ik_node *node, ik_slot slot)
{
    return &node->host.tasks[slot];
}
static inline struct ik_buffer *ik_buffer_at(const struct ik_node *node, ik_slot slot)
{
#if IK_SHORT_MAX > 0
    if (slot >= node->host.buffers_n) {
        uint8_t *shorts = node->host.shorts;
        void *at = shorts + (size_t)(slot - node->host.buffers_n) * IK_SHORT_BUFFER;
        return at;
    }
#endif
    return &node->host.buffers[slot];
}
#endif
/* The next one of the same IKE SA. */
static inline ik_slot ik_handshake_next(const struct ik_node *node, ik_slot slot)
{
#if IK_REKEY
    return ik_handshake_at(node, slot)->sibling;
#else
    (void)node, (void)slot;
    return IK_NO_SLOT;
#endif
}
static inline struct ik_handshake *ik_handshake_of(const struct ik_node *node,
                                                   const struct ik_ike_sa *sa)
{
    return ik_handshake_at(node, sa->handshake);
}

void ik_pools_init(struct ik_node *node);
/* A free IKE SA, zeroed, OPENING, with our SPI drawn; NULL if the pool is full. Dead ones that only
 * keep their last response give way. */
struct ik_ike_sa *ik_ike_alloc(struct ik_node *node, bool initiator);
void ik_ike_free(struct ik_node *node, struct ik_ike_sa *sa);
/* The SA whose SPI of ours is in the header, or NULL. */
struct ik_ike_sa *ik_ike_find(const struct ik_node *node, const struct ik_hdr *hdr);
void ik_ike_state(struct ik_node *node, struct ik_ike_sa *sa, enum ik_ike_state state);
/* A free one, zeroed, of no SA yet; NULL if there is none. Then: it is that SA's. */
struct ik_handshake *ik_handshake_take(struct ik_node *node);
void ik_handshake_join(struct ik_ike_sa *sa, struct ik_handshake *hs);
/* Lends one to the SA; NULL if there is none. A key pair that nobody has taken gives way. */
struct ik_handshake *ik_handshake_lend(struct ik_node *node, struct ik_ike_sa *sa);
/* Its secrets are wiped and it is free; or, while the host has its job, it will be. */
void ik_handshake_return(struct ik_node *node, ik_slot slot);
#if IK_KEY_AHEAD
/* nego/ahead.c: gives up the pair computed ahead; its place is free when its job is back. */
void ik_ahead_drop(struct ik_node *node);
void ik_ahead_give_way(struct ik_node *node); /* to what a peer asks for */
#endif
/* Both answer IK_NO_SLOT if there is none. */
ik_slot ik_task_alloc(struct ik_node *node);
void ik_task_free(struct ik_node *node, ik_slot slot);
ik_slot ik_buffer_alloc(struct ik_node *node);
/* One with a copy of a message of len octets; IK_NO_SLOT too if that is too long. */
ik_slot ik_buffer_copy(struct ik_node *node, const uint8_t *msg, uint16_t len);
/* Frees one, if it is one, and says so. */
void ik_buffer_drop(struct ik_node *node, ik_slot *slot);
/* None is taken; and wiping all that ever were. */
void ik_buffers_init(struct ik_node *node);
void ik_buffers_wipe(struct ik_node *node);
#define IK_BUFFERS_ALL 3 /* both bits of ik_node.buffers_taken */
/* Is a buffer free? */
static inline bool ik_buffer_left(const struct ik_node *node)
{
#if IK_LINKED
    return node->buffers_taken != IK_BUFFERS_ALL;
#else
    return node->buffers_left > 0;
#endif
}
#if IK_SHORT_MAX > 0
/* Moves a message that fits into a short buffer, if one is free. Answers where it is now. */
ik_slot ik_buffer_settle(struct ik_node *node, ik_slot slot);
#else
static inline ik_slot ik_buffer_settle(struct ik_node *node, ik_slot slot)
{
    (void)node;
    return slot;
}
#endif

/* Something of its peer's has authenticated. */
static inline void ik_ike_heard(const struct ik_node *node, struct ik_ike_sa *sa)
{
#if IK_LINKED
    (void)node, (void)sa; /* nothing asks */
#else
    sa->heard_at = node->env.now;
#endif
}

static inline bool ik_alive(const struct ik_ike_sa *sa)
{
    return sa->state == IK_IKE_OPENING || sa->state == IK_IKE_UP;
}
static inline const struct ik_peer *ik_peer_of(const struct ik_node *node,
                                               const struct ik_ike_sa *sa)
{
    return &ik_config_of(node)->peers[IK_LINKED ? 0 : sa->peer];
}

/* Deletes the IKE SA, once nothing else is under way (xchg/delete.c). */
extern const struct ik_exchange ik_exchange_delete_ike;

#if IK_REKEY
/* A Child SA of the IKE SA sends no more: one in another IKE SA with the peer does, from now on
 * (xchg/reauth.c). */
void ik_reauth_wake(struct ik_node *node, const struct ik_ike_sa *sa,
                    const struct ik_child_sa *child);
#endif

#if IK_HINTS
/* ---- xchg/hint.c (1.5, 2.21.4) --------------------------------------------------------------- */

/* A message came whose IKE SA is not here: may tell its sender. */
void ik_hint_ike(struct ik_node *node, struct ik_rx *rx);
/* Likewise ESP with that SPI; pkt is overwritten by what is sent. */
void ik_hint_esp(struct ik_node *node, const struct ik_path *path, uint32_t spi,
                 struct ik_pkt *pkt);
/* A message came whose IKE SA is not here: may tell of an SPI of ours. */
void ik_hint_take(struct ik_node *node, struct ik_rx *rx);
/* A request came whose message id the window does not allow: may tell its sender
 * (xchg/invalid_id.c). */
void ik_hint_msgid(struct ik_node *node, struct ik_rx *rx);
/* The SA has a successor, whose message ids are others: what waits to be told is told no more. */
void ik_hint_msgid_drop(struct ik_node *node, struct ik_ike_sa *sa);
#endif

/* ---- msg/reassemble.c (RFC 7383 2.6) --------------------------------------------------------- */

#if IK_FRAGMENT
void ik_reassembly_init(struct ik_node *node);
/* Forgets all that came of messages of the SA. */
void ik_reassemblies_end(struct ik_node *node, struct ik_ike_sa *sa);
/* When one has been waited for long enough, IK_MS_NONE if there is none; and forgetting those. */
ik_ms ik_reassemblies_until(const struct ik_node *node, const struct ik_ike_sa *sa);
void ik_reassemblies_expire(struct ik_node *node, struct ik_ike_sa *sa);
#endif

static inline const struct ik_policy *ik_policy_of(const struct ik_node *node, uint16_t policy)
{
    return &ik_config_of(node)->policies[IK_LINKED ? 0 : policy];
}

#if IK_ONE
/* schedule.c and index.c of one IKE SA: it has something to do at once or it has not, waits for one
 * moment, and who looks for it by its peer finds it. What the functions are for stands below. */
static inline void ik_schedule_init(struct ik_node *node)
{
    (void)node; /* the pool is all zeros: it waits for nothing */
}
static inline void ik_touch(struct ik_node *node, struct ik_ike_sa *sa)
{
    (void)sa;
    ik_ike_at(node, 0)->sched.ready = true;
}
static inline struct ik_ike_sa *ik_ready(const struct ik_node *node)
{
    struct ik_ike_sa *sa = ik_ike_at(node, 0);
    return sa->sched.ready ? sa : NULL;
}
static inline void ik_settle(struct ik_node *node, ik_ms until)
{
    struct ik_ike_sa *sa = ik_ike_at(node, 0);
    sa->sched.ready = false;
    sa->sched.at = until;
}
static inline ik_ms ik_next_moment(const struct ik_node *node)
{
    return ik_ike_at(node, 0)->sched.at;
}
static inline void ik_wake(struct ik_node *node)
{
    ik_touch(node, NULL);
}
static inline void ik_unschedule(struct ik_node *node, struct ik_ike_sa *sa)
{
    (void)sa;
    ik_settle(node, IK_MS_NONE);
}

static inline void ik_index_put(struct ik_node *node, struct ik_ike_sa *sa, enum ik_index_kind kind)
{
    (void)node, (void)sa, (void)kind;
}
static inline void ik_index_take(struct ik_node *node, struct ik_ike_sa *sa,
                                 enum ik_index_kind kind)
{
    (void)node, (void)sa, (void)kind;
}
static inline void ik_index_take_all(struct ik_node *node, struct ik_ike_sa *sa)
{
    (void)node, (void)sa;
}
static inline struct ik_ike_sa *ik_index_by_peer(const struct ik_node *node, uint16_t peer,
                                                 const struct ik_ike_sa *at)
{
    (void)peer;
    return at == NULL ? ik_ike_at(node, 0) : NULL;
}
/* For responders: declared, and never linked. */
struct ik_ike_sa *ik_index_by_spi_i(const struct ik_node *node, const struct ik_path *path,
                                    const uint8_t *spi_i, const struct ik_ike_sa *at);
struct ik_ike_sa *ik_index_by_addr(const struct ik_node *node, const struct ik_addr *addr,
                                   const struct ik_ike_sa *at);
struct ik_ike_sa *ik_index_by_id(const struct ik_node *node, const uint8_t *peer_id,
                                 const struct ik_ike_sa *at);
#else
/* ---- schedule.c ------------------------------------------------------------------------------ */

void ik_schedule_init(struct ik_node *node);
/* Something of the SA has changed: poll looks at it. */
void ik_touch(struct ik_node *node, struct ik_ike_sa *sa);
/* The SA that poll is to look at first, or NULL; then, when it has nothing to do at once, until
 * when it waits (IK_MS_NONE: for nothing). */
struct ik_ike_sa *ik_ready(const struct ik_node *node);
void ik_settle(struct ik_node *node, ik_ms until);
/* The next moment that an SA waits for, IK_MS_NONE if none does. */
ik_ms ik_next_moment(const struct ik_node *node);
/* Touches the SA that waits for it. */
void ik_wake(struct ik_node *node);
/* Takes it out of list and heap. */
void ik_unschedule(struct ik_node *node, struct ik_ike_sa *sa);

/* ---- index.c --------------------------------------------------------------------------------- */

/* The SA can be found by what it has of that kind now; it must be taken out before that changes. */
void ik_index_put(struct ik_node *node, struct ik_ike_sa *sa, enum ik_index_kind kind);
void ik_index_take(struct ik_node *node, struct ik_ike_sa *sa, enum ik_index_kind kind);
void ik_index_take_all(struct ik_node *node, struct ik_ike_sa *sa);
/* Those in the bucket of such a key, one after the other; at: NULL for the first. NULL: no more.
 * Who has the key in truth is for the caller to see. */
struct ik_ike_sa *ik_index_by_spi_i(const struct ik_node *node, const struct ik_path *path,
                                    const uint8_t *spi_i, const struct ik_ike_sa *at);
struct ik_ike_sa *ik_index_by_peer(const struct ik_node *node, uint16_t peer,
                                   const struct ik_ike_sa *at);
struct ik_ike_sa *ik_index_by_addr(const struct ik_node *node, const struct ik_addr *addr,
                                   const struct ik_ike_sa *at);
struct ik_ike_sa *ik_index_by_id(const struct ik_node *node, const uint8_t *peer_id,
                                 const struct ik_ike_sa *at);
#endif

/* ---- half_open.c: IKE SAs as responder, without proof yet (2.6) ----------------------------- */

/* May another one begin from that address? An old one may have given way for it. */
bool ik_half_open_admits(struct ik_node *node, const struct ik_addr *from);
void ik_half_open_add(struct ik_node *node, struct ik_ike_sa *sa);
void ik_half_open_take(struct ik_node *node, struct ik_handshake *hs);

/* ---- task.c ---------------------------------------------------------------------------------- */

/*
 * What an exchange's function wants next of its task, or of the request that it was given.
 */
enum ik_step {
    IK_STEP_DONE,  /* the task is done; the request is answered */
    IK_STEP_SEND,  /* the task's request is built: send it, and wait for the response */
    IK_STEP_JOB,   /* resume() will go on */
    IK_STEP_NEXT,  /* the task's exchange was changed: build its request */
    IK_STEP_WAIT,  /* that was no response: the request is still out */
    IK_STEP_AGAIN, /* it was refused in this form: resume() builds another request, with a new id */
    IK_STEP_VOID,  /* there is nothing to ask for any more: no request leaves */
    IK_STEP_LATER, /* try once more in a while: a pool is empty, or it is to be asked otherwise */
    IK_STEP_SYNTAX, /* the message is malformed in a way that its rows do not show */
    IK_STEP_ENDED,  /* the IKE SA has ended, and the task with it */
    IK_STEP_NOT_NOW /* as LATER, for the peer says TEMPORARY_FAILURE (2.25) */
};

#define IK_IN(state) (1u << (state))

/*
 * One exchange as one side of it plays it: the room for all that is said there. A message fits if
 * its type is this, the SA is in one of the states, all of required and nothing outside of
 * permitted is present, and notify (0: any) is in it.
 */
struct ik_expect {
    uint8_t states; /* IK_IN() of enum ik_ike_state; 0: never */
    uint16_t notify;
    uint16_t required, permitted; /* IK_PRESENT() of payload types */
};
struct ik_exchange {
    uint8_t type;              /* enum ik_exchange_type */
    struct ik_expect request;  /* that we answer */
    struct ik_expect response; /* to what we ask */
    /* We ask: writes task->request (IK_STEP_SEND). */
    enum ik_step (*build)(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task);
    /* We were answered. */
    enum ik_step (*finish)(struct ik_node *node, struct ik_rx *rx, struct ik_task *task);
    /* We are asked: writes the response, if it can be given at once. */
    enum ik_step (*answer)(struct ik_node *node, struct ik_rx *rx);
    /* The job of the handshake is done. task: NULL if we were asked. */
    enum ik_step (*resume)(struct ik_node *node, struct ik_handshake *hs, struct ik_task *task);
};

/* The exchange of the node's list that answers such a request, or NULL. */
const struct ik_exchange *ik_exchange_find(const struct ik_node *node, enum ik_ike_state state,
                                           const struct ik_msg *m);
/* Is there one of that type which an SA in that state may be asked for, whatever is in the message?
 */
bool ik_exchange_known(const struct ik_node *node, enum ik_ike_state state, uint8_t type);
/* Is it in the node's list? */
bool ik_exchange_listed(const struct ik_node *node, const struct ik_exchange *exchange);
/* Is there one that answers IKE_SA_INIT requests? */
static inline bool ik_answers_init(const struct ik_node *node)
{
    return IK_RESPONDER && ik_exchange_known(node, IK_IKE_FREE, IK_EX_IKE_SA_INIT);
}
/* Does the message fit? */
bool ik_expected(const struct ik_expect *e, enum ik_ike_state state, const struct ik_msg *m);

/* Queues a task for the SA; NULL if the pool is empty. It begins when the window has room. */
struct ik_task *ik_task_add(struct ik_node *node, struct ik_ike_sa *sa,
                            const struct ik_exchange *exchange);
/* Begins what there is room for. */
void ik_tasks_run(struct ik_node *node, struct ik_ike_sa *sa);
/* Does what the exchange wants. */
void ik_task_step(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task,
                  enum ik_step step);
/* The task whose request the response answers, or NULL. */
struct ik_task *ik_task_awaiting(const struct ik_node *node, const struct ik_ike_sa *sa,
                                 uint32_t msgid);
/* One that is to be sent now, or NULL. */
struct ik_task *ik_task_to_send(const struct ik_node *node, const struct ik_ike_sa *sa);
/* One whose moment has come, or NULL. */
struct ik_task *ik_task_overdue(const struct ik_node *node, const struct ik_ike_sa *sa);
/* Ends one that is under way or queued. */
void ik_task_drop(struct ik_node *node, struct ik_ike_sa *sa, struct ik_task *task);

/* All tasks of an IKE SA end, that under way too. */
void ik_tasks_drop(struct ik_node *node, struct ik_ike_sa *sa);
/* One of that exchange, or NULL. */
struct ik_task *ik_task_of(const struct ik_node *node, const struct ik_ike_sa *sa,
                           const struct ik_exchange *exchange);
#if IK_REKEY
/* Does one ask the peer for something, so that its response will be a sign of life? It is out, or
 * waits for those that are; one that waits for a place in a pool may take for ever. */
bool ik_task_asks(const struct ik_node *node, const struct ik_ike_sa *sa);
#else
static inline bool ik_task_asks(const struct ik_node *node, const struct ik_ike_sa *sa)
{
    (void)node;
    return sa->tasks != IK_NO_SLOT;
}
#endif
/* When the next of them has something to do; IK_MS_NONE if none waits. */
ik_ms ik_tasks_until(const struct ik_node *node, const struct ik_ike_sa *sa);
void ik_tasks_drop_queued(struct ik_node *node, struct ik_ike_sa *sa);
/* What has not begun is another IKE SA's from now on. */
void ik_tasks_move(struct ik_node *node, struct ik_ike_sa *from, struct ik_ike_sa *to);
static inline ik_slot ik_task_slot(const struct ik_node *node, const struct ik_task *task)
{
    return IK_LINKED ? task != ik_task_at(node, 0) : (ik_slot)(task - ik_host_of(node)->tasks);
}

/* ---- lifetime.c (2.4, 2.8) ------------------------------------------------------------------- */

/* ik_config.life. */
struct ik_life {
    void (*begin_ike)(struct ik_node *node, struct ik_ike_sa *sa);
    void (*begin_child)(struct ik_node *node, struct ik_child_sa *child);
    /* The moment of the next thing to be done, beside those of enum ik_timer. */
    ik_ms (*until)(const struct ik_node *node, const struct ik_ike_sa *sa);
    void (*due)(struct ik_node *node, struct ik_ike_sa *sa);
};

static inline const struct ik_life *ik_life_of(const struct ik_node *node)
{
    return IK_REKEY ? ik_config_of(node)->life : NULL;
}

/* ---- children of an IKE SA (children.c) ------------------------------------------------------ */

/* A larval Child SA for the policy, in the SA's list; NULL if the pool is full. */
struct ik_child_sa *ik_child_add(struct ik_node *node, struct ik_ike_sa *sa, uint16_t policy);
/* The first, and the one behind; NULL if there is none. */
struct ik_child_sa *ik_child_first(const struct ik_node *node, const struct ik_ike_sa *sa);
struct ik_child_sa *ik_child_next(const struct ik_node *node, const struct ik_child_sa *child);
/* Any that is not ended; NULL if there is none. */
struct ik_child_sa *ik_child_living(const struct ik_node *node, const struct ik_ike_sa *sa);
/* The one of the SA's that we send to by that SPI, and that is up; or NULL. */
struct ik_child_sa *ik_child_by_out(const struct ik_node *node, const struct ik_ike_sa *sa,
                                    uint32_t spi);
/* Ends it: keys are wiped; the user is told if it was up. */
void ik_child_end(struct ik_node *node, struct ik_child_sa *child, enum ik_reason why,
                  uint16_t notify);
/* A larval one comes to nothing: the user is told if he asked for one. */
void ik_child_give_up(struct ik_node *node, struct ik_child_sa *child, enum ik_reason why,
                      uint16_t notify);
/* It could not be made: the user is told. */
void ik_child_fail(struct ik_node *node, struct ik_child_sa *child, enum ik_reason why,
                   uint16_t notify);
/* Ends all of them. */
void ik_children_end(struct ik_node *node, struct ik_ike_sa *sa, enum ik_reason why,
                     uint16_t notify);
/* All of them are another IKE SA's from now on. */
void ik_children_move(struct ik_node *node, struct ik_ike_sa *from, struct ik_ike_sa *to);
/* The one of the SA's that we receive by that SPI, and that is up; or NULL. */
struct ik_child_sa *ik_child_by_in(const struct ik_node *node, const struct ik_ike_sa *sa,
                                   uint32_t spi);
/* It is replaced: it receives for a while what is still under way, then it ends. */
void ik_child_linger(struct ik_node *node, struct ik_child_sa *child);
/* It has come to its hard limit. 2.8: "If an SA has expired or is about to expire and rekeying
 * attempts using the mechanisms described here fail, an implementation MUST close the IKE SA and
 * any associated Child SAs": true if that is so. */
bool ik_child_expire(struct ik_node *node, struct ik_ike_sa *sa, struct ik_child_sa *child);
/* When the next of them ends, and ending it. */
ik_ms ik_children_until(const struct ik_node *node, const struct ik_ike_sa *sa);
void ik_children_expire(struct ik_node *node, struct ik_ike_sa *sa);
/* Frees one that has nothing more to tell. */
void ik_child_free(struct ik_node *node, struct ik_child_sa *child);

/* ---- teardown.c: the one place where secrets of an IKE SA end -------------------------------- */

/* Ends an IKE SA: its Child SAs, tasks and handshake go, secrets are wiped, the end is told if it
 * was not, state DEAD. */
void ik_sa_end(struct ik_node *node, struct ik_ike_sa *sa, enum ik_reason why, uint16_t notify);
/* The same for one that answers rx: the response stays for a while, as the peer may not get it. */
void ik_sa_end_answering(struct ik_node *node, const struct ik_rx *rx, enum ik_reason why,
                         uint16_t notify);
/* Likewise without telling the user: of half-open SAs he never heard. */
void ik_sa_end_silent(struct ik_node *node, struct ik_ike_sa *sa);
/* We and the peer do not understand each other: the user is told, the peer is sent a Delete. */
void ik_sa_spoilt(struct ik_node *node, struct ik_ike_sa *sa, enum ik_reason why);
#if IK_REKEY
/* 2.25: the same for a peer that has said TEMPORARY_FAILURE for several minutes. */
void ik_sa_out_of_step(struct ik_node *node, struct ik_ike_sa *sa);
/* 2.21.3: the peer has answered by INVALID_SYNTAX: for it the SA has ended (informational.c). */
void ik_sa_invalid(struct ik_node *node, struct ik_ike_sa *sa);
#endif
/* Is it the request that a dead SA answered last? */
bool ik_last_word(struct ik_node *node, const struct ik_rx *rx);
/* A dead one has been kept long enough, and has told all: frees it. */
void ik_dead_free(struct ik_node *node, struct ik_ike_sa *sa);

/* ---- event.c --------------------------------------------------------------------------------- */

enum ik_reason ik_reason_of(uint16_t notify);
/* The first error among the notifies of a message; 0 if there is none. */
uint16_t ik_error_in(const struct ik_msg *m);
void ik_raise_ike(struct ik_node *node, struct ik_ike_sa *sa, enum ik_event event,
                  enum ik_reason why, uint16_t notify);
/* A Child SA was refused before it had a slot. */
void ik_raise_refusal(struct ik_node *node, struct ik_ike_sa *sa, enum ik_reason why);
void ik_raise_child(struct ik_node *node, struct ik_child_sa *child, enum ik_event event,
                    enum ik_reason why, uint16_t notify);
/* Has the SA or one of its Child SAs something to tell? */
bool ik_event_waits(const struct ik_ike_sa *sa);
/* Adds the next event to *fx. */
void ik_event_tell(struct ik_node *node, struct ik_ike_sa *sa, struct ik_effect *fx);
/* An up that could not begin. */
void ik_refuse(struct ik_node *node, uint16_t policy, enum ik_reason why);
/* Somebody at the other end of path was refused because a pool is full. */
#if IK_RESPONDER
void ik_no_room(struct ik_node *node, const struct ik_path *path);
#else
static inline void ik_no_room(struct ik_node *node, const struct ik_path *path)
{
    (void)node, (void)path; /* a request of our only peer's, who repeats it */
}
#endif

/* ---- pause.c --------------------------------------------------------------------------------- */

/* Packets without an SA do not begin a handshake for a while. */
void ik_pause_acquire(struct ik_node *node);
bool ik_pauses(const struct ik_node *node);
#if IK_PAUSES_N > 0
/* Likewise those of one policy, or of all of one peer's: why it failed. */
void ik_pause_policy(struct ik_node *node, uint16_t policy);
void ik_pause_peer(struct ik_node *node, uint16_t peer, enum ik_reason why);
/* Why those of the peer wait; IK_WHY_NONE if they do not. */
enum ik_reason ik_paused_why(const struct ik_node *node, uint16_t peer);
/* May a packet of that policy begin a handshake? */
bool ik_may_acquire(const struct ik_node *node, uint16_t policy);
/* Other policies and peers have these numbers now. */
void ik_pauses_forget(struct ik_node *node);
#else
static inline void ik_pause_policy(struct ik_node *node, uint16_t policy)
{
    (void)policy;
    ik_pause_acquire(node);
}
static inline void ik_pause_peer(struct ik_node *node, uint16_t peer, enum ik_reason why)
{
    (void)peer, (void)why;
    ik_pause_acquire(node);
}
static inline bool ik_may_acquire(const struct ik_node *node, uint16_t policy)
{
    (void)policy;
    return !ik_pauses(node);
}
static inline void ik_pauses_forget(struct ik_node *node)
{
    node->acquire_at = IK_MS_NONE;
}
#endif

/* ---- effect.c -------------------------------------------------------------------------------- */

/* What the event that is being handled makes leave: an effect to be filled, or filled with the
 * packet or with a message that is kept. path stays as long as the host's packet. */
struct ik_effect *ik_pend(struct ik_node *node, enum ik_effect_kind kind,
                          const struct ik_path *path);
void ik_pend_pkt(struct ik_node *node, enum ik_effect_kind kind, const struct ik_pkt *pkt,
                 const struct ik_path *path);
void ik_pend_message(struct ik_node *node, struct ik_ike_sa *sa, struct ik_buffer *message,
                     const struct ik_path *path);

/* ---- auditable events (audit.c) -------------------------------------------------------------- */

#if IK_AUDIT
/* Notes what is known of an ESP packet, or one with AH, that came; of one in clear. */
void ik_audit_ipsec(struct ik_node *node, const struct ik_path *path, const struct ik_pkt *pkt,
                    struct ik_audit *rec);
void ik_audit_clear(struct ik_node *node, const struct ik_pkt *pkt, bool outbound,
                    struct ik_audit *rec);
/* It is this Child SA's. */
void ik_audit_of(struct ik_audit *rec, const struct ik_child_sa *child);
/* Tells the host, if something was dropped since it was noted. */
void ik_audit_tell(struct ik_node *node, struct ik_audit *rec);
#endif

/* ---- dummy packets (dummy.c) ----------------------------------------------------------------- */

#if IK_TFC
/* When a Child SA of it has been idle for so long that a dummy packet is due; IK_MS_NONE: never. */
ik_ms ik_dummy_at(const struct ik_node *node, const struct ik_ike_sa *sa);
/* Seals the one that is due, in a buffer that the node keeps until ik_dummy_forget(). False if
 * there is no buffer, or its SA may not send: it is due again when it has been idle once more. */
IK_NODISCARD bool ik_dummy_send(struct ik_node *node, struct ik_ike_sa *sa, struct ik_effect *fx);
/* The last one has left. */
void ik_dummy_forget(struct ik_node *node);
#endif

#if IK_PACKET_TS
/* A packet of the policy found no SA that takes it: asks the peer for one, unless that is on its
 * way (xchg/init_i.c). */
void ik_acquire(struct ik_node *node, uint16_t policy, const struct ik_pkt *pkt);
#endif

/* ---- packets that wait for their SA (held.c) ------------------------------------------------- */

#if IK_HOLD
/* No place is taken. */
void ik_held_init(struct ik_node *node);
/* A packet of a policy found no SA: it is held, or dropped and its sender told. */
void ik_hold(struct ik_node *node, uint16_t policy, struct ik_pkt *pkt);
/* Has one found its SA, or has none to hope for? */
bool ik_held_due(const struct ik_node *node);
/* Lets the next of these go. False if that leaves nothing to do. */
bool ik_held_next(struct ik_node *node, struct ik_effect *fx);
/* Those of the peer (IK_NO_SLOT: all) for whom no SA is coming wait no more. */
void ik_held_drop(struct ik_node *node, uint16_t peer);
#if IK_PMTU
/* How many places are free; and one that is taken, for so many octets, to be filled at once. */
uint16_t ik_held_left(const struct ik_node *node);
uint8_t *ik_held_take(struct ik_node *node, uint16_t policy, uint16_t len);
/* A packet is too long for the path of its SA: its sender is told, or it is cut (too_long.c). */
void ik_too_long(struct ik_node *node, const struct ik_path *path, struct ik_pkt *pkt);
#endif
#else
static inline bool ik_held_due(const struct ik_node *node)
{
    (void)node;
    return false;
}
static inline bool ik_held_next(struct ik_node *node, struct ik_effect *fx)
{
    (void)node, (void)fx;
    return false;
}
#endif

/* ---- route: where the peer is (route.c) ----------------------------------------------------- */

/* The SA and all its Child SAs send by its route from now on. */
void ik_route_changed(struct ik_node *node, struct ik_ike_sa *sa);
/* A fresh packet that authenticated came by path: the peer's NAT mapping may have changed (2.23).
 * request: it is one of IKE, which also moves who is behind a NAT himself, if the peer is, too. */
void ik_route_follow(struct ik_node *node, struct ik_ike_sa *sa, const struct ik_path *path,
                     bool request);
/* IK_PROBE: of the path of the SA, which is new, nothing is known (xchg/probe.c). */
void ik_probe_begin(struct ik_node *node, struct ik_ike_sa *sa);
/* The peer is at the other end of path now, whatever is between. */
void ik_route_set(struct ik_node *node, struct ik_ike_sa *sa, const struct ik_path *path);
bool ik_addr_eq(const struct ik_addr *a, const struct ik_addr *b);

#endif
