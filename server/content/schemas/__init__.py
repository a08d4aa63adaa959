"""The wire types of content, one file a theme; pure Pydantic, imported by the client too."""

from __future__ import annotations

from server.content.schemas.events import EventBatch, EventVerdict, EventVerdicts, ViewerEvent
from server.content.schemas.feed import Blocked, FeedItem, Mine, Profile, Why
from server.content.schemas.videos import (
    Arrived,
    Author,
    CommentView,
    Counts,
    NewComment,
    NewVideo,
    Restriction,
    StoryboardIndex,
    VideoCreated,
    VideoEdit,
    VideoView,
    WaveformPeaks,
)

__all__ = [
    "Arrived",
    "Author",
    "Blocked",
    "CommentView",
    "Counts",
    "EventBatch",
    "EventVerdict",
    "EventVerdicts",
    "FeedItem",
    "Mine",
    "NewComment",
    "NewVideo",
    "Profile",
    "Restriction",
    "StoryboardIndex",
    "VideoCreated",
    "VideoEdit",
    "VideoView",
    "ViewerEvent",
    "WaveformPeaks",
    "Why",
]
