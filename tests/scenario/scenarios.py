#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What every scenario has to keep, at a small size and one seed: the same summary as before, the same bytes when run again, pcap
files that tshark dissects, a command line that says what is wrong.

Usage: scenarios.py PROGRAM CASE      exit status 0: good, 1: not, 77: a tool is missing
       scenarios.py --update FOLDER   writes the golden summaries anew, with the programs in FOLDER
"""
import filecmp
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).parent
GOLDEN = HERE / "golden"


class Failed(Exception):
    pass


def expect(good, what):
    if not good:
        raise Failed(what)


def close(value, wanted, share):
    return abs(value - wanted) <= share * abs(wanted)


# ---- what each scenario says ------------------------------------------------------------------------------------


def check_garage_door(s):
    expect(s["doors_moved"] == s["presses"], "a door did not move")
    expect(s["energy_mj_per_press"] > 100, "energy")


def check_sensor_field(s):
    expect(s["answered"]["good"] == s["wakings"] == s["reports_received"], "a report was not answered")
    ledger = sum(s["energy_ledger_mj"].values())
    expect(close(ledger, s["energy_drawn_mj"], 1e-3), f"ledger {ledger}, drawn {s['energy_drawn_mj']}")
    expect(close(s["battery_days"], 16200 / s["energy_j_per_sensor_day"], 1e-3), "battery life")


def check_handshake_loss(s):
    rates = [p["ok"]["rate"] for p in s["points"]]
    expect(rates[0] == 1 and rates[-1] < 0.2, f"rates {rates}")
    bytes_each = [p["bytes_on_air"]["mean"] for p in s["points"]]
    expect(bytes_each[0] < bytes_each[1], f"octets {bytes_each}")


def check_esp_latency(s):
    def ms(variant):
        return {p["payload_octets"]: p["round_trip_ms"]["median"] for p in s["points"] if p["variant"] == variant}
    plain, esp, ah = ms("plain"), ms("aes128ccm8"), ms("ah-aesxcbc")
    expect(all(esp[n] > plain[n] + 20 for n in plain), f"ESP costs nothing: {plain}, {esp}")
    expect(all(ah[n] > plain[n] + 20 for n in plain), f"AH costs nothing: {plain}, {ah}")
    expect(ah[max(ah)] < esp[max(esp)], f"AH, which encrypts nothing, is dearer than ESP: {ah}, {esp}")
    octets = {(p["variant"], p["payload_octets"]): p["bytes_on_air"]["mean"] for p in s["points"]}
    # AH's header is 12 octets and its ICV is padded to 8 (RFC 4302 2.6): of AES-XCBC-96 there and back 48 more, in as many frames.
    least = min(plain)
    expect(octets["ah-aesxcbc", least] - octets["plain", least] >= 48, f"octets of AH: {octets}")
    expect({p["protocol"] for p in s["points"]} == {"none", "esp", "ah"}, "protocols")
    expect(all(p["lost"] == 0 for p in s["points"]), "an echo was lost")


def check_cost_of_octets(s):
    names = [m["message"] for m in s["messages"]]
    expect(names == [f"{e} {d}" for e in ("IKE_SA_INIT", "IKE_AUTH") for d in ("request", "response")], names)
    for m in s["messages"]:
        fields = [f for f in s["fields"] if f["message"] == m["message"]]
        expect(sum(f["octets"] for f in fields) == m["octets"], f"{m['message']}: fields do not add up to {m['octets']}")
        expect(m["octets_needed"] <= m["octets"] < m["octets_on_air"], f"{m}")
    same = {v["variant"]: v for v in s["variants"]}
    given, least = same["as given"], same["short nonces and identities, a context, no NAT detection"]
    expect(given["octets"] == s["octets"] and given["octets_on_air"] == s["octets_on_air"], f"{given}")
    expect(least["octets"] <= same["identities of one octet"]["octets"] < given["octets"], f"{same}")
    expect(same["no context of 6LoWPAN"]["octets_on_air"] > given["octets_on_air"], f"{same}")
    # Four notifications of 8 octets and a SHA-1 (RFC 7296 2.23): twice 56 octets above UDP, and as many at least on air.
    saved = {key: given[key] - same["no NAT detection"][key] for key in ("octets", "octets_on_air")}
    expect(saved["octets"] == 4 * 28 <= saved["octets_on_air"] < 2 * 4 * 28, f"{saved}")
    expect(any(f["field"].startswith("AUTH") or "AUTH" in f["field"] for f in s["fields"]), "SK was not opened")


def check_contiki_parity(s):
    expect(s["child_sas_up"]["rate"] == 1 and s["echoes_lost"] == 0, "a flow failed")
    expect(s["responder_child_sas"] == s["options"]["flows"], "a Child SA for each selector")


def check_flood(s):
    off, on = s["floods"]
    expect(on["honest_handshakes"]["rate"] == 1, f"cookies: {on['honest_handshakes']}")
    expect(off["honest_handshakes"]["rate"] < 0.9 and off["ike_sas_most"] == s["options"]["pool"], "the flood does nothing")
    expect(on["gateway_x25519"] < off["gateway_x25519"] and on["amplification"] < 1, "cookies save no work")


def check_mitm(s):
    for attack in s["attacks"]:
        expect(attack["refused"], f"{attack}")
        expect(attack["attack"] == "none" or attack["touched"] > 0, f"{attack['attack']} did nothing")


def check_vpn(s):
    for flow in s["flows"]:
        expect(flow["goodput_mbit_per_s"]["mean"] > 5, f"{flow}")
        expect((flow["esp_packets"] > 500) == (flow["variant"] != "plain"), f"{flow['variant']}: {flow['esp_packets']} in ESP")
        expect(flow["variant"] == "plain" or 0.8 < flow["goodput_of_plain"] < 1.01, f"{flow}")


def check_roadwarrior(s):
    """The tunnel outlives the NAT's reboot; TCP in clear does not."""
    plain, tunnel = s["flows"]
    expect(tunnel["goodput_mbit_per_s"]["mean"] > 1.5 * plain["goodput_mbit_per_s"]["mean"], f"{plain}, {tunnel}")
    expect(tunnel["longest_gap_ms"] < 1000, f"a gap of {tunnel['longest_gap_ms']} ms")


