#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`ikelet load` against ikeletd: many clients, each with its own address, loss, a wrong key, a gateway that is full.

Usage: load.py FOLDER_OF_THE_PROGRAMS [TEST]...
"""

import json
import os
import time

import stage
from stage import KEY, Stage

GATEWAY = """daemon {
  ike_sas = ROOM
}
tun {
  address = "10.2.0.1/16"
}
connection many {
  id = "gw.example.org"
  remotes = "FOLDER/remotes"
  local_ts = "10.2.0.0/16"
}
"""


class Load(Stage):
    def gateway(self, clients, room=2000):
        keys = "".join(f"client{i}.example.org: {KEY}\n" for i in range(clients))
        gw = self.daemon(self.b, "gw", GATEWAY.replace("ROOM", str(room)), keys)
        (gw.folder / "remotes").write_text("".join(
            f"client{i}.example.org 10.{64 + ((i + 1) >> 16)}.{(i + 1) >> 8 & 255}.{(i + 1) & 255}/32\n" for i in range(clients)))
        return gw.start()

    def say(self, *options, status=0):
        key = os.path.join(self.folder, "key")
        with open(key, "w", encoding="ascii") as file:
            file.write(KEY)
        done = self.run_in(self.a, stage.program("ikelet"), "load", "--peer=10.9.0.2", f"--psk-file={key}", *options)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout

    def load(self, *options, status=0):
        return json.loads(self.say("--json", *options, status=status))

    def test_as_people_read_it(self):
        self.gateway(3)
        text = self.say("--clients=3")
        self.assertRegex(text, r"\A3 of 3 clients came up in [1-9][\d.]* (m|u)?s: \d+ a second; 0 failed, 0 fell\n"
                               r"set-up: min [1-9][\d.]* (m|u)?s, median [1-9][\d.]* (m|u)?s, 95 % .*s, 99 % .*s, max .*s\n")
        self.assertRegex(text, r"own CPU: [1-9][\d.]* (m|u)?s\n")
        text = self.say("--clients=1", "--id=nobody%d", "--timeout=0.1", status=1)
        self.assertNotIn("set-up", text)

    def test_many(self):
        gw = self.gateway(500)
        told = self.load("--clients=500", "--traffic=2000", "--hold=2")
        self.assertEqual((told["schema"], told["clients"], told["up"], told["failed"], told["fell"]), (1, 500, 500, 0, 0))
        self.assertGreater(told["packets_out"], 1000)
        self.assertLessEqual(told["latency_ms"]["median"], told["latency_ms"]["max"])
        counters = gw.ask("counters")
        self.assertEqual(counters["counts"]["ike_sas_up"], 500)
        self.assertGreaterEqual(counters["counts"]["esp_in"], told["packets_out"] * 0.95)
        stage.wait_until("all are gone again", 5, lambda: gw.ask("status")["ike_sas"] == [])

    def test_at_a_rate_and_with_loss(self):
        self.gateway(60)
        told = self.load("--clients=60", "--rate=60", "--loss=10", "--timeout=20")
        self.assertEqual(told["up"], 60)
        self.assertGreater(told["lost_out"] + told["lost_in"], 5)
        self.assertGreaterEqual(told["retransmitted"], 3)
        self.assertGreater(told["seconds"], 0.9)

    def test_over_a_long_link(self):
        """Two round trips each, a node's own time beside it; nothing is sent twice for it, and Deletes get through, too."""
        gw = self.gateway(40)
        told = self.load("--clients=40", "--delay=60")
        self.assertEqual((told["up"], told["lost_out"], told["lost_in"], told["fell"]), (40, 0, 0, 0))
        self.assertGreaterEqual(told["latency_ms"]["min"], 240)
        self.assertLess(told["latency_ms"]["median"], 480)
        stage.wait_until("all are gone again", 5, lambda: gw.ask("status")["ike_sas"] == [])

    def test_who_is_unknown_fails_with_a_reason(self):
        gw = self.gateway(10)
        told = self.load("--clients=15", status=1)
        self.assertEqual((told["up"], told["failed"]), (10, 5))
        self.assertEqual(sum(told["reasons"].values()), 5)
        self.assertIn("refused client10.example.org", gw.log)

    def test_a_gateway_that_is_full(self):
        """It says so, serves those that it has, and takes others when there is room again."""
        gw = self.gateway(120, room=100)
        told = self.load("--clients=120", "--timeout=2", status=1)
        self.assertGreaterEqual(told["up"], 90)
        self.assertEqual(told["up"] + told["failed"], 120)
        gw.wait_for("no room: all 100 IKE SAs")
        time.sleep(1)
        self.assertEqual(self.load("--clients=50")["up"], 50)


if __name__ == "__main__":
    stage.main()
