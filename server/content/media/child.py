"""The inside of a media worker process: give up rights, do one task, answer in JSON, end.

Started by `server.content.media.worker`, as `python -m server.content.media.child` or, frozen, as
`<app> --media-worker`. Reads one request from standard input: `{"task", "path", "options", "file_limits",
"worker_limits"}`, the task as "module:function" of the server; writes one answer to standard output:
`{"result": {...}}`, with bytes in base64, `{"refused": {"code", "reason"}}` or `{"failed": "where"}`. Where
the request has `"tells": true`, lines `{"done_bp": 1200}` come before.
"""

from __future__ import annotations

import base64
import importlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from server.content.media.progress import Progress
from server.content.media.results import FileLimits, WorkerLimits


def main() -> int:
    """Do the one task asked for on standard input; 0 when an answer was written."""
    request = json.load(sys.stdin)
    restrict(WorkerLimits(**request["worker_limits"]))
    json.dump(answer(request), sys.stdout, default=_encode)
    return 0


def restrict(limits: WorkerLimits) -> None:
    """Cap memory and CPU, and forbid writing any file; nothing to do where the system has no limits."""
    if sys.platform == "win32":
        return
    import resource

    os.nice(limits.niceness)
    resource.setrlimit(resource.RLIMIT_AS, (limits.address_space, limits.address_space))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def answer(request: Mapping[str, Any]) -> dict[str, Any]:
    """The answer to one request; only the process's own death is left to the parent to explain."""
    try:
        # Imported under the limits: loading the decoders already spends memory.
        import av.logging

        from server.content.media.source import Refusal

        # PyAV's own callback takes the interpreter's lock in a decoding thread. Freeing a decoder holds that
        # lock while it waits for the thread: whoever stops before the end of a file hung there now and then.
        av.logging.restore_default_callback()
        av.logging.set_libav_level(av.logging.PANIC)
        module, _, function = request["task"].partition(":")
        if not module.startswith("server."):
            raise ValueError("a task is a function of the server")
        task = getattr(importlib.import_module(module), function)
        try:
            limits = FileLimits(**request["file_limits"])
            options = dict(request["options"])
            if request.get("tells"):
                options["progress"] = Progress(_tell)
            result = task(Path(request["path"]), limits, **options)
        except Refusal as refusal:
            return {"refused": asdict(refusal.refused)}
        return {"result": asdict(result)}
    except Exception as error:
        return {"failed": _where(error)}


def _tell(done_bp: int) -> None:
    print(json.dumps({"done_bp": done_bp}), flush=True)


def _where(error: Exception) -> str:
    """Type and place of an error, without its text: that may quote the hostile file."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace else "?"
    return f"{type(error).__name__} at {place}"


def _encode(value: object) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode("ascii")
    raise TypeError(f"{type(value).__name__} does not travel")


if __name__ == "__main__":
    sys.exit(main())
