#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Style as a failing test: layers, banned identifiers, licence lines, sizes, dead files, names of files and tests in documents.

Usage: tests/tidy.py [ROOT]      exit status 1 if anything is found, each finding on a line.
"""
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
LAYERS = ["util", "wire", "crypto", "ipsec", "ike"]
# Of core/ike, lowest first; "" is what lies beside ike.h. A folder has one header, of its own name.
IKE_FOLDERS = ["", "msg", "nego", "auth", "xchg"]
# What joins them, and sees all; other files beside ike.h see no more than is agreed on.
IKE_JOINS = {"node.c", "configure.c", "teardown.c", "children.c", "effect.c", "lifetime.c", "collision.c"}
# What stands beside the folders.
TOP = {".clang-format", ".gitignore", "ARCHITECTURE.md", "CMakeLists.txt", "CMakePresets.json", "CONTRIBUTING.md", "LICENSE", "Makefile",
       "README.md", "packages.sh", "packages.txt"}
CODE = {".c", ".h", ".cc", ".py", ".sh", ".cmake"}

# In the core: no clock, no random source, no heap, no input or output.
BANNED_CORE = re.compile(
    r"\b(malloc|calloc|realloc|free|time|clock|clock_gettime|gettimeofday|rand|random|srand|getrandom|"
    r"printf|fprintf|snprintf|sprintf|puts|fopen|memcmp|strcpy|strcat|alloca)\s*\(")
BANNED_ANYWHERE = re.compile(r"\b(strcpy|strcat|sprintf|gets|alloca|killall|pkill)\b")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
MACHINE_PATH = re.compile(r"(?<![\w.])/(work|root|tmp)/[a-z.]")
FILE_LINES_MAX = 700
FUNCTION_LINES_MAX = 75

findings = []


def find(path, line, text):
    findings.append(f"{path.relative_to(ROOT)}:{line}: {text}")


def tracked():
    names = subprocess.run(["git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard"],
                           check=True, capture_output=True, text=True).stdout.split("\n")
    return [ROOT / n for n in names if n and (ROOT / n).is_file()]


def without_comments(text):
    """Blanks comments and strings, keeping line numbers."""
    pattern = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.S)
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)


def check_text(path, text):
    for number, line in enumerate(text.split("\n"), 1):
        if UNFINISHED.search(line) and path.name != "tidy.py":
            find(path, number, "a mark of unfinished work")
        if MACHINE_PATH.search(line) and path.name not in ("tidy.py", ".gitignore"):
            find(path, number, "a path of one machine")
        if line.rstrip() != line and path.suffix in CODE:
            find(path, number, "trailing white space")
    if path.suffix in CODE and "SPDX-License-Identifier: MIT" not in text[:200]:
        find(path, 1, "no SPDX line")


def check_layers(path, text):
    """One-way imports; hosts include ikelet/*.h only."""
    parts = path.relative_to(ROOT).parts
    for number, line in enumerate(text.split("\n"), 1):
        m = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if not m:
            continue
        first = m.group(1).split("/")[0]
        if parts[0] == "core" and parts[1] in LAYERS:
            if first in LAYERS and LAYERS.index(first) > LAYERS.index(parts[1]):
                find(path, number, f"layer {parts[1]} imports {first}: imports run {' <- '.join(LAYERS)}")
            elif first in ("host.h", "sim", "targets", "scenarios", "msim.h", "mote.h"):
                find(path, number, "the core imports a host")
        elif parts[:3] == ("targets", "msp430", "sim") and not (path.parent / m.group(1)).is_file():
            find(path, number, "the simulator of the parts knows nothing but itself")
        elif parts[0] in ("sim", "targets", "scenarios") and first in LAYERS:
            find(path, number, "a host includes ikelet/*.h and nothing else of the core")


def check_ike_folders(path, text):
    """Imports inside core/ike run one way, too."""
    parts = path.relative_to(ROOT / "core" / "ike").parts
    folder = "" if len(parts) == 1 else parts[0]
    if folder not in IKE_FOLDERS or len(parts) > 2:
        find(path, 1, f"folders of core/ike are {', '.join(IKE_FOLDERS[1:])}")
        return
    if path.suffix == ".h" and path.stem != (folder or "ike"):
        find(path, 1, f"core/ike has one header a folder: {folder or 'ike'}.h")
    most = folder or ("nego" if path.suffix == ".c" else "")
    for number, line in enumerate(text.split("\n"), 1):
        m = re.match(r'\s*#\s*include\s+"ike/(?:(\w+)/)?\w+\.h"', line)
        if not m or path.name in IKE_JOINS or m.group(1) not in IKE_FOLDERS[1:]:
            continue
        if IKE_FOLDERS.index(m.group(1)) > IKE_FOLDERS.index(most):
            find(path, number, f"imports {m.group(1)}: imports in core/ike run {' <- '.join(['ike.h', *IKE_FOLDERS[1:]])}")


def check_code(path, text):
    bare = without_comments(text)
    in_core = path.relative_to(ROOT).parts[0] == "core"
    for number, line in enumerate(bare.split("\n"), 1):
        m = BANNED_CORE.search(line) if in_core else BANNED_ANYWHERE.search(line)
        if m:
            find(path, number, f"banned here: {m.group(1)}")
        if len(text.split("\n")[number - 1]) > 100 and path.suffix in (".c", ".h", ".cc"):
            if "clang-format off" not in text:
                find(path, number, "longer than 100 columns")
    if text.count("\n") > FILE_LINES_MAX and path.relative_to(ROOT).parts[0] != "tests":
        find(path, 1, f"{text.count(chr(10))} lines: more than {FILE_LINES_MAX}, two topics?")
    check_functions(path, bare)


def check_functions(path, bare):
    """Length of functions in C and C++ by the closing brace in column 1."""
    if path.relative_to(ROOT).parts[0] == "tests":
        return
    start = None
    for number, line in enumerate(bare.split("\n"), 1):
        if line == "{":
            start = number
        elif line == "}" and start is not None:
            if number - start > FUNCTION_LINES_MAX:
                find(path, start, f"a function of {number - start} lines: more than {FUNCTION_LINES_MAX}")
            start = None


def check_dead(paths):
    """A header nobody includes, a script nobody names, what a program left at the top level."""
    for path in paths:
        if path.parent == ROOT and path.name not in TOP:
            find(path, 1, "no file of the top level (TOP in tests/tidy.py)")
    bodies = {p: p.read_text(errors="replace") for p in paths if p.suffix != ".svg"}
    for path in paths:
        if path.suffix not in (".h", ".sh", ".py") or path.name in ("string.h", "tidy.py"):
            continue
        if not any(path.name in body or path.stem in body and path.suffix == ".py"
                   for other, body in bodies.items() if other != path):
            find(path, 1, "nobody names this file")


def check_document(path, text):
    """A document that names a file of the tree names one that exists, and a script that it runs by its name can be run so."""
    for number, line in enumerate(text.split("\n"), 1):
        script = re.match(r" {4}(?:\$ )?([\w./-]+/[\w.-]+\.(?:py|sh))(?:\s|$)", line)
        if script and (ROOT / script.group(1)).exists() and not os.access(ROOT / script.group(1), os.X_OK):
            find(path, number, f"runs {script.group(1)}, which is not executable")
        for name in re.findall(r"`((?:core|sim|targets|scenarios|bench|tests|docs)/[\w./-]+)`", line):
            if not (ROOT / name.rstrip("/")).exists():
                find(path, number, f"names {name}, which does not exist")
        for name in re.findall(r"\]\((?!https?:|#)([^)#]+)[^)]*\)", line):
            if not (path.parent / name).exists():
                find(path, number, f"links to {name}, which does not exist")


def criterion_tests():
    """Names of all tests: suite.name for tests/unit, kind/suite.name for the others."""
    names = set()
    for path in ROOT.glob("tests/*/test_*.c"):
        kind = path.parent.name
        prefix = "" if kind == "unit" else kind + "/"
        for suite, name in re.findall(r"^Test\((\w+), (\w+)", path.read_text(), re.M):
            names.add(f"{prefix}{suite}.{name}")
    return names


