from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from benchmarks.coded_clips import read_number
from studio.video.audio import SoundOutput
from studio.video.decoder import Failed, Picture
from studio.video.index import Source
from studio.video.player import Player
from studio.video.playhead import Lane, Range
from studio.video.shield import OPEN, Shield
from tests.studio.video.conftest import FRAMES, SIZE

Clip = Callable[[str], Path]


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


class FakeSound(SoundOutput):
    """Sound whose progress the test sets."""

    def __init__(self) -> None:
        super().__init__(make_sink=lambda: None)
        self.starts: list[float] = []
        self.played: float | None = None

    def start(self, source: Source, start_s: float) -> bool:
        self.starts.append(start_s)
        self.played = 0.0
        return True

    def stop(self) -> None:
        self.played = None

    def played_s(self) -> float | None:
        return self.played


class Stage(QObject):
    """A player under a clock of our own, and what it said."""

    def __init__(self, qtbot: QtBot, **how: bool) -> None:
        super().__init__()
        self.qtbot = qtbot
        self.clock = Clock()
        self.sound = FakeSound()
        self.player = Player(self, sound=self.sound, now=self.clock, **how)
        self.player.set_fit(SIZE)
        self.pictures: list[Picture] = []
        self.failures: list[Failed] = []
        self.player.picture.connect(self.pictures.append)
        self.player.failed.connect(self.failures.append)

    def open(self, source: Source, **given: object) -> None:
        with self.qtbot.waitSignal(self.player.opened, timeout=20_000):
            self.player.open(source, **given)  # type: ignore[arg-type]

    def shown(self, frame: int, shield: Shield | None = None) -> Picture:
        wanted = self.player.required if shield is None else shield

        def there() -> bool:
            return any(p.exact and p.frame == frame and p.shield == wanted for p in self.pictures)

        self.qtbot.waitUntil(there, timeout=20_000)
        return next(p for p in self.pictures if p.exact and p.frame == frame and p.shield == wanted)

    @property
    def frame(self) -> int:
        assert self.player.head is not None
        return self.player.head.frame

    def pass_time(self, seconds: float) -> None:
        self.clock.time += seconds
        self.player.tick()


@pytest.fixture
def stage(qtbot: QtBot) -> Stage:
    return Stage(qtbot)


@pytest.fixture(autouse=True)
def closed(stage: Stage) -> object:
    yield
    stage.player.close()


def test_it_opens_shielded_on_the_first_frame(stage: Stage, clip: Clip) -> None:
    stage.open(clip("bframes"), lanes=[Lane("Users", (Range(1000, 2000, "x"),))])
    assert stage.shown(0).shield == Shield()
    assert stage.player.muted
    assert stage.player.head is not None
    assert stage.player.head.markers == (30,)


def test_moves_show_exactly_the_frame_asked_for(stage: Stage, clip: Clip) -> None:
    stage.player.set_shield(OPEN)
    stage.open(clip("vfr"))
    player = stage.player
    for move, frame in (
        (lambda: player.seek(70), 70),
        (lambda: player.step(1), 71),
        (lambda: player.step(-2), 69),
        (lambda: player.step_keyframe(1), 120),
        (lambda: player.step_keyframe(-1), 60),
        (player.to_end, FRAMES - 1),
        (player.to_start, 0),
    ):
        move()
        assert stage.frame == frame
        assert read_number(stage.shown(frame).pixels) == frame


def test_nothing_open_nothing_happens(stage: Stage) -> None:
    player = stage.player
    for call in (player.play_pause, player.next_marker, player.set_in, player.tick, player.close):
        call()
    player.reveal(True)
    player.add_mark("x")
    assert player.head is None
    assert not player.revealed


