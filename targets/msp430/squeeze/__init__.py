# SPDX-License-Identifier: MIT
"""A smaller program from the same instructions: python3 -m squeeze IN.s OUT.s."""
