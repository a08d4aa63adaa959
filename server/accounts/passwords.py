"""Argon2id (RFC 9106) with OWASP's least profile: 19 MiB, two passes, one lane."""

from __future__ import annotations

import base64
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from server.kit.errors import Busy

MEMORY_KIB, PASSES, LANES = 19_456, 2, 1
AT_ONCE = 2
WAIT_S = 2.0

_argon2 = PasswordHash((Argon2Hasher(time_cost=PASSES, memory_cost=MEMORY_KIB, parallelism=LANES),))
_turns = threading.BoundedSemaphore(AT_ONCE)


def _unpadded(length: int) -> str:
    return base64.b64encode(bytes(length)).decode().rstrip("=")


NOBODYS = f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${_unpadded(16)}${_unpadded(32)}"
"""Checked when the address is unknown, so that the answer takes as long as for a known one."""


@contextmanager
def _turn() -> Iterator[None]:
    """A storm of sign-ins must not eat the memory: the third waits. Raises Busy after two seconds."""
    if not _turns.acquire(timeout=WAIT_S):
        raise Busy("Too many people are signing in at this moment. Try again in a second.")
    try:
        yield
    finally:
        _turns.release()


_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def temporary() -> str:
    """A password to be read out once: 79 random bits, without letters that are taken for each other."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))


def hashed(password: str) -> str:
    """The hash to store. Slow by design: never call it while a write session is open."""
    with _turn():
        return _argon2.hash(password)


def verify(password: str, against: str | None) -> tuple[bool, str | None]:
    """Whether the password is right, and a fresh hash to store when the stored one is of an older profile.

    None stands for an account that does not exist or has no password: never right, equally slow.
    """
    with _turn():
        right, fresh = _argon2.verify_and_update(password, against or NOBODYS)
    return right and against is not None, fresh
