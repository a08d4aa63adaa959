"""Fills the moderation queue with open items and their flags, inside the database, in seconds."""

from __future__ import annotations

from sqlalchemy import Connection, text

from benchmarks.databases import indexes_made_after

POLICIES = 20
"""Distinct policy codes, so that lists by policy and estimates meet a realistic spread."""

_COLUMNS = """id, created_at, version, queue_id, restricted, content_type, content_id, family, policy,
    severity, sla_class, state, stage, priority, priority_why, boosts, boost_at, due_at, flag_count,
    reporters, reporter_weight_bp, trusted_flagger, hash_match, reach_band, subject_title,
    subject_title_key, claim_token, prefetched, skip_count, held_s"""

_VALUES = """'general', {false}, 'comment', {uuid}, 'bench', 'bench.p' || (n % {policies}),
    CASE n % 4 WHEN 0 THEN 'low' WHEN 1 THEN 'medium' WHEN 2 THEN 'high' ELSE 'critical' END,
    'medium', 'pending', 1, 1000 * (1 + n % 4) + (n * 7919) % 300, '[["severity", 1000]]', 0, NULL,
    {due}, 1 + n % 3, 1 + n % 3, 10000 * (1 + n % 3), {false}, {false}, 0, 'Item ' || n,
    'item ' || n, 0, {false}, 0, 0"""

_FLAGS = """INSERT INTO moderation_flags
    (id, source, content_type, content_id, policy, policy_version, ranges, state, item_id, received_at)
    SELECT {uuid}, 'classifier', i.content_type, i.content_id, i.policy,
        (SELECT max(version) FROM moderation_policy_versions), '[]', 'linked', i.id, i.created_at
    FROM moderation_items i JOIN (SELECT 1 AS nth UNION SELECT 2 UNION SELECT 3) k ON k.nth <= i.flag_count
    WHERE i.id NOT IN (SELECT item_id FROM moderation_flags WHERE item_id IS NOT NULL)"""

_SQLITE = {
    "uuid": "lower(hex(randomblob(16)))",
    "false": "0",
    "due": "strftime('%Y-%m-%d %H:%M:%S.000000', 1790000000 + (n * 104729) % 600000, 'unixepoch')",
    "now": "strftime('%Y-%m-%d %H:%M:%S.000000', 'now')",
    "numbers": "WITH RECURSIVE seq(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM seq WHERE n < {last})",
    "source": "seq",
}
_POSTGRESQL = {
    "uuid": "gen_random_uuid()",
    "false": "false",
    "due": "to_timestamp(1790000000 + (n * 104729) % 600000)",
    "now": "now()",
    "numbers": "",
    "source": "generate_series({first}::bigint, {last}) AS seq(n)",
}


def add_items(connection: Connection, first: int, last: int) -> None:
    """Write open items number `first` to `last` of the general queue."""
    words = _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL
    values = _VALUES.format(policies=POLICIES, **{k: words[k] for k in ("uuid", "false", "due")})
    span = {"first": first, "last": last}
    into = f"INSERT INTO moderation_items ({_COLUMNS}) {words['numbers'].format(**span)}"
    rows = f"SELECT {words['uuid']}, {words['now']}, 1, {values} FROM {words['source'].format(**span)}"
    percent = "%%" if connection.dialect.name == "postgresql" else "%"
    with indexes_made_after(connection, "moderation_items"):
        connection.exec_driver_sql(f"{into} {rows}".replace("%", percent))
    connection.execute(text("ANALYZE moderation_items"))


def add_flags(connection: Connection) -> None:
    """Write the one to three flags of each item that has none yet; needs an installed policy tree."""
    words = _SQLITE if connection.dialect.name == "sqlite" else _POSTGRESQL
    with indexes_made_after(connection, "moderation_flags"):
        connection.exec_driver_sql(_FLAGS.format(uuid=words["uuid"]))
    connection.execute(text("ANALYZE moderation_flags"))
