"""Leads edit which score raises a flag: in versions, on record, and never so that a score hides a video."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from server.accounts.permissions import Role
from server.audit.models import AuditEntry
from server.kit.db import Database
from server.moderation import scores
from server.moderation.models import Flag
from tests.server.conftest import SignIn
from tests.server.moderation.conftest import Studio
from tests.server.moderation.test_scores import analyse

pytestmark = pytest.mark.usefixtures("installed")
URL = "/v1/moderation/scores"


def row(**more: str) -> dict[str, str]:
    said = {
        "slot": "face_manipulation",
        "threshold": "look_closer",
        "policy": "synthetic.deceptive",
        "severity": "low",
    }
    return said | more


def test_a_lead_puts_another_table_in_force(
    client: httpx.Client, sign_in: SignIn, db: Database, studio: Studio
) -> None:
    lead = sign_in(Role.LEAD)
    told = client.get(URL, headers=sign_in(Role.MODERATOR))
    assert (told.headers["ETag"], told.json()["author"], len(told.json()["flags"])) == ('"1"', None, 12)
    put = client.put(URL, json={"flags": [row()]}, headers=lead | {"If-Match": '"1"'})
    assert (put.status_code, put.headers["ETag"]) == (200, '"2"')
    assert client.get(URL, headers=lead).json() == put.json()
    asked = analyse(db, studio.video())
    with db.read() as s:
        [flag] = s.scalars(sa.select(Flag)).all()
        recorded = sa.select(AuditEntry).where(AuditEntry.action == "moderation.scores_replaced")
        [entry] = s.scalars(recorded).all()
    assert (flag.policy, flag.source_ref) == (
        "synthetic.deceptive",
        f"analysis {asked} face_manipulation scores-2",
    )
    assert entry.target == "scores:2"


def test_who_edits_an_older_table_gets_the_present_one(client: httpx.Client, sign_in: SignIn) -> None:
    lead = sign_in(Role.LEAD)
    for status in (200, 412):
        answer = client.put(URL, json={"flags": []}, headers=lead | {"If-Match": '"1"'})
        assert answer.status_code == status
    assert answer.json()["current"]["version"] == 2
    assert client.put(URL, json={"flags": []}, headers=lead).status_code == 422


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        ([row(policy="child_safety.csam")], "unknown_policy"),
        ([row(policy="no.such.policy")], "unknown_policy"),
        ([row(policy="synthetic.unlabelled", severity="critical")], "too_severe"),
        ([row(), row(severity="medium")], "twice"),
    ],
)
def test_a_table_that_does_not_make_sense_is_refused(
    client: httpx.Client, sign_in: SignIn, db: Database, flags: list[Any], code: str
) -> None:
    answer = client.put(URL, json={"flags": flags}, headers=sign_in(Role.LEAD) | {"If-Match": '"1"'})
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    with db.read() as s:
        assert scores.current(s) == scores.shipped()


def test_only_leads_edit(client: httpx.Client, sign_in: SignIn) -> None:
    for role in (Role.MODERATOR, Role.ADMIN):
        headers = sign_in(role) | {"If-Match": '"1"'}
        assert client.put(URL, json={"flags": []}, headers=headers).status_code == 403
