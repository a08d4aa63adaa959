"""Exact frames by number from one opened video."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import av
from av import VideoFrame

from studio.video.frames import FrameTable
from studio.video.index import Source, open_media, video_stream

_DENSE = 12  # frames before the wanted one that a sparse run still gives


class FrameMissingError(Exception):
    """A frame the index promises but the decoder never gives: the file is damaged there."""

    def __init__(self, frame: int) -> None:
        super().__init__(f"frame {frame} cannot be decoded")
        self.frame = frame


class FrameReader:
    """Reads runs of frames, going on from where it stands when that is the shortest way.

    Not thread safe. Close it when done. Raises MediaError when the source does not open.
    """

    def __init__(self, source: Source, table: FrameTable) -> None:
        self._source, self._table = source, table
        self._open()
        self._decoded: Iterator[tuple[int, VideoFrame]] = iter(())
        self._position: int | None = None
        self._start = 0
        self._sparse_before: int | None = None

    def _open(self) -> None:
        self._container = open_media(self._source)
        try:
            self._stream = video_stream(self._container)
        except Exception:
            self._container.close()
            raise

    def close(self) -> None:
        """Release the file and the decoder."""
        self._decoded = iter(())
        self._container.close()

    def cost(self, frame: int) -> int:
        """How many frames must be decoded to get to `frame` from here."""
        start = self._table.keyframe_before(frame)
        if self._position is not None and start <= self._position + 1 <= frame:
            return frame - self._position
        return frame - start + 1

    def run(self, frame: int, *, sparse: bool = False) -> Iterator[tuple[int, VideoFrame]]:
        """Yield numbered frames in order, the last one being `frame`.

        The run starts at the frame's keyframe, or where the reader stands when that is nearer.
        It may be abandoned after any frame. sparse: leave out frames that no other one needs, up
        to shortly before the wanted one, which is then reached sooner.
        When the wanted frame does not come, it is tried again from its keyframe and then from one
        keyframe earlier, in the first group from the very beginning of the file: some containers
        land late, some flag keyframes that are none.
        Raises FrameMissingError.
        """
        key = self._table.keyframe_before(frame)
        earlier = partial(self._seek, self._table.keyframe_before(key - 1)) if key else self._rewind
        starts: list[Callable[[], None]] = [partial(self._seek, key), earlier]
        self._sparse_before = self._table.pts[max(frame - _DENSE, 0)] if sparse else None
        if self._position is None or not key <= self._position + 1 <= frame:
            starts.pop(0)()
        while True:
            for number, picture in self._decoded:
                # What a fresh decoder gives before its keyframe lacks the pictures it refers to.
                if number < self._start:
                    continue
                self._position = number
                yield number, picture
                if number == frame:
                    return
                if number > frame:
                    break
            if not starts:
                break
            self._sparse_before = None
            starts.pop(0)()
        self._position = None
        raise FrameMissingError(frame)

    def _seek(self, keyframe: int) -> None:
        self._start = keyframe
        self._position = None
        self._decoded = iter(())
        # To the keyframe's own pts: aimed at a later frame, open GOPs land one keyframe late.
        at = self._table.pts[keyframe]
        # Transport and program streams land behind the first keyframe unless aimed well before it;
        # other containers refuse to go there.
        aims = [at] if keyframe else [at - int(1 / self._table.time_base), at]
        for aim in aims:
            try:
                self._container.seek(aim, stream=self._stream, backward=True)
            except av.FFmpegError:
                continue
            self._decoded = self._decode()
            return

    def _rewind(self) -> None:
        """Go to the very beginning, whatever the container thinks of seeking."""
        self._start = 0
        self._position = None
        self._decoded = iter(())
        self._container.close()
        self._open()
        self._decoded = self._decode()

    def _decode(self) -> Iterator[tuple[int, VideoFrame]]:
        """Frames of the index from the container's position on; damaged packets are skipped."""
        codec = self._stream.codec_context
        try:
            for packet in self._container.demux(self._stream):
                sparse = self._sparse_before
                skips = sparse is not None and packet.pts is not None and packet.pts < sparse
                codec.skip_frame = "NONREF" if skips else "DEFAULT"
                try:
                    frames = packet.decode()
                except av.FFmpegError:
                    continue
                for frame in frames:
                    number = None if frame.pts is None else self._table.number_of(frame.pts)
                    if number is not None:
                        yield number, frame
        except av.FFmpegError:
            return