# name: (options of the small run, pcap files and what has to be in them, check)
SCENARIOS = {
    "garage-door": (["--presses=6", "--loss=10", "--cpu=msp430f1611", "--radio=cc2420", "--runs=2"],
                    {"gateway.pcap": "isakmp", "remote-1.pcap": "esp"}, check_garage_door),
    "sensor-field": (["--sensors=4", "--hours=0.5", "--cpu=msp430f1611", "--radio=cc2420"], {"gateway.pcap": "isakmp"},
                     check_sensor_field),
    "handshake-loss": (["--losses=0,40,85", "--handshakes=12"], {"gateway.pcap": "isakmp", "station-1.pcap": "isakmp"},
                       check_handshake_loss),
    "cost-of-octets": (["--nonce=16"], {"gateway.pcap": "isakmp"}, check_cost_of_octets),
    "esp-latency": (["--from=8", "--to=104", "--step=48", "--echoes=2"], {"gateway.pcap": "esp"}, check_esp_latency),
    "contiki-parity": (["--echoes=2", "--radio=cc2420"], {"gateway.pcap": "esp"}, check_contiki_parity),
    "flood": (["--seconds=8", "--pool=32"], {"gateway.pcap": "isakmp"}, check_flood),
    "mitm": (["--packets=5"], {"alice.pcap": "esp", "bob.pcap": "esp"}, check_mitm),
    "end-to-end": (["--seconds=3", "--mss=1220"], {"internet.pcap": "esp"}, check_vpn),
    "gateway-to-gateway": (["--seconds=3", "--mss=1220", "--runs=2"], {"internet.pcap": "esp"}, check_vpn),
    "vpn-roadwarrior": (["--seconds=10", "--mss=1220", "--nat-reboot"], {"access.pcap": "esp"}, check_roadwarrior),
}


# tshark 4.0 does not know AES-CCM in ESP: another suite for its eyes.
READABLE = {"sensor-field": ["--suite=aes128gcm8-prfsha256-x25519"]}


# ---- running ----------------------------------------------------------------------------------------------------


def run(program, out, *options):
    done = subprocess.run([program, *options, "--quiet", f"--out={out}"], capture_output=True, text=True)
    expect(done.returncode == 0, f"{options}: exit status {done.returncode}: {done.stderr}")
    expect(done.stderr == "", f"{options}: on stderr: {done.stderr}")
    return pathlib.Path(out), json.loads((pathlib.Path(out) / "summary.json").read_text()), done.stdout


def golden_text(summary):
    return json.dumps({k: v for k, v in summary.items() if k != "made_by"}, indent=1) + "\n"


def keys_of(value, above=""):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from keys_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)


