"""The log: JSON lines in a rotated file, each with its request's id, never with secrets or personal data.

Whoever logs names things by id. As a second guard, what looks like a token, a password or an address of any
kind is struck out, and an exception leaves its type and its place in the code, not its message, because
database errors quote the values they met.
"""

from __future__ import annotations

import json
import logging
import logging.handlers
import os
import re
import sys
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request that is being answered, if any."""

MAX_BYTES = 5_000_000
KEPT_FILES = 5
MAX_MESSAGE = 2_000

_SECRETS = re.compile(
    r"""cst_[A-Za-z0-9_\-]+
      | (?i:bearer|basic)\s+[A-Za-z0-9._~+/=\-]+
      | (?<=://)[^/\s@]+(?=@)
      | (?i:password|passwd|secret|token|code|key)["']?\s*[:=]\s*["']?[^\s"',;&}]+
      | [^\s@<>"'=:,;()\[\]]+@[^\s@<>"',;()\[\]]+
      | (?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])
      | (?<![\w:.])(?:
            (?:[0-9a-fA-F]{1,4}:){7}
          | (?:[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{1,4}){0,6})?::(?:[0-9a-fA-F]{1,4}:){0,6}
        )[0-9a-fA-F]{1,4}(?:\.\d{1,3}){0,3}(?!\w)
      | (?<![\w:.])[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{1,4}){0,6}::(?![\w:])
      | (?<![\w+\-])\+?[\d(][\d\s()\-]{8,}\d(?![\w\-])""",
    re.VERBOSE,
)


def redacted(text: str) -> str:
    """The first line of `text` without tokens, passwords, e-mail and network addresses and telephone numbers.

    Libraries log whole tracebacks as text, with the values that an error quotes in the lines below.
    """
    # Cut before and after: the time that the patterns take grows with the square of the length.
    first = text.partition("\n")[0][: 2 * MAX_MESSAGE]
    return _SECRETS.sub("[struck out]", first)[:MAX_MESSAGE]


class JsonLines(logging.Formatter):
    """One JSON object per line: at, level, logger, message, request; for an exception error and where."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redacted(record.getMessage()),
        }
        if request := request_id.get():
            line["request"] = request
        if record.exc_info and record.exc_info[1]:
            line["error"], line["where"] = _described(record.exc_info[1])
        return json.dumps(line)


def _described(error: BaseException) -> tuple[str, list[str]]:
    names: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(names) < 5:
        names.append(type(cause).__name__)
        cause = cause.__cause__ or cause.__context__
    frames = traceback.extract_tb(error.__traceback__)
    return " from ".join(names), [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-20:]]


class PrivateFile(logging.handlers.RotatingFileHandler):
    """Every file that it begins has mode 0600."""

    def _open(self) -> TextIOWrapper:
        file = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(file, "a", encoding=self.encoding, errors=self.errors)


def configure(directory: Path, *, to_stderr: bool = True) -> None:
    """Write the log to `directory`/server.jsonl (mode 0600), and warnings to stderr where wanted."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = directory / "server.jsonl"
    file = PrivateFile(path, maxBytes=MAX_BYTES, backupCount=KEPT_FILES, encoding="utf-8")
    handlers: list[logging.Handler] = [file]
    if to_stderr:
        handlers.append(logging.StreamHandler(sys.stderr))
        handlers[-1].setLevel(logging.WARNING)
    for handler in handlers:
        handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.INFO, handlers=handlers, force=True)
    logging.captureWarnings(True)
