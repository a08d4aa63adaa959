"""The bytes of videos over HTTP: upload in parts, playback by range, storyboard, poster, waveform."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Header, Request, Response
from fastapi.responses import StreamingResponse
from sqlalchemy import Row
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from server.audit import service as audit
from server.content import queries, service
from server.content.models import Derivative
from server.content.routes.state import database, receiver, router
from server.content.rules import DerivativeKind, VideoState
from server.content.schemas import Arrived, StoryboardIndex, WaveformPeaks
from server.content.upload import OffsetMismatch
from server.kit.access import Actor, require
from server.kit.errors import Conflict, NotFound, TooLarge, problems
from server.kit.ranges import Span, asked_for

VideoRow = Row[*tuple[Any, ...]]

Documented = dict[int | str, dict[str, Any]]

_UPLOADED: dict[str, Any] = {
    "description": "How much of the file has arrived",
    "headers": {"Upload-Offset": {"description": "Bytes so far", "schema": {"type": "integer"}}},
}
_BYTES: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}
_JPEG: Documented = {200: {"content": {"image/jpeg": _BYTES}}, **problems(404)}

_MEDIA_TYPES = {
    "mov,mp4,m4a,3gp,3g2,mj2": "video/mp4",
    "matroska,webm": "video/x-matroska",
    "avi": "video/x-msvideo",
    "mpegts": "video/mp2t",
    "mpeg": "video/mpeg",
    "ogg": "video/ogg",
}
"""By FFmpeg's name of the container: what the probe found, never what the client said."""

_UNKNOWN_TYPE = "application/octet-stream"
_FILE: dict[str, Any] = {"content": dict.fromkeys([*_MEDIA_TYPES.values(), _UNKNOWN_TYPE], _BYTES)}


@router.patch(
    "/videos/{video_id}/file",
    status_code=204,
    responses={204: _UPLOADED, **problems(404, 409, 413)},
    openapi_extra={"requestBody": {"content": {"application/octet-stream": _BYTES}}},
)
async def append_to_file(
    request: Request,
    video_id: UUID,
    upload_offset: Annotated[int, Header(ge=0, le=2**53 - 1)],
    content_length: Annotated[int | None, Header(ge=0, le=2**63 - 1, include_in_schema=False)] = None,
    actor: Actor = require("content.upload"),
) -> Response:
    """Append to the file of an own video, from where it ends. What is acknowledged is on the disk."""
    video = await run_in_threadpool(_own_video, request, actor, video_id)
    if video.state != VideoState.UPLOADING:
        if upload_offset != video.size:
            raise OffsetMismatch(video.size)
        if content_length != 0:
            raise TooLarge("The whole file has arrived already.")
        return _offset(video.size)
    try:
        offset = await receiver(request).receive(
            video_id, offset=upload_offset, size=video.size, length=content_length, body=request.stream()
        )
    except ClientDisconnect:
        return Response(status_code=204)  # Nobody reads this. What arrived is kept for the next attempt.
    if offset == video.size:
        await run_in_threadpool(_finish, request, actor, video)
    return _offset(offset)


@router.head(
    "/videos/{video_id}/file",
    responses={200: _FILE, 204: _UPLOADED, **problems(404)},
    response_class=Response,
)
def head_of_file(request: Request, video_id: UUID, actor: Actor = require("content.read")) -> Response:
    """For the owner of a video on its way in: how much has arrived (204). Else what GET would send (200)."""
    video = _video(request, actor, video_id)
    own = {"Upload-Offset": str(video.size)} if video.owner_id == actor.id else {}
    if video.state == VideoState.READY:
        headers = {**_file_headers(video), "Content-Length": str(video.size), **own}
        return Response(headers=headers, media_type=_media_type(video))
    if not own:
        raise NotFound("This video cannot be played.", code="not_ready")
    if video.state != VideoState.UPLOADING:
        return _offset(video.size)
    offset = receiver(request).offset(video_id)
    if offset == video.size:
        # The last part was acknowledged to nobody, or the server stopped right after it.
        _finish(request, actor, video)
    return _offset(offset)


@router.get("/videos/{video_id}/arrived", responses=problems(404, 409))
def read_arrived(request: Request, video_id: UUID, actor: Actor = require("content.upload")) -> Arrived:
    """What has arrived of the file of an own video on its way in, to be compared before another computer goes
    on with it. 409 while a part is being sent."""
    video = _own_video(request, actor, video_id)
    if video.state != VideoState.UPLOADING:
        raise Conflict("The upload of this video has ended.", code="not_uploading")
    offset, sha256 = receiver(request).arrived(video_id)
    return Arrived(offset=offset, sha256=sha256)


