# SPDX-License-Identifier: MIT
"""Shorter ways of saying the same, that the compiler does not know."""
import re

from . import asm, frames, liveness

ZERO_INDEX = re.compile(r"0\((r\d+)\)$")
SETS_ZERO_FLAG = {"add", "sub", "and", "xor", "addc", "subc", "inc", "incd", "dec", "decd", "rra", "rrc", "inv"}
# Operations with a source operand, which may be @rN.
TWO = {"mov", "add", "addc", "sub", "subc", "cmp", "bit", "bic", "bis", "xor", "and"}
MEMORY = re.compile(r"-?\d+\(r\d+\)$|@r\d+$")


def base(op):
    return op.removesuffix(".b")


def indirect(ins):
    """0(rN) as a source is @rN, without a word for the 0. The stack pointer stays: sharing shifts its offsets."""
    found = ZERO_INDEX.match(ins.args[0]) if ins.args else None
    if not found or base(ins.op) not in TWO or found[1] == "r1":
        return ins
    return asm.Ins(ins.op, (f"@{found[1]}", ins.args[1]))


def only_zero_asked(items, at):
    """Whether the flags behind `at` are read by one jump on zero, and by nothing else."""
    follow = next_ins(items, at)
    if follow is None or items[follow].ins.op not in ("jeq", "jne"):
        return False
    behind = next_ins(items, follow)
    return behind is None or items[behind].ins.op not in asm.CONDITIONAL


def unsigned_asked(items, at):
    """Whether the flags behind `at` mean the same for octets as for words: read by a jump on zero or carry."""
    follow = next_ins(items, at)
    return follow is not None and items[follow].ins.op in ("jeq", "jne", "jlo", "jhs")


def next_ins(items, at):
    """The instruction behind `at` if no way in lies between, or None."""
    for index in range(at + 1, len(items)):
        if items[index].kind == "ins":
            return index
        if items[index].kind == "label":
            return None
    return None


def tested(ins):
    """The operand that an instruction compares with zero, or None."""
    if base(ins.op) == "tst":
        return ins.args[0]
    return ins.args[1] if base(ins.op) == "cmp" and ins.args[0] == "#0" else None


def needless_test(items, at, follow):
    """tst rX behind an operation that made the same flags of rX."""
    first, second = items[at].ins, items[follow].ins
    return (base(first.op) in SETS_ZERO_FLAG and first.args[-1] == tested(second)
            and liveness.is_register(first.args[-1])
            and first.op.endswith(".b") == second.op.endswith(".b") and only_zero_asked(items, follow))


def in_memory(first, second, live):
    """mov M, rX and a test of rX, which nobody wants then: the test of M."""
    register = first.args[-1] if first.args else ""
    if base(first.op) != "mov" or not MEMORY.match(first.args[0]) or not liveness.is_register(register):
        return None
    if int(register[1:]) in live:
        return None
    place = re.sub(r"@(r\d+)$", r"0(\1)", first.args[0])
    wide = not first.op.endswith(".b")
    tail = "" if wide else ".b"
    if wide and second.op.endswith(".b"):
        return None
    if base(second.op) == "tst" and second.args[0] == register:
        return asm.Ins("tst" + tail, (place,))
    if base(second.op) in ("cmp", "bit") and second.args[1] == register and fits(second.args[0], register, wide):
        return asm.Ins(base(second.op) + tail, (second.args[0], place))
    return None


def fits(source, register, wide):
    """Whether an operand means the same to an octet operation."""
    if source == register or source.startswith("@") or "(" in source:
        return False
    if source.startswith("#"):
        return source[1:].lstrip("-").isdigit() and (wide or 0 <= int(source[1:]) <= 255)
    return wide


def forwarded(first, second, live):
    """mov X, rA and mov rA, Y, with rA not wanted then: mov X, Y."""
    if first.op != second.op or base(first.op) != "mov" or first.args[1] != second.args[0]:
        return None
    register = first.args[1]
    if not liveness.is_register(register) or register == "r1" or int(register[1:]) in live or "&" in first.args[0]:
        return None
    if int(register[1:]) in liveness.registers(second.args[1]) and not liveness.is_register(second.args[1]):
        return None
    if "@r1" in first.args[0] or first.args[0] == "r2":
        return None
    return asm.Ins(first.op, (first.args[0], second.args[1]))


def shorten(items):
    """One pass over a function; answers whether anything became shorter."""
    live, changed, gone = liveness.live_after(items), False, set()
    for at, item in enumerate(items):
        if item.kind != "ins" or at in gone:
            continue
        follow = next_ins(items, at)
        if follow is None or isinstance(item.ins, frames.Lea) or isinstance(items[follow].ins, frames.Lea):
            continue
        second = items[follow].ins
        if needless_test(items, at, follow):
            gone.add(follow)
            continue
        other = in_memory(item.ins, second, live[follow]) if unsigned_asked(items, follow) else None
        if other is None and len(item.ins.args) == 2 and len(second.args) == 2:
            other = forwarded(item.ins, second, live[follow])
        if other is not None:
            items[follow].ins = other
            gone.add(at)
    items[:] = [item for at, item in enumerate(items) if at not in gone]
    return bool(gone)


def run(program):
    """Shorten every function until nothing changes."""
    whole = program.items
    extents = frames.extents(program)
    first = extents[0][1] if extents else len(whole)
    done = whole[:first]
    for _, start, end in extents:
        items = whole[start:end]
        while shorten(items):
            pass
        done += items
    for item in done:
        if item.kind == "ins" and not isinstance(item.ins, frames.Lea):
            item.ins = indirect(item.ins)
    program.items = done
