"""What one preview has ordered: of one spark and one throw, and of no other any more."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Final

from PySide6.QtCore import QObject, Signal

from studio.api.errors import ApiError
from studio.sparks.film import Film
from studio.sparks.film_store import UNSHOWABLE, FilmStore
from studio.sparks.given import SEED, Known
from studio.sparks.order import Kind, Order

KINDS: Final = (Kind.STILL, Kind.FILM, Kind.METER, Kind.SOUND)
WORDS: Final = {
    Kind.STILL: "its still",
    Kind.FILM: "its film",
    Kind.METER: "its figures",
    Kind.SOUND: "its sound",
}


class Wishes(QObject):
    """`came` carries the `Kind` that is here now; `told`: one is further than before, or failed; `decoded`:
    there is another picture."""

    came = Signal(object)
    told = Signal()
    decoded = Signal()

    def __init__(self, films: FilmStore, sender: str, parent: QObject) -> None:
        super().__init__(parent)
        self._films, self._sender = films, sender
        self.spark: Known | None = None
        self.seed = SEED
        self._orders: dict[Kind, Order] = {}
        self._shares: dict[Kind, float] = {}
        self.failures: dict[Kind, str] = {}
        """Why something did not come."""
        self._sketched = False
        films.grew.connect(self._grew)
        films.came.connect(self._came)
        films.failed.connect(self._fail)
        films.baked.connect(self._baked)
        films.decoded.connect(self._decoded)

    def look_at(self, spark: Known | None, seed: int) -> None:
        """Another spark, or another throw: what was ordered of the one before is given up."""
        before = self._orders
        self.spark, self.seed = spark, seed
        self._orders = {kind: self._order(kind, spark) for kind in KINDS} if spark is not None else {}
        self._shares, self.failures, self._sketched = {}, {}, False
        self._let_go({kind: order for kind, order in before.items() if self._orders.get(kind) != order})

    def want(self) -> None:
        """Have all of it here; what did not come is tried once more."""
        self.failures = {}
        if self.spark is not None:
            for order in self._orders.values():
                self._films.want(order, self.spark)

    def give_up(self) -> None:
        """Nobody looks at it now."""
        self._sketched = False
        self._let_go(self._orders)

    # What is here

    @property
    def film(self) -> Film | None:
        """The film, if it is in memory; until then its sketch, once that will not run dry."""
        order = self._orders.get(Kind.FILM)
        if order is None:
            return None
        return self._films.begun(order) if self._sketched else self._films.film(order)

    @property
    def still(self) -> Film | None:
        """What stands for it until then."""
        order = self._orders.get(Kind.STILL)
        return self._films.film(order) if order is not None else None

    @property
    def sound(self) -> bytes | None:
        """Its sound; empty for a spark without one."""
        order = self._orders.get(Kind.SOUND)
        return self._films.sound(order) if order is not None else None

    @property
    def figures(self) -> dict[str, object] | None:
        """What was measured of it."""
        order = self._orders.get(Kind.METER)
        return self._films.measured(order) if order is not None else None

    def share(self, kind: Kind) -> float | None:
        """How far it is baked, where that is known."""
        return self._shares.get(kind)

    @property
    def why_not(self) -> str:
        """What did not come, and why; "" where nothing is amiss."""
        missing = [WORDS[kind] for kind in KINDS if kind in self.failures]
        if not missing:
            return ""
        *first, last = missing
        said = f"{', '.join(first)} and {last}" if first else last
        why = next(iter(self.failures.values()))
        if why == UNSHOWABLE and Kind.FILM not in self.failures:
            why = "What else there is of it is shown."
        return f"{said.capitalize()} cannot be had now. {why}"

    async def hero_at(self) -> float | None:
        """The moment that stands for it, in s; None where its file cannot be had."""
        spark = self.spark
        with suppress(ApiError, ValueError, TypeError, KeyError):
            if spark is not None:
                return float(json.loads(await self._films.content(spark))["hero_at"])
        return None

    # Inside

    def _order(self, kind: Kind, spark: Known) -> Order:
        if kind is Kind.STILL:  # the one of the grid
            return Order(kind, spark.sha256)
        return Order(kind, spark.sha256, self.seed, "" if kind is Kind.SOUND else self._sender)

    def _let_go(self, orders: dict[Kind, Order]) -> None:
        # The grid has ordered the still as well, and lets go of it when nobody can see it.
        self._films.give_up([order for kind, order in orders.items() if kind is not Kind.STILL])

    def _mine(self, order: Order) -> bool:
        return self._orders.get(order.kind) == order

    def _came(self, order: Order) -> None:
        if self._mine(order):
            self._shares.pop(order.kind, None)
            self.failures.pop(order.kind, None)
            self.came.emit(order.kind)

    def _grew(self, order: Order) -> None:
        sketch = self._films.begun(order)
        if not self._mine(order) or sketch is None:
            return
        if not self._sketched and sketch.may_begin:
            self._sketched = True
            self.came.emit(order.kind)
        elif self._sketched:
            self.told.emit()

    def _fail(self, order: Order, why: str) -> None:
        if self._mine(order):
            self._sketched = self._sketched and order.kind is not Kind.FILM
            self.failures[order.kind] = why
            self.told.emit()

    def _baked(self, order: Order, share: float) -> None:
        if self._mine(order):
            self._shares[order.kind] = share
            self.told.emit()

    def _decoded(self, name: str) -> None:
        if name in {each.name for each in (self.film, self.still) if each is not None}:
            self.decoded.emit()
