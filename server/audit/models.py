"""The audit chain, its erasable payloads and its signed heads; the database itself refuses edits."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Index, LargeBinary, MetaData, String, Text, event, text
from sqlalchemy.orm import Mapped, mapped_column

from server.kit.models import Base
from server.kit.types import BigId, Json


class AuditEntry(Base):
    """One link: `hash` = SHA-256 over the link before and this link's own canonical JSON.

    `at` is kept as the ISO text that was hashed, so that both databases give back the same bytes.
    `restricted` entries are about the restricted class: they exist for cleared readers only.
    """

    __tablename__ = "audit_log"

    seq: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    at: Mapped[str] = mapped_column(String(40))
    actor: Mapped[str] = mapped_column(String(96))
    action: Mapped[str] = mapped_column(String(64))
    target: Mapped[str] = mapped_column(String(96))
    restricted: Mapped[bool]
    data_commit: Mapped[bytes] = mapped_column(LargeBinary(32))
    prev_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


Index("ix_audit_log_target", AuditEntry.target, AuditEntry.seq)
Index("ix_audit_log_actor", AuditEntry.actor, AuditEntry.seq)
Index("ix_audit_log_action", AuditEntry.action, AuditEntry.seq)
Index("ix_audit_log_at", AuditEntry.at)


class AuditPayload(Base):
    """The details of one entry. The chain holds their salted hash, so erasing them keeps it whole."""

    __tablename__ = "audit_payloads"

    seq: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    json: Mapped[str | None] = mapped_column(Text)
    erased_at: Mapped[datetime | None]


class AuditHead(Base):
    """An Ed25519 signature over the chain as it stood at `seq`; a tail cut below it is caught."""

    __tablename__ = "audit_heads"

    seq: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[str] = mapped_column(String(40))
    signature: Mapped[bytes] = mapped_column(LargeBinary(64))
    details: Mapped[dict[str, Any] | None] = mapped_column(Json)


GENESIS = bytes(32)

LAST_IN_TURN = """CREATE OR REPLACE FUNCTION audit_last_in_turn(OUT seq bigint, OUT hash bytea)
       RETURNS SETOF record LANGUAGE plpgsql AS $$
       BEGIN
         PERFORM pg_advisory_xact_lock(7203001);
         RETURN QUERY SELECT l.seq, l.hash FROM audit_log l ORDER BY l.seq DESC LIMIT 1;
       END $$"""
"""The advisory lock that orders the writers of the chain, and the link that is the last once one has it, in
one round trip. Being volatile, the function sees what others committed while it waited; no SELECT would."""

_SQLITE = (
    """CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log
       BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
    """CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log
       BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END""",
    """CREATE TRIGGER audit_log_next_only BEFORE INSERT ON audit_log
       WHEN NEW.seq IS NOT (SELECT COALESCE(MAX(seq), 0) + 1 FROM audit_log)
         OR NEW.prev_hash IS NOT COALESCE(
              (SELECT hash FROM audit_log ORDER BY seq DESC LIMIT 1), zeroblob(32))
       BEGIN SELECT RAISE(ABORT, 'this is not the next link of the audit chain'); END""",
    """CREATE TRIGGER audit_heads_no_update BEFORE UPDATE ON audit_heads
       BEGIN SELECT RAISE(ABORT, 'audit heads are append-only'); END""",
    """CREATE TRIGGER audit_heads_no_delete BEFORE DELETE ON audit_heads
       BEGIN SELECT RAISE(ABORT, 'audit heads are append-only'); END""",
    # A REPLACE deletes without firing the triggers on DELETE, so what is there already is refused.
    """CREATE TRIGGER audit_heads_next_only BEFORE INSERT ON audit_heads
       WHEN NEW.seq <= (SELECT COALESCE(MAX(seq), 0) FROM audit_heads)
       BEGIN SELECT RAISE(ABORT, 'this is not the next head of the audit chain'); END""",
    """CREATE TRIGGER audit_payloads_new_only BEFORE INSERT ON audit_payloads
       WHEN EXISTS (SELECT 1 FROM audit_payloads WHERE seq = NEW.seq)
       BEGIN SELECT RAISE(ABORT, 'audit details are written once'); END""",
    """CREATE TRIGGER audit_payloads_erase_only BEFORE UPDATE ON audit_payloads
       WHEN NEW.seq IS NOT OLD.seq OR NEW.salt IS NOT OLD.salt
         OR OLD.json IS NULL OR NEW.json IS NOT NULL
         OR OLD.erased_at IS NOT NULL OR NEW.erased_at IS NULL
       BEGIN SELECT RAISE(ABORT, 'audit details can only be erased'); END""",
    """CREATE TRIGGER audit_payloads_no_delete BEFORE DELETE ON audit_payloads
       BEGIN SELECT RAISE(ABORT, 'audit details can only be erased'); END""",
)

_POSTGRESQL = (
    """CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$""",
    """CREATE FUNCTION audit_next_only() RETURNS trigger LANGUAGE plpgsql AS $$
       DECLARE last record;
       BEGIN
         SELECT seq, hash INTO last FROM audit_log ORDER BY seq DESC LIMIT 1;
         IF NEW.seq IS DISTINCT FROM COALESCE(last.seq, 0) + 1
            OR NEW.prev_hash IS DISTINCT FROM COALESCE(last.hash, decode(repeat('00', 32), 'hex')) THEN
           RAISE EXCEPTION 'this is not the next link of the audit chain';
         END IF;
         RETURN NEW;
       END $$""",
    """CREATE TRIGGER audit_log_append_only BEFORE UPDATE OR DELETE ON audit_log
       FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_log_no_truncate BEFORE TRUNCATE ON audit_log
       FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_log_next_only BEFORE INSERT ON audit_log
       FOR EACH ROW EXECUTE FUNCTION audit_next_only()""",
    """CREATE TRIGGER audit_heads_append_only BEFORE UPDATE OR DELETE ON audit_heads
       FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_heads_no_truncate BEFORE TRUNCATE ON audit_heads
       FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
    """CREATE FUNCTION audit_erase_only() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF NEW.seq IS DISTINCT FROM OLD.seq OR NEW.salt IS DISTINCT FROM OLD.salt
            OR OLD.json IS NULL OR NEW.json IS NOT NULL
            OR OLD.erased_at IS NOT NULL OR NEW.erased_at IS NULL THEN
           RAISE EXCEPTION 'audit details can only be erased';
         END IF;
         RETURN NEW;
       END $$""",
    """CREATE TRIGGER audit_payloads_erase_only BEFORE UPDATE ON audit_payloads
       FOR EACH ROW EXECUTE FUNCTION audit_erase_only()""",
    """CREATE TRIGGER audit_payloads_no_delete BEFORE DELETE ON audit_payloads
       FOR EACH ROW EXECUTE FUNCTION audit_refuse()""",
    """CREATE TRIGGER audit_payloads_no_truncate BEFORE TRUNCATE ON audit_payloads
       FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()""",
    LAST_IN_TURN,
)

GUARDS = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}
"""The statements that keep the chain in the database itself; a change of theirs needs a migration."""


def _guard(target: MetaData, connection: Connection, **_: Any) -> None:
    for statement in GUARDS[connection.dialect.name]:
        connection.execute(text(statement))


event.listen(Base.metadata, "after_create", _guard)
