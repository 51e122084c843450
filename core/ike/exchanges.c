/* SPDX-License-Identifier: MIT */
/* Which exchange of the node's list takes a message. */
#include "ike/ike.h"

const struct ik_exchange *const ik_exchanges_initiator[] = {
    &ik_exchange_init_i, &ik_exchange_auth_i, &ik_exchange_informational,
    &ik_exchange_child_refused, NULL};

#if IK_REKEY
const struct ik_exchange *const ik_exchanges_caller[] = {&ik_exchange_init_i,
                                                         &ik_exchange_auth_i,
                                                         &ik_exchange_informational,
                                                         &ik_exchange_child_rekey,
                                                         &ik_exchange_child_create,
                                                         &ik_exchange_ike_rekey,
#if IK_RESUME
                                                         &ik_exchange_resume_i,
#endif
                                                         NULL};
#if IK_RESPONDER
const struct ik_exchange *const ik_exchanges_all[] = {&ik_exchange_init_i,
                                                      &ik_exchange_auth_i,
                                                      &ik_exchange_init_r,
                                                      &ik_exchange_auth_r,
                                                      &ik_exchange_informational,
                                                      &ik_exchange_child_rekey,
                                                      &ik_exchange_child_create,
                                                      &ik_exchange_ike_rekey,
#if IK_RESUME
                                                      &ik_exchange_resume_i,
                                                      &ik_exchange_resume_r,
#endif
                                                      NULL};
#endif
#else
const struct ik_exchange *const ik_exchanges_caller[] = {&ik_exchange_init_i, &ik_exchange_auth_i,
                                                         &ik_exchange_informational,
                                                         &ik_exchange_child_refused, NULL};
#if IK_RESPONDER
const struct ik_exchange *const ik_exchanges_all[] = {&ik_exchange_init_i,
                                                      &ik_exchange_auth_i,
                                                      &ik_exchange_init_r,
                                                      &ik_exchange_auth_r,
                                                      &ik_exchange_informational,
                                                      &ik_exchange_child_refused,
                                                      NULL};
#endif
#endif

static const struct ik_exchange *const *list_of(const struct ik_node *node)
{
    return ik_config_of(node)->exchanges != NULL ? ik_config_of(node)->exchanges
                                                 : ik_exchanges_initiator;
}

bool ik_expected(const struct ik_expect *e, enum ik_ike_state state, const struct ik_msg *m)
{
    struct ik_notify n;
    return (e->states & IK_IN(state)) != 0 && (m->present & e->required) == e->required &&
           (m->present & ~e->permitted) == 0 &&
           (e->notify == 0 || ik_notify_find(m, e->notify, &n));
}

const struct ik_exchange *ik_exchange_find(const struct ik_node *node, enum ik_ike_state state,
                                           const struct ik_msg *m)
{
    for (const struct ik_exchange *const *x = list_of(node); *x != NULL; x++) {
        if ((*x)->answer != NULL && (*x)->type == m->hdr.exchange &&
            ik_expected(&(*x)->request, state, m)) {
            return *x;
        }
    }
    return NULL;
}

/* An exchange of that type which an SA in that state may be asked for, whatever is in the message.
 */
bool ik_exchange_known(const struct ik_node *node, enum ik_ike_state state, uint8_t type)
{
    for (const struct ik_exchange *const *x = list_of(node); *x != NULL; x++) {
        if ((*x)->answer != NULL && (*x)->type == type &&
            ((*x)->request.states & IK_IN(state)) != 0) {
            return true;
        }
    }
    return false;
}

bool ik_exchange_listed(const struct ik_node *node, const struct ik_exchange *exchange)
{
    const struct ik_exchange *const *x = list_of(node);
    while (*x != NULL && *x != exchange) {
        x++;
    }
    return *x != NULL;
}
