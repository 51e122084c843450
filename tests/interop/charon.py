# SPDX-License-Identifier: MIT
"""strongSwan's IKE daemon, with ESP in user space (kernel-libipsec), in one namespace."""

import os
import re
import shutil
import socket

from process import Failed, Process, command, read_text, wait_until

CHARON = "/usr/lib/ipsec/charon"
SWANCTL = "/usr/sbin/swanctl"
LIBIPSEC = "/usr/lib/ipsec/plugins/libstrongswan-kernel-libipsec.so"
PLUGINS = ("random nonce aes aesni sha1 sha2 md5 pem pkcs1 pkcs8 gmp curve25519 x509 revocation "
           "constraints pubkey openssl hmac kdf xcbc cmac ctr ccm gcm chapoly drbg kernel-libipsec "
           "kernel-netlink socket-default vici updown")


def missing():
    """What of strongSwan is not here; empty if all is."""
    return [path for path in (CHARON, SWANCTL, LIBIPSEC) if not os.path.exists(path)]


def copy_programs(folder):
    """Debian's AppArmor profiles go by path and confine charon to /etc and /run. A copy isn't
    confined, so that it may read a configuration that was written for one test."""
    for program in (CHARON, SWANCTL):
        shutil.copy(program, folder)


def settings(tree, depth=0):
    """A nested dict as strongSwan's configuration files have it."""
    indent, lines = "  " * depth, []
    for key, value in tree.items():
        if isinstance(value, dict):
            lines += [f"{indent}{key} {{", settings(value, depth + 1), f"{indent}}}"]
        else:
            lines.append(f"{indent}{key} = {value}")
    return "\n".join(line for line in lines if line)


def merge(tree, changes):
    """tree with changes laid over it; neither is altered."""
    merged = dict(tree)
    for key, value in changes.items():
        old = merged.get(key)
        merged[key] = merge(old, value) if isinstance(value, dict) and isinstance(old, dict) \
            else value
    return merged


class Charon:
    """folder: its configuration, socket and logs; programs: where copy_programs() put them."""

    def __init__(self, folder, programs, namespace):
        self.folder, self.programs, self.namespace = folder, programs, namespace
        self.socket = os.path.join(folder, "charon.vici")
        self.log_path = os.path.join(folder, "charon.log")
        self.environment = dict(os.environ, STRONGSWAN_CONF=self.path("strongswan.conf"))
        self.process = None

    def path(self, name):
        return os.path.join(self.folder, name)

    def daemon_settings(self, changes):
        daemon = {
            "load": PLUGINS,
            "plugins": {"vici": {"socket": f"unix://{self.socket}"},
                        "kernel-libipsec": {"allow_peer_ts": "yes"}},
            "filelog": {"file": {"path": self.log_path, "default": 1, "ike": 2,
                                 "time_format": "%s", "time_add_ms": "yes",
                                 "flush_line": "yes"}},
            "retransmit_tries": 2, "retransmit_timeout": "1.0",
            "piddir": self.folder,
        }
        return {"charon": merge(daemon, changes), "swanctl": {"socket": f"unix://{self.socket}"}}

    def start(self, connections, secrets, daemon=None):
        """Answers when the connections are loaded."""
        self.write("strongswan.conf", self.daemon_settings(daemon or {}))
        self.write("swanctl.conf", {"connections": connections, "secrets": secrets})
        # /run of its own: charon keeps its pid file there, whatever piddir says.
        private_run = "mount -t tmpfs tmpfs /run; exec \"$0\""
        self.process = Process(
            self.namespace.inside("unshare", "-m", "sh", "-c", private_run,
                                  os.path.join(self.programs, "charon")),
            self.path("charon.out"), self.path("charon.err"), self.environment)
        wait_until("charon answers on its socket", 10, self.answers)
        self.swanctl("--load-all", "--file", self.path("swanctl.conf"))

    def write(self, name, tree):
        with open(self.path(name), "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(settings(tree) + "\n")

    def answers(self):
        if not self.process.running:
            raise Failed("charon ended at once")
        with socket.socket(socket.AF_UNIX) as s:
            try:
                s.connect(self.socket)
            except OSError:
                return False
        return True

    def swanctl(self, *arguments):
        return command(os.path.join(self.programs, "swanctl"), *arguments, env=self.environment)

    def initiate(self, child="k"):
        return self.swanctl("--initiate", "--child", child, "--timeout", "10")

    def terminate(self, *which):
        """which: as swanctl has it; the IKE SA of the connection if nothing is said."""
        return self.swanctl("--terminate", *(which or ("--ike", "c")), "--timeout", "5")

    @property
    def sas(self):
        return self.swanctl("--list-sas")

    @property
    def log(self):
        return read_text(self.log_path)

    def wait_for_log(self, pattern, seconds=5):
        """Until a line of the log holds the pattern; answers the match."""
        return wait_until(f"charon logs /{pattern}/", seconds,
                          lambda: re.search(pattern, self.log))

    def wait_until_gone(self, seconds=5):
        """Until it holds no SA."""
        wait_until("charon has no SA left", seconds, lambda: not self.sas.strip())

    def stop(self):
        if self.process:
            self.process.stop()
