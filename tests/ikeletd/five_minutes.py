#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""README's "A tunnel in five minutes", as it stands: two hosts, their shells, what README says.

Usage: five_minutes.py FOLDER_OF_THE_PROGRAMS
"""

import os
import re
import subprocess

import stage
from stage import Stage, TREE

# Each host has /etc and /run of its own. What the shell leaves in the background is ended at the end.
SHELL = """mount -t tmpfs tmpfs /etc; mount -t tmpfs tmpfs /run
{commands}
echo DONE
read -r wait
kill $!
wait
"""


def block(name):
    text = (TREE / "README.md").read_text()
    found = re.search(rf"<!-- {name} -->\n((?:    .*\n)+)", text)
    return re.sub(r"(?m)^    ", "", found[1])


class FiveMinutes(Stage):
    def cable(self):
        super().cable()
        self.b.add_address("eth0", "192.0.2.1/24")
        self.a.add_address("eth0", "192.0.2.9/24")

    def host(self, namespace, name):
        path = ":".join([stage.BUILD, os.path.join(stage.BUILD, "ikeletd"), os.environ["PATH"]])
        shell = subprocess.Popen(
            namespace.inside("unshare", "-m", "sh", "-c", SHELL.format(commands=block(name))), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=dict(os.environ, PATH=path))

        def end():
            if shell.poll() is None:
                shell.communicate("\n", timeout=10)
            shell.stdin.close()
            shell.stdout.close()
        self.exits.callback(end)
        said = ""
        for line in shell.stdout:
            said += line
            if line == "DONE\n":
                return said
        raise AssertionError(said)

    def test_it(self):
        said = self.host(self.b, "gateway")
        self.assertIn("nothing is wrong", said)
        said = self.host(self.a, "laptop")
        self.assertIn("connection: office (up, initiator)", said)
        self.assertIn("3 received", said)


if __name__ == "__main__":
    stage.main()
