"""Which role may do what. A permission is `area.verb`; nothing is granted that is not listed here."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    MODERATOR = "moderator"
    LEAD = "lead"
    CREATOR = "creator"
    FAN = "fan"
    FINANCE = "finance"
    ADMIN = "admin"


EVERYONE = frozenset(
    {
        "account.self",
        "content.read",
        "content.comment",
        "content.watch",
        "live.listen",
        "moderation.flag",
        "moderation.policies",
        "sparks.read",
    }
)

_REVIEW = frozenset(
    {
        "content.review",
        "forensics.ask",
        "forensics.read",
        "moderation.read",
        "moderation.claim",
        "moderation.decide",
        "moderation.note",
        "people.history",
    }
)

GRANTS: dict[Role, frozenset[str]] = {
    Role.FAN: frozenset(),
    Role.CREATOR: frozenset({"content.upload", "content.edit"}),
    Role.MODERATOR: _REVIEW,
    Role.LEAD: _REVIEW
    | {
        "forensics.analyse",
        "forensics.banks",
        "moderation.lead",
        "audit.read",
        "people.read",
        "ops.read",
    },
    Role.FINANCE: frozenset({"audit.read"}),
    Role.ADMIN: frozenset(
        {
            "forensics.analyse",
            "forensics.ask",
            "forensics.banks",
            "moderation.read",
            "moderation.configure",
            "people.history",
            "people.read",
            "people.write",
            "audit.read",
            "ops.read",
            "ops.run",
            "sparks.edit",
            "sparks.publish",
        }
    ),
}


def roles_with(permission: str) -> frozenset[Role]:
    """The roles that bring a permission."""
    return frozenset(role for role, granted in GRANTS.items() if permission in granted)


CLEARANCE = "moderation.restricted"
"""Given to a person, never to a role: may see items of the restricted class (child safety)."""


OF_PROGRAMS = frozenset({"moderation.flag"})
"""All that the token of a program opens."""

WITH_TEMPORARY_PASSWORD = frozenset({"account.self"})
"""All that a password handed out by an administrator opens: an administrator knows it too."""


def permissions_of(roles: frozenset[Role], *, cleared: bool, temporary: bool = False) -> frozenset[str]:
    """Everything a person with these roles may do; `temporary` = the password is still to be changed."""
    if temporary:
        return WITH_TEMPORARY_PASSWORD
    found = EVERYONE.union(*(GRANTS[role] for role in roles))
    return found | {CLEARANCE} if cleared else found


ALL = permissions_of(frozenset(Role), cleared=True)
