"""One spark, large, while it is still drawn."""

from __future__ import annotations

import threading

import pytest

from tests.studio.tabs.office import until
from tests.studio.tabs.sparks.seat import Seat, Sit


def test_a_throw_plays_while_it_is_drawn(sit: Sit, monkeypatch: pytest.MonkeyPatch) -> None:
    async def story(seat: Seat) -> None:
        await seat.sketch()
        preview = seat.page.preview
        sketch = preview.film
        assert sketch is not None
        assert (sketch.ready, sketch.length.count) == (12, 30)
        preview.toggle()
        seat.clock.at += 0.9
        preview.tick()
        assert preview.playback.picture() == 11  # the rest is still to come
        heard: list[bytes] = []
        monkeypatch.setattr(preview.mixer, "play", lambda _key, pcm, **_more: heard.append(pcm))
        for _ in range(20):
            seat.clock.at += 0.016
            preview.tick()
        assert heard == []  # it has not begun anew
        assert preview.playback.picture() == 11
        seat.draw_all()
        await until(lambda: preview.film is not None and preview.film is not sketch)
        assert preview.film.ready == 30
        assert preview.playback.picture() == 11  # what was looked at goes on, of full quality
        seat.clock.at += 0.1
        assert preview.playback.picture() == 14

    sit(story)


def test_what_stands_still_waits_where_it_is_for_the_rest(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        await seat.sketch()
        preview = seat.page.preview
        preview.controls.scrubbed.emit(0.8)
        sketch, still = preview.film, preview.wishes.still
        assert sketch is not None
        assert still is not None
        # And no other moment of it.
        await until(lambda: preview.stage.image == still.ask(0, *preview.stage.pixels) is not None)
        seat.draw_all()
        await until(lambda: preview.film is not sketch)
        film = preview.film
        assert film is not None
        await until(lambda: film.ask(24, *preview.stage.pixels) == preview.stage.image is not None)
        assert preview.playback.seconds() == pytest.approx(0.8)

    sit(story)


def test_another_throw_makes_way_for_what_is_looked_at(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        await seat.sit_down()
        await seat.film()
        preview = seat.page.preview
        seat.oven.parts = threading.Semaphore(0)
        preview.roll()
        await until(lambda: seat.oven.baked[-1].seed == preview.seed)
        preview.roll()
        await until(lambda: seat.oven.given_up)
        assert {each.seed for each in seat.oven.given_up} == {100}
        seat.draw_all()
        await seat.film()

    sit(story)


def test_hidden_while_its_sketch_is_drawn_it_begins_anew(sit: Sit) -> None:
    async def story(seat: Seat) -> None:
        await seat.sketch()
        preview = seat.page.preview
        preview.toggle()
        preview.hide()
        assert preview.playback.length is None
        seat.clock.at += 0.7
        preview.show()
        assert preview.film is None
        seat.draw_all()
        await seat.film()
        assert preview.playback.picture() in (0, 15)  # its beginning, or where nothing moves its hero

    sit(story)
