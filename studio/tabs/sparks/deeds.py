"""What is done to sparks: asked of the server at once, since it judges; nothing of it waits in the outbox."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, Final, TypeVar
from uuid import uuid4

import shiboken6
from PySide6.QtCore import QObject, Signal

from server.sparks.rules import PACK_MAX
from server.sparks.schemas import ImportReceipt, JudgingView, Outcome, SparkView
from studio.api.client import Answer
from studio.api.errors import ApiError
from studio.messages import Level
from studio.step_up import with_step_up
from studio.tab import Context
from studio.tabs.sparks.reading import PATH
from studio.tasks import off_thread
from studio.whole_file import WholeFile

T = TypeVar("T")
PACK_SCHEMA: Final = "spark-pack/1"
KEPT: Final = "Nothing here is lost."
Answered = Callable[[bool], object]
"""Hears that there is an answer, and whether it was done."""


def unheard(_done: bool) -> None:
    """Nobody waits for the answer."""


class Unreadable(Exception):
    """A file that cannot be taken in; its text says why."""


class Deeds(QObject):
    """`changed` carries a spark as it is now; `asked` the judging of one; `imported` says that there may be
    more; `refused` carries a sentence on what was not done and why."""

    changed = Signal(object)
    asked = Signal(object)
    imported = Signal()
    refused = Signal(str)

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context

    def publish(self, spark: SparkView, number: int, sha256: str, answered: Answered = unheard) -> None:
        """Ask for the publication of a version; the server judges it first."""
        self._do(
            self._edit(spark, "publish", {"number": number, "sha256": sha256}),
            lambda answer: self.asked.emit(answer.model(JudgingView)),
            f"{spark.name} was not published.",
            answered,
        )

    def retire(self, spark: SparkView, reason: str, answered: Answered = unheard) -> None:
        """Take it out of the catalogue."""
        told, failed = f"{spark.name} is retired", f"{spark.name} was not retired."
        self._command(spark, "retire", reason, told, failed, answered)

    def restore(self, spark: SparkView, reason: str, answered: Answered = unheard) -> None:
        """Bring it back."""
        told, failed = f"{spark.name} is back", f"{spark.name} was not brought back."
        self._command(spark, "restore", reason, told, failed, answered)

    def set_price(self, spark: SparkView, credits_each: int, answered: Answered = unheard) -> None:
        """Let it cost so much from now on."""
        send = self._edit(spark, "prices", {"credits": credits_each})
        took = self._take_spark(f"{spark.name} costs {credits_each:,}")
        self._do(send, took, "The price was not set.", answered)

    def take_in(self, file: Path) -> None:
        """Take in a file: one spark as a draft, or a pack of them."""

        async def send() -> Answer:
            text, is_pack = await off_thread(_read, file)
            note = f"Imported from {file.name}"[:500]
            if is_pack:
                return await self._post(f"{PATH}/import", {"pack": text, "note": note})
            return await self._post(PATH, {"content": text, "note": note})

        def took(answer: Answer) -> None:
            got = answer.json()
            if isinstance(got, dict) and "items" in got:
                told = _receipt(answer.model(ImportReceipt))
            else:
                told = f"{answer.model(SparkView).name} is a draft now"
            self._context.messages.notify(Level.SUCCESS, told)
            self.imported.emit()

        self._do(send, took, f"{file.name} was not imported.")

    def export(self, file: Path) -> None:
        """Write the published catalogue to a file, as a pack."""

        async def send() -> Answer:
            answer = await self._context.api.get(f"{PATH}/export")
            await off_thread(_write, file, answer.content)
            return answer

        def took(_answer: Answer) -> None:
            self._context.messages.notify(Level.SUCCESS, "The catalogue was exported", file.name)

        self._do(send, took, "The catalogue was not exported.")

    # Inside

    def _command(
        self, spark: SparkView, what: str, reason: str, told: str, failed: str, answered: Answered
    ) -> None:
        send = self._edit(spark, what, {"reason": reason})
        self._do(send, self._take_spark(told), failed, answered)

    def _edit(
        self, spark: SparkView, what: str, body: dict[str, Any]
    ) -> Callable[[], Coroutine[Any, Any, Answer]]:
        """Sends a change of the spark as it is shown here: once, and not of one that is another by now."""
        key = str(uuid4())

        async def send() -> Answer:
            return await self._context.api.request(
                "POST",
                f"{PATH}/{spark.id}/{what}",
                json=body,
                idempotency_key=key,
                if_match=f'"{spark.version}"',
            )

        return send

    def _take_spark(self, told: str) -> Callable[[Answer], None]:
        def took(answer: Answer) -> None:
            self._context.messages.notify(Level.SUCCESS, told)
            self.changed.emit(answer.model(SparkView))

        return took

    async def _post(self, path: str, body: dict[str, Any]) -> Answer:
        return await self._context.api.post(path, json=body, idempotency_key=str(uuid4()))

    def _do(
        self,
        send: Callable[[], Awaitable[Answer]],
        took: Callable[[Answer], object],
        failed: str,
        answered: Answered = unheard,
    ) -> None:
        async def work() -> None:
            done = False
            try:
                answer = await with_step_up(self._context, send)
                if answer is not None:
                    done = True
                    took(answer)
            except ApiError as error:
                kept = f" {KEPT} {error.to_do_oneself}" if error.transient else ""
                self.refused.emit(f"{failed} {error.what_happened}{kept}")
            except Unreadable as error:
                self.refused.emit(f"{failed} {error}")
            except OSError as error:
                self.refused.emit(f"{failed} {error.strerror or 'The file cannot be reached.'}")
            finally:
                if shiboken6.isValid(self):  # the window may have closed meanwhile
                    answered(done)

        self._context.tasks.spawn(work(), self)


def _read(file: Path) -> tuple[str, bool]:
    """The text of a file, and whether it is a pack. Raises OSError, Unreadable."""
    if file.stat().st_size > PACK_MAX:
        raise Unreadable(f"It is larger than {PACK_MAX >> 20} MB.")
    try:
        text = file.read_text("utf-8")
        found = json.loads(text)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise Unreadable("It is not JSON.") from error
    if not isinstance(found, dict):
        raise Unreadable("It is no spark and no pack of sparks.")
    return text, str(found.get("schema", "")).startswith("spark-pack/")


def _write(file: Path, data: bytes) -> None:
    whole = WholeFile(file)
    try:
        whole.write(data)
        whole.finish()
    finally:
        whole.drop()


def _receipt(receipt: ImportReceipt) -> str:
    said = []
    for outcome, one, many in (
        (Outcome.CREATED, "new draft", "new drafts"),
        (Outcome.VERSION, "new version", "new versions"),
        (Outcome.KNOWN, "was known", "were known"),
    ):
        count = sum(each.outcome is outcome for each in receipt.items)
        if count:
            said.append(f"{count} {one if count == 1 else many}")
    return ", ".join(said).capitalize() or "There was nothing in it"
