"""How unlike the built-in sparks are, and how alike copies of each remain: writes docs/sparks-distinct.md.

    make distinct

Each spark is compared with four copies of itself (its palettes turned by 150 degrees of hue, its pictures
mirrored, 0.3 s late, another seed) and with all others. A threshold tells them apart only where the farthest
copy is nearer than the nearest pair; it is put in the middle between the two. Takes some minutes: a film of
each is drawn three times.
"""

from __future__ import annotations

import colorsys
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scripts.spark_gates import files
from server.sparks.engine import film
from server.sparks.engine.distinct import Features, distance, features
from server.sparks.engine.format.reading import content_hash, read
from server.sparks.engine.format.spark import Spark

PAGE: Final = Path(__file__).parents[1] / "docs/sparks-distinct.md"
FPS: Final = 10
SIZE: Final = (180, 320)
SEED, OTHER_SEED = 7, 8
LATE: Final = 3
"""Moments of 1 / FPS s."""
TURN: Final = 150 / 360

Pictures = list[NDArray[np.uint8]]


def drawn(spark: Spark, seed: int = SEED) -> Pictures:
    """A small film of a spark, as `film.frames`."""
    return list(film.frames(spark, seed, fps=FPS, size=SIZE))


def copies(spark: Spark, pictures: Pictures) -> Iterator[tuple[str, Pictures]]:
    """What somebody might hand in as a spark of their own; `pictures` are those of the spark."""
    yield "another hue", drawn(turned(spark))
    yield "mirrored", [np.ascontiguousarray(one[:, ::-1]) for one in pictures]
    yield "late", [np.zeros_like(pictures[0])] * LATE + pictures
    yield "another seed", drawn(spark, OTHER_SEED)


def turned(spark: Spark) -> Spark:
    """The same in other colours: the hue of every palette turned, as light and as full as before."""
    said = spark.model_dump(mode="json", by_alias=True)
    said["palettes"] = {
        name: [_turned(colour) for colour in colours] for name, colours in said["palettes"].items()
    }
    return Spark.model_validate(said)


def _turned(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    hue, light, full = colorsys.rgb_to_hsv(red, green, blue)
    made = colorsys.hsv_to_rgb((hue + TURN) % 1, light, full)
    return "#" + "".join(f"{round(one * 255):02x}" for one in made)


def measured(file: Path) -> dict[str, Any]:
    """The features of a spark, its hash, and how far each copy is from it."""
    spark = read(file.read_bytes())
    pictures = drawn(spark)
    own = features(pictures, FPS)
    found = {name: distance(own, features(copy, FPS)) for name, copy in copies(spark, pictures)}
    return {"name": file.stem, "sha256": content_hash(spark), "features": own, "copies": found}


def pairs(sparks: list[dict[str, Any]]) -> list[tuple[float, str, str]]:
    """How far each two are from each other, the nearest first."""
    of: dict[str, Features] = {one["name"]: one["features"] for one in sparks}
    return sorted((distance(of[a], of[b]), a, b) for a, b in combinations(sorted(of), 2))


def page(sparks: list[dict[str, Any]]) -> str:
    """The page of all that was measured."""
    apart = pairs(sparks)
    far = sorted(((far, one["name"], how) for one in sparks for how, far in one["copies"].items()))[::-1]
    threshold = (far[0][0] + apart[0][0]) / 2
    values = np.array([one for one, *_ in apart]), np.array([one for one, *_ in far])
    nearest = {
        one["name"]: next((d, b if a == one["name"] else a) for d, a, b in apart if one["name"] in (a, b))
        for one in sparks
    }
    how = list(sparks[0]["copies"])
    lines = [
        "# How unlike the built-in sparks are",
        "",
        "Made by `make distinct`; do not edit. Distances are those of",
        "`server/sparks/engine/distinct.py`, 0 (the same) to 1, by brightness alone.",
        "",
        f"- **{len(values[0])} pairs of {len(sparks)} sparks**: {_spread(values[0])}. The nearest:",
        *(f"  {d:.3f} {a} and {b};" for d, a, b in apart[:5]),
        f"- **{len(values[1])} copies** ({', '.join(how)}): {_spread(values[1])}. The farthest:",
        *(f"  {d:.3f} {name}, {what};" for d, name, what in far[:5]),
        f"- **Threshold: {threshold:.3f}**, the middle between the nearest pair and the farthest copy.",
        "",
        "```text",
        *_bars(*values, threshold),
        "```",
        "",
        "| spark | nearest other | " + " | ".join(how) + " | hash |",
        "|---|---|" + "---|" * (len(how) + 1),
    ]
    for one in sparks:
        apart_from, other = nearest[one["name"]]
        columns = [f"{apart_from:.3f} {other}", *(f"{one['copies'][name]:.3f}" for name in how)]
        lines.append(f"| {one['name']} | " + " | ".join(columns) + f" | `{one['sha256'][:12]}` |")
    return "\n".join(lines) + "\n"


def _spread(values: NDArray[np.float64]) -> str:
    low, middle, high = np.percentile(values, (0, 50, 100))
    return f"{low:.3f} to {high:.3f}, median {middle:.3f}"


def _bars(
    apart: NDArray[np.float64], copied: NDArray[np.float64], threshold: float, step: float = 0.05
) -> Iterator[str]:
    """Both distributions over each other; a copy is a c, a pair a p."""
    yield "distance   c = copies, p = pairs, each as a share of its own; | threshold"
    for at in np.arange(0, 1, step):
        counts = [((of >= at) & (of < at + step)).mean() for of in (copied, apart)]
        mark = "|" if at <= threshold < at + step else " "
        yield f"{at:.2f} {mark} " + "".join(
            letter * round(60 * share) for letter, share in zip("cp", counts, strict=True)
        )


def main() -> int:
    """Measure, write the page, and say whether copies and pairs can be told apart; 1 where they cannot."""
    with ProcessPoolExecutor(2) as pool:
        sparks = list(pool.map(measured, files()))
    PAGE.write_text(page(sparks), encoding="utf-8")
    nearest = pairs(sparks)[0][0]
    farthest = max(max(one["copies"].values()) for one in sparks)
    print(f"the nearest pair is {nearest:.3f}, the farthest copy {farthest:.3f} apart", file=sys.stderr)
    return int(nearest <= farthest)


if __name__ == "__main__":
    sys.exit(main())
