# SPDX-License-Identifier: MIT
"""Stories of an image and a peer: functions that yield a line for each thing that is wrong."""
import os
import sys

import gdb


def main(stories):
    """Plays all with what the command line names. The exit status: 77 if something is not here."""
    image, peer_program = sys.argv[1:]
    lacks = gdb.missing() + [path for path in (image, peer_program) if not os.path.exists(path)]
    if lacks:
        print(f"SKIPPED: no {', '.join(lacks)} (make msp430 builds the images)")
        return 77
    wrong = 0
    for story in stories:
        print(f"{story.__name__.replace('_', ' ')}:")
        for line in story(image, peer_program):
            wrong += 1
            print(f"  WRONG: {line}")
    return 1 if wrong else 0