def test_playing_follows_the_clock_and_drops_what_it_cannot_show(stage: Stage, clip: Clip) -> None:
    stage.open(clip("bframes"))
    stage.player.play_pause()
    stage.pass_time(1.0)
    assert stage.frame == 30
    stage.player.shuttle(1)
    stage.pass_time(0.5)
    assert stage.frame == 60
    stage.player.shuttle(0)
    stage.player.shuttle(-1)
    stage.pass_time(1.0)
    assert stage.frame in (29, 30)
    stage.pass_time(9)
    assert stage.frame == 0
    assert not stage.player.head.playing  # type: ignore[union-attr]
    stage.player.play_pause()
    stage.pass_time(99)
    assert stage.frame == FRAMES - 1
    assert not stage.player._ticker.isActive()


def test_many_small_ticks_lose_no_time(stage: Stage, clip: Clip) -> None:
    stage.open(clip("vfr"))
    stage.player.play_pause()
    for _ in range(400):
        stage.pass_time(0.005)
    assert stage.player.head is not None
    assert stage.frame == stage.player.head.table.at_ms(2000)


def test_sound_leads_while_it_plays_and_silence_takes_over(stage: Stage, clip: Clip) -> None:
    stage.open(clip("tone"))
    stage.player.seek(30)
    stage.player.set_muted(False)
    stage.player.play_pause()
    assert stage.sound.starts == [pytest.approx(1.0)]
    stage.sound.played = 0.5
    stage.pass_time(3)
    assert stage.frame == 45
    stage.sound.played = None
    stage.pass_time(0)
    stage.pass_time(1.0)
    assert stage.frame == 75
    stage.player.shuttle(1)
    assert len(stage.sound.starts) == 1, "no sound at 2x"


def test_muted_or_soundless_makes_no_sound(stage: Stage, clip: Clip) -> None:
    stage.open(clip("tone"))
    stage.player.play_pause()
    assert stage.sound.starts == []
    stage.player.set_muted(False)
    assert len(stage.sound.starts) == 1
    stage.player.set_muted(True)
    assert stage.sound.played is None
    stage.player.set_muted(False)
    stage.open(clip("cfr"))
    stage.player.play_pause()
    assert len(stage.sound.starts) == 2


def test_reveal_asks_for_raw_and_release_for_shielded(stage: Stage, clip: Clip) -> None:
    stage.open(clip("bframes"))
    required: list[Shield] = []
    stage.player.required_changed.connect(required.append)
    stage.player.reveal(True)
    assert read_number(stage.shown(0, OPEN).pixels) == 0
    stage.player.reveal(False)
    assert required == [OPEN, Shield()]
    stage.pictures.clear()
    stage.player.step(1)
    assert stage.shown(1).shield == Shield()
    assert all(picture.shield == Shield() for picture in stage.pictures if picture.frame == 1)


def test_blank_stops_silences_and_forbids(stage: Stage, clip: Clip) -> None:
    stage.open(clip("tone"))
    stage.player.set_muted(False)
    stage.player.play_pause()
    stage.player.reveal(True)
    stage.player.set_blank(True)
    assert not stage.player.revealed
    assert stage.sound.played is None
    stage.player.play_pause()
    stage.player.shuttle(1)
    stage.player.reveal(True)
    assert not stage.player.head.playing  # type: ignore[union-attr]
    assert stage.player.required == Shield()
    stage.player.set_blank(False)
    assert not stage.player.revealed


def test_marks_and_in_out(stage: Stage, clip: Clip) -> None:
    stage.open(clip("cfr"))
    player = stage.player
    player.seek(10)
    player.set_in()
    player.seek(20)
    player.set_out()
    player.add_mark("here")
    player.to_start()
    player.next_marker()
    assert stage.frame == 10
    player.next_marker()
    assert stage.frame == 20
    player.set_out()
    player.remove_mark(20)
    assert player.head is not None
    assert (player.head.mark_in, player.head.mark_out, player.head.marks) == (10, None, ())


def test_the_next_item_starts_afresh(stage: Stage, clip: Clip) -> None:
    stage.open(clip("bframes"))
    stage.player.seek(100)
    stage.player.reveal(True)
    stage.open(clip("vfr"))
    assert stage.frame == 0
    assert not stage.player.revealed
    assert stage.player.required == Shield()


