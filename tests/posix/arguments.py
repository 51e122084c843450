# SPDX-License-Identifier: MIT
"""The command line: every mistake gets one line and exit status 2; help is help."""

import os
import re

import peers

COMMANDS = ("ping", "respond", "load", "slip", "up", "down", "rekey", "status", "list", "log", "counters", "reload", "check")
PEER = "--peer=127.0.0.2"
ECHO = (PEER, "--from=10.1.0.1", "--to=10.2.0.1")

# arguments behind `ikelet`, and what the line must say
WRONG = [
    ((), r"which command"),
    (("pong",), r'no command "pong"'),
    (("ping",), r"--peer=ADDR is needed"),
    (("ping", "--nonsense"), r"unrecognized option '--nonsense'"),
    (("ping", "--peer"), r"option '--peer' requires an argument"),
    (("ping", "--verbose=1"), r"doesn't allow an argument"),
    (("ping", "-z"), r"invalid option -- 'z'"),
    (("ping", *ECHO, "10.0.0.1"), r'"10.0.0.1": this is no option'),
    (("ping", "--peer=gw.example.org"), r"--peer=gw.example.org: not an IPv4 or IPv6 address"),
    (("ping", PEER, "--local=10.0.0"), r"--local=10.0.0: not an IPv4"),
    (("ping", PEER, "--local=::1"), r"not of the same IP version"),
    (("ping", PEER, "--port=0"), r"--port=0: not a number from 1 to 65535"),
    (("ping", PEER, "--port=65536"), r"--port=65536"),
    (("ping", PEER, "--port=-5"), r"--port=-5"),
    (("ping", PEER, "--local-port=5000"), r"--local-port goes with --port"),
    (("ping", PEER, "--id=@"), r"--id=@: not an identity"),
    (("ping", PEER, "--remote-id="), r"--remote-id=: not an identity"),
    (("ping", PEER, "--id=keyid:0xabc"), r"not an identity"),
    (("ping", PEER, "--ike=aes128"), r"--ike: proposal \"aes128\": no integrity algorithm"),
    (("ping", PEER, "--ike=aes128-sha256-x25519,rot13"), r"unknown algorithm \"rot13\""),
    (("ping", PEER, "--ike="), r"--ike: proposal \"\": it is empty"),
    (("ping", PEER, "--esp=null"), r"--esp: proposal \"null\": no integrity"),
    (("ping", *ECHO, "--child=10.1.1.0/24"), r"--child=10.1.1.0/24: not LOCAL===REMOTE"),
    (("ping", *ECHO, "--child=10.1.1.0/24===fd00::/64"), r"not of the same IP version"),
    (("ping", *ECHO, *["--child=10.1.1.0/24===10.2.1.0/24"] * 9), r"--child: more than 8"),
    (("ping", PEER, "--mode=transport", "--child=10.1.1.0/24===10.2.1.0/24"), r"tunnel mode"),
    (("ping", *ECHO, "--ppk-required"), r"--ppk-required goes with --ppk-file"),
    (("ping", *ECHO, "--ppk-file=/nonexistent"), r"cannot read --ppk-file=/nonexistent"),
    (("respond", "--local=127.0.0.1", "--ticket-life=x"), r"--ticket-life=x: not a number from 0"),
    (("ping", *ECHO, "--childless=maybe"), r"--childless=maybe: neither never, allow nor force"),
    (("ping", *ECHO, "--crypto=rot13"), r"--crypto=rot13: this build has bearssl"),
    (("ping", *ECHO, "--rekey-child=0"), r"--rekey-child=0: not a number from 1"),
    (("ping", *ECHO, "--rekey-ike=10", "--life-ike=10"), r"--life-ike is not above --rekey-ike"),
    (("ping", *ECHO, "--rekey-child=9", "--life-child=8"), r"--life-child is not above"),
    (("ping", *ECHO, "--fragment=199"), r"--fragment=199: is not 0 and below 200"),
    (("ping", *ECHO, "--fragment=65536"), r"--fragment=65536: not a number from 0 to 65535"),
    (("ping", *ECHO, "--liveness=-1"), r"--liveness=-1: not a number from 0"),
    (("ping", PEER, "--esp=" + ",".join(["aes128gcm16"] * 9)), r"--esp: more than 8"),
    (("ping", PEER, "--legacy-mini", "--esp=aes128-sha1"), r"leave out --ike and --esp"),
    (("ping", PEER, "--ah=aes128-sha256"), r"--ah: proposal \"aes128-sha256\": aes128: AH takes no cipher"),
    (("ping", PEER, "--ah=sha256", "--esp=aes128-sha1"), r"leave out --esp"),
    (("ping", PEER, "--ah=sha256", "--natt"), r"AH cannot go in UDP, and passes no NAT"),
    (("ping", PEER, "--ah=sha256", "--port=4500"), r"AH cannot go in UDP, and passes no NAT"),
    (("ping", PEER, "--mode=beet"), r"neither tunnel nor transport"),
    (("ping", *ECHO, "--mode=transport"), r"leave out --from and --to"),
    (("ping", PEER, "--ts-local=10.1.0.0/33"), r"--ts-local=10.1.0.0/33: not a traffic selector"),
    (("ping", PEER, "--ts-remote=10.2.0.0/24,x"), r"--ts-remote=x: not a traffic selector"),
    (("ping", PEER, "--ts-remote=10.2.0.0/24"), r"--to=ADDR is needed"),
    (("ping", PEER, "--ts-local=10.1.0.0/24"), r"--from=ADDR is needed"),
    (("ping", *ECHO, "--ts-remote=10.3.0.0/24"), r"--to is outside of --ts-remote"),
    (("ping", *ECHO, "--ts-local=10.3.0.0/24"), r"--from is outside of --ts-local"),
    (("ping", PEER, "--from=10.1.0.1", "--to=fd00::1"), r"not of the same IP version"),
    (("ping", PEER, "--to=fd00::1"), r"from one IP version to the other"),
    (("ping", *ECHO, "--count=0"), r"--count=0: not a number"),
    (("ping", *ECHO, "--count=many"), r"--count=many"),
    (("ping", *ECHO, "--count=99999999999999999999"), r"--count="),
    (("ping", *ECHO, "--interval=0"), r"--interval=0: not a number of seconds"),
    (("ping", *ECHO, "--interval=nan"), r"--interval=nan"),
    (("ping", *ECHO, "--timeout=1h"), r"--timeout=1h"),
    (("ping", *ECHO, "--timeout=0x10"), r"--timeout=0x10: not a number of seconds"),
    (("ping", *ECHO, "--interval=1e3"), r"--interval=1e3: not a number of seconds"),
    (("ping", PEER, "--esp=aes128gcm16 chacha20poly1305"), r"--esp: proposal"),
    (("ping", PEER, "--ts-remote=10.2.0.0/24 10.3.0.0/24"), r"--ts-remote=10.2.0.0/24 10.3.0.0/24: not a traffic selector"),
    (("ping", *ECHO, "--size=9000"), r"--size=9000: not a number from 0 to 8192"),
    (("ping", *ECHO, "--initial-contact=perhaps"), r"neither yes nor no"),
    (("ping", *ECHO, "--nat-detection=perhaps"), r"neither yes nor no"),
    (("ping", *ECHO, "--idr=perhaps"), r"neither yes nor no"),
    (("ping", *ECHO, "--nonce=15"), r"not a number from 16 to 255"),
    (("ping", *ECHO, "--psk-file=no/such/file"), r"cannot read --psk-file=no/such/file: No such"),
    (("ping", *ECHO, "--psk=hidden"), r"--psk: arguments are seen by everybody"),
    (("slip", "--pty=x", "--tun=a:b"), r"--tun=a:b: not a name for a device"),
    (("slip", "--pty=x", "--tun=abcdefghijklmnop"), r"not a name for a device \(at most 15 letters"),
    (("slip", "--pty=x", "--peer=::1", "--port=1", "--mtu=1300"), r"--mtu goes with --tun"),
    (("slip", "--pty=x", "--tun=t0", "--local-port=1"), r"--port and --local-port go with --peer"),
    (("slip", "--pty=x", "--tun=t0", "--baud=9600"), r"--baud is of a serial line"),
    (("slip", "--device=x", "--tun=t0", "--mtu=1000", "--address=fd00::1/64"), r"--mtu is below the 1280 octets"),
    (("load", PEER, "--size=100"), r"--size: it is of --traffic"),
    (("load", PEER, "--local=::1"), r"--local: not of the IP version of --peer"),
    (("load", PEER, "--id=@", "--clients=1"), r"--id: not an identity, or too long"),
    (("load", PEER, "--ts-remote=fd00::/64"), r"can work: local and remote selectors have no family"),
    (("respond", "--id=x", "--ticket-file=x", "--ticket-life=0"), r"--ticket-life=0 gives none"),
    (("respond", "--id=x", "--ts-local=10.0.0.0/8", "--ts-remote=fd00::/64"), r"can work: local and remote selectors have no family"),
    (("respond", "--id=x", "--nonce=16", "--ike=aes256-sha512-ecp521"), r"can work: nonce_len is below half of the prf's key"),
    (("ping", *ECHO, "--nonce=16", "--ike=aes256-sha512-ecp521"), r"can work: nonce_len is below half of the prf's key"),
    (("respond",), r"--id=ID is needed"),
    (("respond", "--id=x", "--from=10.1.0.1"), r"unrecognized option '--from=10.1.0.1'"),
]


