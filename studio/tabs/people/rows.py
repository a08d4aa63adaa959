"""The columns of the people and of the role x permission matrix."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from server.accounts.permissions import Role
from server.accounts.schemas import PersonRow, PersonState
from studio.tabs.people.state import Grant
from studio.widgets.table import ChipLook, Column
from studio.widgets.time_label import ago, exact

STATE_LOOKS: Final = {
    PersonState.ACTIVE: ChipLook("success", "check"),
    PersonState.SUSPENDED: ChipLook("warning", "hold"),
    PersonState.CLOSED: ChipLook("neutral", "blank"),
}
_YES: Final = ChipLook("success")


def people(now: Callable[[], datetime]) -> list[Column[PersonRow]]:
    """Columns of the list of people, which the server orders by handle."""
    return [
        Column(
            id="name",
            title="Person",
            width=160,
            stretch=3,
            text=lambda p: p.name or f"@{p.handle}",
            tooltip=lambda p: f"{p.name}\n@{p.handle}".strip(),
        ),
        Column(
            id="handle",
            title="Handle",
            width=130,
            below="name",
            text=lambda p: f"@{p.handle}",
            tone="text_muted",
        ),
        Column(
            id="roles",
            title="Roles",
            width=110,
            stretch=2,
            text=lambda p: ", ".join(role.value for role in p.roles),
            tone="text_muted",
        ),
        Column(
            id="state",
            title="State",
            width=106,
            text=lambda p: p.state.value.capitalize(),
            # What is usual stays quiet, so that the exception is seen.
            chip=lambda p: None if p.state is PersonState.ACTIVE else ChipLook(STATE_LOOKS[p.state].tone),
            tone="text_muted",
        ),
        Column(
            id="seen",
            title="Last seen",
            width=84,
            text=lambda p: ago(now(), p.last_seen_at) if p.last_seen_at else "never",
            tooltip=lambda p: exact(p.last_seen_at) if p.last_seen_at else "",
            tone="text_muted",
            live=True,
        ),
        Column(
            id="cleared",
            title="Clearance",
            width=108,
            text=lambda p: "Cleared" if p.cleared else "",
            chip=lambda p: ChipLook("info", "shield") if p.cleared else None,
            tooltip=lambda p: "May see the restricted class" if p.cleared else "",
        ),
        Column(
            id="totp",
            title="Authenticator",
            width=122,
            text=lambda p: "Set up" if p.has_totp else "",
            chip=lambda p: ChipLook("neutral", "key") if p.has_totp else None,
        ),
    ]


def matrix() -> list[Column[Grant]]:
    """One column for each role; `everyone` and `by person` stand beside them."""
    return [
        Column(
            id="permission",
            title="Permission",
            width=168,
            text=lambda g: g.permission,
            key=lambda g: g.permission,
        ),
        Column(
            id="allows",
            title="What it allows",
            width=200,
            stretch=1,
            text=lambda g: g.allows,
            tooltip=lambda g: g.allows,
            tone="text_muted",
        ),
        Column(
            id="everyone",
            title="Everyone",
            width=78,
            text=lambda g: "Yes" if g.everyone else "",
            chip=lambda g: ChipLook("neutral") if g.everyone else None,
        ),
        *(_role(role) for role in Role),
        Column(
            id="by_person",
            title="By person",
            width=88,
            text=lambda g: "Yes" if g.by_person else "",
            chip=lambda g: ChipLook("info") if g.by_person else None,
            tooltip=lambda g: "Given to a person, never to a role" if g.by_person else "",
        ),
    ]


def _role(role: Role) -> Column[Grant]:
    return Column(
        id=role.value,
        title=role.value.capitalize(),
        width=86 if role is Role.MODERATOR else 72,
        text=lambda g: "Yes" if role in g.roles else "",
        key=lambda g: -int(role in g.roles),
        chip=lambda g: _YES if role in g.roles else None,
    )
