"""Names that transactions hold, so that what depends on one another comes wholly before or wholly after."""

from __future__ import annotations

from sqlalchemy import text

from server.kit.db import WriteSession


def hold(s: WriteSession, space: int, name: bytes, *, shared: bool = False) -> None:
    """Hold a name until the transaction ends, alone or with all others that want it `shared`.

    `space` sets names of one kind apart. What holds several takes them in one order everywhere. On SQLite
    the one writer holds everything already. (PostgreSQL: advisory locks, whose key is the first four bytes.)
    """
    if s.get_bind().dialect.name == "postgresql":
        key = int.from_bytes(name[:4], "big", signed=True)
        how = "pg_advisory_xact_lock_shared" if shared else "pg_advisory_xact_lock"
        s.execute(text(f"SELECT {how}(:space, :key)"), {"space": space, "key": key})
