"""What can be changed of a person, what follows from it, and how two edits come together. Free of Qt."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Final, NamedTuple

from server.accounts.permissions import Role
from server.accounts.schemas import Me, PersonEdit, PersonRow, PersonState, RoleMatrix
from server.audit.schemas import Entry

ROLES: Final[Mapping[Role, str]] = {
    Role.MODERATOR: "Claims, reviews and decides flagged content",
    Role.LEAD: "Moderates, sees the audit log, people and operations",
    Role.CREATOR: "Uploads and edits own videos",
    Role.FAN: "Watches, comments and flags",
    Role.FINANCE: "Reads the audit log",
    Role.ADMIN: "Manages people, policies and the server",
}
STATES: Final[Mapping[PersonState, str]] = {
    PersonState.ACTIVE: "May sign in",
    PersonState.SUSPENDED: "Cannot sign in until someone lifts it",
    PersonState.CLOSED: "Cannot sign in; the name stays on what they did",
}
CLEARANCE: Final = (
    "Sees items of the restricted class (child safety). Given to a person, never to a role. Every reading of "
    "such a file is put on record."
)
NAME_MOST: Final = 80
PREFIX: Final = "people:"
NEW: Final = f"{PREFIX}new"
"""Keys of what was typed and not saved, on this computer."""
_TITLES: Final = {"name": "Name", "roles": "Roles", "state": "State", "cleared": "Clearance"}


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What the form holds."""

    name: str
    roles: frozenset[Role]
    state: PersonState
    cleared: bool


def draft_of(person: PersonRow) -> Draft:
    """What the form shows before anything is typed."""
    return Draft(name=person.name, roles=frozenset(person.roles), state=person.state, cleared=person.cleared)


def fault(draft: Draft) -> str:
    """Why this cannot be saved, "" when it can."""
    if not draft.name.strip():
        return "A person needs a name."
    if len(draft.name.strip()) > NAME_MOST:
        return f"A name has at most {NAME_MOST} characters."
    return ""


def changed(base: Draft, typed: Draft) -> frozenset[str]:
    """The names of the fields that were changed; blanks around a name are none of it."""
    typed = replace(typed, name=typed.name.strip())
    return frozenset(f.name for f in fields(Draft) if getattr(base, f.name) != getattr(typed, f.name))


def edit_of(base: Draft, typed: Draft) -> PersonEdit:
    """The request that makes `base` into `typed`: only what differs is sent."""
    asked = changed(base, typed)
    return PersonEdit(
        name=typed.name if "name" in asked else None,
        roles=in_order(typed.roles) if "roles" in asked else None,
        state=typed.state if "state" in asked else None,
        cleared=typed.cleared if "cleared" in asked else None,
    )


def merged(base: Draft, typed: Draft, current: Draft) -> Draft:
    """What was typed over what is there now: three-way, field by field."""
    return replace(current, **{name: getattr(typed, name) for name in changed(base, typed)})


def kept_text(person: PersonRow, typed: Draft) -> str:
    """What was typed about a person, and the copy on which it was typed, as text."""
    copy = person.model_dump(mode="json", include=set(PersonRow.model_fields))
    return json.dumps({"person": copy, "typed": asdict(typed) | {"roles": [*typed.roles]}})


def kept_of(text: str) -> tuple[PersonRow, Draft] | None:
    """The copy of a kept text, and what was typed on it; None for any other text."""
    try:
        kept = json.loads(text)
        person, typed = PersonRow.model_validate(kept["person"]), kept["typed"]
        draft = Draft(
            name=str(typed["name"]),
            roles=frozenset(map(Role, typed["roles"])),
            state=PersonState(typed["state"]),
            cleared=bool(typed["cleared"]),
        )
    except (ValueError, KeyError, TypeError):
        return None
    return person, draft


class Difference(NamedTuple):
    """One field that somebody else changed; `yours` is None where you left it alone."""

    field: str
    before: str
    now: str
    yours: str | None


def differences(base: Draft, typed: Draft, current: Draft) -> list[Difference]:
    """What somebody else changed between `base` and `current`, beside what was typed."""
    mine = changed(base, typed)
    return [
        Difference(
            _TITLES[name],
            words(name, getattr(base, name)),
            words(name, getattr(current, name)),
            words(name, getattr(typed, name)) if name in mine else None,
        )
        for name in _TITLES
        if getattr(base, name) != getattr(current, name)
    ]


def words(name: str, value: Any) -> str:
    """A value of a field, for people."""
    if name == "roles":
        return ", ".join(role.value for role in in_order(value)) or "none"
    if name == "cleared":
        return "cleared" if value else "not cleared"
    return value.value if isinstance(value, PersonState) else str(value)


def consequences(base: Draft, typed: Draft) -> list[str]:
    """What saving does beyond the fields themselves, in sentences."""
    asked = changed(base, typed)
    said = []
    if asked & {"roles", "state"}:
        said.append("Signs them out on every device.")
    if "roles" in asked and Role.ADMIN in typed.roles - base.roles:
        said.append("Makes them an administrator, who may change anybody's roles.")
    if "roles" in asked and not typed.roles:
        said.append("Leaves them without a role.")
    if "cleared" in asked and typed.cleared:
        said.append("Lets them see the restricted class.")
    return said