@router.get(
    "/videos/{video_id}/file",
    responses={200: _FILE, 206: {"description": "The range", **_FILE}, **problems(404, 416)},
    response_class=Response,
)
def read_file(
    request: Request,
    video_id: UUID,
    range_: Annotated[str | None, Header(alias="Range", max_length=200)] = None,
    if_range: Annotated[str | None, Header(alias="If-Range", max_length=200)] = None,
    actor: Actor = require("content.read"),
) -> Response:
    """The file of a video, or one byte range of it."""
    video = _video(request, actor, video_id)
    store = receiver(request).store
    if video.state != VideoState.READY or not store.has(video.sha256):
        raise NotFound("This video cannot be played.", code="not_ready")
    headers = _file_headers(video)
    span = asked_for(range_, size=video.size, if_range=if_range, etag=headers["ETag"])
    sent = span or Span(0, video.size, video.size)
    if video.restricted_class and video.owner_id != actor.id:
        with database(request).write() as s:
            audit.record(
                s,
                actor=actor,
                action="content.restricted_read",
                target=f"video:{video_id}",
                restricted=True,
                start=sent.start,
                end=sent.end,
            )
    headers["Content-Length"] = str(sent.length)
    if span:
        headers["Content-Range"] = span.content_range
    return StreamingResponse(
        store.pieces(video.sha256, sent.start, sent.end),
        status_code=206 if span else 200,
        headers=headers,
        media_type=_media_type(video),
    )


@router.get("/videos/{video_id}/storyboard", responses=_JPEG, response_class=Response)
def read_storyboard(request: Request, video_id: UUID, actor: Actor = require("content.read")) -> Response:
    """Small grey stills on one sheet; `storyboard.json` says where each lies."""
    return _picture(request, actor, video_id, DerivativeKind.STORYBOARD)


@router.get("/videos/{video_id}/storyboard.json", responses=problems(404))
def read_storyboard_index(
    request: Request, video_id: UUID, actor: Actor = require("content.read")
) -> StoryboardIndex:
    """Where each still lies on the sheet, and when it was shown."""
    found, _ = _derivative(request, actor, video_id, DerivativeKind.STORYBOARD)
    return StoryboardIndex(**found.meta)


@router.get("/videos/{video_id}/poster", responses=_JPEG, response_class=Response)
def read_poster(request: Request, video_id: UUID, actor: Actor = require("content.read")) -> Response:
    """One still in colour."""
    return _picture(request, actor, video_id, DerivativeKind.POSTER)


@router.get("/videos/{video_id}/waveform", responses=problems(404))
def read_waveform(request: Request, video_id: UUID, actor: Actor = require("content.read")) -> WaveformPeaks:
    """The loudness over time."""
    found, data = _derivative(request, actor, video_id, DerivativeKind.WAVEFORM)
    peaks = memoryview(data).cast("b").tolist()
    half = len(peaks) // 2
    return WaveformPeaks(low=peaks[:half], high=peaks[half:], **found.meta)


def _video(request: Request, actor: Actor, video_id: UUID) -> VideoRow:
    with database(request).read() as s:
        video = queries.video(s, actor, video_id)
    if video is None:
        raise NotFound("There is no such video.")
    return video


def _own_video(request: Request, actor: Actor, video_id: UUID) -> VideoRow:
    video = _video(request, actor, video_id)
    if video.owner_id != actor.id or video.deleted_at:
        raise NotFound("There is no such video of yours.")
    return video


def _finish(request: Request, actor: Actor, video: VideoRow) -> None:
    """Store a file that is whole and let it be processed, unless another request is just doing so."""
    taken = receiver(request)
    sha256 = taken.finish(video.id, video.size)
    if sha256 is None:
        return
    with database(request).write() as s:
        if service.finish_upload(s, actor=actor, video_id=video.id, sha256=sha256):
            taken.store.adopt(s, taken.store.incoming(video.id), sha256)
    taken.forget(video.id)


def _offset(offset: int) -> Response:
    return Response(status_code=204, headers={"Upload-Offset": str(offset), "Cache-Control": "no-store"})


def _file_headers(video: VideoRow) -> dict[str, str]:
    return {
        "ETag": f'"{video.sha256}"',
        "Accept-Ranges": "bytes",
        # The same for every video: a header that changed would tell its owner of the restricted class.
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }


def _media_type(video: VideoRow) -> str:
    return _MEDIA_TYPES.get(video.container, _UNKNOWN_TYPE)


def _derivative(
    request: Request, actor: Actor, video_id: UUID, kind: DerivativeKind
) -> tuple[Derivative, bytes]:
    video = _video(request, actor, video_id)
    if video.restricted_class and actor.can(queries.CLEARANCE):
        raise NotFound("Nothing is derived from a video of the restricted class.", code="restricted")
    for _ in range(2):
        with database(request).read() as s:
            found = queries.derivative(s, video_id, kind)
        if found is not None:
            try:
                return found, receiver(request).store.read(found.sha256)
            except FileNotFoundError:
                continue  # Replaced between the two reads, or the video was put into the restricted class.
    raise NotFound(f"This video has no {kind}.", code="not_made")


def _picture(request: Request, actor: Actor, video_id: UUID, kind: DerivativeKind) -> Response:
    found, data = _derivative(request, actor, video_id, kind)
    headers = {
        "ETag": f'"{found.sha256}"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(data, headers=headers, media_type="image/jpeg")