class Arguments(peers.Case):
    def run_raw(self, words, psk=peers.PSK):
        command = peers.Command(*words[:1], psk=psk, extra=words[1:])
        self.stack.callback(command.stop)
        status = command.wait(10)
        return status, command.out, command.err

    def test_every_mistake_gets_one_line(self):
        for words, pattern in WRONG:
            with self.subTest(" ".join(words)):
                status, out, err = self.run_raw(words)
                self.assertEqual(status, 2)
                self.assertEqual(out, [])
                self.assertEqual(len(err), 1, err)
                self.assertRegex(err[0], pattern)
                self.assertTrue(err[0].startswith("ikelet"), err[0])

    def test_verbs_of_the_daemon(self):
        for words, says in ((("up",), "which connection"), (("up", "a", "b"), '"b" is one too many'), (("status", "x"), '"x" is one too many'),
                            (("status", "--follow"), "unrecognized option '--follow'"), (("log", "--lines=5x"), "--lines=5x: not a number from 1"),
                            (("log", "--lines=0"), "not a number from 1"), (("status", "--control="), "not the name of a socket"),
                            (("status", "--control=" + "x" * 108), "not the name of a socket (1 to 107 octets)"), (("log", "--lines=99999999999999999999"), "not a number from 1")):
            with self.subTest(" ".join(words)):
                status, out, err = self.run_raw(words)
                self.assertEqual((status, out), (2, []))
                self.assertIn(says, err[0])

    def test_numbers_of_load(self):
        for option, says in (("clients=1.9", "not a number from 1 to 60000"), ("clients=0", "not a number from 1"),
                             ("size=64.5", "not a number from 48"), ("traffic=1e3", "not a number from 1"), ("port=1.5", "not a number"),
                             ("rate=0x5", "not a number from 0.01"), ("loss=nan", "not a number"), ("hold=-1", "not a number"),
                             ("delay=", "not a number"), ("timeout=1.2.3", "not a number")):
            with self.subTest(option):
                status, out, err = self.run_raw(("load", "--peer=127.0.0.1", f"--{option}"))
                self.assertEqual((status, out), (2, []))
                self.assertIn(f"--{option}: {says}", err[0])

    def test_clients_of_load(self):
        for options, says in ((("--ts-local=10.0.0.0/30", "--clients=4"), "--ts-local: there are more clients than addresses"),
                              (("--ts-local=255.255.255.254/31", "--clients=3"), "--ts-local: there are more clients"),
                              (("--ts-local=10.0.0.1/32", "--clients=2"), "--ts-local: there are more clients"),
                              (("--id=same", "--clients=2"), "--id: each client has its own: %d stands for its number"),
                              (("--ike=rot13",), '--ike: proposal "rot13"'), (("--remote-id=@",), "--remote-id: not an identity"),
                              (("--psk-file=/nowhere",), "the key: cannot read")):
            with self.subTest(" ".join(options)):
                status, out, err = self.run_raw(("load", "--peer=127.0.0.1", *options))
                self.assertEqual((status, out, len(err)), (2, [], 1))
                self.assertIn(says, err[0])
        for options in (("--ts-local=10.0.0.0/30", "--clients=3"), ("--ts-local=10.0.0.1/32", "--clients=1", "--id=one")):
            status, out, err = self.run_raw(("load", "--peer=127.0.0.1", "--timeout=0.1", f"--port={peers.free_port()}", *options))
            self.assertEqual((status, err), (1, []))
            self.assertRegex(out[0], "^0 of [31] clients came up")

    def test_no_key(self):
        status, _, err = self.run_raw(("ping", *ECHO), psk=None)
        self.assertEqual((status, len(err)), (2, 1))
        self.assertIn("IKELET_PSK", err[0])

    def test_an_empty_key(self):
        for content in (b"", b"\n", b"\r\n"):
            path = os.path.join(self.folder(), "psk")
            with open(path, "wb") as file:
                file.write(content)
            status, _, err = self.run_raw(("ping", *ECHO, f"--psk-file={path}"))
            self.assertEqual((status, len(err)), (2, 1))
            self.assertIn("it is empty", err[0])

    def test_help(self):
        for words in (("--help",), ("-h",), ("help",), *((command, "--help") for command in COMMANDS)):
            with self.subTest(" ".join(words)):
                status, out, err = self.run_raw(words)
                self.assertEqual((status, err), (0, []))
                self.assertTrue(out[0].startswith("Usage: ikelet"))
                self.assertLessEqual(max(map(len, out)), 80)
        for command in COMMANDS:
            with self.subTest(command):
                told = self.run_raw((command, "--help"))
                self.assertEqual(self.run_raw((command, "-h")), told)
                self.assertEqual(self.run_raw(("help", command)), told)
                self.assertRegex(told[1][1], "^[A-Z]")
                self.assertEqual("--follow" in "\n".join(told[1]), command == "log")

    def test_help_explains_every_option(self):
        _, out, _ = self.run_raw(("ping", "--help"))
        text = "\n".join(out)
        for option in ("peer local id remote-id psk-file ike esp ah ts-local ts-remote from to mode "
                       "count interval timeout keylog pcap verbose legacy-mini natt port "
                       "initial-contact size child rekey-child fragment rekey-ike life-child life-ike liveness "
                       "commands nat-detection nonce idr").split():
            self.assertRegex(text, rf"--{option}(=|\[|\s)")

    def test_version(self):
        for words in (("--version",), ("-V",), *((command, "--version") for command in COMMANDS)):
            status, out, _ = self.run_raw(words)
            self.assertEqual(status, 0)
            self.assertTrue(re.fullmatch(r"ikelet \d+\.\d+\.\d+", out[0]))


if __name__ == "__main__":
    peers.main()
