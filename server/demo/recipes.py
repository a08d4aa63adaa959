"""What each of the fourteen generated demo clips shows, how it is stored, and what gets it flagged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import av

from server.demo import sound
from server.demo.encode import Format
from server.demo.moments import Moment
from server.demo.scenes import nature, people, screens, shapes, town
from server.demo.scenes.canvas import Scene

_PHONE = Format()
# The PyAV wheels carry this encoder; a PyAV built elsewhere may not.
_AV1 = Format(codec="libsvtav1", options={"preset": "12", "crf": "38"}, b_frames=0)
_NEWEST = _AV1 if _AV1.codec in av.codecs_available else _PHONE


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How one clip is made: `size` as shown, `fps` constant unless `uneven` drops frames as phones do."""

    name: str
    title: str
    caption: str
    seconds: int
    size: tuple[int, int]
    scene: Callable[[int, int], Scene]
    moments: tuple[Moment, ...]
    form: Format = _PHONE
    fps: int = 30
    uneven: bool = False
    hear: Callable[[float], sound.Sound] | None = None


_VLOG = sound.syllables(12, seed=1)
_NEWS = sound.syllables(16, seed=2, pitch=190)


def _vlog_scene(width: int, height: int) -> Scene:
    return people.talking_head(width, height, lambda t: sound.openness(_VLOG, t))


