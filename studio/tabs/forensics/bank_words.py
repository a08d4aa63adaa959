"""What is said of banks and their entries. Free of Qt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from server.forensics.banks.rules import ENTRIES_AT_ONCE, BankAction, EntryState, sources_of
from server.forensics.banks.schemas import EntryEvent
from server.forensics.schemas import BankView, EntriesMoved, EntryView, ImportReceipt

EVENTS: Final = {
    EntryEvent.ACTIVATE: ("Activate", "check"),
    EntryEvent.QUARANTINE: ("Quarantine", "hold"),
    EntryEvent.DECONFIRM: ("Take out for good", "x"),
}
DONE: Final = {
    EntryEvent.ACTIVATE: "activated",
    EntryEvent.QUARANTINE: "quarantined",
    EntryEvent.DECONFIRM: "taken out for good",
}
STATES: Final = {
    EntryState.PROPOSED: "proposed",
    EntryState.ACTIVE: "active",
    EntryState.QUARANTINED: "quarantined",
    EntryState.DECONFIRMED: "taken out",
    EntryState.EXPIRED: "expired",
}
ACTIONS: Final = {
    BankAction.QUEUE: "a match makes an item of the queue",
    BankAction.RESTRICT_INTERIM: "a strong match restricts the video until it is decided",
}


def events_of(state: EntryState) -> tuple[EntryEvent, ...]:
    """What can be done with an entry in a state."""
    return tuple(event for event in EntryEvent if state in sources_of(event))


def bank_facts(bank: BankView) -> str:
    """What a bank does, in a few sentences."""
    looked = "People have looked at what it holds" if bank.confirmed else "Nobody has looked at what it holds"
    policy = f"Flagged under {bank.policy}. " if bank.policy else ""
    action = ACTIONS[bank.action]
    return f"{action[:1].upper()}{action[1:]}. {policy}{looked}. Up to {bank.distance} bits may differ."


def entry_facts(entry: EntryView) -> str:
    """What is known of an entry."""
    parts = [entry.reason]
    if entry.stopped:
        parts.insert(0, f"It took itself out of use: {entry.stopped}")
    if entry.fault:
        parts.append(f"It could not be hashed ({entry.fault}): only the very same file is recognised")
    if entry.policy:
        parts.append(f"flagged under {entry.policy}")
    if entry.decision_id is not None:
        parts.append("added by a decision")
    parts += [", ".join(entry.tags)] if entry.tags else []
    return " · ".join(part for part in parts if part)


def several(entries: Sequence[EntryView]) -> str:
    """What is selected, by state; and that a command takes no more at once."""
    states = Counter(STATES[entry.state] for entry in entries)
    parts = [f"{len(entries):,} selected: " + ", ".join(f"{n:,} {state}" for state, n in states.items())]
    if len(entries) > ENTRIES_AT_ONCE:
        parts.append(f"the first {ENTRIES_AT_ONCE} of those that can be are changed at once")
    return " · ".join(parts)


def moved_words(event: EntryEvent, got: EntriesMoved) -> tuple[str, str]:
    """What became of several entries, and why some of them stay as they were."""
    many = f"{len(got.moved):,} {'entry' if len(got.moved) == 1 else 'entries'} {DONE[event]}"
    reasons = Counter(one.why for one in got.kept)
    if not reasons:
        return many, ""
    why = " ".join(f"{n:,}: {text}" for text, n in reasons.most_common(2))
    return f"{many}, {len(got.kept):,} left as they were", why


def stopped_words(entries: Sequence[EntryView]) -> str:
    """Which entries took themselves out of use, and why the first of them did."""
    if not entries:
        return ""
    why = entries[0].stopped or "too many matches"
    if len(entries) == 1:
        return f"1 entry took itself out of use: {why}"
    return f"{len(entries):,} entries took themselves out of use, the last one: {why}"


def receipt_words(got: ImportReceipt) -> str:
    """What became of an import."""
    parts = [f"{got.known:,} known already"] if got.known else []
    if got.skipped:
        parts.append(f"{got.skipped:,} left out")
        parts += [f"row {each.row}: {each.why}" for each in got.problems[:2]]
    return ", ".join(parts)
