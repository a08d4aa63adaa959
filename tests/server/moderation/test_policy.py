"""Versions of the policy tree: one for each change, also for the change back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

import resources
from server.audit.models import AuditEntry
from server.kit.access import SYSTEM
from server.kit.db import Database
from server.moderation import policy
from server.moderation.models import PolicyVersion


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """The policies that the program brings, and changed ones."""
    starter, changed = resources.path("policies/starter.json"), tmp_path / "changed.json"
    tree = json.loads(starter.read_text())
    tree["nodes"][0]["title"] = "Children first"
    changed.write_text(json.dumps(tree))
    return starter, changed


def install(db: Database, file: Path) -> int:
    with db.write() as s:
        return policy.install(s, file, actor=SYSTEM)


def installed(db: Database) -> list[str]:
    """What the audit log says of it, oldest first."""
    query = sa.select(AuditEntry.target).where(AuditEntry.action == "moderation.policies_installed")
    with db.read() as s:
        return list(s.scalars(query.order_by(AuditEntry.seq)))


def test_policies_become_a_new_version_only_when_they_change(db: Database, files: tuple[Path, Path]) -> None:
    starter, changed = files
    assert [install(db, file) for file in (starter, changed, changed)] == [1, 2, 2]
    with db.read() as s:
        assert policy.current(s).nodes["child_safety"].title == "Children first"
        assert list(s.scalars(sa.select(PolicyVersion.version).order_by(PolicyVersion.version))) == [1, 2]
    assert installed(db) == ["policies:1", "policies:2"]


def test_policies_can_be_rolled_back(db: Database, files: tuple[Path, Path]) -> None:
    starter, changed = files
    assert [install(db, file) for file in (starter, changed, starter, starter)] == [1, 2, 3, 3]
    with db.read() as s:
        assert policy.current(s).version == 3
        assert policy.current(s).nodes["child_safety"].title != "Children first"
    assert installed(db) == ["policies:1", "policies:2", "policies:3"]


def test_a_process_that_comes_second_puts_nothing_on_record(
    db: Database, files: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policy, "insert_ignoring", lambda *_: False)
    assert install(db, files[0]) == 1
    assert installed(db) == []
