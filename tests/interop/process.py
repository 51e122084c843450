# SPDX-License-Identifier: MIT
"""A child process: started in a namespace, logged to a file, ended by its id."""

import ctypes
import os
import signal
import subprocess
import time

LIBC = ctypes.CDLL(None, use_errno=True)
PR_SET_PDEATHSIG = 1


class Failed(Exception):
    """What a case expected did not happen. The text says what."""


def wait_until(what, seconds, condition, pause=0.02):
    """Asks condition() again and again until it is true; answers what it answered."""
    end = time.monotonic() + seconds
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() >= end:
            raise Failed(f"{what}: not within {seconds:g} s")
        time.sleep(pause)


def command(*argv, timeout=20, env=None):
    """Runs a short command to its end; its output, or Failed with what it said."""
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=timeout, env=env, check=False)
    except subprocess.TimeoutExpired as slow:
        raise Failed(f"{' '.join(argv)}: no end within {timeout} s") from slow
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip()
        raise Failed(f"{' '.join(argv)}: exit status {done.returncode}: {said}")
    return done.stdout


def die_with_parent():
    """Runs in the child before exec: should the run be killed outright, nothing outlives it."""
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """stdout and stderr go to one file each: nothing blocks on a full pipe. spoken_to: say() writes
    to its standard input."""

    def __init__(self, argv, out_path, err_path, env=None, spoken_to=False):
        self.out_path, self.err_path = out_path, err_path
        self.begun = time.monotonic()
        with open(out_path, "wb") as out, open(err_path, "wb") as err:
            self.child = subprocess.Popen(
                argv, stdin=subprocess.PIPE if spoken_to else subprocess.DEVNULL, stdout=out,
                stderr=err, env=env, preexec_fn=die_with_parent)

    def say(self, line):
        self.child.stdin.write(f"{line}\n".encode())
        self.child.stdin.flush()

    @property
    def running(self):
        return self.child.poll() is None

    @property
    def stdout(self):
        return read_text(self.out_path)

    @property
    def stderr(self):
        return read_text(self.err_path)

    def wait(self, seconds):
        """Its exit status."""
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired as slow:
            raise Failed(f"{os.path.basename(self.child.args[-1])}: still running after "
                         f"{seconds:g} s") from slow

    def stop(self, seconds=3):
        """Asks it to end, then ends it."""
        if not self.running:
            return
        self.child.terminate()
        try:
            self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()


def read_text(path):
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except FileNotFoundError:
        return ""
