"""Why moderation withholds a video or its caption, and what its owner can do, in words. Free of Qt."""

from __future__ import annotations

from server.content.schemas import Restriction, VideoView
from server.kit.wire import Availability

_VIDEO = {
    Availability.REMOVED: ("Moderation removed this video", "Nobody but you can see it."),
    Availability.RESTRICTED: ("Moderation hid this video from feeds", "Nobody but you can watch it."),
}
_CAPTION = ("Moderation hid the caption", "The video itself can be watched.")


def withheld(video: VideoView) -> str:
    """What moderation did, under which rule, and what follows from it; "" when it did nothing."""
    if (done := _VIDEO.get(video.availability)) is not None:
        return _sentences(*done, video.restriction)
    if video.caption_availability is not Availability.PUBLIC:
        return _sentences(*_CAPTION, video.caption_restriction)
    return ""


def decision(video: VideoView) -> Restriction | None:
    """The decision that `withheld` tells of, where it may be told."""
    if video.availability is not Availability.PUBLIC:
        return video.restriction
    return video.caption_restriction


def remedy(video: VideoView, moment: str = "") -> str:
    """What the rule covers, how long the decision holds (`moment` in words, "" = it has no end), and what to
    do about it; "" when moderation did nothing."""
    if not withheld(video):
        return ""
    found = decision(video)
    if found is None:
        return "If you think that is wrong, write to whoever runs this server."
    ends = f"The decision ends on {moment}." if moment else "The decision has no end."
    wrong = f"If you think it is wrong, write to whoever runs this server and name decision {number(found)}."
    return f"The rule covers: {found.covers} {ends} {wrong}"


def number(found: Restriction) -> str:
    """By what a decision is named when one writes about it."""
    return str(found.decision_id)[:8]


def _sentences(done: str, follows: str, found: Restriction | None) -> str:
    rule = f", since it breaks the rule “{found.title}”" if found is not None else ""
    return f"{done}{rule}. {follows}"
