# SPDX-License-Identifier: MIT
# What every workflow has: where the programs are, how large the sweep is, a rule for one point.
#   --config size=smoke|full bin=FOLDER
import os
import sys

HERE = workflow.basedir
PYTHON = sys.executable  # that of Snakemake, which has matplotlib beside it
BIN = os.path.abspath(config.get("bin", os.path.join(HERE, "..", "..", "build", "host", "scenarios")))
SIZE = config.get("size", "full")
if SIZE not in ("smoke", "full"):
    raise WorkflowError(f"size={SIZE}: smoke or full")


def sized(smoke, full):
    return smoke if SIZE == "smoke" else full


def point(output, program, options):
    """The command of one point, into the folder of its summary. An option of None takes no value."""
    words = " ".join(f"--{name}" if value is None else f"--{name}={value}" for name, value in options.items())
    return f"{BIN}/{program} {words} --quiet --out={os.path.dirname(output[0])} >/dev/null"
