"""What an analyser is: a MediaSample in, signals out."""

from __future__ import annotations

from typing import Any, Literal, Protocol

from server.forensics.results import Signal
from server.forensics.rules import Abstained, Slot
from server.forensics.sample import MediaSample

Needs = Literal["faces", "audio", "frames", "file"]


class Detector(Protocol):
    """An analyser. It never decodes, opens no network, and says why when it says nothing."""

    @property
    def name(self) -> str:
        """How signals name it."""

    @property
    def version(self) -> str:
        """Changed whenever its numbers would come out otherwise; then files are analysed anew."""

    @property
    def slot(self) -> Slot:
        """What its signals are about."""

    @property
    def requires(self) -> Needs:
        """What of the sample it looks at."""

    def is_available(self) -> Abstained | None:
        """None when it can run, else why not."""

    def analyse(self, sample: MediaSample) -> list[Signal]:
        """Its signals; one that abstains gives its reason in each."""


def signal(
    detector: Detector, name: str, value: float | None = None, *, slot: Slot | None = None, **how: Any
) -> Signal:
    """A signal of `detector`, named as it; `how` are further fields of Signal."""
    return Signal(
        name=name,
        slot=slot or detector.slot,
        detector=detector.name,
        version=detector.version,
        value=value,
        **how,
    )


def abstain(detector: Detector, name: str, why: Abstained) -> Signal:
    """A signal that says only why it says nothing."""
    return signal(detector, name, abstained=why)


def version_of(detector: Detector) -> str:
    """What counts as its version now: to install what it lacks makes another look due, too."""
    return detector.version if detector.is_available() is None else "not installed"
