"""What a video is in words, and edits of it: three-way."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from server.content.rules import VideoState, Visibility
from server.kit.wire import Availability
from studio.offline.upload import Upload
from studio.offline.uploads import Phase, Progress
from studio.running_time import length
from studio.tabs.content import state
from studio.tabs.content.kept import kept_of, kept_text, new_of, new_text
from studio.tabs.content.state import Draft
from tests.studio.tabs.content.content_server import GORE, video
from tests.studio.tabs.office import NOW

BASE = Draft(title="Title", caption="Caption", visibility=Visibility.PUBLIC)
LATER = NOW + timedelta(days=3)


def draft(**changes: Any) -> Draft:
    return Draft(**{**vars(BASE), **changes})


@pytest.mark.parametrize(
    ("changes", "text", "reason"),
    [
        ({}, "Ready", ""),
        ({"state": VideoState.PROCESSING}, "Being processed", "need not wait"),
        ({"state": VideoState.REFUSED, "reason": "It is no video."}, "Refused", "It is no video."),
        ({"state": VideoState.REFUSED}, "Refused", "cannot be used"),
        ({"availability": Availability.RESTRICTED}, "Hidden from feeds", "Moderation hid this video"),
        (
            {"availability": Availability.REMOVED, "restriction": GORE},
            "Removed",
            "removed this video, since it breaks the rule “Graphic violence”. Nobody but you",
        ),
        (
            {"caption_availability": Availability.REMOVED, "caption_restriction": GORE},
            "Caption hidden",
            "hid the caption, since it breaks the rule “Graphic violence”. The video itself",
        ),
        ({"availability": Availability.REMOVED}, "Removed", "Moderation removed"),
        (
            {"availability": Availability.REMOVED, "state": VideoState.PROCESSING},
            "Removed",
            "Moderation removed",
        ),
        ({"caption_availability": Availability.RESTRICTED}, "Caption hidden", "can be watched"),
        ({"published_at": None, "publish_at": LATER}, "Scheduled", ""),
        ({"damaged_from_ms": 7_000}, "Ready", "from 0:07 on"),
        ({"state": VideoState.UPLOADING, "received": 1_000}, "Unfinished at 25 %", "same file"),
    ],
)
def test_a_state_and_its_reason(changes: dict[str, Any], text: str, reason: str) -> None:
    found = video(0, **changes)
    assert state.look(found).text == text
    assert reason in state.why(found)
    assert state.told(found).startswith(text)


def test_what_can_be_done_about_a_decision() -> None:
    hidden = {"availability": Availability.RESTRICTED}
    assert state.what_now(video(0)) == ""
    assert (
        state.what_now(video(0, **hidden)) == "If you think that is wrong, write to whoever runs this server."
    )
    told = state.what_now(video(0, **hidden, restriction=GORE))
    assert GORE.until is not None
    assert "The rule covers: Real death shown in detail." in told
    assert f"The decision ends on {state.moment(GORE.until)}." in told
    assert told.endswith("name decision 00000000.")
    endless = GORE.model_copy(update={"until": None})
    assert "The decision has no end." in state.what_now(video(0, **hidden, restriction=endless))
    # What is told is the reason of what is seen: that of the video, not that of its caption.
    both = {**hidden, "caption_availability": Availability.REMOVED, "caption_restriction": GORE}
    assert state.brief(video(0, **both)) == ""


@pytest.mark.parametrize(
    ("phase", "text"),
    [
        (Phase.WAITING, "Waiting to upload"),
        (Phase.SENDING, "Uploading 40 %"),
        (Phase.PAUSED, "Paused at 40 %"),
        (Phase.RETRYING, "Waiting at 40 %"),
        (Phase.REFUSED, "Stopped at 40 %"),
    ],
)
def test_an_upload_from_here(phase: Phase, text: str) -> None:
    found = video(0, state=VideoState.UPLOADING, received=0)
    progress = Progress(phase, 1_600, "Because.")
    assert state.look(found, progress).text == text
    assert state.why(found, progress) == "Because."


def test_all_is_only_said_when_all_has_arrived() -> None:
    assert state.share(999, 1_000) == 99
    assert state.share(1_000, 1_000) == 100
    assert state.share(0, 0) == 0


def test_a_video_that_is_not_public_waits_for_nothing() -> None:
    private = video(0, published_at=None, publish_at=LATER, visibility=Visibility.PRIVATE)
    assert not state.waits(private)
    assert state.when(private) is None
    assert state.when(video(0, published_at=None, publish_at=LATER)) == LATER


@pytest.mark.parametrize(
    ("size", "text"), [(812, "812 B"), (4_096, "4 KiB"), (40_055_603, "38.2 MiB"), (3 << 30, "3.0 GiB")]
)
def test_amounts(size: int, text: str) -> None:
    assert state.amount(size) == text


@pytest.mark.parametrize(("ms", "text"), [(7_400, "0:07"), (750_000, "12:30"), (3_723_000, "1:02:03")])
def test_lengths(ms: int, text: str) -> None:
    assert length(ms) == text


def test_only_what_differs_is_sent() -> None:
    assert state.edit_of(BASE, draft(title=" New ", caption="Caption ")) == {"title": "New"}
    assert state.edit_of(BASE, draft(publish_at=LATER)) == {"publish_at": "2026-03-05T10:00:00Z"}
    assert state.edit_of(draft(publish_at=LATER), BASE) == {"publish_now": True}
    assert state.edit_of(BASE, draft(caption="")) == {"caption": ""}


def test_a_time_goes_with_what_is_not_public() -> None:
    typed = draft(visibility=Visibility.PRIVATE, publish_at=LATER)
    assert state.edit_of(draft(publish_at=LATER), typed) == {"visibility": "private"}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": " "}, "title"),
        ({"title": "x" * 121}, "title"),
        ({"caption": "x" * 2_201}, "caption"),
        ({"publish_at": NOW - timedelta(minutes=1)}, "publish_at"),
    ],
)
def test_a_draft_is_judged_before_it_is_sent(changes: dict[str, Any], field: str) -> None:
    assert list(state.faults(draft(**changes), NOW)) == [field]
    assert state.faults(BASE, NOW) == {}


def test_a_time_that_was_chosen_before_may_have_passed() -> None:
    base = draft(publish_at=NOW - timedelta(minutes=1))
    assert state.faults(draft(publish_at=base.publish_at, title="New"), NOW, base) == {}


def test_what_was_typed_is_laid_over_what_was_saved_elsewhere() -> None:
    typed, theirs = draft(title="Mine"), draft(title="Theirs", visibility=Visibility.UNLISTED)
    assert state.merged(BASE, typed, theirs) == draft(title="Mine", visibility=Visibility.UNLISTED)
    assert state.differences(BASE, typed, theirs) == [
        ("Title", "Title", "Theirs", "Mine"),
        ("Visibility", "Public", "Unlisted", None),
    ]
    moved = draft(publish_at=LATER, caption="")
    assert [each[:3] for each in state.differences(BASE, BASE, moved)] == [
        ("Caption", "Caption", "empty"),
        ("Publication", "at once", state.moment(LATER)),
    ]


def test_an_unsaved_edit_is_kept_as_text() -> None:
    unsaved = video(0), draft(publish_at=LATER)
    assert kept_of(kept_text(*unsaved)) == unsaved


def test_what_was_typed_about_a_file_is_kept_as_text_although_it_could_not_be_sent() -> None:
    upload = Upload(id=UUID(int=9), path=Path("/videos/a.mp4"), size=7, mtime_ns=9, title="A")
    typed = draft(title="", caption="x" * 3_000, publish_at=LATER)
    assert new_of(new_text(upload, typed)) == (upload, typed)


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"video": {}, "typed": {}}'])
def test_any_other_text_is_no_edit(text: str) -> None:
    assert kept_of(text) is None
    assert new_of(text) is None


def test_a_link_is_for_what_others_may_see() -> None:
    assert state.has_link(video(0, visibility=Visibility.UNLISTED))
    assert not state.has_link(video(0, visibility=Visibility.PRIVATE))
    assert not state.has_link(video(0, state=VideoState.REFUSED))
