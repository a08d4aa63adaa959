"""What the database itself does: keep decisions and policy versions immutable, show `blocked_content`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, MetaData, event, text

from server.kit.models import Base

IMMUTABLE = ("moderation_decisions", "moderation_policy_versions")

ONE_NAMED = """NEW.reverses_id IS NULL AND EXISTS (
    SELECT 1 FROM moderation_items i
     WHERE i.id = NEW.item_id AND i.first_opinion_id {differs} NEW.first_opinion_id)"""
"""A decision names the first opinion on its item, if there is one: so that the next condition counts."""
ONE_PERSON = """NEW.first_opinion_id IS NOT NULL AND EXISTS (
    SELECT 1 FROM moderation_decisions d
     WHERE d.item_id = NEW.item_id AND d.opinion <> 'sole' AND d.decider_id = NEW.decider_id
       AND NOT EXISTS (SELECT 1 FROM moderation_undos u WHERE u.decision_id = d.id))"""
"""Dual control: nobody who gave an opinion on an item decides on it once more."""

VIEW = """CREATE VIEW blocked_content AS
SELECT a.id AS id,
       a.target_id AS content_id,
       a.target_type AS content_type,
       d.policy AS block_reason,
       d.decider_id AS blocked_by,
       a.starts_at AS blocked_at,
       {appealable} AS appealable,
       {deadline} AS appeal_deadline,
       d.decided_at AS created_at
  FROM moderation_actions a
  JOIN moderation_decisions d ON d.id = a.decision_id
 WHERE a.ended_at IS NULL
   AND a.starts_at <= {now}
   AND (a.ends_at IS NULL OR a.ends_at > {now})"""
"""The seed's table as a view: the actions in force. DSA Art. 20 leaves at least six months to appeal."""

_SQLITE = (
    *(
        f"""CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table}
            BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"""
        for table in IMMUTABLE
        for verb in ("UPDATE", "DELETE")
    ),
    """CREATE TRIGGER moderation_decisions_no_replace BEFORE INSERT ON moderation_decisions
       WHEN EXISTS (SELECT 1 FROM moderation_decisions d WHERE d.id = NEW.id
                       OR d.reverses_id = NEW.reverses_id
                       OR (d.item_id = NEW.item_id AND d.stage = NEW.stage
                           AND d.claim_token = NEW.claim_token))
       BEGIN SELECT RAISE(ABORT, 'moderation_decisions is append-only'); END""",
    f"""CREATE TRIGGER moderation_decisions_names_first BEFORE INSERT ON moderation_decisions
       WHEN {ONE_NAMED.format(differs="IS NOT")}
       BEGIN SELECT RAISE(ABORT, 'a first opinion is not named'); END""",
    f"""CREATE TRIGGER moderation_decisions_two_people BEFORE INSERT ON moderation_decisions
       WHEN {ONE_PERSON}
       BEGIN SELECT RAISE(ABORT, 'two people decide under dual control'); END""",
    """CREATE TRIGGER moderation_policy_versions_no_replace BEFORE INSERT ON moderation_policy_versions
       WHEN EXISTS (SELECT 1 FROM moderation_policy_versions p
                     WHERE p.version = NEW.version)
       BEGIN SELECT RAISE(ABORT, 'moderation_policy_versions is append-only'); END""",
    VIEW.format(
        appealable="1",
        deadline="strftime('%Y-%m-%d %H:%M:%f000', a.starts_at, '+183 days')",
        now="strftime('%Y-%m-%d %H:%M:%f000', 'now')",
    ),
)

_POSTGRESQL = (
    """CREATE FUNCTION moderation_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$""",
    *(
        f"""CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW EXECUTE FUNCTION moderation_refuse()"""
        for table in IMMUTABLE
    ),
    *(
        f"""CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
            FOR EACH STATEMENT EXECUTE FUNCTION moderation_refuse()"""
        for table in IMMUTABLE
    ),
    f"""CREATE FUNCTION moderation_dual_control() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF {ONE_NAMED.format(differs="IS DISTINCT FROM")} THEN
           RAISE EXCEPTION 'a first opinion is not named' USING ERRCODE = 'check_violation';
         END IF;
         IF {ONE_PERSON} THEN
           RAISE EXCEPTION 'two people decide under dual control' USING ERRCODE = 'check_violation';
         END IF;
         RETURN NEW;
       END $$""",
    """CREATE TRIGGER moderation_decisions_dual_control BEFORE INSERT ON moderation_decisions
       FOR EACH ROW EXECUTE FUNCTION moderation_dual_control()""",
    VIEW.format(appealable="TRUE", deadline="a.starts_at + INTERVAL '183 days'", now="now()"),
)

GUARDS = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}
"""The statements that follow the tables in `create_all`; a change of theirs needs a migration of its own."""


def _guard(target: MetaData, connection: Connection, **_: Any) -> None:
    for statement in GUARDS[connection.dialect.name]:
        connection.execute(text(statement))


event.listen(Base.metadata, "after_create", _guard)
