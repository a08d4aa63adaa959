"""The key of the model's provider: from the environment or the keyring, never from a file or the database."""

from __future__ import annotations

import threading
import time
from typing import Final

from server.kit.crypto import KEYRING_SERVICE, TRUSTED
from server.settings import Settings

ACCOUNT: Final = "anthropic"
"""Under which name the keyring holds it: `keyring set creator-studio-server anthropic`."""
LOOK_AGAIN_S: Final = 60.0

_guard = threading.Lock()
_found: tuple[float, str | None] | None = None


def key_of(settings: Settings) -> str | None:
    """The key, or None where none is configured. The keyring is looked at once a minute at most."""
    if settings.anthropic_key is not None:
        return settings.anthropic_key.get_secret_value().strip() or None
    global _found
    with _guard:
        now = time.monotonic()
        if _found is None or now - _found[0] > LOOK_AGAIN_S:
            _found = now, _in_keyring()
        return _found[1]


def _in_keyring() -> str | None:
    import keyring
    import keyring.errors

    try:
        if keyring.get_keyring().priority >= TRUSTED:
            stored: str | None = keyring.get_password(KEYRING_SERVICE, ACCOUNT)
            return stored or None
    except (keyring.errors.KeyringError, RuntimeError):
        pass
    return None
