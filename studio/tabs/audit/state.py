"""What the audit log is narrowed to, and its entries and its verdict in words. Free of Qt."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any, Final, Literal
from uuid import UUID

from server.audit.schemas import Entry, Head, Verification

Period = Literal["all", "hour", "day", "week", "month", "between"]
PERIODS: Final[Mapping[Period, str]] = {
    "all": "Any time",
    "hour": "Last hour",
    "day": "Last 24 hours",
    "week": "Last 7 days",
    "month": "Last 30 days",
    "between": "Between…",
}
_SPANS: Final[Mapping[str, timedelta]] = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
}
_MOMENT: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[ T](\d{2}:\d{2})(?::\d{2})?)?")
_PERSON: Final = re.compile(r"person:([0-9a-f-]{36})")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The filter as typed. `first` and `last` are local times and count only with `period` "between"."""

    actor: str = ""
    action: str = ""
    target: str = ""
    period: Period = "all"
    first: str = ""
    last: str = ""

    @property
    def narrows(self) -> bool:
        """True when not everything is wanted."""
        return self != replace(self, actor="", action="", target="", period="all")

    def fault(self, zone: tzinfo | None = None) -> str:
        """Why this is no filter, "" when it is one."""
        if self.period != "between":
            return ""
        for text in (self.first, self.last):
            if text.strip() and moment(text, zone) is None:
                return f"“{text.strip()}” is no time. Write 2026-03-31 or 2026-03-31 14:05."
        start, end = moment(self.first, zone), moment(self.last, zone)
        return "The beginning comes after the end." if start and end and start >= end else ""

    def params(self, actor: str, *, now: datetime, zone: tzinfo | None = None) -> dict[str, str | int]:
        """The query of the request; `actor` is what was typed, resolved to a name of the log."""
        after = before = None
        if self.period == "between":
            after, before = moment(self.first, zone), moment(self.last, zone)
        elif self.period in _SPANS:
            after = now - _SPANS[self.period]
        asked = {
            "actor": actor,
            "action": self.action.strip(),
            "target": self.target.strip(),
            "after": after.isoformat() if after else "",
            "before": before.isoformat() if before else "",
        }
        return {name: value for name, value in asked.items() if value}


def wanted_of(state: Mapping[str, Any]) -> Wanted:
    """A filter out of a settings file; what does not fit is left out."""
    texts = {name: state.get(name) for name in ("actor", "action", "target", "first", "last")}
    found: dict[str, Any] = {name: text for name, text in texts.items() if isinstance(text, str)}
    found["period"] = next((known for known in PERIODS if known == state.get("period")), "all")
    return Wanted(**found)


def moment(text: str, zone: tzinfo | None = None) -> datetime | None:
    """A date, or a date and a time, of `zone` (None: this computer's) as aware UTC; None for other text."""
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        return None
    try:
        naive = datetime.fromisoformat(f"{match[1]}T{match[2] or '00:00'}")
        return (naive.replace(tzinfo=zone) if zone else naive.astimezone()).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def actor_name(text: str) -> str | None:
    """What was typed as an actor, as the log names it; None for a handle, which must be looked up."""
    typed = text.strip()
    if not typed or ":" in typed:
        return typed
    try:
        return f"person:{UUID(typed)}"
    except ValueError:
        return None


def handle_of(text: str) -> str:
    """A typed handle without its sign."""
    return text.strip().removeprefix("@").lower()


def person_of(ref: str) -> UUID | None:
    """The person that an actor or target names, None for anything else."""
    match = _PERSON.fullmatch(ref)
    try:
        return UUID(match[1]) if match else None
    except ValueError:
        return None


def shown_ref(ref: str, handles: Mapping[UUID, str]) -> str:
    """An actor or target for people: a known person by handle, other ids cut short."""
    person = person_of(ref)
    if person is not None and person in handles:
        return f"@{handles[person]}"
    kind, _, name = ref.partition(":")
    if name in ("", kind):
        return kind
    return f"{kind} {name[:8]}…" if len(name) == 36 else f"{kind} {name}"


def pairs(data: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """A payload as lines of name and value; what is nested gets dotted names, changes get an arrow."""
    found: list[tuple[str, str]] = []
    for key, value in data.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict) and value:
            found += pairs(value, f"{name}.")
        elif prefix.startswith("changed.") and isinstance(value, list) and len(value) == 2:
            found.append((name, f"{_plain(value[0])} → {_plain(value[1])}"))
        else:
            found.append((name, _plain(value)))
    return found


def _plain(value: Any) -> str:
    match value:
        case None | [] | {} | "":
            return "none"
        case bool():
            return "yes" if value else "no"
        case list() if all(isinstance(each, str | int) for each in value):
            return ", ".join(map(str, value))
        case list() | dict():
            return json.dumps(value, ensure_ascii=False)
    return str(value)


def raw(entry: Entry) -> str:
    """The whole entry as JSON, as the export writes it."""
    return json.dumps(entry.model_dump(mode="json"), indent=2, ensure_ascii=False)


def in_eights(digest: str) -> str:
    """A digest in groups that an eye can compare."""
    return " ".join(digest[n : n + 8] for n in range(0, len(digest), 8))


def seal_words(head: Head) -> str:
    """Where the chain stands."""
    if not head.seq:
        return "The log is empty"
    sealed = f"sealed to #{head.sealed_to:,}" if head.sealed_to else "never sealed"
    return f"{head.seq:,} entries · {sealed} · {head.unsealed:,} unsealed"


def verdict_words(verdict: Verification) -> tuple[str, str]:
    """The outcome of a verification: a title and a sentence."""
    took = f"{verdict.elapsed_ms / 1000:.1f} s"
    if not verdict.whole:
        return (
            f"Broken at #{verdict.broken_at:,}",
            f"{(verdict.reason or 'unknown reason').capitalize()}. "
            f"The {verdict.entries:,} entries before it hold.",
        )
    sealed = f"Signed up to #{verdict.sealed_to:,}" if verdict.sealed_to else "Nothing is signed yet"
    return (
        "The log is whole",
        f"{verdict.entries:,} entries checked in {took}. {sealed}; {verdict.unsealed:,} after it unsealed.",
    )
