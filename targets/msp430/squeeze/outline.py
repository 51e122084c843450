# SPDX-License-Identifier: MIT
"""Sequences of instructions that occur more than once, made one.

Three ways, by where the sequence stands:
- a tail ends in a jump or a return: all but one of its copies jump to that one;
- a body is called: its frame offsets grow by the return address that lies between;
- an entry begins a function: it is called too, and takes its return address off the stack into r11,
  which no argument is passed in, so that it may save registers and make the frame.
"""
import collections

from . import asm, frames

LONGEST = 40
# A jump is taken for a near one.
JUMP, CALL = 2, 4
# Do not read or write the flags.
NEUTRAL = {"mov", "mov.b", "bis", "bis.b", "bic", "bic.b", "clr", "clr.b", "push", "pop", "swpb", "lea", "nop"}
READ_FLAGS = {"addc", "addc.b", "adc", "adc.b", "subc", "subc.b", "sbc", "sbc.b", "rrc", "rrc.b", "rlc", "rlc.b",
              "dadd", "dadd.b"}


def flags_dead(run, at):
    """Whether nothing reads the flags that hold behind run[at]."""
    for ins in run[at + 1:]:
        if ins.op in ("call", "ret"):
            return True
        if ins.op in READ_FLAGS or ins.op in asm.CONDITIONAL or "r2" in ins.args or ins.op in ("br", "jmp"):
            return False
        if ins.op not in NEUTRAL:
            return True
    return False


def callable_ins(ins, barred):
    """Whether an instruction may stand in a called body."""
    if isinstance(ins, frames.Lea):
        return True
    if ins.op in ("push", "pop", "reti") or ins.op in asm.CONDITIONAL or "r2" in ins.args or ins.op in ("dint", "eint"):
        return False
    if ins.op == "call":
        return ins.callee is not None and ins.callee not in barred
    return not any(arg in ("r1", "@r1", "@r1+") for arg in ins.args)


def deepened(ins):
    """The instruction as it must be with a return address more on the stack."""
    if isinstance(ins, frames.Lea):
        return frames.Lea("lea", (str(ins.lea_offset + 2), ins.args[1]))
    args = []
    for arg in ins.args:
        found = asm.INDEXED.match(arg)
        args.append(f"{int(found[1]) + 2}(r1)" if found and found[2] == "r1" else arg)
    return asm.Ins(ins.op, tuple(args))


def body_of(window):
    """The called body: its instructions, and what brings it back."""
    body = [deepened(ins) for ins in window]
    if body[-1].op == "call":
        return body[:-1] + [asm.Ins("br", body[-1].args)]
    return body + [asm.Ins("ret")]


def entry_of(window):
    return [asm.Ins("pop", ("r11",)), *window, asm.Ins("br", ("r11",))]


def size(window):
    return sum(ins.size for ins in window)


class Run:
    """Instructions between two ways in: their indices among the program's items."""

    def __init__(self, indices, items, entry):
        self.indices = indices
        self.ins = [items[index].ins for index in indices]
        self.entry = entry


def runs_of(program):
    """The program's runs. A function's own label begins one that is an entry."""
    functions, runs, indices, entry = set(program.functions()), [], [], False

    def close(next_entry):
        nonlocal indices, entry
        if indices:
            runs.append(Run(indices, program.items, entry))
        indices, entry = [], next_entry

    for at, item in enumerate(program.items):
        if item.kind == "label":
            close(item.text in functions)
        elif item.kind == "ins":
            if item.ins.op in asm.CONDITIONAL:
                close(False)
                continue
            indices.append(at)
            if item.ins.ends:
                close(False)
    close(False)
    return runs


Candidate = collections.namedtuple("Candidate", "kind key places")


