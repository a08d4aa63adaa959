"""The SQL that migrations ran, word for word: what is done must not change with the code of today.

That the sum of all migrations is what the code of today makes is tested (`tests/server/migrations`).
"""

from __future__ import annotations

GUARDS_0001 = {
    "sqlite": (
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
        """CREATE TRIGGER moderation_decisions_no_update BEFORE UPDATE ON moderation_decisions
            BEGIN SELECT RAISE(ABORT, 'moderation_decisions is append-only'); END""",
        """CREATE TRIGGER moderation_decisions_no_delete BEFORE DELETE ON moderation_decisions
            BEGIN SELECT RAISE(ABORT, 'moderation_decisions is append-only'); END""",
        """CREATE TRIGGER moderation_policy_versions_no_update BEFORE UPDATE ON moderation_policy_versions
            BEGIN SELECT RAISE(ABORT, 'moderation_policy_versions is append-only'); END""",
        """CREATE TRIGGER moderation_policy_versions_no_delete BEFORE DELETE ON moderation_policy_versions
            BEGIN SELECT RAISE(ABORT, 'moderation_policy_versions is append-only'); END""",
        """CREATE TRIGGER moderation_decisions_no_replace BEFORE INSERT ON moderation_decisions
       WHEN EXISTS (SELECT 1 FROM moderation_decisions d WHERE d.id = NEW.id
                       OR d.reverses_id = NEW.reverses_id
                       OR (d.item_id = NEW.item_id AND d.stage = NEW.stage
                           AND d.claim_token = NEW.claim_token))
       BEGIN SELECT RAISE(ABORT, 'moderation_decisions is append-only'); END""",
        """CREATE TRIGGER moderation_decisions_names_first BEFORE INSERT ON moderation_decisions
       WHEN NEW.reverses_id IS NULL AND EXISTS (
    SELECT 1 FROM moderation_items i
     WHERE i.id = NEW.item_id AND i.first_opinion_id IS NOT NEW.first_opinion_id)
       BEGIN SELECT RAISE(ABORT, 'a first opinion is not named'); END""",
        """CREATE TRIGGER moderation_decisions_two_people BEFORE INSERT ON moderation_decisions
       WHEN NEW.first_opinion_id IS NOT NULL AND EXISTS (
    SELECT 1 FROM moderation_decisions d
     WHERE d.item_id = NEW.item_id AND d.opinion <> 'sole' AND d.decider_id = NEW.decider_id
       AND NOT EXISTS (SELECT 1 FROM moderation_undos u WHERE u.decision_id = d.id))
       BEGIN SELECT RAISE(ABORT, 'two people decide under dual control'); END""",
        """CREATE TRIGGER moderation_policy_versions_no_replace BEFORE INSERT ON moderation_policy_versions
       WHEN EXISTS (SELECT 1 FROM moderation_policy_versions p
                     WHERE p.version = NEW.version)
       BEGIN SELECT RAISE(ABORT, 'moderation_policy_versions is append-only'); END""",
        """CREATE VIEW blocked_content AS
SELECT a.id AS id,
       a.target_id AS content_id,
       a.target_type AS content_type,
       d.policy AS block_reason,
       d.decider_id AS blocked_by,
       a.starts_at AS blocked_at,
       1 AS appealable,
       strftime('%Y-%m-%d %H:%M:%f000', a.starts_at, '+183 days') AS appeal_deadline,
       d.decided_at AS created_at
  FROM moderation_actions a
  JOIN moderation_decisions d ON d.id = a.decision_id
 WHERE a.ended_at IS NULL
   AND a.starts_at <= strftime('%Y-%m-%d %H:%M:%f000', 'now')
   AND (a.ends_at IS NULL OR a.ends_at > strftime('%Y-%m-%d %H:%M:%f000', 'now'))""",
    ),
    "postgresql": (
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
        """CREATE FUNCTION moderation_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$""",
        """CREATE TRIGGER moderation_decisions_append_only BEFORE UPDATE OR DELETE ON moderation_decisions
            FOR EACH ROW EXECUTE FUNCTION moderation_refuse()""",
        """CREATE TRIGGER moderation_policy_versions_append_only BEFORE UPDATE OR DELETE
            ON moderation_policy_versions FOR EACH ROW EXECUTE FUNCTION moderation_refuse()""",
        """CREATE TRIGGER moderation_decisions_no_truncate BEFORE TRUNCATE ON moderation_decisions
            FOR EACH STATEMENT EXECUTE FUNCTION moderation_refuse()""",
        """CREATE TRIGGER moderation_policy_versions_no_truncate BEFORE TRUNCATE ON moderation_policy_versions
            FOR EACH STATEMENT EXECUTE FUNCTION moderation_refuse()""",
        """CREATE FUNCTION moderation_dual_control() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF NEW.reverses_id IS NULL AND EXISTS (
    SELECT 1 FROM moderation_items i
     WHERE i.id = NEW.item_id AND i.first_opinion_id IS DISTINCT FROM NEW.first_opinion_id) THEN
           RAISE EXCEPTION 'a first opinion is not named' USING ERRCODE = 'check_violation';
         END IF;
         IF NEW.first_opinion_id IS NOT NULL AND EXISTS (
    SELECT 1 FROM moderation_decisions d
     WHERE d.item_id = NEW.item_id AND d.opinion <> 'sole' AND d.decider_id = NEW.decider_id
       AND NOT EXISTS (SELECT 1 FROM moderation_undos u WHERE u.decision_id = d.id)) THEN
           RAISE EXCEPTION 'two people decide under dual control' USING ERRCODE = 'check_violation';
         END IF;
         RETURN NEW;
       END $$""",
        """CREATE TRIGGER moderation_decisions_dual_control BEFORE INSERT ON moderation_decisions
       FOR EACH ROW EXECUTE FUNCTION moderation_dual_control()""",
        """CREATE VIEW blocked_content AS
SELECT a.id AS id,
       a.target_id AS content_id,
       a.target_type AS content_type,
       d.policy AS block_reason,
       d.decider_id AS blocked_by,
       a.starts_at AS blocked_at,
       TRUE AS appealable,
       a.starts_at + INTERVAL '183 days' AS appeal_deadline,
       d.decided_at AS created_at
  FROM moderation_actions a
  JOIN moderation_decisions d ON d.id = a.decision_id
 WHERE a.ended_at IS NULL
   AND a.starts_at <= now()
   AND (a.ends_at IS NULL OR a.ends_at > now())""",
    ),
}
"""The audit chain, decisions and policies cannot be changed; dual control; `blocked_content`."""

