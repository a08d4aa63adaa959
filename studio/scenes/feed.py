"""The feed in each state, as a viewer sees it."""

from __future__ import annotations

from typing import Final

from studio.api.errors import Offline, ServerFault
from studio.scenes.camera import Camera, Strip
from studio.stage import until
from studio.tabs.feed.page import FeedPage
from studio.tabs.feed.tab import FeedTab
from studio.widgets import clipboard
from studio.widgets.empty_state import ErrorState
from studio.widgets.skeleton import Skeleton

FAN: Final = "fan@demo.local"


async def still_page(page: FeedPage) -> None:
    """Wait for the first frame, and keep it: a running video gives no picture twice."""
    await until(lambda: page.watching.slot is not None and page.watching.slot.ready, "the first frame")
    slot = page.watching.slot
    assert slot is not None
    if not page.watching.held:
        page.watching.toggle()
    slot.rewind()
    await until(lambda: slot.player.settled, "a still picture")


async def _feed(camera: Camera) -> None:
    page = camera.tab(FeedTab).page
    await until(lambda: page.feed.items, "the feed")
    await still_page(page)
    page.watching._held = False
    slot = page.watching.slot
    assert slot is not None
    page._repaint()
    await camera.take("feed")
    page.watching._held = True
    page._repaint()
    await camera.take("feed-paused")
    for _ in range(3):
        if page.feed.current is not None and page.feed.current.counts.comments:
            break
        page.go(1)
        await still_page(page)
    for action in ("feed.like", "feed.save", "feed.follow"):
        page.handlers[action]()
    page.loudness.toggle()
    await camera.take("feed-liked")
    page.loudness.toggle()
    page.aside.toggle_comments()
    await until(lambda: page.aside.comments._thread.read, "the comments")
    await camera.take("feed-comments")
    page.aside.comments.close_now()
    saved = page.aside.saved
    page.aside.toggle_saved()
    await until(lambda: saved._read_once and all(map(saved.posters.get, saved.grid.videos)), "what is saved")
    await camera.take("feed-saved")
    saved.close_now()
    page.show_why()
    await camera.take("feed-why")
    await camera.clear()
    await _people(camera, page)
    page.deeds.report_video()
    report = page.deeds.report
    assert report is not None
    await until(report.list.count, "the rules")
    report.choose("violence.threat")
    report.note.setPlainText("A card at the end threatens whoever watches.")
    await camera.take("feed-report")
    await camera.clear()
    for action in ("feed.like", "feed.save", "feed.follow"):
        page.handlers[action]()


async def _people(camera: Camera, page: FeedPage) -> None:
    """Who made the video, and whom the viewer blocks; undone at the end."""
    aside, shown = page.aside, page.feed.current
    assert shown is not None
    aside.toggle_profile()
    profile = aside.profile
    await until(lambda: profile.profile is not None, "the profile")
    await until(lambda: all(map(profile.posters.get, profile.grid.videos)), "the stills")
    await camera.take("feed-profile")
    profile.states.loading()
    await until(lambda: isinstance(profile.states.shown(), Skeleton), "the shape of a profile")
    await camera.take("feed-profile-loading")
    profile.profile = None
    profile._failed(shown.video.owner.id, Offline())
    await camera.take("feed-profile-error", away=True)
    profile.read()
    await until(lambda: profile.profile is not None, "the profile")
    profile.block_button.click()
    await still_page(page)
    await camera.take("feed-block")
    await camera.clear()
    await until(lambda: not page.people._said, "the server to know")
    aside.toggle_blocked()
    await until(lambda: aside.blocked.rows, "the list")
    await camera.take("feed-blocked")
    page.people.unblock(shown.video.owner)
    aside.blocked.close_now()
    aside.profile.close_now()
    clipboard.put("")
    page.open_link()
    await camera.take("feed-link")
    await camera.clear()


async def _states(camera: Camera) -> None:
    page = camera.tab(FeedTab).page
    await until(lambda: page.feed.items, "the feed")
    await still_page(page)
    for _ in range(6):  # a wide one, where there is one soon
        if (
            page.watching.slot is not None
            and page.watching.slot.size.width() > 1.2 * page.watching.slot.size.height()
        ):
            break
        page.go(1)
        await still_page(page)
    slot = page.watching.slot
    assert slot is not None
    await camera.take("feed-wide")
    page._say_offline(True)
    await camera.take("feed-offline", away=True)
    page._say_offline(False)
    picture, slot.picture = slot.picture, None
    slot.problem = "The file ends in the middle."
    page._repaint()
    await camera.take("feed-broken")
    slot.picture, slot.problem = picture, ""
    items, page.feed.items = page.feed.items, []
    position, page.feed.position = page.feed.position, 0
    page.feed.ended = True
    page._arrived()
    await camera.take("feed-empty")
    page._failed(ServerFault())
    await until(lambda: isinstance(page.states.shown(), ErrorState), "what is said")
    await camera.take("feed-error", away=True)
    page.states.content()
    page._say_offline(False)
    page._follow()
    page.surface.say_loading(True)
    await camera.take("feed-loading")
    page.surface.say_loading(False)
    page.feed.items, page.feed.position = items, len(items)
    page._follow()
    await camera.take("feed-end")
    page.feed.position = position
    page._follow()
    page.refresh()
    await still_page(page)


STRIPS: Final = (
    Strip(
        tab="feed",
        email=FAN,
        pictures=(
            "feed",
            "feed-paused",
            "feed-liked",
            "feed-comments",
            "feed-saved",
            "feed-why",
            "feed-profile",
            "feed-profile-loading",
            "feed-profile-error",
            "feed-block",
            "feed-blocked",
            "feed-link",
            "feed-report",
        ),
        act=_feed,
    ),
    Strip(
        tab="feed",
        email=FAN,
        pictures=(
            "feed-wide",
            "feed-offline",
            "feed-broken",
            "feed-empty",
            "feed-error",
            "feed-loading",
            "feed-end",
        ),
        act=_states,
    ),
)
