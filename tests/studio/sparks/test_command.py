"""`python -m studio sparks`: what a maker of sparks sees of them without a window."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

import resources
from studio.__main__ import main


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The file of a spark that is quickly drawn."""
    spark = {
        "schema": "spark/1", "id": "dot", "name": "Dot", "tier": "common", "credits": 1, "family": "burst",
        "duration": 0.6, "hero_at": 0.3, "palettes": {"p": ["#ffffff"]},
        "layers": [{"kind": "particles", "id": "a", "emit": {"rate": 60}, "look": {"colours": "p"}}],
    }  # fmt: skip
    file = tmp_path / "dot.json"
    file.write_text(json.dumps(spark))
    return file


def opened(file: Path) -> Image.Image:
    with Image.open(file) as picture:
        return picture.convert("RGB")


def test_one_spark_is_shown_as_it_goes_and_several_beside_each_other(small: Path, tmp_path: Path) -> None:
    alone, both = tmp_path / "one.png", tmp_path / "both.png"
    assert main(["sparks", "sheet", str(alone), str(small), "--width", "90"]) == 0
    given = [str(both), str(small), str(small), "--width", "90", "--times", "0.3"]
    assert main(["sparks", "sheet", *given]) == 0
    assert opened(alone).size == (6 * 96, 2 * (166 + 30))
    assert opened(both).size == (2 * 96, 166 + 30)


def test_a_sheet_lies_on_what_is_named(small: Path, tmp_path: Path) -> None:
    picture = tmp_path / "white.png"
    main(["sparks", "sheet", str(picture), str(small), "--width", "90", "--times", "0.3", "--on", "white"])
    assert opened(picture).getpixel((6, 6)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("slip", "said"),
    [
        (["{here}/dot.json", "{spark}"], "must end in .png or .jpg"),
        (["{here}/none/a.png", "{spark}"], "there is no folder"),
        (["{here}/a.png", "{spark}", "--width", "100000"], "not from 16 to 720"),
        (["{here}/a.png", "{spark}", "--seed", "-4"], "not from 0 to"),
        (["{here}/a.png", "{spark}", "--on", "nosuch.jpg"], "nosuch.jpg: neither black nor white"),
        (["{here}/a.png", "{spark}", "--times", "0.1", "99"], "There is nothing at 99 s"),
    ],
)
def test_a_slip_is_told_before_anything_is_drawn(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], slip: list[str], said: str
) -> None:
    given = [each.format(here=tmp_path, spark=small) for each in slip]
    try:
        status = main(["sparks", "sheet", *given])
    except SystemExit as ended:
        status = int(str(ended.code))
    assert status == 2
    assert said in capsys.readouterr().err
    assert [one.name for one in tmp_path.iterdir()] == ["dot.json"]


def test_check_tells_all_faults_of_a_file_and_what_the_gates_say(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sparks", "check", str(small)]) == 0
    told = capsys.readouterr().out
    assert "dot: passes\n  plain run: seed 1, by nobody\n  other run: seed " in told
    assert "every `share` of few taken as 1\n  flashes in a second: black 0 (red 0)" in told
    small.write_text(small.read_text().replace('"hero_at": 0.3', '"hero_att": 0.3'))
    assert main(["sparks", "check", str(small), "no-such-spark"]) == 1
    said = capsys.readouterr().err
    assert "did you mean `hero_at`?" in said
    assert "no-such-spark.json:\nNo such file or directory" in said


def test_a_tidied_file_says_the_same_and_fits_a_window(tmp_path: Path) -> None:
    file = tmp_path / "aurora.json"
    shutil.copy(resources.path("sparks/aurora-veil.json"), file)
    before = json.loads(file.read_text())
    file.write_text(json.dumps(before))
    assert main(["sparks", "tidy", str(file)]) == 0
    assert json.loads(file.read_text()) == before
    assert max(map(len, file.read_text().splitlines())) <= 110
    assert file.read_text() == resources.path("sparks/aurora-veil.json").read_text()