RECIPES: tuple[Recipe, ...] = (
    Recipe(
        name="city-night",
        title="Last train over the bridge",
        caption="Golden windows, cold hands. #city #night",
        seconds=10,
        size=(1920, 1080),
        scene=town.city,
        moments=(
            Moment(3200, 5200, "A link to a coin scam is pasted over the sky", "scam_link"),
            Moment(8000, 8500, "The picture goes black", "blackout"),
        ),
        # Coded with more care than the others: benchmarks of seeking and decoding run on this one.
        form=Format(options={"preset": "superfast", "crf": "24"}),
        hear=lambda seconds: sound.tune(seconds, seed=5),
    ),
    Recipe(
        name="vlog-morning",
        title="Things nobody tells you",
        caption="Storytime, part 12. #vlog",
        seconds=12,
        size=(720, 1280),
        scene=_vlog_scene,
        moments=(
            Moment(2500, 4300, "A phone number is shown", "phone_number"),
            Moment(7200, 8600, "The face tears apart as if it was put in", "glitch"),
        ),
        hear=lambda seconds: sound.speech(_VLOG, seconds, seed=1),
    ),
    Recipe(
        name="ocean-sunset",
        title="Ten seconds of calm",
        caption="Breathe in, breathe out. #ocean",
        seconds=10,
        size=(1280, 720),
        fps=25,
        scene=nature.ocean,
        moments=(Moment(6000, 7500, "The mark of another app is visible", "watermark"),),
        form=Format(
            suffix=".webm",
            codec="libvpx-vp9",
            options={"deadline": "realtime", "cpu-used": "8", "crf": "34", "b": "0", "row-mt": "1"},
            b_frames=0,
            audio="libopus",
        ),
        hear=sound.surf,
    ),
    Recipe(
        name="sparks-fountain",
        title="Sparks!",
        caption="Slow motion from my phone. #satisfying",
        seconds=9,
        size=(720, 720),
        scene=nature.fountain,
        moments=(Moment(4000, 5400, "A knife is held into the picture", "knife"),),
        uneven=True,
    ),
    Recipe(
        name="cube-dance",
        title="Three cubes, one beat",
        caption="Rendered overnight. #3d #loop",
        seconds=8,
        size=(960, 540),
        scene=shapes.cube,
        moments=(Moment(3000, 5000, "Flashing fills the whole picture", "strobe"),),
        form=Format(
            suffix=".mkv",
            codec="libx265",
            options={"preset": "ultrafast", "crf": "27", "x265-params": "log-level=none:keyint=48"},
            gop=48,
        ),
        hear=lambda seconds: sound.tune(seconds, seed=9, tempo=128),
    ),
    Recipe(
        name="kaleidoscope",
        title="Do not blink",
        caption="Colours for your ears. #art",
        seconds=6,
        size=(720, 720),
        scene=shapes.kaleidoscope,
        moments=(Moment(2000, 2800, "A red card with a threat flashes", "threat_card"),),
        form=_NEWEST,
        hear=lambda seconds: sound.tune(seconds, seed=21, tempo=90),
    ),
    Recipe(
        name="bouncing-balls",
        title="Which one wins?",
        caption="Guess before it stops (it never stops). #game",
        seconds=10,
        size=(640, 480),
        scene=shapes.balls,
        moments=(Moment(5000, 8000, "Pills are offered without a prescription", "pills"),),
        form=Format(suffix=".avi", codec="mpeg4", options={"b": "2M"}, gop=15, b_frames=0, audio="pcm_s16le"),
        hear=sound.beat,
    ),
    Recipe(
        name="flag-day",
        title="Windy on the hill",
        caption="It took three of us to put this up. #flag",
        seconds=8,
        size=(854, 480),
        fps=24,
        scene=town.flag,
        moments=(Moment(2400, 4600, "An insult is written over the flag", "slur"),),
        form=Format(suffix=".mov", codec="mpeg4", options={"b": "2500k"}, gop=24, b_frames=2),
    ),
    Recipe(
        name="chat-screen",
        title="He really wrote that",
        caption="Screen recording, wait for it. #chat",
        seconds=12,
        size=(720, 1280),
        scene=screens.chat,
        moments=(Moment(8200, 10800, "A fake identity card is offered for money", "fake_id"),),
        form=Format(gop=100_000),
        hear=lambda seconds: sound.clicks(screens.key_times(seconds), seconds),
    ),
    Recipe(
        name="clock-day",
        title="A day in a minute",
        caption="Time flies. #timelapse",
        seconds=60,
        size=(480, 480),
        fps=10,
        scene=town.clock,
        moments=(
            Moment(21_000, 23_000, "A link to a coin scam is shown", "scam_link"),
            Moment(47_000, 49_000, "A phone number is shown", "phone_number"),
        ),
        form=Format(gop=100),
        hear=lambda seconds: sound.tune(seconds, seed=33, tempo=100),
    ),
    Recipe(
        name="stage-dance",
        title="Beat number nine",
        caption="Filmed standing up, obviously. #dance",
        seconds=10,
        size=(720, 1280),
        scene=people.dancer,
        moments=(
            Moment(4000, 5500, "An insult is shown", "slur"),
            Moment(8200, 9200, "Flashing fills the whole picture", "strobe"),
        ),
        form=Format(rotation=270),
        hear=sound.beat,
    ),
    Recipe(
        name="code-poster",
        title="Scan me if you can",
        caption="First hundred get nothing. #puzzle",
        seconds=8,
        size=(1280, 720),
        scene=screens.code,
        moments=(Moment(2600, 6400, "A scanned code promises coins outside the app", "scam_link"),),
        form=Format(
            options={"preset": "ultrafast", "crf": "25", "x264-params": "open-gop=1:keyint=48:bframes=3"}
        ),
    ),
    Recipe(
        name="news-desk",
        title="Cat elected mayor",
        caption="All the news that fits on a card. #satire",
        seconds=16,
        size=(1280, 720),
        scene=screens.news,
        moments=(
            Moment(5000, 7000, "The mark of another channel is visible", "watermark"),
            Moment(11_000, 13_500, "A fake identity card is offered for money", "fake_id"),
        ),
        hear=lambda seconds: sound.speech(_NEWS, seconds, seed=2),
    ),
    Recipe(
        name="northern-lights",
        title="The sky did this",
        caption="No filter. 60 frames a second. #aurora",
        seconds=5,
        size=(1280, 720),
        fps=60,
        scene=nature.aurora,
        moments=(Moment(2500, 3500, "A threat is flashed", "threat_card"),),
        form=Format(gop=120),
    ),
)
