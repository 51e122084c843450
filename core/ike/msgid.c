/* SPDX-License-Identifier: MIT */
/*
 * Message IDs with a window of one (RFC 7296 2.2, 2.3). Each side counts its own requests:
 *
 *     initiator of the IKE SA           responder of the IKE SA
 *     0 IKE_SA_INIT, 1 IKE_AUTH, 2 …    (none before), 0 INFORMATIONAL, 1 …
 *
 * msgid_in is the next request of the peer; the kept response answers the one before it. msgid_out
 * is that of our outstanding request, or of the next one.
 */
#include "ike/ike.h"

enum ik_msgid_is ik_msgid_check(const struct ik_ike_sa *sa, const struct ik_hdr *hdr)
{
    if (hdr->flags & IK_FLAG_RESPONSE) {
        bool awaited = (sa->flags & IK_SA_OUTSTANDING) != 0 && hdr->msgid == sa->msgid_out;
        return awaited ? IK_MSGID_NEW : IK_MSGID_WRONG;
    }
    uint32_t behind = sa->msgid_in - hdr->msgid;
    /* 2.2: the ID never wraps; the last one is not taken. */
    if (behind == 0 && hdr->msgid != UINT32_MAX) {
        return IK_MSGID_NEW;
    }
    /* 2.1: a request is repeated because our response was lost. */
    return behind == 1 && sa->response.len > 0 ? IK_MSGID_REPEATED : IK_MSGID_WRONG;
}
