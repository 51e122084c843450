# SPDX-License-Identifier: MIT
"""Which registers hold a value that is still wanted, behind each instruction."""
from . import asm

ALL = frozenset(range(4, 16))
RESULTS = frozenset(range(4, 11)) | frozenset(range(12, 16))
# A call may want any argument register; long long helpers, by the EABI, r8 to r11 as well.
CALL_USES = frozenset(range(8, 16))
CALL_SPOILS = frozenset(range(11, 16))
DEFINE_ONLY = {"mov", "mov.b", "pop", "clr", "clr.b"}
READ_ONLY = {"cmp", "cmp.b", "tst", "tst.b", "bit", "bit.b", "push"}


def registers(arg):
    return {int(number) for number in asm.REGISTER.findall(arg)} & ALL


def is_register(arg):
    return arg[0] == "r" and arg[1:].isdigit()


def effect(ins):
    """(registers read, registers written) of an instruction that is no jump."""
    if ins.op == "call":
        return CALL_USES | registers(ins.args[0]), CALL_SPOILS
    if ins.op in ("ret", "reti"):
        return RESULTS, frozenset()
    if not ins.args:
        return frozenset(), frozenset()
    if ins.op == "lea":
        return frozenset(), frozenset(registers(ins.args[1]))
    last, reads = ins.args[-1], set()
    for arg in ins.args[:-1]:
        reads |= registers(arg)
    if not is_register(last) or ins.op not in DEFINE_ONLY:
        reads |= registers(last)
    writes = registers(last) if is_register(last) and ins.op not in READ_ONLY else set()
    return frozenset(reads), frozenset(writes)


def live_after(items):
    """{index: registers live behind it} for each instruction of `items`."""
    labels, code = {}, []
    for item_at, item in enumerate(items):
        if item.kind == "label":
            labels[item.text] = len(code)
        elif item.kind == "ins":
            code.append(item_at)
    before = [frozenset()] * len(code) + [ALL]
    after = [frozenset()] * len(code)
    changed = True
    while changed:
        changed = False
        for at in range(len(code) - 1, -1, -1):
            ins = items[code[at]].ins
            out = out_of(ins, at, before, labels)
            reads, writes = effect(ins) if ins.target is None else (frozenset(), frozenset())
            into = (out - writes) | reads
            after[at] = out
            if into != before[at]:
                before[at], changed = into, True
    return {code[at]: live for at, live in enumerate(after)}


def out_of(ins, at, before, labels):
    """What is live behind instruction number `at`: all of its ways on together."""
    if ins.op in ("ret", "reti"):
        return frozenset()
    if ins.op == "br" and ins.target is None:
        return ALL  # through a table
    out = frozenset() if ins.ends else before[at + 1]
    if ins.target is not None:
        out |= before[labels[ins.target]] if ins.target in labels else ALL
    return out
