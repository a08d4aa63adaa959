"""Short words for what the tests of the catalogue do all the time, and a judge that says what they want."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from server.content.media.results import Refused
from server.kit.access import Actor
from server.kit.db import Database
from server.sparks import judging, pricing, service, workflow
from server.sparks.engine.version import ENGINE
from server.sparks.judging import Content, Judgement, Refusal
from server.sparks.models import CatalogueSpark, SparkPrice, SparkVersion

FLASHING = Refusal("flashes", "It flashes 5 times in a second.", second=1.25, region=(100, 200, 300, 400))
DIED = Refused("worker_failed", "It died.")
Answer = Callable[[], Judgement | Refused]


def passed() -> Judgement:
    return Judgement((), {"flashes": 0}, ENGINE)


def refused() -> Judgement:
    return Judgement((FLASHING,), {"flashes": 5}, ENGINE)


def passed_by_another() -> Judgement:
    """By an engine of before or after this one."""
    return replace(passed(), engine="another")


def died() -> Refused:
    return DIED


def spark(**changes: Any) -> dict[str, Any]:
    """The smallest spark there is, as its file says it."""
    made: dict[str, Any] = {
        "schema": "spark/1",
        "id": "ember",
        "name": "Ember",
        "tier": "common",
        "credits": 5,
        "family": "fire",
        "duration": 1.5,
        "hero_at": 0.5,
        "palettes": {"warm": ["#ff8800"]},
        "layers": [
            {
                "kind": "particles",
                "id": "glow",
                "emit": {"bursts": [{"count": 20}]},
                "look": {"colours": "warm"},
            }
        ],
    }
    return made | changes


def text(**changes: Any) -> str:
    return json.dumps(spark(**changes))


def content(**changes: Any) -> Content:
    return judging.accepted(text(**changes))


def pack(*sparks: dict[str, Any]) -> str:
    return json.dumps({"schema": "spark-pack/1", "sparks": list(sparks)})


class Studio:
    """Every call is a transaction of its own."""

    def __init__(self, db: Database, admin: Actor) -> None:
        self.db = db
        self.admin = admin
        self.says: Answer = passed
        self.asked: list[str] = []

    def judge(self, given: str, sha256: str, **_: object) -> Judgement | Refused:
        """Stands in for `judging.judge`."""
        self.asked.append(sha256)
        return self.says()

    def create(self, **changes: Any) -> UUID:
        with self.db.write() as s:
            return service.create(s, actor=self.admin, content=content(**changes))

    def add(self, spark_id: UUID, **changes: Any) -> int:
        with self.db.write() as s:
            at = self.spark(spark_id).version
            return service.add_version(
                s, actor=self.admin, spark_id=spark_id, version=at, content=content(**changes)
            )

    def ask(self, spark_id: UUID, number: int = 1) -> None:
        sha256 = self.version(spark_id, number).sha256
        with self.db.write() as s:
            service.ask(s, actor=self.admin, spark_id=spark_id, number=number, sha256=sha256)

    def work(self, spark_id: UUID, number: int = 1) -> None:
        """Run the job that the version has now."""
        workflow.judge_version(str(spark_id), number, self.version(spark_id, number).job or "none")

    def published(self, **changes: Any) -> UUID:
        made = self.create(**changes)
        self.ask(made)
        self.work(made)
        return made

    def price(self, spark_id: UUID, each: int, valid_from: Any = None) -> None:
        at = self.spark(spark_id).version
        with self.db.write() as s:
            pricing.set_price(
                s, actor=self.admin, spark_id=spark_id, version=at, credits_each=each, valid_from=valid_from
            )

    def withdraw(self, spark_id: UUID, valid_from: Any) -> None:
        at = self.spark(spark_id).version
        with self.db.write() as s:
            pricing.withdraw(s, actor=self.admin, spark_id=spark_id, version=at, valid_from=valid_from)

    def retire(self, spark_id: UUID) -> None:
        at = self.spark(spark_id).version
        with self.db.write() as s:
            service.retire(s, actor=self.admin, spark_id=spark_id, version=at, reason="dated")

    def restore(self, spark_id: UUID) -> None:
        at = self.spark(spark_id).version
        with self.db.write() as s:
            service.restore(s, actor=self.admin, spark_id=spark_id, version=at, reason="asked for")

    def spark(self, spark_id: UUID) -> CatalogueSpark:
        with self.db.read() as s:
            return s.get_one(CatalogueSpark, spark_id)

    def version(self, spark_id: UUID, number: int = 1) -> SparkVersion:
        with self.db.read() as s:
            return s.get_one(SparkVersion, (spark_id, number))

    def prices(self, spark_id: UUID) -> list[SparkPrice]:
        of = sa.select(SparkPrice).where(SparkPrice.spark_id == spark_id)
        with self.db.read() as s:
            return list(s.scalars(of.order_by(SparkPrice.valid_from)))

    def count(self) -> int:
        with self.db.read() as s:
            return s.scalars(sa.select(sa.func.count()).select_from(SparkVersion)).one()


def shipped(folder: Path, *sparks: dict[str, Any], **gates: Any) -> Path:
    """A folder of built-in sparks that the build has judged."""
    said: dict[str, Any] = {}
    for one in sparks:
        (folder / f"{one['id']}.json").write_text(json.dumps(one))
        sha256 = judging.accepted(json.dumps(one)).sha256
        entry = {"sha256": sha256, "engine": ENGINE, "refusals": [], "measured": {"flashes": 0}}
        said[one["id"]] = entry | gates
    (folder / "gates.json").write_text(json.dumps({"sparks": said}))
    return folder
