"""The page of a person beside the picture: who they are, what can be done about it, their public videos."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Final
from uuid import UUID

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from server.content.schemas import Author, Profile, VideoView
from server.kit.wire import Page
from studio.api.errors import ApiError, NotFound
from studio.posters import Posters
from studio.tab import Context
from studio.tabs.feed.grid import VideoGrid
from studio.tabs.feed.people import People, Words
from studio.tabs.feed.side_pane import WIDTH, SidePane
from studio.tabs.feed.state import may_be_shown, short
from studio.tabs.feed.unread import unread
from studio.theme import style
from studio.widgets.button import Button, IconButton
from studio.widgets.initials import Initials
from studio.widgets.label import ElidedLabel, Label
from studio.widgets.scroll_pane import ScrollPane
from studio.widgets.state_stack import StateStack

VIDEOS: Final = 30
DISC: Final = 52
BIO: Final = 96
"""At most so many px of a biography stand there at once; the rest of it is scrolled to."""


class ProfilePane(SidePane):
    """`video_wanted` carries the id of a video, `report_wanted` the profile, `list_wanted` asks for the
    people whom the viewer blocks."""

    video_wanted = Signal(object)
    report_wanted = Signal(object)
    list_wanted = Signal()

    def __init__(self, context: Context, people: People) -> None:
        super().__init__("Profile")
        self._context, self._people = context, people
        self.person: Author | None = None
        self.profile: Profile | None = None
        self._cursor: str | None = None
        self._more: asyncio.Task[None] | None = None
        self._freed = False
        self.disc = Initials(DISC)
        self.name = ElidedLabel("", "title")
        self.handle = ElidedLabel("", "muted")
        self.close_button = IconButton("x", "Close the profile")
        self.bio = Label("", wrap=True)
        self.counts = Label("", "muted")
        self.follow_button = Button("Follow", kind="primary", icon="follow")
        self.block_button = Button("Block", kind="quiet", icon="restrict")
        self.report_button = Button("Report", kind="quiet", icon="flag")
        self.blocked_button = Button("People you block", kind="link")
        self.posters = Posters(context, self)
        self.grid = VideoGrid(self.posters.get)
        self.posters.came.connect(self.grid.repaint_one)
        self.videos = StateStack(self.grid)
        self.states = StateStack(self._page())
        self._lay_out()
        self._connect()

    def _page(self) -> QWidget:
        worn = style.tokens()
        page = QWidget()
        self._bio_room = ScrollPane("Biography", self.bio, ground="window")
        self.doings = QWidget()
        row = QHBoxLayout(self.doings)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(worn.space_2)
        for each in (self.follow_button, self.block_button, self.report_button):
            row.addWidget(each)
        row.addStretch(1)
        rows = QVBoxLayout(page)
        rows.setContentsMargins(worn.space_4, 0, 0, 0)
        rows.setSpacing(worn.space_3)
        for part in (self._bio_room, self.counts, self.doings, self.videos):
            rows.addWidget(part, int(part is self.videos))
        return page

    def _lay_out(self) -> None:
        worn = style.tokens()
        names = QVBoxLayout()
        names.setSpacing(2)
        names.addStretch(1)
        names.addWidget(self.name)
        names.addWidget(self.handle)
        names.addStretch(1)
        top = QHBoxLayout()
        top.setContentsMargins(worn.space_4, worn.space_3, worn.space_2, worn.space_3)
        top.setSpacing(worn.space_3)
        top.addWidget(self.disc)
        top.addLayout(names, 1)
        top.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        foot = QHBoxLayout()
        foot.setContentsMargins(worn.space_4, worn.space_1, worn.space_4, worn.space_2)
        foot.addWidget(self.blocked_button)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(top)
        column.addWidget(self.states, 1)
        column.addLayout(foot)

    def _connect(self) -> None:
        self.close_button.clicked.connect(self.close_now)
        self.follow_button.clicked.connect(self._follow)
        self.block_button.clicked.connect(self._block)
        self.report_button.clicked.connect(lambda: self.report_wanted.emit(self.profile))
        self.blocked_button.clicked.connect(self.list_wanted)
        self.grid.opened.connect(self.video_wanted)
        self.grid.wants_more.connect(self._read_more)
        self.states.retried.connect(self.read)
        self.states.acted.connect(self._unblock)
        self.videos.retried.connect(self.read)
        self._people.changed.connect(self._said)
        self._people.settled.connect(self._settle)

    # Which person

    def open(self, person: Author) -> None:
        """Show somebody; what is known of them stands there at once."""
        again = self.person is not None and self.person.id == person.id
        self.person = person
        self.show()
        if not again:
            self.profile = None
            self._freed = False
            self._name(person)
            self._blank()
        self.read()

    def _blank(self) -> None:
        self._fill([], None)
        self.counts.setText("")
        self._bio_room.hide()
        self.doings.hide()
        self.videos.content()
        self.states.content()

    def leave_out(self, video_id: UUID) -> None:
        """A video is not to be seen any more."""
        self.grid.leave_out(video_id)
        if self.profile is not None:
            self._say_videos()

    # Reading

    def retry(self) -> None:
        if self.profile is None:
            self.read()

    def read(self) -> None:
        """Ask the server for the person and the newest of their videos."""
        person = self.person
        if person is None:
            return
        if self.profile is None:
            self.states.loading()
        before, generation = self._people.words(person.id), self._people.generation

        async def fetch() -> tuple[Profile, Page[VideoView]]:
            get = self._context.api.get
            profile, videos = await asyncio.gather(
                get(f"/v1/content/people/{person.id}"), get("/v1/content/videos", params=self._params(person))
            )
            return profile.model(Profile), videos.model(Page[VideoView])

        self._context.tasks.read(
            fetch, partial(self._take, before, generation), partial(self._failed, person.id), owner=self
        )

    def _params(self, person: Author) -> dict[str, str | int]:
        return {"owner": str(person.id), "limit": VIDEOS}

    def _take(self, before: Words, generation: int, read: tuple[Profile, Page[VideoView]]) -> None:
        told, page = read
        if self.person is None or told.id != self.person.id:
            return
        if generation != self._people.generation:
            self.read()  # what was said meanwhile may have been sent and forgotten since
            return
        self.profile = self._people.as_said(told, before)
        here, shown = list(self.grid.videos), _shown(page)
        first = here[: len(shown)] if page.next_cursor else here
        if first != shown or not here:  # else what came after them stays, and goes on from where it is
            self._fill(shown, page.next_cursor)
        self._show()

    def _fill(self, videos: Sequence[VideoView], cursor: str | None) -> None:
        if self._more is not None:
            self._more.cancel()
            self._more = None
        self._cursor = cursor
        self.grid.fill(videos)

    def _failed(self, person_id: UUID, error: ApiError) -> None:
        if self.person is None or self.person.id != person_id or self.profile is not None:
            return
        if isinstance(error, NotFound):
            self.states.empty("person", "This person is not here any more")
            return
        self.states.failed(unread("The profile cannot be read now.", error))

    def _read_more(self) -> None:
        person, cursor = self.person, self._cursor
        if person is None or cursor is None or self._more is not None:
            return

        async def fetch() -> Page[VideoView]:
            params = self._params(person) | {"cursor": cursor}
            return (await self._context.api.get("/v1/content/videos", params=params)).model(Page[VideoView])

        self._more = self._context.tasks.read(fetch, self._take_more, self._no_more, owner=self)

    def _take_more(self, page: Page[VideoView]) -> None:
        self._more = None
        self._cursor = page.next_cursor
        self.grid.add(_shown(page))

    def _no_more(self, _error: ApiError) -> None:
        self._more = None  # scrolling asks again

    # Showing

    def _name(self, person: Author | Profile) -> None:
        self.disc.set_name(person.name)
        self.name.setText(person.name)
        self.handle.setText(f"@{person.handle}")
        self.setAccessibleName(f"Profile of {person.name}")

    def _show(self) -> None:
        profile = self.profile
        if profile is None:
            return
        self._name(profile)
        if profile.blocked:
            told = "You see none of their videos and comments.\nThey are not told."
            self.states.empty("restrict", f"You block {profile.name}", told, "Unblock")
            return
        self.bio.setText(profile.bio)
        self._bio_room.setVisible(bool(profile.bio))
        self._bio_room.setFixedHeight(min(BIO, max(0, self.bio.heightForWidth(WIDTH - 32))))
        people = "follower" if profile.followers == 1 else "followers"
        self.counts.setText(f"{short(profile.followers)} {people}  ·  {short(profile.following)} following")
        self.doings.setVisible(not profile.me)
        self._wear(self.follow_button, profile.followed)
        spoken = "Unfollow" if profile.followed else "Follow"
        self.follow_button.setAccessibleName(f"{spoken} {profile.name}")
        self.block_button.setAccessibleName(f"Block {profile.name}")
        self.report_button.setAccessibleName(f"Report {profile.name}")
        self.states.content()
        self._say_videos()

    def _wear(self, button: Button, followed: bool) -> None:
        button.setText("Following" if followed else "Follow")
        button.set_look("" if followed else "primary", "following" if followed else "follow")

    def _say_videos(self) -> None:
        if self.grid.videos:
            self.videos.content()
        elif self._freed:
            self.videos.empty("refresh", "Their videos are on their way")
        else:
            self.videos.empty("video", "No public videos yet")

    def _settle(self) -> None:
        """What is read now is read by somebody who does not block them any more."""
        if self._freed and self.person is not None:
            self._freed = False
            self.read()

    # Doing

    def _said(self, person_id: UUID) -> None:
        profile = self.profile
        if profile is None or profile.id != person_id:
            return
        self.profile = self._people.as_said(profile, {})
        self._freed = not self.profile.blocked and (self._freed or profile.blocked)
        self._show()

    def _follow(self) -> None:
        if self.profile is not None:
            self._people.follow(_author(self.profile), not self.profile.followed)

    def _block(self) -> None:
        if self.profile is not None:
            self._people.block(_author(self.profile), following=self.profile.followed)

    def _unblock(self) -> None:
        if self.profile is not None and self.profile.blocked:
            self._people.unblock(_author(self.profile))


def _author(profile: Profile) -> Author:
    return Author(id=profile.id, handle=profile.handle, name=profile.name)


def _shown(page: Page[VideoView]) -> list[VideoView]:
    """Owners and reviewers are given more than is public."""
    return [v for v in page.items if v.published_at is not None and may_be_shown(v, asked_for=False)]
