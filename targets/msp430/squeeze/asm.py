# SPDX-License-Identifier: MIT
"""MSP430 assembly as the compiler prints it: instructions, labels, and their sizes in octets."""
import dataclasses
import re

INVERSE = {"jeq": "jne", "jne": "jeq", "jhs": "jlo", "jlo": "jhs", "jge": "jl", "jl": "jge"}
CONDITIONAL = set(INVERSE) | {"jn"}
# Immediates that the constant generator makes of a register, without a word of their own.
FREE_IMMEDIATES = {"#0", "#1", "#2", "#4", "#8", "#-1"}
NO_OPERAND = {"ret": 2, "reti": 2, "nop": 2, "dint": 2, "eint": 2, "clrc": 2, "setc": 2, "clrn": 2, "clrz": 2}
INDEXED = re.compile(r"(.*)\((r\d+)\)$")
REGISTER = re.compile(r"\br(\d+)\b")
# The source line of code that several functions share.
SHARED = "shared"
# What only debug information refers to may stand inside a sequence without being a way into it.
DEBUG_LABEL = re.compile(r"\.L(tmp|func_begin|func_end|cfi|sec_end)\d*$")


@dataclasses.dataclass(frozen=True)
class Ins:
    """One instruction: operation and operands as printed, without spaces."""
    op: str
    args: tuple = ()

    @property
    def text(self):
        return f"{self.op}\t{', '.join(self.args)}" if self.args else self.op

    @property
    def size(self):
        if self.op in NO_OPERAND:
            return NO_OPERAND[self.op]
        if self.op == "jmp" or self.op in CONDITIONAL:
            return 2
        return 2 + sum(extension(arg) for arg in self.args)

    @property
    def target(self):
        """The label that a jump or a direct branch goes to, or None."""
        if self.op == "jmp" or self.op in CONDITIONAL:
            return self.args[0]
        if self.op == "br" and self.args[0].startswith("#"):
            return self.args[0][1:]
        return None

    @property
    def callee(self):
        return self.args[0][1:] if self.op == "call" and self.args[0].startswith("#") else None

    @property
    def ends(self):
        """Whether control never goes on behind it."""
        return self.op in ("ret", "reti", "jmp", "br")

    @property
    def registers(self):
        return {int(number) for arg in self.args for number in REGISTER.findall(arg)}


def extension(arg):
    """Octets that an operand adds to the instruction's first word."""
    if arg.startswith("#"):
        return 0 if arg in FREE_IMMEDIATES else 2
    return 0 if arg.startswith("@") or re.fullmatch(r"r\d+", arg) else 2


@dataclasses.dataclass
class Item:
    """A place in the code: an instruction with its source line, or labels and directives."""
    kind: str  # "ins", "label", "debug", "other"
    text: str = ""
    ins: Ins = None
    loc: str = None


def parse_ins(line):
    op, _, rest = line.strip().partition("\t")
    args = tuple(arg.strip() for arg in rest.split(",")) if rest.strip() else ()
    return Ins(op, args)


def strip_comment(line):
    """Comments begin with a semicolon; strings, which may hold one, are in data only."""
    return line if '"' in line else line.split(";")[0].rstrip()


class Program:
    """A compiler's output: the code as items in one run, and all that is not code, as it was."""

    def __init__(self, text):
        self.items, self.data = [], []
        self.section = ".text"
        self.loc = None
        for line in text.split("\n"):
            self.take(line)

    def in_code(self):
        return self.section.startswith(".text")

    def take(self, line):
        bare = strip_comment(line).strip()
        word = bare.split()[0] if bare else ""
        if word in (".section", ".text", ".data", ".bss"):
            self.section = bare.split(None, 1)[1].split(",")[0] if word == ".section" else word
            if self.in_code():
                return
        if not self.in_code():
            self.data.append(line)
        elif bare:
            self.take_code(bare, word)

    def take_code(self, bare, word):
        if bare.endswith(":"):
            name = bare[:-1]
            self.items.append(Item("debug" if DEBUG_LABEL.match(name) else "label", name))
        elif word == ".loc":
            self.loc = " ".join(bare.split()[:4])
        elif word.startswith(".cfi") or word == ".p2align":
            return  # no unwinder here; every instruction is on an even address as it is
        elif word.startswith("."):
            self.items.append(Item("other", bare))
        else:
            self.items.append(Item("ins", ins=parse_ins(bare), loc=self.loc))

    def code_size(self):
        return sum(item.ins.size for item in self.items if item.kind == "ins")

    def functions(self):
        """{name: index of its label} of what the compiler declares as function."""
        typed = {item.text.split()[1].split(",")[0] for item in self.items
                 if item.kind == "other" and item.text.startswith(".type")
                 and not item.text.split()[1].startswith(SHARED)}
        return {item.text: at for at, item in enumerate(self.items)
                if item.kind == "label" and item.text in typed}

    def shared_file(self):
        """The number for one more source file, and the line that declares it, for what is nobody's alone."""
        number = 1 + max((int(item.text.split()[1]) for item in self.items
                          if item.kind == "other" and re.match(r"\.file\t\d", item.text)), default=0)
        return number, f'\t.file\t{number} "targets/msp430/shared/code" md5 0x{number:032x}'

    def print(self):
        number, declared = self.shared_file()
        lines, loc = [declared, '\t.section\t.text.squeezed,"ax",@progbits'], None
        for item in self.items:
            if item.kind in ("label", "debug"):
                lines.append(f"{item.text}:")
            elif item.kind == "other":
                lines.append(f"\t{item.text}")
            else:
                if item.loc == SHARED != loc:
                    lines.append(f"\t.loc {number} 1")
                elif item.loc and item.loc != loc:
                    lines.append(f"\t{item.loc}")
                loc = item.loc or loc
                lines.append(f"\t{item.ins.text}")
        return "\n".join(lines + self.data) + "\n"
