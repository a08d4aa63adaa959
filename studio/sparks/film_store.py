"""Films, stills and sounds of sparks: from memory, from the disk, or baked, never on the Qt thread."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Coroutine, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import shiboken6
from PySide6.QtCore import QObject, Signal

from studio.api.client import Api, broken_protocol
from studio.api.errors import ApiError
from studio.sparks.bakery import Bakery, Oven, Take, Unbaked
from studio.sparks.files import Files
from studio.sparks.film import Film, Pictures
from studio.sparks.order import FIRST, PICTURES, SAMPLE, URGENT, Kind, Order
from studio.tasks import off_thread

if TYPE_CHECKING:
    from server.sparks.engine.flipbook import Flipbook
    from studio.sparks.given import Known

MOST_BYTES: Final = 64 << 20
"""Of films as they are baked, of sounds and of what was measured, together."""
CONTENTS_BYTES: Final = 32 << 20
"""Of the files of sparks, as the server has them, on the disk."""
UNSHOWABLE: Final = "This spark cannot be shown on this computer."
Spawn = Callable[[Coroutine[Any, Any, None], QObject], Any]


class NotKept(Exception):
    """A sketch was drawn with less than the film has: that is to be baked."""


@dataclass(frozen=True, slots=True)
class _Kept:
    thing: Film | bytes | dict[str, Any]
    size: int


class FilmStore(QObject):
    """One for all who play sparks. `came` and `failed` carry an `Order`, the second with a sentence on why;
    `grew` that of a film of which more is baked than before. `baked` says how far one is, 0 to 1; `decoded`
    carries the name of a film that has another picture."""

    came = Signal(object)
    grew = Signal(object)
    failed = Signal(object, str)
    baked = Signal(object, float)
    decoded = Signal(str)
    _took = Signal(object, int, int, object)

    def __init__(
        self,
        folder: Path,
        api: Api,
        spawn: Spawn,
        *,
        make_oven: Callable[[], Oven] = Bakery,
        decoder: Executor | None = None,
        most: int = MOST_BYTES,
        pictures: Pictures | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__()
        self._api, self._spawn = api, spawn
        self._files = Files(folder)
        # Apart, or films would drive them out: without them nothing can be baked while the server is away.
        self._contents = Files(folder / "contents", most=CONTENTS_BYTES)
        self._most, self._now = most, now
        self.pictures = pictures or Pictures()
        self._kept: OrderedDict[Order, _Kept] = OrderedDict()
        self.held = 0
        """Bytes of what is kept as it was baked."""
        self._wanted: dict[Order, asyncio.Task[None]] = {}
        self._growing: dict[Order, Film] = {}
        self._sketches = itertools.count()
        self._stale: set[Order] = set()
        """Given up; they may be in an oven still."""
        self._finishing: set[Order] = set()
        self._interrupted: set[Order] = set()
        self._took.connect(self._grow)
        self._decoder = decoder or ThreadPoolExecutor(1, thread_name_prefix="spark-pictures")
        self._ovens = {True: make_oven(), False: make_oven()}
        self._bakers = {each: ThreadPoolExecutor(1, thread_name_prefix="spark-baker") for each in self._ovens}
        self._closed = False

    # What is here

    def film(self, order: Order) -> Film | None:
        """A film, thumb or still that is in memory."""
        kept = self._get(order)
        return kept if isinstance(kept, Film) else None

    def begun(self, order: Order) -> Film | None:
        """The same, or as much as there is of its sketch."""
        return self.film(order) or self._growing.get(order)

    def sound(self, order: Order) -> bytes | None:
        """A sound that is in memory; empty for a spark without one."""
        kept = self._get(order)
        return kept if isinstance(kept, bytes) else None

    def measured(self, order: Order) -> dict[str, Any] | None:
        """What was measured of a spark, if that is in memory."""
        kept = self._get(order)
        return kept if isinstance(kept, dict) else None

    def _get(self, order: Order) -> object:
        kept = self._kept.get(order)
        if kept is None:
            return None
        self._kept.move_to_end(order)
        return kept.thing

    # What is wanted

    def want(self, order: Order, spark: Known) -> bool:
        """Have it here, soon; True where it is already. Asked for once, however often it is wanted."""
        if self._get(order) is not None:
            return True
        if order not in self._wanted and not self._closed:
            self._wanted[order] = self._spawn(self._bring(order, spark), self)
        return False

    def is_wanted(self, order: Order) -> bool:
        """Whether it is on its way."""
        return order in self._wanted

    def give_up(self, orders: Collection[Order]) -> None:
        """Nobody looks at these any more. What is being baked now is baked to its end, and kept as a file,
        unless it is but a sketch, or somebody waits for something else."""
        for order in orders:
            self._growing.pop(order, None)
            task = self._wanted.pop(order, None)
            if task is not None:
                task.cancel()
                self._stale.update({order, _sketch_of(order)} if order.kind is Kind.FILM else {order})

    async def content(self, spark: Known) -> bytes:
        """The file of a spark: kept by its hash, so it is fetched once. Raises ApiError."""
        name = f"{spark.sha256}.json"
        data = await off_thread(self._contents.read, name)
        if data is not None and sha256(data).hexdigest() == spark.sha256:
            return data
        answer = await self._api.get(f"/v1/sparks/{spark.id}/versions/{spark.number}/content")
        if sha256(answer.content).hexdigest() != spark.sha256:
            raise broken_protocol("it is not the spark that was asked for")
        await off_thread(self._contents.write, name, answer.content)
        return answer.content

    async def keep_contents(self, sparks: Sequence[Known]) -> None:
        """Have the files of these here, for when the server is away; what cannot be read now is not."""
        for spark in sparks:
            if not await off_thread(self._contents.has, f"{spark.sha256}.json"):
                try:
                    await self.content(spark)
                except ApiError as error:
                    if error.transient:
                        return  # nor would the others be read

    async def close(self) -> None:
        """Give up what is being made, and end the processes that make it."""
        self._closed = True
        self.give_up(list(self._wanted))
        for oven in self._ovens.values():
            await off_thread(oven.close)
        for pool in (*self._bakers.values(), self._decoder):
            pool.shutdown(wait=False, cancel_futures=True)

    async def _bring(self, order: Order, spark: Known) -> None:
        try:
            thing = await self._made(order, spark)
        except ApiError as error:
            self._fail(order, error.what_happened)
        except (Unbaked, ValueError) as error:
            self._fail(order, UNSHOWABLE if isinstance(error, Unbaked) else str(error))
        except Exception:
            self._fail(order, UNSHOWABLE)  # or it would count as on its way for good
            raise
        else:
            if self._wanted.pop(order, None) is not None:
                self._keep(order, thing)
                self.came.emit(order)

    async def _made(self, order: Order, spark: Known) -> _Kept:
        if (found := await off_thread(self._on_disk, order)) is not None:
            return found
        content = await self.content(spark)
        if order.kind is not Kind.FILM:
            return await self._in_oven(order, content)
        await self._shorter_ones(order)
        try:
            return await self._in_oven(_sketch_of(order), content)
        except NotKept:
            return await self._finish(order, content)

    async def _finish(self, order: Order, content: bytes) -> _Kept:
        """Bake the film whose sketch is here; anew, where that was interrupted by what somebody waits for."""
        self._finishing.add(order)
        try:
            while True:
                self._interrupted.discard(order)
                try:
                    return await self._in_oven(order, content)
                except Unbaked:
                    if order not in self._interrupted:
                        raise
        finally:
            self._finishing.discard(order)

    async def _in_oven(self, order: Order, content: bytes) -> _Kept:
        self._make_way(order)
        baker = self._bakers[order.kind in URGENT]
        return await asyncio.wrap_future(baker.submit(self._bake, order, content))

    def _on_disk(self, order: Order) -> _Kept | None:
        data = self._files.read(order.name)
        if data is None:
            return None
        try:
            return self._opened(order, data)
        except ValueError:
            self._files.forget(order.name)  # damaged: it is baked anew
            return None

    async def _shorter_ones(self, order: Order) -> None:
        """Let what stands for a film, and the sound that begins with it, be baked before it."""
        if order.kind is Kind.FILM:
            others = [(each, task) for each, task in self._wanted.items() if each.sha256 == order.sha256]
            if first := [task for each, task in others if each.kind in FIRST]:
                await asyncio.wait(first)

    def _make_way(self, order: Order) -> None:
        """What nobody looks at any more is baked no further, nor is, for now, a film whose sketch is here."""
        urgent = order.kind in URGENT
        for each in [each for each in self._stale if (each.kind in URGENT) is urgent]:
            self._stale.discard(each)
            if each != order or each.kind is Kind.SKETCH:  # else the end of the same is waited for
                self._ovens[urgent].give_up(each)
        if urgent and order.kind is not Kind.FILM:
            for each in self._finishing:
                self._interrupted.add(each)
                self._ovens[urgent].give_up(each)

    def _bake(self, order: Order, content: bytes) -> _Kept:
        """On the baker's thread."""
        if order in self._interrupted:
            raise Unbaked("others go first")  # it stood before them when they came
        kept_as = replace(order, kind=Kind.FILM) if order.kind is Kind.SKETCH else order
        # Given up and wanted again while it was baked, it may lie there by now.
        if (found := self._on_disk(kept_as)) is not None:
            return found
        oven = self._ovens[order.kind in URGENT]
        data = oven.bake(order, content, partial(self._progress, kept_as), self._taker(kept_as))
        if order.kind is Kind.SKETCH and not data:
            raise NotKept
        opened = self._opened(kept_as, data)
        self._files.write(kept_as.name, data)
        return opened

    def _taker(self, order: Order) -> Take:
        from server.sparks.engine.flipbook import unpack

        start = 0

        def take(count: int, flipbook: bytes) -> None:
            nonlocal start
            more = unpack(flipbook)
            if not self._closed and shiboken6.isValid(self):
                self._took.emit(order, start, count, more)
            start += more.count

        return take

    def _grow(self, order: Order, start: int, count: int, more: Flipbook) -> None:
        film = self._growing.get(order)
        if order not in self._wanted or start != (film.ready if film is not None else 0):
            return  # given up, or given up and wanted again: of another bake than the film that grows here
        if film is not None:
            film.grow(more)
        else:
            # By a name of its own: what is decoded of it is seen in no other sketch, nor in the film.
            self._growing[order] = self._film_of(f"{order.name}.{next(self._sketches)}", more, count)
        self.grew.emit(order)

    def _film_of(self, name: str, book: Flipbook, count: int) -> Film:
        args = (name, book, self.pictures, self._decoder, self._decode)
        return Film(*args, count=count, now=self._now)

    def _opened(self, order: Order, data: bytes) -> _Kept:
        if order.kind in PICTURES:
            from server.sparks.engine.flipbook import unpack

            book = unpack(data)
            return _Kept(self._film_of(order.name, book, book.count), len(data))
        if order.kind is Kind.METER:
            return _Kept(dict(json.loads(data)), len(data))
        if len(data) % SAMPLE:
            raise ValueError("it ends within a sample")
        return _Kept(data, len(data))

    def _decode(self, name: str) -> None:
        if not self._closed and shiboken6.isValid(self):
            self.decoded.emit(name)

    def _progress(self, order: Order, share: float) -> None:
        if not self._closed and shiboken6.isValid(self):
            self.baked.emit(order, share)

    def _keep(self, order: Order, kept: _Kept) -> None:
        self._growing.pop(order, None)
        before = self._kept.pop(order, None)
        self.held += kept.size - (before.size if before is not None else 0)
        self._kept[order] = kept
        while self.held > self._most and len(self._kept) > 1:
            _, oldest = self._kept.popitem(last=False)
            self.held -= oldest.size

    def _fail(self, order: Order, why: str) -> None:
        self._growing.pop(order, None)
        if self._wanted.pop(order, None) is not None:
            self.failed.emit(order, why)


def _sketch_of(film: Order) -> Order:
    return replace(film, kind=Kind.SKETCH)
