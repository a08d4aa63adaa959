"""The list of the feed, free of Qt."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.content.rules import Visibility
from server.kit.wire import Availability
from studio.tabs.feed.state import KEPT_BEHIND, FeedList, Opinion, short
from studio.tabs.feed.why import reasons
from tests.studio.tabs.feed.world import AT, item, video


def ids(feed: FeedList) -> list[int]:
    return [each.video.id.int - 1_000 for each in feed.items]


def filled(count: int = 6) -> FeedList:
    feed = FeedList()
    feed.add([item(n) for n in range(count)], "more")
    return feed


def test_a_page_that_comes_twice_is_one() -> None:
    feed = filled(4)
    feed.add([item(2), item(4)], None)
    assert ids(feed) == [0, 1, 2, 3, 4]
    assert feed.ended


def test_loads_the_present_one_first_then_the_next_and_the_previous() -> None:
    feed = filled()
    feed.go(1)
    assert [each.video.id.int - 1_000 for each in feed.window()] == [1, 2, 0]


def test_asks_for_more_before_the_end_is_reached() -> None:
    feed = filled(8)
    assert not feed.wants_more
    for _ in range(4):
        feed.go(1)
    assert feed.wants_more
    feed.add([], None)
    assert not feed.wants_more
    feed.look_again()
    assert feed.wants_more


def test_a_page_that_was_on_its_way_when_one_looked_again_is_not_taken() -> None:
    feed = filled(2)
    before = feed.generation
    feed.look_again()
    assert not feed.add([item(7)], None, generation=before)
    assert (ids(feed), feed.cursor, feed.ended) == ([0, 1], None, False)
    assert feed.add([item(8)], None, generation=feed.generation)
    assert (ids(feed), feed.ended) == ([0, 1, 8], True)


def test_what_is_asked_for_comes_behind_what_is_watched() -> None:
    feed = filled(4)
    feed.go(1)
    assert feed.put(item(9))
    assert (ids(feed), feed.position) == ([0, 1, 9, 2, 3], 2)
    assert not feed.put(item(9))
    assert feed.put(item(0))
    assert (ids(feed), feed.position) == ([1, 9, 0, 2, 3], 2)
    for _ in range(3):
        feed.go(1)
    assert feed.current is None
    assert feed.put(item(8))
    assert (ids(feed)[-1], feed.current) == (8, feed.items[-1])


def test_what_is_asked_for_needs_not_be_public() -> None:
    feed = filled(2)
    feed.put(item(9, visibility=Visibility.UNLISTED).model_copy(update={"why": None}))
    assert [each.video.id.int - 1_000 for each in feed.untold()] == [9]
    assert feed.update(video(9, visibility=Visibility.UNLISTED, title="Other"))
    assert feed.current is not None
    assert feed.current.video.title == "Other"
    assert not feed.update(video(0, visibility=Visibility.UNLISTED))
    assert not feed.update(video(9, availability=Availability.REMOVED))
    assert ids(feed) == [1]


def test_lets_go_of_what_lies_far_behind() -> None:
    feed = filled(KEPT_BEHIND + 20)
    for _ in range(KEPT_BEHIND + 10):
        feed.go(1)
    current = feed.current
    assert current is not None
    assert current.video.id.int - 1_000 == KEPT_BEHIND + 10
    assert feed.position == KEPT_BEHIND


def test_to_follow_counts_for_all_videos_of_that_person() -> None:
    feed = filled()
    feed.set_following(UUID(int=100), True)
    assert [each.mine.following for each in feed.items] == [True, False, False, True, False, False]
    feed.set_following(UUID(int=100), False)
    assert not any(each.mine.following for each in feed.items)


def test_what_is_by_somebody_is_taken_out_and_put_back_behind_what_is_watched() -> None:
    feed = filled()
    feed.go(1)
    feed.go(1)
    feed.go(1)
    feed.blocked.add(UUID(int=100))
    theirs = feed.take_out(UUID(int=100))
    assert [each.video.id.int - 1_000 for each in theirs] == [3, 0]
    assert (ids(feed), feed.position) == ([1, 2, 4, 5], 2)
    feed.add([item(6), item(7)], None)
    assert ids(feed) == [1, 2, 4, 5, 7]
    feed.blocked.clear()
    feed.take_back(theirs)
    assert (ids(feed), feed.position) == ([1, 2, 4, 3, 0, 5, 7], 2)


def test_a_like_is_counted_once_and_never_below_nothing() -> None:
    feed = filled()
    first = UUID(int=1_000)
    feed.set_opinion(first, Opinion.LIKE, True)
    feed.set_opinion(first, Opinion.LIKE, True)
    assert feed.items[0].counts.likes == 1
    feed.count(first, "comments", -1)
    assert feed.items[0].counts.comments == 0


def test_what_is_hidden_goes_and_what_is_withheld_stays() -> None:
    feed = filled()
    assert feed.update(video(1, caption=None, caption_availability=Availability.REMOVED))
    assert feed.items[1].video.caption is None
    assert not feed.update(video(2, availability=Availability.RESTRICTED))
    assert ids(feed) == [0, 1, 3, 4, 5]


@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("go"), st.sampled_from([1, -1])),
            st.tuples(st.just("remove"), st.integers(0, 30)),
            st.tuples(st.just("add"), st.integers(0, 26)),
        ),
        max_size=60,
    )
)
def test_whatever_happens_one_stays_at_the_same_video(steps: list[tuple[str, int]]) -> None:
    feed = filled(5)
    for what, number in steps:
        before = feed.current
        if what == "go":
            feed.go(number)
        elif what == "remove":
            feed.remove(UUID(int=1_000 + number))
            if before is not None and before.video.id != UUID(int=1_000 + number):
                assert feed.current == before
        else:
            feed.add([item(n) for n in range(number, number + 4)], "more")
            assert before is None or feed.current == before
        assert 0 <= feed.position <= len(feed.items)
        assert len(set(ids(feed))) == len(feed.items)


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0"), (987, "987"), (1_000, "1 k"), (1_249, "1.2 k"), (34_500, "34 k"), (5_640_000, "5.6 m")],
)
def test_counts_are_short(count: int, text: str) -> None:
    assert short(count) == text


def test_says_why_in_words() -> None:
    plain = reasons(item(0), AT + timedelta(hours=5))
    assert plain[0] == "It was published 5 hours ago, and the newest come first."
    followed = item(0)
    followed = followed.model_copy(update={"why": followed.why.model_copy(update={"bonus_s": 86_400})})
    assert "count as 24 hours newer" in reasons(followed, AT)[0]
