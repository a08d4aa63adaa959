"""Comments as one reads them, free of Qt: answers stand below what they answer."""

from __future__ import annotations

from collections.abc import Iterable, Set
from uuid import UUID

from server.content.schemas import CommentView

MOST_DEEP = 2


class Thread:
    """What has been read so far; the newest first, answers oldest first. `cursor` leads to earlier ones."""

    def __init__(self) -> None:
        self.comments: dict[UUID, CommentView] = {}
        self.cursor: str | None = None
        self.read = False

    def add(self, comments: Iterable[CommentView], cursor: str | None) -> None:
        """Take a page."""
        self.comments.update((comment.id, comment) for comment in comments)
        self.cursor, self.read = cursor, True

    def put(self, comment: CommentView) -> None:
        """Take one that has just been written."""
        self.comments[comment.id] = comment

    def remove(self, comment_id: UUID) -> bool:
        """Take one out; False when it is not here."""
        return self.comments.pop(comment_id, None) is not None

    def rows(self, *, without: Set[UUID] = frozenset()) -> list[tuple[CommentView, int, bool]]:
        """Each comment with how deep it stands, and whether what it answers is not here; none of people who
        are left out."""
        here = {key: each for key, each in self.comments.items() if each.author.id not in without}
        below: dict[UUID | None, list[CommentView]] = {}
        for comment in here.values():
            above = comment.parent_id if comment.parent_id in here else None
            below.setdefault(above, []).append(comment)
        rows: list[tuple[CommentView, int, bool]] = []

        def place(comment: CommentView, depth: int) -> None:
            orphan = comment.parent_id is not None and comment.parent_id not in here
            rows.append((comment, min(depth, MOST_DEEP), orphan))
            for answer in sorted(below.get(comment.id, ()), key=_age):
                place(answer, depth + 1)

        for comment in sorted(below.get(None, ()), key=_age, reverse=True):
            place(comment, 0)
        return rows


def _age(comment: CommentView) -> tuple[object, UUID]:
    return comment.created_at, comment.id
