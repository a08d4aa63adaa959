"""The policy tree: read from a file, kept in immutable versions, named by every decision."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from pydantic import TypeAdapter
from sqlalchemy import Table, select

from server.audit import service as audit
from server.kit import clock
from server.kit.access import Actor
from server.kit.db import AnySession, WriteSession
from server.kit.errors import Conflict, Invalid
from server.kit.upsert import insert_ignoring
from server.moderation.models import PolicyVersion
from server.moderation.rules import PolicyRule
from server.moderation.schemas import PolicyNode

_NODES = TypeAdapter(list[PolicyNode])
_versions = cast(Table, PolicyVersion.__table__).c
_LAST = select(_versions.version, _versions.sha256).order_by(_versions.version.desc()).limit(1)


@dataclass(frozen=True)
class PolicyTree:
    """One version of the tree. A node's parent is its code without the last part; roots are families."""

    version: int
    nodes: dict[str, PolicyNode]

    def get(self, code: str) -> PolicyNode:
        """The node with this code. Raises Invalid `unknown_policy`."""
        try:
            return self.nodes[code]
        except KeyError:
            raise Invalid("There is no such policy in the current version.", code="unknown_policy") from None

    def nearest(self, code: str) -> PolicyNode:
        """The node with this code or, where it is gone by now, the nearest of its parents that is there.
        Raises Invalid `unknown_policy` where none is."""
        while code not in self.nodes and "." in code:
            code = code.rpartition(".")[0]
        return self.get(code)


def family_of(code: str) -> str:
    """The top-level node that a policy belongs to."""
    return code.partition(".")[0]


def rule_of(node: PolicyNode) -> PolicyRule:
    """What `rules.problems` needs to know of a policy."""
    return PolicyRule(node.severity, frozenset(node.outcomes), node.restricted, node.dual_control)


def read(text: str) -> list[PolicyNode]:
    """The nodes of a policy file. Raises ValueError for a bad file: twice the same code, a missing parent."""
    nodes = _NODES.validate_python(json.loads(text)["nodes"])
    codes = [node.code for node in nodes]
    if len(set(codes)) < len(codes):
        raise ValueError("a policy code appears twice")
    for code in codes:
        parent, dot, _ = code.rpartition(".")
        if dot and parent not in codes:
            raise ValueError(f"the policy {code} has no parent {parent}")
    return nodes


def install(s: WriteSession, file: Path, *, actor: Actor) -> int:
    """Make the file the current version unless it is already; answers the version in force."""
    text = file.read_text(encoding="utf-8")
    digest = hashlib.sha256(text.encode()).digest()
    last = s.execute(_LAST).one_or_none()
    if last is not None and last.sha256 == digest:
        return int(last.version)
    nodes = [node.model_dump(mode="json") for node in read(text)]
    version = int(last.version) + 1 if last else 1
    values = {"version": version, "sha256": digest, "nodes": nodes, "author": actor.ref, "at": clock.now()}
    if insert_ignoring(s, PolicyVersion, values):  # else another process that starts was faster
        audit.record(s, actor=actor, action="moderation.policies_installed", target=f"policies:{version}")
    return version


_nodes: dict[bytes, dict[str, PolicyNode]] = {}
"""Parsed trees by the hash of their file: a version never changes, so neither does this."""


def current(s: AnySession) -> PolicyTree:
    """The version in force. Raises Conflict `no_policies` before the first one is installed."""
    last = s.core.execute(_LAST).one_or_none()
    if last is None:
        raise Conflict("No policies are installed on this server yet.", code="no_policies")
    return _tree(s, last.version, last.sha256)


def versions(s: AnySession, wanted: Collection[int]) -> dict[int, PolicyTree]:
    """These versions of the tree, as decisions name them."""
    known = s.execute(select(_versions.version, _versions.sha256).where(_versions.version.in_(wanted)))
    return {row.version: _tree(s, row.version, row.sha256) for row in known.all()}


def _tree(s: AnySession, version: int, sha256: bytes) -> PolicyTree:
    if sha256 not in _nodes:
        stored = s.scalar(select(PolicyVersion.nodes).where(PolicyVersion.version == version))
        found = _NODES.validate_python(stored)
        _nodes[sha256] = {node.code: node for node in found}
    return PolicyTree(version, _nodes[sha256])
