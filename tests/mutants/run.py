#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Mutants: faults of one place each, planted to see that the tests see.

Each tests/mutants/NAME.patch says what it breaks and which lanes must catch it. This program applies it to a copy of
the tree, builds, and runs the lanes: unit (all unit tests), kat (known answers), stories (exchange tests) and swarm (a
fixed set of random runs). A lane catches a mutant by failing, crashing or hanging. Results are kept in the output
folder and taken from there as long as neither the tree nor the patch has changed, so that a run can be stopped and
taken up again.

Ends with "N mutants: N caught"; exit status 1 if one is not caught by all lanes that must, 2 if a patch is rotten."""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LANES = {
    "unit": ["tests/all_unit", "--fail-fast"],
    "kat": ["tests/all_kat", "--fail-fast"],
    "stories": ["tests/all_exchange", "--fail-fast"],
    "swarm": ["sim/sim_swarm", "--seed", "1", "--runs", "1000", "--first"],
}
# Wall seconds after which a lane hangs: several times what it takes on a loaded machine.
LANE_SECONDS = 300
# What a lane is made of.
SOURCES = ("core", "sim", "targets/host", "targets/posix", "tests/unit", "tests/kat", "tests/exchange", "tests/mutants/run.py",
           "tests/CMakeLists.txt", "CMakeLists.txt", "bench/cost/msp430f1611.csv")


class Mutant:
    def __init__(self, path):
        self.path = path
        self.name = path.stem
        text = path.read_text(encoding="utf-8")
        fields = dict(line.split(": ", 1) for line in text.split("\n\n", 1)[0].split("\n") if ": " in line)
        self.breaks = fields.get("Breaks", "").strip()
        by = fields.get("By", "any").split()
        self.must = [] if by == ["any"] else by
        self.digest = hashlib.sha256(text.encode()).hexdigest()
        if not self.breaks or set(self.must) - set(LANES):
            raise SystemExit(f"{path.name}: needs the lines 'Breaks: …' and 'By: any' or lanes")

    def lanes(self, whole):
        """Those to run, in order; one that is not needed runs if `whole` or nobody has caught it yet."""
        return self.must + [lane for lane in LANES if lane not in self.must] if whole or not self.must else self.must


def git(*args):
    return subprocess.run(["git", "-C", str(ROOT), *args], check=True, capture_output=True, text=True).stdout


def mutants():
    found = [Mutant(p) for p in sorted(HERE.glob("*.patch"))]
    if not found:
        raise SystemExit("no mutants")
    return found


def check(all_mutants):
    """Every patch must apply to the tree as it is."""
    rotten = []
    for m in all_mutants:
        r = subprocess.run(["git", "-C", str(ROOT), "apply", "--check", str(m.path)], capture_output=True, text=True)
        if r.returncode != 0:
            rotten.append(f"{m.name}: {r.stderr.strip().splitlines()[0]}")
    for line in rotten:
        print(f"rotten: {line}")
    return not rotten


def files_of(folder):
    return {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}


def copy_tree(source, target, names):
    """Those files; what did not change keeps its time, so that little is built anew."""
    for name in names:
        a, b = source / name, target / name
        if b.exists() and a.read_bytes() == b.read_bytes():
            continue
        b.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(a, b)
        shutil.copymode(a, b)
    for name in files_of(target) - set(names):
        (target / name).unlink()


def tree_digest(tree):
    """Of all that the lanes are built from."""
    h = hashlib.sha256()
    for name in sorted(files_of(tree)):
        if name.startswith(SOURCES):
            h.update(name.encode() + b"\0" + hashlib.sha256((tree / name).read_bytes()).digest())
    return h.hexdigest()


# ---- one worker -----------------------------------------------------------------------------------

class Worker:
    """A copy of the tree and its build folder."""

    def __init__(self, out, number):
        self.origin = out / "origin"
        self.folder = out / f"worker{number}"
        self.tree = self.folder / "tree"
        self.build = self.folder / "build"
        self.configured = False

    def refresh(self):
        copy_tree(self.origin, self.tree, files_of(self.origin))
        if not self.configured:
            self.configure()

    def configure(self):
        launcher = ["-DCMAKE_C_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
        vectors = (ROOT / "../shared/vectors").resolve()
        # As tests/unit/test_stack.c needs it, but without debugging symbols: a mutant is linked once and thrown away.
        subprocess.run(["cmake", "-S", str(self.tree), "-B", str(self.build), "-G", "Ninja", "-DCMAKE_C_COMPILER=gcc",
                        "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_C_FLAGS_RELEASE=-O2", "-DIK_NS3=OFF", "-DIK_WERROR=OFF", f"-DIK_VECTORS_DIR={vectors}", *launcher],
                       check=True, capture_output=True)
        self.configured = True

    def make(self, lanes):
        """Builds what those lanes run."""
        targets = [pathlib.Path(LANES[lane][0]).name for lane in lanes]
        r = subprocess.run(["cmake", "--build", str(self.build), "-j", "2", "--target", *targets], capture_output=True,
                           text=True)
        return r.returncode == 0, (r.stdout + r.stderr)[-3000:]

    def lane(self, lane):
        """True if it passes."""
        program, *args = LANES[lane]
        jobs = [] if lane == "swarm" else ["-j2"]
        try:
            # In a session of its own: Criterion that stops early interrupts the whole process group.
            r = subprocess.run([str(self.build / program), *args, *jobs], capture_output=True, timeout=LANE_SECONDS,
                               cwd=self.build, check=False, start_new_session=True)
        except subprocess.TimeoutExpired:
            return False, "hangs"
        says = (r.stdout + r.stderr).decode("utf-8", "replace")
        return r.returncode == 0, "\n".join(line for line in says.splitlines() if "FAIL" in line or "seed" in line)[:2000]

    def apply(self, mutant):
        subprocess.run(["git", "apply", "--unsafe-paths", f"--directory={self.tree}", str(mutant.path)], check=True,
                       capture_output=True, cwd="/")

    def run(self, mutant, whole):
        """What became of it: a JSON-able dict."""
        self.refresh()
        self.apply(mutant)
        begun = time.monotonic()
        good, text = self.make(mutant.lanes(whole))
        result = {"breaks": mutant.breaks, "must": mutant.must, "caught": [], "missed": [], "says": {}}
        if not good:
            result["error"] = "does not build: " + text
            return result
        for lane in mutant.lanes(whole):
            passed, says = self.lane(lane)
            result["missed" if passed else "caught"].append(lane)
            if not passed:
                result["says"][lane] = says
            if not whole and not mutant.must and not passed:
                break
        result["seconds"] = round(time.monotonic() - begun, 1)
        return result


# ---- all -------------------------------------------------------------------------------------------

def good(result):
    return "error" not in result and bool(result["caught"]) and not set(result["must"]) - set(result["caught"])


def report(name, result):
    if "error" in result:
        return f"ERROR    {name}: {result['error']}"
    word = "caught  " if good(result) else "SURVIVES"
    by = ", ".join(result["caught"]) or "nobody"
    lacking = [lane for lane in result["must"] if lane not in result["caught"]]
    return f"{word} {name} by {by}" + (f"; must be caught by {', '.join(lacking)}" if lacking else "") + f" -- {result['breaks']}"


def sample(all_mutants, n):
    """n of them in a row, from a place that the commit's hash says."""
    commit = git("rev-parse", "HEAD").strip()
    at = int(commit[:8], 16) % len(all_mutants)
    return [all_mutants[(at + i) % len(all_mutants)] for i in range(min(n, len(all_mutants)))]


