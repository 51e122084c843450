# SPDX-License-Identifier: MIT
"""Two hosts in network namespaces of their own, with a cable between them, and daemons on them."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

TREE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TREE / "tests" / "interop"))

import netns  # noqa: E402
from process import Failed, Process, wait_until  # noqa: E402

BUILD = None  # folder of the programs, by main()
WORKERS = os.environ.get("IKELETD_WORKERS", "")  # of each daemon whose configuration does not say; none: as many as there are cores
KEY = "a key of the tests, long enough"


def skip(why):
    print(f"SKIPPED: ikeletd: {why}")
    sys.exit(77)


def program(name):
    return os.path.join(BUILD, "ikeletd" if name == "ikeletd" else "", name)


class Daemon:
    """ikeletd in a namespace, with its files in a folder."""

    def __init__(self, stage, namespace, name, conf, secrets):
        self.stage, self.namespace, self.name = stage, namespace, name
        self.folder = pathlib.Path(stage.folder) / name
        self.folder.mkdir(exist_ok=True)
        self.control = str(self.folder / "control")
        self.conf_path = self.folder / "ikeletd.conf"
        self.write(conf, secrets)
        self.process = None
        self.before = []  # a command that runs the daemon

    def write(self, conf, secrets=None):
        if secrets is not None:
            path = self.folder / "secrets"
            path.write_text(secrets)
            path.chmod(0o600)
        if "daemon {" not in conf:
            conf = "daemon {\n}\n" + conf
        workers = "" if "workers =" in conf or not WORKERS else f"  workers = {WORKERS}\n"
        conf = conf.replace("daemon {\n", f'daemon {{\n{workers}  control = "{self.control}"\n'
                            f'  secrets = "{self.folder}/secrets"\n  log = debug\n', 1)
        self.conf_path.write_text(conf.replace("FOLDER", str(self.folder)))

    def start(self, wait=True):
        self.process = Process(
            self.namespace.inside(*self.before, program("ikeletd"), f"--config={self.conf_path}"),
            str(self.folder / "out"), str(self.folder / "err"))
        self.stage.exits.callback(self.stop)
        if wait:
            self.wait_for("is ready:|ended at once", 10)
        return self

    @property
    def log(self):
        return self.process.stderr

    def wait_for(self, pattern, seconds=8):
        def found():
            match = re.search(pattern, self.log)
            if not match and not self.process.running:
                raise Failed(f"{self.name} has ended:\n{self.log}")
            return match
        try:
            return wait_until(f"{self.name} says /{pattern}/", seconds, found)
        except Failed as why:
            raise Failed(f"{why}\n{self.log}") from None

    def ask(self, *words, status=0):
        """ikelet VERB --json; the answer."""
        done = subprocess.run(
            [program("ikelet"), *words, "--json", f"--control={self.control}"],
            capture_output=True, text=True, check=False, timeout=30)
        if done.returncode != status:
            raise Failed(f"{words}: {done.returncode}: {done.stdout}{done.stderr}\n{self.log}")
        return json.loads(done.stdout)

    def say(self, *words, status=0):
        """ikelet VERB; what it prints."""
        done = subprocess.run([program("ikelet"), *words, f"--control={self.control}"],
                              capture_output=True, text=True, check=False, timeout=30)
        if done.returncode != status:
            raise Failed(f"{words}: {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def stop(self):
        if self.process:
            self.process.stop(5)

    def kill(self):
        self.process.child.kill()
        self.process.child.wait()


class Stage(unittest.TestCase):
    """One for each test: namespaces a and b, 10.9.0.1 and 10.9.0.2, fd00:9::1 and ::2."""

    def setUp(self):
        self.exits = contextlib.ExitStack()
        self.addCleanup(self.exits.close)
        self.folder = self.exits.enter_context(tempfile.TemporaryDirectory())
        self.a, self.b = self.namespace("a"), self.namespace("b")
        self.cable()

    def cable(self):
        netns.connect(self.a, "eth0", self.b, "eth0")
        for namespace, number in ((self.a, 1), (self.b, 2)):
            namespace.add_address("eth0", f"10.9.0.{number}/24")
            namespace.add_address("eth0", f"fd00:9::{number}/64")

    def namespace(self, letter):
        namespace = netns.Namespace(letter)
        self.exits.callback(namespace.delete)
        return namespace

    def daemon(self, namespace, name, conf, secrets):
        return Daemon(self, namespace, name, conf, secrets)

    def run_in(self, namespace, *argv, timeout=60):
        done = subprocess.run(namespace.inside(*argv), capture_output=True, text=True,
                              check=False, timeout=timeout)
        return done

    def ping(self, namespace, to, count=3, size=56, source=None):
        more = ["-I", source] if source else []
        done = self.run_in(namespace, "ping", "-n", "-i", "0.05", "-c", str(count), "-W", "2",
                           "-s", str(size), *more, to)
        match = re.search(r"(\d+) received", done.stdout)
        return int(match[1]) if match else 0


def can_make_namespaces():
    if os.geteuid() != 0 or not os.path.exists("/dev/net/tun") or not shutil.which("ip"):
        return False
    name = f"ikt{os.getpid()}p"
    made = subprocess.run(["ip", "netns", "add", name], capture_output=True, check=False)
    subprocess.run(["ip", "netns", "delete", name], capture_output=True, check=False)
    return made.returncode == 0


def main():
    global BUILD
    if len(sys.argv) < 2:
        sys.exit("usage: FILE.py FOLDER_OF_THE_PROGRAMS [TEST]...")
    BUILD = os.path.abspath(sys.argv.pop(1))
    if not can_make_namespaces():
        skip("no right to make network namespaces, or no /dev/net/tun")
    netns.delete_orphans()
    unittest.main(verbosity=2)
