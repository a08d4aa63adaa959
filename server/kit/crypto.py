"""The server's keys and what they do: hash tokens, encrypt personal fields, sign the audit head."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TOKEN_PREFIX = "cst_"  # noqa: S105 - a public marker, not a secret
KEYRING_SERVICE = "creator-studio-server"
TRUSTED = 1
"""Priority from which on a keyring is a real one."""
KEYS_FILE = "keys.json"
Source = Literal["environment", "keyring", "file", "given"]


@dataclass(frozen=True, repr=False)
class Keys:
    """The three server secrets, 32 bytes each, and where they came from."""

    field_key: bytes
    pepper: bytes
    audit_seed: bytes
    source: Source = "given"

    @property
    def signer(self) -> Ed25519PrivateKey:
        """The Ed25519 key (RFC 8032) that signs audit heads."""
        return Ed25519PrivateKey.from_private_bytes(self.audit_seed)

    @property
    def fingerprint(self) -> str:
        """By which a database knows these keys again; tells nothing of them."""
        secret = self.field_key + self.pepper + self.audit_seed
        return hmac.digest(secret, b"creator-studio keys", "sha256").hex()

    def new_token(self) -> str:
        """A fresh opaque session token: 256 random bits behind a prefix that secret scanners know."""
        return TOKEN_PREFIX + secrets.token_urlsafe(32)

    def token_hash(self, token: str) -> bytes:
        """What is stored instead of a token: HMAC-SHA256 keyed with the pepper."""
        return hmac.digest(self.pepper, b"token:" + token.encode(), "sha256")

    def lookup(self, kind: str, value: str) -> bytes:
        """A keyed fingerprint by which an encrypted field can be found, e.g. an e-mail address."""
        return hmac.digest(self.pepper, f"{kind}:{value.strip().casefold()}".encode(), "sha256")

    def encrypt(self, plain: str, *, bound_to: str) -> bytes:
        """AES-256-GCM (SP 800-38D), nonce first; `bound_to` names row and column and must match again."""
        nonce = os.urandom(12)
        return nonce + AESGCM(self.field_key).encrypt(nonce, plain.encode(), bound_to.encode())

    def decrypt(self, sealed: bytes, *, bound_to: str) -> str:
        """Undo `encrypt`. Raises cryptography's InvalidTag when the row or the bytes were swapped."""
        return AESGCM(self.field_key).decrypt(sealed[:12], sealed[12:], bound_to.encode()).decode()


def generate() -> Keys:
    """Three fresh random keys."""
    return Keys(secrets.token_bytes(32), secrets.token_bytes(32), secrets.token_bytes(32))


def from_text(text: str, source: Source) -> Keys:
    """Read the JSON that `to_text` wrote. Raises ValueError when a key is missing or not 32 bytes."""
    found = json.loads(text)
    try:
        field_key, pepper, audit_seed = (
            base64.b64decode(found[name], validate=True) for name in ("field_key", "pepper", "audit_seed")
        )
    except KeyError as error:
        raise ValueError(f"the server keys lack {error}") from error
    if any(len(key) != 32 for key in (field_key, pepper, audit_seed)):
        raise ValueError("a server key is not 32 bytes long")
    return Keys(field_key, pepper, audit_seed, source)


def to_text(keys: Keys) -> str:
    names = {"field_key": keys.field_key, "pepper": keys.pepper, "audit_seed": keys.audit_seed}
    return json.dumps({name: base64.b64encode(key).decode() for name, key in names.items()})


def find(directory: Path, *, given: str | None) -> Keys | None:
    """The server's keys: those `given`, else `keys.json` in `directory`, else the keyring's; or None.

    None also when the keyring cannot be read now, so whoever makes new keys must know that none are in use.
    Raises ValueError or TypeError for damaged ones.
    """
    if given:
        return from_text(given, "environment")
    file = directory / KEYS_FILE
    if file.exists():
        return from_text(file.read_text(), "file")
    # Loading a keyring takes a tenth of a second, which most starts need not spend.
    import keyring
    import keyring.errors

    try:
        if keyring.get_keyring().priority >= TRUSTED:
            stored = keyring.get_password(KEYRING_SERVICE, _account(directory))
            return from_text(stored, "keyring") if stored else None
    except (keyring.errors.KeyringError, RuntimeError):
        pass
    return None


def make(directory: Path) -> Keys:
    """New keys, kept in the keyring, or in `keys.json` (mode 0600) where no real keyring can be used.

    Only for a database that no keys were used with: from now on `find` finds these.
    """
    import keyring
    import keyring.errors

    fresh = to_text(generate())
    try:
        if keyring.get_keyring().priority >= TRUSTED:
            keyring.set_password(KEYRING_SERVICE, _account(directory), fresh)
            return from_text(fresh, "keyring")
    except (keyring.errors.KeyringError, RuntimeError):
        pass
    with os.fdopen(os.open(directory / KEYS_FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(fresh)
        out.flush()
        os.fsync(out.fileno())
    return from_text(fresh, "file")


def _account(directory: Path) -> str:
    """Under which name the keyring holds the keys of this folder."""
    return hashlib.sha256(str(directory.resolve()).encode()).hexdigest()[:16]