def check_page(name, page, summary):
    """A timeline whose messages arrive, or have to be lost; and everything that was chosen."""
    chosen = {**summary["options"], **summary.get("air", {}), **summary.get("power", {}), "seed": summary["seed"]}
    missing = [key for key, value in chosen.items() if value is not None and f"<td>{key}</td>" not in page]
    expect("<h2>How it was run</h2>" in page and not missing, f"report.html does not tell {missing}")
    expect("<h2>Timeline of the first run</h2>" in page, "report.html has no timeline")
    if name == "garage-door":
        return
    over = re.findall(r"<tr><td>(\w+)</td><td>(\d+)</td><td>[^<]+</td><td>[^<]+ to [^<]+</td></tr>", page)
    wanted = [(key, str(figure["n"])) for key, figure in summary["runs"].items() if key != "n" and figure["ci95_low"] is not None]
    expect(over == wanted, f"over the runs: {over}, not {wanted}")
    titles = re.findall(r"<title>([^<]*)</title>", page)[1:]
    for exchange in ("IKE_SA_INIT request 0", "IKE_SA_INIT response 0", "IKE_AUTH request 1", "IKE_AUTH response 1"):
        expect(any(re.fullmatch(exchange + r", \d+ octets, [\d.]+ m?s", title) for title in titles), f"no {exchange} that came: {titles[:9]}")
    lost = {title for title in titles if "lost or changed" in title}
    forged = {title for title in titles if "from neither end" in title}
    expect(bool(lost) == (name in ("handshake-loss", "mitm")), f"lost: {lost}")
    expect(bool(forged) == (name == "mitm"), f"forged: {forged}")


def golden(program, name, folder):
    options, pcaps, check = SCENARIOS[name]
    one, summary, printed = run(program, folder / "one", *options)
    two, _, _ = run(program, folder / "two", *options)
    names = sorted(p.name for p in one.iterdir())
    expect(names == sorted(p.name for p in two.iterdir()), "other files")
    for file in names:
        expect(filecmp.cmp(one / file, two / file, shallow=False), f"{file} differs from run to run")
    expect(summary["schema"].startswith(f"ikelet-{name}/") and set(summary["made_by"]) == {"project", "commit", "ns3"}, "schema")
    expect(name in printed and "summary.json" in printed, f"printed: {printed}")
    check(summary)
    page = (one / "report.html").read_text()
    check_page(name, page, summary)
    expect("<svg" in page and "<script" not in page and not re.search(r"(src|href)=", page), "report.html is not self-contained")
    text, wanted = golden_text(summary), GOLDEN / f"{name}.json"
    if text != wanted.read_text():
        (pathlib.Path.cwd() / f"{name}.golden.json").write_text(text)
        was = json.loads(wanted.read_text())
        other = [k for k in {**was, **summary} if k != "made_by" and was.get(k) != summary.get(k)]
        raise Failed(f"another summary than tests/scenario/golden/{name}.json in {other}; if that is meant: scenarios.py --update")


def opened(pcap, wanted=None):
    """No malformed packet; and with the keys beside the file every IKE_AUTH and every ESP packet is opened, by nothing but the folder as
    Wireshark's configuration. Answers how many IKE_AUTH there are."""
    fields = ("frame.protocols", "_ws.malformed", "isakmp.exchangetype", "isakmp.auth.method")
    words = [word for field in fields for word in ("-e", field)]
    done = subprocess.run(["tshark", "-r", str(pcap), "-T", "fields", *words], capture_output=True, text=True,
                          env={**os.environ, "WIRESHARK_CONFIG_DIR": str(pcap.parent)})
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    expect(rows, f"{pcap.name}: tshark reads nothing: {done.stderr}")
    malformed = [row for row in rows if row[1]]
    expect(not malformed, f"{pcap.name}: {len(malformed)} of {len(rows)} packets are malformed")
    expect(not wanted or any(wanted in row[0].split(":") for row in rows), f"{pcap.name}: no {wanted}")
    closed = [row for row in rows if row[2] == "35" and not row[3]]
    closed += [row for row in rows if re.search(r"\besp\b", row[0]) and not re.search(r"\besp:(ip:|ipv6:)?(udp|tcp)\b", row[0])]
    expect(not closed, f"{pcap.name}: {len(closed)} packets stay closed: {closed[:3]}")
    return sum(row[2] == "35" for row in rows)


def dissects(program, name, folder):
    """Each pcap file is opened, and what has to be in it is."""
    if not shutil.which("tshark"):
        print("SKIPPED: no tshark")
        sys.exit(77)
    options, pcaps, _ = SCENARIOS[name]
    out, _, _ = run(program, folder / "out", *options, *READABLE.get(name, []))
    expect(set(pcaps) <= {p.name for p in out.glob("*.pcap")}, f"pcap files: {[p.name for p in out.glob('*.pcap')]}")
    auths = sum(opened(pcap, pcaps.get(pcap.name)) for pcap in sorted(out.glob("*.pcap")))
    expect(auths > 0, "no IKE_AUTH")


