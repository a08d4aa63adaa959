"""A program flags with a token of its own, may do nothing else, and is let out again."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa

from server.accounts import programs
from server.accounts.models import Person, Program
from server.accounts.permissions import Role
from server.accounts.resolver import resolver
from server.audit.models import AuditEntry
from server.kit.access import SYSTEM
from server.kit.crypto import Keys
from server.kit.db import Database
from server.kit.errors import Conflict, NotFound
from server.moderation import service as moderation
from server.moderation.models import Flag, Item
from tests.server.conftest import SignIn


def test_a_token_names_its_program_until_it_is_revoked(db: Database, keys: Keys) -> None:
    with db.write() as s:
        program_id, token = programs.create(s, actor=SYSTEM, keys=keys, name="gore-v1")
    resolve = resolver(db, keys)
    actor = resolve(token)
    assert actor is not None
    assert (actor.ref, actor.permissions) == ("classifier:gore-v1", {"moderation.flag"})
    with pytest.raises(Conflict, match="name"), db.write() as s:
        programs.create(s, actor=SYSTEM, keys=keys, name="gore-v1")
    with db.write() as s:
        programs.revoke(s, actor=SYSTEM, program_id=program_id)
    assert resolve(token) is None
    for gone in (program_id, uuid4()):
        with pytest.raises(NotFound), db.write() as s:
            programs.revoke(s, actor=SYSTEM, program_id=gone)
    with db.write() as s:
        _, another = programs.create(s, actor=SYSTEM, keys=keys, name="gore-v1")
    assert resolve(another) == actor
    assert resolve(token) is None
    with db.read() as s:
        kept = s.scalars(sa.select(Program.token_hash)).all()
        said = s.scalars(sa.select(AuditEntry.action).where(AuditEntry.action.like("accounts.program%")))
        assert token.encode() not in kept
        assert sorted(said) == ["accounts.program_created"] * 2 + ["accounts.program_revoked"]


def test_an_admin_lets_a_program_flag_over_http_and_nothing_else(
    db: Database, client: httpx.Client, sign_in: SignIn, people: dict[Role, Person]
) -> None:
    with db.write() as s:
        moderation.install(s)
    admin, path = sign_in(Role.ADMIN, stepped_up=True), "/v1/accounts/programs"
    assert client.post(path, json={"name": "gore-v1"}, headers=sign_in(Role.LEAD)).status_code == 403
    assert client.post(path, json={"name": "Gore v1"}, headers=admin).status_code == 422
    made = client.post(path, json={"name": "gore-v1"}, headers=admin)
    assert made.status_code == 201
    assert client.post(path, json={"name": "gore-v1"}, headers=admin).json()["code"] == "name_taken"
    program = {"Authorization": f"Bearer {made.json()['token']}"}
    flag = {"content_type": "profile", "content_id": str(people[Role.CREATOR].id), "policy": "spam"}
    scored = flag | {"source": "classifier", "source_ref": "gore 1.2", "confidence_bp": 9_100}
    for _ in range(12):
        answer = client.post("/v1/moderation/flags", json=scored, headers=program)
        assert answer.status_code == 201
    for source in ("user", "staff", "trusted_flagger", "authority"):
        refused = client.post("/v1/moderation/flags", json=flag | {"source": source}, headers=program)
        assert refused.status_code == 403, source
    for elsewhere in ("/v1/moderation/items", "/v1/accounts/me", "/v1/moderation/policies", path):
        assert client.get(elsewhere, headers=program).status_code == 403, elsewhere
    with db.read() as s:
        assert s.execute(sa.select(Flag.source_ref, Flag.reporter_id)).one() == ("gore 1.2", None)
        assert s.scalar(sa.select(Item.max_confidence_bp)) == 9_100
    listed = client.get(path, headers=admin).json()["items"]
    assert [(one["name"], one["revoked_at"], "token" in one) for one in listed] == [("gore-v1", None, False)]
    assert client.delete(f"{path}/{made.json()['id']}", headers=admin).status_code == 204
    assert client.post("/v1/moderation/flags", json=scored, headers=program).status_code == 401
