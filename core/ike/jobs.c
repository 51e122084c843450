/* SPDX-License-Identifier: MIT */
/*
 * Public-key work leaves as a job and comes back as an event. An IKE SA has one job, and one at a
 * time; an SA that ends while its job runs stays DEAD until the job is back.
 */
#include "ike/ike.h"

/* The low half of a job's id is its SA's slot. */
static uint32_t next_id(struct ik_node *node, const struct ik_ike_sa *sa)
{
    node->job_serial++;
    return (uint32_t)node->job_serial << 16 | ik_sa_slot(node, sa);
}

void ik_keygen_start(struct ik_node *node, struct ik_ike_sa *sa, const struct ik_dh *dh)
{
    sa->dh = dh;
    ik_job_keygen(&node->env, &sa->job, next_id(node, sa), dh);
    sa->flags |= IK_SA_JOB_DUE;
}

enum ik_status ik_shared_start(struct ik_node *node, struct ik_ike_sa *sa, struct ik_span peer)
{
    enum ik_status st = ik_job_shared(&node->env, &sa->job, next_id(node, sa), peer.p, peer.len);
    if (st == IK_OK) {
        sa->flags |= IK_SA_JOB_DUE;
    }
    return st;
}

static struct ik_ike_sa *owner(struct ik_node *node, const struct ik_job *job)
{
    uint16_t slot = (uint16_t)(job->id & 0xffffu);
    if (slot >= ik_ike_n(node) || &ik_ike_at(node, slot)->job != job) {
        return NULL;
    }
    struct ik_ike_sa *sa = ik_ike_at(node, slot);
    return (sa->flags & IK_SA_JOB_RUNS) != 0 ? sa : NULL;
}

/* A private value outside of the group's range is one in 2^32 draws at most; another is drawn. */
static bool redraw(struct ik_node *node, struct ik_ike_sa *sa)
{
    if (sa->job.kind != IK_JOB_DH_KEYGEN || sa->job.good) {
        return false;
    }
    ik_keygen_start(node, sa, sa->dh);
    return true;
}

static void dispatch(struct ik_node *node, struct ik_ike_sa *sa)
{
    switch (sa->state) {
    case IK_IKE_DEAD:
        ik_wipe(&sa->job, sizeof sa->job);
        break;
    case IK_IKE_I_KEYGEN:
        ik_init_i_keygen_done(node, sa);
        break;
    case IK_IKE_I_SHARED:
        if (sa->job.good) {
            ik_auth_i_start(node, sa);
        } else {
            ik_init_i_resume(node, sa);
        }
        break;
    default:
        if (IK_RESPONDER) {
            ik_role_of(node)->job_done(node, sa);
        }
        break;
    }
}

void ik_node_job_done(struct ik_node *node, ik_time now, struct ik_job *job)
{
    ik_enter(node, now);
    struct ik_ike_sa *sa = owner(node, job);
    if (sa == NULL) {
        return;
    }
    ik_touch(node);
    ik_about(&node->env, ik_sa_slot(node, sa));
    sa->flags &= (uint16_t)~IK_SA_JOB_RUNS;
    if (IK_METER) {
        ik_charge(&node->env, ik_job_cost(job), 1);
    }
    ik_count(&node->env, IK_COUNT_JOBS);
    ik_trace(&node->env, IK_TR_JOB_DONE, job->kind, job->good);
    if (sa->state == IK_IKE_DEAD || !redraw(node, sa)) {
        dispatch(node, sa);
    }
}
