#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""ikeletd under a flood of IKE_SA_INIT requests with forged addresses: how many of those who come meanwhile does it serve?

Usage: bench/flood.py [--build=FOLDER] [--times=10] [--clients=100] [--rate=20] [--json=FILE]

The gateway has one core to itself. First it is measured what it can serve, by CPU time of a handshake; then the other core sends so many times that, each
request from another address, with another SPI and nonce, and clients set up tunnels at --rate a second. Exit status: 0 if 99 of 100 came up and the flood
was as large as asked, 1 if not, 2 if it could not be tried.
"""

import argparse
import contextlib
import json
import os
import subprocess
import sys
import time

import gateway
from gateway import Net, cpu_of, load, pid_of, start_responder

WARM = 2  # seconds of flood before the first client comes
PACKETS = 8192  # different ones; then the same again, which nobody can know from new ones

FLOOD = """import os, socket, struct, sys, time
rate = float(sys.argv[1])
def transform(last, kind, number, attribute=b""):
    return struct.pack(">BBHBBH", 0 if last else 3, 0, 8 + len(attribute), kind, 0, number) + attribute
def payload(following, body):
    return struct.pack(">BBH", following, 0, 4 + len(body)) + body
TRANSFORMS = transform(False, 1, 20, struct.pack(">HH", 0x800e, 128)) + transform(False, 2, 5) + transform(True, 4, 31)
SA = payload(34, struct.pack(">BBHBBBB", 0, 0, 8 + len(TRANSFORMS), 1, 1, 0, 3) + TRANSFORMS)
def packet(n):
    body = SA + payload(40, struct.pack(">HH", 31, 0) + os.urandom(32)) + payload(0, os.urandom(32))
    ike = os.urandom(8) + bytes(8) + struct.pack(">BBBBII", 33, 0x20, 34, 8, 0, 28 + len(body)) + body
    udp = struct.pack(">HHHH", 500, 500, 8 + len(ike), 0) + ike
    return struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, bytes((10, 77, n >> 8 & 255, n & 255)), bytes((10, 9, 0, 2))) + udp
packets = [packet(n + 1) for n in range(int(sys.argv[2]))]
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
to, sent, n = ("10.9.0.2", 0), 0, len(packets)
print("ready", flush=True)
begun = time.monotonic()
while True:
    due = int((time.monotonic() - begun) * rate) - sent
    for _ in range(min(due, 256)):
        try:
            s.sendto(packets[sent % n], to)
        except OSError:
            pass
        sent += 1
    if due <= 0:
        time.sleep(0.0005)
    if due > 8192:  # more than this machine can do: what is told is what was sent
        begun += (due - 8192) / rate
"""


def counters(net, arguments):
    argv = [os.path.join(arguments.build, "targets/posix/ikelet"), "counters", "--json", f"--control={net.folder}/control"]
    return json.loads(subprocess.run(argv, capture_output=True, text=True, check=True).stdout)["counts"]


def pin(pid, core):
    os.sched_setaffinity(pid, {core})


def served_per_s(arguments):
    """By CPU time of one handshake, the clients elsewhere."""
    with contextlib.ExitStack() as exits:
        net = Net(exits)
        responder = start_responder(net, "ikeletd_1", arguments, 1000)
        pin(pid_of(responder), 0)
        before = cpu_of(pid_of(responder))
        told = load(net, arguments, "--clients=1000")
        return told["up"] / (cpu_of(pid_of(responder)) - before)


def start_flood(net, rate):
    flood = subprocess.Popen(net.a.inside(sys.executable, "-c", FLOOD, str(rate), str(PACKETS)), stdout=subprocess.PIPE, text=True)
    net.exits.callback(flood.wait)
    net.exits.callback(flood.kill)
    if flood.stdout.readline() != "ready\n":
        raise SystemExit("flood: no raw socket")


def received(net):
    """Datagrams that came to the gateway's host."""
    return json.loads(net.b.ip("-s", "-j", "link", "show", "eth0"))[0]["stats64"]["rx"]["packets"]


def flooded(arguments, rate):
    with contextlib.ExitStack() as exits:
        net = Net(exits)
        responder = start_responder(net, "ikeletd_1", arguments, arguments.clients, cookie_above=64)
        pin(pid_of(responder), 0)
        net.b.ip("route", "add", "10.77.0.0/16", "via", "10.9.0.1")
        os.sched_setaffinity(0, {1})
        start_flood(net, rate)
        time.sleep(WARM)
        came, cpu, begun = received(net), cpu_of(pid_of(responder)), time.monotonic()
        told = load(net, arguments, f"--clients={arguments.clients}", f"--rate={arguments.rate}")
        lasted = time.monotonic() - begun
        os.sched_setaffinity(0, {0, 1})
        return {"flood_per_s": (received(net) - came) / lasted, "gateway_cpu": (cpu_of(pid_of(responder)) - cpu) / lasted, "up": told["up"],
                "of": arguments.clients, "latency_ms": told["latency_ms"]["median"], "p95_ms": told["latency_ms"]["p95"],
                "cookies": counters(net, arguments)["cookies_sent"]}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default=str(gateway.TREE / "build" / "host"))
    parser.add_argument("--times", type=float, default=10, help="of what one core serves")
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--rate", type=float, default=20, help="clients a second")
    parser.add_argument("--json", metavar="FILE")
    arguments = parser.parse_args()
    if os.geteuid() != 0 or (os.cpu_count() or 1) < 2:
        print("flood: needs root, for network namespaces, and two cores", file=sys.stderr)
        return 2
    serves = served_per_s(arguments)
    out = {"schema": 1, "serves_per_s": serves, **flooded(arguments, serves * arguments.times)}
    out["times"] = out["flood_per_s"] / serves
    print(f"{serves:.0f} handshakes a second are served by one core; flood: {out['flood_per_s']:.0f} requests a second, {out['times']:.1f} times that\n"
          f"clients: {out['up']} of {out['of']} up, {out['latency_ms']:.1f} ms at the median, {out['p95_ms']:.1f} ms at 95 %; "
          f"the gateway's core {100 * out['gateway_cpu']:.0f} % busy")
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(out, file, indent=2)
    return 0 if out["up"] >= 0.99 * out["of"] and out["times"] >= 0.9 * arguments.times else 1


if __name__ == "__main__":
    sys.exit(main())
