# SPDX-License-Identifier: MIT
"""Stories of what changes the first exchanges: IKE SAs without a Child SA (RFC 6023), post-quantum
pre-shared keys (RFC 8784), tickets (RFC 5723)."""

import contextlib
import os

from ike import CREATE_CHILD_SA
from process import Failed, command, wait_until
from responder import begin
from stage import V4, check
from stories import ESP, IKE, expect_clean_end, expect_error, ping_options


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


def ticket_call(stage):
    """charon knows no tickets (RFC 5723): what asks for one is ignored, and the SAs are deleted."""
    charon = stage.start_gateway(IKE, ESP)
    ikelet = stage.ikelet()
    file = os.path.join(stage.folder, "ticket")
    status = ikelet.run("ping", **ping_options(ticket_file=file))
    check(status == 0 and ikelet.replies == 2, f"exit status {status}, {ikelet.replies} replies")
    check(not os.path.exists(file), "there is a ticket that nobody gave")
    expect_clean_end(charon)


# ---- PPK ---------------------------------------------------------------------------------------

PPK = "0x5bf1d8ab5fe1c3a0b1a4e8f0c6a9d2e7f403122334455667788990aabbccddee"
OTHER = "0x" + "42" * 32
WHOSE = "pq.example.org"


def ppk_file(stage, *lines):
    path = os.path.join(stage.folder, "ppks")
    with open(path, "w", encoding="utf-8") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write("# of the tests\n" + "".join(f"{name}: {key}\n" for name, key in lines))
    return path


def charons(key=PPK, required=False):
    """What charon is told: of its connection, and of its secrets."""
    return {"changes": {"ppk_id": WHOSE, "ppk_required": "yes" if required else "no"},
            "more": {"ppk-1": {"secret": key, "id": WHOSE}}}


def ppk_call(ours, theirs):
    """ours, theirs: who requires it."""
    def story(stage):
        charon = stage.start_gateway(IKE, ESP, **charons(required=theirs))
        ikelet = stage.ikelet()
        status = ikelet.run("ping", **ping_options(ppk_file=ppk_file(stage, (WHOSE, PPK)),
                                                   ppk_required=ours))
        check(status == 0 and ikelet.replies == 2, f"status {status}, {ikelet.replies} replies")
        check("using PPK" in charon.log, "charon used no PPK")
        expect_clean_end(charon)
    return story


def ppk_answer(ours, theirs):
    def story(stage):
        begin(stage, ppk_file=ppk_file(stage, ("another", OTHER), (WHOSE, PPK)), ppk_required=ours)
        charon = stage.start_client(IKE, ESP, **charons(required=theirs))
        charon.initiate()
        pinged(stage)
        check("using PPK" in charon.log, "charon used no PPK")
        charon.swanctl("--rekey", "--ike", "c")
        charon.wait_for_log(r"IKE_SA c\[2\] rekeyed|IKE_SA c\[1\] rekeyed")
        pinged(stage)
        charon.terminate()
        charon.wait_until_gone()
    return story


def ppk_left_out(stage):
    """charon has none: an optional one is not used."""
    charon = stage.start_gateway(IKE, ESP)
    ikelet = stage.ikelet()
    status = ikelet.run("ping", **ping_options(ppk_file=ppk_file(stage, (WHOSE, PPK))))
    check(status == 0 and ikelet.replies == 2, f"status {status}, {ikelet.replies} replies")
    check("using PPK" not in charon.log, "charon used a PPK")
    expect_clean_end(charon)


def ppk_waived(stage):
    """charon has another: NO_PPK_AUTH is what it takes, where no name is set for the connection."""
    charon = stage.start_gateway(IKE, ESP, more=charons()["more"])
    ikelet = stage.ikelet()
    status = ikelet.run("ping", **ping_options(ppk_file=ppk_file(stage, ("another", OTHER))))
    check(status == 0 and ikelet.replies == 2, f"status {status}, {ikelet.replies} replies")
    check("N(NO_PPK)" in charon.log, "no NO_PPK_AUTH was sent")
    check("using PPK" not in charon.log, "charon used a PPK")
    expect_clean_end(charon)


def ppk_wrong(stage):
    """The same name, another key: refused, by either side."""
    stage.start_gateway(IKE, ESP, **charons())
    ikelet = stage.ikelet()
    status = ikelet.run("ping", **ping_options(ppk_file=ppk_file(stage, (WHOSE, OTHER))))
    expect_error(ikelet, status, "authentication failed")


def ppk_required_here(stage):
    """charon has none, and ikelet requires one: as responder it refuses, and tells."""
    ikelet = begin(stage, ppk_file=ppk_file(stage, (WHOSE, PPK)), ppk_required=True)
    charon = stage.start_client(IKE, ESP)
    with contextlib.suppress(Failed):
        charon.initiate()
    charon.wait_for_log(r"received AUTHENTICATION_FAILED")
    wait_until("ikelet tells of it", 5, lambda: "refused" in ikelet.process.stdout)
