"""Memory goes back to the system, wherever pictures lay among small things that stay."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

PROGRAM = """
import os, sys
from pathlib import Path
from studio.allocator import bound_memory

assert bound_memory()

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

before, stays = resident(), []
for megabytes in (1, 2, 3, 4, 3, 2, 1):
    pictures = []
    for _ in range(16):
        pictures.append(b"p" * (megabytes << 20))
        stays.append(b"s" * 8_000)
    del pictures
print((resident() - before) >> 20)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is another one")
def test_what_is_large_is_given_back_at_once() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert int(done.stdout) <= 4
