"""The sparks that come with the program: taken in once, as the build judged them; what people did stays."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
import sqlalchemy as sa

from scripts import spark_gates
from server.kit.db import Database
from server.sparks import builtin, judging
from server.sparks.models import CatalogueSpark, SparkVersion
from server.sparks.rules import SparkState, VersionState
from tests.server.sparks.studio import Studio, shipped, spark


def install(db: Database, folder: Path) -> int:
    with db.write() as s:
        return builtin.install(s, folder)


def only(db: Database) -> CatalogueSpark:
    with db.read() as s:
        return s.scalars(sa.select(CatalogueSpark)).one()


def test_they_are_taken_in_once(db: Database, studio: Studio, tmp_path: Path) -> None:
    folder = shipped(tmp_path, spark(), spark(id="frost", name="Frost"))
    assert install(db, folder) == 2
    assert install(db, folder) == 0
    with db.read() as s:
        rows = s.scalars(sa.select(CatalogueSpark).order_by(CatalogueSpark.slug)).all()
        versions = s.scalars(sa.select(SparkVersion)).all()
    assert [(row.slug, row.state) for row in rows] == [
        ("ember", SparkState.PUBLISHED),
        ("frost", SparkState.PUBLISHED),
    ]
    assert {(one.state, one.author) for one in versions} == {(VersionState.PASSED, "system:system")}
    assert [price.credits for price in studio.prices(rows[0].id)] == [5]
    assert studio.asked == []


def test_a_start_with_nothing_new_reads_no_file(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shipped(tmp_path, spark())
    install(db, folder)
    monkeypatch.setattr(judging, "accepted", lambda *_, **__: 1 / 0)
    assert install(db, folder) == 0


def test_a_newer_file_becomes_the_next_version(db: Database, studio: Studio, tmp_path: Path) -> None:
    install(db, shipped(tmp_path, spark()))
    assert install(db, shipped(tmp_path, spark(name="Embers"))) == 1
    row = only(db)
    assert (row.name, row.published_version, row.current_version) == ("Embers", 2, 2)


def test_an_edit_of_a_person_is_never_overwritten(db: Database, studio: Studio, tmp_path: Path) -> None:
    install(db, shipped(tmp_path, spark()))
    studio.add(only(db).id, name="Ours")
    assert install(db, shipped(tmp_path, spark(name="Embers"))) == 0
    assert only(db).current_version == 2


def test_a_price_of_a_person_stays(db: Database, studio: Studio, tmp_path: Path) -> None:
    install(db, shipped(tmp_path, spark()))
    studio.price(only(db).id, 9)
    install(db, shipped(tmp_path, spark(name="Embers", credits=6)))
    assert [price.credits for price in studio.prices(only(db).id)] == [5, 9]


def test_what_was_retired_stays_so(db: Database, studio: Studio, tmp_path: Path) -> None:
    install(db, shipped(tmp_path, spark()))
    studio.retire(only(db).id)
    assert install(db, shipped(tmp_path, spark(name="Embers"))) == 0
    studio.restore(only(db).id)
    assert install(db, shipped(tmp_path, spark(name="Embers"))) == 1


def test_what_has_the_name_already_is_left_alone(db: Database, studio: Studio, tmp_path: Path) -> None:
    studio.create(name="Ours")
    assert install(db, shipped(tmp_path, spark())) == 0
    assert only(db).state is SparkState.DRAFT


def test_what_the_build_did_not_pass_is_not_there(db: Database, tmp_path: Path) -> None:
    assert install(db, shipped(tmp_path, spark(), refusals=[{"code": "flashes"}])) == 0
    (tmp_path / "gates.json").unlink()
    assert install(db, tmp_path) == 0


@pytest.mark.parametrize("wrong", ["changed", "broken", "gone", "another"])
def test_a_file_that_the_build_has_not_judged_is_left_out(
    db: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture, wrong: str
) -> None:
    folder = shipped(tmp_path, spark(), spark(id="frost"))
    file = folder / "ember.json"
    if wrong == "gone":
        file.unlink()
    elif wrong == "another":
        gates = json.loads((folder / "gates.json").read_text())
        gates["sparks"]["ember"]["sha256"] = gates["sparks"]["frost"]["sha256"]
        (folder / "gates.json").write_text(json.dumps(gates))
        file.write_text((folder / "frost.json").read_text())
    else:
        file.write_text(json.dumps(spark(name="Louder")) if wrong == "changed" else "{")
    with caplog.at_level(logging.ERROR):
        assert install(db, folder) == 1
    assert "ember is left out" in caplog.text
    assert only(db).slug == "frost"


def test_what_another_engine_has_judged_is_left_out(
    db: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        assert install(db, shipped(tmp_path, spark(), engine="another")) == 0
    assert "ember is left out: another engine has judged it" in caplog.text
    assert install(db, shipped(tmp_path, spark())) == 1


def test_going_back_to_one_of_the_build_needs_no_judging(
    db: Database, studio: Studio, tmp_path: Path
) -> None:
    install(db, shipped(tmp_path, spark()))
    install(db, shipped(tmp_path, spark(name="Embers")))
    studio.ask(only(db).id, 1)
    assert only(db).published_version == 1
    assert studio.asked == []


def test_what_is_in_the_resources_now_can_be_taken_in(db: Database) -> None:
    with db.write() as s:
        assert builtin.install(s) == len(spark_gates.files())
        assert builtin.install(s) == 0
    with db.read() as s:
        rows = s.scalars(sa.select(CatalogueSpark)).all()
    assert sorted(row.slug for row in rows) == [file.stem for file in spark_gates.files()]
