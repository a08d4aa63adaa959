"""Let viewers be counted."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from server.migrations.frozen import GUARDS_0003

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FEEDABLE = sa.text(
    "state = 'ready' AND visibility = 'public' AND NOT restricted_class"
    " AND deleted_at IS NULL AND published_at IS NOT NULL"
)
COMMENTS = """INSERT INTO content_video_counts
    (video_id, views, own_views, watched_ms, likes, saves, shares, comments)
    SELECT video_id, 0, 0, 0, 0, 0, 0, count(*) FROM content_comments
    WHERE deleted_at IS NULL AND NOT restricted_class GROUP BY video_id"""


def upgrade() -> None:
    op.create_table(
        "content_follows",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["other_id"], ["accounts_people.id"], name=op.f("fk_content_follows_other_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["accounts_people.id"], name=op.f("fk_content_follows_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", "other_id", name=op.f("pk_content_follows")),
    )
    op.create_index("ix_content_follows_other", "content_follows", ["other_id", "person_id"], unique=False)

    op.create_table(
        "content_person_counts",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("followers", sa.BigInteger(), nullable=False),
        sa.Column("following", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["accounts_people.id"], name=op.f("fk_content_person_counts_person_id")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_content_person_counts")),
    )
    op.create_table(
        "content_events",
        sa.Column(
            "seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "session_start",
                "session_end",
                "watch",
                "like",
                "unlike",
                "save",
                "unsave",
                "share",
                "follow",
                "unfollow",
                name="eventkind",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("session_id", sa.Uuid(), nullable=False),
        sa.Column("video_id", sa.Uuid(), nullable=True),
        sa.Column("other_id", sa.Uuid(), nullable=True),
        sa.Column("playback_id", sa.Uuid(), nullable=True),
        sa.Column("start_ms", sa.BigInteger(), nullable=True),
        sa.Column("end_ms", sa.BigInteger(), nullable=True),
        sa.Column("wall_ms", sa.Integer(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clock_skew", sa.Boolean(), nullable=False),
        sa.Column("very_late", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["other_id"], ["accounts_people.id"], name=op.f("fk_content_events_other_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["accounts_people.id"], name=op.f("fk_content_events_person_id")
        ),
        sa.ForeignKeyConstraint(["video_id"], ["content_videos.id"], name=op.f("fk_content_events_video_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_content_events")),
        sa.UniqueConstraint("id", name=op.f("uq_content_events_id")),
    )
    op.create_index(
        "ix_content_events_shares",
        "content_events",
        ["video_id"],
        unique=False,
        sqlite_where=sa.text("kind = 'share'"),
        postgresql_where=sa.text("kind = 'share'"),
    )
    op.create_index(
        "ix_content_events_watch",
        "content_events",
        ["person_id", "at"],
        unique=False,
        sqlite_where=sa.text("kind = 'watch'"),
        postgresql_where=sa.text("kind = 'watch'"),
    )
    op.create_index("ix_content_events_person", "content_events", ["person_id", "seq"], unique=False)

    op.create_table(
        "content_playbacks",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("began", sa.DateTime(timezone=True), nullable=False),
        sa.Column("watched_ms", sa.BigInteger(), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("counted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["accounts_people.id"], name=op.f("fk_content_playbacks_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["video_id"], ["content_videos.id"], name=op.f("fk_content_playbacks_video_id")
        ),
        sa.PrimaryKeyConstraint("person_id", "video_id", "id", name=op.f("pk_content_playbacks")),
    )
    op.create_index("ix_content_playbacks_video", "content_playbacks", ["video_id"], unique=False)
    op.create_table(
        "content_reactions",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("like", "save", name="reaction", native_enum=False, create_constraint=True, length=32),
            nullable=False,
        ),
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("holds", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["accounts_people.id"], name=op.f("fk_content_reactions_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["video_id"], ["content_videos.id"], name=op.f("fk_content_reactions_video_id")
        ),
        sa.PrimaryKeyConstraint("person_id", "kind", "video_id", name=op.f("pk_content_reactions")),
    )
    op.create_index(
        "ix_content_reactions_mine", "content_reactions", ["person_id", "kind", "at"], unique=False
    )

    op.create_table(
        "content_video_counts",
        sa.Column("video_id", sa.Uuid(), nullable=False),
        sa.Column("views", sa.BigInteger(), nullable=False),
        sa.Column("own_views", sa.BigInteger(), nullable=False),
        sa.Column("watched_ms", sa.BigInteger(), nullable=False),
        sa.Column("likes", sa.BigInteger(), nullable=False),
        sa.Column("saves", sa.BigInteger(), nullable=False),
        sa.Column("shares", sa.BigInteger(), nullable=False),
        sa.Column("comments", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"], ["content_videos.id"], name=op.f("fk_content_video_counts_video_id")
        ),
        sa.PrimaryKeyConstraint("video_id", name=op.f("pk_content_video_counts")),
    )
    with op.batch_alter_table("content_videos", schema=None) as batch_op:
        batch_op.add_column(sa.Column("publish_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            "ix_content_videos_followed",
            ["owner_id", "published_at", "id"],
            unique=False,
            sqlite_where=FEEDABLE,
            postgresql_where=FEEDABLE,
        )
        batch_op.create_index(
            "ix_content_videos_fresh",
            ["published_at", "id"],
            unique=False,
            sqlite_where=FEEDABLE,
            postgresql_where=FEEDABLE,
        )
        batch_op.create_index(
            "ix_content_videos_scheduled",
            ["publish_at"],
            unique=False,
            sqlite_where=sa.text("publish_at IS NOT NULL AND published_at IS NULL"),
            postgresql_where=sa.text("publish_at IS NOT NULL AND published_at IS NULL"),
        )

    op.execute(COMMENTS)
    for statement in GUARDS_0003[op.get_bind().dialect.name]:
        op.execute(statement)
