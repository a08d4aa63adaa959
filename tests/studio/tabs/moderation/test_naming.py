"""What was flagged is read nowhere but in the queue's list and, revealed, under review."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QWidget

from server.moderation.rules import ContentType
from studio.messages import Message
from studio.tabs.moderation.naming import name_of
from studio.tabs.moderation.queue_peek import Peek
from studio.tabs.moderation.review_state import Phase
from tests.studio.tabs.moderation.conftest import Play, PlayReview, until
from tests.studio.tabs.moderation.desk import Desk
from tests.studio.tabs.moderation.review_parts import ENTER, WORDS, A, text_world
from tests.studio.tabs.moderation.review_world import Reviewer
from tests.studio.tabs.moderation.seat import Seat
from tests.studio.tabs.moderation.world import World, item


def read(page: QWidget) -> str:
    """Every word and tooltip of a widget."""
    labels = page.findChildren(QLabel)
    return "\n".join(f"{each.text()}\n{each.toolTip()}\n{each.accessibleName()}" for each in labels)


@pytest.mark.parametrize("kind", ["comment", "caption", "profile"])
def test_a_text_is_named_by_whose_it_is(kind: str) -> None:
    row = item(0, content_type=kind, title=WORDS, creator_handle="kemi")
    assert name_of(row) == f"{kind.capitalize()} by @kemi"
    nobodys = item(0, content_type=kind, title=WORDS, creator_handle=None)
    assert name_of(nobodys) == kind.capitalize()


def test_a_video_keeps_its_title() -> None:
    assert name_of(item(0, content_type=ContentType.VIDEO, title="Windy")) == "Windy"
    assert name_of(item(0, content_type=ContentType.VIDEO, title="")) == "Video"


def test_neither_cover_nor_undo_show_a_flagged_comment(review: PlayReview) -> None:
    async def story(me: Reviewer) -> None:
        await me.open(uncover=False)
        assert me.phase() is Phase.COVERED
        assert WORDS not in read(me.page)
        assert me.page.header.title.text().startswith("Comment by @")
        me.press(A, ENTER)
        await me.until(lambda: any(each.undo for each in told(me)))
        assert WORDS not in " ".join(f"{each.text} {each.detail}" for each in told(me))

    def told(me: Reviewer) -> list[Message]:
        return [each for each in me.desk.reports if isinstance(each, Message)]

    review(text_world(title=WORDS), story)


def test_a_peek_does_not_show_a_flagged_comment(play: Play) -> None:
    async def story(desk: Desk) -> None:
        async with Seat(desk) as seat:
            seat.key(Qt.Key.Key_P)
            await until(lambda: seat.window.findChild(Peek) is not None)
            peek = seat.window.findChild(Peek)
            assert peek is not None
            assert WORDS not in read(peek)
            assert "Comment by @kemi" in read(peek)
            peek.close_now()

    play(World([item(0, content_type="comment", title=WORDS, creator_handle="kemi")]), story)
