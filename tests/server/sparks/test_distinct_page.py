"""`docs/sparks-distinct.md` is of the sparks as they are; its threshold tells pairs from copies."""

from __future__ import annotations

import random
import re
from datetime import date

import pytest

from scripts import spark_distinct as distinct
from server.sparks.engine.distinct import distance, features
from server.sparks.engine.format.reading import content_hash, read

SPARKS = {file.stem: read(file.read_bytes()) for file in distinct.files()}
PAGE = distinct.PAGE.read_text(encoding="utf-8")
ROW = r"^\| ([a-z0-9-]+) \| ([\d.]+) ([a-z0-9-]+) \| ((?:[\d.]+ \| )*[\d.]+) \| `([0-9a-f]{12})` \|$"
ROWS = {
    name: (float(nearest), other, [float(one) for one in copies.split(" | ")], sha)
    for name, nearest, other, copies, sha in re.findall(ROW, PAGE, re.M)
}
SEED = date.today().toordinal()  # noqa: DTZ011
"""Another pair each day; a failure names both."""
AGAIN = sorted(random.Random(SEED).sample(sorted(SPARKS), min(2, len(SPARKS))))


def test_it_is_about_the_sparks_as_they_are() -> None:
    hashes = {name: content_hash(spark)[:12] for name, spark in SPARKS.items()}
    assert {name: sha for name, (*_, sha) in ROWS.items()} == hashes, "run `make distinct`"


def test_its_threshold_lies_between_the_farthest_copy_and_the_nearest_pair() -> None:
    (threshold,) = map(float, re.findall(r"Threshold: ([\d.]+)", PAGE))
    assert max(max(copies) for _, _, copies, _ in ROWS.values()) < threshold
    assert min(nearest for nearest, *_ in ROWS.values()) > threshold


@pytest.mark.parametrize("one", AGAIN)
def test_a_copy_in_other_colours_and_the_nearest_other_are_as_far_again(one: str) -> None:
    nearest, other, (turned, *_), _ = ROWS[one]
    own, copy, next_to = (
        features(distinct.drawn(spark), distinct.FPS)
        for spark in (SPARKS[one], distinct.turned(SPARKS[one]), SPARKS[other])
    )
    assert distance(own, copy) == pytest.approx(turned, abs=0.003)
    assert distance(own, next_to) == pytest.approx(nearest, abs=0.003)
