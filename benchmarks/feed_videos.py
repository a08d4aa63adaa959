"""Videos as people post them, many from few pictures, and a server whose feed is full of them."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import uuid4

import av
import numpy as np
import sqlalchemy as sa
from av.audio.stream import AudioStream
from av.packet import Packet
from av.video.frame import PictureType
from av.video.stream import VideoStream

from server.accounts import service as accounts
from server.accounts import sessions
from server.accounts.permissions import Role, permissions_of
from server.content import service as content
from server.content.models import Video
from server.content.rules import VideoState
from server.kit.access import SYSTEM, Actor
from server.kit.storage import Store
from server.runtime import opened
from server.settings import Settings
from studio.paths import Profile

FPS: Final = 30
GROUP: Final = 30
"""Frames from one keyframe to the next."""
GROUPS: Final = 6
IN_A_VIDEO: Final = 5
SECONDS: Final = GROUP * IN_A_VIDEO // FPS
RATE: Final = 48_000
HD: Final = 720, 1280
FULL_HD: Final = 1080, 1920
CREATORS: Final = 5

_TICK: Final = Fraction(1, FPS)


class Coded(NamedTuple):
    """One packet of a group; the first picture of the group is shown at frame 0."""

    data: bytes
    pts: int
    dts: int
    key: bool


def write_videos(folder: Path, count: int) -> Iterator[Path]:
    """Write `count` different upright videos of 5 s at 30 fps with sound: two of 720p, one of 1080p, ...

    Each is another selection of the same coded groups in another order. To code pictures takes long, and a
    player does not know them again.
    """
    tone = folder / "tone.mp4"
    _write_tone(tone)
    with _coded(folder, HD) as hd, _coded(folder, FULL_HD) as full_hd, av.open(str(tone)) as heard:
        sound = heard.streams.audio[0]
        samples = [each for each in heard.demux(sound) if each.pts is not None]
        orders = itertools.permutations(range(GROUPS), IN_A_VIDEO)
        for number, order in enumerate(itertools.islice(orders, count)):
            template, groups = full_hd if number % 3 == 2 else hd
            path = folder / f"video{number}.mp4"
            with av.open(str(path), "w", options={"movflags": "faststart"}) as out:
                pictures = out.add_stream_from_template(template)
                tones = out.add_stream_from_template(sound)
                for picture in _laid_out([groups[each] for each in order]):
                    picture.stream = pictures
                    out.mux(picture)
                for part in samples:
                    part.stream = tones
                    out.mux(part)
            yield path


def _write_tone(path: Path) -> None:
    at = np.arange(SECONDS * RATE)
    wave = (np.sin(at * 330 * 2 * np.pi / RATE) * 8_000).astype(np.int16)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac", rate=RATE, layout="stereo")
        assert isinstance(stream, AudioStream)
        frame = av.AudioFrame.from_ndarray(np.repeat(wave, 2)[None], format="s16", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, 0, Fraction(1, RATE)
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))


@contextmanager
def _coded(folder: Path, size: tuple[int, int]) -> Iterator[tuple[VideoStream, list[list[Coded]]]]:
    """Code all groups of a size; a stream that says how, and the groups."""
    width, height = size
    path = folder / f"groups{height}.mp4"
    scene = f"testsrc2=size={width}x{height}:rate={FPS}:duration={GROUPS * GROUP // FPS},format=yuv420p"
    with av.open(scene, format="lavfi") as drawn, av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=FPS)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.options = {"preset": "veryfast", "crf": "28", "x264-params": "scenecut=0:open-gop=0"}
        stream.codec_context.gop_size, stream.codec_context.max_b_frames = GROUP, 2
        for number, picture in enumerate(drawn.decode(video=0)):
            picture.pts, picture.time_base = number, _TICK
            picture.pict_type = PictureType.NONE  # each was drawn whole, which is not how it is to be coded
            out.mux(stream.encode(picture))
        out.mux(stream.encode(None))
    with av.open(str(path)) as coded:
        template = coded.streams.video[0]
        yield template, _groups(coded.demux(template))


def _groups(packets: Iterable[Packet[VideoStream]]) -> list[list[Coded]]:
    found: list[list[Coded]] = []
    for packet in packets:
        if packet.pts is None or packet.dts is None or packet.time_base is None:
            continue  # the end
        if packet.is_keyframe:
            found.append([])
        first = (len(found) - 1) * GROUP
        pts, dts = (round(at * packet.time_base / _TICK) - first for at in (packet.pts, packet.dts))
        found[-1].append(Coded(bytes(packet), pts, dts, packet.is_keyframe))
    assert [len(each) for each in found] == [GROUP] * GROUPS
    return found


def _laid_out(groups: Sequence[Sequence[Coded]]) -> Iterator[Packet[Any]]:
    """The packets of a video that shows one group after the other."""
    for nth, group in enumerate(groups):
        for coded in group:
            packet: Packet[Any] = Packet(coded.data)
            packet.time_base, packet.duration = _TICK, 1
            packet.pts, packet.dts = coded.pts + nth * GROUP, coded.dts + nth * GROUP
            packet.is_keyframe = coded.key
            yield packet


def publish(profile: Profile, paths: Iterable[Path]) -> str:
    """Make a server with these videos in its feed, the first one the newest; answers the token of a viewer.

    The files are moved to where the server has them.
    """
    settings = Settings(data=profile.server_data)
    store = Store(settings.media)
    with opened(settings) as (db, keys):
        with db.write() as s:
            people = [
                accounts.create_person(
                    s, actor=SYSTEM, keys=keys, handle=handle, name=handle.title(), roles=[role]
                )
                for handle, role in (
                    ("viewer", Role.FAN),
                    *((f"maker{n}", Role.CREATOR) for n in range(CREATORS)),
                )
            ]
            viewer, *makers = [person.id for person in people]
            token, _ = sessions.open_session(
                s, keys=keys, person_id=viewer, device_id=uuid4(), device_name="bench"
            )
        creator = permissions_of(frozenset({Role.CREATOR}), cleared=False)
        owners = [Actor("person", each, permissions=creator) for each in makers]
        for number, path in enumerate(paths):
            values = _file(store, path) | {
                "state": VideoState.READY,
                "published_at": datetime.now(UTC) - timedelta(minutes=number + 1),
            }
            with db.write() as s:
                video = content.create_video(
                    s,
                    actor=owners[number % CREATORS],
                    filename=path.name,
                    size=values["size"],
                    title=f"Video {number}",
                    caption="A test picture that moves, with a tone. #test #feed",
                )
                s.execute(sa.update(Video).where(Video.id == video.id).values(**values))
    return token


def _file(store: Store, path: Path) -> dict[str, Any]:
    """Move a file to where the server looks for it; what the server knows of it."""
    with av.open(str(path)) as container:
        track = container.streams.video[0]
        width, height = track.width, track.height
    data = path.read_bytes()
    sha256 = hashlib.sha256(data).hexdigest()
    place = store.path(sha256)
    place.parent.mkdir(parents=True, exist_ok=True)
    path.replace(place)
    return {
        "sha256": sha256,
        "size": len(data),
        "width": width,
        "height": height,
        "frames": GROUP * IN_A_VIDEO,
        "duration_ms": SECONDS * 1_000,
        "has_audio": True,
    }
