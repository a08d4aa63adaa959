"""The folder of checkpoints: NAME.onnx with NAME.json beside it, at most one for a slot.

Each is verified whenever it is used, not only when it is put in: whoever can write to the folder can also
change what lies there.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final
from uuid import uuid4

from server.content.media import worker
from server.content.media.results import Refused, WorkerLimits
from server.forensics.checkpoints.card import LARGEST, LONGEST, TOO_LARGE, Card, Unfit, read

LIMITS: Final = WorkerLimits(address_space=3 << 30, cpu_seconds=60, wall_seconds=180.0, niceness=10)
_PICKLES: Final = frozenset((".pt", ".pth", ".pkl", ".pickle", ".bin", ".ckpt", ".h5", ".joblib"))
_DIED: Final = "Loading the model stopped the isolated reader: it needs too much memory or time, or crashes."


@dataclass(frozen=True)
class Found:
    """A checkpoint in the folder; `why` says in a sentence why it is not used, None for one that is."""

    name: str
    path: Path
    card: Card | None = None
    why: str | None = None


def found(folder: Path | None) -> tuple[Found, ...]:
    """Everything in the folder, by name. What is in use has a card and the file that its card names; whether
    that file loads is seen where it is loaded, by `tried` or by the worker."""
    if folder is None or not folder.is_dir():
        return ()
    entries = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    said: list[Found] = []
    taken: dict[str, str] = {}
    for path in entries:
        if path.suffix == ".json" and path.with_suffix(".onnx") in entries:
            continue
        one = _judged(path)
        if one.card is not None and one.why is None:
            other = taken.setdefault(one.card.slot, one.name)
            if other != one.name:
                one = Found(one.name, path, one.card, f"{other} answers for this slot already.")
        said.append(one)
    return tuple(said)


def in_use(folder: Path | None) -> tuple[tuple[Card, Path], ...]:
    """The checkpoints that analyses use now."""
    return tuple((one.card, one.path) for one in found(folder) if one.card is not None and one.why is None)


def versions(folder: Path | None) -> dict[str, str]:
    """The version of each checkpoint in use, by the name of its detector."""
    return {f"model:{card.name}": card.version for card, _ in in_use(folder)}


def _judged(path: Path) -> Found:
    try:
        card = card_of(path)
    except Unfit as unfit:
        return Found(path.stem, path, why=str(unfit))
    try:
        _accepted(card)
        state = path.stat()
        if state.st_size > LARGEST:
            raise Unfit(TOO_LARGE)
        if _sha256(str(path), state.st_size, state.st_mtime_ns) != card.sha256:
            raise Unfit("The file is not the one that its card names: its SHA-256 is another.")
    except Unfit as unfit:
        return Found(path.stem, path, card, str(unfit))
    except OSError:
        return Found(path.stem, path, card, "The file cannot be read.")
    return Found(path.stem, path, card)


def card_of(path: Path, beside: Path | None = None) -> Card:
    """The card of the checkpoint at `path`: `beside`, else the .json of the same name. Raises Unfit."""
    if path.suffix != ".onnx":
        kind = "a pickle runs whatever program it holds, and " if path.suffix in _PICKLES else ""
        raise Unfit(f"{path.name} is not ONNX: {kind}only .onnx files are accepted.")
    beside = beside or path.with_suffix(".json")
    try:
        with beside.open("rb") as file:
            card = read(file.read(LONGEST + 1))
    except OSError:
        raise Unfit(f"It has no card: {beside.name} is missing.") from None
    if card.name != path.stem and beside == path.with_suffix(".json"):
        raise Unfit(f"The card is that of {card.name}.")
    return card


def _accepted(card: Card) -> None:
    if card.non_commercial and not card.accepted_non_commercial:
        raise Unfit(
            f"Its licence ({card.licence}) allows no commercial use: add it with --accept-non-commercial "
            "if that is what you do."
        )


@lru_cache(maxsize=64)
def _sha256(path: str, size: int, changed_ns: int) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def tried(path: Path, card: Card) -> Refused | float:
    """Load the checkpoint in a worker process: ms of a core that a look takes, or why it cannot be used."""
    answer = worker.ask(
        "server.forensics.checkpoints.network:check", path, limits=LIMITS, card=card.model_dump_json()
    )
    if isinstance(answer, Refused):
        return answer if answer.code == "unfit" else Refused("unfit", _DIED)
    return float(answer["look_ms"])


def add(
    folder: Path, path: Path, *, card: Path | None = None, accept_non_commercial: bool = False
) -> tuple[Card, float]:
    """Copy a checkpoint into the folder once the copy was verified; its card, and ms that a look takes.

    Raises Unfit, and then the folder is as it was.
    """
    given = card_of(path, card)
    if accept_non_commercial and given.non_commercial:
        given = given.model_copy(update={"accepted_non_commercial": True})
    _accepted(given)
    taken = [one for one, _ in in_use(folder) if one.slot is given.slot and one.name != given.name]
    if taken:
        raise Unfit(f"{taken[0].name} answers for {given.slot.value} already: take its files out first.")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f".{uuid4().hex}"
    try:
        _copy(path, draft)
        took = tried(draft, given)
        if isinstance(took, Refused):
            raise Unfit(took.reason)
        os.replace(draft, folder / f"{given.name}.onnx")
    finally:
        draft.unlink(missing_ok=True)
    written = folder / f".{uuid4().hex}"
    written.write_text(given.model_dump_json(indent=1) + "\n")
    os.replace(written, folder / f"{given.name}.json")
    return given, took


def _copy(path: Path, to: Path) -> None:
    try:
        if path.stat().st_size > LARGEST:
            raise Unfit(TOO_LARGE)
        to.write_bytes(path.read_bytes())
    except OSError as error:
        raise Unfit(f"{path.name} cannot be read or copied ({type(error).__name__}).") from None


def refused(all_found: Sequence[Found]) -> tuple[str, ...]:
    """A sentence for each that is not used."""
    return tuple(f"Model {one.name[:48]}: {one.why}" for one in all_found if one.why)
