#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`ikeletd --check`: the examples are good; every mistake is named with file and line; noise ends in clear words.

Usage: check.py FOLDER_OF_THE_PROGRAMS
"""

import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import time
import unittest

TREE = pathlib.Path(__file__).resolve().parents[2]
BUILD = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else ""
KEY = "0x" + "6b" * 16


class Check(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def file(self, name, text, mode=0o600):
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(mode)
        return path

    def check(self, text, secrets="gw.example.org: a key\n%any: another\n", mode=0o600):
        """Answers exit status and lines."""
        self.file("secrets", secrets, mode)
        if isinstance(text, str):
            text = text.replace("daemon {", f'daemon {{ secrets = "{self.folder}/secrets";'.replace(";", "\n"), 1) \
                if "daemon {" in text else f'daemon {{ secrets = "{self.folder}/secrets" }} {text}'
        path = self.file("conf", text)
        done = subprocess.run([os.path.join(BUILD, "ikeletd", "ikeletd"), f"--check={path}"],
                              capture_output=True, text=True, check=False, timeout=60)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return done.returncode, done.stdout + done.stderr

    def expect_mistake(self, text, pattern, line=1, **more):
        status, said = self.check(text, **more)
        self.assertEqual(status, 1, said)
        self.assertRegex(said, rf"(?m)conf:{line}: {pattern}")

    def test_selectors_from_packets(self):
        def conf(words):
            return ('connection c { remote = "10.9.0.2" remote_id = "a.example.org"\n remote_ts = "10.2.0.0/16"\n' + words + " }")
        self.assertEqual(self.check(conf('pfp = "local, remote"'), "%any: k\n")[0], 0)
        self.assertEqual(self.check(conf('pfp = "protocol,local_port" start = trap'), "%any: k\n")[0], 0)
        for words, pattern in (('pfp = "local,both"', "pfp = .*not some of local, remote, protocol"),
                               ('pfp = "remote_port"', "pfp = .*ports need the protocol"),
                               ('pfp = local start = "start+trap"', "start = .*it takes a packet")):
            self.expect_mistake(conf(words), pattern, line=3)

    MANUAL = ('manual m {{ local = "10.9.0.1"\n remote = "10.9.0.2"\n esp = "{esp}"\n spi_in = 0x100\n'
              ' spi_out = 257\n{more} }}')

    def test_sas_by_hand(self):
        keys = f"keyid:m/in: 0x{'00' * 48}\nkeyid:m/out: 0x{'01' * 48}\n%any: another\n"
        gcm = f"keyid:m/in: 0x{'00' * 20}\nkeyid:m/out: 0x{'01' * 20}\n"

        def conf(esp="aes128-sha256", more=""):
            return self.MANUAL.format(esp=esp, more=more)
        self.assertIn("1 policies: nothing is wrong", self.check(conf(), keys)[1])
        self.assertEqual(self.check(conf("aes128gcm16-esn", " fresh = yes\n sent = 0x100000000\n"), gcm)[0], 0)
        ah = conf().replace("esp =", "ah =").replace("aes128-sha256", "sha256-esn")
        ah_keys = keys.replace("00" * 48, "00" * 32).replace("01" * 48, "01" * 32)
        self.assertEqual(self.check(ah, ah_keys)[0], 0)
        for line, text, secrets, pattern in (
                (1, ah, keys, "manual m: .* no line keyid:m/in: with a key of 32 octets"),
                (6, conf(more=" ah = sha256\n"), keys, "ah = .*it is ESP or AH: leave out one"),
                (1, ah.replace("\n}", "\n encap = yes\n}").replace("\n }", "\n encap = yes\n}"), ah_keys,
                 "manual m: AH is not put in UDP"),
                (3, ah.replace("sha256-esn", "sha256-aesxcbc"), ah_keys, "ah: .*leaves a choice"),
                (3, conf("aes128gcm16"), gcm, "manual m: the counter of this cipher must not come twice under a key"),
                (3, conf("aes128ctr-sha256"), keys, "manual m: the counter of this cipher must not come twice"),
                (3, conf("aes128-aes256-sha256"), keys, 'esp: "aes128-aes256-sha256" leaves a choice'),
                (3, conf("aes128-sha256,null-sha256"), keys, 'esp = .*more than 1 of them'),
                (1, conf("aes256-sha256"), keys, r"manual m: .*secrets has no line keyid:m/in: with a key of 64 octets"),
                (1, conf(), keys.replace("m/out", "n/out"), r"manual m: .* no line keyid:m/out: with a key of 48 octets"),
                (6, conf(more=" spi_in = 7\n").replace(" spi_in = 0x100\n", "\n"), keys, "spi_in = .*not a number from 256"),
                (6, conf(more=" sent = -1\n"), keys, "sent = .*not a number from 0"),
                (1, conf(more=" received = 4294967296\n"), keys, "manual m: sent and received are below 2.32 without esn"),
                (1, conf(more=" mode = transport\n local_ts = 10.1.0.0/24\n"), keys, "manual m: transport mode is between"),
                (1, conf().replace("10.9.0.2", "fd00::2"), keys, "manual m: local and remote are two addresses of one IP"),
                (7, conf() + "\n" + conf().replace("manual m", "manual n"), keys, "manual n: spi_in is that of manual m"),
                (6, conf(more=" id = a.example.org\n"), keys, 'there is no word "id" in manual')):
            with self.subTest(pattern):
                self.expect_mistake(text, pattern, line, secrets=secrets)

    def example(self, name):
        text = (TREE / "packaging/examples" / name).read_text()
        return text.replace("gw.example.org\"        #", "192.0.2.1\"        #") \
                   .replace("/etc/ikelet", str(self.folder))

    def test_the_examples(self):
        secrets = "".join(f"laptop{i}@example.org: {KEY}\n" for i in range(100))
        self.file("remotes", "".join(f"laptop{i}@example.org  10.1.0.{i}/32\n" for i in range(100)))
        for name, more in (("road-warrior.conf", ""), ("gateway.conf", secrets),
                           ("site-to-site.conf", f"right.example.org: {KEY}\n")):
            with self.subTest(name):
                status, said = self.check(self.example(name), f"gw.example.org: {KEY}\n{more}")
                # Without a route or a name server the connection waits; that is told, and no mistake.
                self.assertEqual(status, 0, said)
                self.assertIn("nothing is wrong", said)

    def test_ten_thousand_remotes(self):
        n = 10000
        self.file("remotes", "".join(f"d{i}.example.org 10.{i >> 8}.{i & 255}.1/32\n" for i in range(n)))
        secrets = "".join(f"d{i}.example.org: {KEY}\n" for i in range(n))
        begun = time.monotonic()
        status, said = self.check(self.example("gateway.conf"), secrets)
        self.assertEqual(status, 0, said)
        self.assertIn("10000 remotes", said)
        self.assertLess(time.monotonic() - begun, 5)

    def test_remotes_of_one_ip_version_each(self):
        """What the gateway has of the other version is not for them; one that has nothing in common is named by its line."""
        text = 'connection a {{\n id = gw\n remotes = "{}/remotes"\n local_ts = "{}"\n}}'
        self.file("remotes", "a.example.org 10.1.0.1/32\nb.example.org fd00:1::2/128\nc.example.org 10.1.0.3/32,fd00:1::3/128\n")
        self.assertEqual(self.check(text.format(self.folder, "10.2.0.0/16,fd00:2::/64"))[0], 0)
        status, said = self.check(text.format(self.folder, "10.2.0.0/16"))
        self.assertEqual(status, 1)
        self.assertRegex(said, r"remotes:2: child a: local and remote selectors have no family and protocol in common\n")

    def test_three_words_are_enough(self):
        status, said = self.check('connection a {\n remote = "127.0.0.1"\n id = "me.example.org"\n}',
                                  "127.0.0.1: a key\n")
        self.assertEqual(status, 0, said)

    def test_every_mistake_at_once(self):
        status, said = self.check("""daemon {
  log = "loud"
  ike_sas = "many"
}
tun {
  mtu = 12
  address = "10.0.0.300/24"
  colour = "red"
}
connection a {
  remote = "192.0.2.1"
  ike = "aes128-sha256-x25519,rot13"
  remote_ts = "10.1.0.0/33"
  start = "soon"
}
connection b {
}
""")
        self.assertEqual(status, 1)
        for line, pattern in ((3, "log"), (4, "ike_sas"), (7, "mtu"), (8, "address"), (9, "colour"),
                              (13, "rot13"), (14, "remote_ts"), (15, "start"), (18, "connection b: name who it is with")):
            with self.subTest(pattern):
                self.assertRegex(said, rf"(?m)conf:{line}: .*{pattern}", said)

    def test_single_mistakes(self):
        whom = 'connection a {\nremote = "192.0.2.1"\n'
        for text, pattern, line in (
                ("", "there is no connection", 1),
                ("daemon {\nworkers = 0\n}", "workers = .*: not a number from 1 to 64", 3),
                ("daemon {\nworkers = 65\n}", "workers = .*: not a number from 1 to 64", 3),
                (f'{whom}pool = "p"\n}}', r'there is no word "pool" in connection: it needs configuration payloads', 3),
                (f'{whom}vips = "0.0.0.0"\n}}', 'there is no word "vips" .*configuration payloads', 3),
                (f'{whom}flavour = "x"\n}}', 'there is no word "flavour" in connection$', 3),
                (f'{whom}mtu = 1400\n}}', 'there is no word "mtu" in connection: it is a word of tun$', 3),
                (f'{whom}psk = "x"\n}}', 'there is no word "psk" in connection: keys stand in the file that daemon.secrets names', 3),
                (f'{whom}esp_proposals = "aes128gcm16"\n}}', 'there is no word "esp_proposals" in connection: here it is esp$', 3),
                (f'remote = "192.0.2.1"\n{whom}}}', 'there is no word "remote" in the file: it is a word of connection$', 1),
                (f'{whom}connection b {{\n}}\n}}', 'there is no word "connection" in connection: it is a section of its own; is a brace missing', 3),
                (f'{whom}remote = "192.0.2.2"\n}}', "remote is given twice", 3),
                (f'{whom}mode = "transport"\n}}', "mode .*tunnel mode only", 3),
                ('connection a {\nremote = "fe80::1"\n}', "remote = \"fe80::1\": a link-local address needs its link", 2),
                (f'{whom}dpd = "1 fortnight"\n}}', "dpd .*not a time", 3),
                (f'{whom}reauth = "soon"\n}}', "reauth .*not a time", 3),
                (f'{whom}ppk = "nobodys"\n}}', "connection a: ppk: there is no key for keyid:nobodys in", 3),
                (f'{whom}ppk_required = yes\n}}', "ppk_required .*without ppk", 3),
                (f'{whom}fragment = 199\n}}', "fragment .*not 0 and below 200", 3),
                (f'{whom}probe = 1279\n}}', "probe .*not 0 and below 1280", 3),
                (f'{whom}ah = "aes128-sha256"\n}}', "ah: .*AH takes no cipher", 3),
                (f'{whom}ah = "sha256"\nesp = "aes128gcm16"\n}}', "ah .*leave out one of esp and ah", 3),
                (f'{whom}ah = "sha256"\nencap = yes\n}}', "child a: AH cannot pass a NAT", 2),
                (f'daemon {{\nupdown = "up.sh"\n}}\n{whom}}}', "updown .*not an absolute path", 3),
                (f'daemon {{\nupdown = "/nowhere/up"\n}}\n{whom}}}', "updown .*No such file", 3),
                (f'daemon {{\nupdown = "/etc/passwd"\n}}\n{whom}}}', "updown .*not a program", 3),
                (f'{whom}replay = 100\n}}', "replay .*not a power of two", 3),
                (f'tun {{\naddress = "10.0.0.1/+8"\n}}\n{whom}}}', "address: .*is not an address with its length", 2),
                ('connection a {\nremote_id = "b"\nid = "c"\nlocal_ts = "::/0"\n}', "child a: remote_ts is needed", 2),
                (f'{whom}}}\nconnection a {{\nremote = "192.0.2.1"\n}}', "found duplicate title 'a'", 4),
                ("connection a {", "", 1)):
            with self.subTest(pattern):
                self.expect_mistake(text, pattern, line)

    def test_times(self):
        """Nothing is cut off: what is not whole, or too short, is a mistake, and never another time, or never."""
        def conf(word, value):
            of_daemon = word in ("tickets", "timeout")
            return (f'daemon {{\n{word} = "{value}"\n}}\n' if of_daemon else "daemon {\n}\n") + \
                'connection a {\nremote = "192.0.2.1"\n' + ("" if of_daemon else f'{word} = "{value}"\n') + "}"
        for word in ("tickets", "dpd", "rekey", "ike_rekey", "reauth"):
            for value in ("0.5", "0.5s", "1.5s", "0.001m", "0.0001h"):
                with self.subTest(word, value=value):
                    self.expect_mistake(conf(word, value), rf'{word} = "{value}": not a time of whole seconds, at most \d+ ', r"\d")
            for value in ("0", "0s", "1", "1s", "0.5m", "1.5m", "1m", "0.1h", "1h"):
                with self.subTest(word, value=value):
                    self.assertEqual(self.check(conf(word, value), "192.0.2.1: a key\n")[0], 0)
        for value in ("500ms", "1e3", "0x10", "1 h", "1d", "-1s", "", ".", "s", "inf", "nan", "1..5", "99999999999999999999h"):
            with self.subTest(value):
                self.expect_mistake(conf("tickets", value), "tickets = .*: not a time of whole seconds", 3)
        for value in ("0", "0.05s", "0.0999s"):
            with self.subTest(value):
                self.expect_mistake(conf("timeout", value), "timeout = .*: not a time of whole milliseconds, 0.1 to 3600 seconds", 3)
        self.expect_mistake(conf("timeout", "1.0005"), "timeout = .*: not a time of whole milliseconds", 3)
        self.expect_mistake(conf("dummy", "0.0005"), "dummy = .*: not a time of whole milliseconds", r"\d")
        for word, value in (("timeout", "0.1"), ("timeout", "0.7s"), ("dummy", "0.01"), ("dummy", "2.345s")):
            with self.subTest(word, value=value):
                self.assertEqual(self.check(conf(word, value), "192.0.2.1: a key\n")[0], 0)

    def test_what_does_not_parse(self):
        """One mistake is one line, and what follows is looked at all the same."""
        good = 'connection a {\nremote = 192.0.2.1\n}\n'
        last = 'connection z {\nremote = 192.0.2.1\nreplay = 100\n}\n'  # a mistake further on
        for number, (text, line, says) in enumerate((
                ('conection a {\nremote = 192.0.2.1\n}\n', 4, 'there is no word "conection" in the file'),
                ('connection {\nremote = 192.0.2.1\n}\n', 4, "missing title for section 'connection'"),
                ('connection a b {\nremote = 192.0.2.1\nchild c {\n}\n}\n', 4, "missing opening brace for section 'connection'"),
                (good + good, 7, "found duplicate title 'a'"),
                ('connection a {\nremote == 192.0.2.1\n}\n', 5, "unexpected token '='"),
                ('connection a {\nremote 192.0.2.1\n}\n', 5, "missing equal sign after option 'remote'"),
                (good + "}\n", 7, "unexpected closing brace"),
                ('connection "" {\nremote = 192.0.2.1\n}\n', r"\d", 'the name "" is empty, or has a slash'),
                ('connection "a/b" {\nremote = 192.0.2.1\n}\n', r"\d", 'the name "a/b" is empty, or has a slash'),
                ('connection a {\nremote = 192.0.2.1\nchild "b/c" {\n}\n}\n', r"\d", 'the name "b/c" is empty, or has a slash'))):
            with self.subTest(number):
                status, said = self.check("daemon {\n}\n" + text + last, "192.0.2.1: a key\n")
                self.assertEqual(status, 1)
                self.assertRegex(said, rf"(?m)\A\S+conf:{line}: {says}\n\S+conf:\d+: replay = .*\n\Z")

    def test_a_file_that_is_cut_off(self):
        whole = 'daemon {\n}\nconnection a {\nremote = "192.0.2.1"\nchild b {\nremote_ts = "10.2.0.0/24"\n}\n}'
        self.assertEqual(self.check(whole, "192.0.2.1: a key\n")[0], 0)
        self.assertEqual(self.check("\ufeff" + whole, "192.0.2.1: a key\n")[0], 0, "a byte order mark is no word")
        for cut in range(len("daemon {\n}\nconnection "), len(whole)):
            with self.subTest(whole[:cut]):
                self.assertEqual(self.check(whole[:cut], "192.0.2.1: a key\n")[0], 1)
        for end in ("", "\n"):  # 8 lines: the secrets are one more
            self.assertRegex(self.check(whole[:-2] + end, "192.0.2.1: a key\n")[1],
                             r"conf:8: the file ends within the connection of line \d: a closing brace is missing")

    def test_names_of_ppks_are_a_list(self):
        keys = "192.0.2.1: k\nkeyid:one: k1\nkeyid:two: k2\n"
        whom = 'connection a {\nremote = "192.0.2.1"\n'
        self.assertEqual(self.check(f'{whom}ppk = "one, two"\n}}', keys)[0], 0)
        for value in ("one,,two", "one,", ","):
            with self.subTest(value):
                self.expect_mistake(f'{whom}ppk = "{value}"\n}}', "connection a: ppk: 8 names at the most, of 1 to", 3, secrets=keys)

    def test_lists_are_joined_by_commas(self):
        """What stands behind a blank is not left out in silence."""
        whom = 'connection a {\nremote = "192.0.2.1"\n'
        for word in ('esp = "aes128gcm16 chacha20poly1305"', 'ike = "aes128-sha256-x25519 rot13"', 'local_ts = "10.1.0.0/24 10.2.0.0/24"'):
            with self.subTest(word):
                self.expect_mistake(f"{whom}{word}\n}}", word.partition(" ")[0] + ": .* ", 3)
        self.assertEqual(self.check(f'{whom}esp = " aes128gcm16 ,  chacha20poly1305 "\n}}', "192.0.2.1: a key\n")[0], 0)
        self.file("remotes", "d.example.org 10.1.0.1/32 10.1.0.2/32\n")
        self.assertRegex(self.check(self.example("gateway.conf"), "d.example.org: a key\n")[1],
                         r'remotes:1: d.example.org: "10.1.0.1/32 10.1.0.2/32" is not a traffic selector')

    def test_places(self):
        """What could not be opened when it is started is told before."""
        for word, value, pattern in (("metrics", "localhost:9000", "neither 127.0.0.1:PORT nor /a/file"),
                                     ("metrics", "127.0.0.1:0", "neither 127.0.0.1:PORT"), ("metrics", "[::1]:9000", "neither 127"),
                                     ("metrics", "127.0.0.1:9000x", "neither 127"), ("metrics", "127.0.0.1:", "neither 127"),
                                     ("metrics", "127.0.0.1:-1", "neither 127"), ("metrics", "127.0.0.1: 80", "neither 127"),
                                     ("control", "/" + "x" * 107, "longer than 107 octets")):
            with self.subTest(value):
                self.expect_mistake(f'daemon {{\n{word} = "{value}"\n}}\nconnection a {{\nremote = "192.0.2.1"\n}}',
                                    f"{word} = .*: {pattern}", 3)
        for word, value in (("metrics", "127.0.0.1:9000"), ("metrics", "/run/metrics"), ("control", "/" + "x" * 106)):
            with self.subTest(value):
                self.assertEqual(self.check(f'daemon {{\n{word} = "{value}"\n}}\nconnection a {{\nremote = "192.0.2.1"\n}}',
                                            "192.0.2.1: a key\n")[0], 0)

    def test_what_is_empty(self):
        """Is told so, once, in its line."""
        for section, words in (("daemon", "user group control metrics keylog pcap updown"), ("tun", "name"), ("connection a", "remote remotes ppk")):
            for word in words.split():
                with self.subTest(word):
                    more = "id = b\nlocal_ts = 10.1.0.0/24\nremote_ts = 10.2.0.0/24\n" if section == "connection a" else ""
                    more += "remote_id = c\n" if word == "ppk" else ""
                    rest = "" if more else 'connection a {\nremote = "192.0.2.1"\n}\n'
                    status, said = self.check(f'daemon {{\n}}\n{section} {{\n{word} = ""\n{more}}}\n{rest}'.replace("daemon {\n}\ndaemon", "\n\ndaemon"),
                                              "192.0.2.1: a key\n")
                    self.assertEqual(status, 1)
                    self.assertRegex(said, rf'\A\S+conf:5: {word} = "": it is empty\n\Z')

    def test_secrets(self):
        good = 'connection a {\n remote = "127.0.0.1"\n remote_id = "gw.example.org"\n}'
        for secrets, mode, pattern in (
                ("gw.example.org: k\n", 0o644, r"secrets:0: holds keys, but others .*mode 644.*chmod 600"),
                ("gw.example.org k\n", 0o600, r'secrets:1: is not "IDENTITY: KEY"'),
                ("# c\n\ngw.example.org: 0x123\n", 0o600, r"secrets:3: the key is empty, too long, or 0x"),
                ("gw.example.org: k\ngw.example.org: l\n", 0o600, r"secrets:2: .*has a key already"),
                ("someone.example.org: hidden-word\n", 0o600, r"conf:\d: connection a: there is no key for gw\.example\.org")):
            with self.subTest(pattern):
                status, said = self.check(good, secrets, mode)
                self.assertEqual(status, 1)
                self.assertRegex(said, pattern)
                self.assertNotIn("hidden-word", said)

    def test_exit_status(self):
        """As ikeletd(8) and --help have it."""
        good = self.file("good", 'daemon {\n secrets = "%s"\n}\nconnection a {\n remote = "127.0.0.1"\n}\n' % self.file("keys", "127.0.0.1: k\n"))
        bad = self.file("bad", "conection a {\n}\n")
        for words, status in (((f"--check={good}",), 0), ((f"--check={bad}",), 1), ((f"--config={bad}",), 2), (("--chek",), 2),
                              (("--check",), 2), (("now",), 2), (("--check=x", "--config=y"), 2), (("--help",), 0), (("-h",), 0), (("--version",), 0)):
            with self.subTest(words):
                done = subprocess.run([os.path.join(BUILD, "ikeletd", "ikeletd"), *words], capture_output=True, check=False, timeout=60)
                self.assertEqual(done.returncode, status, done.stderr)

    def test_a_file_that_is_not_there(self):
        """Nothing is said of a file that it would have named otherwise."""
        for path, says in (("/nowhere/conf", "cannot be read: No such file or directory"), ("/", "is no file, or one of more than 64 MB")):
            done = subprocess.run([os.path.join(BUILD, "ikeletd", "ikeletd"), f"--check={path}"],
                                  capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (1, f"{path}:0: {says}\n"))

    def test_noise(self):
        """1 MB that is no configuration: of any octets, of letters, of its own words."""
        dice = random.Random(7)
        words = 'connection daemon tun child { } = " remote id ike aes128 , 10.0.0.0/8 \n # + \\ ${HOME}'.split(" ")
        noises = (bytes(dice.getrandbits(8) for _ in range(1 << 20)),
                  "".join(chr(dice.randrange(32, 127)) for _ in range(1 << 20)).encode(),
                  " ".join(dice.choice(words) for _ in range(200000)).encode(),
                  b"{" * (1 << 20), b'connection "a" {' * 20000)
        for number, noise in enumerate(noises):
            with self.subTest(number):
                status, said = self.check(noise)
                self.assertEqual(status, 1)
                self.assertRegex(said, r"conf:\d+: ")
                self.assertLess(len(said), 60000)


if __name__ == "__main__":
    unittest.main()
