"""What is said of banks and their entries. Free of Qt."""

from __future__ import annotations

from typing import Final

from server.forensics.banks.rules import BankAction, EntryState, sources_of
from server.forensics.banks.schemas import EntryEvent
from server.forensics.schemas import BankView, EntryView, ImportReceipt

EVENTS: Final = {
    EntryEvent.ACTIVATE: ("Activate", "check"),
    EntryEvent.QUARANTINE: ("Quarantine", "hold"),
    EntryEvent.DECONFIRM: ("Take out for good", "x"),
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
    if entry.fault:
        parts.append(f"It could not be hashed ({entry.fault}): only the very same file is recognised")
    if entry.policy:
        parts.append(f"flagged under {entry.policy}")
    if entry.decision_id is not None:
        parts.append("added by a decision")
    parts += [", ".join(entry.tags)] if entry.tags else []
    return " · ".join(part for part in parts if part)


def receipt_words(got: ImportReceipt) -> str:
    """What became of an import."""
    parts = [f"{got.known:,} known already"] if got.known else []
    if got.skipped:
        parts.append(f"{got.skipped:,} left out")
        parts += [f"row {each.row}: {each.why}" for each in got.problems[:2]]
    return ", ".join(parts)