def check_requirements():
    """docs/rfc*.md: the functions and tests in its tables exist, the functions in the files named before them."""
    tests = criterion_tests()
    sources = {}
    for path in [*ROOT.glob("core/**/*.c"), *ROOT.glob("targets/posix/*.c")]:
        sources[path.stem] = sources.get(path.stem, "") + path.read_text()
    for path in ROOT.glob("docs/rfc*.md"):
        for number, line in enumerate(path.read_text().split("\n"), 1):
            cells = line.split("|")
            if len(cells) != 5:
                continue
            for stem, names in re.findall(r"(\w+)\.c`?(?: of `core/\w+`)?((?:[:,] `\w+`)*)", cells[2]):
                if stem not in sources:
                    find(path, number, f"names {stem}.c, which does not exist")
                for name in re.findall(r"\w+", names):
                    if not re.search(rf"\b{name}\b", sources.get(stem, name)):
                        find(path, number, f"names {name}, which is not in {stem}.c")
            for name in re.findall(r"`((?:\w+/)?\w+\.\w+)`", cells[3]):
                if name not in tests:
                    find(path, number, f"names the test {name}, which does not exist")


def check_readme_example():
    """The example in README.md is the program that the tests run."""
    readme, example = ROOT / "README.md", ROOT / "tests/embed/embed.c"
    if readme.exists() and example.exists():
        body = example.read_text().split("*/\n", 2)[2].strip()
        if body not in readme.read_text():
            find(readme, 1, "its example differs from tests/embed/embed.c")


