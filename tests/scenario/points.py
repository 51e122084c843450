#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Are the points behind the pages of docs/ that sweeps write those of the programs as they are now? Some of each page are run again: an energy
and a time may be 2 per cent off, a rate has to lie where the page's interval and that of the run meet, octets and packets are the same. If one is
not, the sweep is to be run anew (scenarios/sweep/README.md).

Usage: points.py FOLDER      that of the programs
"""
import csv
import json
import pathlib
import subprocess
import sys
import tempfile

DOCS = pathlib.Path(__file__).parents[2] / "docs"
MOST = 0.02
PRESSES = [("msp430f1611", "handshake", "0.0"), ("msp430f5438a", "handshake, radio off", "20.0"), ("msp430fr5994", "resumed", "0.0"),
           ("msp430f1611", "kept", "30.0"), ("msp430f5438a", "plain", "10.0")]


def points(page):
    with open(DOCS / page / "points.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def row(page, **wanted):
    found = [r for r in points(page) if all(r[key] == value for key, value in wanted.items())]
    if len(found) != 1:
        sys.exit(f"docs/{page}/points.csv has {len(found)} rows of {wanted}")
    return found[0]


def run(folder, program, *options):
    with tempfile.TemporaryDirectory() as out:
        subprocess.run([pathlib.Path(folder) / program, *options, "--quiet", f"--out={out}"], check=True, stdout=subprocess.DEVNULL)
        return json.loads((pathlib.Path(out) / "summary.json").read_text(encoding="utf-8"))


def compare(where, name, now, then):
    if abs(now / float(then) - 1) > MOST:
        sys.exit(f"docs/{where}: {name} is {now} today, not {then}: run the sweep anew")
    print(f"docs/{where}: {name}: {now}, {then} there")


def press(folder):
    for cpu, way, loss in PRESSES:
        there = row("press", cpu=cpu, way=way, loss_percent=loss)
        words = way.split(", ")
        sa = ["--plain"] if way == "plain" else [f"--sa={words[0]}"]
        policy = ["--radio-policy=off"] if words[-1] == "radio off" else []
        s = run(folder, "garage-door", f"--presses={there['presses']}", f"--cpu={cpu}", f"--radio={there['radio']}", f"--loss={loss}", *sa, *policy)
        compare("press", f"mJ a press, {cpu}, {way}, {loss} % lost", s["energy_mj_per_press"], there["energy_mj_per_press"])


def storm(folder):
    there = row("storm", sensors="20", jitter_s="30.0")
    s = run(folder, "sensor-field", "--sensors=20", "--jitter=30", "--start=storm", "--hours=0.1", "--period=600", "--runs=5", "--cpu=msp430f1611",
            "--radio=cc2420")
    compare("storm", "handshake, ms", s["handshake_ms"]["median"], there["handshake_ms_median"])
    compare("storm", "joules a day", s["energy_j_per_sensor_day"], there["energy_j_per_sensor_day"])


def loss(folder):
    there = row("loss", loss_model="frame", hops="1", mac_max_frame_retries="3", delay_ms="0.0", fragments_of_largest_datagram="3",
                loss_percent="75.0")
    (s,) = run(folder, "handshake-loss", "--losses=75", "--handshakes=200")["points"]
    now, low, high = s["ok"], float(there["ok_ci95_low"]), float(there["ok_ci95_high"])
    if now["ci95_high"] < low or now["ci95_low"] > high:
        sys.exit(f"docs/loss: {now} succeed today, {low} to {high} there: run the sweep anew")
    print(f"docs/loss: {now['rate']} of 200 succeed at 75 % lost, {there['ok_rate']} there")


def life(folder):
    for way, options in (("plain", ["--plain"]), ("resumed", ["--sa=resumed"])):
        there = row("life", cpu="msp430f5438a", way=way, period_s="600.0")
        s = run(folder, "sensor-field", "--sensors=10", "--hours=16.667", "--period=600", "--cpu=msp430f5438a", "--radio=cc2520", "--radio-policy=off",
                *options)
        compare("life", f"joules a day, {way}", s["energy_j_per_sensor_day"], there["energy_j_per_sensor_day"])
        compare("life", f"octets a report, {way}", s["bytes_on_air"] / s["wakings"], there["bytes_on_air_per_waking"])


def latency(folder):
    s = run(folder, "esp-latency", "--cpu=msp430f1611", "--gateway-cpu=msp430f1611", "--mode=tunnel", "--hops=2", "--step=8", "--echoes=20")
    for p in (p for p in s["points"] if p["payload_octets"] == 64):
        there = row("latency", cpu="msp430f1611", mode="tunnel", hops="2", variant=p["variant"], payload_octets="64")
        compare("latency", f"round trip, ms, {p['variant']}", p["round_trip_ms"]["median"], there["round_trip_ms_median"])


def same(where, name, now, then):
    if now != int(then):
        sys.exit(f"docs/{where}: {name} is {now} today, not {then}: run the sweep anew")
    print(f"docs/{where}: {name}: {now}")


def fields(folder):
    suite = "aes256gcm16-prfsha384-ecp384"
    s = run(folder, "cost-of-octets", "--mode=transport", f"--suite={suite}")
    for v in s["variants"]:
        there = row("fields", ike_suite=suite, mode="transport", variant=v["variant"])
        same("fields", f"octets, {v['variant']}", v["octets"], there["octets"])


def parity(folder):
    there = row("parity", cpu="msp430f1611", keys="manual", hops="2", loss_percent="0.0")
    s = run(folder, "contiki-parity", "--cpu=msp430f1611", "--gateway-cpu=msp430f1611", "--radio=cc2420", "--hops=2", "--runs=50", "--echoes=10",
            "--keys=manual")
    compare("parity", "round trip, ms", s["round_trip_ms"]["median"], there["round_trip_ms_median"])
    compare("parity", "energy, mJ", s["energy_drawn_mj"]["median"], there["energy_drawn_mj_median"])


def flows(folder):
    for page, program in (("tunnel", "gateway-to-gateway"), ("hosts", "end-to-end")):
        s = run(folder, program, "--delay=300", "--loss=1", "--seconds=20", "--mss=536,1220,1448", "--runs=5")
        for f in s["flows"]:
            there = row(page, delay_ms="300.0", loss_percent="1.0", variant=f["variant"], mss_octets=str(f["mss_octets"]))
            compare(page, f"Mbit/s, {f['variant']}, MSS {f['mss_octets']}", f["goodput_mbit_per_s"]["mean"], there["goodput_mbit_per_s"])


def roadwarrior(folder):
    s = run(folder, "vpn-roadwarrior", "--delay=300", "--loss=1", "--seconds=20", "--mss=536,1220,1448", "--runs=5", "--nat-reboot")
    for f in s["flows"]:
        there = row("roadwarrior", nat_reboots="1", delay_ms="300.0", loss_percent="1.0", variant=f["variant"], mss_octets=str(f["mss_octets"]))
        compare("roadwarrior", f"Mbit/s, {f['variant']}, MSS {f['mss_octets']}", f["goodput_mbit_per_s"]["mean"], there["goodput_mbit_per_s"])


def flood(folder):
    s = run(folder, "flood", "--rate=10", "--pool=64", "--gateway-cpu=ideal", "--clients=10", "--seconds=60", "--runs=5")
    for f in s["floods"]:
        there = row("flood", gateway_cpu="ideal", pool="64", forged_per_s="10", cookies=f["cookies"])
        same("flood", f"X25519 of the gateway, cookies {f['cookies']}", f["gateway_x25519"], there["gateway_x25519"])
        compare("flood", f"handshakes up, cookies {f['cookies']}", f["honest_handshakes"]["rate"], there["honest_ok_rate"])


def mitm(folder):
    suite = "chacha20poly1305-prfsha256-x25519"
    for attack in ("ke", "replay", "inject"):
        there = row("mitm", attack=attack, ike_suite=suite)
        s = run(folder, "mitm", f"--attack={attack}", f"--suite={suite}", "--packets=100")
        (a,) = s["attacks"]
        for name, now, key in (("payloads", a["delivered"], "payloads_delivered"), ("packets dropped", sum(a["drops"].values()), "packets_dropped")):
            same("mitm", f"{name}, {attack}", now, there[key])


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for page in (press, storm, loss, life, latency, fields, parity, flows, roadwarrior, flood, mitm):
        page(sys.argv[1])


if __name__ == "__main__":
    main()
