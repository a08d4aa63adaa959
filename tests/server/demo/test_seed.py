"""`make demo` over and over: interrupted, with files of one's own, with files that cannot be used."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import sqlalchemy as sa

from server.accounts.models import Person
from server.content.models import Video
from server.content.rules import VideoState
from server.demo import cast, clips, queue, reupload, seed, videos
from server.demo.recipes import RECIPES
from server.forensics.banks.models import Match
from server.forensics.rules import MatchClass
from server.kit.access import SYSTEM
from server.kit.db import ReadSession
from server.moderation.models import Flag
from server.moderation.rules import ContentType
from server.ops import queries
from server.refused import Refused
from server.runtime import opened
from server.settings import Settings

FILL = reupload.fill
KEYS = json.dumps(dict.fromkeys(("field_key", "pepper", "audit_seed"), "A" * 43 + "="))


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A demo of the same shape that is filled in a second."""
    recipe = min(RECIPES, key=lambda each: each.seconds * each.fps * each.size[0])
    tiny = replace(
        recipe, size=(96, 64), seconds=1, moments=(replace(recipe.moments[0], start_ms=200, end_ms=700),)
    )
    monkeypatch.setattr(clips, "RECIPES", (tiny,))
    monkeypatch.setattr(clips, "public_clips", list)
    monkeypatch.setattr(cast, "CREATORS", 6)
    monkeypatch.setattr(cast, "FANS", 8)
    monkeypatch.setattr(seed, "COMMENTS", 20)
    monkeypatch.setattr(seed, "BATCH", 20)
    monkeypatch.setattr(videos, "VIDEOS", 12)
    monkeypatch.setattr(reupload, "fill", lambda *_: None)
    monkeypatch.setattr(queue, "HISTORY", 3)
    monkeypatch.setattr(queue, "OPEN", dict.fromkeys(ContentType, 4) | {ContentType.VIDEO: 15})


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", keys=KEYS)  # type: ignore[arg-type]


class Told(list[str]):
    """What was said to whoever ran the command."""

    @property
    def text(self) -> str:
        return "\n".join(self)


def run(settings: Settings, media: Path | None = None) -> Told:
    told = Told()
    seed.seed(settings, media=media, say=told.append)
    return told


def count(s: ReadSession, what: Any) -> int:
    return s.scalar(sa.select(sa.func.count()).select_from(what)) or 0


def write_film(path: Path, seconds: int = 6) -> None:
    """Half of it dark, then bright at once."""
    with av.open(str(path), "w") as out:
        stream: Any = out.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.codec_context.gop_size = 5
        for n in range(seconds * 10):
            picture = np.full((64, 96, 3), 20 if n < seconds * 5 else 230, np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(stream.encode(None))


def test_every_step_is_named_and_a_second_run_keeps_what_was_done(settings: Settings) -> None:
    told = run(settings)
    assert [f"Step {n} of 5" in told.text for n in range(1, 6)] == [True] * 5
    with opened(settings) as (db, _), db.read() as s:
        assert queries.is_demo(s)
        assert queries.is_demo_filled(s)
        people, flags = count(s, Person), count(s, Flag)
    again = run(settings)
    assert "Step" not in again.text
    assert "moderator@demo.local" in again.text
    with opened(settings) as (db, _), db.read() as s:
        assert (count(s, Person), count(s, Flag)) == (people, flags)


def test_an_advertisement_that_comes_again_is_found(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reupload, "fill", FILL)
    run(settings)
    with opened(settings) as (db, _):
        with db.read() as s:
            [match] = s.scalars(sa.select(Match))
            assert s.get_one(Video, match.video_id).title == "Only today: half price"
        assert (match.grade, match.mirrored) == (MatchClass.STRONG, True)


def test_an_interrupted_run_is_known_and_filled_anew(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(seed, "raise_flags", interrupt)
        with pytest.raises(KeyboardInterrupt):
            run(settings)
    with opened(settings) as (db, _), db.read() as s:
        assert queries.is_demo(s), "its accounts are there, so it must not be served to others"
        assert not queries.is_demo_filled(s)
    told = run(settings)
    assert "filled anew" in told.text
    with opened(settings) as (db, _), db.read() as s:
        assert queries.is_demo_filled(s)
        assert count(s, Flag)
        assert count(s, Person) == len(cast.ACCOUNTS) + cast.CREATORS + cast.FANS


def test_a_database_in_use_is_not_made_a_demo(settings: Settings) -> None:
    from server.accounts import service

    with opened(settings) as (db, keys), db.write() as s:
        service.create_person(s, actor=SYSTEM, keys=keys, handle="owner", name="Owner", roles=[])
    with pytest.raises(Refused, match="of its own"):
        run(settings)
    with opened(settings) as (db, _), db.read() as s:
        assert not queries.is_demo(s)


def test_files_of_ones_own_are_flagged_where_something_happens(settings: Settings, tmp_path: Path) -> None:
    media = tmp_path / "own"
    media.mkdir()
    write_film(media / "a_walk.mp4")
    told = run(settings, media)
    assert "drawing" not in told.text
    with opened(settings) as (db, _), db.read() as s:
        assert set(s.scalars(sa.select(Video.filename))) == {"a_walk.mp4"}
        flags = [f for f in s.scalars(sa.select(Flag)) if f.content_type is ContentType.VIDEO and f.ranges]
        assert flags
        assert all(0 <= start < end <= 6000 for f in flags for start, end in f.ranges)
        assert any(start <= 3000 <= end for f in flags for start, end in f.ranges)
        assert any("Demo mark" in (f.note or "") for f in flags)


def test_a_folder_given_too_late_is_not_passed_over_in_silence(settings: Settings, tmp_path: Path) -> None:
    run(settings)
    told = run(settings, tmp_path)
    assert f"make demo-reset MEDIA={tmp_path}" in told.text


def test_without_one_usable_file_the_generated_clips_take_their_place(
    settings: Settings, tmp_path: Path
) -> None:
    media = tmp_path / "own"
    media.mkdir()
    (media / "notes.mp4").write_text("not a film")
    told = run(settings, media)
    assert "notes.mp4 is left out." in told.text
    assert "None of your files can be used" in told.text
    with opened(settings) as (db, _), db.read() as s:
        ready = sa.select(Video.filename).where(Video.state == VideoState.READY)
        assert "notes.mp4" not in set(s.scalars(ready))
        assert count(s, Flag)


def test_films_of_others_are_credited_in_every_caption(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = tmp_path / "theirs.mp4"
    write_film(film, seconds=1)
    theirs = clips.Clip("theirs", film, "Theirs", "Look", (), credits="Film: by somebody, CC BY 3.0")
    monkeypatch.setattr(clips, "public_clips", lambda: [theirs])
    run(settings)
    with opened(settings) as (db, _), db.read() as s:
        captions = list(s.scalars(sa.select(Video.caption).where(Video.filename == film.name)))
        others = list(s.scalars(sa.select(Video.caption).where(Video.filename != film.name)))
    assert len(captions) > 1
    assert all(caption.endswith("\n\nFilm: by somebody, CC BY 3.0") for caption in captions)
    assert not any("Film:" in caption for caption in others)