def command_line(program, name, folder):
    done = subprocess.run([program, "--help"], capture_output=True, text=True)
    expect(done.returncode == 0 and done.stderr == "" and "Usage: " + name in done.stdout, "--help")
    expect(max(len(line) for line in done.stdout.splitlines()) <= 110, "--help has long lines")
    told, options = done.stdout, re.findall(r"^  --([\w-]+)", done.stdout, re.M)
    expect({"seed", "runs", "out", "quiet"} <= set(options), f"options: {options}")
    for word in ("--bogus", "extra", "--seed=0", "--seed=4294944443", "--RngRun=x", "--runs=0", "--out=", "--seed", "--PrintAttributes",
                 "--PrintAttributes=ns3::NoSuchType", "--PrintNothing", "--SchedulerType=ns3::Node", "--SimulatorImplementationType=ns3::NoSuchType",
                 "--SimulatorImplementationType=ns3::Node", "--ns3::IkeletNode::Queue=x", "--ns3::IkeletNode::Bogus=1"):
        done = subprocess.run([program, word], capture_output=True, text=True, cwd=folder)
        expect(done.returncode == 2 and done.stdout == "", f"{word}: exit status {done.returncode}, {done.stdout}")
        expect(len(done.stderr.splitlines()) == 1 and done.stderr.startswith(name + ": "), f"{word}: {done.stderr}")
    if "min-be" in options:
        done = subprocess.run([program, "--min-be=8"], capture_output=True, text=True, cwd=folder)
        expect(done.returncode == 2 and done.stderr == f"{name}: --min-be=8 is above --max-be=5\n", f"--min-be: {done.returncode}, {done.stderr}")
    expect(not list(folder.iterdir()), "a bad option left files")
    if name == "handshake-loss":
        _, summary, _ = run(program, folder / "out", "--losses=100", "--handshakes=1", "--ns3::IkeletNode::RetransmitTries=2")
        (point,) = summary["points"]
        expect(point["ike_retransmissions_per_handshake"] == 1, f"an attribute is not heeded: {point}")
    readme = HERE.parents[1] / "scenarios" / name / "README.md"
    expect(readme.exists(), f"no README.md for {name}")
    document = readme.read_text()
    wanted = json.loads((GOLDEN / f"{name}.json").read_text())
    joules = any("energy" in key for key in [*wanted, *wanted.get("points", [{}])[0]])
    expect(({"radio", "battery"} <= set(options)) == joules, f"options for joules, {joules} that there are some")
    for key in wanted:
        expect(f"`{key}`" in document, f"README.md of {name} does not explain {key}")
    expect_defaults(name, " ".join(told.split()), wanted)


def expect_defaults(name, text, wanted):
    """What --help says of the CPUs that are taken where none is given, against a run where none was."""
    for option, value in (("cpu", wanted.get("power", {}).get("cpu")), ("gateway-cpu", wanted["options"].get("gateway_cpu"))):
        line = re.search(rf"--{option}=PROFILE ((?:(?! --[\w-]+=).)*)", text)
        if line and value and not any(word.startswith(f"--{option}=") for word in SCENARIOS[name][0]):
            expect(re.findall(r"default ([^):]*)", line[1]) == [value], f"--help: {line[1]}: it is {value}")


def suites(program, name, folder):
    """Any suite will do; what does not go with one is told in one line."""
    options = {"cost-of-octets": [], "flood": ["--seconds=1", "--pool=32", "--clients=2", "--rate=20"]}.get(name, SCENARIOS[name][0])
    for suite in ("aes256gcm16-prfsha384-ecp384", "aes128-sha1-modp1024/aes128ctr-aesxcbc"):
        done = subprocess.run([program, *options, f"--suite={suite}", "--quiet", f"--out={folder}"], capture_output=True, text=True)
        expect(done.returncode == 0, f"{suite}: exit status {done.returncode}, {done.stderr}")
    if name == "cost-of-octets":
        done = subprocess.run([program, "--nonce=16", "--suite=aes256gcm16-prfsha384-ecp384"], capture_output=True, text=True, cwd=folder)
        expect(done.returncode == 2 and "--nonce=16 is less than half the key" in done.stderr, f"--nonce: {done.returncode}, {done.stderr}")


CASES = {f.__name__: f for f in (golden, dissects, command_line, suites)}


def update(programs):
    with tempfile.TemporaryDirectory() as folder:
        for name, (options, _, _) in SCENARIOS.items():
            _, summary, _ = run(pathlib.Path(programs) / name, pathlib.Path(folder) / name, *options)
            (GOLDEN / f"{name}.json").write_text(golden_text(summary))
            print(f"Written: tests/scenario/golden/{name}.json")


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--update":
        return update(sys.argv[2])
    if len(sys.argv) != 3 or sys.argv[2] not in CASES:
        sys.exit(__doc__)
    program = os.path.abspath(sys.argv[1])
    with tempfile.TemporaryDirectory(prefix="scenario-") as folder:
        try:
            CASES[sys.argv[2]](program, os.path.basename(program), pathlib.Path(folder))
        except Failed as failed:
            sys.exit(f"{os.path.basename(program)}: {failed}")
    return None


if __name__ == "__main__":
    main()
