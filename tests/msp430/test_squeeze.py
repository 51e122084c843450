# SPDX-License-Identifier: MIT
"""squeeze: what it may make shorter, and what it must leave. That the images still do the same is for the known
answers, the same bytes and the handshakes to say."""
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../targets/msp430"))
from squeeze import asm, frames, order, outline, peephole, relax  # noqa: E402


def program(*functions):
    """Each function is a text of lines; its name is f0, f1, ..."""
    lines = []
    for at, body in enumerate(functions):
        lines += [f"\t.type\tf{at},@function", f"f{at}:"]
        lines += [line if line.endswith(":") else "\t" + line.strip().replace(" ", "\t", 1)
                  for line in body.strip().split("\n")]
    return asm.Program("\t.text\n" + "\n".join(lines))


def texts(done):
    return [item.ins.text.replace("\n\t", "; ").replace("\t", " ") if item.kind == "ins" else item.text + ":"
            for item in done.items if item.kind in ("ins", "label")]


def outlined(done, barred=()):
    frames.uniform(done)
    frames.fuse(done)
    outline.Outliner(done, set(barred)).run()
    return texts(done)


class Sizes(unittest.TestCase):
    def test_words(self):
        for line, size in (("mov\tr4, r5", 2), ("mov\t#8, r5", 2), ("mov\t#-1, r5", 2), ("mov\t#9, r5", 4),
                           ("mov\t#door+4, r5", 4), ("mov\t2(r4), 4(r5)", 6), ("mov\t#9, &304", 6), ("mov\t@r4+, r5", 2),
                           ("mov\t@r4, 0(r5)", 4), ("call\t#f", 4), ("call\tr12", 2), ("br\t#f", 4), ("push\tr4", 2),
                           ("ret", 2), ("jmp\tx", 2), ("jeq\tx", 2), ("tst\t2(r4)", 4)):
            self.assertEqual(asm.parse_ins(line).size, size, line)


class Frames(unittest.TestCase):
    def test_uniform(self):
        done = program("push r9\npush r10\nclr r9\npop r10\npop r9\nret")
        frames.uniform(done)
        self.assertEqual(texts(done), ["f0:", "push r10", "push r9", "clr r9", "pop r9", "pop r10", "ret"])

    def test_uniform_leaves_what_it_does_not_know(self):
        lines = ["f0:", "push r9", "push r10", "clr r9", "pop r10", "ret"]
        done = program("\n".join(lines[1:]))
        frames.uniform(done)
        self.assertEqual(texts(done), lines)

    def test_stack_arguments(self):
        for body, reads in (("mov 2(r1), r12\nret", True), ("mov 0(r1), r12\nret", False),
                            ("push r10\nsub #4, r1\nmov 6(r1), r12\nret", False),
                            ("push r10\nsub #4, r1\nmov 8(r1), r12\nret", True),
                            ("push r10\nsub #4, r1\nmov r1, r12\nadd #8, r12\nret", True),
                            ("clr r12\npush r12\ncall #g\nret", True)):
            done = program(body)
            frames.fuse(done)
            self.assertEqual(frames.reads_caller(done.items), reads, body)


class Peepholes(unittest.TestCase):
    def shortened(self, body):
        done = program(body)
        frames.fuse(done)
        peephole.run(done)
        return texts(done)[1:]

    def test_indirect(self):
        self.assertEqual(self.shortened("mov 0(r12), r12\nret")[0], "mov @r12, r12")
        self.assertEqual(self.shortened("mov 0(r1), r12\nret")[0], "mov 0(r1), r12")
        self.assertEqual(self.shortened("mov r12, 0(r12)\nret")[0], "mov r12, 0(r12)")

    def test_test_in_memory(self):
        self.assertEqual(self.shortened("mov.b 2(r12), r13\ntst.b r13\njeq .L\nclr r13\n.L:\nclr r13\nret")[0], "tst.b 2(r12)")
        kept = "mov.b 2(r12), r13\ntst.b r13\njeq .L\nclr r13\n.L:\nret"
        self.assertEqual(self.shortened(kept)[0], "mov.b 2(r12), r13", "r13 is a result")

    def test_signed_comparison_stays(self):
        kept = self.shortened("mov.b 2(r12), r13\ncmp #200, r13\njl .L\nclr r13\n.L:\nclr r13\nret")
        self.assertEqual(kept[:2], ["mov.b 2(r12), r13", "cmp #200, r13"])

    def test_needless_test(self):
        self.assertEqual(self.shortened("add #-1, r12\ntst r12\njne .L\n.L:\nret")[:2], ["add #-1, r12", "jne .L"])
        kept = self.shortened("add #-1, r12\ntst r12\njhs .L\n.L:\nret")
        self.assertIn("tst r12", kept, "carry is another matter")

    def test_forwarded(self):
        self.assertEqual(self.shortened("mov 2(r12), r13\nmov r13, 4(r12)\nclr r13\nret")[0], "mov 2(r12), 4(r12)")
        self.assertEqual(self.shortened("mov 2(r12), r13\nmov r13, 4(r12)\nret")[0], "mov 2(r12), r13")


