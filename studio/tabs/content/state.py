"""What a video is to its creator, in words; what can be changed of it, and how two edits meet. Free of Qt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from server.content.rules import CAPTION_MAX, TITLE_MAX, VideoState, Visibility
from server.content.schemas import VideoEdit, VideoView
from server.kit.wire import Availability
from studio.offline.uploads import Phase, Progress
from studio.running_time import length
from studio.tabs.content.reasons import decision, remedy, withheld

VISIBILITIES: Final[Mapping[Visibility, tuple[str, str]]] = {
    Visibility.PUBLIC: ("Public", "Everyone can find and watch it."),
    Visibility.UNLISTED: ("Unlisted", "Whoever has the link can watch it. It is in no feed."),
    Visibility.PRIVATE: ("Private", "Nobody but you can watch it."),
}
NONE: Final = "—"
"""Stands where a number or a time is not known."""
_TITLES: Final = {
    "title": "Title",
    "caption": "Caption",
    "visibility": "Visibility",
    "publish_at": "Publication",
    "poster_at_ms": "Still",
}
_UNITS: Final = ((1 << 30, "GiB", 1), (1 << 20, "MiB", 1), (1 << 10, "KiB", 0))


# Where it is


class Look(NamedTuple):
    """A state in a word or two, with the tone and icon of its chip; `usual` needs no chip."""

    text: str
    tone: str
    icon: str
    usual: bool = False


def look(video: VideoView, progress: Progress | None = None) -> Look:
    """The state of a video; `progress` is that of its upload from this computer."""
    if video.state is VideoState.UPLOADING:
        return _upload_look(percent(video, progress), progress)
    if video.state is VideoState.REFUSED:
        return Look("Refused", "danger", "alert-triangle")
    if video.availability is Availability.REMOVED:
        return Look("Removed", "danger", "remove")
    if video.availability is Availability.RESTRICTED:
        return Look("Hidden from feeds", "warning", "restrict")
    if video.state is VideoState.PROCESSING:
        return Look("Being processed", "info", "sync")
    if waits(video):
        return Look("Scheduled", "accent", "clock")
    if video.caption_availability is not Availability.PUBLIC:
        return Look("Caption hidden", "warning", "restrict")
    return Look("Ready", "success", "check", usual=True)


def _upload_look(at: int, progress: Progress | None) -> Look:
    if progress is None:
        return Look(f"Unfinished at {at} %", "neutral", "hold")
    match progress.phase:
        case Phase.WAITING:
            return Look("Waiting to upload", "info", "upload")
        case Phase.SENDING:
            return Look(f"Uploading {at} %", "info", "upload")
        case Phase.PAUSED:
            return Look(f"Paused at {at} %", "neutral", "pause")
        case Phase.RETRYING:
            return Look(f"Waiting at {at} %", "warning", "offline")
        case Phase.REFUSED:
            return Look(f"Stopped at {at} %", "danger", "alert-triangle")


def told(video: VideoView, progress: Progress | None = None) -> str:
    """The state with its reason, in one line."""
    now = look(video, progress)
    reason = why(video, progress)
    return f"{now.text}: {reason}" if reason and not now.usual else now.text


def brief(video: VideoView, progress: Progress | None = None) -> str:
    """The reason of what is out of the ordinary in a few words: the rule, where it is known."""
    if video.state is VideoState.UPLOADING:
        return progress.reason if progress else ""
    if video.state is VideoState.REFUSED:
        return video.reason or ""
    found = decision(video)
    return found.title if found is not None else ""


def why(video: VideoView, progress: Progress | None = None) -> str:
    """What a person has to know about the state, in sentences; "" when nothing is out of the ordinary."""
    if video.state is VideoState.UPLOADING:
        if progress is None:
            return "Its upload began on another computer, or was stopped here. Go on with the same file."
        return progress.reason
    if video.state is VideoState.REFUSED:
        return video.reason or "The file cannot be used."
    if video.availability is Availability.PUBLIC and video.state is VideoState.PROCESSING:
        return "It is measured and gets its pictures. You need not wait for that."
    if said := withheld(video):
        return said
    if video.damaged_from_ms is not None:
        return f"The file is damaged from {length(video.damaged_from_ms)} on. It plays up to there."
    return ""


def what_now(video: VideoView) -> str:
    """What can be done about a decision of moderation, in sentences; "" when there is none."""
    found = decision(video)
    return remedy(video, moment(found.until) if found is not None and found.until is not None else "")


def percent(video: VideoView, progress: Progress | None) -> int:
    """How much of the file has arrived; 100 only when all has."""
    sent = progress.sent if progress is not None else video.received or 0
    return share(sent, video.size or 0)


def share(sent: int, size: int) -> int:
    """`sent` of `size` bytes in whole percent, rounded down."""
    return min(100, sent * 100 // size) if size else 0


def waits(video: VideoView) -> bool:
    """Whether it is public, but at a time that is still to come."""
    return (
        video.publish_at is not None and video.published_at is None and video.visibility is Visibility.PUBLIC
    )


def when(video: VideoView) -> datetime | None:
    """When it was published, or will be."""
    if video.published_at is not None:
        return video.published_at
    return video.publish_at if waits(video) else None


def moment(at: datetime) -> str:
    """A date and a time to the minute, in the person's own time zone."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M")


def day(at: datetime) -> str:
    """A date, in the person's own time zone."""
    return at.astimezone().strftime("%Y-%m-%d")


def likes(count: int) -> str:
    """How many people like it."""
    return "1 like" if count == 1 else f"{count:,} likes"


def moment_in(milliseconds: int) -> str:
    """A place in a video, to the tenth of a second: `0:07.4`."""
    return f"{length(milliseconds)}.{milliseconds % 1000 // 100}"