class Runner:
    def __init__(self, args):
        self.args = args
        self.out = pathlib.Path(args.out).resolve()
        self.out.mkdir(parents=True, exist_ok=True)
        # The tree as it was when this began: somebody may work on it meanwhile.
        names = [n for n in git("ls-files", "-co", "--exclude-standard").splitlines() if (ROOT / n).is_file()]
        copy_tree(ROOT, self.out / "origin", names)
        self.tree = tree_digest(self.out / "origin")
        self.lanes = list(LANES)
        self.free = [Worker(self.out, i) for i in range(args.jobs)]

    def kept(self, mutant):
        path = self.out / f"{mutant.name}.json"
        if not path.exists():
            return None
        result = json.loads(path.read_text(encoding="utf-8"))
        same = result.get("tree") == self.tree and result.get("patch") == mutant.digest
        return result if same and (result.get("whole") or not self.args.whole) and "error" not in result else None

    def keep(self, mutant, result):
        result.update(tree=self.tree, patch=mutant.digest, whole=self.args.whole)
        (self.out / f"{mutant.name}.json").write_text(json.dumps(result, indent=1), encoding="utf-8")

    def one(self, mutant):
        result = self.kept(mutant)
        if result is None:
            worker = self.free.pop()
            try:
                result = worker.run(mutant, self.args.whole)
            finally:
                self.free.append(worker)
            self.keep(mutant, result)
        return result

    def base(self):
        """Where the tree as it is fails, every mutant would seem to be caught."""
        stamp = self.out / "base.json"
        key = [self.tree, self.lanes]
        if stamp.exists() and json.loads(stamp.read_text(encoding="utf-8")) == key:
            return
        worker = self.free[0]
        worker.refresh()
        built, text = worker.make(self.lanes)
        if not built:
            sys.exit(f"the tree without a mutant does not build:\n{text}")
        for lane in self.lanes:
            passed, says = worker.lane(lane)
            if not passed:
                sys.exit(f"the tree without a mutant fails in lane {lane}:\n{says}")
        stamp.write_text(json.dumps(key), encoding="utf-8")

    def run(self, chosen):
        needed = {lane for m in chosen for lane in m.lanes(self.args.whole)}
        self.lanes = [lane for lane in LANES if lane in needed]
        self.base()
        results = {}
        with concurrent.futures.ThreadPoolExecutor(self.args.jobs) as pool:
            todo = {pool.submit(self.one, m): m for m in chosen}
            for done in concurrent.futures.as_completed(todo):
                name = todo[done].name
                results[name] = done.result()
                print(report(name, results[name]), flush=True)
        return results


def table(results):
    for lane in LANES:
        n = sum(lane in r["caught"] for r in results.values())
        tried = sum(lane in r["caught"] + r["missed"] for r in results.values())
        print(f"  {lane:8} caught {n:3} of {tried}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only see that all patches apply")
    parser.add_argument("--sample", type=int, metavar="N", help="run N of them, which the commit's hash chooses")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="run these")
    parser.add_argument("--whole", action="store_true", help="run every lane, even if it need not catch the mutant")
    parser.add_argument("--jobs", type=int, default=max(1, (os.cpu_count() or 2) // 2), help="mutants at once")
    parser.add_argument("--out", default=str(ROOT / "build/mutants"), help="folder for copies and results")
    args = parser.parse_args()
    chosen = everybody = mutants()
    if not check(everybody):
        return 2
    if args.check:
        print(f"{len(everybody)} mutants: all apply")
        return 0
    if args.only:
        chosen = [m for m in everybody if m.name in args.only]
    elif args.sample:
        chosen = sample(everybody, args.sample)
    results = Runner(args).run(chosen)
    if args.whole:
        table(results)
    caught = sum(map(good, results.values()))
    print(f"{len(results)} mutants: {caught} caught")
    return 0 if caught == len(results) else 1


if __name__ == "__main__":
    sys.exit(main())
