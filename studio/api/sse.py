"""Parser of server-sent events (WHATWG HTML, section 9.2.6 "Interpreting an event stream")."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """One dispatched event; `id` is the last id seen on the stream, "" when there was none."""

    name: str
    data: str
    id: str


class EventParser:
    """Turns lines into events; holds the stream's last event id and `retry` (milliseconds)."""

    def __init__(self, last_id: str = "") -> None:
        self.last_id = last_id
        self.retry_ms: int | None = None
        self._name = ""
        self._data: list[str] = []

    def feed(self, line: bytes) -> Event | None:
        """Take one line without its line end; return the event that a blank line completes."""
        if not line:
            return self._dispatch()
        field, _, value = line.decode("utf-8", "replace").partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            self._name = value
        elif field == "data":
            self._data.append(value)
        elif field == "id" and "\0" not in value:
            self.last_id = value
        elif field == "retry" and value.isascii() and value.isdigit():
            self.retry_ms = int(value)
        return None

    def _dispatch(self) -> Event | None:
        name, data = self._name or "message", self._data
        self._name, self._data = "", []
        return Event(name, "\n".join(data), self.last_id) if data else None
