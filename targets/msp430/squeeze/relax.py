# SPDX-License-Identifier: MIT
"""Jumps: each as short as its distance allows.

A jump reaches 1 KB; a branch anywhere, for 2 octets more. What is too far for a jump may reach another
branch to the same place, and goes there.
"""
from . import asm

BACK, AHEAD = -1022, 1024


def plain(program):
    """Undo the compiler's choice: a branch to a label becomes a jump, and what jumps over one is turned round."""
    items = program.items
    for item in items:
        if item.kind == "ins" and item.ins.op == "br" and item.ins.target:
            item.ins = asm.Ins("jmp", (item.ins.target,))
    kept = []
    for at, item in enumerate(items):
        before = kept[-1] if kept else None
        if (item.kind == "ins" and item.ins.op == "jmp" and before and before.kind == "ins"
                and before.ins.op in asm.INVERSE and next_label(items, at + 1, before.ins.target)):
            before.ins = asm.Ins(asm.INVERSE[before.ins.op], item.ins.args)
            continue
        kept.append(item)
    program.items = kept


def next_label(items, at, name):
    """Whether label `name` stands at `at`, with no instruction before it."""
    while at < len(items) and items[at].kind != "ins":
        if items[at].kind == "label" and items[at].text == name:
            return True
        at += 1
    return False


def jumps_of(items):
    return [at for at, item in enumerate(items)
            if item.kind == "ins" and (item.ins.op == "jmp" or item.ins.op in asm.CONDITIONAL)]


def drop_to_next(program):
    """A jump to what follows it does nothing."""
    items = program.items
    program.items = [item for at, item in enumerate(items)
                     if not (item.kind == "ins" and item.ins.op == "jmp" and next_label(items, at + 1, item.ins.args[0]))]


class Layout:
    """Where each item lies, for a choice of which jumps are far ones."""

    def __init__(self, items, far):
        self.address, self.labels, here = [], {}, 0
        for at, item in enumerate(items):
            self.address.append(here)
            if item.kind == "label":
                self.labels[item.text] = here
            elif item.kind == "ins":
                here += grown(item.ins) if at in far else item.ins.size
        self.end = here

    def reaches(self, at, to):
        return BACK <= to - self.address[at] <= AHEAD


def grown(ins):
    return 4 if ins.op == "jmp" else 6


def far_jumps(items):
    """The jumps whose target is out of reach, by letting them grow until none is left that is not."""
    jumps, far = jumps_of(items), set()
    while True:
        layout = Layout(items, far)
        more = {at for at in jumps if at not in far
                and not (items[at].ins.args[0] in layout.labels
                         and layout.reaches(at, layout.labels[items[at].ins.args[0]]))}
        if not more:
            return far, layout
        far |= more


def islands(program):
    """Let far jumps go by a branch to the same place that is near; one is kept for each neighbourhood."""
    items = program.items
    far, layout = far_jumps(items)
    by_target = {}
    for at in sorted(far, key=lambda at: (items[at].ins.op != "jmp", at)):
        target, ins = items[at].ins.args[0], items[at].ins
        near = [other for other in by_target.get(target, ()) if layout.reaches(at, layout.address[other])]
        if near:
            label = items[near[0]].island = f"island.{near[0]}"
            items[at].ins = asm.Ins(ins.op, (label,))
        elif ins.op == "jmp":
            by_target.setdefault(target, []).append(at)
    place_islands(program)


def place_islands(program):
    items = []
    for item in program.items:
        if getattr(item, "island", None):
            items.append(asm.Item("label", item.island))
        items.append(item)
    program.items = items


def expand(program):
    """Write far jumps as branches; answers the size of the whole code."""
    items, done = program.items, []
    far, layout = far_jumps(items)
    for at, item in enumerate(items):
        if at not in far:
            done.append(item)
            continue
        branch = asm.Item("ins", ins=asm.Ins("br", (f"#{item.ins.args[0]}",)), loc=item.loc)
        if item.ins.op != "jmp":
            over = f".Lover.{at}"
            done.append(asm.Item("ins", ins=asm.Ins(asm.INVERSE[item.ins.op], (over,)), loc=item.loc))
            done += [branch, asm.Item("label", over)]
        else:
            done.append(branch)
    program.items = done
    return layout.end
