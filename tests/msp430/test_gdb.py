# SPDX-License-Identifier: MIT
"""The GDB remote protocol, without a simulator at the other end."""

import os
import socket
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "targets", "msp430",
                                "runner"))

import gdb


class Framing(unittest.TestCase):
    def test_frame_of_the_manual(self):
        self.assertEqual(gdb.frame(b"OK"), b"$OK#9a")

    def test_any_cut_of_the_stream_gives_the_same_packets(self):
        stream = b"+$T05#b9+$OK#9a"
        for cut in range(len(stream) + 1):
            packets, found = gdb.Packets(), []
            for part in (stream[:cut], stream[cut:]):
                packets.feed(part)
                while (body := packets.take()) is not None:
                    found.append(body)
            self.assertEqual(found, [b"T05", b"OK"], cut)

    def test_a_wrong_checksum_is_refused(self):
        for stream in (b"$OK#9b", b"$OK#zz"):
            packets = gdb.Packets()
            packets.feed(stream)
            with self.assertRaises(gdb.SimulatorError):
                packets.take()

    def test_an_empty_answer_is_one(self):
        packets = gdb.Packets()
        packets.feed(b"$#00")
        self.assertEqual(packets.take(), b"")


class Registers(unittest.TestCase):
    def test_low_octet_first(self):
        self.assertEqual(gdb.registers(b"3412" + b"0000" * 15), [0x1234] + [0] * 15)

    def test_too_few_are_refused(self):
        with self.assertRaises(gdb.SimulatorError):
            gdb.registers(b"3412")

    def test_stop(self):
        body = b"T05" + b"".join(b"%02x:%02x40;" % (i, i) for i in range(16))
        self.assertEqual(gdb.stop_registers(body), [0x4000 + i for i in range(16)])

    def test_an_error_is_no_stop(self):
        for body in (b"E00", b"", b"T05", b"T0500:0040;"):
            with self.assertRaises(gdb.SimulatorError):
                gdb.stop_registers(body)


class Stub:
    """Answers each packet as the table says, and remembers what was asked."""

    def __init__(self, answers):
        self.answers, self.asked = answers, []
        self.ours, self.connection = socket.socketpair()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        packets = gdb.Packets()
        while data := self.ours.recv(4096):
            packets.feed(data)
            while (body := packets.take()) is not None:
                self.asked.append(body)
                for answer in self.answers.get(body, [b""]):
                    self.ours.sendall(b"+" + gdb.frame(answer))

    def close(self):
        self.connection.close()
        self.thread.join()
        self.ours.close()


class Client(unittest.TestCase):
    def client(self, answers):
        stub = Stub(answers)
        self.addCleanup(stub.close)
        return gdb.Gdb(stub.connection), stub

    def test_a_long_read_is_several(self):
        client, stub = self.client({b"m1100,100": [b"aa" * 256], b"m1200,2": [b"bbcc"]})
        self.assertEqual(client.read(0x1100, 258), b"\xaa" * 256 + b"\xbb\xcc")
        self.assertEqual(len(stub.asked), 2)

    def test_a_short_read_is_refused(self):
        client, _ = self.client({b"m1100,4": [b"aabb"]})
        with self.assertRaises(gdb.SimulatorError):
            client.read(0x1100, 4)

    def test_write(self):
        client, stub = self.client({b"M1100,2:beef": [b"OK"]})
        client.write(0x1100, b"\xbe\xef")
        self.assertEqual(stub.asked, [b"M1100,2:beef"])

    def test_a_refused_write_is_told(self):
        client, _ = self.client({b"M1100,1:00": [b"E00"]})
        with self.assertRaises(gdb.SimulatorError):
            client.write(0x1100, b"\0")

    def test_monitor_gathers_its_output(self):
        asked = b"qRcmd," + b"simio info tracer".hex().encode()
        client, _ = self.client({asked: [b"O" + b"MCLK: ".hex().encode(), b"O" + b"42".hex().encode(),
                                         b"OK"]})
        self.assertEqual(client.monitor("simio info tracer"), "MCLK: 42")

    def test_monitor_with_its_output_in_one_answer(self):
        asked = b"qRcmd," + b"help".hex().encode()
        client, _ = self.client({asked: [b"text".hex().encode()]})
        self.assertEqual(client.monitor("help"), "text")

    def test_silence_ends(self):
        client, _ = self.client({b"c": []})
        with self.assertRaisesRegex(gdb.SimulatorError, "no answer within"):
            client.run(0.05)

    def test_a_closed_connection_is_told(self):
        client, stub = self.client({})
        stub.ours.shutdown(socket.SHUT_RDWR)
        with self.assertRaises((gdb.SimulatorError, OSError)):
            client.step()


if __name__ == "__main__":
    unittest.main()
