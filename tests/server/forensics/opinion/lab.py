"""A provider that answers as a test wants, and short words for what the tests do again and again."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

import httpx2
import sqlalchemy as sa

from server.forensics.opinion import service, workflow
from server.forensics.opinion.models import Opinion
from server.forensics.opinion.rules import ASKED_OF, OpinionState
from server.forensics.pictures import Still
from server.kit import clock
from server.kit.access import SYSTEM, Actor
from server.kit.ai.usage import AiCall
from server.kit.db import Database
from tests.server.forensics.lab import Lab

Sent = dict[str, Any]
STILLS = tuple(Still(t_ms, t_ms, 64, 48, b"\xff\xd8 still", None) for t_ms in (500, 3_000, 9_900))


@dataclass(frozen=True)
class Answer:
    """What a provider sends back."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


def spoken(severity: str = "none", frames: tuple[int, ...] = (), **more: Any) -> dict[str, Any]:
    """An answer that says the same of each slot."""
    each = {
        slot.value: {"severity": severity, "reason": f"about {slot}", "frames": list(frames)}
        for slot in ASKED_OF
    }
    return {"summary": "A lake.", **each, **more}


def message(text: str | None = None, *, stop: str = "end_turn", **more: Any) -> Answer:
    """A message with this text, or one that says that nothing is wrong."""
    calm = json.dumps(spoken())
    body = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "m",
        "content": [{"type": "text", "text": calm if text is None else text}],
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {"input_tokens": 900, "output_tokens": 100},
        **more,
    }
    return Answer(200, body, {"request-id": "req_1"})


def said(severity: str, frames: tuple[int, ...] = (), summary: str = "It is said.") -> Answer:
    """A message that gives each category the same severity."""
    return message(json.dumps(spoken(severity, frames, summary=summary)))


def fault(status: int, kind: str, **headers: str) -> Answer:
    """A refusal of the provider."""
    return Answer(status, {"type": "error", "error": {"type": kind, "message": "no"}}, headers)


class Provider:
    """Speaks the Messages API: `says` answers, `sent` are the bodies that came."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.says: Callable[[Sent], Answer] = lambda _: message()
        self._guard = threading.Lock()

    def answer(self, body: bytes) -> Answer:
        sent = json.loads(body)
        with self._guard:
            self.sent.append(sent)
        return self.says(sent)

    def transport(self) -> httpx2.MockTransport:
        def handle(request: httpx2.Request) -> httpx2.Response:
            answer = self.answer(request.content)
            return httpx2.Response(answer.status, json=answer.body, headers=answer.headers)

        return httpx2.MockTransport(handle)

    @contextmanager
    def listening(self) -> Iterator[str]:
        """A real server on loopback; its address."""
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                answer = provider.answer(self.rfile.read(int(self.headers["Content-Length"])))
                body = json.dumps(answer.body).encode()
                self.send_response(answer.status)
                for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_request(self, code: object = "-", size: object = "-") -> None:
                pass

        class Server(ThreadingHTTPServer):
            block_on_close = False

        with Server(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_address[1]}"
            finally:
                server.shutdown()
                thread.join()


class Opinions:
    """Asks, runs jobs, and looks at what is there."""

    def __init__(self, db: Database, lab: Lab) -> None:
        self.db = db
        self.lab = lab

    def ask(self, video_id: UUID | None = None, actor: Actor = SYSTEM) -> UUID:
        """Ask about a video, or a new one; the id of the question."""
        video_id = video_id or self.lab.video()
        with self.db.write() as s:
            return service.request(s, actor=actor, video_id=video_id)

    def run(self, opinion_id: UUID) -> Opinion:
        """Run the job that the question has; the question after it."""
        workflow.ask_opinion(str(opinion_id), str(self.row(opinion_id).job))
        return self.row(opinion_id)

    def row(self, opinion_id: UUID) -> Opinion:
        with self.db.read() as s:
            return s.get_one(Opinion, opinion_id)

    def rows(self) -> list[Opinion]:
        with self.db.read() as s:
            return list(s.scalars(sa.select(Opinion).order_by(Opinion.asked_at, Opinion.id)))

    def waiting(self) -> list[Opinion]:
        return [row for row in self.rows() if row.state is OpinionState.WAITING]

    def calls(self) -> list[AiCall]:
        with self.db.read() as s:
            return list(s.scalars(sa.select(AiCall).order_by(AiCall.job, AiCall.attempt)))

    def put_back(self, opinion_id: UUID, **fields: Any) -> None:
        """Change a question without saying so."""
        with self.db.write() as s:
            s.execute(sa.update(Opinion).where(Opinion.id == opinion_id).values(**fields))

    def waits_s(self, opinion_id: UUID) -> float:
        """How long the question is put off."""
        at = self.row(opinion_id).retry_at
        assert at is not None
        return (at - clock.now()).total_seconds()
