# SPDX-License-Identifier: MIT
"""Wireshark as an independent reader of a capture, with the keys of ikelet's key log."""

import os
import shutil

from process import command


def missing():
    return [] if shutil.which("tshark") else ["tshark"]


def fields(capture, keylog, display_filter, *names):
    """One list of strings for each packet that passes the filter. keylog: the folder."""
    wanted = [argument for name in names for argument in ("-e", name)]
    out = command("tshark", "-r", capture, "-o", "esp.enable_encryption_decode:TRUE",
                  "-o", "esp.enable_authentication_check:TRUE", "-Y", display_filter,
                  "-T", "fields", *wanted, timeout=30,
                  env=dict(os.environ, WIRESHARK_CONFIG_DIR=keylog))
    return [line.split("\t") for line in out.splitlines()]
