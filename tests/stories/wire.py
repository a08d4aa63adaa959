"""Watches what of a file goes over the wire, and what the server said of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import httpx

from studio.api.client import Api
from studio.api.transfer import PIECE


@dataclass
class Wire:
    """The parts that were sent (offset, length); the offsets that were acknowledged and that HEAD told."""

    sent: list[tuple[int, int]] = field(default_factory=list)
    acknowledged: list[int] = field(default_factory=list)
    told: list[int] = field(default_factory=list)


@contextmanager
def tapped(half_way: Callable[[Wire], Awaitable[None]]) -> Iterator[Wire]:
    """Watch every upload of this process; each part waits in its middle for `half_way`."""
    wire, plain = Wire(), Api.open

    @asynccontextmanager
    async def watched(api: Api, method: str, path: str, **arguments: Any) -> AsyncIterator[httpx.Response]:
        of_file = path.endswith("/file")
        if of_file and method == "PATCH":
            offset, length = (int(arguments["headers"][n]) for n in ("Upload-Offset", "Content-Length"))
            wire.sent.append((offset, length))
            middle = length // PIECE // 2
            arguments["content"] = _pieces(arguments["content"], middle, lambda: half_way(wire))
        async with plain(api, method, path, **arguments) as response:
            if of_file and method == "PATCH":
                wire.acknowledged.append(offset + length)
            elif of_file and "Upload-Offset" in response.headers:
                wire.told.append(int(response.headers["Upload-Offset"]))
            yield response

    with patch.object(Api, "open", watched):
        yield wire


async def _pieces(
    pieces: AsyncIterator[bytes], middle: int, then: Callable[[], Awaitable[None]]
) -> AsyncIterator[bytes]:
    number = 0
    async for piece in pieces:
        if number == middle:
            await then()
        number += 1
        yield piece
