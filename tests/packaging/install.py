#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""`cmake --install` into an empty prefix, and README's program built against it in every way that is promised: by the
compiler, pkg-config, find_package(), and by add_subdirectory() of the tree.

Usage: install.py BUILD_FOLDER
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

TREE = pathlib.Path(__file__).resolve().parents[2]
BUILD = os.path.abspath(sys.argv.pop(1)) if len(sys.argv) > 1 else None
PROGRAM = TREE / "tests" / "embed" / "embed.c"
SAYS = "node 0: event 2, reason 0"

PROJECT = """cmake_minimum_required(VERSION 3.25)
project(other C)
{bring}
add_executable(embed {program})
target_link_libraries(embed PRIVATE ikelet::core)
"""


def run(*argv, **options):
    done = subprocess.run([str(a) for a in argv], capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        raise AssertionError(f"{argv}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.prefix = pathlib.Path(cls.folder.name) / "prefix"
        run("cmake", "--install", BUILD, "--prefix", cls.prefix)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def place(self, name):
        path = pathlib.Path(self.folder.name) / name
        path.mkdir()
        return path

    def one(self, pattern):
        found = list(self.prefix.glob(pattern))
        self.assertEqual(len(found), 1, pattern)
        return found[0]

    def test_what_there_is(self):
        self.one("bin/ikelet")
        installed = {p.name for p in (self.prefix / "include" / "ikelet").iterdir()}
        self.assertEqual(installed, {p.name for p in (TREE / "core/include/ikelet").iterdir()})

    def test_the_installed_program_runs(self):
        self.assertRegex(run(self.prefix / "bin" / "ikelet", "--version"), r"^ikelet \d+\.\d+\.\d+\n$")

    def test_by_the_compiler(self):
        out = self.place("cc") / "embed"
        run("cc", f"-I{self.prefix}/include", PROGRAM, self.one("lib/**/libikelet.a"), "-lbearssl", "-o", out)
        self.assertIn(SAYS, run(out))

    def test_by_pkg_config(self):
        out = self.place("pc") / "embed"
        where = dict(os.environ, PKG_CONFIG_PATH=str(self.one("lib/**/ikelet.pc").parent),
                     PKG_CONFIG_ALLOW_SYSTEM_LIBS="1")
        prefix = f"--define-variable=prefix={self.prefix}"
        flags = run("pkg-config", prefix, "--cflags", "--libs", "ikelet", env=where).split()
        run("cc", PROGRAM, *flags, "-o", out)
        self.assertIn(SAYS, run(out))

    def build(self, name, bring, *options):
        place = self.place(name)
        (place / "CMakeLists.txt").write_text(PROJECT.format(bring=bring, program=PROGRAM))
        run("cmake", "-G", "Ninja", "-S", place, "-B", place / "b", *options)
        return place / "b"

    def test_by_find_package(self):
        at = self.build("find", "find_package(ikelet REQUIRED)", f"-DCMAKE_PREFIX_PATH={self.prefix}")
        run("cmake", "--build", at)
        self.assertIn(SAYS, run(at / "embed"))

    def test_by_add_subdirectory(self):
        """It brings the library only; a target of the same name as one of our tests is no error."""
        at = self.build("sub", f"add_subdirectory({TREE} ikelet)")
        targets = run("ninja", "-C", at, "-t", "targets", "all")
        self.assertNotRegex(targets, "sim_swarm|ikelet_command|test_")
        run("cmake", "--build", at)
        self.assertIn(SAYS, run(at / "embed"))


if __name__ == "__main__":
    unittest.main()
