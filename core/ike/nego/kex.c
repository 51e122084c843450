/* SPDX-License-Identifier: MIT */
/*
 * The key exchange leaves as a job and comes back as an event. A handshake has one job at a time;
 * when its IKE SA ends while the host has the job, the handshake is freed when the job is back.
 */
#include "ike/nego/nego.h"

/* The low half of a job's id is its handshake's slot. */
uint32_t ik_job_next_id(struct ik_node *node, const struct ik_handshake *hs)
{
    node->job_serial++;
    return (uint32_t)node->job_serial << 16 | hs->slot;
}

static void due(struct ik_node *node, struct ik_handshake *hs, const struct ik_exchange *exchange)
{
    hs->exchange = exchange;
    hs->job_place = IK_JOB_DUE;
    ik_touch(node, ik_ike_at(node, hs->ike));
}

void ik_kex_begin(struct ik_node *node, struct ik_handshake *hs, const struct ik_exchange *exchange,
                  const struct ik_dh *dh)
{
    ik_job_begin(&node->env, &hs->job, ik_job_next_id(node, hs), dh);
    due(node, hs, exchange);
}

enum ik_status ik_kex_answer(struct ik_node *node, struct ik_handshake *hs,
                             const struct ik_exchange *exchange, const struct ik_dh *dh,
                             struct ik_span peer)
{
    enum ik_status st = ik_job_answer(&node->env, &hs->job, ik_job_next_id(node, hs), dh, peer);
    if (st == IK_OK) {
        due(node, hs, exchange);
    }
    return st;
}

enum ik_status ik_kex_end(struct ik_node *node, struct ik_handshake *hs, struct ik_span peer)
{
    enum ik_status st = ik_job_end(&hs->job, ik_job_next_id(node, hs), peer);
    if (st == IK_OK) {
        due(node, hs, hs->exchange);
    }
    return st;
}

struct ik_ke ik_kex_ke(const struct ik_handshake *hs)
{
    return (struct ik_ke){hs->job.dh->id, {hs->job.pub, hs->job.dh->pub_len}};
}

/* The handshake whose job it is, if the host has it. */
static struct ik_handshake *owner(struct ik_node *node, const struct ik_job *job, ik_slot *slot)
{
    *slot = (ik_slot)(job->id & 0xffffu);
    if (*slot >= ik_host_of(node)->handshakes_n || &ik_handshake_at(node, *slot)->job != job) {
        return NULL;
    }
    struct ik_handshake *hs = ik_handshake_at(node, *slot);
    return hs->job_place == IK_JOB_OUT ? hs : NULL;
}

/* A private value outside of the group's range is one in 2^32 draws at most; another is drawn. */
static bool redraw(struct ik_node *node, struct ik_handshake *hs)
{
    if (hs->job.good || hs->job.op != IK_KE_PUBLIC || hs->job.kind == IK_JOB_NONE) {
        return false;
    }
    ik_job_redraw(&node->env, &hs->job);
    hs->job.id = ik_job_next_id(node, hs);
    due(node, hs, hs->exchange);
    return true;
}

static void resume(struct ik_node *node, struct ik_handshake *hs)
{
    struct ik_ike_sa *sa = ik_ike_at(node, hs->ike);
    struct ik_task *task = hs->task != IK_NO_SLOT ? ik_task_at(node, hs->task) : NULL;
    enum ik_step step = hs->exchange->resume(node, hs, task);
    if (task != NULL) {
        ik_task_step(node, sa, task, step);
    }
    ik_touch(node, sa);
}

void ik_node_job_done(struct ik_node *node, ik_time now, struct ik_job *job)
{
    ik_slot slot;
    ik_enter(node, now);
    struct ik_handshake *hs = owner(node, job, &slot);
    if (hs == NULL) {
        return;
    }
    ik_about(&node->env, hs->ike);
    hs->job_place = IK_JOB_IDLE;
    if (IK_METER) {
        ik_charge(&node->env, ik_job_cost(job), ik_job_times(job));
    }
    ik_count(&node->env, IK_COUNT_JOBS);
    ik_trace(&node->env, IK_TR_JOB_DONE, job->kind, job->good);
#if IK_KEY_AHEAD
    if (ik_ahead_done(node, hs)) {
        return;
    }
#endif
    if (hs->ike == IK_NO_SLOT) {
        ik_handshake_return(node, slot);
    } else if (!redraw(node, hs)) {
        resume(node, hs);
    }
}
