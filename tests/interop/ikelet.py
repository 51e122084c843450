# SPDX-License-Identifier: MIT
"""The command of targets/posix, run in a namespace."""

import os
import re
import shutil

from process import Process

BINARY = "build/host/targets/posix/ikelet"


class Ikelet:
    """folder: its PSK file and its output."""

    def __init__(self, folder, binary, namespace, psk):
        self.binary, self.namespace, self.psk = binary, namespace, psk
        self.folder = folder
        self.out_path = os.path.join(folder, "out")
        self.err_path = os.path.join(folder, "err")
        self.psk_path = os.path.join(folder, "psk")
        with open(self.psk_path, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(psk)
        self.process = None

    def start(self, subcommand, **options):
        """See as_arguments()."""
        argv = [self.binary, subcommand, f"--psk-file={self.psk_path}", *as_arguments(options)]
        self.process = Process(self.namespace.inside(*argv), self.out_path, self.err_path,
                               spoken_to=bool(options.get("commands")))
        return self.process

    def say(self, line):
        """A line for --commands."""
        self.process.say(line)

    def run(self, subcommand, seconds=20, **options):
        """To its end; answers its exit status."""
        return self.start(subcommand, **options).wait(seconds)

    def run_as_nobody(self, subcommand, seconds=20, **options):
        """As a user without any privilege, who gives the key by the environment."""
        # Nobody may run a copy here, wherever the program itself is.
        program = shutil.copy(self.binary, self.folder)
        for folder in (self.folder, os.path.dirname(self.folder)):
            os.chmod(folder, 0o711)
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"]
        self.process = Process(
            self.namespace.inside(*nobody, program, subcommand, *as_arguments(options)),
            self.out_path, self.err_path, dict(os.environ, IKELET_PSK=self.psk))
        return self.process.wait(seconds)

    @property
    def replies(self):
        """Echo replies that it has printed."""
        return len(re.findall(r"icmp_seq=\d+.*time=", self.process.stdout))

    def stop(self):
        if self.process:
            self.process.stop()


def as_arguments(options):
    """peer="10.9.0.2" is --peer=10.9.0.2, ts_local is --ts-local, from_ is --from; True is the bare
    option, None and False leave it out."""
    arguments = []
    for key, value in options.items():
        name = "--" + key.rstrip("_").replace("_", "-")
        if value is True:
            arguments.append(name)
        elif value is not None and value is not False:
            arguments.append(f"{name}={value}")
    return arguments
