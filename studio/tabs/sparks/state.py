"""The catalogue as it is looked through: what is known, what is looked for; free of Qt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from server.sparks.engine.format.spark import Tier
from server.sparks.rules import SparkState
from server.sparks.schemas import SparkView
from studio.sparks.given import Known
from studio.sparks.look import WORDS

BANDS: Final[tuple[tuple[str, int, int], ...]] = (
    ("up to 12", 1, 12),
    ("13 to 80", 13, 80),
    ("81 to 450", 81, 450),
    ("451 to 2,000", 451, 2_000),
    ("above 2,000", 2_001, 10_000),
)
"""Prices to choose from, in credits."""
ORDER: Final = {tier: place for place, tier in enumerate(Tier)}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is looked for; None and "" = any. `price` is a place in `BANDS`."""

    text: str = ""
    tier: Tier | None = None
    family: str = ""
    price: int | None = None
    state: SparkState = SparkState.PUBLISHED

    @property
    def narrows(self) -> bool:
        """Whether it leaves anything out."""
        return replace(self, state=SparkState.PUBLISHED) != Wanted()

    def fits(self, spark: SparkView) -> bool:
        """Whether a spark is among what is looked for."""
        if self.tier is not None and spark.tier is not self.tier:
            return False
        if self.family and spark.family != self.family:
            return False
        if self.price is not None:
            _, low, high = BANDS[self.price]
            if spark.credits is None or not low <= spark.credits <= high:
                return False
        said = f"{spark.name} {spark.family} {WORDS[spark.tier]}".casefold()
        return all(word in said for word in self.text.casefold().split())


def wanted_json(wanted: Wanted) -> dict[str, Any]:
    """What is looked for, as plain JSON."""
    return asdict(wanted)


def wanted_of(said: Mapping[str, Any]) -> Wanted:
    """The same in the other direction; what does not fit is not looked for."""
    text, family, price = said.get("text"), said.get("family"), said.get("price")
    tier, state = said.get("tier"), said.get("state")
    in_bands = isinstance(price, int) and not isinstance(price, bool) and 0 <= price < len(BANDS)
    return Wanted(
        text=text if isinstance(text, str) else "",
        tier=Tier(tier) if tier in list(Tier) else None,
        family=family if isinstance(family, str) else "",
        price=price if in_bands else None,
        state=SparkState(state) if state in list(SparkState) else SparkState.PUBLISHED,
    )


class Catalogue:
    """All sparks of one state. Of answers that come in another order than they were asked for the last one
    counts."""

    def __init__(self) -> None:
        self._sparks: dict[str, SparkView] = {}
        self._asked = 0
        self.read = False
        """Whether there was an answer."""

    def ask(self) -> int:
        """Begin to read; answers the number that the answer has to name."""
        self._asked += 1
        return self._asked

    def take(self, number: int, sparks: Iterable[SparkView]) -> bool:
        """What an answer says; False for one that is stale."""
        if number != self._asked:
            return False
        self._sparks = {str(each.id): each for each in sparks}
        self.read = True
        return True

    def put(self, spark: SparkView) -> None:
        """One as it is after an edit: older copies that arrive later do not replace it."""
        known = self._sparks.get(str(spark.id))
        if known is None or known.version <= spark.version:
            self._sparks[str(spark.id)] = spark

    def forget(self) -> None:
        """Another state is read: nothing of this one is shown under its name."""
        self._sparks.clear()
        self.read = False

    def shown(self, wanted: Wanted) -> list[SparkView]:
        """Those that are looked for, the cheapest tier first, then by price and name."""
        found = [each for each in self._sparks.values() if each.state is wanted.state and wanted.fits(each)]
        return sorted(found, key=lambda each: (ORDER[each.tier], each.credits or 0, each.name.casefold()))

    def families(self) -> list[str]:
        """Every family there is."""
        return sorted({each.family for each in self._sparks.values()})

    def __len__(self) -> int:
        return len(self._sparks)


def known(spark: SparkView, number: int | None = None, sha256: str = "") -> Known:
    """What playing has to know of a spark, or of another version of it."""
    return Known(
        id=spark.id,
        number=number or spark.number,
        sha256=sha256 or spark.sha256,
        name=spark.name,
        tier=spark.tier,
        duration_s=spark.duration_ms / 1000,
    )


def price(credits_each: int | None) -> str:
    """A price in words."""
    if credits_each is None:
        return "No price yet"
    return "1 credit" if credits_each == 1 else f"{credits_each:,} credits"


def spoken(spark: SparkView) -> str:
    """A spark as a screen reader says it."""
    return f"{spark.name}, {WORDS[spark.tier]}, {price(spark.credits)}"


def family_words(family: str) -> str:
    """The name of a family as it is shown."""
    return family.replace("-", " ").capitalize()


def counted(shown: int, of: int) -> str:
    """How many are shown."""
    if shown == of:
        return "1 spark" if of == 1 else f"{of:,} sparks"
    return f"{shown:,} of {of:,} sparks"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in the way of a publication: what, and where it is seen. `region` is left, top, width and
    height, each as a share of the stage."""

    message: str
    second: float | None = None
    region: tuple[float, float, float, float] | None = None


def faults(refusals: Sequence[Any]) -> list[Fault]:
    """The refusals of a verdict, by the moment at which they are seen; those without one first."""
    found = [
        Fault(
            message=each.message,
            second=each.second,
            region=shares(*each.region) if each.region is not None else None,
        )
        for each in refusals
    ]
    return sorted(found, key=lambda each: -1.0 if each.second is None else each.second)


def shares(left: float, top: float, width: float, height: float) -> tuple[float, float, float, float]:
    """A region in the px of a spark's stage as shares of it."""
    from server.sparks.engine.format.base import HEIGHT, WIDTH

    return left / WIDTH, top / HEIGHT, width / WIDTH, height / HEIGHT
