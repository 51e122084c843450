# SPDX-License-Identifier: MIT
"""Stories of what changes the first exchanges: IKE SAs without a Child SA (RFC 6023)."""

from ike import CREATE_CHILD_SA
from process import command
from responder import begin
from stage import V4, check
from stories import ESP, IKE, expect_clean_end, ping_options


def pinged(stage):
    command(*stage.client.inside("ping", "-c", "3", "-i", "0.05", "-W", "3",
                                 "-I", V4.client_inner, V4.gateway_inner))


def childless_call(stage):
    """charon takes no Child SA in IKE_AUTH."""
    charon = stage.start_gateway(IKE, ESP, changes={"childless": "force"})
    ikelet = stage.ikelet()
    status = ikelet.run("ping", **ping_options(childless="force"))
    check(status == 0 and ikelet.replies == 2, f"exit status {status}, {ikelet.replies} replies")
    check(len(stage.wire.ike(CREATE_CHILD_SA)) >= 2, "the Child SA was not made by CREATE_CHILD_SA")
    expect_clean_end(charon)


def childless_answer(stage):
    """charon makes its first Child SA by CREATE_CHILD_SA."""
    begin(stage, childless="force")
    charon = stage.start_client(IKE, ESP, changes={"childless": "force"})
    charon.initiate()
    pinged(stage)
    check(len(stage.wire.ike(CREATE_CHILD_SA)) >= 2, "the Child SA was not made by CREATE_CHILD_SA")
    charon.terminate()
    charon.wait_until_gone()


def childless_declined(stage):
    """charon does not announce it, so it is not asked for."""
    charon = stage.start_gateway(IKE, ESP, changes={"childless": "never"})
    ikelet = stage.ikelet()
    status = ikelet.run("ping", **ping_options(childless="force", timeout=2))
    check(status == 1, f"exit status {status}, not 1")
    check("the other one none" in ikelet.process.stderr, "stderr does not say why")
    check("parsed IKE_AUTH" not in charon.log, "charon was sent an IKE_AUTH")
