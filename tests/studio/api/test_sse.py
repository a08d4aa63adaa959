"""The event stream is read as the WHATWG specification says."""

from __future__ import annotations

from studio.api.sse import Event, EventParser


def events(text: str, parser: EventParser | None = None) -> list[Event]:
    parser = parser or EventParser()
    found = (parser.feed(line) for line in text.encode().split(b"\n"))
    return [event for event in found if event is not None]


def test_event_with_all_fields() -> None:
    assert events("event: change\nid: 7\ndata: {}\n\n") == [Event("change", "{}", "7")]


def test_data_lines_are_joined_and_one_space_is_dropped() -> None:
    assert events("data:  a\ndata:b\n\n") == [Event("message", " a\nb", "")]


def test_comments_and_empty_events_are_not_dispatched() -> None:
    assert events(": heartbeat\n\nevent: change\n\n") == []


def test_id_stays_until_changed_and_nul_is_ignored() -> None:
    parser = EventParser("3")
    assert [event.id for event in events("data: a\n\nid: 4\ndata: b\n\n", parser)] == ["3", "4"]
    events("id: 5\0\n\n", parser)
    assert parser.last_id == "4"


def test_retry() -> None:
    parser = EventParser()
    events("retry: soon\n", parser)
    assert parser.retry_ms is None
    events("retry: 1500\n", parser)
    assert parser.retry_ms == 1500


def test_hostile_bytes_do_not_raise() -> None:
    parser = EventParser()
    assert parser.feed(b"data: \xff\xfe") is None
    event = parser.feed(b"")
    assert event is not None
    assert "\ufffd" in event.data
