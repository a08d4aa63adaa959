"""What the palette finds on the server and where it leads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from studio.tabs.moderation.search import ModerationSearch
from studio.widgets.command_palette import Command
from tests.studio.tabs.moderation.conftest import Play, until
from tests.studio.tabs.moderation.desk import Desk
from tests.studio.tabs.moderation.world import World, decision, problem


class Finder:
    """A search at a desk, what it told and what was opened."""

    def __init__(self, desk: Desk) -> None:
        self.told: list[Sequence[Command] | None] = []
        self.opened: list[Any] = []
        self.search = ModerationSearch(
            desk.context.api,
            desk.context.tasks,
            open_item=self.opened.append,
            open_creator=self.opened.append,
        )


def found(kind: str, number: int) -> dict[str, str]:
    return {"kind": kind, "id": str(UUID(int=number)), "title": f"{kind} title", "detail": "detail"}


def test_each_kind_opens_where_it_belongs(play: Play) -> None:
    async def story(desk: Desk) -> None:
        finder = Finder(desk)
        desk.world.found = [found("item", 1001), found("creator", 100), found("decision", 7003)]
        finder.search("mara", finder.told.append)
        await until(lambda: finder.told)
        commands = finder.told[0]
        assert commands is not None
        assert [command.text for command in commands] == ["item title", "creator title", "decision title"]
        assert len({command.id for command in commands}) == 3
        for command in commands:
            command.run()
        await until(lambda: len(finder.opened) == 3)
        assert finder.opened == [str(UUID(int=1001)), UUID(int=100), str(decision(3).item_id)]

    play(World(), story)


def test_too_short_or_too_long_is_not_asked(play: Play) -> None:
    async def story(desk: Desk) -> None:
        finder = Finder(desk)
        for text in ("", "m", "m" * 301):
            finder.search(text, finder.told.append)
        finder.search("https://example.org/videos/00000000-0000-0000-0000-000000000001", finder.told.append)
        await until(lambda: len(finder.told) == 4)
        assert desk.world.asked == ["GET search"]
        assert finder.told == [[], [], [], []]

    play(World(), story)


def test_a_failed_search_is_told_in_the_palette_alone(play: Play) -> None:
    async def story(desk: Desk) -> None:
        finder = Finder(desk)
        desk.world.broken = problem(500, "boom")
        finder.search("mara", finder.told.append)
        await until(lambda: desk.world.asked)
        await desk.context.tasks.close()
        assert finder.told == [None]
        assert desk.reports == []

    play(World(), story)


def test_items_of_one_title_are_told_apart(play: Play) -> None:
    async def story(desk: Desk) -> None:
        finder = Finder(desk)
        at = (datetime.now(UTC) - timedelta(hours=3, minutes=1)).isoformat()
        desk.world.found = [found("item", 1001) | {"creator": "mara.v", "at": at, "detail": "Spam, open"}]
        finder.search("item", finder.told.append)
        await until(lambda: finder.told)
        (commands,) = finder.told
        assert commands is not None
        assert [command.detail for command in commands] == ["@mara.v · 3 h ago · Spam, open"]

    play(World(), story)
