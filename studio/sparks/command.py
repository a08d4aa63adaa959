"""`python -m studio sparks ...`: what whoever makes sparks looks at, without a window or a server.

    python -m studio sparks sheet FILE [SPARK...]     a picture of all of them, or of one as it goes
    python -m studio sparks check SPARK...            every fault, and what the gates say
    python -m studio sparks tidy SPARK...             written anew, in the order of the format

A SPARK is a file, or the id of one that comes with the program.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from server.sparks.engine.format.spark import Spark
    from server.sparks.engine.sheet import Picture
    from server.sparks.engine.verdict import Refusal, Run, Verdict

_EVENLY = 12
"""Moments of one spark, where none are named."""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `sparks` to the command line."""
    parser = commands.add_parser(
        "sparks",
        help="look at sparks, check and tidy their files",
        description="A SPARK is a file, or the id of one that comes with the program.",
    )
    deeds = parser.add_subparsers(dest="deed", required=True, metavar="sheet|check|tidy")
    sheet = deeds.add_parser("sheet", help="a contact sheet of sparks, or of one as it goes")
    sheet.add_argument("file", type=_picture, help="the picture to write, .png or .jpg")
    sheet.add_argument("sparks", nargs="*", metavar="SPARK", help="default: all that come with the program")
    sheet.add_argument(
        "--times", type=float, nargs="+", metavar="S", help="moments, in s; to be named after the files"
    )
    sheet.add_argument("--on", metavar="COLOUR|PICTURE", help="black, white or a picture to lie on")
    sheet.add_argument("--width", type=_whole(16, 720), default=300, help="px of each picture, 16 to 720")
    sheet.add_argument("--seed", type=_whole(0), default=1)
    check = deeds.add_parser("check", help="every fault, and what the gates say")
    check.add_argument("--seed", type=_whole(0), default=1, help="another to play it by, before the server's")
    tidy = deeds.add_parser("tidy", help="write these files anew, in the order of the format")
    for parser in (check, tidy):
        parser.add_argument("sparks", nargs="+", metavar="SPARK")


def _picture(said: str) -> Path:
    file = Path(said)
    if file.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise argparse.ArgumentTypeError(f"{said} is no name of a picture: it must end in .png or .jpg")
    if not file.absolute().parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder {file.parent}")
    return file


def _whole(least: int, most: int = 2**63 - 1) -> Callable[[str], int]:
    def number(said: str) -> int:
        found = int(said)
        if not least <= found <= most:
            raise argparse.ArgumentTypeError(f"{said} is not from {least} to {most}")
        return found

    number.__name__ = "whole number"
    return number


def run(options: argparse.Namespace) -> int:
    """Do what the command line asks for; 1 where a spark has a fault or may not be published."""
    status = 0
    sparks: list[tuple[Path, Spark]] = []
    for file in _files(options.sparks):
        try:
            sparks.append((file, _read(file)))
        except ValueError as faults:
            status = 1
            print(f"{file}:\n{faults}", file=sys.stderr)
    if options.deed == "sheet":
        return _sheet(options, [spark for _, spark in sparks]) if sparks and not status else 1
    for file, spark in sparks:
        if options.deed == "tidy":
            _tidy(file, spark)
        else:
            status |= _check(spark, options.seed)
    return status


def _files(said: Sequence[str]) -> list[Path]:
    import resources

    built_in = Path(resources.path("sparks"))
    if not said:
        return sorted(file for file in built_in.glob("*.json") if file.name != "gates.json")
    return [Path(one) if Path(one).suffix else built_in / f"{one}.json" for one in said]


def _read(file: Path) -> Spark:
    """Raises ValueError with all that is wrong with it, or why it cannot be read."""
    from server.sparks.engine.format.reading import read

    try:
        return read(file.read_bytes())
    except OSError as error:
        raise ValueError(error.strerror or "it cannot be read") from None


def _tidy(file: Path, spark: Spark) -> None:
    from server.sparks.engine.format.reading import dump

    file.write_bytes(dump(spark, pretty=True))
    print(file)


def _sheet(options: argparse.Namespace, sparks: Sequence[Spark]) -> int:
    from PIL import Image

    from server.sparks.engine.sheet import contact_sheet, strip

    try:
        behind = _background(options.on)
    except OSError as error:
        print(
            f"{options.on}: neither black nor white, and no picture: {error.strerror or error}",
            file=sys.stderr,
        )
        return 2
    longest = max(spark.duration for spark in sparks)
    if wrong := [f"{time:g}" for time in options.times or () if not 0 <= time <= longest]:
        print(f"There is nothing at {', '.join(wrong)} s: from 0 to {longest:g} s it lasts.", file=sys.stderr)
        return 2
    said = {"width": options.width, "seed": options.seed}
    if len(sparks) == 1:
        (one,) = sparks
        times = options.times or [one.duration * (i + 0.5) / _EVENLY for i in range(_EVENLY)]
        picture = strip(one, times, behind, **said)
    else:
        picture = contact_sheet(sparks, options.times, behind, **said)
    Image.fromarray(picture).save(options.file)
    print(options.file)
    return 0


def _background(said: str | None) -> Picture | None:
    import numpy as np
    from PIL import Image, ImageOps

    from server.sparks.engine.film import SIZE

    if said is None:
        return None
    if said in ("black", "white"):
        return np.full((SIZE[1], SIZE[0], 3), 0 if said == "black" else 255, np.uint8)
    with Image.open(said) as picture:
        return np.asarray(ImageOps.fit(picture.convert("RGB"), SIZE))


def _check(spark: Spark, seed: int) -> int:
    from server.sparks.engine import gates

    verdict = gates.judge(spark, seed)
    print(_told(spark, verdict))
    return int(not verdict.passed)


def _told(spark: Spark, verdict: Verdict) -> str:
    flashes = ", ".join(
        f"{where} {of.general} (red {of.red})"
        for where, of in (
            ("black", verdict.on_black),
            ("white", verdict.on_white),
            ("three on black", verdict.three_on_black),
            ("three on white", verdict.three_on_white),
            ("combo on black", verdict.combo_on_black),
            ("combo on white", verdict.combo_on_white),
        )
        if of is not None
    )
    heard = verdict.loudness
    sound = "no sound" if heard is None else f"{heard.lufs:.1f} LUFS, {heard.true_peak_dbtp:.1f} dBTP"
    each = verdict.cpu_s * 1000 / max(verdict.frames, 1)
    crowd = "not counted" if verdict.particles is None else f"{verdict.particles:,}"
    lines = [
        f"{spark.id}: {'passes' if verdict.passed else 'may not be published'}",
        *(f"  {run.name} run: seed {run.seed}{_as(run)}" for run in verdict.runs),
        f"  flashes in a second: {flashes}",
        f"  {sound}; {crowd} particles at once; {each:.0f} ms a picture at 30 fps",
    ]
    return "\n".join(lines + [f"  {_at(one)}{one.message}" for one in verdict.refusals])


def _as(run: Run) -> str:
    sender = f", by {run.sender}" if run.sender else ", by nobody"
    return sender + (", every `share` of few taken as 1" if run.all_share else "")


def _at(one: Refusal) -> str:
    """When and where, of flashes."""
    if one.at_s is None:
        return ""
    field = one.region
    where = "" if field is None else f" around {field.x + field.width // 2}, {field.y + field.height // 2}"
    return f"{one.at_s:.2f} s{where}: "
