"""The process that bakes: the real engine, what it says of a broken file, and that it can be ended."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import threading
from typing import Any

import pytest

from server.sparks.engine.flipbook import unpack
from studio.sparks import bakery as bakery_module
from studio.sparks.baker import LARGEST, get, put
from studio.sparks.bakery import Bakery, Unbaked
from studio.sparks.order import Kind, Order

EMBER = json.dumps(
    {
        "schema": "spark/1",
        "id": "ember",
        "name": "Ember",
        "tier": "common",
        "credits": 5,
        "family": "fire",
        "duration": 0.6,
        "hero_at": 0.3,
        "palettes": {"warm": ["#ff8800"]},
        "layers": [
            {
                "kind": "particles",
                "id": "glow",
                "emit": {"bursts": [{"count": 20}]},
                "look": {"colours": "warm"},
            }
        ],
        "score": {"sounds": [{"at": 0, "recipe": "tone", "notes": [660], "decay": 0.3}]},
    }
).encode()


def test_it_bakes_what_the_engine_makes() -> None:
    bakery, told = Bakery(), list[float]()
    try:
        sha = "0" * 64
        thumb = unpack(bakery.bake(Order(Kind.THUMB, sha), EMBER, told.append))
        assert (thumb.width, thumb.height, thumb.fps, thumb.count) == (180, 320, 15, 9)
        still = unpack(bakery.bake(Order(Kind.STILL, sha), EMBER, told.append))
        assert (still.width, still.height, still.count) == (360, 640, 1)
        sound = bakery.bake(Order(Kind.SOUND, sha), EMBER, told.append)
        assert len(sound) % 4 == 0
        assert len(sound) > 48_000
        measured = json.loads(bakery.bake(Order(Kind.METER, sha, 1, "Kemi"), EMBER, told.append))
        assert len(measured["particles"]) == len(measured["cpu_ms"]) == 18
        assert max(measured["particles"]) == 20
        assert told[-1] == 1.0
        assert told == sorted(told)
        parts = list[tuple[int, bytes]]()
        film = bakery.bake(Order(Kind.FILM, sha), EMBER, told.append)
        sketch = bakery.bake(Order(Kind.SKETCH, sha), EMBER, told.append, lambda *part: parts.append(part))
        assert sketch in (film, b"")  # where the machine is slow, it is not the film
        assert {count for count, _ in parts} == {18}
        first, *others = [unpack(flipbook) for _, flipbook in parts]
        whole = unpack(film)
        assert first.followed_by(*others).count == whole.count == 18
        assert unpack(parts[0][1]).picture(5).tobytes() == whole.picture(5).tobytes()
        with pytest.raises(Unbaked):
            bakery.bake(Order(Kind.FILM, sha), b"{}", told.append)
        assert unpack(bakery.bake(Order(Kind.STILL, sha), EMBER, told.append)).count == 1
    finally:
        bakery.close()
    with pytest.raises(Unbaked, match="closed"):
        bakery.bake(Order(Kind.STILL, sha), EMBER, told.append)


def test_closing_ends_what_is_being_baked() -> None:
    bakery, begun, said = Bakery(), threading.Event(), list[str]()

    def bake() -> None:
        try:
            bakery.bake(Order(Kind.METER, "0" * 64), EMBER, lambda _share: begun.set())
        except Unbaked as error:
            said.append(str(error))

    thread = threading.Thread(target=bake)
    thread.start()
    assert begun.wait(60)
    bakery.close()
    thread.join(20)
    assert not thread.is_alive()


def test_what_is_given_up_is_baked_no_further(monkeypatch: pytest.MonkeyPatch) -> None:
    started, start = list[subprocess.Popen[bytes]](), subprocess.Popen

    def seen(*command: Any, **how: Any) -> subprocess.Popen[bytes]:
        started.append(start(*command, **how))
        return started[-1]

    monkeypatch.setattr("studio.sparks.bakery.subprocess.Popen", seen)
    long = json.dumps({**json.loads(EMBER), "duration": 8.0}).encode()
    bakery, order, shares = Bakery(), Order(Kind.METER, "0" * 64), list[float]()

    def told(share: float) -> None:
        shares.append(share)
        bakery.give_up(Order(Kind.METER, "1" * 64))  # which is not what is being baked
        bakery.give_up(order)

    try:
        with pytest.raises(Unbaked, match="GivenUp"):
            bakery.bake(order, long, told)
        assert max(shares) < 0.9
        bakery.give_up(order)  # over by now: nothing is baked
        again = list[float]()
        assert bakery.bake(order, EMBER, again.append)
        assert again[-1] == 1.0
        assert len(started) == 1
    finally:
        bakery.close()


def test_a_baker_that_takes_too_long_is_ended() -> None:
    bakery = Bakery(patience_s=0.0)
    with pytest.raises(Unbaked):
        bakery.bake(Order(Kind.FILM, "0" * 64), EMBER, lambda _share: None)
    bakery.close()


def test_a_silent_baker_is_given_its_patience_once(monkeypatch: pytest.MonkeyPatch) -> None:
    waited, ended = list[float](), threading.Event()

    class Over(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            if timeout is not None:
                waited.append(timeout)
            return False

    class Process:
        def kill(self) -> None:
            ended.set()

    monkeypatch.setattr("studio.sparks.bakery.threading.Event", Over)
    bakery_module._Watch(Process(), 180.0)  # type: ignore[arg-type]
    monkeypatch.undo()
    assert ended.wait(20)
    assert waited == [180.0]


def test_closed_while_its_process_starts_it_bakes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    bakery, begun = Bakery(), list[subprocess.Popen[bytes]]()
    start = subprocess.Popen

    def slow(*command: Any, **how: Any) -> subprocess.Popen[bytes]:
        bakery._closed.set()  # as `close` does, which sees no process yet and waits for the lock
        begun.append(start(*command, **how))
        return begun[0]

    monkeypatch.setattr("studio.sparks.bakery.subprocess.Popen", slow)
    with pytest.raises(Unbaked, match="closed"):
        bakery.bake(Order(Kind.METER, "0" * 64), EMBER, lambda _share: None)
    assert begun[0].poll() is not None


def test_a_baker_ends_in_peace_when_it_is_interrupted() -> None:
    baker = [sys.executable, "-P", "-m", "studio.sparks.baker"]
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        baker, stdin=pipe, stdout=pipe, stderr=pipe, env=bakery_module._environment(),
        # Whatever runs in the background hands on that it ignores the signal.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    order = {"kind": "still", "sha256": "0", "seed": 1, "sender": "", "number": 1}
    put(process.stdin, b"O", json.dumps(order).encode())
    put(process.stdin, b"C", b"{}")
    assert get(process.stdout) is not None  # it waits for the next order
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert b"KeyboardInterrupt" in said
    assert b"Fatal Python error" not in said


def test_frames_are_read_as_they_were_written() -> None:
    pipe = io.BytesIO()
    put(pipe, b"R", b"some bytes")
    put(pipe, b"E", b"")
    pipe.seek(0)
    assert get(pipe) == (b"R", b"some bytes")
    assert get(pipe) == (b"E", b"")
    assert get(pipe) is None


@pytest.mark.parametrize("data", [b"R\x00", b"R\x05\x00\x00\x00abc"])
def test_a_frame_that_is_cut(data: bytes) -> None:
    with pytest.raises(EOFError):
        get(io.BytesIO(data))


def test_a_frame_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="cannot be"):
        get(io.BytesIO(b"R" + (LARGEST + 1).to_bytes(4, "little")))
