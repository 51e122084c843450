/* SPDX-License-Identifier: MIT */
/* The methods of the node's list. */
#include "ike/auth/auth.h"

const struct ik_auth_method_row *const ik_auth_methods_psk[] = {&ik_auth_psk, NULL};

static const struct ik_auth_method_row *const *list_of(const struct ik_node *node)
{
    return ik_config_of(node)->auth_methods != NULL ? ik_config_of(node)->auth_methods
                                                    : ik_auth_methods_psk;
}

struct ik_auth ik_auth_prove(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_span psk,
                             uint8_t proof[IK_HASH_MAX])
{
    const struct ik_auth_method_row *ours = list_of(node)[0];
    uint8_t len = ours->prove(node, sa, psk, proof);
    return (struct ik_auth){ours->method, {proof, len}};
}

/* An AUTH payload of a method that we do not take is examined like a wrong one of ours: it costs as
 * much. */
bool ik_auth_good(struct ik_node *node, const struct ik_ike_sa *sa, struct ik_span psk,
                  struct ik_span id, const struct ik_auth *auth)
{
    const struct ik_auth_method_row *const *row = list_of(node);
    while (row[1] != NULL && (*row)->method != auth->method) {
        row++;
    }
    bool good = (*row)->verify(node, sa, psk, id, auth->data);
    return good && (*row)->method == auth->method;
}
