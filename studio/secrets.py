"""The sign-in tokens: in the system's keyring, else in memory for this session, never in a file."""

from __future__ import annotations

import logging
import threading

import keyring
from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.errors import KeyringError

SERVICE = "Creator Studio"
SESSION_ONLY = (
    "This computer offers no safe place for the sign-in, so you are signed in for this session only."
)

log = logging.getLogger(__name__)


class Tokens:
    """One token per server address.

    Nothing here fails: where the keyring does, the token lives in memory and `session_only` is
    True from then on (tell the person SESSION_ONLY, once). The keyring may ask the person to
    unlock it, so make this and call it off the UI thread, except for a `get` that follows a
    successful one; it is safe from any.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._memory: dict[str, str] = {}
        self._keyring = _trusted_backend()

    @property
    def session_only(self) -> bool:
        """True when tokens are not kept beyond the end of the program."""
        return self._keyring is None

    def get(self, server_url: str) -> str | None:
        """Return the token for a server, or None."""
        with self._lock:
            if (token := self._memory.get(server_url)) is not None:
                return token
            if self._keyring is None:
                return None
            try:
                token = self._keyring.get_password(SERVICE, server_url)
            except Exception as error:
                self._give_up(error)
                return None
            if token is not None:
                self._memory[server_url] = token  # it may be locked when asked the next time
            return token

    def put(self, server_url: str, token: str) -> None:
        """Keep the token for a server."""
        with self._lock:
            self._memory[server_url] = token
            if self._keyring is not None:
                try:
                    self._keyring.set_password(SERVICE, server_url, token)
                except Exception as error:
                    self._give_up(error)

    def forget(self, server_url: str) -> None:
        """Delete the token for a server (sign-out)."""
        with self._lock:
            self._memory.pop(server_url, None)
            if self._keyring is not None:
                try:
                    if self._keyring.get_password(SERVICE, server_url) is not None:
                        self._keyring.delete_password(SERVICE, server_url)
                except Exception as error:
                    self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        # Only the type: a backend may put anything into its message. Backends also raise what
        # their D-Bus or system library raises, not KeyringError alone.
        log.warning("the keyring failed (%s); tokens stay in memory", type(error).__name__)
        self._keyring = None


def _trusted_backend() -> KeyringBackend | None:
    """Return the keyring's backend when it protects what it keeps.

    keyring's recommended backends have priority 1 and more. Those of keyrings.alt lie below, some
    of them plain files; one of them is taken silently when nothing better is there.
    """
    try:
        backend: KeyringBackend | None = keyring.get_keyring()
        if isinstance(backend, ChainerBackend):
            backend = next(iter(backend.backends), None)
        if backend is None or type(backend).__module__.startswith("keyrings.alt"):
            return None
        return backend if backend.priority >= 1 else None
    except (KeyringError, RuntimeError) as error:
        log.warning("no keyring (%s)", type(error).__name__)
        return None
