"""A moving-window limit on how often one caller may do something, kept in this process's memory.

It smooths storms. What must survive a restart and hold over all processes is counted in the database.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from weakref import WeakKeyDictionary

from fastapi import Depends, FastAPI, Request
from fastapi.security.utils import get_authorization_scheme_param

from server.kit import clock
from server.kit.errors import TooMany

CALLERS = 10_000
"""Callers remembered a limit; the one that was quiet for longest is forgotten first."""


class MovingWindow:
    """Lets each key through at most `amount` times within any span of length `per`."""

    def __init__(self, amount: int, per: timedelta, *, callers: int = CALLERS) -> None:
        self._amount = amount
        self._per = per.total_seconds()
        self._callers = callers
        self._guard = threading.Lock()
        self._hits: OrderedDict[str, deque[float]] = OrderedDict()

    def hit(self, key: str) -> float:
        """Count one call; 0 when it may pass, else the seconds until the next one may (it is not counted)."""
        now = clock.now().timestamp()
        with self._guard:
            hits = self._hits.setdefault(key, deque())
            self._hits.move_to_end(key)
            while hits and hits[0] <= now - self._per:
                hits.popleft()
            if len(hits) >= self._amount:
                return hits[0] + self._per - now
            hits.append(now)
            if len(self._hits) > self._callers:
                self._hits.popitem(last=False)
            return 0.0


def network(request: Request) -> str:
    """Where a request comes from, coarsely: the IPv4 /24 or the IPv6 /48 of its address."""
    host = request.client.host if request.client else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return "local"
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    prefix = 24 if address.version == 4 else 48
    return str(ipaddress.ip_network((address, prefix), strict=False))


def caller(request: Request) -> str:
    """A fingerprint of the bearer token where there is one, else the network.

    Read as the sign-in check reads it: another spelling of the header is not another caller. A digest, since
    what an unknown caller sends may be long.
    """
    scheme, token = get_authorization_scheme_param(request.headers.get("Authorization"))
    if scheme.lower() != "bearer" or not token:
        return network(request)
    return hashlib.sha256(token.encode()).hexdigest()


class Limited:
    """The dependency: raises TooMany with Retry-After. Each application counts for itself."""

    def __init__(self, amount: int, per: timedelta, by: Callable[[Request], str]) -> None:
        self._amount = amount
        self._per = per
        self._by = by
        self._windows: WeakKeyDictionary[FastAPI, MovingWindow] = WeakKeyDictionary()

    def __call__(self, request: Request) -> None:
        window = self._windows.setdefault(request.app, MovingWindow(self._amount, self._per))
        if wait := window.hit(self._by(request)):
            raise TooMany("That was very often. Wait a little and try again.", retry_after_s=math.ceil(wait))


def limit(amount: int, per: timedelta, *, by: Callable[[Request], str] = caller) -> Any:
    """`_: None = limit(30, timedelta(minutes=1))` in a route's signature, after the actor; document 429 too.

    On a public route it goes into the decorator: `dependencies=[public(), limit(..., by=network)]`.
    """
    return Depends(Limited(amount, per, by))
