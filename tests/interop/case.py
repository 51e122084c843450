# SPDX-License-Identifier: MIT
"""A case: a name, and the story that it plays on a stage."""

from dataclasses import dataclass
from typing import Callable, Optional


@dataclass
class Case:
    """drop: makes the function that chooses the losses of a wire.Relay; needs: modules whose
    missing() must be empty, else the case is skipped."""

    name: str
    story: Callable
    drop: Optional[Callable] = None
    needs: tuple = ()