class Order(unittest.TestCase):
    def test_constants_last(self):
        done = program("mov #3, r14\nmov r4, r12\ncall #g\nret")
        order.run(done)
        self.assertEqual(texts(done)[1:3], ["mov r4, r12", "mov #3, r14"])

    def test_values_first(self):
        for body in ("mov r12, r14\nmov r4, r12\ncall #g\nret", "mov #1, r14\nmov r14, r12\ncall #g\nret"):
            done = program(body)
            order.run(done)
            self.assertEqual(texts(done)[1:3], body.split("\n")[:2])


class Outline(unittest.TestCase):
    WORK = "mov &100, r12\nadd #1000, r12\nmov r12, &102\n"

    def test_body(self):
        done = outlined(program(self.WORK + "clr r12\nret", self.WORK + "clr r13\nret"))
        self.assertEqual(sum("&100" in line for line in done), 1)
        self.assertEqual(done[-1], "ret")

    def test_frame_offsets_grow(self):
        work = "mov 4(r1), r12\nadd #1000, r12\nmov r12, &102\nmov r1, r13\nadd #6, r13\nmov #77, &104\n"
        done = outlined(program(work + "clr r12\nret", work + "clr r13\nret"))
        self.assertIn("mov 6(r1), r12", done)
        self.assertIn("mov r1, r13; add #8, r13", done)

    def test_frames_are_reached_from_one_depth_only(self):
        """A shared body that reaches into its caller's frame is not called from another shared body."""
        inner = "mov 4(r1), r12\nadd #1000, r12\nmov r12, &102\nmov 8(r1), &108\n"
        outer = "mov #500, &110\n" + inner + "mov #501, &112\n"
        done = outlined(program(*(inner + f"mov #{n}, r12\nret" for n in range(600, 612)),
                                *(outer + f"mov #{n}, r12\nret" for n in range(700, 703))))
        bodies, name = {}, None
        for line in done:
            name = line if line.endswith(":") else name
            bodies.setdefault(name, []).append(line)
        deep = {name[:-1] for name, body in bodies.items() if name.startswith("shared") and any("(r1)" in x for x in body)}
        calls = [line for name, body in bodies.items() if name.startswith("shared") for line in body if line.startswith("call")]
        self.assertTrue(deep)
        self.assertFalse([line for line in calls if line.split("#")[1] in deep])

    def test_stack_arguments_stay(self):
        work = "mov r12, 0(r1)\nmov #1000, r12\ncall #g\nmov #1001, &102\n"
        done = outlined(program(work + "clr r12\nret", work + "clr r13\nret"), {"g"})
        self.assertEqual(done.count("call #g"), 2)

    def test_tail(self):
        end = "mov #1000, &102\nmov #1001, r12\nret"
        done = outlined(program("tst r12\njeq .L0\nclr &50\n.L0:\nclr &51\n" + end, "clr &52\n" + end))
        self.assertEqual(done.count("mov #1000, &102"), 1)
        self.assertTrue(any(line.startswith("jmp shared") for line in done))

    def test_nobody_runs_through_the_beginning_of_a_function(self):
        end = "mov #1000, &102\nmov #1001, r12\nret"
        done = outlined(program(end, end))
        starts = [at for at, line in enumerate(done) if line in ("f0:", "f1:")]
        self.assertEqual([done[at + 1] for at in starts], ["mov #1000, &102"] * 2)

    def test_entry(self):
        saves = "".join(f"push r{n}\n" for n in range(4, 11))
        restores = "".join(f"pop r{n}\n" for n in range(10, 3, -1))
        bodies = [saves + f"mov #{n}, &{n}\n" + restores + "ret" for n in range(100, 106)]
        done = outlined(program(*bodies))
        at = done.index("pop r11")
        self.assertEqual(done[at + 1:at + 9], [f"push r{n}" for n in range(10, 3, -1)] + ["br r11"])
        self.assertEqual(done.count("ret"), 1)

    def test_way_in_is_a_border(self):
        work = "mov &100, r12\n.L{0}:\nmov r12, &102\njne .L{0}\nclr r12\nret"
        done = outlined(program(work.format(0), work.format(1)))
        self.assertEqual(sum("&100" in line for line in done), 2)


class Relax(unittest.TestCase):
    def expanded(self, done):
        relax.plain(done)
        relax.islands(done)
        return relax.expand(done), texts(done)

    def test_branch_becomes_jump(self):
        size, done = self.expanded(program("jne .L1\nbr #.L2\n.L1:\nclr r12\n.L2:\nret"))
        self.assertEqual(done[1], "jeq .L2")
        self.assertEqual(size, 6)

    def test_far(self):
        far = "\n".join(["mov #1000, &102"] * 200)
        size, done = self.expanded(program(f"jeq .L1\njmp .L1\n{far}\n.L1:\nret"))
        self.assertEqual(done.count("br #.L1"), 1)
        self.assertEqual(size, 2 + 4 + 1200 + 2, "one jumps to the other's branch")

    def test_reach(self):
        for octets, near in ((1022, True), (1024, False)):
            done = program("jmp .L1\n" + "\n".join(["clr r12"] * (octets // 2)) + "\n.L1:\nret")
            self.assertEqual(self.expanded(done)[0], octets + 2 + (2 if near else 4), octets)


if __name__ == "__main__":
    unittest.main()
