#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ikeletd beside other gateways in user space, both ends on this machine, in network namespaces: goodput, CPU, handshakes, memory.

Usage: bench/gateway.py [--build=FOLDER] [--runs=5] [--seconds=5] [--clients=1000,10000] [--only=ikeletd,ikeletd_1,ikeletd_2,charon,openvpn,wireguard_go]
                        [--parts=goodput,pps,handshake,memory] [--keep-disturbed] [--json=FILE]

Daemons that are not installed are left out, and said so. Runs alternate: each daemon once, then each once more. A run during which others used more
than a tenth of the machine just before it, or the hypervisor stole more than 2 %, is dropped and counted. Figures are medians.
"""

import argparse
import contextlib
import functools
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

TREE = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TREE / "tests" / "interop"))

import charon as strongswan  # noqa: E402
import netns  # noqa: E402
from process import Process, wait_until  # noqa: E402

KEY = "a key of the benchmark, long enough"
MTU = 1400
TICKS = os.sysconf("SC_CLK_TCK")


def machine():
    """Seconds since boot: busy, stolen, all."""
    v = [int(x) / TICKS for x in pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    return v[0] + v[1] + v[2] + v[5] + v[6], v[7], sum(v)


def cpu_of(pid):
    v = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(v[11]) + int(v[12])) / TICKS


def is_disturbed():
    a = machine()
    time.sleep(0.4)
    b = machine()
    return (b[0] - a[0]) / (b[2] - a[2]) > 0.1


class Net:
    """Two hosts, a cable."""

    def __init__(self, exits):
        self.exits, self.folder = exits, exits.enter_context(tempfile.TemporaryDirectory())
        self.a, self.b = (self.namespace(letter) for letter in "gh")
        netns.connect(self.a, "eth0", self.b, "eth0")
        self.a.add_address("eth0", "10.9.0.1/24")
        self.b.add_address("eth0", "10.9.0.2/24")

    def namespace(self, letter):
        namespace = netns.Namespace(letter)
        self.exits.callback(namespace.delete)
        return namespace

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), 0o600)
            file.write(text)
        return path

    def start(self, namespace, name, *argv):
        process = Process(namespace.inside(*argv), os.path.join(self.folder, name + ".out"), os.path.join(self.folder, name + ".err"))
        self.exits.callback(process.stop)
        return process

    def reaches(self, address):
        return subprocess.run(self.a.inside("ping", "-c", "1", "-W", "1", address), capture_output=True, check=False).returncode == 0


# ---- daemons: each answers the processes to be counted; 10.2.0.1 is the other end ---------------------------------------------------------

def workers_line(name):
    """`ikeletd_2`: with two workers; without a number, what ikeletd takes by itself."""
    return f"  workers = {name.split('_')[1]}\n" if "_" in name else ""


def ikeletd_conf(net, side, name, extra=""):
    mine, other = (1, 2) if side == "a" else (2, 1)
    names = {1: "client.example.org", 2: "gw.example.org"}
    secrets = net.write(f"secrets-{side}", f"{names[other]}: {KEY}\n")
    return net.write(f"conf-{side}", f"""daemon {{
{workers_line(name)}  control = "{net.folder}/control-{side}"
  secrets = "{secrets}"
  log = warning
}}
tun {{
  mtu = {MTU}
  address = "10.{mine}.0.1/24"
}}
connection c {{
  {'remote = "10.9.0.2"' if side == 'a' else ''}
  encap = yes
  id = "{names[mine]}"
  remote_id = "{names[other]}"
  local_ts = "10.{mine}.0.0/24"
  remote_ts = "10.{other}.0.0/24"
  esp = "aes128gcm16"
  {extra}
}}
""")


def start_ikeletd(net, build, name="ikeletd"):
    program = os.path.join(build, "targets/posix/ikeletd/ikeletd")
    return [net.start(net.b, "gw", program, f"--config={ikeletd_conf(net, 'b', name)}"),
            net.start(net.a, "cl", program, f"--config={ikeletd_conf(net, 'a', name)}")]


def charon_connection(side, many=False):
    mine, other = (1, 2) if side == "a" else (2, 1)
    names = {1: "@client.example.org", 2: "@gw.example.org"}
    return {"c": {"version": 2, "local_addrs": f"10.9.0.{mine}", "remote_addrs": "%any" if many else f"10.9.0.{other}",
                  "proposals": "aes128gcm16-prfsha256-x25519", "mobike": "no",
                  "local": {"auth": "psk", "id": names[mine]}, "remote": {"auth": "psk", "id": "%any" if many else names[other]},
                  "children": {"k": {"local_ts": f"10.{mine}.0.0/16", "remote_ts": "10.64.0.0/10" if many else f"10.{other}.0.0/16",
                                     "esp_proposals": "aes128gcm16"}}}}


def charon(net, namespace, side, many=False):
    folder = os.path.join(net.folder, f"charon-{side}")
    os.makedirs(folder)
    programs = net.exits.enter_context(tempfile.TemporaryDirectory())
    strongswan.copy_programs(programs)
    namespace.add_address("lo", f"10.{1 if side == 'a' else 2}.0.1/32")
    daemon = strongswan.Charon(folder, programs, namespace)
    net.exits.callback(daemon.stop)
    quiet = {"filelog": {"file": {"default": 0, "ike": 0}}, "threads": 16, "dos_protection": "no", "half_open_timeout": 60,
             "ikesa_table_size": 4096, "ikesa_table_segments": 16, "replay_window": 64}
    daemon.start(charon_connection(side, many), {"ike-1": {"secret": f'"{KEY}"'}}, quiet)
    return daemon


def start_charon(net, _):
    both = [charon(net, net.b, "b"), charon(net, net.a, "a")]
    both[1].initiate()
    return [d.process for d in both]


def start_openvpn(net, _):
    prints = {}
    for side in "ab":
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={side}",
                        "-keyout", f"{net.folder}/{side}.key", "-out", f"{net.folder}/{side}.crt"], check=True, capture_output=True)
        said = subprocess.run(["openssl", "x509", "-fingerprint", "-sha256", "-noout", "-in", f"{net.folder}/{side}.crt"], check=True,
                              capture_output=True, text=True).stdout
        prints[side] = said.split("=")[1].strip()
    processes = []
    for side, mine, other, role in (("b", 2, 1, "--tls-server"), ("a", 1, 2, "--tls-client")):
        more = ["--dh", "none"] if side == "b" else []
        namespace = net.b if side == "b" else net.a
        processes.append(net.start(
            namespace, f"openvpn-{side}", "openvpn", "--dev", "tun", "--proto", "udp", "--local", f"10.9.0.{mine}", "--remote", f"10.9.0.{other}",
            "--ifconfig", f"10.{mine}.0.1", f"10.{other}.0.1", role, *more, "--cert", f"{net.folder}/{side}.crt", "--key", f"{net.folder}/{side}.key",
            "--peer-fingerprint", prints["a" if side == "b" else "b"], "--data-ciphers", "AES-128-GCM", "--disable-dco", "--tun-mtu", str(MTU), "--verb", "1"))
    return processes


def start_wireguard(net, _):
    keys = {}
    for side in "ab":
        secret = subprocess.run(["wg", "genkey"], check=True, capture_output=True, text=True).stdout
        public = subprocess.run(["wg", "pubkey"], input=secret, check=True, capture_output=True, text=True).stdout.strip()
        keys[side] = net.write(f"wg-{side}", secret), public
    processes = []
    for side, namespace, mine, other in (("b", net.b, 2, 1), ("a", net.a, 1, 2)):
        device = f"wg{os.getpid() % 10000}{side}"
        processes.append(net.start(namespace, device, "wireguard-go", "-f", device))
        wait_until("wireguard-go", 5, lambda device=device: os.path.exists(f"/var/run/wireguard/{device}.sock"))
        subprocess.run(namespace.inside("wg", "set", device, "private-key", keys[side][0], "listen-port", "51820", "peer", keys["a" if side == "b" else "b"][1],
                                        "allowed-ips", f"10.{other}.0.0/16", "endpoint", f"10.9.0.{other}:51820"), check=True)
        namespace.add_address(device, f"10.{mine}.0.1/16")
        namespace.ip("link", "set", device, "mtu", str(MTU), "up")
        namespace.ip("route", "add", f"10.{other}.0.0/16", "dev", device)
    return processes


DAEMONS = {"ikeletd": (start_ikeletd, None), "ikeletd_1": (functools.partial(start_ikeletd, name="ikeletd_1"), None),
           "ikeletd_2": (functools.partial(start_ikeletd, name="ikeletd_2"), None), "charon": (start_charon, strongswan.CHARON), "openvpn": (start_openvpn, "openvpn"),
           "wireguard_go": (start_wireguard, "wireguard-go")}


def pid_of(process):
    """The daemon itself: `ip netns exec` and `unshare` have become it, or have it as their child."""
    return process.child.pid


# ---- what is measured ----------------------------------------------------------------------------------------------------------------------

def iperf(net, *options):
    server = subprocess.Popen(net.b.inside("iperf3", "-s", "-1", "-B", "10.2.0.1"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        time.sleep(0.3)
        done = subprocess.run(net.a.inside("iperf3", "-c", "10.2.0.1", "-B", "10.1.0.1", "-J", *options), capture_output=True, text=True, timeout=120, check=False)
    finally:
        server.kill()
        server.wait()
    return json.loads(done.stdout)["end"] if done.returncode == 0 else None


def transfer(name, arguments, streams):
    with contextlib.ExitStack() as exits:
        net = Net(exits)
        processes = DAEMONS[name][0](net, arguments.build)
        wait_until(f"{name}: pings pass", 20, lambda: net.reaches("10.2.0.1"))
        disturbed = is_disturbed()
        before, own = machine(), [cpu_of(pid_of(p)) for p in processes]
        end = iperf(net, "-t", str(arguments.seconds), "-P", str(streams), "-C", "cubic")
        after = machine()
        if end is None:
            return None
        gigabits = end["sum_received"]["bytes"] * 8 / 1e9
        used = sum(cpu_of(pid_of(p)) for p in processes) - sum(own)
        return {"mbit": end["sum_received"]["bits_per_second"] / 1e6, "s_per_gbit": (after[0] - before[0]) / gigabits, "own_s_per_gbit": used / gigabits,
                "retransmissions": end["sum_sent"].get("retransmits", 0), "steal": (after[1] - before[1]) / (after[2] - before[2]),
                "disturbed": disturbed or (after[1] - before[1]) / (after[2] - before[2]) > 0.02}


def small_packets(name, arguments):
    """Packets of 64 octets a second at no more than 1 % loss: the largest rate of a search."""
    with contextlib.ExitStack() as exits:
        net = Net(exits)
        DAEMONS[name][0](net, arguments.build)
        wait_until(f"{name}: pings pass", 20, lambda: net.reaches("10.2.0.1"))
        disturbed, good, bad = is_disturbed(), 0, 400_000
        while bad - good > good / 10 + 1000:
            rate = (good + bad) // 2
            end = iperf(net, "-u", "-l", "36", "-b", f"{rate * 36 * 8}", "-t", "1")
            total = end["sum"] if end else {"lost_percent": 100, "packets": 0, "seconds": 1}
            reached = total["packets"] / total["seconds"]
            if total["lost_percent"] <= 1 and reached > 0.95 * rate:
                good = rate
            elif total["lost_percent"] <= 1:  # the sender itself is at its end
                good, bad = max(good, int(reached)), rate
                if reached < 0.8 * rate:
                    break
            else:
                bad = rate
        return {"pps": good, "disturbed": disturbed}


def start_responder(net, name, arguments, clients, cookie_above=60000):
    if name == "charon":
        return charon(net, net.b, "b", many=True).process
    secrets = net.write("secrets", "".join(f"client{i}.example.org: {KEY}\n" for i in range(clients)))
    remotes = net.write("remotes", "".join(
        f"client{i}.example.org 10.{64 + ((i + 1) >> 16)}.{(i + 1) >> 8 & 255}.{(i + 1) & 255}/32\n" for i in range(clients)))
    conf = net.write("conf", f"""daemon {{
{workers_line(name)}  control = "{net.folder}/control"
  secrets = "{secrets}"
  log = error
  ike_sas = {clients + 100}
  cookie_above = {cookie_above}
}}
tun {{
  address = "10.2.0.1/16"
  routes = no
}}
connection many {{
  id = "gw.example.org"
  remotes = "{remotes}"
  local_ts = "10.2.0.0/16"
  ike = "aes128gcm16-prfsha256-x25519"
  esp = "aes128gcm16"
}}
""")
    process = net.start(net.b, "gw", os.path.join(arguments.build, "targets/posix/ikeletd/ikeletd"), f"--config={conf}")
    wait_until("the control socket", 10, lambda: os.path.exists(f"{net.folder}/control"))
    return process


def load(net, arguments, *options):
    key = net.write("key", KEY)
    argv = [os.path.join(arguments.build, "targets/posix/ikelet"), "load", "--peer=10.9.0.2", f"--psk-file={key}", "--json", "--timeout=30", *options]
    done = subprocess.run(net.a.inside(*argv), capture_output=True, text=True, timeout=900, check=False)
    return json.loads(done.stdout)


def handshakes(name, arguments, clients):
    with contextlib.ExitStack() as exits:
        net = Net(exits)
        responder = start_responder(net, name, arguments, clients)
        before = cpu_of(pid_of(responder))
        idle = load(net, arguments, "--clients=40", "--rate=20")
        between = cpu_of(pid_of(responder))
        del before
        told = load(net, arguments, f"--clients={clients}", "--hold=1")
        used = cpu_of(pid_of(responder)) - between
        status = pathlib.Path(f"/proc/{pid_of(responder)}/status").read_text()
        return {"cpu_ms": used * 1000 / max(told["up"], 1), "up": told["up"], "latency_ms": idle["latency_ms"]["median"], "per_s": told["setups_per_s"],
                "load_cpu_ms": told["own_cpu_s"] * 1000 / max(told["up"], 1), "memory_mb": int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024}


def median(runs, key, drop):
    values = [r[key] for r in runs if r is not None and not (drop and r.get("disturbed"))]
    return round(statistics.median(values), 3) if values else None


def gather(names, runs, one):
    """Alternated: each name once, again and again."""
    found = {name: [] for name in names}
    for number in range(runs):
        for name in names:
            try:
                found[name].append(one(name))
            except Exception as why:  # one daemon that does not come up must not hide the others
                print(f"{name}: {why}", file=sys.stderr)
                found[name].append(None)
            print(f"run {number + 1} {name}: {found[name][-1]}", file=sys.stderr)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", default=str(TREE / "build/host"))
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--clients", default="1000,10000")
    parser.add_argument("--only", default="ikeletd,charon,openvpn,wireguard_go")
    parser.add_argument("--parts", default="goodput,pps,handshake")
    parser.add_argument("--keep-disturbed", action="store_true")
    parser.add_argument("--json")
    a = parser.parse_args()
    names = [n for n in a.only.split(",") if DAEMONS[n][1] is None or shutil.which(DAEMONS[n][1])]
    for name in set(a.only.split(",")) - set(names):
        print(f"{name} is not installed: left out", file=sys.stderr)
    drop = not a.keep_disturbed
    out = {"schema": 1, "runs": a.runs, "disturbed": 0}

    def count(found):
        out["disturbed"] += sum(1 for runs in found.values() for r in runs if r and r.get("disturbed"))
    if "goodput" in a.parts:
        for streams, suffix in ((1, ""), (4, "_4")):
            found = gather(names, a.runs, lambda n, s=streams: transfer(n, a, s))
            count(found)
            for key, title in (("mbit", "goodput_mbit"), ("s_per_gbit", "s_per_gbit"), ("own_s_per_gbit", "own_s_per_gbit"), ("retransmissions", "retransmissions")):
                out[title + suffix] = {n: median(found[n], key, drop) for n in names}
    if "pps" in a.parts:
        found = gather(names, a.runs, lambda n: small_packets(n, a))
        count(found)
        out["pps_64"] = {n: median(found[n], "pps", drop) for n in names}
    if "handshake" in a.parts:
        ike = [n for n in names if n.startswith("ikeletd") or n == "charon"]
        out["handshake_cpu_ms"], out["latency_ms"], out["load_cpu_ms"] = {}, {}, {}
        for clients in map(int, a.clients.split(",")):
            found = gather(ike, a.runs, lambda n, c=clients: handshakes(n, a, c))
            out["handshake_cpu_ms"][str(clients)] = {n: median(found[n], "cpu_ms", False) for n in ike}
            out["load_cpu_ms"][str(clients)] = {n: median(found[n], "load_cpu_ms", False) for n in ike}
            out["latency_ms"] = {n: median(found[n], "latency_ms", False) for n in ike}
            if clients == 10000:
                out["memory_mb_10k"] = {n: median(found[n], "memory_mb", False) for n in ike}
    text = json.dumps(out, indent=2)
    if a.json:
        pathlib.Path(a.json).write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    netns.delete_orphans()
    main()
