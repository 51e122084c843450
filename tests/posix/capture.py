# SPDX-License-Identifier: MIT
"""--pcap and --keylog: tshark, which knows nothing of us, decrypts IKE and ESP with them."""

import os
import shutil
import stat
import subprocess

import peers

# IKE suites and ESP suites that Wireshark 4.0 can decrypt.
SUITES = [
    ("aes128-sha256-x25519", "aes128gcm16"),
    ("aes256gcm16-prfsha384-ecp256", "aes256-sha512"),
    ("aes128ctr-sha384-x25519", "aes128ctr-sha384"),
    ("aes128ccm8-prfsha256-x25519", "null-sha256"),
    ("aes192-sha512-x25519", "aes192gcm8"),
    ("aes128gcm12-prfsha256-x25519", "aes128gcm12"),
    ("aes128-aesxcbc-x25519", "aes128-aescmac"),
    ("aes128-sha1-modp1024", "aes128-sha1"),
]
# … and those that it can't: the rest of the table must still be read.
UNREADABLE = ("chacha20poly1305-prfsha256-x25519", "aes128ccm8")


FIELDS = ["isakmp.exchangetype", "isakmp.typepayload", "isakmp.id.data.fqdn", "icmp.type",
          "icmpv6.type", "esp.icv_bad", "ip.checksum.status", "udp.checksum.status",
          "icmp.checksum.status", "_ws.malformed", "isakmp.enc.decrypted"]
BAD = "0"  # of a checksum's status


def tshark(capture, keys, port):
    """A dictionary of lists for each packet, and what tshark says of tables that it can't read."""
    words = [word for name in FIELDS for word in ("-e", name)]
    done = subprocess.run(
        ["tshark", "-r", capture, "-d", f"udp.port=={port},udpencap",
         "-o", "esp.enable_encryption_decode:TRUE", "-o", "esp.enable_authentication_check:TRUE",
         "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-T", "fields", *words],
        env={**os.environ, "WIRESHARK_CONFIG_DIR": keys}, capture_output=True, text=True,
        check=True, timeout=60)
    complaints = [line for line in done.stderr.splitlines() if "Running as user" not in line]
    packets = [dict(zip(FIELDS, ([v for v in cell.split(",") if v] for cell in line.split("\t"))))
               for line in done.stdout.splitlines()]
    return packets, complaints


class Capture(peers.Case):
    def run_pair(self, ike, esp, who, **options):
        folder = self.folder()
        keys, capture = os.path.join(folder, "keys"), os.path.join(folder, "capture.pcap")
        files = {"keylog": keys, "pcap": capture}
        responder = self.respond(ike=ike, esp=esp, count=2, host=options.pop("host", "127.0.0.2"),
                                 **(files if who == "respond" else {}))
        host = "::1" if options.pop("six", False) else "127.0.0.2"
        ping = self.ping(responder, host, ike=ike, esp=esp, **(files if who == "ping" else {}),
                         **options)
        self.expect_replies(ping)
        self.assertEqual(responder.wait(), 0, responder.text)
        return capture, keys, responder.port

    def expect_readable(self, capture, keys, port):
        packets, complaints = tshark(capture, keys, port)
        self.assertEqual(complaints, [])

        def values(name):
            return [value for packet in packets for value in packet[name]]
        self.assertEqual(values("isakmp.exchangetype"), ["34", "34", "35", "35", "37", "37"])
        self.assertIn("client.example.org", values("isakmp.id.data.fqdn"))
        self.assertIn("gw.example.org", values("isakmp.id.data.fqdn"))
        deletes = [p for p in packets if "42" in p["isakmp.typepayload"]]
        self.assertEqual([p["isakmp.exchangetype"] for p in deletes], [["37"]])
        echoes = values("icmp.type") or values("icmpv6.type")
        self.assertIn(echoes, (["8", "0"] * 2, ["128", "129"] * 2))
        self.assertNotIn("1", values("esp.icv_bad"))
        self.assertEqual(values("_ws.malformed"), [])
        for protocol in ("ip", "udp", "icmp"):
            self.assertNotIn(BAD, values(f"{protocol}.checksum.status"), protocol)

    def test_readable_suites(self):
        for ike, esp in SUITES:
            with self.subTest(f"{ike} {esp}"):
                self.expect_readable(*self.run_pair(ike, esp, "ping"))

    def test_the_responder_writes_them_too(self):
        self.expect_readable(*self.run_pair(*SUITES[0], "respond"))

    def test_ipv6(self):
        capture = self.run_pair(*SUITES[0], "ping", host="::1", six=True)
        self.expect_readable(*capture)

    def test_transport_mode(self):
        responder = self.respond(ike=SUITES[0][0], esp=SUITES[0][1], mode="transport", count=2,
                                 ts_local=None, ts_remote=None)
        folder = self.folder()
        ping = self.ping(responder, ike=SUITES[0][0], esp=SUITES[0][1], mode="transport",
                         from_=None, to=None, ts_local=None, ts_remote=None,
                         keylog=os.path.join(folder, "k"), pcap=os.path.join(folder, "p"))
        self.expect_replies(ping)
        self.expect_readable(os.path.join(folder, "p"), os.path.join(folder, "k"), responder.port)

    def test_what_wireshark_cannot_decrypt_is_a_comment(self):
        capture, keys, port = self.run_pair(*UNREADABLE, "ping")
        packets, complaints = tshark(capture, keys, port)
        self.assertEqual(complaints, [])
        self.assertEqual([p["isakmp.enc.decrypted"] for p in packets if p["isakmp.exchangetype"]],
                         [[]] * 6)
        for name in ("ikev2_decryption_table", "esp_sa"):
            with open(os.path.join(keys, name), encoding="utf-8") as file:
                lines = file.read().splitlines()
            self.assertTrue(lines and all(line.startswith("# ") for line in lines), lines)

    def test_nobody_else_may_read_the_keys(self):
        folder = self.folder()
        keys = os.path.join(folder, "keys")
        os.mkdir(keys)
        old = os.path.join(keys, "esp_sa")
        with open(old, "w", encoding="utf-8") as file:
            file.write("old\n" * 1000)
        os.chmod(old, 0o644)
        responder = self.respond()
        self.expect_replies(self.ping(responder, keylog=keys))
        for name in ("ikev2_decryption_table", "esp_sa"):
            mode = stat.S_IMODE(os.stat(os.path.join(keys, name)).st_mode)
            self.assertEqual(mode, 0o600, name)
        with open(old, encoding="utf-8") as file:
            self.assertNotIn("old", file.read())


if __name__ == "__main__":
    if shutil.which("tshark") is None:
        peers.skip("posix/capture: no tshark")
    peers.main()
