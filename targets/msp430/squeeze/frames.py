# SPDX-License-Identifier: MIT
"""Stack frames: the same registers saved in the same order everywhere, and who reads his caller's.

The compiler saves r4 first and restores it last, so that two functions that save different sets end
differently. Saved from r10 down, all ends are ends of one sequence, which the tails then share.
"""
from . import asm

SAVED = {f"r{number}" for number in range(4, 11)}


def pushes_at(items, at):
    """Indices of the pushes that begin a function whose label is at `at`."""
    found = []
    for index in range(at + 1, len(items)):
        item = items[index]
        if item.kind in ("debug", "other"):
            continue
        if item.kind != "ins" or item.ins.op != "push" or item.ins.args[0] not in SAVED:
            break
        found.append(index)
    return found


def pops_before(items, at):
    """Indices of the pops in front of the ret at `at`, first one first."""
    found = []
    for index in range(at - 1, -1, -1):
        item = items[index]
        if item.kind == "debug":
            continue
        if item.kind != "ins" or item.ins.op != "pop":
            break
        found.insert(0, index)
    return found


def number(register):
    return int(register[1:])


def extents(program):
    """[(name, first, end)]: each function's items, from its label on."""
    starts = sorted((at, name) for name, at in program.functions().items())
    ends = [at for at, _ in starts[1:]] + [len(program.items)]
    return [(name, at, end) for (at, name), end in zip(starts, ends)]


def reorder(items, indices, registers):
    for index, register in zip(indices, registers):
        items[index].ins = asm.Ins(items[index].ins.op, (register,))


def uniform(program):
    """Push from r10 down and pop back up, in each function that saves a set and always restores it."""
    for _, first, end in extents(program):
        items = program.items
        pushes = pushes_at(items, first)
        saved = [items[index].ins.args[0] for index in pushes]
        ends = [pops_before(items, at) for at in range(first, end)
                if items[at].kind == "ins" and items[at].ins.op == "ret"]
        if all(sorted(items[index].ins.args[0] for index in pops) == sorted(saved) for pops in ends):
            reorder(items, pushes, sorted(saved, key=number, reverse=True))
            for pops in ends:
                reorder(items, pops, sorted(saved, key=number))


def stack_offset(ins):
    """How far above the stack pointer an instruction reaches, or None."""
    for arg in ins.args:
        found = asm.INDEXED.match(arg)
        if found and found[2] == "r1":
            return int(found[1])
    return None


def in_frame(ins):
    """Whether an instruction reaches into the frame."""
    return isinstance(ins, Lea) or stack_offset(ins) is not None


def reads_caller(items):
    """Whether a function takes arguments from the stack, or moves its stack pointer in ways not known."""
    depth, started = 0, False
    for item in items:
        if item.kind != "ins":
            continue
        ins = item.ins
        if not started and ins.op == "push":
            depth += 2
        elif not started and ins.op == "sub" and ins.args[1] == "r1":
            depth += int(ins.args[0][1:])
            started = True
        else:
            started = True
            above = ins.lea_offset if isinstance(ins, Lea) else stack_offset(ins)
            if above is not None and above >= depth + 2 or ins.op == "push" or ins.op == "sub" and ins.args[-1] == "r1":
                return True
    return False


class Lea(asm.Ins):
    """mov r1, rX and add #N, rX as one: the address of a place in the frame."""

    @property
    def lea_offset(self):
        return int(self.args[0])

    @property
    def parts(self):
        offset, register = self.lea_offset, self.args[1]
        first = asm.Ins("mov", ("r1", register))
        return [first] if offset == 0 else [first, asm.Ins("add", (f"#{offset}", register))]

    @property
    def text(self):
        return "\n\t".join(part.text for part in self.parts)

    @property
    def size(self):
        return sum(part.size for part in self.parts)


def added(ins, register):
    """What an instruction adds to a register, if that is all it does, or None."""
    if ins.op == "incd" and ins.args == (register,):
        return 2
    if ins.op == "add" and ins.args[1] == register and ins.args[0][1:].lstrip("-").isdigit() and ins.args[0][0] == "#":
        return int(ins.args[0][1:])
    return None


def fuse(program):
    """Make one Lea of each mov r1, rX with the addition behind it; alone, it is a Lea of 0."""
    items, fused = program.items, []
    at = 0
    while at < len(items):
        item = items[at]
        if item.kind == "ins" and item.ins.op == "mov" and item.ins.args[0] == "r1":
            register, offset, debug = item.ins.args[1], 0, []
            follow = at + 1
            while follow < len(items) and items[follow].kind == "debug":
                debug.append(items[follow])
                follow += 1
            if follow < len(items) and items[follow].kind == "ins":
                plus = added(items[follow].ins, register)
                if plus is not None and plus >= 0:
                    offset, at = plus, follow
                    fused += debug
            item = asm.Item("ins", ins=Lea("lea", (str(offset), register)), loc=item.loc)
        fused.append(item)
        at += 1
    program.items = fused
