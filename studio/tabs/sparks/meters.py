"""What a spark costs and how it looks to the gates: particles, processor, flashes, loudness; free of Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from studio.tabs.sparks.state import Fault

MOST_FLASHES: Final = 2
BUDGET_MS: Final = 100.0
"""Of one picture, in the mean: what the gates let a spark take."""

SHOWN: Final = (
    "on_black",
    "on_white",
    "three_on_black",
    "three_on_white",
    "combo_on_black",
    "combo_on_white",
)
"""Ways to show a spark, as a verdict names them."""


@dataclass(frozen=True, slots=True)
class Meter:
    """One figure: what it is, how much, and whether that is too much."""

    name: str
    value: str
    over: bool = False


NAMES: Final = ("Particles", "CPU", "Flashes", "Loudness")


def meters(measured: Mapping[str, Any] | None, picture: int | None, share: float | None) -> list[Meter]:
    """The figures at a picture; while they are measured, how far that is."""
    if not measured:
        waiting = "…" if share is None else f"{share:.0%}"
        return [Meter(name, waiting) for name in NAMES]
    return [_particles(measured, picture), _cpu(measured, picture), _flashes(measured), _loudness(measured)]


def _at(values: Sequence[Any], picture: int | None) -> Any:
    return values[min(picture, len(values) - 1)] if values and picture is not None else None


def _particles(measured: Mapping[str, Any], picture: int | None) -> Meter:
    values = measured.get("particles") or []
    now = _at(values, picture)
    most = f"most {max(values):,}" if values else ""
    return Meter("Particles", f"{now:,} · {most}" if now is not None else most or "unknown")


def _cpu(measured: Mapping[str, Any], picture: int | None) -> Meter:
    values = measured.get("cpu_ms") or []
    if not values:
        return Meter("CPU", "unknown")
    mean = sum(values) / len(values)
    now = _at(values, picture)
    return Meter("CPU", f"{now if now is not None else mean:.0f} ms · mean {mean:.0f}", mean > BUDGET_MS)


def _flashes(measured: Mapping[str, Any]) -> Meter:
    verdict = measured.get("verdict") or {}
    found = [verdict[name] for name in SHOWN if verdict.get(name)]
    if not found:
        return Meter("Flashes", "unknown")
    worst = max(max(each.get("general") or 0, each.get("red") or 0) for each in found)
    return Meter("Flashes", f"{worst} a second · {MOST_FLASHES} allowed", worst > MOST_FLASHES)


def _loudness(measured: Mapping[str, Any]) -> Meter:
    loudness = (measured.get("verdict") or {}).get("loudness")
    if not loudness:
        return Meter("Loudness", "No sound")
    lufs, target = loudness["lufs"], loudness["target_lufs"]
    return Meter("Loudness", f"{lufs:.1f} LUFS · aim {target:.0f}", lufs > target + 0.5)


def faults_here(measured: Mapping[str, Any] | None) -> list[Fault]:
    """What the gates would refuse, measured on this computer: the server's word counts."""
    from server.sparks.engine.format.base import HEIGHT, WIDTH

    found = []
    for each in ((measured or {}).get("verdict") or {}).get("refusals") or []:
        region = each.get("region")
        found.append(
            Fault(
                each["message"],
                each.get("at_s"),
                (
                    region["x"] / WIDTH,
                    region["y"] / HEIGHT,
                    region["width"] / WIDTH,
                    region["height"] / HEIGHT,
                )
                if region
                else None,
            )
        )
    return found
