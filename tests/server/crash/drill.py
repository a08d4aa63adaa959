"""Kills a server again and again while clients write to it, and keeps account of what was promised."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from itertools import count

import httpx

from tests.server.crash.process import ServerProcess

CLIENTS = 4

Write = Callable[[httpx.Client, int], str]
"""Does write number n over HTTP and answers its key; raises httpx.HTTPError when the server is gone."""


def drill(server: ServerProcess, headers: dict[str, str], write: Write, *, kills: int, seed: int) -> set[str]:
    """Run the drill and leave the server stopped; answers the keys of the writes that were confirmed.

    Each kill comes after a random number of confirmed writes, with four more on their way.
    """
    chance, numbers, confirmed = random.Random(seed), count(), set[str]()
    for _ in range(kills):
        server.start()
        confirmed |= _until_killed(server, headers, write, numbers, after=chance.randint(1, 25))
    return confirmed


def _until_killed(
    server: ServerProcess, headers: dict[str, str], write: Write, numbers: count[int], *, after: int
) -> set[str]:
    confirmed: set[str] = set()
    faults: list[BaseException] = []
    enough = threading.Event()

    def work() -> None:
        try:
            with server.client(headers) as client:
                while True:
                    confirmed.add(write(client, next(numbers)))
                    if len(confirmed) >= after:
                        enough.set()
        except httpx.HTTPError:
            pass
        except BaseException as fault:
            faults.append(fault)
        finally:
            enough.set()

    threads = [threading.Thread(target=work) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    assert enough.wait(60)
    server.kill()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return confirmed
