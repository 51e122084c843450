# SPDX-License-Identifier: MIT
"""Make the compiler's assembly smaller: sequences that repeat are written once.

LLVM's outliner does not know the MSP430. Nothing is computed otherwise than before: instructions are
moved, and calls and jumps lead to them.
"""
import argparse

from . import asm, frames, order, outline, peephole, relax

# Run-time helpers whose second operand clang passes on the stack (see runtime/mul.S).
STACK_HELPERS = {"__mspabi_mpyll_hw", "__mspabi_mpyll_f5hw", "__mspabi_mpyll", "__mspabi_divlli", "__mspabi_divull",
                 "__mspabi_remlli", "__mspabi_remull"}


def barred(program):
    """Functions that may not be called from a shared body, because they look for arguments on the stack."""
    return STACK_HELPERS | {name for name, first, end in frames.extents(program)
                            if frames.reads_caller(program.items[first:end])}


def squeeze(text):
    program = asm.Program(text)
    before = program.code_size()
    frames.uniform(program)
    frames.fuse(program)
    relax.plain(program)
    peephole.run(program)
    order.run(program)
    outline.Outliner(program, barred(program)).run()
    relax.drop_to_next(program)
    relax.islands(program)
    after = relax.expand(program)
    return program, before, after


def main():
    parser = argparse.ArgumentParser(prog="squeeze", description=__doc__)
    parser.add_argument("input", help="assembly as clang prints it for the whole program")
    parser.add_argument("output")
    args = parser.parse_args()
    with open(args.input, encoding="ascii") as source:
        program, before, after = squeeze(source.read())
    with open(args.output, "w", encoding="ascii") as out:
        out.write(program.print())
    print(f"squeeze: {before} octets of code, {after} after")


if __name__ == "__main__":
    main()