def test_nothing_of_the_previous_item_arrives(stage: Stage, clip: Clip) -> None:
    stage.player.set_shield(OPEN)
    stage.open(clip("long_gop"))
    stage.player.seek(140)
    stage.player.open(clip("rotated"))
    stage.pictures.clear()
    stage.qtbot.waitUntil(lambda: bool(stage.pictures), timeout=20_000)
    stage.shown(0)
    assert {picture.wanted for picture in stage.pictures} == {0}


def test_a_file_that_does_not_open_says_so(stage: Stage) -> None:
    stage.player.open(b"nonsense")
    stage.qtbot.waitUntil(lambda: bool(stage.failures), timeout=20_000)
    assert stage.failures[0].code == "unreadable"
    assert stage.player.head is None


def test_a_file_broken_in_the_middle_plays_on(stage: Stage, damaged: Path) -> None:
    stage.open(damaged)
    for frame in range(0, FRAMES, 2):
        stage.player.seek(frame)
        stage.qtbot.waitUntil(
            lambda frame=frame: (
                any(p.wanted == frame for p in stage.pictures)
                or any(f.frame == frame for f in stage.failures)
            ),
            timeout=20_000,
        )
    stage.player.to_end()
    stage.shown(FRAMES - 1)
    assert stage.failures


def test_a_deleted_player_takes_its_decoder_along(qtbot: QtBot, clip: Clip) -> None:
    parent = QObject()
    player = Player(parent)
    with qtbot.waitSignal(player.opened, timeout=20_000):
        player.open(clip("long_gop"))
    decoder = player._decoder
    assert decoder is not None
    del player
    shiboken6.delete(parent)
    gc.collect()
    decoder.join(20)
    assert not decoder.is_alive()


def test_closed_decoders_end(stage: Stage, clip: Clip) -> None:
    stage.open(clip("long_gop"))
    decoder = stage.player._decoder
    assert decoder is not None
    stage.player.close()
    decoder.join(20)
    assert not decoder.is_alive()
    assert decoder._cache.size == 0


@pytest.fixture
def forward(qtbot: QtBot) -> Iterator[Stage]:
    made = Stage(qtbot, forward=True)
    made.player.set_shield(OPEN)
    yield made
    made.player.close()


def test_played_forward_the_next_picture_is_there_at_its_turn(forward: Stage, clip: Clip) -> None:
    forward.open(clip("bframes"))
    forward.shown(0)
    forward.player.play_pause()
    for frame in range(1, 8):
        forward.qtbot.waitUntil(lambda: forward.player.settled, timeout=20_000)
        forward.qtbot.wait(0)  # what was delivered is taken
        forward.pass_time(1 / 30 + 1e-6)
        assert forward.frame == frame
        assert forward.pictures[-1].frame == frame, "without waiting for the decoder"
        assert read_number(forward.pictures[-1].pixels) == frame


def test_an_early_picture_is_not_shown_under_another_shield(forward: Stage, clip: Clip) -> None:
    forward.open(clip("bframes"))
    forward.shown(0)
    forward.qtbot.waitUntil(lambda: forward.player.settled, timeout=20_000)
    forward.qtbot.wait(0)
    forward.player.set_shield(Shield())
    forward.pictures.clear()
    forward.player.step(1)
    assert forward.shown(1).shield == Shield()
    assert all(picture.shield == Shield() for picture in forward.pictures)


def test_it_tells_how_late_what_was_painted_is(forward: Stage, clip: Clip) -> None:
    player = forward.player
    forward.open(clip("bframes"))
    player.painted(forward.shown(0))
    player.play_pause()
    assert player.pace.seen == 1
    forward.pass_time(0.11)
    assert forward.frame == 3
    player.painted(forward.shown(3))
    assert (player.pace.dropped, player.pace.seen) == (2, 4)
    assert player.pace.late_s == pytest.approx(0.01, abs=1e-6)
    forward.pass_time(0.1)
    heads: list[object] = []
    player.changed.connect(heads.append)
    forward.clock.time += 1.0
    player.tick()
    assert player.pace.stalled
    assert heads
