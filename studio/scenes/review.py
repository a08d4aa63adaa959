"""The review of a video and of texts in each state, from the cover to the decision and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtTest import QTest

from server.moderation.rules import ContentType, Outcome, Severity
from studio.api.errors import Offline
from studio.scenes.camera import Camera, Strip
from studio.scenes.queue import MODERATOR, opened
from studio.stage import StageError, until
from studio.tabs.moderation.review_page import ReviewPage
from studio.tabs.moderation.review_state import Phase
from studio.tabs.moderation.rows import queue_order
from studio.tabs.moderation.snapshot import QueueRow

THREAT: Final = "violence.threat"
"""Its flags point at a moment of the clip."""

Wanted = Callable[[QueueRow], bool]


async def claimed(camera: Camera, wanted: Wanted) -> ReviewPage:
    """Claim what comes first of the wanted items. Raises StageError when there is none."""
    tab = await opened(camera)
    rows = sorted((row for row in tab.queue.feed.rows.values() if wanted(row)), key=queue_order)
    free = next((row for row in rows if row.claimed_by is None), None)
    if free is None:
        raise StageError("no item of this kind waits")
    tab.claim(free)
    await until(lambda: tab.findChild(ReviewPage), "the review page")
    page = tab.findChild(ReviewPage)
    assert page is not None
    await until(lambda: page.flow.bundle is not None and str(page.flow.bundle.item_id) == free.id, "the item")
    return page


async def left(page: ReviewPage) -> None:
    """Give back what is open, and wait until the queue is there again."""
    page.flow.give_back()
    await until(lambda: not page.isVisible(), "the queue")


async def _still(page: ReviewPage) -> None:
    player = page.content.player.player
    await until(lambda: player.head is not None and player.settled, "the frame")


async def _video(camera: Camera) -> None:
    page = await claimed(
        camera, lambda row: _is(row, ContentType.VIDEO, Severity.CRITICAL) and row.policy == THREAT
    )
    await _still(page)
    await camera.take("review-covered")
    page.proceed()
    player = page.content.player.player
    player.next_marker()
    await _still(page)
    await camera.take("review")
    player.reveal(True)
    await _still(page)
    await camera.take("review-revealed")
    player.reveal(False)
    page.mark_frame()
    QTest.keyClicks(page.window().focusWidget(), "The threat, in full")
    await camera.take("review-marked")
    page.panel.choose_outcome(Outcome.REMOVE)
    page.panel.choose_policy(THREAT)
    page.panel.facts.setPlainText("A card at this moment threatens whoever watches.")
    page.setFocus()
    await camera.take("review-ready")
    page.panel.press_confirm()
    await camera.take("review-confirm")
    page.ask_skip()
    await camera.take("review-skip")
    await camera.clear()
    page.show_why()
    await camera.take("review-why")
    await camera.clear()
    page.set_break(True)
    await camera.take("review-break")
    page.set_break(False)
    page.panel.press_confirm()
    page.panel.press_confirm()
    await until(lambda: page.phase in (Phase.COVERED, Phase.OPEN), "the next item")
    await camera.take("review-decided")
    page.flow.undo()
    await until(lambda: page.panel.draft.outcome is Outcome.REMOVE, "the undone decision")
    await left(page)


async def _texts(camera: Camera) -> None:
    page = await claimed(camera, lambda row: _is(row, ContentType.COMMENT, Severity.HIGH))
    page.proceed()
    await camera.take("review-comment")
    page.content.text.set_revealed(True)
    await camera.take("review-comment-revealed")
    page.content.text.set_revealed(False)
    await left(page)
    page = await claimed(camera, lambda row: row.content_type == ContentType.PROFILE)
    page.proceed()
    page.content.text.set_revealed(True)
    await camera.take("review-profile")
    held = page.flow.held
    assert held is not None
    page.panel.facts.setPlainText("Asks for codes in the name of the platform.")
    held.lost()
    await camera.take("review-lost")
    page.show_failed(Offline())
    await camera.take("review-error", away=True)
    page.show_loading("Opening the item")
    await camera.take("review-loading")
    await left(page)


def _is(row: QueueRow, content_type: ContentType, severity: Severity) -> bool:
    return row.content_type == content_type and row.severity == severity


STRIPS: Final = (
    Strip(
        tab="moderation",
        email=MODERATOR,
        pictures=(
            "review-covered",
            "review",
            "review-revealed",
            "review-marked",
            "review-ready",
            "review-confirm",
            "review-skip",
            "review-why",
            "review-break",
            "review-decided",
        ),
        act=_video,
    ),
    Strip(
        tab="moderation",
        email=MODERATOR,
        pictures=(
            "review-comment",
            "review-comment-revealed",
            "review-profile",
            "review-lost",
            "review-error",
            "review-loading",
        ),
        act=_texts,
    ),
)
