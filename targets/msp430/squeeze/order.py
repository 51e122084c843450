# SPDX-License-Identifier: MIT
"""One order for instructions whose order means nothing, so that equal work reads equally."""
from . import frames, liveness


def moves(ins):
    """Whether an instruction only brings a value into a register, whenever it is done."""
    if isinstance(ins, frames.Lea):
        return True
    if ins.op in ("clr", "clr.b"):
        return liveness.is_register(ins.args[0]) and ins.args[0] not in ("r1", "r2")
    return (ins.op in ("mov", "mov.b") and liveness.is_register(ins.args[1]) and ins.args[1] not in ("r1", "r2")
            and "&" not in ins.args[0] and "+" not in ins.args[0] and ins.args[0] not in ("r1", "r2"))


def constant(ins):
    return ins.op.startswith("clr") or ins.args[0].startswith("#")


def rank(ins):
    """Constants last, next to the call that they are for; else by register."""
    return (constant(ins), int(ins.args[-1][1:]), ins.text)


def depends(later, earlier):
    reads, writes = liveness.effect(earlier)
    other_reads, other_writes = liveness.effect(later)
    return bool(writes & (other_reads | other_writes) or reads & other_writes)


def sorted_group(group):
    """The group in the order of rank, as far as values allow."""
    left, done = list(group), []
    while left:
        ready = [item for at, item in enumerate(left)
                 if not any(depends(item.ins, other.ins) for other in left[:at])]
        first = min(ready, key=lambda item: rank(item.ins))
        left.remove(first)
        done.append(first)
    return done


def run(program):
    items, group = [], []
    for item in program.items:
        if item.kind == "ins" and moves(item.ins):
            group.append(item)
            continue
        if item.kind == "debug":
            items.append(item)
            continue
        items += sorted_group(group) + [item]
        group = []
    program.items = items + sorted_group(group)
