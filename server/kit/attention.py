"""Whether somebody is at the studio: on a person's own computer, what nobody waits for rests meanwhile.

A process that looks at files takes the second of two cores from the one that plays them, however nice it is.
"""

from __future__ import annotations

import time
from typing import Final

QUIET_S: Final = 60.0
"""So long after the last request nobody is taken to be there. A client that plays asks every few seconds."""

_last = time.monotonic()  # whoever starts the program is there


def noticed() -> None:
    """Somebody asks this process for something."""
    global _last
    _last = time.monotonic()


def somebody_is_here() -> bool:
    """Whether something was asked for a moment ago."""
    return time.monotonic() - _last < QUIET_S