def house(text):
    """Folders that the drawing of "The house" names: entries by their indentation, and what the lines of one name behind it."""
    entries, inside, above, folder = set(), set(), [], ""
    for line in text.split("## The house", 1)[1].split("\n## ", 1)[0].split("\n"):
        found = re.match(r"    ((?:  ){0,2})([\w-]+(?:/[\w-]+)*/)(.*)", line)
        if found:
            del above[len(found[1]) // 2:]
            above.append(found[2])
            folder = "".join(above)
            entries.add(folder)
        inside.update(folder + name for name in re.findall(r"(?<![\w/])[\w-]+/(?![\w.])", found[3] if found else line))
    named = entries | inside
    return entries, named | {name[:at + 1] for name in named for at, letter in enumerate(name) if letter == "/"}


def check_architecture(paths):
    """ARCHITECTURE.md names every folder of the tree down to the parts, every call of ik_node.h, and nothing that is not there."""
    path = ROOT / "ARCHITECTURE.md"
    text = path.read_text()
    entries, named = house(text)
    folders = {f"{parent.relative_to(ROOT)}/" for p in paths for parent in p.parents if ROOT in parent.parents}
    for folder in sorted(folders - named):
        depth = folder.count("/")
        if depth == 1 and folder[0] != "." or depth == 2 and folder.startswith(("core/", "sim/", "targets/", "tests/")) or \
                folder.startswith(("core/", "targets/")) and depth == 3:
            find(path, 1, f"The house lacks {folder}")
    for folder in sorted(entries - folders):
        find(path, 1, f"The house names {folder}, which does not exist")
    header = without_comments((ROOT / "core/include/ikelet/ik_node.h").read_text())
    contract = text.split("## The contract", 1)[1].split("\n### ", 1)[0]
    for call in re.findall(r"^\w[\w *]*?\b(ik_\w+)\(", header, re.M):
        if f"`{call}`" not in contract:
            find(path, 1, f"The contract lacks {call}()")
    core = "".join(p.read_text() for p in ROOT.glob("core/**/*.[ch]"))
    for name in sorted(set(re.findall(r"`(ik_\w+)", text))):
        if not re.search(rf"\b{name}\b", core) and not (ROOT / "core/include/ikelet" / f"{name}.h").exists():
            find(path, 1, f"names {name}, which is nowhere in the core")


def check_readme_figures():
    """The firmware's size is that of its budget, its cycles are those of docs/energy.md; strongSwan's cases are as many
    as there are."""
    path = ROOT / "README.md"
    text = path.read_text()
    total = re.search(r"^total +(\d+) +(\d+)$", (ROOT / "targets/msp430/budget.txt").read_text(), re.M)
    listed = subprocess.run([sys.executable, "-B", ROOT / "tests/interop/run.py", "--list"], capture_output=True, text=True, check=True)
    cases = len(listed.stdout.splitlines())
    energy = (ROOT / "docs/energy.md").read_text()

    def cycles(table, part):
        found = re.search(rf"<!-- {table} -->\n(?:\|.*\n)*?\| handshake \| {part} \+ \w+ \| ([\d,]+) ", energy)
        return f"{int(found[1].replace(',', '')) / 1e6:.1f} M"

    for figures in (f"{cycles('energy, small', 'MSP430F1611')} cycles", f"{cycles('energy, esp', 'MSP430F1611')} with the fast",
                    f"{cycles('energy, esp', 'MSP430F5438A')} with", "{:.1f} KB of flash, {:.1f} KB of RAM".format(*(int(n) / 1000 for n in total.groups())),
                    f"{cases} passed, 0 failed, 0 skipped"):
        if figures not in text:
            find(path, 1, f"does not say: {figures}")


def main():
    paths = tracked()
    for path in paths:
        try:
            text = path.read_text()
        except UnicodeDecodeError:
            continue
        check_text(path, text)
        if path.suffix in (".c", ".h", ".cc"):
            check_layers(path, text)
            if ROOT / "core" / "ike" in path.parents:
                check_ike_folders(path, text)
            check_code(path, text)
        if path.suffix == ".md":
            check_document(path, text)
    check_dead(paths)
    check_requirements()
    check_readme_example()
    check_architecture(paths)
    check_readme_figures()
    for line in findings:
        print(line)
    print(f"tidy: {len(paths)} files, {len(findings)} findings")
    return 1 if findings else 0


sys.exit(main())