def locked(me: Me, person: PersonRow) -> str:
    """Why roles, state and clearance of this person are not yours to change, "" when they are."""
    if "people.write" not in me.permissions:
        return "You may look, but not change people."
    if person.id == me.id:
        return "This is you. Nobody changes their own roles, state or clearance: ask another administrator."
    return ""


def in_order(roles: Iterable[Role]) -> list[Role]:
    """Roles in the order in which they are shown everywhere."""
    return sorted(roles, key=list(Role).index)


# The list


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the list of people is narrowed to. `text` is the beginning of a handle or a name."""

    text: str = ""
    role: Role | None = None
    state: PersonState | None = None

    def params(self) -> dict[str, str | int]:
        """The query of the request."""
        asked = {"q": self.text.strip(), "role": self.role, "state": self.state}
        return {name: str(value) for name, value in asked.items() if value}


def wanted_of(state: Mapping[str, Any]) -> Wanted:
    """A filter out of a settings file; what does not fit is left out."""
    roles, states = {r.value: r for r in Role}, {s.value: s for s in PersonState}
    text = state.get("text")
    return Wanted(
        text=text if isinstance(text, str) else "",
        role=roles.get(str(state.get("role"))),
        state=states.get(str(state.get("state"))),
    )


# What happened to a person


def history_line(entry: Entry) -> str:
    """What an audit entry about a person says, in one line."""
    data = entry.data or {}
    match entry.action:
        case "accounts.person_created":
            return "Account made"
        case "accounts.person_changed":
            return " · ".join(_change(name, value) for name, value in data.get("changed", {}).items())
        case "accounts.profile_availability":
            return f"Profile {data.get('to', '')}".strip()
        case "accounts.password_changed":
            return "Password changed"
        case "accounts.person_reset":
            return "Sign-in reset: temporary password, authenticator dropped"
        case "accounts.totp_begun":
            return "Began to set up an authenticator"
        case "accounts.totp_confirmed" | "accounts.totp_set":
            return "Authenticator set up"
        case "accounts.locked_out":
            return "Locked out after wrong guesses"
    return entry.action.partition(".")[2].replace("_", " ").capitalize()


def _change(name: str, value: Any) -> str:
    if not isinstance(value, list) or len(value) != 2:
        return f"{_TITLES.get(name, name)} changed"
    before, after = (_plain(each) for each in value)
    return f"{_TITLES.get(name, name)}: {before} → {after}"


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


# Roles and permissions


class Grant(NamedTuple):
    """One permission: what it allows and who has it."""

    permission: str
    allows: str
    everyone: bool
    by_person: bool
    roles: frozenset[Role]


_ALLOWS: Final = {
    "account.self": "Own account, devices and password",
    "audit.read": "The audit log: read, verify, export",
    "content.comment": "Write comments",
    "content.edit": "Edit and delete own videos",
    "content.read": "Watch what is public",
    "content.review": "See content under review, whatever its state",
    "content.upload": "Upload videos",
    "content.watch": "Like, save and follow; have what is watched counted",
    "forensics.analyse": "Have a video analysed for deepfakes, again or first",
    "forensics.ask": "Have a video analysed that nothing has looked at yet",
    "forensics.banks": "Hash banks: what is recognised when it comes again",
    "forensics.read": "See the deepfake scores of a video",
    "live.listen": "Hear of changes as they happen",
    "moderation.claim": "Take items from the queue",
    "moderation.configure": "Queues and policies",
    "moderation.decide": "Decide on claimed items",
    "moderation.flag": "Flag content",
    "moderation.lead": "Decide what was escalated, step in for others",
    "moderation.note": "Write notes on items",
    "moderation.policies": "Read the policies",
    "moderation.read": "See the queue",
    "moderation.restricted": "See the restricted class (child safety)",
    "ops.read": "See jobs and the doctor's findings",
    "ops.run": "Run jobs, seal the audit log",
    "people.history": "See a creator's record",
    "people.read": "See people and roles",
    "people.write": "Change people and roles",
    "sparks.edit": "Make sparks and change them",
    "sparks.publish": "Publish and retire sparks, set their prices",
    "sparks.read": "See the catalogue of sparks",
}


def grants(matrix: RoleMatrix) -> list[Grant]:
    """The matrix by permission."""
    return [
        Grant(
            permission,
            _ALLOWS.get(permission, ""),
            permission in matrix.everyone,
            permission in matrix.by_person,
            frozenset(row.role for row in matrix.roles if permission in row.permissions),
        )
        for permission in matrix.permissions
    ]


def in_fours(secret: str) -> str:
    """A secret in groups of four, to be typed off the screen."""
    return " ".join(secret[n : n + 4] for n in range(0, len(secret), 4))