def amount(size: int) -> str:
    """A number of bytes: `812 B`, `4 KiB`, `38.2 MiB`."""
    for unit, name, digits in _UNITS:
        if size >= unit:
            return f"{size / unit:.{digits}f} {name}"
    return f"{size} B"


def details(video: VideoView) -> str:
    """The line below the title."""
    parts = []
    if video.duration_ms is not None:
        parts.append(length(video.duration_ms))
    if video.filename:
        parts.append(video.filename)
    return " · ".join(parts)


def facts(video: VideoView) -> list[str]:
    """What the file is, for the pane."""
    parts = []
    if video.duration_ms is not None:
        parts.append(length(video.duration_ms))
    if video.width and video.height:
        parts.append(f"{video.width} x {video.height}")
    if video.size is not None:
        parts.append(amount(video.size))
    if video.has_audio is False:
        parts.append("no sound")
    pending = "Its new still is being made." if video.poster_pending else ""
    return [line for line in (video.filename or "", " · ".join(parts), pending) if line]


# What can be done with it


def has_link(video: VideoView) -> bool:
    """Whether a link to it is of use to anybody else, now or once it is published."""
    return video.visibility is not Visibility.PRIVATE and video.state is not VideoState.REFUSED


def mismatch(video: VideoView, filename: str, size: int) -> str:
    """Why an unfinished upload cannot go on with this file; "" when it can."""
    if filename != video.filename or size != video.size:
        return (
            f"The upload began with “{video.filename}” of {amount(video.size or 0)}. "
            "Choose that file, or delete this video and upload the other one anew."
        )
    return ""


# Editing


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What the form holds. `publish_at` None = as soon as it is ready, or published already; `poster_at_ms`
    None = the still is chosen automatically."""

    title: str
    caption: str
    visibility: Visibility
    publish_at: datetime | None = None
    poster_at_ms: int | None = None


def draft_of(video: VideoView) -> Draft:
    """What the form shows before anything is typed."""
    return Draft(
        title=video.title,
        caption=video.caption or "",
        visibility=video.visibility,
        publish_at=video.publish_at if waits(video) else None,
        poster_at_ms=video.poster_at_ms,
    )


def may_be_scheduled(video: VideoView) -> bool:
    """Whether a time of publication can be chosen, once it is public."""
    return video.published_at is None and video.state is not VideoState.REFUSED


def proposed_time(now: datetime) -> datetime:
    """A time of publication to begin with: the next full hour, a day on."""
    return (now + timedelta(hours=25)).replace(minute=0, second=0, microsecond=0)


def normal(draft: Draft) -> Draft:
    """A draft as it is sent: blanks around the texts go, a time goes with what is not public."""
    at = draft.publish_at if draft.visibility is Visibility.PUBLIC else None
    return replace(
        draft,
        title=draft.title.strip(),
        caption=draft.caption.strip(),
        publish_at=at.replace(microsecond=0) if at else None,
    )


def faults(draft: Draft, now: datetime, base: Draft | None = None) -> dict[str, str]:
    """What keeps a draft from being saved, by field; a time that was chosen before may have passed."""
    typed = normal(draft)
    found = {}
    if not typed.title:
        found["title"] = "A video needs a title."
    elif len(typed.title) > TITLE_MAX:
        found["title"] = f"A title has at most {TITLE_MAX} characters."
    if len(typed.caption) > CAPTION_MAX:
        found["caption"] = f"A caption has at most {CAPTION_MAX:,} characters."
    kept = base is not None and typed.publish_at == base.publish_at
    if typed.publish_at is not None and typed.publish_at <= now and not kept:
        found["publish_at"] = "This time has passed."
    return found


def changed(base: Draft, typed: Draft) -> frozenset[str]:
    """The names of the fields that were changed; blanks around a text are no change."""
    before, now = normal(base), normal(typed)
    return frozenset(f.name for f in fields(Draft) if getattr(before, f.name) != getattr(now, f.name))


def edit_of(base: Draft, typed: Draft) -> dict[str, Any]:
    """The request that makes `base` into `typed`, as JSON: only what differs is sent."""
    asked, now = changed(base, typed), normal(typed)
    values = {name: getattr(now, name) for name in asked}
    if values.get("publish_at", now) is None:
        del values["publish_at"]
        if now.visibility is Visibility.PUBLIC:
            values["publish_now"] = True
    if values.get("poster_at_ms", now) is None:
        del values["poster_at_ms"]
        values["poster_automatic"] = True
    return VideoEdit(**values).model_dump(mode="json", exclude_unset=True)


def merged(base: Draft, typed: Draft, current: Draft) -> Draft:
    """What was typed over what is there now: three-way, field by field."""
    return replace(current, **{name: getattr(typed, name) for name in changed(base, typed)})


def differences(base: Draft, typed: Draft, current: Draft) -> list[tuple[str, str, str, str | None]]:
    """What was changed elsewhere: field, before, now, and what was typed here, None where nothing was."""
    mine = changed(base, typed)
    return [
        (
            _TITLES[name],
            _words(name, getattr(base, name)),
            _words(name, getattr(current, name)),
            _words(name, getattr(typed, name)) if name in mine else None,
        )
        for name in _TITLES
        if getattr(base, name) != getattr(current, name)
    ]


def _words(name: str, value: Any) -> str:
    match name:
        case "visibility":
            return VISIBILITIES[value][0]
        case "publish_at":
            return "at once" if value is None else moment(value)
        case "poster_at_ms":
            return "chosen automatically" if value is None else f"from {moment_in(value)}"
    return str(value) or "empty"
