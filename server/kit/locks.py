"""Names that transactions hold, so that what depends on one another comes wholly before or wholly after."""

from __future__ import annotations

from sqlalchemy import text

from server.kit.db import WriteSession
from server.kit.errors import Busy


def hold(s: WriteSession, space: int, name: bytes, *, shared: bool = False, wait: bool = True) -> None:
    """Hold a name until the transaction ends, alone or with all others that want it `shared`.

    Without `wait` raises Busy when another transaction has it, instead of keeping a connection idle. `space`
    sets names of one kind apart. What holds several takes them in one order everywhere. On SQLite the one
    writer holds everything already. (PostgreSQL: advisory locks, whose key is the first four bytes.)
    """
    if s.get_bind().dialect.name == "postgresql":
        key = int.from_bytes(name[:4], "big", signed=True)
        how = f"pg_{'' if wait else 'try_'}advisory_xact_lock{'_shared' if shared else ''}"
        held = s.execute(text(f"SELECT {how}(:space, :key)"), {"space": space, "key": key}).scalar_one()
        if not wait and not held:
            raise Busy