def ways(run, barred, link):
    """Each (kind, first, end) that may be taken out of a run."""
    count = len(run.ins)
    good = [callable_ins(ins, barred) for ins in run.ins]
    dead = [not isinstance(ins, frames.Lea) or ins.lea_offset != 0 or flags_dead(run.ins, at)
            for at, ins in enumerate(run.ins)]
    for first in range(count):
        for end in range(first + 1, min(count, first + LONGEST) + 1):
            if not (good[end - 1] and dead[end - 1]) or run.ins[end - 1].ends:
                break
            yield "body", first, end
        # Whoever watches a function for being called shall not see others run through its first instruction.
        if run.ins[-1].ends and count - first <= LONGEST and not (run.entry and first == 0):
            yield "tail", first, count
    if run.entry and link:
        for end in range(1, min(count, LONGEST) + 1):
            last = run.ins[end - 1]
            if last.op == "call" or last.ends or 11 in last.registers or "r2" in last.args:
                break
            if end == count or run.ins[end].op != "push":
                yield "entry", 0, end


def saving(kind, window, count):
    """Octets that go when `count` copies become one."""
    if kind == "tail":
        return (count - 1) * (size(window) - JUMP)
    body = body_of(window) if kind == "body" else entry_of(window)
    return count * (size(window) - CALL) - size(body)


def candidates(program, barred, link):
    places = collections.defaultdict(list)
    for run in runs_of(program):
        for kind, first, end in ways(run, barred, link):
            if end - first > 1 or run.ins[first].size > CALL:
                places[kind, tuple(run.ins[first:end])].append(run.indices[first:end])
    found = [Candidate(kind, key, where) for (kind, key), where in places.items() if len(where) > 1]
    return [(saving(one.kind, one.key, len(one.places)), one) for one in found]


class Outliner:
    """Takes repeated sequences out of a program until nothing is gained."""

    def __init__(self, program, barred, least=1):
        self.program, self.barred, self.least = program, set(barred), least
        self.made = 0

    def run(self):
        while self.round():
            pass

    def round(self):
        """One pass over the program; whether it gained anything."""
        ranked = [one for one in candidates(self.program, self.barred, True) if one[0] >= self.least]
        ranked.sort(key=lambda one: (-one[0], one[1].kind, [ins.text for ins in one[1].key]))
        taken, edits, extra, best = set(), {}, [], 0
        for gain, one in ranked:
            if gain * 2 < best:
                break
            free = self.free_places(one, taken)
            if len(free) < 2 or saving(one.kind, one.key, len(free)) < max(self.least, gain * 3 // 4):
                continue
            best = max(best, gain)
            for place in free:
                taken.update(place)
            self.take(one, free, edits, extra)
        self.apply(edits, extra)
        return bool(edits)

    @staticmethod
    def free_places(one, taken):
        free, own = [], set()
        for place in one.places:
            if not any(index in taken or index in own for index in place):
                free.append(place)
                own.update(place)
        return free

    def take(self, one, places, edits, extra):
        name = f"{asm.SHARED}.{self.made}"
        self.made += 1
        if one.kind == "tail":
            edits[places[0][0]] = ("label", name)
            for place in places[1:]:
                edits[place[0]] = ("jump", name, place)
            return
        for place in places:
            edits[place[0]] = ("call", name, place)
        body = body_of(one.key) if one.kind == "body" else entry_of(one.key)
        if one.kind == "entry" or any(frames.in_frame(ins) for ins in body):
            self.barred.add(name)  # it knows how far away its caller's frame is
        extra.append((name, body))

    def apply(self, edits, extra):
        items, gone = [], set()
        for edit in edits.values():
            if edit[0] != "label":
                gone.update(edit[2])
        for at, item in enumerate(self.program.items):
            edit = edits.get(at)
            if edit and edit[0] == "label":
                items += [asm.Item("label", edit[1]), item]
            elif edit:
                ins = asm.Ins("call", (f"#{edit[1]}",)) if edit[0] == "call" else asm.Ins("jmp", (edit[1],))
                items.append(asm.Item("ins", ins=ins, loc=item.loc))
            elif at not in gone:
                items.append(item)
        for name, body in extra:
            items += [asm.Item("other", f".type\t{name},@function"), asm.Item("label", name)]
            items += [asm.Item("ins", ins=ins, loc=asm.SHARED) for ins in body]
        self.program.items = items
