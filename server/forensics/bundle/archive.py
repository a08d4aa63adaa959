"""A zip that is written while it is sent: nothing of it is kept, neither in memory nor on the disk."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from server.forensics.bundle.tables import Member, as_json
from server.kit.crypto import Keys

MANIFEST, SIGNATURE = "manifest.json", "signature.json"


class _Sink(io.RawIOBase):
    """Where the zip goes: it can be written and taken from, and nobody can go back in it."""

    def __init__(self) -> None:
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        taken = bytes(data)
        self._held += taken
        return len(taken)

    def take(self) -> bytes:
        taken = bytes(self._held)
        self._held.clear()
        return taken


class Archive:
    """Members are added one after the other; each call gives the bytes that are to be sent next."""

    def __init__(self, at: datetime) -> None:
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(self._sink, "w")
        self._at = at
        self._members: dict[str, dict[str, object]] = {}

    def add(self, members: Iterable[Member]) -> bytes:
        """Add members, each by a name that no other has."""
        for name, data in members:
            if name in self._members:
                raise ValueError(f"there are two members named {name}")
            self._members[name] = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
            self._write(name, data)
        return self._sink.take()

    def close(self, keys: Keys, about: dict[str, object]) -> bytes:
        """The manifest with the hash of every member, its signature, and the end of the zip."""
        manifest = as_json({**about, "members": self._members})
        signed = {
            "what": f"Ed25519 over the bytes of {MANIFEST}",
            "public_key": keys.signer.public_key().public_bytes_raw().hex(),
            "signature": keys.signer.sign(manifest).hex(),
        }
        self._write(MANIFEST, manifest)
        self._write(SIGNATURE, as_json(signed))
        self._zip.close()
        return self._sink.take()

    def _write(self, name: str, data: bytes) -> None:
        entry = zipfile.ZipInfo(name, self._at.timetuple()[:6])
        entry.external_attr = 0o600 << 16
        packed = zipfile.ZIP_STORED if name.endswith((".jpg", ".pdf")) else zipfile.ZIP_DEFLATED
        self._zip.writestr(entry, data, packed)