LAST_IN_TURN_0002 = """CREATE OR REPLACE FUNCTION audit_last_in_turn(OUT seq bigint, OUT hash bytea)
       RETURNS SETOF record LANGUAGE plpgsql AS $$
       BEGIN
         PERFORM pg_advisory_xact_lock(7203001);
         RETURN QUERY SELECT l.seq, l.hash FROM audit_log l ORDER BY l.seq DESC LIMIT 1;
       END $$"""

GUARDS_0003 = {
    "sqlite": (
        """CREATE TRIGGER content_events_no_update BEFORE UPDATE ON content_events
            BEGIN SELECT RAISE(ABORT, 'content_events is append-only'); END""",
        """CREATE TRIGGER content_events_no_delete BEFORE DELETE ON content_events
            BEGIN SELECT RAISE(ABORT, 'content_events is append-only'); END""",
    ),
    "postgresql": (
        """CREATE FUNCTION content_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$""",
        """CREATE TRIGGER content_events_append_only BEFORE UPDATE OR DELETE ON content_events
           FOR EACH ROW EXECUTE FUNCTION content_refuse()""",
        """CREATE TRIGGER content_events_no_truncate BEFORE TRUNCATE ON content_events
           FOR EACH STATEMENT EXECUTE FUNCTION content_refuse()""",
    ),
}
"""The events of viewers cannot be changed."""
